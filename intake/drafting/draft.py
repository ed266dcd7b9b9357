"""A mapping proposed from the headers and a sample of files: which table each file feeds, and each column's source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fundwatch.contracts import TABLES
from intake.drafting.columns import (
    Proposed,
    as_national,
    has_line_key,
    keyed_by_visit,
    made,
    of_the_person,
    proposed,
    token_domains,
)
from intake.drafting.identifying import identifying_of, read_of, vault_entries
from intake.drafting.national import national_columns
from intake.drafting.sampling import Look
from intake.drafting.values import plain_name
from intake.drafting.vocabulary import SURE, Match, Vocabulary, matches, normalised
from intake.source.mapping import ENTRY_OF

_LENT = ("patient_id", "institution_id", "visit_type", "charged_at")
_LENDERS = {"charged_at": ("settled_at", "started_at"), **{c: (c,) for c in _LENT[:3]}}
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
    found: Mapping[str, Match] = field(default_factory=dict)
    lookup: tuple[str, str, tuple[str, ...]] | None = None  # the other file, the key, the columns it lends

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Key columns of the table that nothing fills: without them the draft is no mapping."""
        filled = {proposed.column for proposed in self.columns}
        return tuple(name for name in TABLES[self.table].key if name not in filled)


def draft_files(looks: Sequence[Look], vocabulary: Vocabulary) -> list[DraftFile]:
    """A proposal for each kind of file; what one lacks and another has is looked up there.

    Files whose names differ by a date alone, with the same columns, are one kind.
    """
    kinds: dict[str, Look] = {}
    for look in looks:
        kind = _kind(look)
        if kind in kinds and {*kinds[kind].header} == {*look.header}:
            continue
        kinds[kind if kind not in kinds else f"{kind}_{len(kinds) + 1}"] = look
    tables = {kind: _best_table(look, vocabulary) for kind, look in kinds.items()}
    fed = frozenset(table for table, _ in tables.values())
    files = [_draft(kind, look, *tables[kind], vocabulary, fed) for kind, look in kinds.items()]
    return [_with_lookup(file, files) for file in files]


def _kind(look: Look) -> str:
    name = DATE.sub("", look.file.name.split(".")[0])
    return normalised(name).replace("-", "_").strip("_") or "file"


def _draft(
    name: str, look: Look, table: str, found: dict[str, Match], vocabulary: Vocabulary, tables: frozenset[str]
) -> DraftFile:
    columns = _columns(table, found, look, vocabulary)
    known = frozenset(plain_name(header) for header in look.header)
    vault = vault_entries(table, columns, look, vocabulary, tables)
    used = frozenset[str]().union(*(c.reads(known) for c in columns), *(read_of(entry, known) for entry in vault))
    read = tuple(h for h in look.header if plain_name(h) in used)
    identifying = identifying_of(table, columns, vault, known, vocabulary)
    keys = (*TABLES[table].key, "patient_id")
    return DraftFile(
        name=name,
        look=look,
        table=table,
        columns=tuple(c for c in columns if not c.column.startswith("_")),
        carry=tuple(c for c in columns if c.column.startswith("_")),
        vault=vault,
        dropped=tuple(_dropped(table, header, look, vocabulary) for header in look.header if header not in read),
        read=read,
        identifying=identifying,
        must=identifying & frozenset[str]().union(*(c.reads(known) for c in columns if c.column in keys)),
        found=found,
    )


def _columns(table: str, found: dict[str, Match], look: Look, vocabulary: Vocabulary) -> list[Proposed]:
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
    of_persons = _found("patient", vocabulary.tables["patient"].columns, look, vocabulary)
    columns += of_the_person(table, of_persons, look, vocabulary)
    order = [*TABLES[ENTRY_OF.get(table, table)].column_names]
    return sorted(columns, key=lambda c: order.index(c.column) if c.column in order else len(order))


def _best_table(look: Look, vocabulary: Vocabulary) -> tuple[str, dict[str, Match]]:
    """The table whose columns the header has most of; its key and the file's name count most."""
    name = normalised(look.file.name)
    best: tuple[float, str, dict[str, Match]] = (-1, "claim_line", {})
    for table, known in vocabulary.tables.items():
        found = _found(table, known.columns, look, vocabulary)
        national = national_columns(table, look)
        key = [k in found or k in national or (k == "line_id" and has_line_key(found)) for k in TABLES[table].key]
        score = sum({m.header: m.confidence for m in found.values()}.values())
        score += 2 * (sum(key) / len(key)) + 2 * any(word in name for word in known.file_words)
        if score > best[0]:
            best = (score, table, found)
    return best[1], best[2]


def _found(table: str, names: Mapping[str, Sequence[str]], look: Look, vocabulary: Vocabulary) -> dict[str, Match]:
    """The best header of each column. What identifies is taken only where a token is made of it."""
    found = {}
    taken: set[str] = set()
    for column, known in names.items():
        # what is always blank would make each row one without a value; left out, it is unknown
        there = [h for h in look.header if not look.is_blank(h)]
        is_made_safe = column in token_domains(table) or column in vocabulary.scrubbed or column[0] == "_"
        allowed = [h for h in there if is_made_safe or not look.values[h].identifying]
        near = [m for m in matches(known, allowed) if m.confidence == SURE or m.header not in taken]
        near = [m for m in near if m.confidence == SURE or not _is_personal(m.header, vocabulary)]
        if near and (
            near[0].confidence == SURE or table in ("claim_line", "settlement", "encounter") or len(near) == 1
        ):
            found[column] = near[0]
            taken.add(near[0].header)
    return found


def _is_personal(header: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.identifying.meets(header) or vocabulary.free_text.meets(header)


def _dropped(table: str, header: str, look: Look, vocabulary: Vocabulary) -> Dropped:
    values = look.values[header]
    if values.identifying:
        return Dropped(header, f"identifies: the values look like {values.identifying}")
    if vocabulary.identifying.meets(header):
        return Dropped(header, "identifies a person, by its name")
    if vocabulary.free_text.meets(header):
        return Dropped(header, "free text: a person may be named in it")
    known = next((c for c, names in vocabulary.tables[table].columns.items() if normalised(header) in names), None)
    if known is not None and look.is_blank(header):
        return Dropped(header, f"? would be {known.lstrip('_')}, but is always blank in the sample", is_open=True)
    if known is not None:
        return Dropped(header, f"known as {known.lstrip('_')}, for which another column was taken")
    return Dropped(header, f"? not recognised: {values.shape}", is_open=True)


def _with_lookup(file: DraftFile, files: Sequence[DraftFile]) -> DraftFile:
    """What a file of lines lacks, from the file of their visits or settlements."""
    lacking = [c for c in _LENT if c not in {p.column for p in file.columns}]
    if file.table != "claim_line" or not lacking:
        return file
    for other in files:
        key = {"encounter": "encounter_id", "settlement": "settlement_id"}.get(other.table)
        if (
            key is None
            or key not in file.found
            or file.found[key].header != getattr(other.found.get(key), "header", "")
        ):
            continue
        has = {c: next((o for o in _LENDERS[c] if o in other.found), None) for c in lacking}
        lent = {c: other.found[o].header for c, o in has.items() if o is not None}
        lent = {c: header for c, header in lent.items() if header not in file.look.header}
        if lent:
            by_column = {p.column: p for p in other.columns}
            new = [replace(by_column[str(has[c])], column=c, reported=f"looked up in {other.name}") for c in lent]
            lookup = (other.name, file.found[key].header, tuple(dict.fromkeys(lent.values())))
            return replace(file, columns=(*file.columns, *new), lookup=lookup)
    return file
