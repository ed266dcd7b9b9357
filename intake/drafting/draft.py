"""A mapping proposed from the headers and a sample of files: which table each file feeds, and each column's source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fundwatch.contracts import TABLES
from intake.drafting.columns import (
    Proposed,
    as_national,
    keyed_by_visit,
    made,
    of_the_person,
    proposed,
    token_domains,
)
from intake.drafting.deciding import FileDecision, decided
from intake.drafting.identifying import identifying_of, read_of, vault_entries
from intake.drafting.names import GUESS, Match, matches, normalised
from intake.drafting.row_levels import OF_A_LINE
from intake.drafting.sampling import Look
from intake.drafting.tables import RowsAre, found_columns, with_its_rows
from intake.drafting.values import plain_name
from intake.drafting.vocabulary import Vocabulary
from intake.source.mapping import ENTRY_OF

_LENT = ("patient_id", "institution_id", "visit_type", "charged_at")
_LENDERS = {"charged_at": ("settled_at", "started_at"), **{c: (c,) for c in _LENT[:3]}}
GROUPED_TABLES = ("settlement", "encounter", "institution")  # those that lines are grouped into
NO_ROWS = "the file has no rows"
DATE = re.compile(r"[_-]?(19|20)\d\d[_-]?\d\d[_-]?\d\d")


@dataclass(frozen=True)
class Dropped:
    """A column that is not read, and why; `is_open` when a person should decide."""

    header: str
    why: str
    is_open: bool = False


@dataclass(frozen=True)
class DraftFile:
    """One file, the table it feeds, and what becomes of every column of its header.

    `read` are headers; `identifying` plain names of some of them, and `must` those of these without which no row is
    whole.
    """

    name: str
    look: Look
    table: str
    columns: tuple[Proposed, ...]
    carry: tuple[Proposed, ...]
    vault: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    read: tuple[str, ...]
    identifying: frozenset[str]
    must: frozenset[str]
    rows_are: RowsAre
    lookup: tuple[str, str, str, tuple[str, ...]] | None = None  # the other file, the key here and there, what it lends

    @property
    def found(self) -> Mapping[str, Match]:
        """Which header is which column."""
        return self.rows_are.found

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Key columns of the table that nothing fills: without them the draft is no mapping."""
        filled = {proposed.column for proposed in self.columns}
        return tuple(name for name in TABLES[self.table].required_key if name not in filled)


@dataclass(frozen=True)
class LeftFile:
    """A file that feeds no table, and why."""

    name: str
    look: Look
    why: str


@dataclass(frozen=True)
class DraftedFiles:
    """The files of a source that feed tables, and those that are left out."""

    fed: tuple[DraftFile, ...]
    left: tuple[LeftFile, ...]


def draft_files(looks: Sequence[Look], vocabulary: Vocabulary) -> DraftedFiles:
    """A proposal for each kind of file; what one lacks and another has is looked up there.

    Files whose names differ by a date alone, with the same columns, are one kind.
    """
    kinds: dict[str, Look] = {}
    for look in (with_its_rows(look, vocabulary) for look in looks):
        kind = _kind(look)
        if kind in kinds and {*kinds[kind].header} == {*look.header}:
            continue
        kinds[kind if kind not in kinds else f"{kind}_{len(kinds) + 1}"] = look
    files = decided(kinds, vocabulary)
    tables = frozenset(file.rows.table for file in files.values() if file.rows.table is not None)
    fed = [_draft(kind, file, file.rows.table, vocabulary, tables) for kind, file in files.items() if file.rows.table]
    left = [LeftFile(kind, file.look, _why_left(file)) for kind, file in files.items() if file.rows.table is None]
    return DraftedFiles(tuple(_with_lookup(file, fed) for file in fed), tuple(left))


def _why_left(file: FileDecision) -> str:
    if file.look.header_below:
        return (
            f"its first line seems to be a title, and line {file.look.header_below} the header: take out what stands "
            "above it (and have its sender leave it out every night)"
        )
    if file.look.form == "text" and len(file.look.header) == 1:
        return (
            f"{file.rows.why}, and its lines hold no delimiter: if columns stand by their place in the line, write "
            "them down as docs/sources.md says under Fixed width"
        )
    if file.look.lists:
        lists = ", ".join(file.look.lists)
        return f"{file.rows.why}; if the rows are the objects in a list of its objects ({lists}), say so by rows_of"
    return file.rows.why


def _kind(look: Look) -> str:
    name = DATE.sub("", look.file.name.split(".")[0])
    return normalised(name).replace("-", "_").strip("_") or "file"


def _draft(name: str, file: FileDecision, table: str, vocabulary: Vocabulary, tables: frozenset[str]) -> DraftFile:
    look, found = file.look, {c: _doubted(m, file) for c, m in file.found.items()}
    columns = _columns(table, found, look, vocabulary)
    known = frozenset(plain_name(header) for header in look.header)
    vault = vault_entries(table, columns, look, vocabulary, tables)
    used = frozenset[str]().union(*(c.reads(known) for c in columns), *(read_of(entry, known) for entry in vault))
    read = tuple(h for h in look.header if plain_name(h) in used)
    identifying = identifying_of(table, columns, vault, known, vocabulary)
    keys = (*TABLES[table].required_key, "patient_id")
    return DraftFile(
        name=name,
        look=look,
        table=table,
        columns=tuple(c for c in columns if not c.column.startswith("_")),
        carry=tuple(c for c in columns if c.column.startswith("_")),
        vault=vault,
        dropped=tuple(_dropped(table, h, look, vocabulary) for h in _not_read(look, read)),
        read=read,
        identifying=identifying,
        must=identifying & frozenset[str]().union(*(c.reads(known) for c in columns if c.column in keys)),
        rows_are=replace(file.rows, found=found),
    )


def _not_read(look: Look, read: Sequence[str]) -> list[str]:
    """The other columns of the header, but for a list's places and what a delimiter at the lines' ends leaves."""
    left = {look.place} if look.place else set[str]()
    return [h for h in dict.fromkeys(look.header) if h not in (*read, *left) and (h or not look.is_blank(h))]


def _doubted(match: Match, file: FileDecision) -> Match:
    """No column is surer than its table."""
    if file.rows.is_sure:
        return match
    return replace(match, confidence=min(match.confidence, GUESS), why=file.rows.why)


def _columns(table: str, found: Mapping[str, Match], look: Look, vocabulary: Vocabulary) -> list[Proposed]:
    """The columns in the contract's order; behind them what is carried."""
    columns = [*as_national(table, look)]
    filled = {c.column for c in columns}
    columns += [
        proposed(table, column, match, look, vocabulary)
        for column, match in found.items()
        if column[0] != "_" and column not in filled
    ]
    columns = keyed_by_visit(table, columns, found, look)
    columns += made(table, found, {c.column for c in columns}, look, vocabulary)
    of_persons = found_columns("patient", look, vocabulary, is_named=False)
    columns += of_the_person(table, of_persons, look, vocabulary)
    order = [*TABLES[ENTRY_OF.get(table, table)].column_names]
    return sorted(columns, key=lambda c: order.index(c.column) if c.column in order else len(order))


def _dropped(table: str, header: str, look: Look, vocabulary: Vocabulary) -> Dropped:
    values = look.values[header]
    if header in look.lists:
        return Dropped(
            header, f"? a list of objects: what it holds are rows of their own {_count_of(look, header)}", True
        )
    if values.identifying:
        return Dropped(header, f"identifies: the values look like {values.identifying}")
    known, is_blank = _column_of(table, header, look, vocabulary), look.is_blank(header)
    if known in OF_A_LINE and not look.is_in_row(header):
        known = None  # the claim's, and no line's
    name = (known or "").lstrip("_")
    whose = (
        f"would be {name}, but is always blank in the sample" if is_blank else f"may be {name}, as another column is"
    )
    if known in token_domains(table):
        return Dropped(header, f"identifies; {whose}")
    if vocabulary.identifying.meets(header) or (known is None and vocabulary.identifies(header)):
        return Dropped(header, "identifies a person, by its name")
    if vocabulary.free_text.meets(header):
        return Dropped(header, "free text: a person may be named in it")
    if table == "claim_line" and values.codes & vocabulary.charges and values.codes - vocabulary.charges:
        return Dropped(header, "? tells rows that are charges from others: keep those alone by `where`", is_open=True)
    if known is not None:
        return Dropped(header, f"? {whose}" if is_blank else whose, is_open=is_blank)
    if not is_blank and (elsewhere := _of_another_table(table, header, look, vocabulary)):
        why = f"? may be {elsewhere}, of another table: carry it, and make that one by `grouped`"
        return Dropped(header, why, is_open=True)
    what = "not recognised" if header else "has no name in the header"
    return Dropped(header, f"? {what}: {values.shape if look.row_count else NO_ROWS}", is_open=True)


def _count_of(look: Look, path: str) -> str:
    return f"({look.lists[path]:,} in the file)"


def _column_of(table: str, header: str, look: Look, vocabulary: Vocabulary) -> str | None:
    """The column that has the header among its names."""
    for column, names in vocabulary.tables[table].columns.items():
        said = [header, *((look.in_row(header),) if look.in_row(header) else ())]
        if any(match.confidence >= GUESS for match in matches(names, said, vocabulary.spelling)):
            return column
    return None


def _of_another_table(table: str, header: str, look: Look, vocabulary: Vocabulary) -> str:
    """Which column of a table that is made by grouping the header is a sure name of, as `table.column`."""
    said = look.in_row(header) or header
    for other in GROUPED_TABLES if not vocabulary.is_generic(said) else ():
        for column, names in vocabulary.tables[other].columns.items():
            is_known = column[0] != "_" and other != table
            if is_known and any(match.is_sure for match in matches(names, [said], vocabulary.spelling)):
                return f"{other}.{column}"
    return ""


def _with_lookup(file: DraftFile, files: Sequence[DraftFile]) -> DraftFile:
    """What a file of lines lacks, from the file of their visits or settlements."""
    lacking = [c for c in _LENT if c not in {p.column for p in file.columns}]
    if file.table != "claim_line" or not lacking:
        return file
    for other in files:
        key = {"encounter": "encounter_id", "settlement": "settlement_id"}.get(other.table)
        if key is None or key not in file.found or key not in other.found:
            continue
        here, there = file.found[key].header, other.found[key].header
        is_met = bool(file.look.values[here].fingerprints & other.look.values[there].fingerprints)
        if not is_met and (here != there or (file.look.is_whole and other.look.is_whole)):
            continue
        if any(d.is_open and file.look.values[d.header].formats for d in file.dropped):
            lacking = [c for c in lacking if c != "charged_at"]  # one of its own dates may be it
        has = {c: next((o for o in _LENDERS[c] if o in other.found), None) for c in lacking}
        lent = {c: other.found[o].header for c, o in has.items() if o is not None}
        lent = {c: header for c, header in lent.items() if header not in file.look.header}
        if lent:
            by_column = {p.column: p for p in other.columns}
            new = [_lent(by_column[str(has[column])], column, other.name) for column in lent]
            lookup = (other.name, here, there, tuple(dict.fromkeys(lent.values())))
            return replace(file, columns=(*file.columns, *new), lookup=lookup)
    return file


def _lent(one: Proposed, column: str, other: str) -> Proposed:
    """The column as another file's row has it; the time of a visit or settlement is not quite that of a line."""
    if column == one.column:
        return replace(one, reported=f"{'' if one.is_sure else '? '}looked up in {other}")
    return replace(one, column=column, reported=f"? {one.column} of {other}: no time of the line's own", is_sure=False)
