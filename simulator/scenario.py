"""What to simulate: how many people, from when, over which nights, with how many schemes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from fundwatch.errors import FundwatchError, faults

# Schemes unfold over up to four weeks (a month of daily visits, a readmission after a fortnight).
MIN_HISTORY_DAYS = 30
MIN_PERSONS = 50
# Lines per person-day and lines of schemes that come along whatever the size; measured on worlds of
# 50 to 4,000 persons over 89 days. They aim `for_lines`, nothing else.
_LINES_PER_PERSON_DAY = 0.184
_LINES_OF_FIXED_SCHEMES = 3_050


class ScenarioError(FundwatchError):
    """A scenario cannot be simulated as it stands, or its folders cannot hold the result."""


@dataclass(frozen=True)
class Scenario:
    """One simulated world and its nights.

    `nights` are business dates in ascending order. Delivery i carries everything uploaded in
    (nights[i-1], nights[i]]; the first carries everything from `history_start` on.
    `scheme_scale` multiplies the number of labelled schemes and look-alikes; 0 leaves the honest world alone.
    `dirt_rate` is the share of fee lines that arrive unreadable or contradict themselves.
    Raises ScenarioError naming every fault.
    """

    seed: int = 20260331
    persons: int = 1200
    history_start: date = date(2026, 1, 1)
    nights: tuple[date, ...] = (date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31))
    scheme_scale: float = 1.0
    dirt_rate: float = 0.001

    def __post_init__(self) -> None:
        found = [*_number_faults(self), *_night_faults(self)]
        if found:
            raise ScenarioError(
                faults("the scenario does not hold", found), where="Scenario", do="mend the named fields"
            )

    @classmethod
    def for_lines(
        cls,
        lines: int,
        *,
        seed: int = 20260331,
        history_start: date = date(2026, 1, 1),
        nights: tuple[date, ...] = (date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31)),
        scheme_scale: float = 1.0,
        dirt_rate: float = 0.001,
    ) -> Self:
        """A scenario of about `lines` fee lines: within a tenth from 20,000 on, coarser below.

        The schemes every world has take most of a small one, so that below 4,000 lines none gets smaller.
        """
        days = max(1, (max(nights, default=history_start) - history_start).days)
        fixed = _LINES_OF_FIXED_SCHEMES if scheme_scale > 0 else 0
        persons = max(MIN_PERSONS, round((lines - fixed) / (_LINES_PER_PERSON_DAY * days)))
        return cls(seed, persons, history_start, nights, scheme_scale, dirt_rate)

    @property
    def last_day(self) -> date:
        """The last business date; nothing happens after it."""
        return self.nights[-1]

    @property
    def days(self) -> int:
        """Days from the start of history to the last night."""
        return (self.last_day - self.history_start).days


def _number_faults(scenario: Scenario) -> list[str]:
    found = []
    if scenario.seed < 0:
        found.append(f"seed is {scenario.seed}; it must not be negative")
    if scenario.persons < MIN_PERSONS:
        found.append(f"persons is {scenario.persons}; a world needs at least {MIN_PERSONS}")
    if not 0 <= scenario.scheme_scale <= 100:
        found.append(f"scheme_scale is {scenario.scheme_scale}; it lies between 0 and 100")
    if not 0 <= scenario.dirt_rate <= 0.2:
        found.append(f"dirt_rate is {scenario.dirt_rate}; it lies between 0 and 0.2")
    return found


def _night_faults(scenario: Scenario) -> list[str]:
    if not scenario.nights:
        return ["nights is empty; name at least one business date"]
    found = []
    if list(scenario.nights) != sorted(set(scenario.nights)):
        found.append("nights must ascend and not repeat")
    early = [str(night) for night in scenario.nights if night <= scenario.history_start]
    if early:
        found.append(f"nights {', '.join(early)} do not come after history_start {scenario.history_start}")
    elif scenario.days < MIN_HISTORY_DAYS:
        found.append(
            f"history_start {scenario.history_start} to the last night {scenario.last_day} is "
            f"{scenario.days} days; schemes need {MIN_HISTORY_DAYS}"
        )
    return found
