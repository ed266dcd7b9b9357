"""How anonymous rows are: k, l and uniqueness over quasi-identifiers, and what to drop so that limits hold.

A class is the rows that share all quasi-identifiers (null is a value like any other). Its size is its number of
persons where the rows have a column that tells them apart (one patient's five stays are one person), else of rows. k is
the size of the smallest class, l the smallest number of distinct sensitive values in a class, uniqueness the share of
rows in classes of one.
Functions return plans; who runs them pays one job each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fundwatch.pages import Figure

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SMALL_CELL = 5
# Upper bounds of the histogram of class sizes; the last bucket is open.
SIZES = (1, 2, 4, 9, 19, 49, 99)
MEASURES = (
    "组 Set", "记录 Rows", "等价类 Classes", "k", "l", "唯一 Unique", "k 以下 Under k", "类的大小 Class sizes",
)  # fmt: skip
_CLASS_ROWS, _CLASS_SIZE, _CLASS_VALUES, _CLASS_PERSON = "class_rows", "class_size", "class_values", "class_person"


@dataclass(frozen=True)
class Limits:
    """What must hold: every class is of size `k` at least, with `l` distinct sensitive values at least."""

    k: int
    l: int = 1  # noqa: E741 (the name the field uses)


@dataclass(frozen=True)
class Anonymity:
    """The measures of one set of rows. `l` is null without a sensitive column, `k` for no rows."""

    rows: int
    classes: int
    k: int | None
    l: int | None  # noqa: E741
    unique_rows: int
    rows_under_k: int
    sizes: dict[str, int]
    singled_out: int = 0  # persons with a row in a class of their own; 0 where rows do not tell persons apart

    @property
    def uniqueness(self) -> float:
        return self.unique_rows / self.rows if self.rows else 0.0

    @property
    def share_under_k(self) -> float:
        return self.rows_under_k / self.rows if self.rows else 0.0

    def problems(self, limits: Limits) -> list[str]:
        """What does not hold; no rows break nothing."""
        found = []
        if self.k is not None and self.k < limits.k:
            found.append(f"k = {self.k}, the limit is {limits.k}; {self.rows_under_k} rows are in smaller classes")
        if self.l is not None and self.l < limits.l:
            found.append(f"l = {self.l}, the limit is {limits.l}")
        return found


def _sizes_names() -> list[str]:
    lows = (1, *(bound + 1 for bound in SIZES))
    closed = [str(low) if low == high else f"{low}-{high}" for low, high in zip(lows, SIZES, strict=False)]
    return [*closed, f"{SIZES[-1] + 1}+"]


def measured(
    rows: DataFrame, quasi: Sequence[str], sensitive: str | None, k: int, person: str | None = None
) -> DataFrame:
    """Rows → one row of measures; read it with `anonymity_of`. A null sensitive value counts as one value.

    `person` is the column that tells persons apart; a row without one adds nobody to its class.
    """
    from pyspark.sql import functions as F

    classes = _classes(rows, quasi, sensitive, person)
    alone = F.when(F.col(_CLASS_SIZE) == 1, F.col(_CLASS_PERSON))
    size, in_class = F.col(_CLASS_SIZE), F.col(_CLASS_ROWS)
    bounds = list(zip((-1, *SIZES), (*SIZES, None), strict=True))
    return classes.agg(
        F.coalesce(F.sum(in_class), F.lit(0)).alias("rows"),
        F.count(F.lit(1)).alias("classes"),
        F.min(size).alias("k"),
        F.min(_CLASS_VALUES).alias("l"),
        F.coalesce(F.sum(F.when(size <= 1, in_class)), F.lit(0)).alias("unique_rows"),
        F.coalesce(F.sum(F.when(size < k, in_class)), F.lit(0)).alias("rows_under_k"),
        F.array(*(F.count_if(_between(size, low, high)) for low, high in bounds)).alias("sizes"),
        F.count_distinct(alone).alias("singled_out"),
    )


def _classes(rows: DataFrame, quasi: Sequence[str], sensitive: str | None, person: str | None) -> DataFrame:
    """Grain: class. Its rows, size and distinct sensitive values; where persons are told apart, one of them."""
    from pyspark.sql import functions as F

    counted = F.count(F.lit(1))
    size = counted if person is None else F.count_distinct(F.col(person))
    values = _distinct_values(sensitive)
    # a fingerprint of the person: the least of texts is found by sorting, of numbers by hashing
    one = F.lit(None).cast("bigint") if person is None else F.min(F.xxhash64(F.col(person)))
    reported = [
        counted.alias(_CLASS_ROWS),
        size.alias(_CLASS_SIZE),
        values.alias(_CLASS_VALUES),
        one.alias(_CLASS_PERSON),
    ]
    return rows.groupBy(*quasi).agg(*reported)


def _between(size: Column, low: int, high: int | None) -> Column:
    return size > low if high is None else (size > low) & (size <= high)


def _distinct_values(sensitive: str | None) -> Column:
    from pyspark.sql import functions as F

    if sensitive is None:
        return F.lit(None).cast("bigint")
    # one wrapped value, so that null counts as a value: count(distinct) leaves nulls out
    return F.count_distinct(F.coalesce(F.concat(F.lit("="), F.col(sensitive).cast("string")), F.lit("null")))


def anonymity_of(row: Sequence[object]) -> Anonymity:
    """The measures from the one row of `measured`."""
    rows, classes, k, l_, unique, under, sizes, singled_out = row
    histogram = dict(zip(_sizes_names(), sizes, strict=True))  # type: ignore[call-overload]
    whole = [None if value is None else int(str(value)) for value in (k, l_)]
    counts = [int(str(value)) for value in (rows, classes, unique, under, singled_out)]
    return Anonymity(counts[0], counts[1], whole[0], whole[1], counts[2], counts[3], histogram, counts[4])


def suppressed(
    rows: DataFrame, quasi: Sequence[str], sensitive: str | None, limits: Limits, person: str | None = None
) -> DataFrame:
    """The rows of classes within the limits. Dropping whole classes leaves all others as they were."""
    from pyspark.sql import functions as F

    classes = _classes(rows, quasi, sensitive, person)
    kept = classes.filter(
        (F.col(_CLASS_SIZE) >= limits.k) & (F.col(_CLASS_VALUES).isNull() | (F.col(_CLASS_VALUES) >= limits.l))
    ).drop(_CLASS_ROWS, _CLASS_SIZE, _CLASS_VALUES, _CLASS_PERSON)
    renamed = kept.select(*(F.col(name).alias(f"_{name}") for name in quasi))
    same = [F.col(name).eqNullSafe(F.col(f"_{name}")) for name in quasi]
    return rows.join(renamed, on=_all(same), how="left_semi")


def _all(conditions: Sequence[Column]) -> Column:
    from pyspark.sql import functions as F

    joined = F.lit(True)
    for condition in conditions:
        joined = joined & condition
    return joined


def with_small_cells_hidden(
    cells: DataFrame, counts: str, hidden: Sequence[str], margins: Sequence[Sequence[str]], least: int = SMALL_CELL
) -> DataFrame:
    """Aggregated cells with the small ones' measures (`hidden`, and `counts` itself) null, and `is_suppressed`.

    A cell of 1 to `least` - 1 is hidden. Where a margin (the cells that share its columns, whose sum is a total someone
    may know) would have exactly one hidden cell, or hidden cells that together stay under `least`, its smallest shown
    cell is hidden too. The margins are gone through twice, since hiding for one may open another. It does not solve the
    linear program that overlapping margins ask for: publish no totals beside it but those of the margins named.
    """
    from pyspark.sql import functions as F

    marked = cells.withColumn("is_suppressed", (F.col(counts) > 0) & (F.col(counts) < least))
    for margin in (*margins, *margins):
        marked = _complemented(marked, counts, margin, least)
    values = [F.when(~F.col("is_suppressed"), F.col(name)).alias(name) for name in dict.fromkeys((counts, *hidden))]
    others = [name for name in cells.columns if name != counts and name not in hidden]
    return marked.select(*others, *values, "is_suppressed")


def _complemented(marked: DataFrame, counts: str, margin: Sequence[str], least: int) -> DataFrame:
    """Hide the smallest shown cell of each margin whose hidden ones could be had by subtraction."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    whole = Window.partitionBy(*margin)
    shown_first = whole.orderBy(F.col("is_suppressed"), F.col(counts), *(F.col(c) for c in _ties(marked, counts)))
    together = F.sum(F.when(F.col("is_suppressed"), F.col(counts))).over(whole)
    alone = F.count_if(F.col("is_suppressed")).over(whole) == 1
    is_open = alone | (together < least)
    is_next = (F.row_number().over(shown_first) == 1) & ~F.col("is_suppressed")
    more = marked.select("*", (F.coalesce(is_open, F.lit(False)) & is_next).alias("_more"))
    return more.withColumn("is_suppressed", F.col("is_suppressed") | F.col("_more")).drop("_more")


def _ties(marked: DataFrame, counts: str) -> list[str]:
    return [name for name in marked.columns if name not in (counts, "is_suppressed")]


def as_record(measures: Anonymity) -> dict[str, Any]:
    """The measures as plain values, shares included."""
    shares = {"uniqueness": round(measures.uniqueness, 6), "share_under_k": round(measures.share_under_k, 6)}
    return asdict(measures) | shares


def measure_rows(sets: Mapping[str, Anonymity]) -> list[Sequence[str]]:
    """Grain: set of quasi-identifiers, for a table headed MEASURES."""
    return [
        (
            name,
            Figure(f"{m.rows:,}"),
            Figure(f"{m.classes:,}"),
            Figure("–" if m.k is None else m.k),
            Figure("–" if m.l is None else m.l),
            Figure(f"{m.uniqueness:.2%}"),
            Figure(f"{m.share_under_k:.2%}"),
            ", ".join(f"{size}: {count:,}" for size, count in m.sizes.items() if count),
        )
        for name, m in sets.items()
    ]
