"""Indicators: measures over every period that is asked for, side by side; then each formula once per window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, NamedIndicator
from features.catalogue.catalogue import Taken
from features.catalogue.declaration import CaseMix, Measure, WindowMeasure
from features.catalogue.indicator import YEAR, Indicator, OwnPast
from features.catalogue.sources import Source
from features.periods import DaySpan, kept_by_day, periods_of
from features.quantiles import MAD_SCALE, median_of
from features.wide_rows import IS_NOW, MeasurePart, column_of, wide_rows
from features.windows import Windows, days_added
from fundwatch.contracts.entities import MEASURED
from fundwatch.engine.successors import NO_SUCCESSORS, Successors
from fundwatch.expressions.declared import AGGREGATES, functions_in, names_in, written

_ADDED_UP = frozenset({"count", "count_if", "sum"})
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
        parts.append(MeasurePart(days_added(own, key, kept, wanted, as_of), (*kept,)))
    return Formulas(catalogue).of(to_wide(catalogue, parts, periods))


def to_wide(
    catalogue: Catalogue, parts: Iterable[MeasurePart], periods: Mapping[str, tuple[DaySpan, ...]]
) -> DataFrame:
    """One row per entity that is seen in a window: a column per measure and period, `amount@90d`.

    Who is seen only in windows longer than the catalogue's own has no row: whoever is compared is there for peers too.
    """
    wanted = {
        part: spans
        for name, spans in periods.items()
        for part in (CaseMix.names_of(name) if name in catalogue.case_mix else (name,))
    }
    now = {period for spans in periods.values() for period in spans if not period.back}
    own = {period for period in now if period.days <= max(catalogue.windows)} or now
    return wide_rows(parts, catalogue.id_column, wanted, own).filter(IS_NOW)


class Formulas:
    """The formulas of one catalogue, as columns over the measures of each period."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.names = catalogue.names

    def of(self, entities: DataFrame) -> DataFrame:
        """The indicators. Of those that look at the entity's past, the windows before are gathered first, sorted: what
        many expressions name is computed once."""
        made = [named for named in self.catalogue.named if not named.definition.is_of_peers]
        past = [named for named in made if named.definition.past is not None]
        if past:
            gathered = (part for named in past for part in self._gathered(named))
            entities = entities.select("*", *gathered)
            columns = [named.column for named in past]
            entities = entities.select("*", *(median_of(F.col(c + _EARLIER)).alias(c + _USUAL) for c in columns))
            entities = entities.select("*", *(_distances(column).alias(column + _DISTANCES) for column in columns))
        return entities.select(self.catalogue.id_column, *(self._value(named).alias(named.column) for named in made))

    def _value(self, named: NamedIndicator) -> Column:
        """The indicator over one window."""
        one, now = named.definition, DaySpan(named.window)
        if one.growth is not None:
            value = self._growth(one, now)
        elif one.past is not None:
            value = _past(named.column, one.past)
        else:
            value = self._over(one, now)
        if one.when is None:
            return value
        return F.when(F.expr(self._sql(one.when, now)), value)

    def _growth(self, one: Indicator, now: DaySpan) -> Column:
        is_of_year = one.growth is not None and one.growth.against == "year_ago"
        before = self._over(one, DaySpan(now.days, YEAR if is_of_year else now.days))
        return self._over(one, now) / F.nullif(before, F.lit(0.0)) - 1.0

    def _gathered(self, named: NamedIndicator) -> Iterator[Column]:
        """The values of the latest windows and, sorted, of the earlier ones. Those in which it was nothing are not
        counted: nobody knows whether there was anything to count."""
        one, days = named.definition, named.window
        values = [F.nullif(self._over(one, DaySpan(days, back)), F.lit(0.0)) for back in one.offsets(days)]
        latest = one.past.latest if one.past is not None else 0
        yield F.array_compact(F.array(*values[:latest])).alias(named.column + _LATEST)
        yield F.sort_array(F.array_compact(F.array(*values[latest:]))).alias(named.column + _EARLIER)

    def _over(self, one: Indicator, period: DaySpan) -> Column:
        """The formula over a period, null where it does not hold there."""
        formula, when = self.catalogue.of_each_window(one)
        return F.expr(self._when(when, self._sql(formula, period), period)).cast("double")

    def _when(self, when: str | None, sql: str, period: DaySpan) -> str:
        return f"(CASE WHEN {self._sql(when, period)} THEN {sql} END)" if when else f"({sql})"

    def _sql(self, formula: str, period: DaySpan) -> str:
        """The formula over the columns of the period; the formula of an indicator that it names stands in its place."""
        names = {}
        for name in sorted(names_in(formula)):
            if name in self.names:
                names[name] = self._held(name, period)
            else:
                inner = self.catalogue.indicators[name]
                names[name] = self._when(inner.when, self._sql(inner.formula or "", period), period)
        return written(formula, names=names)

    def _held(self, name: str, period: DaySpan) -> str:
        """The measure's column. What counts or adds up is a true zero of a window without a row."""
        taken, column = self.names[name], f"`{column_of(name, period)}`"
        if _is_zero_of_nothing(name, taken):
            column = f"coalesce({column}, 0D)"
        scale = taken.scale if isinstance(taken, Measure) else 1
        return f"({column} / {scale}D)" if scale != 1 else column


def _distances(column: str) -> Column:
    distances = F.transform(F.col(column + _EARLIER), lambda value: F.abs(value - F.col(column + _USUAL)))
    return F.sort_array(distances)


def _past(column: str, past: OwnPast) -> Column:
    latest, usual = F.col(column + _LATEST), F.col(column + _USUAL)
    total = F.aggregate(latest, F.lit(0.0), lambda added, value: added + value)
    spread = median_of(F.col(column + _DISTANCES)) * MAD_SCALE
    distance = total / F.nullif(F.size(latest), F.lit(0)) - usual
    return F.when(F.size(column + _EARLIER) >= past.least, distance / F.nullif(spread, F.lit(0.0)))


def _is_zero_of_nothing(name: str, taken: Taken) -> bool:
    if isinstance(taken, CaseMix):
        return name.endswith("_rows")
    if isinstance(taken, WindowMeasure):
        return taken.statistic is None and functions_in(taken.value or "") & AGGREGATES <= _ADDED_UP
    return True
