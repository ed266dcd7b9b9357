"""What tells of one row and what of the claim around it: paths of fields, lists of objects, ids that rows share."""

from __future__ import annotations

from collections.abc import Mapping

from intake.drafting.names import GUESS, Match, PathEnd, is_called
from intake.drafting.sampling import Look, Values
from intake.drafting.vocabulary import Vocabulary

# what only the line itself can say: of an object around a list of lines, it would count once for each of them
OF_A_LINE = frozenset({"amount", "quantity", "unit_price", "covered_amount"})
_LINE_NUMBER = "_line_number"


def ends_of_paths(table: str, look: Look, vocabulary: Vocabulary) -> dict[str, PathEnd]:
    """By header that is a path, its end where that may be a column of the table: of the object that is a row, and of
    those that are called as its rows are. A path that is known as a whole has none."""
    words, spelling = vocabulary.tables[table].file_words, vocabulary.spelling
    known = {spelling.run_together(name.removeprefix("?")) for names in vocabulary.tables[table].columns.values()
             for name in names}  # fmt: skip
    found = {}
    for header in look.header:
        within, dot, end = header.rpartition(".")
        if own := look.in_row(header):
            found[header] = PathEnd(own, is_own=True, rank=0)
        elif dot and spelling.run_together(header) not in known:
            called = [n for n, word in enumerate(words) if is_called(within.rpartition(".")[2], [word])]
            if called:
                found[header] = PathEnd(end, is_own=False, rank=called[0])
    return found


def line_number(look: Look, found: Mapping[str, Match]) -> dict[str, Match]:
    """The number of a line in its claim where no name gives it: its place in the list, or the one column that counts
    and with which, beside the claim's id, every row of the sample has a key of its own."""
    claim = found.get("encounter_id", found.get("settlement_id"))
    if claim is None or _LINE_NUMBER in found or "line_id" in found:
        return {}
    if look.place:
        return {_LINE_NUMBER: Match(look.place, GUESS, 0, "", "its place in the list: no column numbers the lines")}
    if not look.repeats(claim.header):
        return {}
    taken = {match.header for match in found.values()}
    numbers = [h for h in look.header if h not in taken and _counts(look.values[h])]
    may = [h for h in numbers if not look.repeats(claim.header, h)]
    why = f"with {claim.header}, which repeats, every row of the sample has its own"
    return {_LINE_NUMBER: Match(may[0], GUESS, 0, "", why)} if len(may) == 1 else {}


def _counts(values: Values) -> bool:
    """Whether the values are 1, 2, 3 and so on (or begin with 0), and stand in every row."""
    if values.filled < 1 or not values.codes or not all(code.isdecimal() for code in values.codes):
        return False
    numbers = {int(code) for code in values.codes}
    return len(numbers) > 1 and min(numbers) < 2 and max(numbers) - min(numbers) == len(numbers) - 1


def is_of_the_claim(look: Look, header: str, found: Mapping[str, Match]) -> bool:
    """Whether the column says the same in all rows of a claim, of which the sample has several with several rows."""
    if look.rows_of:
        return not look.is_in_row(header)
    claim = found.get("settlement_id", found.get("encounter_id"))
    if claim is None or claim.header == header:
        return False
    return look.is_said_once_for_each(claim.header, header)
