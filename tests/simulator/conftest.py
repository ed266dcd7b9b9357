"""One simulated world, read back from its files as text."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from simulator import Scenario, Summary, simulate
from tests.simulator.misdelivered import faulty, night, sound  # noqa: F401 (fixtures)

RowValues = dict[str, str]


@dataclass(frozen=True)
class SimulatedScenario:
    """What a scenario left on disk; `tables` unite its nights in order."""

    scenario: Scenario
    landing: Path
    summary: Summary
    tables: dict[str, list[RowValues]]
    labels: list[RowValues]

    def labelled(self, rule_id: str, kind: str) -> list[RowValues]:
        return [label for label in self.labels if (label["rule_id"], label["kind"]) == (rule_id, kind)]


def read_table(path: Path) -> list[RowValues]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def simulated(scenario: Scenario, folder: Path) -> SimulatedScenario:
    landing, truth = folder / "landing", folder / "truth"
    summary = simulate(scenario, landing, truth)
    tables: dict[str, list[RowValues]] = defaultdict(list)
    for folder in (landing / str(day) for day in scenario.nights):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for file in manifest["files"]:
            tables[file["table"]] += read_table(folder / file["name"])
    with (truth / "labels.csv").open(encoding="utf-8", newline="") as text:
        labels = list(csv.DictReader(text))
    return SimulatedScenario(scenario, landing, summary, dict(tables), labels)


@pytest.fixture(scope="session")
def simulate_into(tmp_path_factory):
    """Simulate a scenario into a fresh folder and read it back."""
    return lambda scenario: simulated(scenario, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def world(simulate_into) -> SimulatedScenario:
    """A small world with every scheme several times, in its plain form."""
    return simulate_into(Scenario(persons=300, scheme_scale=5.0, disguise_shares=(1.0, 0.0, 0.0)))


@pytest.fixture(scope="session")
def honest_world(simulate_into) -> SimulatedScenario:
    """The same people and nothing staged."""
    return simulate_into(Scenario(persons=300, scheme_scale=0.0))


@pytest.fixture(scope="session")
def short_history() -> Scenario:
    """As little as a world can be."""
    return Scenario(persons=50, history_start=date(2026, 3, 1), nights=(date(2026, 3, 30), date(2026, 3, 31)))
