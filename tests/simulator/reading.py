"""What one instance shows in its rows, read plainly: lines netted, days, pairs of stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pytest

from simulator.care.records import Line, Visit
from simulator.city.items import Item
from simulator.schemes import Scheme, SchemeStage
from tests.simulator.playing import by_level, plain


def netted(visit: Visit) -> list[Line]:
    """The lines of which something is left after what was taken back."""
    left: dict[str, int] = defaultdict(int)
    for line in visit.lines:
        left[line.original_id or line.id] += line.quantity
    return [line for line in visit.lines if left[line.id] > 0 and line.quantity > 0]


def charges(visits: Iterable[Visit], *items: Item) -> Iterator[tuple[Visit, Line]]:
    """Netted lines (of these items) beside their encounters."""
    for visit in visits:
        for line in netted(visit):
            if not items or line.item in items:
                yield visit, line


def by_day(visits: Iterable[Visit], *items: Item) -> dict[tuple[str, date], list[Line]]:
    """Netted lines of each person and day."""
    days: dict[tuple[str, date], list[Line]] = defaultdict(list)
    for visit, line in charges(visits, *items):
        days[visit.person.psn_no, line.at.date()].append(line)
    return days


def most_within(days: Iterable[date], window: int) -> int:
    """The largest count of days (repeats count) within so many days."""
    ordered = sorted(days)
    return max((sum(first <= day < first + timedelta(days=window) for day in ordered) for first in ordered), default=0)


def longest_run(days: Iterable[date]) -> int:
    """The longest run of consecutive days."""
    known, best = set(days), 0
    for day in known:
        run = 1
        while day + timedelta(days=run) in known:
            run += 1
        best = max(best, run)
    return best


def drugs(line: Line) -> bool:
    return line.item.list_type == "101"


def main(visit: Visit) -> str:
    """The main diagnosis."""
    return visit.diagnoses[0][0]


def total(visit: Visit, *classes: str) -> int:
    """Cents charged, of these charge classes or all."""
    return sum(line.amount for line in netted(visit) if not classes or line.item.charge_class in classes)


def stays(visits: Iterable[Visit]) -> list[Visit]:
    return sorted((visit for visit in visits if visit.is_stay), key=lambda visit: visit.begin)


def nights(visit: Visit) -> int:
    return (visit.end.date() - visit.begin.date()).days


def gap(earlier: Visit, later: Visit) -> int:
    """Days between discharge and the next admission."""
    return (later.begin.date() - earlier.end.date()).days


class Reading:
    """A test of a rule: seen in plain instances, not in look-alikes, seldom in disguised ones."""

    def __init__(self, read, schemes: Iterable[Scheme], *, still_seen: tuple[int, ...] = ()) -> None:
        self.read, self.still_seen = read, still_seen
        rule = read.__doc__.split(":")[0]
        self.schemes = [scheme for scheme in schemes if scheme.rule_id == rule]

    def seen(self, stage: SchemeStage) -> bool:
        return bool(self.read(stage.staged))

    def check(self) -> None:
        assert {scheme.kind for scheme in self.schemes} == {"scheme", "lookalike"}
        for scheme in self.schemes:
            if scheme.kind == "lookalike":
                assert not [s.instance for s in plain(scheme) if self.seen(s)], f"{scheme.name} is seen"
            else:
                assert not [s.instance for s in plain(scheme) if not self.seen(s)], f"{scheme.name} is not seen"
                self.check_disguise(scheme)

    def check_disguise(self, scheme: Scheme) -> None:
        for level, stages in by_level(scheme).items():
            if level and level not in self.still_seen:
                seen = sum(self.seen(stage) for stage in stages)
                assert seen * 2 < len(stages) or pytest.fail(f"{scheme.name} at level {level}: {seen} of {len(stages)}")
