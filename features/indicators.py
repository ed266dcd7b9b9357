"""Indicators: windows of days summed in one aggregation, then each declared formula once per window."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, NamedIndicator
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.engine.frames import stacked
from fundwatch.engine.successors import NO_SUCCESSORS, Successors
from fundwatch.expressions.declared import written


def to_indicators(
    catalogue: Catalogue, days: DataFrame, as_of: date, successors: Successors = NO_SUCCESSORS
) -> DataFrame:
    """One row per entity with a day in the longest window that ends on `as_of`, inclusive: its indicators.

    `days` are rows of `as_known`. Columns: the entity's id and one double per indicator and window. An
    indicator is null where its formula has no base (a share of nothing) or `when` says the base is too small.

    An id's days are its own and those of the ids that go on under it; so are the ids among its things. A day's measures
    stay those of each id, and are added.
    """
    key = catalogue.id_column
    days = successors.renamed(days, {key: ENTITIES[catalogue.entity].id_kind})
    sums = [
        F.sum(F.when(_within(F.col("day"), window, as_of), F.col(column))).alias(f"{name}_{window}d")
        for name, column in catalogue.measure_columns.items()
        for window in catalogue.windows
    ]
    sizes = [
        F.count_if((F.col("_set") == name) & _within(F.col("_last"), window, as_of)).alias(f"{name}_{window}d")
        for name in sorted(catalogue.sets)
        for window in catalogue.windows
    ]
    rows = [days.drop("sets"), *([_last_seen(catalogue, days, successors)] if catalogue.sets else [])]
    entities = stacked(rows, missing_as_null=True).groupBy(key).agg(*sums, *sizes)
    formulas = [_formula(catalogue, named).alias(named.column) for named in catalogue.named]
    return entities.select(key, *formulas)


def _within(day: Column, window: int, as_of: date) -> Column:
    return day.between(F.lit(as_of - timedelta(days=window - 1)), F.lit(as_of))


def _last_seen(catalogue: Catalogue, days: DataFrame, successors: Successors) -> DataFrame:
    """One row per entity, set and thing of it with the last day on which it was seen, whatever the sets are.

    A thing was seen in a window if its last day lies in it, because all windows end on the same day. Things are told
    apart before entities are, so that no row ever holds a window's whole set.
    """
    key = catalogue.id_column
    of_day = days.select(key, "day", F.explode("sets").alias("_set", "things"))
    seen = of_day.select(key, "day", "_set", F.explode("things").alias("thing"))
    for kind in successors.current:
        of_kind = [n for n, one in catalogue.sets.items() if one.column in TABLES[one.of.table].ids_of(kind)]
        if of_kind:
            seen = successors.renamed(seen, {"thing": kind}, only=F.col("_set").isin(sorted(of_kind)))
    return seen.groupBy(key, "_set", "thing").agg(F.max("day").alias("_last")).drop("thing")


def _formula(catalogue: Catalogue, named: NamedIndicator) -> Column:
    """The indicator over one window. A window without a day is a true zero of every measure."""
    names = {}
    for name in named.definition.reads:
        held = f"coalesce({name}_{named.window}d, 0D)"
        is_money = name in catalogue.measures and catalogue.measures[name].unit == "yuan"
        names[name] = f"({held} / 100D)" if is_money else held
    value = F.expr(written(named.definition.formula, names=names)).cast("double")
    if named.definition.when is None:
        return value
    return F.when(F.expr(written(named.definition.when, names=names)), value)
