"""Case mix: what an entity's rows cost, against what rows of the same stratum cost everywhere.

Few rows say little: the ratio is drawn towards 1 by empirical Bayes, with the spread between entities and the chance
within them estimated from the same window. Sums are of decimals, so that they are the same in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue
from features.catalogue.declaration import CaseMix
from features.periods import PERIOD, DaySpan, exploded_by
from features.rows import key_of

_SUM, _SQUARE, _TERM = "decimal(28,4)", "decimal(38,4)", "decimal(38,10)"
_STRATUM = "_stratum"


def to_case_mix(
    catalogue: Catalogue, name: str, mix: CaseMix, rows: DataFrame, periods: Iterable[DaySpan], as_of: date
) -> DataFrame:
    """One row per entity × period: the drawn ratio (`name`), observed, expected, ratio and rows."""
    strata = _of_strata(catalogue, mix, rows, periods, as_of)
    beside = strata.join(_everywhere(mix, strata), on=[PERIOD, _STRATUM], how="inner")
    entities = _of_entities(catalogue, beside)
    return _drawn(catalogue.id_column, name, entities)


def _of_strata(
    catalogue: Catalogue, mix: CaseMix, rows: DataFrame, periods: Iterable[DaySpan], as_of: date
) -> DataFrame:
    """One row per entity (null: nobody) × period × stratum: rows, sum and sum of squares of the value."""
    words = catalogue.vocabulary
    if mix.where is not None:
        rows = rows.filter(F.expr(words.written(mix.where)))
    labels = [F.expr(words.written(name)).cast("string") for name in mix.strata]
    value = F.expr(words.written(mix.value)).cast("decimal(18,4)")
    is_known = reduce(Column.__and__, (label.isNotNull() for label in labels), value.isNotNull())
    entity, is_somebodys = key_of(catalogue, mix.of)
    kept = rows.filter(is_known).select(
        F.when(is_somebodys, entity).alias(catalogue.id_column),
        exploded_by(periods, as_of, mix.of),
        F.concat_ws("|", *labels).alias(_STRATUM),
        value.alias("_value"),
    )
    return kept.groupBy(catalogue.id_column, PERIOD, _STRATUM).agg(
        F.count(F.lit(1)).alias("_rows"),
        F.sum("_value").cast(_SUM).alias("_sum"),
        F.sum(F.col("_value") * F.col("_value")).cast(_SQUARE).alias("_squares"),
    )


def _everywhere(mix: CaseMix, strata: DataFrame) -> DataFrame:
    """One row per period × stratum of enough rows: the mean of the value and its variance."""
    n = F.sum("_rows").cast("double")
    total, squares = F.sum("_sum").cast("double"), F.sum("_squares").cast("double")
    variance = F.greatest(n * squares - total * total, F.lit(0.0)) / F.nullif(n * (n - 1.0), F.lit(0.0))
    found = strata.groupBy(PERIOD, _STRATUM).agg(
        F.sum("_rows").alias("_all"), (total / n).alias("_mean"), variance.alias("_variance")
    )
    return found.filter(F.col("_all") >= mix.minimum_rows)


def _of_entities(catalogue: Catalogue, beside: DataFrame) -> DataFrame:
    """One row per entity × period: observed, expected, and the variance that chance alone gives their ratio."""
    expected = F.sum((F.col("_rows") * F.col("_mean")).cast(_TERM)).cast("double")
    chance = F.sum((F.col("_rows") * F.col("_variance")).cast(_TERM)).cast("double")
    return (
        beside.filter(F.col(catalogue.id_column).isNotNull())
        .groupBy(catalogue.id_column, PERIOD)
        .agg(
            F.sum("_rows").cast("double").alias("_rows"),
            F.sum("_sum").cast("double").alias("_observed"),
            expected.alias("_expected"),
            chance.alias("_chance"),
        )
        .filter(F.col("_expected") > 0)
        .select(
            "*",
            (F.col("_observed") / F.col("_expected")).alias("_ratio"),
            (F.col("_chance") / (F.col("_expected") * F.col("_expected"))).alias("_within"),
        )
    )


def _drawn(key: str, name: str, entities: DataFrame) -> DataFrame:
    """The entities with their ratio drawn towards 1: by as much of its distance as chance explains."""
    weight, distance = F.col("_expected"), F.col("_ratio") - 1.0
    beyond = F.sum((weight * (distance * distance - F.col("_within"))).cast(_TERM)).cast("double")
    between = entities.groupBy(PERIOD).agg(
        F.greatest(beyond / F.sum(weight.cast(_TERM)).cast("double"), F.lit(0.0)).alias("_between")
    )
    known = F.col("_between") / F.nullif(F.col("_between") + F.col("_within"), F.lit(0.0))
    return entities.join(F.broadcast(between), on=PERIOD, how="inner").select(
        key,
        PERIOD,
        (1.0 + distance * F.coalesce(known, F.lit(1.0))).alias(name),
        F.col("_observed").alias(f"{name}_observed"),
        F.col("_expected").alias(f"{name}_expected"),
        F.col("_ratio").alias(f"{name}_ratio"),
        F.col("_rows").alias(f"{name}_rows"),
    )
