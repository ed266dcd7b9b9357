"""The checks every canonical row must pass, and the limits of a night: data in `conf/quality/<name>.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.expressions.declared import CHECK, names_in, parameters_in, problems_in, written
from fundwatch.fingerprint import fingerprint
from fundwatch.resources import conf_file
from intake.source.mapping import CLEAN_TABLES, mapped_columns
from intake.source.placeholders import Listed
from intake.source.usual_size import Band

if TYPE_CHECKING:
    from pyspark.sql import Column

NUMBER_FORM_CODE = "NUMBER_FORM"
MALFORMED = "_malformed"  # the codes found while casting, reported once and not as missing again


class Check(Declared):
    """What must hold for a row. A condition that is null (a value it needs is unknown) holds.

    Rows that fail a check which is no fault go to quarantine and are counted apart: the gate does not weigh them.
    """

    code: str = Field(pattern=r"^[A-Z_]+$")
    holds: str
    params: dict[str, float] = Field(default_factory=dict)
    is_fault: bool = True


class TableChecks(Declared):
    """The checks of one canonical table; `money` is the column its control total sums.

    `identifier_like` columns hold codes of a form that somebody's number has too: nobody looks for identifiers there.
    """

    required: tuple[str, ...] = ()
    one_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    identifier_like: tuple[str, ...] = ()
    money: str | None = None
    minimum_rows: int = Field(default=1, ge=0)

    @property
    def apart(self) -> tuple[str, ...]:
        """The codes of rows that are left out and are no faults."""
        return tuple(check.code for check in self.checks if not check.is_fault)


class SharedToken(Declared):
    """When one doctor may be a text that stands for nobody: lines at so many institutions, and so many times as many
    lines as half of the doctors have."""

    institutions: int = Field(5, ge=2)
    times: float = Field(20, gt=1)


class Quality(Declared):
    """All checks, the largest shares of faulty rows and of waiting reversals, and how far from usual a measured
    delivery may be.
    """

    quarantine_share: float = Field(ge=0, le=1)
    waiting_share: float = Field(0.02, ge=0, le=1)
    placeholders: dict[Listed, tuple[str, ...]] = Field(default_factory=dict)
    band: Band = Band()
    shared_token: SharedToken = SharedToken()
    tables: dict[str, TableChecks]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json"))

    def of(self, table: str) -> TableChecks:
        """The table's checks; none when it has no entry."""
        return self.tables.get(table, TableChecks())

    def money_of(self, table: str) -> str | None:
        """The column a table's control total sums."""
        return self.of(table).money


def read_quality(name: str, overlay: Path | None = None) -> Quality:
    """The checks in force. Raises CatalogueError with every problem by key; FundwatchError when there is no file."""
    return parse_quality(conf_file("quality", name, overlay))


def parse_quality(file: Traversable) -> Quality:
    """The checks in a YAML file. Raises CatalogueError with every problem by key."""
    return read_declared(Quality, file, "the checks do not hold", also=_problems)


def _problems(quality: Quality) -> Iterator[str]:
    for table, checks in quality.tables.items():
        yield from _table_problems(table, checks)


def _table_problems(table: str, checks: TableChecks) -> Iterator[str]:
    if table not in CLEAN_TABLES:
        yield f"tables.{table}: not a canonical table"
        return
    known = set(mapped_columns(table))
    for column in (
        *checks.required,
        *checks.one_of,
        *checks.identifier_like,
        *([checks.money] if checks.money else []),
    ):
        if column not in known:
            yield f"tables.{table}: there is no column '{column}'"
    for check in checks.checks:
        yield from (
            f"tables.{table}.{check.code}: holds {reported}" for reported in problems_in(check.holds, CHECK, known)
        )
        missing = parameters_in(check.holds) - {*check.params, "business_date"}
        if missing:
            yield f"tables.{table}.{check.code}: no value for the parameter {', '.join(sorted(missing))}"
        if not names_in(check.holds, known):
            yield f"tables.{table}.{check.code}: reads no column of the table"


def check_codes(checks: TableChecks, filled: Mapping[str, object], night: date) -> list[Column]:
    """One column per check: its code where the row fails, else null.

    A required column that the source does not fill is unknown, not missing: `supplied_column` says so to the rules.
    """
    from pyspark.sql import functions as F

    required = [
        F.when(
            F.col(c).isNull()
            & (F.find_in_set(F.lit(f"MALFORMED:{c}"), MALFORMED) == 0)
            & (F.find_in_set(F.lit(f"{NUMBER_FORM_CODE}:{c}"), MALFORMED) == 0),
            F.lit(f"MISSING:{c}"),
        )
        for c in checks.required
        if c in filled
    ]
    listed = [F.when(~F.col(c).isin(*v), F.lit(f"NOT_IN_LIST:{c}")) for c, v in checks.one_of.items()]
    holding = [F.when(~F.expr(_bound(check, night)), F.lit(check.code)) for check in checks.checks]
    return [*required, *listed, *holding]


def _bound(check: Check, night: date) -> str:
    """The condition with its parameters as literals."""
    return written(check.holds, params={**check.params, "business_date": night})
