"""What a night's values say of the source: texts that stood where nothing is known, and tokens that stand for many.

A placeholder that no list names ("医生1") becomes a person of its own: one with lines everywhere, and far more of them
than anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from intake.rows.canonical import PLACEHOLDERS
from intake.rows.status import ACCEPTED, STATUS
from intake.rows.totals import has_placeholder
from intake.source.checks import SharedToken
from intake.source.mapping import ENTRY_OF

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_WHERE = "institution_id"
_MOST_SHOWN = 10


@dataclass(frozen=True)
class PlaceholderCount:
    """How many of the night's rows had a text that says nothing, by column, text and institution (null: not known)."""

    table_name: str
    column_name: str
    placeholder: str
    institution_id: str | None
    row_count: int


@dataclass(frozen=True)
class SharedBy:
    """A token in a column that stands at many institutions, with far more rows than most tokens there have."""

    table_name: str
    column_name: str
    token: str
    institutions: int
    rows: int
    usual: int

    def __str__(self) -> str:
        return (
            f"{self.table_name}.{self.column_name}: the token {self.token[:8]} has {self.rows:,} rows at "
            f"{self.institutions} institutions, others mostly {self.usual:,}: a text that stands for nobody? Add it to "
            "the mapping's placeholders"
        )


def placeholder_counts(tables: Mapping[str, DataFrame]) -> DataFrame | None:
    """One row per table, column, text and institution; duplicates are not counted again."""
    frames = []
    for table, rows in sorted(tables.items()):
        if PLACEHOLDERS not in rows.columns:
            continue
        where = F.col(_WHERE) if _WHERE in rows.columns else F.lit(None).cast("string").alias(_WHERE)
        odd = rows.filter(has_placeholder())
        each = odd.select(where, F.explode(F.split(F.col(PLACEHOLDERS), "\n")).alias("said"))
        frames.append(each.select(F.lit(table).alias("table_name"), _WHERE, F.split("said", "\t").alias("said")))
    if not frames:
        return None
    found = stacked(frames).select(
        "table_name", F.col("said")[0].alias("column_name"), F.col("said")[1].alias("placeholder"), _WHERE
    )
    return found.groupBy("table_name", "column_name", "placeholder", _WHERE).agg(F.count(F.lit(1)).alias("row_count"))


def shared_tokens(tables: Mapping[str, DataFrame], limits: SharedToken) -> DataFrame | None:
    """One row per doctor's token that many institutions share and that has far more rows than most; a few at most."""
    frames = []
    for table, rows in sorted(tables.items()):
        contract = TABLES[ENTRY_OF.get(table, table)]
        accepted = rows.filter(F.col(STATUS) == ACCEPTED)
        for column in contract.columns:
            if column.domain == "doctor" and _WHERE in contract.column_names and column.name not in contract.key:
                frames.append(
                    accepted.filter(F.col(column.name).isNotNull()).select(
                        F.lit(table).alias("table_name"),
                        F.lit(column.name).alias("column_name"),
                        F.col(column.name).alias("token"),
                        _WHERE,
                    )
                )
    if not frames:
        return None
    by = ["table_name", "column_name"]
    places = stacked(frames).groupBy(*by, "token", _WHERE).agg(F.count(F.lit(1)).alias("rows"))
    tokens = places.groupBy(*by, "token").agg(F.count(_WHERE).alias("institutions"), F.sum("rows").alias("rows"))
    usual = tokens.groupBy(*by).agg(F.percentile_approx("rows", 0.5).alias("usual"))
    many = tokens.filter(F.col("institutions") >= limits.institutions).join(usual, by, how="inner")
    far = many.filter(F.col("rows") >= limits.times * F.col("usual"))
    return far.orderBy(F.desc("rows"), "token").limit(_MOST_SHOWN)
