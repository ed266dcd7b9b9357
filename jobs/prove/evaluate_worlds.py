"""Evaluate several worlds: seeds, each simulated and run by the stages of a night, or lakes that were run already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from evaluation.headline import headline
from evaluation.report import plain
from evaluation.worlds import spread, worlds_page
from fundwatch.declared import Declared, read_declared
from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.logs import step
from fundwatch.pages import as_json
from fundwatch.places import put_file
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.evaluate_leads import evaluate_night
from jobs.prove.simulate_claims import Asked, deliver, scenario_asked
from jobs.run_nights import delivered_nights, run_nights

_OWN_FOLDERS = dict.fromkeys(
    ("landing", "lake", "truth", "lists", "reports", "key_file", "vault", "vault_key_file", "scratch", "mlflow_uri")
)


class WorldsFile(Declared):
    """Which worlds. `seeds` are simulated by a preset or scenario file, or as plain weekly deliveries up to `last`,
    each in a folder of its own; `lakes` are folders (as --var has them) with labels, evaluated on `night`, or on the
    last night whose rules have run. Paths are relative to the file."""

    title: str = ""
    seeds: tuple[int, ...] = ()
    preset: str | None = None
    scenario: Path | None = None
    last: date | None = None
    nights: int | None = Field(None, ge=1)
    lines: int | None = Field(None, ge=1)
    lakes: tuple[Path, ...] = ()
    night: date | None = None

    def faults(self) -> Iterator[str]:
        """What is wrong between the keys."""
        if not self.seeds and not self.lakes:
            yield "seeds, lakes: name one world at least"
        for name in ("seeds", "lakes"):
            if len(set(given := getattr(self, name))) < len(given):
                yield f"{name}: each world counts once"
        if self.preset and self.scenario:
            yield "preset, scenario: give one of the two"
        if self.seeds and not (self.preset or self.scenario or self.last):
            yield "last: seeds need a preset, a scenario or the last night"


@dataclass(frozen=True)
class _World:
    """A world by its name and its folders; it is simulated with the seed, or lies there where it has none."""

    name: str
    var: Path
    seed: int | None = None


@dataclass(frozen=True)
class EvaluatedWorlds:
    """The headline figures of every world by its name, and their spread."""

    title: str
    worlds: Mapping[str, Mapping[str, float | None]]
    figures: pd.DataFrame
    folder: Path

    def as_json(self) -> dict[str, Any]:
        """The spread of every figure, and the figures of every world."""
        worlds = {name: dict(of_world) for name, of_world in self.worlds.items()}
        return {"title": self.title, "figures": plain(self.figures), "worlds": worlds, "folder": self.folder}


def evaluate_worlds(settings: Settings, file: Path) -> EvaluatedWorlds:
    """Evaluate every world that the file names, and write their record and page. A world that was made already is not
    made again. Raises FundwatchError naming the world that cannot be evaluated."""
    if not file.is_file():
        raise FundwatchError("there is no file of worlds", where=str(file), do="write one, see docs/evaluation.md")
    asked = read_declared(
        WorldsFile, file, "the file of worlds does not hold", error=FundwatchError, also=WorldsFile.faults
    )
    worlds = {}
    for world in _worlds(asked, settings, file):
        own = settings.model_copy(update={**_OWN_FOLDERS, "var": world.var})
        with step(f"world {world.name}"):
            try:
                night = asked.night or _last_night(own) if world.seed is None else _made(asked, own, world.seed, file)
                worlds[world.name] = headline(evaluate_night(own, night, own.truth_dir).evaluation)
            except FundwatchError as error:
                raise type(error)(f"world {world.name}: {error.what}", where=error.where, do=error.do) from error
    done = EvaluatedWorlds(asked.title, worlds, spread(worlds), settings.var / "evaluation" / file.stem)
    put_file(done.folder / "worlds.json", as_json({k: v for k, v in done.as_json().items() if k != "folder"}))
    put_file(done.folder / "worlds.html", worlds_page(asked.title, worlds, done.figures))
    return done


def _worlds(asked: WorldsFile, settings: Settings, file: Path) -> Iterator[_World]:
    for seed in asked.seeds:
        yield _World(f"seed {seed}", settings.var / "worlds" / f"{file.stem}-{seed}", seed)
    for lake in asked.lakes:
        yield _World(f"lake {lake}", file.parent / lake)


def _made(asked: WorldsFile, settings: Settings, seed: int, file: Path) -> date:
    """The last night of the seed's world, simulated and run: what lies there already is left as it is."""
    make_missing_keys(settings)
    source = asked.preset if asked.scenario is None else file.parent / asked.scenario
    wanted = Asked(source=source, last=asked.last, nights=asked.nights, lines=asked.lines, seed=seed)
    scenario = scenario_asked(wanted, settings)
    deliver(scenario, settings.landing_dir, settings.truth_dir)
    return run_nights(settings, delivered_nights(settings, scenario.nights[0], scenario.nights[-1])).last


def _last_night(settings: Settings) -> date:
    refuse_no_lake(settings.lake_address)
    nights = Ledger(settings.lake_address).nights("rules")
    if not nights:
        raise NotReadyError(
            "no night has run", where=str(settings.lake_address), do="run `fundwatch nightly --date DATE` there"
        )
    return max(nights)
