"""Make labelled synthetic deliveries, unless the same ones lie there already."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256
from fundwatch.logs import step
from fundwatch.settings import Settings
from jobs.command_line import night_of, settings_of
from simulator import Scenario, scenario_for_lines, simulate
from simulator.delivering.delivery import MANIFEST
from simulator.faults.spoiling import RESENT
from simulator.scenario.scenario_file import DROPPED, read_scenario

_LINES, _NIGHTS = 24_000, 4
_DAYS_BETWEEN_NIGHTS = 7
_HISTORY_DAYS = 89  # with the last night itself, the ninety days that the longest window looks back upon


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
    stands = bool(made) and _stand(landing, made["manifests"])
    if stands and made["scenario"] == asked:
        return False
    is_continued = stands and _continues(json.loads(made["scenario"]), json.loads(asked))
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
    manifests = {night.isoformat(): _prints(landing, night.isoformat()) for night in scenario.nights}
    note.write_text(json.dumps({"scenario": asked, "manifests": manifests}, indent=2) + "\n", encoding="utf-8")
    return True


def _continues(made: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether what was made is the same world up to an earlier night."""
    nights = made["nights"]
    is_same = all(made.get(key) == asked[key] for key in asked if key not in ("nights", "ends_on"))
    ends = [scenario["ends_on"] or scenario["nights"][-1] for scenario in (made, asked)]
    return is_same and ends[0] == ends[1] and asked["nights"][: len(nights)] == nights


def _prints(landing: Path, night: str) -> list[str]:
    """The manifest a night stands by: as it was delivered ("" without one), and as it was sent once more."""
    resent = landing / RESENT / night / MANIFEST
    return [_print(landing, night), *([file_sha256(resent)] if resent.is_file() else [])]


def _print(landing: Path, night: str) -> str:
    manifest = landing / night / MANIFEST
    return file_sha256(manifest) if manifest.is_file() else ""


def _stand(landing: Path, manifests: dict[str, list[str]]) -> bool:
    return all((landing / night).is_dir() and _print(landing, night) in known for night, known in manifests.items())


def seed_of(options: argparse.Namespace, settings: Settings) -> int:
    """The seed asked for, else the one in the settings."""
    return int(settings.seed if options.seed is None else options.seed)


def scenario_asked(options: argparse.Namespace, settings: Settings) -> Scenario:
    """The preset or file, with what the command line says anew; without either, plain weekly deliveries."""
    source = options.preset or options.scenario
    if source is None:
        scenario = scenario_of(
            night_of(options),
            lines=_LINES if options.lines is None else options.lines,
            nights=_NIGHTS if options.nights is None else options.nights,
            seed=seed_of(options, settings),
            start=options.start,
        )
        said = {"encoding": options.encoding, "compression": options.compression}
        return replace(scenario, layout=replace(scenario.layout, **{k: v for k, v in said.items() if v is not None}))
    given = {
        "nights.last": options.date,
        "nights.count": options.nights,
        "lines": options.lines,
        "persons": None if options.lines is None else DROPPED,
        "history.from": options.start,
        "seed": options.seed,
        "delivery.encoding": options.encoding,
        "delivery.compression": options.compression,
    }
    return read_scenario(source, {key: value for key, value in given.items() if value is not None})


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch simulate --date … [--lines …] [--nights …]`, or with --preset NAME or --scenario FILE."""
    settings = settings_of(options).settings
    scenario = scenario_asked(options, settings)
    is_new = deliver(scenario, settings.landing_dir, settings.truth_dir, processes=options.processes)
    summary = json.loads((settings.truth_dir / "summary.json").read_text(encoding="utf-8"))
    if not options.json:
        print("simulated" if is_new else "nothing to do: the same deliveries lie there already")
        for night in summary["nights"]:
            rows = night["rows"]
            print(f"  {night['business_date']}  {rows['fee_list']:>8,} fee lines  {night['fee_amount']:>16} yuan")
        if scenario.spoiled:
            told = settings.truth_dir / "mishaps.csv"
            print(f"{len(scenario.spoiled)} nights are spoiled: {told}; sent again: {settings.landing_dir / RESENT}")
        print(f"deliveries: {settings.landing_dir}   labels: {settings.truth_dir / 'labels.csv'}")
    return {"is_new": is_new, **summary}
