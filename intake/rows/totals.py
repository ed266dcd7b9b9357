"""Control totals: per file and table, delivered = accepted + quarantined + duplicates, in lines and in money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from intake.rows.canonical import CODES
from intake.rows.reading import FILE_NAME, LINE_NUMBER
from intake.rows.status import ACCEPTED, DUPLICATE, QUARANTINED, STATUS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KINDS = ((ACCEPTED, "accepted"), (QUARANTINED, "quarantined"), (DUPLICATE, "duplicate"))
MONEY = "decimal(28,2)"
EXAMPLES = 3


@dataclass(frozen=True)
class Total:
    """One file × table. `excluded_lines` are quarantined because the source itself calls them not valid."""

    file_name: str
    table_name: str
    delivered_lines: int
    accepted_lines: int
    quarantined_lines: int
    duplicate_lines: int
    delivered_amount: Decimal | None
    accepted_amount: Decimal | None
    quarantined_amount: Decimal | None
    duplicate_amount: Decimal | None
    excluded_lines: int

    @property
    def faulty_share(self) -> float:
        """The share of lines quarantined for a problem, over those the source calls valid."""
        valid = self.delivered_lines - self.excluded_lines
        return (self.quarantined_lines - self.excluded_lines) / valid if valid else 0.0


def control_totals(rows: DataFrame, table: str, money: str | None, excluding: Sequence[str]) -> DataFrame:
    """One row per file. `delivered` is counted over all rows, apart from its parts, so that a loss would show."""
    amount = F.lit(None).cast(MONEY) if money is None else F.coalesce(F.col(money), F.lit(0)).cast(MONEY)
    status = F.col(STATUS)
    lines = [F.count_if(status == kind).alias(f"{name}_lines") for kind, name in _KINDS]
    sums = [F.sum(F.when(status == kind, amount).otherwise(F.lit(0) * amount)).cast(MONEY) for kind, _ in _KINDS]
    return rows.groupBy(F.col(FILE_NAME).alias("file_name")).agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("delivered_lines"),
        *lines,
        F.sum(amount).cast(MONEY).alias("delivered_amount"),
        *(total.alias(f"{name}_amount") for total, (_, name) in zip(sums, _KINDS, strict=True)),
        F.count_if(F.col(CODES).isin(*excluding)).alias("excluded_lines"),
    )


def code_counts(rows: DataFrame, table: str) -> DataFrame:
    """Table × error code: how often, and the first few places."""
    bad = rows.filter(F.col(STATUS) == QUARANTINED).select(
        F.explode(F.split(F.col(CODES), ",")).alias("code"), F.struct(FILE_NAME, LINE_NUMBER).alias("place")
    )
    return bad.groupBy("code").agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("rows"),
        F.slice(F.sort_array(F.collect_list("place")), 1, EXAMPLES).alias("places"),
    )
