"""Exports: what may leave, declared in `conf/exports/`. A declaration that would let too much out does not load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from fundwatch.contracts import TABLES
from fundwatch.declared import Declared, read_declared
from fundwatch.engine.lineage import Base, ColumnOrigin
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.expressions.declared import EXPORT_COLUMN, EXPORT_MEASURE, problems_in
from fundwatch.expressions.queries import query_problems
from fundwatch.fingerprint import fingerprint
from fundwatch.resources import conf_file
from privacy.release.anonymity import Limits

PERSON = "patient_id"  # whom k counts; among the columns of an export only in packs of leads
# The least that the limits may say, by who receives the rows.
LEAST_K = {"inside": 5, "outside": 20}
LEAST_L = 2
PROVIDER = "provider"
OWN = "institution_id"  # whose a provider's rows are
# the tables that a provider's own rows may be read from: what it delivered, and which rule asks
_OF_PROVIDERS = frozenset({"claim_line", "encounter", "settlement", "diagnosis", "rule_hit", "hit_line"})
_SUBJECTS = frozenset({"person", "doctor", "mixed"})  # the pseudonyms that a pack of leads may hold: who it is about
# what stands in one row of a person's table and no other
_IDENTIFIES_A_RECORD = frozenset(
    t.key[0] for t in TABLES.values() if len(t.key) == 1 and t.token_columns and t.key[0] not in t.token_columns
)
_NAMES_INSTITUTION = ("institution_id", "institution_name", "subject_id", "subject_name", "entity_id")


class ExportRefusedError(FundwatchError):
    """The rows of an export are not anonymous enough; nothing was written."""

    exit_code = ExitCode.REFUSED


class Title(Declared):
    zh: str
    en: str


class ExportColumn(Declared):
    """One column: SQL over the query's columns, and how it is generalised."""

    of: str
    treatment: str = Field("none", alias="as")


class Cells(Declared):
    """Which measure counts people, from how many a cell may be reported, and the totals that a reader may know."""

    counts: str
    least: int = Field(5, ge=2)
    margins: tuple[tuple[str, ...], ...] = ()


class LimitsGiven(Declared):
    k: int = Field(ge=1)
    l: int = Field(1, ge=1)  # noqa: E741 (the name the field uses)


class Export(Declared):
    """One export. With `measures` it is a table of cells, else of records; `named_suspicion` marks packs of leads.

    The audience `provider` is the institution that delivered the rows: it gets its own, one institution at a time, by
    its own numbers. k measures nothing there, since it knows whom it treated; so no token, no word of others and
    nothing of how it was found or ranked goes with them.

    Each column of records is in `quasi` (what somebody may know of a person), `sensitive`, or `harmless` and why.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Title
    tier: Literal["T0", "T1", "T2"]
    audience: Literal["inside", "outside", "provider"]
    known: tuple[str, ...] = ()
    of_night: tuple[str, ...] = ()
    query: str
    columns: dict[str, ExportColumn]
    measures: dict[str, str] = Field(default_factory=dict)
    cells: Cells | None = None
    quasi: tuple[str, ...] = ()
    sensitive: str | None = None
    harmless: dict[str, Title] = Field(default_factory=dict)
    limits: LimitsGiven | None = None
    on_violation: Literal["refuse", "suppress"] = "refuse"
    named_suspicion: bool = False
    most_rows: int = Field(1_000_000, ge=1)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json", by_alias=True))

    def bounds(self) -> Limits | None:
        """The limits as the measuring code takes them; none for cells and for packs of leads."""
        return None if self.limits is None else Limits(self.limits.k, self.limits.l)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the query may read."""
        return (*self.known, *self.of_night)

    def class_of(self, column: str) -> str:
        """How a column is declared, for people: quasi, sensitive, harmless with the reason, or nothing."""
        if column in self.harmless:
            return f"harmless: {self.harmless[column].zh} {self.harmless[column].en}"
        return "quasi" if column in self.quasi else "sensitive" if column == self.sensitive else ""

    @model_validator(mode="after")
    def _holds(self) -> Export:
        found = [*self._sql_problems(), *self._column_problems()]
        found += self._cell_problems() if self.measures else self._record_problems()
        if found:
            raise ValueError("; ".join(found))
        return self

    def _sql_problems(self) -> Iterator[str]:
        yield from (f"there is no table '{name}'" for name in self.tables if name not in TABLES)
        yield from (f"query: {reported}" for reported in query_problems(self.query, self.tables))
        for name, column in self.columns.items():
            yield from (f"columns.{name}.of: {reported}" for reported in problems_in(column.of, EXPORT_COLUMN))
        for name, sql in self.measures.items():
            yield from (f"measures.{name}: {reported}" for reported in problems_in(sql, EXPORT_MEASURE))

    def _column_problems(self) -> list[str]:
        names = {*self.columns, *self.measures}
        reported = [*self.quasi, *([self.sensitive] if self.sensitive else []), *self.harmless]
        found = [f"{name} is no column of the export" for name in sorted({*reported} - names)]
        return found + [
            f"{name} is declared in two ways" for name in sorted({n for n in reported if reported.count(n) > 1})
        ]

    def _cell_problems(self) -> list[str]:
        if self.audience == PROVIDER:
            return ["what a provider gets are its own records, and no cells"]
        if self.cells is None:
            return ["a table of cells needs `cells`: which measure counts people, and the margins"]
        found = [] if self.cells.counts in self.measures else [f"cells.counts: no measure is named {self.cells.counts}"]
        if self.cells.least < LEAST_K[self.audience]:
            found.append(f"cells.least: {self.audience} needs at least {LEAST_K[self.audience]}")
        if self.tier == "T2":
            found.append("a table of cells is T0 or T1")
        unknown = {name for margin in self.cells.margins for name in margin} - set(self.columns)
        return found + [f"cells.margins: no column is named {name}" for name in sorted(unknown)]

    def _provider_problems(self) -> Iterator[str]:
        if self.tier != "T2":
            yield "records are T2"
        if self.columns.get(OWN) != ExportColumn.model_validate({"of": OWN}):
            yield f"a provider's rows say whose they are: a column {OWN}, as it is"
        yield from (f"{name} is how it was found or ranked" for name in self.tables if name not in _OF_PROVIDERS)

    def _record_problems(self) -> list[str]:
        if self.named_suspicion:
            return [] if (self.tier, self.audience) == ("T2", "inside") else ["packs of leads are T2 and stay inside"]
        if self.audience == PROVIDER:
            return [*self._provider_problems()]
        if self.limits is None or not self.quasi:
            return ["records need `quasi` and `limits`"]
        found = []
        if self.tier != "T2":
            found.append("records are T2")
        if self.limits.k < LEAST_K[self.audience]:
            found.append(f"limits.k: {self.audience} needs at least {LEAST_K[self.audience]}")
        if self.sensitive is None or self.limits.l < LEAST_L:
            found.append(f"records need a sensitive column and limits.l of at least {LEAST_L}")
        if PERSON in self.columns:
            found.append(f"{PERSON} is whom k counts, and no name for a column")
        undeclared = sorted(self.columns.keys() - {*self.quasi, self.sensitive, *self.harmless})
        return found + [f"{name} is declared neither quasi, sensitive nor harmless (and why)" for name in undeclared]


def leaks(export: Export, made: Mapping[str, ColumnOrigin]) -> list[str]:
    """Why the export's columns and measures may not leave, by what they are made of; empty when all may."""
    found = []
    for name in (*export.columns, *export.measures):
        for base in sorted(made[name].of):
            found += [
                f"{name} is made of {base.table}.{base.column}, {reported}"
                for reported in _problems_of(export, name, base)
            ]
    return found


def _problems_of(export: Export, name: str, base: Base) -> Iterator[str]:
    table = TABLES.get(base.table) if base.table in export.tables else None
    if table is None:
        yield "which is no table that the export declares"
        return
    column = next((c for c in table.columns if c.name == base.column), None)
    if column is None and not table.is_open:
        yield "which the table's contract does not know"
    elif column is not None and (column.is_free_text or column.is_quoting):
        yield "which holds text of people or repeats other columns, and never leaves"
    elif column is not None and column.domain is not None and not export.named_suspicion:
        yield f"which holds tokens ({column.domain}); only packs of leads hold tokens"
    elif column is not None and column.domain is not None and column.domain not in _SUBJECTS:
        yield f"which holds tokens ({column.domain}) of more than a lead's subject, and never leaves"
    if export.tier == "T0" and base.column.endswith(_NAMES_INSTITUTION):
        yield "and T0 names no institution"
    if name in export.harmless and base.column in _IDENTIFIES_A_RECORD:
        yield "which tells one record from all others, and is not harmless"


def counts_persons(person: ColumnOrigin) -> bool:
    """Whether a column tells persons apart, as k needs: whole tokens of persons, and nothing else."""
    domains = {c.domain for base in person.of for c in TABLES[base.table].columns if c.name == base.column}
    return person.is_copy and domains == {"person"}


def read_export(name: str, overlay: Path | None = None) -> Export:
    """The declaration of that name. Raises CatalogueError with every problem; FundwatchError naming the choices."""
    return parse_export(conf_file("exports", name, overlay))


def parse_export(file: Traversable) -> Export:
    """The declaration in a YAML file. Raises CatalogueError with every problem by key."""
    return read_declared(Export, file, "the export does not hold")
