"""Indicators: measures over every period that is asked for, side by side, then each declared formula once per window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, NamedIndicator
from features.catalogue.declaration import CaseMix, DaySet, Measure, WindowMeasure
from features.catalogue.indicator import YEAR, Growth, Past
from features.catalogue.sources import Source
from features.periods import PERIOD, Period, kept_by_day, periods_of
from features.quantiles import MAD_SCALE, median_of
from features.windows import Windows, days_added
from fundwatch.contracts.entities import MEASURED
from fundwatch.engine.frames import stacked
from fundwatch.engine.successors import NO_SUCCESSORS, Successors
from fundwatch.expressions.declared import AGGREGATES, functions_in, names_in, written

_ADDED_UP = frozenset({"count", "count_if", "sum"})
_IS_NOW = "_is_now"


def to_indicators(
    catalogue: Catalogue,
    days: DataFrame | None,
    rows: Mapping[Source, DataFrame],
    as_of: date,
    successors: Successors = NO_SUCCESSORS,
) -> DataFrame:
    """One row per entity that is seen in one of its windows that end on `as_of`, inclusive: its indicators, but for
    those that are made of places among peers.

    `days` are rows of `as_known`, None where the entity's days are not kept; `rows` those of each source, by
    `RowsNeeded`. Columns: the entity's id and one double per indicator and window. An indicator is null where its
    formula has no base (a share of nothing) or `when` says the base is too small.

    An id's days are its own and those of the ids that go on under it. A day's measures stay those of each id, and are
    added.
    """
    periods, key = periods_of(catalogue), catalogue.id_column
    parts = [*Windows.of(catalogue, rows, as_of).parts()]
    kept = {name: column for name, column in kept_by_day(catalogue).measure_columns.items() if name in periods}
    if days is not None and kept:
        own = successors.renamed(days, {key: MEASURED[catalogue.entity].id_kind})
        wanted = sorted({period for name in kept for period in periods[name]})
        parts.append(days_added(own, key, kept, wanted, as_of))
    return _formulas(catalogue, to_wide(parts, key, periods))


def to_wide(parts: Iterable[DataFrame], key: str, periods: Mapping[str, tuple[Period, ...]]) -> DataFrame:
    """One row per entity that is seen in a window of now: a column per measure and period, `amount@90d`."""
    rows = stacked(parts, missing_as_null=True)
    values = [
        F.max(F.when(F.col(PERIOD) == period.label, F.col(part))).alias(_column(part, period))
        for name, wanted in periods.items()
        for part in (CaseMix.names_of(name) if f"{name}_expected" in rows.columns else (name,))
        for period in wanted
    ]
    now = sorted({period.label for wanted in periods.values() for period in wanted if not period.back})
    is_now = F.bool_or(F.col(PERIOD).isin(now)).alias(_IS_NOW)
    return rows.groupBy(key).agg(is_now, *values).filter(_IS_NOW)


def _column(name: str, period: Period) -> str:
    return f"{name}@{period.label}"


def _formulas(catalogue: Catalogue, entities: DataFrame) -> DataFrame:
    made = [named for named in catalogue.named if not named.definition.is_of_peers]
    return entities.select(catalogue.id_column, *(_value(catalogue, named).alias(named.column) for named in made))


def _value(catalogue: Catalogue, named: NamedIndicator) -> Column:
    """The indicator over one window."""
    one, now = named.definition, Period(named.window)
    if one.growth is not None:
        value = _growth(catalogue, one.growth, now)
    elif one.past is not None:
        value = _past(catalogue, one.past, now)
    else:
        value = _over(catalogue, one.formula or "", now)
    if one.when is None:
        return value
    return F.when(F.expr(_sql(catalogue, one.when, now)), value)


def _growth(catalogue: Catalogue, growth: Growth, now: Period) -> Column:
    earlier = Period(now.days, now.days if growth.against == "before" else YEAR)
    before = _over(catalogue, growth.of, earlier)
    return _over(catalogue, growth.of, now) / F.nullif(before, F.lit(0.0)) - 1.0


def _past(catalogue: Catalogue, past: Past, now: Period) -> Column:
    """Windows in which it was nothing are not counted: nobody knows whether there was anything to count."""
    values = [
        F.nullif(_over(catalogue, past.of, Period(now.days, now.days * back)), F.lit(0.0))
        for back in range(past.latest + past.earlier)
    ]
    latest, earlier = (F.array_compact(F.array(*part)) for part in (values[: past.latest], values[past.latest :]))
    mean = F.aggregate(latest, F.lit(0.0), lambda total, value: total + value) / F.nullif(F.size(latest), F.lit(0))
    usual = median_of(F.sort_array(earlier))
    spread = median_of(F.sort_array(F.transform(earlier, lambda value: F.abs(value - usual)))) * MAD_SCALE
    return F.when(F.size(earlier) >= past.least, (mean - usual) / F.nullif(spread, F.lit(0.0)))


def _over(catalogue: Catalogue, formula: str, period: Period) -> Column:
    return F.expr(_sql(catalogue, formula, period)).cast("double")


def _sql(catalogue: Catalogue, formula: str, period: Period) -> str:
    """The formula over the columns of the period; the formula of an indicator that it names stands in its place."""
    names = {}
    for name in sorted(names_in(formula)):
        if name in catalogue.names:
            names[name] = _held(catalogue, name, period)
        else:
            inner = catalogue.indicators[name]
            sql = _sql(catalogue, inner.formula or "", period)
            when = _sql(catalogue, inner.when, period) if inner.when else ""
            names[name] = f"(CASE WHEN {when} THEN {sql} END)" if when else f"({sql})"
    return written(formula, names=names)


def _held(catalogue: Catalogue, name: str, period: Period) -> str:
    """The measure's column. What counts or adds up is a true zero of a window without a row."""
    taken, column = catalogue.names[name], f"`{_column(name, period)}`"
    if _is_zero_of_nothing(name, taken):
        column = f"coalesce({column}, 0D)"
    scale = taken.scale if isinstance(taken, Measure) else 1
    return f"({column} / {scale}D)" if scale != 1 else column


def _is_zero_of_nothing(name: str, taken: Measure | DaySet | WindowMeasure | CaseMix) -> bool:
    if isinstance(taken, CaseMix):
        return name.endswith("_rows")
    if isinstance(taken, WindowMeasure):
        return taken.statistic is None and functions_in(taken.value or "") & AGGREGATES <= _ADDED_UP
    return True
