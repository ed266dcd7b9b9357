"""What row frames are made of: the clean tables as known, the knowledge and the dates that a scan judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import no_rows, with_known_ends
from fundwatch.expressions.declared import literal
from rules.benefits.policies import Policies
from rules.knowledge.framed import PointsByClass

NO_POLICIES = Policies({})


@dataclass(frozen=True)
class ScanWindow:
    """The service dates a scan judges, both included."""

    start: date
    end: date


@dataclass(frozen=True)
class ScanInputs:
    """Clean tables as known, by name, and the knowledge. A table that is not there has no rows.

    The end of a stay that nobody can know on the window's last day is unknown, to every frame alike. `dates_only` are
    the sources (`table.column`) whose times are known to the day alone. `policies` say what settlements
    should have paid.
    """

    tables: Mapping[str, DataFrame]
    knowledge: PointsByClass
    window: ScanWindow
    dates_only: frozenset[str] = frozenset()
    policies: Policies = NO_POLICIES

    def table(self, name: str) -> DataFrame:
        if name in self.tables:
            return with_known_ends(self.tables[name], name, literal(self.window.end))
        session = next(iter(self.tables.values())).sparkSession
        return no_rows(session, TABLES[name].schema())


def settled_lines(inputs: ScanInputs) -> DataFrame:
    """Fee lines that were settled, with their service date: what no settlement paid is no loss of the fund."""
    lines = inputs.table("claim_line").filter(F.col("settlement_id").isNotNull())
    return lines.select("*", F.to_date("charged_at").alias("service_date"))
