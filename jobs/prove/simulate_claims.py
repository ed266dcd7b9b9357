"""Make labelled synthetic deliveries, unless the same ones lie there already."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256
from fundwatch.logs import step
from fundwatch.settings import Settings
from simulator import Scenario, scenario_for_lines, simulate
from simulator.delivering.delivery import MANIFEST
from simulator.faults.spoiling import RESENT
from simulator.scenario.scenario_file import DROPPED, read_scenario

_LINES, _NIGHTS = 24_000, 4
_DAYS_BETWEEN_NIGHTS = 7
_HISTORY_DAYS = 89  # with the last night itself, the ninety days that the longest window looks back upon


@dataclass(frozen=True)
class Asked:
    """What is asked of a simulation: a preset or file, and what is said again; None: as the scenario says.

    Without a preset or file, `last` is needed: plain weekly deliveries end on it.
    """

    source: str | Path | None = None
    last: date | None = None
    nights: int | None = None
    lines: int | None = None
    start: date | None = None
    seed: int | None = None
    encoding: str | None = None
    compression: str | None = None


@dataclass(frozen=True)
class Simulated:
    """The deliveries that lie there, as the simulator sums them up; how many of their nights are spoiled."""

    is_new: bool
    summary: dict[str, Any]
    spoiled: int
    landing: Path
    truth: Path

    def as_json(self) -> dict[str, Any]:
        """The summary."""
        return {"is_new": self.is_new, **self.summary}


def scenario_of(last: date, *, lines: int, nights: int, seed: int, start: date | None = None) -> Scenario:
    """The scenario of about `lines` fee lines over weekly deliveries that end on `last`."""
    if nights < 1:
        raise FundwatchError(f"{nights} nights cannot be delivered", where="--nights", do="ask for one or more")
    dates = tuple(last - timedelta(days=_DAYS_BETWEEN_NIGHTS * back) for back in reversed(range(nights)))
    first = start or last - timedelta(days=_HISTORY_DAYS)
    return scenario_for_lines(lines, seed=seed, history_start=first, nights=dates)


def deliver(scenario: Scenario, landing: Path, truth: Path, *, processes: int = 1) -> bool:
    """Write the deliveries; False when the very same lie there.

    Where the first nights of the same world lie already, only those after them are written. Raises FundwatchError
    when other deliveries lie there.
    """
    note, asked = truth / "scenario.json", json.dumps(asdict(scenario), default=str, sort_keys=True)
    made: dict[str, Any] = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    is_there = bool(made) and _are_there(landing, made["manifests"])
    if is_there and made["scenario"] == asked:
        return False
    is_continued = is_there and _continues(json.loads(made["scenario"]), json.loads(asked))
    if not is_continued and landing.is_dir() and any(landing.iterdir()):
        raise FundwatchError(
            "other deliveries lie in the landing folder",
            where=str(landing),
            do="name an empty folder with --landing or --var, or move the old one away",
        )
    written = [night for night in scenario.nights if not (is_continued and str(night) in made["manifests"])]
    with step("simulate deliveries") as facts:
        summary = simulate(scenario, landing, truth, processes=processes, nights=written)
        facts.update(persons=summary.persons, lines=summary.fee_lines, nights=len(written))
    manifests = {night.isoformat(): _fingerprints(landing, night.isoformat()) for night in scenario.nights}
    note.write_text(json.dumps({"scenario": asked, "manifests": manifests}, indent=2) + "\n", encoding="utf-8")
    return True


def _continues(made: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether what was made is the same world up to an earlier night."""
    nights = made["nights"]
    is_same = all(made.get(key) == asked[key] for key in asked if key not in ("nights", "ends_on"))
    ends = [scenario["ends_on"] or scenario["nights"][-1] for scenario in (made, asked)]
    return is_same and ends[0] == ends[1] and asked["nights"][: len(nights)] == nights


def _fingerprints(landing: Path, night: str) -> list[str]:
    """The manifest a night stands by: as it was delivered ("" without one), and as it was sent once more."""
    resent = landing / RESENT / night / MANIFEST
    return [_print(landing, night), *([file_sha256(resent)] if resent.is_file() else [])]


def _print(landing: Path, night: str) -> str:
    manifest = landing / night / MANIFEST
    return file_sha256(manifest) if manifest.is_file() else ""


def _are_there(landing: Path, manifests: dict[str, list[str]]) -> bool:
    return all((landing / night).is_dir() and _print(landing, night) in known for night, known in manifests.items())


def scenario_asked(asked: Asked, settings: Settings) -> Scenario:
    """The preset or file, with what is said again; without either, plain weekly deliveries. Raises FundwatchError."""
    if asked.source is not None:
        given = {
            "nights.last": asked.last,
            "nights.count": asked.nights,
            "lines": asked.lines,
            "persons": None if asked.lines is None else DROPPED,
            "history.from": asked.start,
            "seed": asked.seed,
            "delivery.encoding": asked.encoding,
            "delivery.compression": asked.compression,
        }
        return read_scenario(asked.source, {key: value for key, value in given.items() if value is not None})
    if asked.last is None:
        raise FundwatchError("which night is the last?", where="--date", do="give it, like --date 2026-03-31")
    scenario = scenario_of(
        asked.last,
        lines=_LINES if asked.lines is None else asked.lines,
        nights=_NIGHTS if asked.nights is None else asked.nights,
        seed=settings.seed if asked.seed is None else asked.seed,
        start=asked.start,
    )
    stated: dict[str, Any] = {"encoding": asked.encoding, "compression": asked.compression}
    return replace(scenario, layout=replace(scenario.layout, **{k: v for k, v in stated.items() if v is not None}))


def simulate_deliveries(settings: Settings, asked: Asked, *, processes: int = 1) -> Simulated:
    """Make the deliveries that are asked for, unless the very same lie there; the bytes are the same on any number of
    processes."""
    scenario, landing, truth = scenario_asked(asked, settings), settings.landing_dir, settings.truth_dir
    is_new = deliver(scenario, landing, truth, processes=processes)
    summary = json.loads((truth / "summary.json").read_text(encoding="utf-8"))
    return Simulated(is_new, summary, len(scenario.spoiled), landing, truth)
