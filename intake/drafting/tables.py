"""What one row of a file is: a row of which canonical table, or of none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fundwatch.contracts import TABLES
from intake.drafting.columns import has_line_key, token_domains
from intake.drafting.names import GUESS, Match, is_called, matches, normalised
from intake.drafting.national import national_columns
from intake.drafting.row_levels import OF_A_LINE, ends_of_paths, line_number
from intake.drafting.sampling import Look, Values
from intake.drafting.vocabulary import TableWords, Vocabulary
from intake.source.mapping import ENTRY_OF

# points, against the weight of a column's name: 1 where one table alone knows it, less where several do
_NAMED, _KEY, _REPEATED, _LEAST = 3.0, 1.5, 4.0, 1.5
# the tables of which a register or a book-keeping has one row for each id
_ONE_ROW_EACH = {"patient": "patient_id", "encounter": "encounter_id", "settlement": "settlement_id",
                 "institution": "institution_id", "claim_line": "line_id"}  # fmt: skip
_NEARLY = 0.9  # of the rows have an id of their own
_SEVERAL = 3  # rows, of which each has its own number by no chance
_CARRIED = {"_birth_date": "date", "_settled_on": "date", "_paid_amount": "decimal(16,2)"}


@dataclass(frozen=True)
class RowsAre:
    """The table whose row a row of the file is, None for no canonical table; why, and which header is which column."""

    table: str | None
    why: str
    is_sure: bool
    found: Mapping[str, Match] = field(default_factory=dict)


def rows_are(name: str, look: Look, vocabulary: Vocabulary) -> RowsAre:
    """The table that the file's name, its header as a whole and the values say most for."""
    name = f"{name}_{look.rows_of}"
    ranked = sorted((*_canonical(name, look, vocabulary), *_others(name, look, vocabulary)), key=lambda one: -one[0])
    if not ranked or ranked[0][0] < _LEAST:
        return RowsAre(None, "nothing says what one row of it is", is_sure=False)
    (score, best), second = ranked[0], ranked[1][0] if len(ranked) > 1 else 0.0
    called = {table for table, words in vocabulary.tables.items() if is_called(name, words.file_words)}
    # a name that speaks of other tables alone is a doubt, whatever the margin
    is_sure = best.is_sure or (score >= second + _NAMED and (best.table is None or not called - {best.table}))
    return RowsAre(best.table, best.why, is_sure, {**best.found, **_own_id(best.table, best.found, look, vocabulary)})


def with_its_rows(look: Look, vocabulary: Vocabulary) -> Look:
    """The look at the list of the file's objects whose elements are fee lines, where there is one; else as it is."""
    for one in look.within:
        rows = rows_are(look.file.name.split(".")[0], one, vocabulary)
        own = {column for column, match in rows.found.items() if one.is_in_row(match.header)}
        if rows.table == "claim_line" and own & OF_A_LINE:
            return one
    return look


def _canonical(name: str, look: Look, vocabulary: Vocabulary) -> Iterator[tuple[float, RowsAre]]:
    for table, words in vocabulary.tables.items():
        is_named = is_called(name, words.file_words)
        found = found_columns(table, look, vocabulary, is_named=is_named)
        national = national_columns(table, look)
        filled = {*found, *national} | ({"line_id"} if has_line_key(found) and table == "claim_line" else set())
        has_needs = all({*one} & filled for one in _needs(table, words))
        if not has_needs or not (
            is_named or {*TABLES[table].required_key} <= filled or _own_id(table, found, look, vocabulary)
        ):
            continue  # a file that is not called so and has no key either is not forced into the table
        if table == "settlement" and _repeats(found.get("settlement_id"), look):
            continue  # a settlement is one row: an id of many rows is that of what their lines belong to
        weights: dict[str, float] = {}
        for column, match in found.items():
            weights[match.header] = max(weights.get(match.header, 0), _weight(column, match, words, vocabulary))
        key = TABLES[table].required_key
        score = sum(weights.values()) + len(national.keys() - found.keys()) * 0.5
        score += _KEY * len({*key} & filled) / len(key) + _NAMED * is_named + _by_values(table, found, look)
        yield score, RowsAre(table, f"taken for rows of {table} by the columns alone", is_named, found)


def _own_id(table: str | None, found: Mapping[str, Match], look: Look, vocabulary: Vocabulary) -> dict[str, Match]:
    """The rows' id where no name gives it: the one number of nobody else's that every row of the sample has its own."""
    column = _ONE_ROW_EACH.get(table or "")
    if table is None or column is None or look.row_count < _SEVERAL or (table == "claim_line" and has_line_key(found)):
        return {}
    if column in {*found, *national_columns(table, look)}:
        return {}
    taken = {match.header for match in found.values()}
    spelling = vocabulary.spelling
    own = {kind for kind, its in vocabulary.numbers.items() if its == column} or {"claim"}
    may = [h for h in look.header if h not in taken and look.values[h].is_key and spelling.is_number(h)]
    may = [h for h in may if spelling.kinds_in(h) <= own]
    return {column: Match(may[0], GUESS, 0, column, "every row of the sample has its own")} if len(may) == 1 else {}


def _needs(table: str, words: TableWords) -> Iterable[Iterable[str]]:
    return words.needs or [[column] for column in TABLES[table].required_key]


def _weight(column: str, match: Match, words: TableWords, vocabulary: Vocabulary) -> float:
    if vocabulary.is_generic(match.header):
        return 0.0
    knowing = vocabulary.tables_knowing.get(vocabulary.spelling.run_together(match.like), len(vocabulary.tables))
    return match.confidence / knowing


def _by_values(table: str, found: Mapping[str, Match], look: Look) -> float:
    """For or against, where the table has one row for each id: whether the sample's ids are met once."""
    match = found.get(_ONE_ROW_EACH.get(table, ""))
    if match is None or look.row_count < 2 or not look.values[match.header].filled:
        return 0.0
    values = look.values[match.header]
    return _KEY if values.is_key else -_REPEATED if len(values.fingerprints) < look.row_count * values.filled else 0.0


def _repeats(match: Match | None, look: Look) -> bool:
    """Whether more of the sample's rows share an id than rows that were sent twice would."""
    if match is None:
        return False
    values = look.values[match.header]
    return len(values.fingerprints) < _NEARLY * look.row_count * values.filled


def _others(name: str, look: Look, vocabulary: Vocabulary) -> Iterator[tuple[float, RowsAre]]:
    whose = {kind for header in look.header if (kind := vocabulary.spelling.is_bare_number_of(header)) is not None}
    bare = {normalised(header) for header in look.header}
    whose |= {kind for kind in ("person", "visit") if bare & {*vocabulary.kinds[kind]}}
    for other in vocabulary.others:
        if other.is_firm and whose & {"person", "visit", "claim"}:
            continue
        known = {vocabulary.spelling.run_together(one) for one in other.names}
        score = _NAMED * is_called(name, other.file_words)
        score += sum(vocabulary.spelling.run_together(header) in known for header in look.header)
        yield score, RowsAre(None, f"one row is {other.what}, which no canonical table holds", is_sure=score >= _NAMED)


def found_columns(table: str, look: Look, vocabulary: Vocabulary, *, is_named: bool) -> dict[str, Match]:
    """The best header of each column. What identifies is taken only where a token is made of it; a name that says
    little only where the file's own name tells what a row `is_named`."""
    found: dict[str, Match] = {}
    ends = ends_of_paths(table, look, vocabulary)
    for column, known in vocabulary.tables[table].columns.items():
        # what is always blank would make each row one without a value; left out, it is unknown
        there = [h for h in look.header if not look.is_blank(h) and (is_named or not vocabulary.is_generic(h))]
        is_made_safe = column in token_domains(table) or column in vocabulary.scrubbed or column[0] == "_"
        allowed = [h for h in there if is_made_safe or not look.values[h].identifying]
        if column in OF_A_LINE:
            allowed = [h for h in allowed if look.is_in_row(h)]
        near = matches(known, allowed, vocabulary.spelling, ends)
        near = [m for m in near if m.is_sure or _may_be(table, column, m, look, vocabulary)]
        if near:
            found[column] = near[0]
    _with_numbers(table, look, vocabulary, found)
    if table == "claim_line":
        found |= line_number(look, found)
    taken = {match.header for match in found.values() if match.is_sure}
    return {c: m for c, m in found.items() if m.is_sure or m.header not in taken or m.confidence == GUESS}


def _may_be(table: str, column: str, match: Match, look: Look, vocabulary: Vocabulary) -> bool:
    """Whether what is not known by name fits by its values and names nobody."""
    is_personal = vocabulary.identifying.meets(match.header) or vocabulary.free_text.meets(match.header)
    return not is_personal and fits(table, column, look.values[match.header])


def fits(table: str, column: str, values: Values) -> bool:
    """Whether the values may be those of the column by their form."""
    contract = TABLES[ENTRY_OF.get(table, table)]
    kind = _CARRIED.get(column) or (contract.spark_type(column) if column in contract.column_names else "string")
    if not values.filled:
        return True
    if kind in ("date", "timestamp"):
        return bool(values.most_formats)
    if kind.startswith(("decimal", "int")):
        return values.number_share >= 0.9 or bool(values.currency_signs)
    return not values.formats or values.number_share == 1


def _with_numbers(table: str, look: Look, vocabulary: Vocabulary, found: dict[str, Match]) -> None:
    """What no known name fills, from headers that say no more than whose number they hold; a doctor's with the act."""
    names = TABLES[ENTRY_OF.get(table, table)].column_names
    taken = {match.header for match in found.values()}
    for header in look.header:
        if header in taken or look.is_blank(header) or vocabulary.is_generic(header):
            continue
        column = _by_number(header, names, vocabulary)
        if column in names and column not in found and fits(table, column, look.values[header]):
            found[column] = Match(header, GUESS, 0, normalised(header), "by the words in it")


def _by_number(header: str, names: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """The one of the table's columns whose number the header is by its words."""
    spelling = vocabulary.spelling
    kinds = spelling.kinds_in(header)
    if kinds == {"staff"} and spelling.is_number(header):
        doctors = [name for name in names if name.endswith("doctor_id")]
        did = [c for c, words in vocabulary.acts.items() if spelling.meets(header, words)]
        may = did or (doctors if spelling.is_bare_number_of(header) else [])
        return may[0] if len(may) == 1 else None
    kind = spelling.is_bare_number_of(header)
    return vocabulary.numbers.get(kind) if kind is not None else None
