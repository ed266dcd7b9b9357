"""Control totals: per file and table, delivered = accepted + quarantined + duplicates, in lines and in money.

Of what is accepted, reversals that wait for their original are told apart: the clean table does not hold them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from intake.rows.canonical import CODES, PLACEHOLDERS, TURNED
from intake.rows.listed import FINDINGS
from intake.rows.reading import BEGINS_LINE, FILE_NAME, LINE_NUMBER
from intake.rows.status import ACCEPTED, DUPLICATE, QUARANTINED, STATUS
from intake.source.mapping import ENTRY_OF

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_KINDS = ((ACCEPTED, "accepted"), (QUARANTINED, "quarantined"), (DUPLICATE, "duplicate"))
MONEY = "decimal(28,2)"
EXAMPLES = 3


@dataclass(frozen=True)
class Total:
    """One file × table. `excluded_lines` are quarantined because the source itself calls them not valid.

    Of the accepted, `waiting_lines` and their money are reversals whose original had not come by the night.
    `turned_amount` is the money of rows that the mapping's `sign` made negative. Where lines become several rows each,
    rows are counted as lines, and `file_lines` are those of the file; None: each is one row.
    `unlisted_lines` hold a code that no list of the mapping has, and `placeholder_lines`, which are no copies, a text
    that stands for nothing: where there is none, nobody has to look for which.
    """

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
    waiting_lines: int = 0
    waiting_amount: Decimal | None = None
    turned_amount: Decimal | None = None
    file_lines: int | None = None
    unlisted_lines: int = 0
    placeholder_lines: int = 0

    @property
    def lines_of_file(self) -> int:
        """How many lines of the file these rows are made of."""
        return self.delivered_lines if self.file_lines is None else self.file_lines

    @property
    def stated_amount(self) -> Decimal | None:
        """The money as the file states it, before the mapping's `sign` made any of it negative."""
        if self.delivered_amount is None:
            return None
        return self.delivered_amount - 2 * (self.turned_amount or Decimal(0))

    @property
    def waiting_share(self) -> float:
        """The share of accepted lines that wait for their original."""
        return self.waiting_lines / self.accepted_lines if self.accepted_lines else 0.0

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
    turned = F.col(TURNED) if TURNED in rows.columns else F.lit(False)
    lines_of_file, none = F.lit(None).cast("bigint"), F.lit(0).cast("bigint")
    if BEGINS_LINE in rows.columns:  # null in rows of files beside it whose lines are one row each
        lines_of_file = F.count_if(F.coalesce(BEGINS_LINE, F.lit(True)))
    return rows.groupBy(F.col(FILE_NAME).alias("file_name")).agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("delivered_lines"),
        *lines,
        F.sum(amount).cast(MONEY).alias("delivered_amount"),
        *(total.alias(f"{name}_amount") for total, (_, name) in zip(sums, _KINDS, strict=True)),
        F.count_if(F.col(CODES).isin(*excluding)).alias("excluded_lines"),
        F.sum(F.when(turned, amount)).cast(MONEY).alias("turned_amount"),
        lines_of_file.alias("file_lines"),
        (F.count_if(F.size(FINDINGS) > 0) if FINDINGS in rows.columns else none).alias("unlisted_lines"),
        (F.count_if(has_placeholder()) if PLACEHOLDERS in rows.columns else none).alias("placeholder_lines"),
    )


def has_placeholder() -> Column:
    """Whether a row, which is no copy of another, holds a text that stands for nothing."""
    return F.col(PLACEHOLDERS).isNotNull() & (F.col(STATUS) != DUPLICATE)


@dataclass(frozen=True)
class WaitingTotal:
    """Reversals of one table that wait for their original after a night, with their money: in all, and of tonight's.

    `by_file` has lines and money of tonight's files.
    """

    table_name: str
    lines: int
    amount: Decimal
    lines_tonight: int
    amount_tonight: Decimal
    by_file: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)


def waiting_total(waiting: DataFrame, table: str, night: date) -> DataFrame:
    """One row: what of a table waits (see `intake.rows.netting.waiting_on`)."""
    is_new = F.col("_night") == F.lit(night)

    def money(of: Column) -> Column:
        return F.coalesce(F.sum(of), F.lit(0)).cast(MONEY)

    return waiting.agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("lines"),
        money(F.col("_money")).alias("amount"),
        F.count_if(is_new).alias("lines_tonight"),
        money(F.when(is_new, F.col("_money"))).alias("amount_tonight"),
    )


def waiting_by_file(accepted: DataFrame, waiting: DataFrame, table: str, night: date) -> DataFrame:
    """One row per file with accepted rows of tonight that wait."""
    key = TABLES[table].key[0]
    few = F.broadcast(waiting.filter(F.col("_night") == F.lit(night)).select(key, "_money"))
    found = accepted.select(key, F.col(FILE_NAME).alias("file_name")).join(few, key, how="inner")
    return found.groupBy("file_name").agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("lines"),
        F.sum("_money").cast(MONEY).alias("amount"),
    )


def with_waiting(totals: Sequence[Total], waiting: Sequence[WaitingTotal]) -> list[Total]:
    """The totals, those of tables that have reversals with what of their files waits."""
    known = {(t.table_name, file): found for t in waiting for file, found in t.by_file.items()}

    def counted(total: Total) -> Total:
        lines, amount = known.get((total.table_name, total.file_name), (0, Decimal("0.00")))
        return replace(total, waiting_lines=lines, waiting_amount=amount)

    return [counted(total) if total.table_name in ENTRY_OF else total for total in totals]


def code_counts(rows: DataFrame, table: str) -> DataFrame:
    """Table × error code: how often, and the first few places."""
    return _counted(rows.filter(F.col(STATUS) == QUARANTINED), F.split(F.col(CODES), ","), table)


def finding_counts(rows: DataFrame, table: str) -> DataFrame:
    """The same of findings (see `intake.rows.listed`): a code of a column that no list of the mapping has."""
    found = F.col(FINDINGS) if FINDINGS in rows.columns else F.array().cast("array<string>")
    return _counted(rows, found, table)


def _counted(rows: DataFrame, codes: Column, table: str) -> DataFrame:
    each = rows.select(F.explode(codes).alias("code"), F.struct(FILE_NAME, LINE_NUMBER).alias("place"))
    return each.groupBy("code").agg(
        F.lit(table).alias("table_name"),
        F.count(F.lit(1)).alias("rows"),
        F.slice(F.sort_array(F.collect_list("place")), 1, EXAMPLES).alias("places"),
    )
