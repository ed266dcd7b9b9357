"""How a file's form has drifted from the mapping's: columns and codes, reported before a row is read.

It looks at the header and at a sample of lines. No message shows a value, as it may identify a person; a short code is
the one exception, because nobody could fix it unseen.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fundwatch.contracts import TABLES
from fundwatch.texts import key_spelling, tidied
from intake.files.landed import DELIMITERS, Opened
from intake.files.value_types import contract_type, fits, is_shortened, shown_code, shown_name
from intake.source.checks import Quality
from intake.source.columns import UNKNOWN_CODE, Codes, columns_used
from intake.source.mapping import ENTRY_OF, SourceFile, SourceMapping
from intake.source.placeholders import Placeholders

# One odd value is a problem of its row, which the gate weighs; it takes several to speak of a changed form.
_ENOUGH_VALUES = 10
_NEW_CODE_ROWS, _NEW_CODE_SHARE = 3, 0.01
_FIRST_LINES = 20  # among which a header may stand below a title
_EXAMPLE = {"date": " (2026-03-31)", "timestamp": " (2026-03-31 14:05)"}  # what a plain column takes
PARKED = "_parked_"


@dataclass(frozen=True)
class FileDrift:
    """What was seen of one file: `problems` refuse it; the rest was tolerated. Columns by name, codes as column and
    code.
    """

    file_name: str
    kind: str
    problems: tuple[str, ...] = ()
    parked_columns: tuple[str, ...] = ()
    parked_codes: tuple[tuple[str, str], ...] = ()
    foot: int = 0
    blank: int = 0

    @property
    def is_reported(self) -> bool:
        """Whether anything was tolerated that a person should know."""
        return bool(self.parked_columns or self.parked_codes or self.foot or self.blank)

    def notes(self) -> list[str]:
        """What was tolerated, in words."""
        texts = [f"{self.file_name}: column '{shown_name(c)}' is new: parked, not read" for c in self.parked_columns]
        texts += [f"{self.file_name}: column '{c}' has a new code {v}: parked" for c, v in self.parked_codes]
        no_rows = {"at its end are sums or signatures": self.foot, "hold nothing but delimiters": self.blank}
        texts += [f"{self.file_name}: {n} lines {what}, and are no rows: left out" for what, n in no_rows.items() if n]
        return texts


@dataclass(frozen=True)
class Drift:
    """What was tolerated in a delivery, by file."""

    files: tuple[FileDrift, ...] = ()

    def notes(self) -> list[str]:
        """What was tolerated, in words; nothing when no form changed."""
        return [note for file in self.files for note in file.notes()]


def read_names(file: SourceFile, header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns hereafter: the mapping's; one that the mapping does not know goes by its place."""
    names = file.names()
    spelled = enumerate(file.as_known(header), 1)
    return tuple(names.get(c, c if c and file.is_dropped(c) else f"{PARKED}{n}") for n, c in spelled)


def parked_error_codes(mapping: SourceMapping, quality: Quality, table: str) -> tuple[str, ...]:
    """Error codes of rows that are quarantined for a new code and are no problems, because the mapping parks those."""
    if mapping.drift.new_codes != "park":
        return ()
    how = mapping.tables.get(table)
    listed = [c for rows in (how.rows if how else ()) for c, given in rows.columns.items() if _is_closed(given)]
    deciding = [given.name or key for rows in (how.rows if how else ()) for key, given in rows.judged_by().items()]
    return (
        *(f"NOT_IN_LIST:{c}" for c in quality.of(table).one_of),
        *(f"MALFORMED:{c}" for c in listed),
        *(f"{UNKNOWN_CODE}:{c}" for c in dict.fromkeys(deciding)),
    )


def find_drift(mapping: SourceMapping, kind: str, name: str, opened: Opened, quality: Quality | None) -> FileDrift:
    """What the file's header and sample say otherwise than the mapping."""
    file = mapping.files[kind]
    header = file.as_known(opened.header)
    known = {*file.names(), *file.drop}
    if known.isdisjoint(header):
        # what stands there may be the first person's row
        return FileDrift(name, kind, (f"line 1 names none of the columns of {kind}: {_header_meant(file, opened)}",))
    values = _values(mapping, read_names(file, header), opened)
    unknown = [c for c in header if c and c not in known and not file.is_dropped(c)]
    is_parking = mapping.drift.unknown_columns == "park"
    found = list(_column_problems(mapping, kind, header, [] if is_parking else unknown, values))
    said = _said(mapping, kind, values, quality)
    nameless = [] if is_parking or file.is_dropped("") else _nameless_problems(header, values)
    found += [*nameless, *_width_problems(opened), *_type_problems(mapping, kind, said)]
    new = list(_new_codes(mapping, kind, said, quality))
    if mapping.drift.new_codes == "refuse":
        found += [
            f"column '{one.column}', line {one.line}: a code that the mapping or the checks do not list"
            f"{shown_code(one.code)}, in {one.rows} of {one.of_rows} rows looked at; list it, or let drift.new_codes "
            "park it"
            for one in new
        ]
        new = []
    return FileDrift(
        name,
        kind,
        tuple(found),
        tuple(unknown) if is_parking else (),
        tuple((one.column, shown_code(one.code).removeprefix(": ") or "that is not shown") for one in new),
        foot=opened.foot,
        blank=opened.blank,
    )


def _header_meant(file: SourceFile, opened: Opened) -> str:
    """Where the header may be that line 1 is not."""
    enough = max(2, len(file.needed()) // 2)

    def is_header(cells: Sequence[str]) -> bool:
        return len({*file.as_known([tidied(cell) for cell in cells])} & {*file.names()}) >= enough

    written = opened.delimiter.join(opened.header)
    for delimiter in (d for d in DELIMITERS if d in written):
        if is_header(written.split(delimiter)):
            return f"they stand there with {delimiter!r} between them; say so by delivery.delimiter"
    for number, line in opened.sample[:_FIRST_LINES]:
        if is_header(_row(line, opened.delimiter)):
            return f"line {number} does; take out what stands above it"
    return "the header is missing, or the file is of another table"


def _nameless_problems(header: Sequence[str], values: Values) -> Iterator[str]:
    """Columns without a name that hold something; one that is blank is what a delimiter at the lines' ends leaves."""
    for place, column in enumerate(header, 1):
        if not column and (found := values.get(f"{PARKED}{place}")):
            yield (
                f"column {place} has no name in the header, and line {found[0][0]} has a value there: have it named, "
                'or list "" under drop'
            )


def _width_problems(opened: Opened) -> Iterator[str]:
    """Stated once here, not ten million times in quarantine: the lines do not have the header's number of values."""
    rows = ((number, _row(line, opened.delimiter)) for number, line in opened.sample)
    wrong = [(number, len(row)) for number, row in rows if len(row) != len(opened.header)]
    if len(opened.sample) >= _ENOUGH_VALUES and 2 * len(wrong) > len(opened.sample):
        line, width = wrong[0]
        yield f"line {line} has {width} values and the header {len(opened.header)}; most lines do not fit the header"


def _row(line: str, delimiter: str) -> list[str]:
    """The line's values; none when it cannot be parted."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


Values = Mapping[str, Sequence[tuple[int, str]]]  # by column: line number and value, nulls left out


def _values(mapping: SourceMapping, names: Sequence[str], opened: Opened) -> Values:
    values: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    nulls = set(mapping.delivery.null_texts) | {""}
    for number, line in opened.sample:
        row = _row(line, opened.delimiter)
        if len(row) == len(names):  # others are unreadable rows, which the gate weighs
            for name, text in zip(names, row, strict=True):
                if (value := key_spelling(text)) not in nulls:
                    values[name].append((number, value))
    return values


def _column_problems(
    mapping: SourceMapping, kind: str, header: Sequence[str], unknown: Sequence[str], values: Values
) -> Iterator[str]:
    file = mapping.files[kind]
    missing = [aliases for aliases in file.needed() if not any(alias in header for alias in aliases)]
    likely = {c: _meant(mapping, kind, c, f"{PARKED}{header.index(c) + 1}", missing, values) for c in unknown}
    for column in unknown:
        meant = f" (did you mean '{likely[column]}'?)" if likely[column] else ""
        yield f"column '{shown_name(column)}': the mapping does not know it{meant}; allow it or list it under drop"
    for aliases in missing:
        yield f"column '{' or '.join(aliases)}' is missing"
    names = [file.names().get(c, c) for c in header]
    folded = [n.lower() for n in read_names(file, header)]  # Spark takes one for the other
    pairs = [pair for pair in zip(names, folded, strict=True) if pair[0]]
    twice = sorted({n for n, f in pairs if names.count(n) > 1 or folded.count(f) > 1})
    yield from (f"column '{shown_name(c)}' occurs twice" for c in twice)


def _meant(
    mapping: SourceMapping, kind: str, column: str, place: str, missing: Sequence[tuple[str, ...]], values: Values
) -> str:
    """The missing column that an unknown one may be: by its name, else as the only one whose type its values have."""
    by_name = {alias.lower(): aliases[0] for aliases in missing for alias in aliases}
    close = get_close_matches(column.strip().lower(), by_name, n=1, cutoff=0.7)
    if close:
        return by_name[close[0]]
    texts = [text for _, text in values.get(place, ())]
    types = {aliases[0]: contract_type(mapping, kind, aliases[0]) for aliases in missing}
    if len(texts) < _ENOUGH_VALUES:
        return ""
    same = [name for name, type_ in types.items() if type_ not in ("", "string") and all(fits(t, type_) for t in texts)]
    return same[0] if len(same) == 1 else ""


def _said(mapping: SourceMapping, kind: str, values: Values, quality: Quality | None) -> Values:
    """The values without those that say nothing in what is made of their column: the rest say how it is written."""
    fed = mapping.rows_of(kind)
    if fed is None:
        return values
    placeholders = Placeholders(None if quality is None else quality.placeholders, mapping.placeholders)
    table = TABLES[ENTRY_OF.get(fed[0], fed[0])]
    said = {}
    for column, found in values.items():
        read = frozenset({fed[1].read_as(column)})
        made = [(n, given) for n, given in fed[1].columns.items() if columns_used(given, read)]
        lists = [frozenset(placeholders.of(table, name, given)) for name, given in made]
        silent = frozenset.intersection(*lists) if lists else frozenset[str]()
        said[column] = [one for one in found if one[1] not in silent]
    return said


def _type_problems(mapping: SourceMapping, kind: str, values: Values) -> Iterator[str]:
    """Columns most of whose values are none of their type, and identifiers that a spreadsheet cut short."""
    for column, found in values.items():
        type_ = contract_type(mapping, kind, column)
        wrong = [line for line, text in found if type_ and not fits(text, type_)]
        if len(found) >= _ENOUGH_VALUES and 2 * len(wrong) > len(found):
            yield (
                f"column '{column}', line {wrong[0]}: most of its values are no {type_}{_EXAMPLE.get(type_, '')}: the "
                "form has changed, or the mapping does not say yet how they are written"
            )
        short = [line for line, text in found if is_shortened(text)] if type_ == "string" else []
        if short:
            yield f"column '{column}', line {short[0]}: a spreadsheet cut a long number short (1.2E+17); send it whole"


@dataclass(frozen=True)
class _NewCode:
    """A code that no list has: its column, its first line, and how many of the rows looked at have it."""

    column: str
    code: str
    line: int
    rows: int
    of_rows: int


def _new_codes(mapping: SourceMapping, kind: str, values: Values, quality: Quality | None) -> Iterator[_NewCode]:
    """Codes that no list has, where there are too many for single problems."""
    fed = mapping.rows_of(kind)
    if fed is None:
        return
    lists = {} if quality is None else quality.of(fed[0]).one_of
    listed: list[tuple[str, Callable[[str], bool]]]
    listed = [(given.name, given.codes.__contains__) for given in fed[1].listed().values()]
    for canonical, given in fed[1].columns.items():
        if isinstance(given, Codes) and _is_closed(given):
            listed.append((given.of, given.lists))
        elif isinstance(given, str) and canonical in lists:
            listed.append((given, lists[canonical].__contains__))
    for column, is_known in listed:
        found = [one for name, said in values.items() if fed[1].read_as(name) == column for one in said]
        new = Counter(text for _, text in found if not is_known(text))
        for code, count in new.items():
            if count >= _NEW_CODE_ROWS and count >= _NEW_CODE_SHARE * len(found):
                first = next(line for line, text in found if text == code)
                yield _NewCode(column, code, first, count, len(found))


def _is_closed(given: object) -> bool:
    return isinstance(given, Codes) and given.otherwise is None
