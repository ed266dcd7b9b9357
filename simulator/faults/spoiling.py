"""A night's delivery spoiled on disk, and the sound one that its sender sends the morning after.

Where a night is refused or held, the whole delivery comes once more, sound and under a batch id of its own, in
`<landing>/resent/<date>/`; `take_resent` puts it in the place of the spoiled one. A spoiled file is held in memory.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.delivering.columns import COLUMNS
from simulator.delivering.delivery import MANIFEST, DeliveredFile, Joiner, clear_night, stated_files, write_manifest
from simulator.delivering.inspection import INSPECTION
from simulator.delivering.rows import batch_id
from simulator.faults.spoiled_file import SPOILERS, SpoiledDelivery
from simulator.scenario.misdeliveries import Spoiled
from simulator.scenario.scenario import Scenario

RESENT = "resent"
_KNOWN = (*COLUMNS, *INSPECTION, *(table.name for table in EXTRA_TABLES))
_FEWEST_ROWS = 4  # less cannot be cut, mixed and told apart


def write_delivery(joiner: Joiner, number: int, landing: Path, spoiled: Spoiled | None, scratch: Path) -> None:
    """One night's folder, spoiled as the scenario says; `scratch` is a folder for the delivery it takes from."""
    night = joiner.scenario.nights[number]
    folder, resent = landing / str(night), landing / RESENT / str(night)
    clear_night(folder, _KNOWN)
    if resent.exists():
        shutil.rmtree(resent)
    joiner.write_night(number, folder)
    if spoiled is None:
        return
    if spoiled.source is not None:
        joiner.write_night(joiner.scenario.nights.index(spoiled.source), scratch)
    try:
        spoil_delivery(joiner.scenario, landing, spoiled, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def spoil_delivery(scenario: Scenario, landing: Path, spoiled: Spoiled, earlier: Path) -> None:
    """Spoil the sound delivery of a night that lies in the landing folder, whoever changed it meanwhile.

    `earlier` is the folder of the sound delivery it takes from, where it takes from one.
    """
    folder, files = landing / str(spoiled.night), stated_files(landing / str(spoiled.night))
    if spoiled.kind.is_fixed:
        resent = landing / RESENT / str(spoiled.night)
        shutil.copytree(folder, resent)
        write_manifest(resent, spoiled.night, batch_id(scenario.seed, spoiled.night) + "R", files)
    _spoil(scenario, folder, files, spoiled, earlier)


def can_be_spoiled(rows: int) -> bool:
    """Whether a file of so many rows is large enough for every kind."""
    return rows >= _FEWEST_ROWS


def take_resent(landing: Path, night: date) -> bool:
    """Put what the sender sent once more in the place of a spoiled delivery; False when there is none.

    The spoiled one is gone afterwards.
    """
    resent, folder = landing / RESENT / str(night), landing / str(night)
    if not resent.is_dir():
        return False
    shutil.rmtree(folder)
    resent.rename(folder)
    return True


def _spoil(scenario: Scenario, folder: Path, files: list[DeliveredFile], spoiled: Spoiled, earlier: Path) -> None:
    seed, kind, night = scenario.seed, spoiled.kind, spoiled.night
    spoilt = SpoiledDelivery(night, folder, files, kind.table, scenario.layout, earlier)
    batch = batch_id(seed, night)
    if kind.name == "no_manifest":
        (folder / MANIFEST).unlink()
        return
    if kind.name == "same_batch_id" and spoiled.source is not None:
        batch = batch_id(seed, spoiled.source)
    elif kind.name == "wrong_row_count":
        spoilt.state(replace(spoilt.stated, rows=spoilt.stated.rows + 3))
    elif kind.name == "wrong_sum":
        spoilt.state(replace(spoilt.stated, amount=(spoilt.stated.amount or 0) + 100_000))
    else:
        SPOILERS[kind.name](spoilt)
    write_manifest(folder, night, batch, spoilt.files)
