"""All files of a source together: what a row of each is, and which of its ids is whose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fundwatch.contracts import TABLES
from intake.drafting.columns import has_line_key
from intake.drafting.joins import Join, Key, joins_of, kinds_by_header
from intake.drafting.names import GUESS, SURE, Match, is_called
from intake.drafting.national import national_columns
from intake.drafting.sampling import Look
from intake.drafting.tables import RowsAre, found_columns, rows_are
from intake.drafting.vocabulary import Vocabulary
from intake.source.mapping import ENTRY_OF

# by table, the column that is its rows' id, and the kind of id that it is
_IDS = {"patient": "patient_id", "encounter": "encounter_id", "settlement": "settlement_id",
        "institution": "institution_id", "doctor": "doctor_id"}  # fmt: skip
_DOCTORS = ("attending_doctor_id", "operating_doctor_id", "performing_doctor_id", "ordering_doctor_id")


@dataclass(frozen=True)
class FileDecision:
    """One file: its rows' table, None for none, and the join by which each id of it is found elsewhere."""

    look: Look
    rows: RowsAre
    joins: Mapping[str, Join] = field(default_factory=dict)

    @property
    def found(self) -> Mapping[str, Match]:
        return self.rows.found

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Key columns of the table that no column of the file fills."""
        if self.rows.table is None:
            return ()
        filled = {*self.found, *national_columns(self.rows.table, self.look)}
        filled |= {"line_id"} if self.rows.table == "claim_line" and has_line_key(self.found) else set()
        return tuple(name for name in TABLES[self.rows.table].required_key if name not in filled)


def decided(looks: Mapping[str, Look], vocabulary: Vocabulary) -> dict[str, FileDecision]:
    """By kind of file, what it is. Tables first, then the ids by the values that files share, then columns again."""
    first = {kind: FileDecision(look, rows_are(kind, look, vocabulary)) for kind, look in looks.items()}
    first = {kind: _as_register(one, kind, first.values(), vocabulary) for kind, one in first.items()}
    keys = [*_keys(first.values())]
    joined = {kind: _joined(one, joins_of(one.look, keys), vocabulary) for kind, one in first.items()}
    return {kind: _beside_better(one, joined.values()) for kind, one in joined.items()}


def _keys(files: Iterable[FileDecision]) -> Iterator[Key]:
    for file in files:
        column = _IDS.get(file.rows.table or "", "")
        match = file.found.get(column)
        if file.rows.table is not None and match is not None and file.look.values[match.header].is_key:
            is_sure = file.rows.is_sure and match.is_sure
            others = frozenset(k for c, m in file.found.items() if m.header == match.header and (k := _kind_of_id(c)))
            yield Key(file.rows.table, file.look, match.header, is_sure, others - {file.rows.table})


def _as_register(one: FileDecision, kind: str, files: Iterable[FileDecision], vocabulary: Vocabulary) -> FileDecision:
    """Rows that no table holds, as organisations, but whose ids other files give as those of a table's rows."""
    may_be = [other.may_be for other in vocabulary.others if other.may_be and is_called(kind, other.file_words)]
    if one.rows.table is not None or not may_be:
        return one
    table, column = may_be[0], _IDS[may_be[0]]
    found = found_columns(table, one.look, vocabulary, is_named=True)
    match = found.get(column)
    if match is None or not one.look.values[match.header].is_key:
        return one
    key = Key(table, one.look, match.header, is_sure=False)
    for file in files:
        named = file.found.get(column)
        joins = joins_of(file.look, [key])
        if file is not one and named is not None and named.header in joins and joins[named.header].is_distinctive:
            why = f"taken for rows of {table}, since {file.look.file.name} gives its ids as {named.header}"
            return replace(one, rows=RowsAre(table, why, is_sure=False, found=found))
    return one


def _joined(one: FileDecision, joins: Mapping[str, Join], vocabulary: Vocabulary) -> FileDecision:
    """The file with each id as the values decide: what is another's id is no longer taken, what fits is surer."""
    if one.rows.table is None:
        return replace(one, joins=joins)
    own = kinds_by_header(joins)
    found: dict[str, Match] = {}
    for column, match in one.found.items():
        join, wanted = joins.get(match.header), _kind_of_id(column)
        is_too = join is not None and wanted in join.key.others
        if wanted is not None and own.get(match.header, wanted) != wanted and not is_too:
            continue
        if join is not None and join.key.kind == wanted and join.is_nearly_whole and not match.is_sure:
            is_sure = join.key.is_sure and (join.is_distinctive or wanted in _kinds(match.header, vocabulary))
            # that it is a doctor's id does not say what the doctor did
            is_sure = is_sure and (wanted != "doctor" or len(_doctors(str(one.rows.table))) == 1)
            match = replace(match, confidence=SURE if is_sure else GUESS, why=join.why)
        found[column] = match
    for column, match in _from_values(one, joins, found, vocabulary):
        found[column] = match
    return FileDecision(one.look, replace(one.rows, found=found), joins)


def _kind_of_id(column: str) -> str | None:
    """The table whose rows' id the column holds."""
    if column.endswith("doctor_id"):
        return "doctor"
    return next((table for table, its in _IDS.items() if its == column), None)


def _kinds(header: str, vocabulary: Vocabulary) -> frozenset[str | None]:
    """The tables whose rows' numbers the words of the name speak of."""
    kinds = vocabulary.spelling.kinds_in(header) & vocabulary.numbers.keys()
    return frozenset(_kind_of_id(vocabulary.numbers[kind]) for kind in kinds)


def _doctors(table: str) -> list[str]:
    names = TABLES[ENTRY_OF.get(table, table)].column_names
    return [column for column in (*_DOCTORS, "doctor_id") if column in names]


def _from_values(
    one: FileDecision, joins: Mapping[str, Join], found: Mapping[str, Match], vocabulary: Vocabulary
) -> Iterator[tuple[str, Match]]:
    """Ids whose column the values tell: it alone holds the other file's ids, and what a name gave does not."""
    table = str(one.rows.table)
    names = TABLES[ENTRY_OF.get(table, table)].column_names
    for kind, column in _IDS.items():
        if kind in (table, "doctor") or column not in names:
            continue
        held = found.get(column)
        if held is not None and held.header in joins:
            continue
        taken = {match.header for other, match in found.items() if match.is_sure and other != column}
        may = [j for h, j in joins.items() if j.key.kind == kind and h not in taken]
        may = [j for j in may if j.is_distinctive and j.is_nearly_whole]
        alone = [j for j in may if kind in _kinds(j.header, vocabulary)] or may
        if alone:
            is_sure = len(alone) == 1 and alone[0].key.is_sure and kind in _kinds(alone[0].header, vocabulary)
            yield column, Match(alone[0].header, SURE if is_sure else GUESS, 0, column, alone[0].why)


def _beside_better(one: FileDecision, files: Iterable[FileDecision]) -> FileDecision:
    """What tells more of another file's rows, or lacks a key of its table where another has it, is left out."""
    own = one.found.get(_IDS.get(one.rows.table or "", ""))
    join = one.joins.get(own.header) if own is not None and not one.rows.is_sure else None
    if own is not None and join is not None and join.key.kind == one.rows.table:
        why = f"its {own.header} are the ids of {join.key.look.file.name}, which has the rows of {one.rows.table}"
        return replace(one, rows=RowsAre(None, why, is_sure=False))
    missing = one.missing_keys
    if not missing:
        return one
    for other in files:
        if other is not one and other.rows.table == one.rows.table and not other.missing_keys:
            why = f"its rows may be rows of {one.rows.table}, but nothing fills {', '.join(missing)}"
            why += f"; {other.look.file.name} has them whole"
            return replace(one, rows=RowsAre(None, why, is_sure=False))
    return one
