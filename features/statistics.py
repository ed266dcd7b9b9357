"""Statistics of a window's values that SQL has no aggregate for: shares of the greatest, concentration, runs.

Sums are of decimals, so that the result is the same in whatever order the rows come. Where the order of the values
matters, they are numbered by a sort that spills, and never gathered in one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from features.catalogue.declaration import Statistic, WindowMeasure
from features.catalogue.words import Words

_EXACT = "decimal(18,4)"
_TERM = "decimal(28,8)"
_RANKED = frozenset({Statistic.GINI, Statistic.TOP_SHARE, Statistic.TOP_PERCENT_SHARE})
_OF_SHARES = _RANKED | {Statistic.CONCENTRATION, Statistic.ENTROPY}
_RUN, _RUN_DAYS, _PLACE, _COUNT = "_run", "_run_days", "_place", "_count"
_PERCENTS = 100


def with_places(
    rows: DataFrame, keys: Sequence[str], measured: Mapping[str, WindowMeasure], words: Words, in_order: str | None
) -> DataFrame:
    """The rows with the values that statistics are of, and their places where the order matters."""
    of, columns = [one for one in measured.values() if one.statistic is not None], value_columns(measured)
    values = [
        _value(text, words, any(one.statistic in _OF_SHARES for one in of if one.value == text)).alias(column)
        for text, column in columns.items()
    ]
    rows = rows.select("*", *values) if values else rows
    ranked = sorted({columns[one.value] for one in of if one.value is not None and _needs_place(one)})
    places = [_place(keys, column).alias(column + _PLACE) for column in ranked]
    counts = [F.count(column).over(Over.partitionBy(*keys)).alias(column + _COUNT) for column in ranked]
    if places:
        rows = rows.select("*", *places, *counts)
    if any(one.statistic is Statistic.LONGEST_RUN for one in of) and in_order is not None:
        rows = _with_runs(rows, keys, in_order)
    return rows


def value_columns(measured: Mapping[str, WindowMeasure]) -> dict[str, str]:
    """The columns that hold the values of statistics, by what these are of."""
    texts = sorted({one.value for one in measured.values() if one.statistic is not None and one.value is not None})
    return {text: f"_value_{number}" for number, text in enumerate(texts)}


def statistic(one: WindowMeasure, columns: Mapping[str, str]) -> Column:
    """The aggregate over rows that `with_places` made, whose values are in these columns."""
    if one.statistic is Statistic.LONGEST_RUN:
        return F.max(_RUN_DAYS)
    column = columns[one.value or ""]
    value, total = F.col(column), F.sum(column).cast("double")
    place, count = F.col(column + _PLACE), F.col(column + _COUNT)
    if one.statistic is Statistic.CONCENTRATION:
        return _ratio(F.sum(value * value).cast("double"), total * total)
    if one.statistic is Statistic.ENTROPY:
        term = (value * F.log2(F.nullif(value, F.lit(0)))).cast(_TERM)
        return F.log2(F.nullif(total, F.lit(0.0))) - _ratio(F.sum(term).cast("double"), total)
    if one.statistic is Statistic.VARIATION:
        return _variation(value)
    if one.statistic is Statistic.GINI:
        ascending = (count - place + 1).cast("decimal(18,0)")
        n = F.count(value).cast("double")
        return _ratio(2.0 * F.sum(ascending * value).cast("double"), n * total) - _ratio(n + 1.0, n)
    if one.statistic is Statistic.TOP_PERCENT_SHARE:
        is_top = place <= F.greatest(F.ceil(count * one.k / _PERCENTS), F.lit(1))
        return _ratio(F.sum(F.when(is_top, value)).cast("double"), total)
    if one.k == 1:
        return _ratio(F.max(value).cast("double"), total)
    return _ratio(F.sum(F.when(place <= one.k, value)).cast("double"), total)


def _ratio(part: Column, whole: Column) -> Column:
    return part / F.nullif(whole, F.lit(0.0))


def _variation(value: Column) -> Column:
    """Standard deviation of the sample over the mean, from exact sums."""
    n = F.count(value).cast("double")
    total, squares = F.sum(value).cast("double"), F.sum(value * value).cast("double")
    spread = F.greatest(n * squares - total * total, F.lit(0.0)) / F.nullif(n * (n - 1.0), F.lit(0.0))
    return _ratio(F.sqrt(spread) * n, total)


def _needs_place(one: WindowMeasure) -> bool:
    return one.statistic in _RANKED and not (one.statistic is Statistic.TOP_SHARE and one.k == 1)


def _value(text: str, words: Words, of_shares: bool) -> Column:
    """The value as an exact number; what is shared out is never less than nothing."""
    value = F.expr(words.written(text)).cast(_EXACT)
    return F.when(value > 0, value) if of_shares else value


def _place(keys: Sequence[str], value: str) -> Column:
    return F.row_number().over(Over.partitionBy(*keys).orderBy(F.desc_nulls_last(value)))


def _with_runs(rows: DataFrame, keys: Sequence[str], day: str) -> DataFrame:
    """The rows with the days of the run of dates that each lies in."""
    number = F.row_number().over(Over.partitionBy(*keys).orderBy(day))
    runs = rows.select("*", F.date_sub(F.col(day), number).alias(_RUN))
    return runs.select("*", F.count(F.lit(1)).over(Over.partitionBy(*keys, _RUN)).alias(_RUN_DAYS))
