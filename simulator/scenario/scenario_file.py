"""Scenarios as YAML: presets in conf/scenarios, or a file of one's own. Unknown keys are refused, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from fundwatch.declared import Declared
from fundwatch.resources import conf_file, read_yaml
from simulator.checks import world_problems
from simulator.city.life_events import USUAL_MOVES, MoveRates
from simulator.scenario.layout import Layout
from simulator.scenario.misdeliveries import When
from simulator.scenario.scenario import Scenario, ScenarioError
from simulator.scenario.sizing import scenario_for_lines

_KIND = "scenarios"
DROPPED = object()  # given for a key: what the file says of it does not hold
Mishap = float | tuple[Annotated[int, Field(strict=True, ge=1)] | date, ...]  # how often, or on which nights
_DAYS_BETWEEN = {"daily": 1, "weekly": 7}


class HistorySection(Declared):
    """From when on there are claims: a date, or so many days before the last night."""

    start: date | None = Field(None, alias="from")
    days: int = Field(89, ge=1, le=3660)


class NightsSection(Declared):
    """Deliveries: a list of dates, or so many at a distance, ending on `last`."""

    dates: tuple[date, ...] = ()
    every: Literal["daily", "weekly"] = "weekly"
    count: int = Field(4, ge=1, le=3660)
    last: date = date(2026, 3, 31)

    def resolved(self) -> tuple[date, ...]:
        """The business dates, ascending."""
        step = timedelta(days=_DAYS_BETWEEN[self.every])
        return self.dates or tuple(self.last - step * back for back in reversed(range(self.count)))


class Disguise(Declared):
    """Shares of instances that are plain, careful and well disguised."""

    plain: float = 0.5
    careful: float = 0.3
    disguised: float = 0.2


class Schemes(Declared):
    """What is staged: a factor on all rates, factors on single ones, shares of disguise levels."""

    scale: float = 1.0
    at_least_once: bool = True
    disguise: Disguise = Disguise()
    rates: dict[str, float] = Field(default={})


class Stays(Declared):
    """How often honest people are admitted, as a factor on the usual rate."""

    factor: float = 1.0


class Moves(Declared):
    """How many of a hundred households a year move, as shares: within the pooling area, out of it, into it."""

    within: float = USUAL_MOVES.within
    out: float = USUAL_MOVES.out
    into: float = USUAL_MOVES.into


class DeliverySection(Declared):
    """How files are written."""

    encoding: str = "utf-8"
    compression: str = "gzip"
    level: int = 1
    names: str = "interface"


class ScenarioFile(Declared):
    """One scenario as it is written down. Either `persons` or `lines` says how large it is."""

    title: str = ""
    seed: int = 20260331
    persons: int | None = None
    lines: int | None = Field(None, ge=1)
    history: HistorySection = HistorySection()
    nights: NightsSection = NightsSection()
    ends_on: date | None = None
    schemes: Schemes = Schemes()
    stays: Stays = Stays()
    moves: Moves = Moves()
    counties: int = 1
    dirt: dict[str, float] = Field(default={})
    delivery: DeliverySection = DeliverySection()
    tables: dict[str, bool] = Field(default={})
    mishaps: dict[str, Mishap] = Field(default={})

    def scenario(self) -> Scenario:
        """The scenario it describes. Raises ScenarioError naming every problem."""
        nights = self.nights.resolved()
        last = max(nights)
        start = self.history.start or last - timedelta(days=self.history.days)
        dirt = dict(self.dirt)
        broken = dirt.pop("broken", 0.001)
        sized = {"seed": self.seed, "history_start": start, "nights": nights, "scheme_scale": self.schemes.scale}
        if self.persons is None:
            made = scenario_for_lines(self.lines or 24_000, dirt_rate=broken, **sized)  # type: ignore[arg-type]
        else:
            made = Scenario(persons=self.persons, dirt_rate=broken, **sized)  # type: ignore[arg-type]
        shares = self.schemes.disguise
        return replace(
            made,
            ends_on=self.ends_on,
            every_scheme=made.every_scheme and self.schemes.at_least_once,
            scheme_rates=self.schemes.rates,
            disguise_shares=(shares.plain, shares.careful, shares.disguised),
            stay_factor=self.stays.factor,
            moves=MoveRates(**self.moves.model_dump()),
            counties=self.counties,
            dirt=dirt,
            layout=Layout(**self.delivery.model_dump()),
            tables=self.tables,
            mishaps={name: self._nights_of(when, nights) for name, when in self.mishaps.items()},
        )

    def _nights_of(self, when: float | tuple[int | date, ...], nights: tuple[date, ...]) -> When:
        """A rate as it is; nights by their dates or by their numbers, the first being 1."""
        if not isinstance(when, tuple):
            return when
        step = timedelta(days=_DAYS_BETWEEN[self.nights.every])
        return tuple(
            night if isinstance(night, date)
            else nights[night - 1] if night <= len(nights)
            else nights[-1] + step * (night - len(nights))
            for night in when
        )  # fmt: skip


def read_scenario(source: str | Path, given: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a preset's name or a file, with single keys `given` again, such as "nights.last".

    Raises ScenarioError naming every problem by its key.
    """
    where = conf_file(_KIND, source) if isinstance(source, str) else source
    content = read_yaml(where)
    if not isinstance(content, dict):
        raise ScenarioError(
            "a scenario file holds keys and values", where=str(where), do="see conf/scenarios/demo.yaml"
        )
    for key, value in (given or {}).items():
        _put(content, key.split("."), value)
    return scenario_of(content, str(where))


def scenario_of(content: dict[str, Any], where: str) -> Scenario:
    """The scenario of what a file holds."""
    found: list[str] = []
    try:
        file = ScenarioFile.model_validate(content)
    except ValidationError as refused:
        found += [f"{_key(problem['loc'])}: {_reason(problem['type'], problem['msg'])}" for problem in refused.errors()]
        file = ScenarioFile.model_validate(_without(content, [problem["loc"] for problem in refused.errors()]))
    if file.persons is not None and file.lines is not None:
        found.append("lines: give either persons or lines")
    try:
        scenario = file.scenario()
        found += world_problems(scenario)
    except ScenarioError as refused:
        found += refused.found
        found += world_problems(Scenario(scheme_rates=dict.fromkeys(file.schemes.rates, 1.0), tables=file.tables))
    if found:
        raise ScenarioError.of(found, where)
    return scenario


def _put(content: dict[str, Any], path: list[str], value: object) -> None:
    for key in path[:-1]:
        inner = content.setdefault(key, {})
        content = inner if isinstance(inner, dict) else {}
    if value is DROPPED:
        content.pop(path[-1], None)
    else:
        content[path[-1]] = value


def _key(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)


def _reason(kind: str, message: str) -> str:
    return "there is no such key" if kind == "extra_forbidden" else message[:1].lower() + message[1:]


def _without(content: dict[str, Any], locs: list[tuple[int | str, ...]]) -> dict[str, Any]:
    """The content less what was refused, so that the rest can be checked too."""
    kept = {key: dict(value) if isinstance(value, dict) else value for key, value in content.items()}
    for loc in locs:
        inner: Any = kept
        for part in loc[:-1]:
            inner = inner.get(part, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            inner.pop(loc[-1], None)
        else:
            kept.pop(str(loc[0]), None)
    return kept
