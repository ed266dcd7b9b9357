"""Which spans of days each measure is wanted over: the windows of the indicators that read it, and those they look
back to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.catalogue import Catalogue
from features.catalogue.declaration import CaseMix, Sequence, Source
from features.catalogue.sources import DAY
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES

PERIOD = "_period"
_FARTHER_THAN_ANY = 10_000  # days back


class DaySpan(NamedTuple):
    """So many days, of which the last lies `back` days before the as-of date."""

    days: int
    back: int = 0

    @property
    def label(self) -> str:
        """As columns are called: `90d`, or `90d_365` for those of a year before."""
        return f"{self.days}d_{self.back}" if self.back else f"{self.days}d"

    @property
    def code(self) -> int:
        """The number that stands for it in rows: a label would be compared letter by letter, in every row."""
        return self.days * _FARTHER_THAN_ANY + self.back

    @property
    def reach(self) -> int:
        """How many days it begins before the day after the as-of date."""
        return self.days + self.back

    def bounds(self, as_of: date) -> tuple[date, date]:
        last = as_of - timedelta(days=self.back)
        return last - timedelta(days=self.days - 1), last

    def holds(self, as_of: date, source: Source | None = None) -> Column:
        """Whether a row lies in the period: by its day, or, where the source's rows are spans, in force at its end."""
        first, last = (F.lit(bound) for bound in self.bounds(as_of))
        if source is None or source.span is None:
            return F.col(DAY).between(first, last)
        begun, ended = source.span
        return (F.col(begun) <= last) & (F.col(ended).isNull() | (F.col(ended) >= last))


def periods_of(catalogue: Catalogue) -> dict[str, tuple[DaySpan, ...]]:
    """By what is taken from the rows (measures, sets, `over`, case mixes), the periods that indicators want it over."""
    wanted: dict[str, set[DaySpan]] = defaultdict(set)
    owners = {part: name for name in catalogue.case_mix for part in CaseMix.names_of(name)}
    for named in catalogue.named:
        texts = catalogue.texts(named.definition)
        for name in frozenset[str]().union(*(catalogue.formula_names(text) for text in texts)):
            offsets = named.definition.offsets(named.window)
            wanted[owners.get(name, name)] |= {DaySpan(named.window, back) for back in offsets}
    return {name: tuple(sorted(periods)) for name, periods in wanted.items()}


def look_back(catalogue: Catalogue, of: Source | str) -> int:
    """How many days before a period its rows are looked at too."""
    if isinstance(of, Source):
        return 0
    base = catalogue.base_of(of)
    if isinstance(base, Sequence):
        return base.look_back
    return 0 if base is None or isinstance(base, Source) else look_back(catalogue, base.of)


def kept_by_day(catalogue: Catalogue) -> Catalogue:
    """The catalogue with those measures alone whose days are kept, night by night: of watched entities, of rows whose
    versions are known, and made of the row's own columns, for a day is made anew when its rows change, and not when
    what they lie within does."""
    kept = {
        name: measure
        for name, measure in catalogue.measures.items()
        if catalogue.entity in ENTITIES
        and "known_from" in TABLES[measure.of.table].column_names
        and catalogue.is_of_own_columns(measure)
    }
    return catalogue.model_copy(update={"measures": kept})


def reach_of(catalogue: Catalogue, names: Iterable[str], periods: Mapping[str, tuple[DaySpan, ...]]) -> int:
    """How many days back the periods of these begin; 1 where nobody wants them."""
    return max((period.reach for name in names for period in periods.get(name, ())), default=1)


def within(periods: Iterable[DaySpan], as_of: date, source: Source | None = None) -> Column:
    """Whether a row lies between the first and the last day of the periods: who lies in none need not be looked at."""
    wanted = [*periods]
    if source is not None and source.span is not None:
        return F.lit(True)
    bounds = [period.bounds(as_of) for period in wanted]
    return F.col(DAY).between(F.lit(min(first for first, _ in bounds)), F.lit(max(last for _, last in bounds)))


def exploded_by(periods: Iterable[DaySpan], as_of: date, source: Source | None = None) -> Column:
    """The codes of the periods that a row lies in, one a row."""
    codes = [F.when(period.holds(as_of, source), F.lit(period.code)) for period in periods]
    return F.explode(F.array_compact(F.array(*codes))).alias(PERIOD)
