"""A world of which every night is spoiled in another way, beside the sound one; and what is read of a night."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator import Scenario, simulate
from simulator.scenario.misdeliveries import MISDELIVERIES

LAST = date(2026, 3, 31)
NIGHTS = tuple(LAST - timedelta(days=n) for n in reversed(range(len(MISDELIVERIES) + 3)))
PLAN = {kind.name: (NIGHTS[n + 2],) for n, kind in enumerate(MISDELIVERIES)}
SOUND = Scenario(persons=700, history_start=date(2026, 2, 20), nights=NIGHTS, scheme_scale=0.0)
FAULTY = replace(SOUND, mishaps=PLAN)


def made(scenario, folder, **how):
    simulate(scenario, folder / "landing", folder / "truth", **how)
    return folder / "landing"


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    return made(FAULTY, tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    return made(SOUND, tmp_path_factory.mktemp("sound"))


@pytest.fixture
def night(faulty, sound):
    """The folder of the night of a kind, and the sound one."""
    return lambda name: (faulty / str(PLAN[name][0]), sound / str(PLAN[name][0]))


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def entry(folder, name):
    return next(file for file in manifest(folder)["files"] if file["name"] == name)


def lines(path):
    content = path.read_bytes()
    return (gzip.decompress(content) if path.name.endswith(".gz") else content).decode("utf-8").splitlines()


def fees(folder):
    return lines(folder / "fee_list.csv.gz")


def rows(folder):
    return list(csv.DictReader(fees(folder)))


def is_true(folder, name):
    """Whether the manifest states what the file holds."""
    stated, content = entry(folder, name), (folder / name).read_bytes()
    text = gzip.decompress(content) if content and name.endswith(".gz") else content
    return (stated["sha256"], stated["bytes"], stated["rows"]) == (
        hashlib.sha256(content).hexdigest(), len(content), max(0, text.count(b"\n") - 1),
    )  # fmt: skip


def money(table):
    return sum(Decimal(row["det_item_fee_sumamt"]) for row in table)


def truth_of(landing):
    with (landing.parent / "truth" / "mishaps.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def has_the_stated_size(folder, name):
    return entry(folder, name)["bytes"] == (folder / name).stat().st_size
