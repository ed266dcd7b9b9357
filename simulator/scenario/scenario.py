"""What to simulate: how many people, from when, over which nights, with how many schemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from fundwatch.errors import FundwatchError, problems
from simulator.city.life_events import MoveRates
from simulator.city.names import MOST_COUNTIES
from simulator.faults.writing import BY_NAME, rates_of
from simulator.scenario.layout import Layout
from simulator.scenario.misdeliveries import Spoiled, When, mishap_problems, spoiled_nights

# Schemes unfold over up to four weeks (a month of daily visits, a readmission after a fortnight).
MIN_HISTORY_DAYS = 30
MIN_PERSONS = 10
MOST_STAYS = 20.0  # times the usual rate of admissions


class ScenarioError(FundwatchError):
    """A scenario cannot be simulated as it stands, or its folders cannot hold the result.

    `found` are its single problems, where it has several.
    """

    def __init__(self, what: str, *, where: str = "", do: str = "", found: Sequence[str] = ()) -> None:
        super().__init__(what, where=where, do=do)
        self.found = tuple(found)

    @classmethod
    def of(cls, found: Sequence[str], where: str) -> Self:
        """All of a scenario's problems in one error."""
        return cls(problems("the scenario does not hold", found), where=where, do="fix the named fields", found=found)


@dataclass(frozen=True)
class Scenario:
    """One simulated world and its nights.

    `nights` are business dates in ascending order. Delivery i carries everything uploaded in
    (nights[i-1], nights[i]]; the first carries everything from `history_start` on.
    `scheme_scale` multiplies the number of labelled schemes and look-alikes; 0 leaves the honest world alone.
    `dirt_rate` is the share of fee lines that arrive unreadable or contradict themselves; `dirt` sets the rate
    of single switches (dirt.SWITCHES). `every_scheme` plays each scheme and look-alike at least once, however few
    the people; without it only those of the first rules are sure to come. `scheme_rates` multiply the number of
    instances of single schemes, `disguise_shares` say how many are plain, careful and well disguised.
    `stay_factor` multiplies how often honest people are admitted. `tables` switch extra tables on or off by name.
    `moves` say how many households a year move within the pooling area, out of it and into it. Neighbours are insured
    in one of `counties` counties, which do not differ otherwise.
    `mishaps` spoil whole deliveries, each kind on a share of the nights or on the nights named (see misdeliveries).
    The world ends on `ends_on`, by itself the last night. With a later end, nights can be added one day: those
    delivered before stay the same to the byte.
    Raises ScenarioError naming every problem.
    """

    seed: int = 20260331
    persons: int = 1200
    history_start: date = date(2026, 1, 1)
    nights: tuple[date, ...] = (date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31))
    scheme_scale: float = 1.0
    dirt_rate: float = 0.001
    ends_on: date | None = None
    every_scheme: bool = True
    scheme_rates: Mapping[str, float] = field(default_factory=dict)
    disguise_shares: tuple[float, float, float] = (0.5, 0.3, 0.2)
    stay_factor: float = 1.0
    dirt: Mapping[str, float] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    tables: Mapping[str, bool] = field(default_factory=dict)
    mishaps: Mapping[str, When] = field(default_factory=dict)
    moves: MoveRates = field(default_factory=MoveRates)
    counties: int = 1

    def __post_init__(self) -> None:
        found = [
            *_number_problems(self),
            *_night_problems(self),
            *_rate_problems(self),
            *self.layout.problems(),
            *self.moves.problems(),
        ]
        found += mishap_problems(self.nights, self.ends_on or max(self.nights, default=date.min), self.mishaps)
        if found:
            raise ScenarioError.of(found, "Scenario")

    @property
    def last_day(self) -> date:
        """The last day of the world; nothing happens after it."""
        return self.ends_on or self.nights[-1]

    @property
    def days(self) -> int:
        """Days from the start of history to the end of the world."""
        return (self.last_day - self.history_start).days

    @property
    def spoiled(self) -> dict[date, Spoiled]:
        """The nights whose delivery is spoiled, and how."""
        return spoiled_nights(self.seed, self.nights, self.mishaps)

    @property
    def rates(self) -> dict[str, float]:
        """The rate of every kind of dirt."""
        return rates_of(self.dirt_rate, self.dirt)


def _number_problems(scenario: Scenario) -> list[str]:
    found = []
    if scenario.seed < 0:
        found.append(f"seed is {scenario.seed}; it must not be negative")
    if scenario.persons < MIN_PERSONS:
        found.append(f"persons is {scenario.persons}; a world needs at least {MIN_PERSONS}")
    if not 1 <= scenario.counties <= MOST_COUNTIES:
        found.append(f"counties is {scenario.counties}; there are 1 to {MOST_COUNTIES}")
    if not 0 <= scenario.scheme_scale <= 100:
        found.append(f"scheme_scale is {scenario.scheme_scale}; it lies between 0 and 100")
    if not 0 <= scenario.dirt_rate <= 0.2:
        found.append(f"dirt_rate is {scenario.dirt_rate}; it lies between 0 and 0.2")
    return found


def _rate_problems(scenario: Scenario) -> list[str]:
    found = [f"dirt.{name}: there is no dirt of that name" for name in scenario.dirt if name not in BY_NAME]
    for name, rate in scenario.dirt.items():
        if name in BY_NAME and not 0 <= rate <= BY_NAME[name].most:
            found.append(f"dirt.{name} is {rate}; it lies between 0 and {BY_NAME[name].most}")
    for name, rate in scenario.scheme_rates.items():
        if not 0 <= rate <= 1000:
            found.append(f"schemes.rates.{name} is {rate}; it lies between 0 and 1000")
    shares = scenario.disguise_shares
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        found.append(f"schemes.disguise (disguise_shares) is {shares}; three shares, none negative, that sum to 1")
    if not 0 <= scenario.stay_factor <= MOST_STAYS:
        found.append(f"stays.factor (stay_factor) is {scenario.stay_factor}; it lies between 0 and {MOST_STAYS}")
    return found


def _night_problems(scenario: Scenario) -> list[str]:
    if not scenario.nights:
        return ["nights is empty; name at least one business date"]
    found = []
    if list(scenario.nights) != sorted(set(scenario.nights)):
        found.append("nights must ascend and not repeat")
    early = [str(night) for night in scenario.nights if night <= scenario.history_start]
    if early:
        found.append(f"nights {', '.join(early)} do not come after history_start {scenario.history_start}")
    if scenario.ends_on is not None and scenario.ends_on < scenario.nights[-1]:
        found.append(f"ends_on {scenario.ends_on} comes before the last night {scenario.nights[-1]}")
    elif not early and scenario.days < MIN_HISTORY_DAYS:
        found.append(
            f"history_start {scenario.history_start} to the last night or ends_on {scenario.last_day} is "
            f"{scenario.days} days; schemes need {MIN_HISTORY_DAYS}"
        )
    return found
