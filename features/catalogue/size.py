"""Which indicators say how big somebody is, and not how: totals, counts, the fullest day of a house."""

from __future__ import annotations

from features.catalogue.catalogue import Catalogue, Taken
from features.catalogue.declaration import CaseMix, DaySet, Measure, WindowMeasure
from features.catalogue.indicator import Indicator
from fundwatch.expressions.declared import functions_in

_ADDED_UP = frozenset({"count", "count_if", "sum"})
_EXTREMES = frozenset({"max", "min"})
_PER_ONE = frozenset({"share", "ratio", "z", "score", "age", "bit"})
# one person, or one pack: what is counted of it is counted per person or pack; of a person's day, per day
_ONE = frozenset({"patient", "trace_code"})
_PERSONS = _ONE | {"doctor", "performing_staff"}


def is_size(catalogue: Catalogue, indicator: Indicator) -> bool:
    """Whether the value grows with how much the entity has to do with, so that the big ones lead by it."""
    if indicator.formula is None or indicator.unit in _PER_ONE or catalogue.entity in _ONE:
        return False
    if "try_divide" in functions_in(indicator.formula):
        return False
    taken = (catalogue.names[name] for name in catalogue.formula_names(indicator.formula))
    return any(_is_added_up(catalogue.entity, one) for one in taken)


def is_case_mix(catalogue: Catalogue, indicator: Indicator) -> bool:
    """Whether the value is what was observed over what was expected, drawn towards 1 where little is known."""
    return indicator.formula in catalogue.case_mix


def _is_added_up(entity: str, taken: Taken) -> bool:
    if isinstance(taken, Measure | DaySet):
        return True
    if isinstance(taken, CaseMix) or not isinstance(taken, WindowMeasure) or taken.statistic is not None:
        return False
    functions = functions_in(taken.value or "true")
    return bool(functions & _ADDED_UP) or (entity not in _PERSONS and bool(functions & _EXTREMES))
