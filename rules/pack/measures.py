"""Measures of a rule over the lines of one visit: what rules/engine/measures.py writes as windows, computed row by row.

An aggregate sees the lines that the rule judges; ranks are those among them. Lines that lack a column of `by` are not
known to belong together: what is measured over it is unknown in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.expressions.nodes import CallNode
from rules.pack.compiling import Compiler
from rules.pack.document import PackMeasure
from rules.pack.parts import Compiled, NotExportableError, PackRow
from rules.pack.values import NULL, Type, Unknown, computed, digits_of, unknown_of

Values = Sequence[tuple[Any, ...]]  # of each judged row the arguments of the aggregate
_RANKS = ("row_number", "rank", "dense_rank")
_MOST_DIGITS, _DIGITS_OF_A_SUM = 38, 10


@dataclass(frozen=True)
class CompiledMeasure:
    """A measure as functions: what it computes of rows, and by which values they stand together and in order."""

    name: str
    type: Type
    function: str
    args: tuple[Compiled, ...]
    by: tuple[Compiled, ...]
    order: tuple[Compiled, ...]
    known: tuple[Compiled, ...]
    over_days: int | None

    def put(self, rows: Sequence[PackRow], judged: Sequence[bool]) -> None:
        """Give every row its value of the measure."""
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        lacking: dict[int, Unknown] = {}
        for place, row in enumerate(rows):
            unknown = unknown_of(one.run(row) for one in self.known)
            if unknown is not None:
                lacking[place] = unknown
            else:
                apart = (judged[place],) if self.function in ("rank", "dense_rank") else ()
                groups[(*(_key(one.run(row)) for one in self.by), *apart)].append(place)
        for place, unknown in lacking.items():
            rows[place].measures[self.name] = unknown
        for places in groups.values():
            for place, value in self._of_group(rows, judged, places):
                rows[place].measures[self.name] = value

    def _of_group(
        self, rows: Sequence[PackRow], judged: Sequence[bool], places: Sequence[int]
    ) -> Iterable[tuple[int, Any]]:
        if self.function in _RANKS:
            return self._ranked(rows, judged, places)
        seen = [place for place in places if judged[place]]
        values = {place: tuple(arg.run(rows[place]) for arg in self.args) for place in seen}
        if self.over_days is None:
            value = self._aggregated(list(values.values()))
            return [(place, value) for place in places]
        return [(place, self._aggregated(self._within(rows, place, values))) for place in places]

    def _within(self, rows: Sequence[PackRow], place: int, values: Mapping[int, tuple[Any, ...]]) -> Values:
        """Of the judged rows those of the days up to and with the row's own."""
        day = rows[place]["service_date"]
        if not isinstance(day, date):
            return []
        days = ((other, rows[other]["service_date"]) for other in values)
        return [
            values[other] for other, at in days if isinstance(at, date) and 0 <= (day - at).days < (self.over_days or 0)
        ]

    def _aggregated(self, values: Values) -> Any:
        compute = _AGGREGATES[self.function][1]
        known = [row for row in values if not any(isinstance(value, Unknown) for value in row)]
        found = compute(known, self.type)
        if found is not NULL or len(known) == len(values):
            return found
        return Unknown(frozenset().union(*(v.causes for row in values for v in row if isinstance(v, Unknown))))

    def _ranked(
        self, rows: Sequence[PackRow], judged: Sequence[bool], places: Sequence[int]
    ) -> Iterable[tuple[int, int]]:
        keys = {place: tuple(_sorting(one.run(rows[place])) for one in self.order) for place in places}
        ordered = sorted(places, key=lambda place: keys[place])
        count = rank = dense = 0
        before: tuple[Any, ...] | None = None
        for number, place in enumerate(ordered, start=1):
            if keys[place] != before:
                rank, dense, before = number, dense + 1, keys[place]
            count += judged[place]
            yield place, {"row_number": count, "rank": rank, "dense_rank": dense}[self.function]


def compiled_measure(compiler: Compiler, measure: PackMeasure) -> CompiledMeasure:
    """The measure as functions. Raises NotExportableError."""
    call = measure.compute
    if not isinstance(call, CallNode):
        raise NotExportableError(f"the measure {measure.name} is not the call of one function")
    args = tuple(compiler.compiled(one) for one in call.args)
    if call.name in _RANKS:
        if not measure.order or args:
            raise NotExportableError(f"the evaluator has no {call.name}() without an order")
        kind = "int"
    elif call.name not in _AGGREGATES or measure.order or len(args) != _AGGREGATES[call.name][0]:
        raise NotExportableError(f"the evaluator has no measure {call.name}() as {measure.name} has it")
    else:
        kind = _type_of(call.name, args)
    by, order, known = (
        tuple(compiler.named(name) for name in names) for names in (measure.by, measure.order, measure.known)
    )
    return CompiledMeasure(measure.name, kind, call.name, args, by, order, known, measure.over_days)


def _type_of(name: str, args: Sequence[Compiled]) -> Type:
    if name in ("count", "count_if"):
        return "bigint"
    kind = args[0].type
    if name == "collect_set":
        return f"array<{kind}>"
    digits = digits_of(kind)
    if name != "sum":
        return kind
    if digits:
        return f"decimal({min(digits[0] + _DIGITS_OF_A_SUM, _MOST_DIGITS)},{digits[1]})"
    if kind not in ("int", "bigint"):
        raise NotExportableError(f"sum() of {kind}")
    return "bigint"


def _key(value: Any) -> Any:
    return None if isinstance(value, Unknown) else value


def _sorting(value: Any) -> tuple[Any, ...]:
    """What is unknown comes first."""
    return (0,) if isinstance(value, Unknown) else (1, value)


def _sum(values: Values, kind: Type) -> Any:
    if not values:
        return NULL
    if digits_of(kind) is None:
        return sum(value for (value,) in values)
    total = values[0][0]
    for (value,) in values[1:]:
        total = computed("+", total, value, kind)
    return total


def _first_of(choose: Callable[..., Any]) -> Callable[[Values, Type], Any]:
    return lambda values, _kind: choose(value for (value,) in values) if values else NULL


def _by(choose: Callable[..., Any]) -> Callable[[Values, Type], Any]:
    return lambda values, _kind: choose(values, key=lambda pair: pair[1])[0] if values else NULL


_AGGREGATES: Mapping[str, tuple[int, Callable[[Values, Type], Any]]] = {
    "count": (1, lambda values, _kind: len(values)),
    "count_if": (1, lambda values, _kind: sum(value is True for (value,) in values)),
    "sum": (1, _sum),
    "min": (1, _first_of(min)),
    "max": (1, _first_of(max)),
    "min_by": (2, _by(min)),
    "max_by": (2, _by(max)),
    "collect_set": (1, lambda values, _kind: tuple(sorted({value for (value,) in values}))),
}
