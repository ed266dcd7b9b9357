"""Measures of windows, taken from the rows themselves: a few aggregations a source, whatever the number of indicators.

A row lies in several periods; it goes once into each (`_period`), so that an aggregate stands once for all of them.
Parts come as frames of entity × period with a column per measure, and `features/indicators.py` puts them side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from features.case_mix import to_case_mix
from features.catalogue import Catalogue, Measure
from features.catalogue.declaration import CaseMix, DaySet, RowGroup, Sequence, Source, WindowMeasure
from features.catalogue.running import rows_read, texts_of
from features.catalogue.sources import DAY
from features.periods import PERIOD, DaySpan, exploded_by, periods_of, within
from features.rows import keyed, taken_at_once
from features.statistics import statistic, value_columns, with_places
from features.wide_rows import MeasurePart
from fundwatch.contracts import TABLES
from fundwatch.engine.aggregates import aggregated

RowsOf = Mapping[Source, DataFrame]
_ROW_COUNT, _GAP = "row_count", "gap_days"
_DAY_SECONDS = 86_400
_SET, _THING = "_set", "_thing"


@dataclass(frozen=True)
class Windows:
    """One entity's catalogue as of a date, over the rows of its sources."""

    catalogue: Catalogue
    rows: RowsOf
    as_of: date
    periods: Mapping[str, tuple[DaySpan, ...]]

    @classmethod
    def of(cls, catalogue: Catalogue, rows: RowsOf, as_of: date) -> Windows:
        return cls(catalogue, rows, as_of, periods_of(catalogue))

    @property
    def key(self) -> str:
        return self.catalogue.id_column

    def parts(self) -> Iterator[MeasurePart]:
        """Entity × period, each part with some of the measures that are taken at once."""
        at_once = taken_at_once(self.catalogue)
        by_source: dict[Source, dict[str, Measure]] = defaultdict(dict)
        sets: dict[str, dict[str, DaySet]] = defaultdict(dict)
        over: dict[str, dict[str, WindowMeasure]] = defaultdict(dict)
        for name, taken in at_once.items():
            if name not in self.periods:
                continue
            if isinstance(taken, Measure):
                by_source[taken.of][name] = taken
            elif isinstance(taken, DaySet):
                sets[taken.of][name] = taken
            elif isinstance(taken, WindowMeasure):
                over[self._same_as(taken.of)][name] = taken
            else:
                rows = to_case_mix(self.catalogue, name, taken, self.rows[taken.of], self.periods[name], self.as_of)
                yield MeasurePart(rows, CaseMix.names_of(name))
        for source, measures in by_source.items():
            yield MeasurePart(self._of_days(source, measures), (*measures,))
        for of, counted in sets.items():
            yield MeasurePart(self._counted(of, counted), (*counted,))
        for of, measured in over.items():
            yield MeasurePart(self._measured(of, measured), (*measured,))

    def _same_as(self, of: str) -> str:
        """The first of the groups that gather the same rows alike, so that these are gathered once."""
        groups = self.catalogue.groups
        if of not in groups:
            return of
        return next(name for name, group in groups.items() if _gathers(group) == _gathers(groups[of]))

    def _wanted(self, names: Iterable[str]) -> tuple[DaySpan, ...]:
        return tuple(sorted({period for name in names for period in self.periods[name]}))

    def _of_days(self, source: Source, measures: Mapping[str, Measure]) -> DataFrame:
        """Measures added up over days, where the days are not kept: by day first, and then over the periods."""
        columns = frozenset[str]().union(*(self.catalogue.vocabulary.columns(m.value) for m in measures.values()))
        rows = keyed(self.catalogue, source, self.rows[source], sorted(columns))
        days = aggregated(
            rows, [self.key, DAY], (whole(self.catalogue, one).alias(name) for name, one in measures.items())
        )
        return days_added(days, self.key, {name: name for name in measures}, self._wanted(measures), self.as_of)

    def rows_of(self, of: str, texts: Iterable[str]) -> DataFrame:
        """The entity's rows of a source or a sequence, with what the expressions name."""
        base = self.catalogue.base_of(of)
        if isinstance(base, Source):
            ((_, columns),) = rows_read(self.catalogue, of, texts).items()
            return keyed(self.catalogue, base, self.rows[base], sorted(columns | {*(base.span or ())}))
        if not isinstance(base, Sequence):
            raise KeyError(of)
        words = self.catalogue.vocabulary
        names = frozenset[str]().union(*(words.columns(text) for text in texts))
        return keyed(self.catalogue, base.of, self._in_order(base), sorted(names))

    def _in_order(self, sequence: Sequence) -> DataFrame:
        """The source's rows, each with what its sequence says of those before and after it."""
        words = self.catalogue.vocabulary
        rows = self.rows[sequence.of]
        if sequence.where is not None:
            rows = rows.filter(F.expr(words.written(sequence.where)))
        ties = [name for name in TABLES[sequence.of.table].key if name in rows.columns]
        order = [F.expr(words.written(sequence.order)), *(F.col(name) for name in ties)]
        by = [F.expr(words.written(name)) for name in sequence.by]
        is_known = reduce(Column.__and__, (one.isNotNull() for one in by))
        row = Over.partitionBy(*by).orderBy(*order)
        # how many rows there are from before does not matter: beyond the look-back none is seen
        is_seen = F.date_diff(F.col(DAY), F.lag(DAY).over(row)) <= sequence.look_back
        made = [
            F.when(is_seen, F.lag(F.expr(words.written(text))).over(row)).alias(n)
            for n, text in sequence.previous.items()
        ]
        made += [F.lead(F.expr(words.written(text))).over(row).alias(n) for n, text in sequence.next.items()]
        second = F.unix_seconds(order[0].cast("timestamp"))
        before = Over.partitionBy(*by).orderBy(second).rangeBetween(-sequence.look_back * _DAY_SECONDS, -1)
        made += [F.max(F.expr(words.written(text))).over(before).alias(n) for n, text in sequence.latest_before.items()]
        return rows.filter(is_known).select("*", *made)

    def _periods_source(self, of: str) -> Source | None:
        base = self.catalogue.base_of(of)
        return base if isinstance(base, Source) else None

    def _counted(self, of: str, sets: Mapping[str, DaySet]) -> DataFrame:
        """How many distinct things each set of the same rows has: one pass for all of them."""
        words, wanted = self.catalogue.vocabulary, self._wanted(sets)
        rows = self._in_periods(of, [text for one in sets.values() for text in texts_of(one)], wanted)
        seen = []
        for number, one in enumerate(sets.values()):
            thing = F.expr(words.written(one.column)).cast("string")
            is_counted = (
                thing.isNotNull() if one.where is None else thing.isNotNull() & F.expr(words.written(one.where))
            )
            seen.append(F.when(is_counted, F.struct(F.lit(number).alias(_SET), thing.alias(_THING))))
        things = rows.select(self.key, PERIOD, F.inline(F.array_compact(F.array(*seen))))
        counts = things.distinct().groupBy(self.key, PERIOD, _SET).agg(F.count(F.lit(1)).alias("_things"))
        of_set = (F.sum(F.when(F.col(_SET) == number, F.col("_things"))).cast("double") for number in range(len(sets)))
        named = (F.coalesce(count, F.lit(0.0)).alias(name) for name, count in zip(sets, of_set, strict=True))
        return aggregated(counts, [self.key, PERIOD], named)

    def _in_periods(self, of: str, texts: Iterable[str], wanted: tuple[DaySpan, ...]) -> DataFrame:
        """The rows of a source, a sequence or a group, once for each period that they lie in."""
        base = self.catalogue.base_of(of)
        if isinstance(base, RowGroup):
            return self._gathered(of, wanted)
        source = self._periods_source(of)
        rows = self.rows_of(of, texts).filter(within(wanted, self.as_of, source))
        return rows.select("*", exploded_by(wanted, self.as_of, source))

    def _gathered(self, of: str, wanted: tuple[DaySpan, ...]) -> DataFrame:
        """One row per entity × period × `by` of the group, with the values of all groups that gather alike."""
        group, words = self.catalogue.groups[of], self.catalogue.vocabulary
        alike = [one for one in self.catalogue.groups.values() if _gathers(one) == _gathers(group)]
        values = {name: text for one in alike for name, text in one.values.items()}
        inner = [*values.values(), *group.by, *([group.where] if group.where else [])]
        by = {name: F.expr(words.written(name)) for name in group.by}
        is_asked = [one.isNotNull() for one in by.values()]
        is_asked += [F.expr(words.written(group.where))] if group.where is not None else []
        rows = self._in_periods(group.of, inner, wanted).filter(reduce(Column.__and__, is_asked))
        taken = [F.expr(words.written(text)).alias(name) for name, text in values.items()]
        keys: list[Column | str] = [
            self.key,
            PERIOD,
            *(one.alias(name) for name, one in by.items() if name != self.key),
        ]
        groups = aggregated(rows, keys, [F.count(F.lit(1)).alias(_ROW_COUNT), *taken])
        return groups if group.in_order is None else self._with_gaps(groups, group.in_order)

    def _with_gaps(self, groups: DataFrame, day: str) -> DataFrame:
        before = F.lag(day).over(Over.partitionBy(self.key, PERIOD).orderBy(day))
        return groups.select("*", F.date_diff(F.col(day), before).alias(_GAP))

    def _measured(self, of: str, measured: Mapping[str, WindowMeasure]) -> DataFrame:
        """The measures of windows that are taken of the same rows or groups."""
        words, wanted = self.catalogue.vocabulary, self._wanted(measured)
        rows = self._in_periods(of, [text for one in measured.values() for text in texts_of(one)], wanted)
        base = self.catalogue.base_of(of)
        in_order = base.in_order if isinstance(base, RowGroup) else None
        rows = with_places(rows, [self.key, PERIOD], measured, words, in_order)
        values, columns = [], value_columns(measured)
        for name, one in measured.items():
            taken = statistic(one, columns) if one.statistic else F.expr(words.written(one.value or ""))
            values.append(taken.cast("double").alias(name))
        return aggregated(rows, [self.key, PERIOD], values)


def _gathers(group: RowGroup) -> tuple[object, ...]:
    return group.of, group.by, group.where, group.in_order


def whole(catalogue: Catalogue, measure: Measure) -> Column:
    """A day's measure as a whole number in a double; money becomes fen while its type is still decimal."""
    value = F.expr(catalogue.vocabulary.written(measure.value))
    if measure.scale != 1:
        value = value * measure.scale
    return value.cast("bigint").cast("double")


def days_added(
    days: DataFrame, key: str, columns: Mapping[str, str], wanted: Iterable[DaySpan], as_of: date
) -> DataFrame:
    """One row per entity × period: the measures (`columns`: name, column of the days) added up over its days."""
    periods = [*wanted]
    inside = days.filter(within(periods, as_of)).select("*", exploded_by(periods, as_of))
    return aggregated(inside, [key, PERIOD], (F.sum(column).alias(name) for name, column in columns.items()))
