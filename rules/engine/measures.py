"""What the rules of a frame measure, shared: equal measures are one column, rows are shuffled by keys, not by rules.

A measure is known by what it computes, over which rows and by which columns; rules that ask for the same share it. An
aggregate leaves out the rows that a rule does not judge by itself, so that one window serves rules that judge different
rows. Rows that stand together by patient also stand together by patient and day: the coarsest columns that some measure
has are the key by which rows are shuffled, once for all measures that contain them.

Rows that lack a column of `by` are not known to belong together: what is measured over it is unknown in them. Rows that
lack a column of `order` have no place among the others, and take none from them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fundwatch.expressions.declared import SETS, all_of, functions_in, is_aggregate, literal, names_in, written
from rules.catalogue.rule import Rule, RuleMeasure, RuleSet
from rules.frames.registry import GRAINS

Columns = frozenset[str]
_NONE: Columns = frozenset()
_JUDGED, _MEASURE = _MADE = ("judged__", "measure__")


@dataclass(frozen=True)
class MeasureWindow:
    """A measure as a column of a pass: `over` are the columns that its rows share, `sees` the measures it reads.

    `grouped` and `placed` are those of `by` and `order` without which it is unknown. A set is sorted, so that it is the
    same whatever the order of the rows.
    """

    column: str
    call: str
    over: Columns
    order: str
    sees: Columns = _NONE
    grouped: Columns = _NONE
    placed: Columns = _NONE

    @property
    def gathers_a_set(self) -> bool:
        return any(self.call.startswith(f"{name}(") for name in SETS)

    def sorted_by(self, common: Mapping[str, int]) -> tuple[str, ...]:
        """By what its rows are sorted: what they share, of that the most `common` of a pass first, and their order."""
        over = [f"`{name}`" for name in sorted(self.over, key=lambda name: (-common[name], name))]
        apart = [f"({_all_known(self.placed)})"] if self.placed else []
        return (*over, *apart, *([self.order] if self.order else []))

    def sql(self, common: Mapping[str, int]) -> str:
        """The column's SQL."""
        shared = self.sorted_by(common)[: -1 if self.order else None]
        window = f"{self.call} OVER (PARTITION BY {', '.join(shared)} {self.order})"
        window = f"sort_array({window})" if self.gathers_a_set else window
        known = self.grouped | self.placed
        return f"IF({_all_known(known)}, {window}, NULL)" if known else window


@dataclass(frozen=True)
class JudgedRule:
    """A rule as a pass judges it: the column that says which rows it judges, its windows, and what they are called.

    `is_first` is SQL for whether the row is the first judged one of its thing, the one that counts.
    """

    rule: Rule
    judged: str
    names: Mapping[str, str]
    windows: tuple[MeasureWindow, ...]
    is_first: str = "TRUE"

    def bound(self, expression: str) -> str:
        """The SQL of an expression of the rule, with its parameters as literals and its measures as columns."""
        return written(expression, names=self.names, params=self.rule.params)


def _all_known(columns: Columns) -> str:
    return " AND ".join(f"`{name}` IS NOT NULL" for name in sorted(columns))


def eligibility(rule_set: RuleSet, rule: Rule) -> str:
    """What the rule judges: its `where`, the dates it is in force, and none of its exclusions."""
    dates = [f"service_date >= {literal(rule.valid.from_)}"]
    if rule.valid.to is not None:
        dates.append(f"service_date <= {literal(rule.valid.to)}")
    conditions = (written(rule_set.exclusions[name].condition) for name in rule.exclude)
    spared = [f"NOT coalesce(({condition}), FALSE)" for condition in conditions]
    return all_of([rule.bound(rule.where), *dates, *spared])


@dataclass
class Shared:
    """What several rules have in common, by the SQL that makes it: `flags` of judged rows, and windows over them."""

    flags: dict[str, str] = field(default_factory=dict)
    windows: dict[tuple[object, ...], MeasureWindow] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, Columns]:
        """By window the key that its rows are brought together by: the coarsest of all windows' that serves it."""
        made = {window.column: window for window in self.windows.values()}
        own = {name: Columns(c for c in w.over if not c.startswith(_MADE)) or w.over for name, w in made.items()}
        uses = Counter(own.values())
        coarsest = sorted(
            (k for k in uses if not any(other < k for other in uses)), key=lambda k: (-uses[k], sorted(k))
        )
        return {name: next(key for key in coarsest if key <= columns) for name, columns in own.items()}

    def judge(self, rule_set: RuleSet, rule: Rule) -> JudgedRule:
        """The rule in terms of what is shared."""
        judges = eligibility(rule_set, rule)
        judged = self.flags.setdefault(judges, f"{_JUDGED}{len(self.flags)}")
        names = dict(rule.indicator_names)
        windows = [self._named(rule, name, names, judged) for name in in_order(rule)]
        grain, row = GRAINS[rule.grain], GRAINS[rule.grain].frame.row_key
        if grain.thing == (row,):
            return JudgedRule(rule, judged, names, tuple(windows))
        representative = self._window(f"min(IF({judged}, {row}, NULL))", Columns(grain.thing))
        return JudgedRule(rule, judged, names, (*windows, representative), f"{row} = {representative.column}")

    def _named(self, rule: Rule, name: str, names: dict[str, str], judged: str) -> MeasureWindow:
        made = self._measure(rule, rule.measures[name], names, judged)
        names[name] = made.column
        return made

    def _measure(self, rule: Rule, measure: RuleMeasure, names: Mapping[str, str], judged: str) -> MeasureWindow:
        over = {names.get(column, column) for column in measure.by}
        order = ", ".join(written(column, names=names) for column in measure.order)
        span = f"ORDER BY {order}" if order else ""
        if measure.over_days is not None:
            days = int(rule.bound(str(measure.over_days)))
            span = f"ORDER BY unix_date(service_date) RANGE BETWEEN {days - 1} PRECEDING AND CURRENT ROW"
        where = judged if is_aggregate(measure.compute) else ""
        call = written(measure.compute, names=names, params=rule.params, where=where)
        if measure.order and functions_in(measure.compute) == {"row_number"}:  # it counts judged rows up to this one
            call, span = f"count_if({judged})", f"{span} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        elif not where:
            over.add(judged)  # other ranks and neighbours are those among the judged rows
        texts = (measure.compute, *measure.by, *measure.order)
        seen = Columns(names[name] for text in texts for name in names_in(text, names))
        spared = {*rule.holds_without, GRAINS[rule.grain].frame.row_key}
        grouped = Columns(names.get(column, column) for column in measure.by if column not in spared)
        placed = Columns(names.get(column, column) for column in measure.order if column not in spared)
        return self._window(call, Columns(over), span, seen, grouped, placed)

    def _window(self, call: str, over: Columns, order: str = "", *known: Columns) -> MeasureWindow:
        """The window that is there already, or a new one; `known` are what it sees, `grouped` and `placed`."""
        column = f"{_MEASURE}{len(self.windows)}"
        return self.windows.setdefault((call, over, order, *known), MeasureWindow(column, call, over, order, *known))


def in_order(rule: Rule) -> list[str]:
    """The names of the rule's measures, those that look at others after these."""
    waiting, ordered = dict(rule.measures), []
    while waiting:
        ready = [n for n, m in waiting.items() if not _looks_at(m, waiting.keys() - {n})]
        for name in ready or list(waiting):  # measures that look at each other are left to the analyser to refuse
            ordered.append(name)
            del waiting[name]
    return ordered


def _looks_at(measure: RuleMeasure, names: Collection[str]) -> Columns:
    return Columns().union(*(names_in(text, names) for text in (measure.compute, *measure.by, *measure.order)))


def together(rules: Sequence[JudgedRule], keys: Mapping[str, Columns]) -> list[list[JudgedRule]]:
    """The rules in groups whose rows are brought together by the same keys; each group is judged in a pass of its own.

    What needs no shuffle, or another one, does not carry its rows and columns through this one.
    """
    groups: dict[frozenset[Columns], list[JudgedRule]] = defaultdict(list)
    for rule in rules:
        groups[frozenset(keys[window.column] for window in rule.windows)].append(rule)
    return list(groups.values())


@dataclass(frozen=True)
class Step:
    """Columns of a pass that are made together: the key by which their rows are shuffled, what they are called, SQL."""

    key: Columns
    made: Mapping[str, str]


def steps(rules: Sequence[JudgedRule], keys: Mapping[str, Columns]) -> Iterator[Step]:
    """The windows of the rules in the order they can be computed, those over the same rows in the same order together.

    One whose key is that of the step before needs no shuffle. Nor does one need a sort whose rows stand as it needs
    them: the finest sort goes first, and all windows follow whose own is a beginning of it.
    """
    waiting = {window.column: window for rule in rules for window in rule.windows}
    common = Counter(column for window in waiting.values() for column in window.over)
    key, standing = Columns(), tuple[str, ...]()
    while waiting:
        ready = [w for w in waiting.values() if not w.sees & (waiting.keys() - {w.column})] or [*waiting.values()]
        here = {w.column: w.sorted_by(common) for w in ready if keys[w.column] == key}
        if not here:
            uses = Counter(keys[w.column] for w in waiting.values())
            key = min((keys[w.column] for w in ready), key=lambda k: (-uses[k], sorted(k)))
            standing = ()
            continue
        if not any(standing[: len(wanted)] == wanted for wanted in here.values()):
            standing = min(here.values(), key=lambda wanted: (-len(wanted), wanted))
        for wanted in sorted({wanted for wanted in here.values() if standing[: len(wanted)] == wanted}, reverse=True):
            made = [name for name, own in here.items() if own == wanted]
            yield Step(key, {name: waiting[name].sql(common) for name in made})
            for name in made:
                del waiting[name]
