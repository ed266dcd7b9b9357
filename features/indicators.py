"""Indicators: measures over every period that is asked for, side by side; then each formula once per window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, NamedIndicator
from features.catalogue.declaration import CaseMix, DaySet, Measure, WindowMeasure
from features.catalogue.indicator import YEAR, Growth, OwnPast
from features.catalogue.sources import Source
from features.periods import PERIOD, DaySpan, kept_by_day, periods_of
from features.quantiles import MAD_SCALE, median_of
from features.windows import Windows, days_added
from fundwatch.contracts.entities import MEASURED
from fundwatch.engine.frames import stacked
from fundwatch.engine.successors import NO_SUCCESSORS, Successors
from fundwatch.expressions.declared import AGGREGATES, functions_in, names_in, written

_ADDED_UP = frozenset({"count", "count_if", "sum"})
_IS_NOW = "_is_now"
_LATEST, _EARLIER, _USUAL, _DISTANCES = "_latest", "_earlier", "_usual", "_distances"


def to_indicators(
    catalogue: Catalogue,
    days: DataFrame | None,
    rows: Mapping[Source, DataFrame],
    as_of: date,
    successors: Successors = NO_SUCCESSORS,
) -> DataFrame:
    """One row per entity that is seen in the catalogue's windows that end on `as_of`, inclusive: its indicators, but
    for those that are made of places among peers.

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
    return _formulas(catalogue, to_wide(catalogue, parts, periods))


def to_wide(catalogue: Catalogue, parts: Iterable[DataFrame], periods: Mapping[str, tuple[DaySpan, ...]]) -> DataFrame:
    """One row per entity that is seen in a window: a column per measure and period, `amount@90d`.

    Who is seen only in windows longer than the catalogue's own has no row: whoever is compared is there for peers too.
    """
    rows = stacked(parts, missing_as_null=True)
    values = [
        F.max(F.when(F.col(PERIOD) == period.label, F.col(part))).alias(_column(part, period))
        for name, wanted in periods.items()
        for part in (CaseMix.names_of(name) if name in catalogue.case_mix else (name,))
        for period in wanted
    ]
    now = {period for wanted in periods.values() for period in wanted if not period.back}
    own = {period for period in now if period.days <= max(catalogue.windows)} or now
    is_now = F.bool_or(F.col(PERIOD).isin(sorted(period.label for period in own))).alias(_IS_NOW)
    return rows.groupBy(catalogue.id_column).agg(is_now, *values).filter(_IS_NOW)


def _column(name: str, period: DaySpan) -> str:
    return f"{name}@{period.label}"


def _formulas(catalogue: Catalogue, entities: DataFrame) -> DataFrame:
    """The indicators. Of those that look at the entity's past, the windows before are gathered first, sorted: what many
    expressions name is computed once."""
    made = [named for named in catalogue.named if not named.definition.is_of_peers]
    past = {n.column: n.definition.past for n in made if n.definition.past is not None}
    windows = {named.column: DaySpan(named.window) for named in made}
    if past:
        gathered = (_gathered(catalogue, column, one, windows[column]) for column, one in past.items())
        entities = entities.select("*", *(part for parts in gathered for part in parts))
        entities = entities.select("*", *(median_of(F.col(c + _EARLIER)).alias(c + _USUAL) for c in past))
        entities = entities.select("*", *(_distances(column).alias(column + _DISTANCES) for column in past))
    return entities.select(catalogue.id_column, *(_value(catalogue, named).alias(named.column) for named in made))


def _value(catalogue: Catalogue, named: NamedIndicator) -> Column:
    """The indicator over one window."""
    one, now = named.definition, DaySpan(named.window)
    if one.growth is not None:
        value = _growth(catalogue, one.growth, now)
    elif one.past is not None:
        value = _past(named.column, one.past)
    else:
        value = _over(catalogue, one.formula or "", now)
    if one.when is None:
        return value
    return F.when(F.expr(_sql(catalogue, one.when, now)), value)


def _growth(catalogue: Catalogue, growth: Growth, now: DaySpan) -> Column:
    earlier = DaySpan(now.days, now.days if growth.against == "before" else YEAR)
    before = _over(catalogue, growth.of, earlier)
    return _over(catalogue, growth.of, now) / F.nullif(before, F.lit(0.0)) - 1.0


def _gathered(catalogue: Catalogue, column: str, past: OwnPast, now: DaySpan) -> tuple[Column, Column]:
    """The values of the latest windows and, sorted, of the earlier ones. Those in which it was nothing are not counted:
    nobody knows whether there was anything to count."""
    values = [
        F.nullif(_over(catalogue, past.of, DaySpan(now.days, now.days * back)), F.lit(0.0))
        for back in range(past.latest + past.earlier)
    ]
    latest, earlier = (F.array_compact(F.array(*part)) for part in (values[: past.latest], values[past.latest :]))
    return latest.alias(column + _LATEST), F.sort_array(earlier).alias(column + _EARLIER)


def _distances(column: str) -> Column:
    distances = F.transform(F.col(column + _EARLIER), lambda value: F.abs(value - F.col(column + _USUAL)))
    return F.sort_array(distances)


def _past(column: str, past: OwnPast) -> Column:
    latest, usual = F.col(column + _LATEST), F.col(column + _USUAL)
    total = F.aggregate(latest, F.lit(0.0), lambda added, value: added + value)
    spread = median_of(F.col(column + _DISTANCES)) * MAD_SCALE
    distance = total / F.nullif(F.size(latest), F.lit(0)) - usual
    return F.when(F.size(column + _EARLIER) >= past.least, distance / F.nullif(spread, F.lit(0.0)))


def _over(catalogue: Catalogue, formula: str, period: DaySpan) -> Column:
    return F.expr(_sql(catalogue, formula, period)).cast("double")


def _sql(catalogue: Catalogue, formula: str, period: DaySpan) -> str:
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


def _held(catalogue: Catalogue, name: str, period: DaySpan) -> str:
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
