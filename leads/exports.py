"""Exports: what may leave, declared in `conf/exports/`. A declaration that would let too much out does not load."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fundwatch.anonymity import Limits
from fundwatch.errors import CatalogueError, ExitCode, FundwatchError, faults
from fundwatch.fingerprint import fingerprint
from fundwatch.resources import conf_file, read_yaml

# The least that the limits may say, by who receives the rows.
LEAST_K = {"inside": 5, "outside": 20}
LEAST_L = 2
# No export of any tier holds these: direct identifiers, tokens of more than the subject, free text.
NEVER = frozenset(
    {"contact_id", "employer_id", "row_json", "reason_zh", "reason_en", "memo", "facts", "note", "complaint", "content"}
)
_TOKENS = frozenset({"patient_id", "doctor_id", "attending_doctor_id", "ordering_doctor_id", "performing_doctor_id"})


class ExportRefusedError(FundwatchError):
    """The rows of an export are not anonymous enough; nothing was written."""

    exit_code = ExitCode.REFUSED


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Strict):
    zh: str
    en: str


class ExportColumn(_Strict):
    """One column: SQL over the query's columns, and how it is generalised."""

    of: str
    treatment: str = Field("none", alias="as")


class Cells(_Strict):
    """Which measure counts people, from how many a cell may be told, and the totals that a reader may know."""

    counts: str
    least: int = Field(5, ge=2)
    margins: tuple[tuple[str, ...], ...] = ()


class LimitsGiven(_Strict):
    k: int = Field(ge=1)
    l: int = Field(1, ge=1)  # noqa: E741 (the name the field uses)


class Export(_Strict):
    """One export. With `measures` it is a table of cells, else of records; `named_suspicion` marks packs of leads."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Title
    tier: Literal["T0", "T1", "T2"]
    audience: Literal["inside", "outside"]
    known: tuple[str, ...] = ()
    of_night: tuple[str, ...] = ()
    query: str
    columns: dict[str, ExportColumn]
    measures: dict[str, str] = {}
    cells: Cells | None = None
    quasi: tuple[str, ...] = ()
    sensitive: str | None = None
    limits: LimitsGiven | None = None
    on_violation: Literal["refuse", "suppress"] = "refuse"
    named_suspicion: bool = False
    most_rows: int = Field(1_000_000, ge=1)

    @property
    def print(self) -> str:
        return fingerprint(self.model_dump(mode="json", by_alias=True))

    def bounds(self) -> Limits | None:
        """The limits as the measuring code takes them; none for cells and for packs of leads."""
        return None if self.limits is None else Limits(self.limits.k, self.limits.l)

    @model_validator(mode="after")
    def _holds(self) -> Export:
        found = [*self._column_faults(), *(self._cell_faults() if self.measures else self._record_faults())]
        if found:
            raise ValueError("; ".join(found))
        return self

    def _column_faults(self) -> list[str]:
        names = {*self.columns, *self.measures}
        sources = {column.of.strip() for column in self.columns.values()} | set(self.columns)
        found = [f"{name} never leaves" for name in sorted(sources & NEVER)]
        if not self.named_suspicion:
            found += [
                f"{name} is a person's token; only packs of leads hold tokens" for name in sorted(sources & _TOKENS)
            ]
        told = {*self.quasi, *([self.sensitive] if self.sensitive else [])}
        return found + [f"{name} is no column of the export" for name in sorted(told - names)]

    def _cell_faults(self) -> list[str]:
        if self.cells is None:
            return ["a table of cells needs `cells`: which measure counts people, and the margins"]
        found = [] if self.cells.counts in self.measures else [f"cells.counts: no measure is named {self.cells.counts}"]
        if self.cells.least < LEAST_K[self.audience]:
            found.append(f"cells.least: {self.audience} needs at least {LEAST_K[self.audience]}")
        if self.tier == "T2":
            found.append("a table of cells is T0 or T1")
        if self.tier == "T0" and "institution_id" in self.columns:
            found.append("T0 names no institution")
        unknown = {name for margin in self.cells.margins for name in margin} - set(self.columns)
        return found + [f"cells.margins: no column is named {name}" for name in sorted(unknown)]

    def _record_faults(self) -> list[str]:
        if self.named_suspicion:
            return [] if (self.tier, self.audience) == ("T2", "inside") else ["packs of leads are T2 and stay inside"]
        if self.limits is None or not self.quasi:
            return ["records need `quasi` and `limits`"]
        found = []
        if self.tier != "T2":
            found.append("records are T2")
        if self.limits.k < LEAST_K[self.audience]:
            found.append(f"limits.k: {self.audience} needs at least {LEAST_K[self.audience]}")
        if self.sensitive is None or self.limits.l < LEAST_L:
            found.append(f"records need a sensitive column and limits.l of at least {LEAST_L}")
        return found


def read_export(name: str, overlay: Path | None = None) -> Export:
    """The declaration of that name. Raises CatalogueError with every fault; FundwatchError naming the choices."""
    return parse_export(conf_file("exports", name, overlay))


def parse_export(file: Traversable) -> Export:
    """The declaration in a YAML file. Raises CatalogueError with every fault by key."""
    try:
        return Export.model_validate(read_yaml(file))
    except ValidationError as fault:
        found = [f"{'.'.join(map(str, e['loc'])) or 'the export'}: {e['msg']}" for e in fault.errors()]
        raise CatalogueError(
            faults("the export does not hold", found), where=str(file), do="mend what is named"
        ) from fault
