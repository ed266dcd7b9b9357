"""Simulate: make the world block by block, join what the blocks made into deliveries, keep the truth apart."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path

from fundwatch.errors import FundwatchError
from simulator.blocks import make_block
from simulator.checks import check
from simulator.delivering.delivery import Joiner
from simulator.delivering.registries import spool_registries
from simulator.delivering.rows import money
from simulator.delivering.spool import SpoolWriter
from simulator.delivering.tables import TRUTH, spooled_tables
from simulator.delivering.totals import BlockReport, Totals
from simulator.delivering.truth import write_truth
from simulator.faults.spoiling import can_be_spoiled, write_delivery
from simulator.honest_world import block_count
from simulator.scenario.misdeliveries import Spoiled
from simulator.scenario.scenario import Scenario, ScenarioError

_SPOOL = ".spool"


class SimulationError(FundwatchError):
    """The world could not be made; nothing was delivered."""


@dataclass(frozen=True, slots=True)
class NightSummary:
    """One delivery: rows by table, and the money its manifest states."""

    business_date: str
    rows: dict[str, int]
    fee_amount: str
    settled_amount: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What was simulated, for tests and for control totals.

    `schemes` and `lookalikes` count instances by name; `bad_rows` counts broken fee lines by problem;
    `resent_rows` are exact second copies of fee lines.
    """

    nights: tuple[NightSummary, ...]
    persons: int
    fee_lines: int
    schemes: dict[str, int]
    lookalikes: dict[str, int]
    labels: int
    bad_rows: dict[str, int]
    resent_rows: int
    late_lines: int
    negative_lines: int
    unsettled_lines: int
    reversed_settlements: int


def simulate(
    scenario: Scenario, landing: Path, truth: Path, *, processes: int = 1, nights: Collection[date] | None = None
) -> Summary:
    """Write one folder per night under `landing`; labels.csv, mishaps.csv and summary.json under `truth`.

    The same scenario gives the same bytes on any number of processes. `nights` names the nights to write, by
    itself all of them: the others are reckoned again, never kept, so that a delivery can be continued at any time.
    What the sender of a spoiled night sends the morning after lies under `landing`/resent (see faults.spoiling).
    The summary counts what was meant to be delivered; mishaps.csv says where less or more was.
    Rows are in the national interface's layout. Raises ScenarioError when a night is not the scenario's, or when
    the truth would lie within the landing zone or the other way round.
    """
    _check_apart(landing, truth)
    check(scenario)
    written = _numbers_of(scenario, nights)
    sources = [scenario.spoiled[scenario.nights[n]].source for n in written if scenario.nights[n] in scenario.spoiled]
    kept = written | {scenario.nights.index(source) for source in sources if source is not None}
    truth.mkdir(parents=True, exist_ok=True)
    with _spool_folder(truth) as folder:
        totals = Totals()
        for report in make_blocks(scenario, kept, folder, processes):
            totals.add(report)
        spool = SpoolWriter(folder / "world", len(spooled_tables(scenario)))
        for report in spool_registries(scenario, totals, kept, spool):
            totals.add(report)
        joiner = Joiner(scenario, spooled_tables(scenario), totals.places)
        spoiled = _spoiled(scenario, totals)
        for number in sorted(written):
            write_delivery(joiner, number, landing, spoiled.get(scenario.nights[number]), folder / "earlier")
        summary = _summary(scenario, totals)
        write_truth(truth, joiner, spoiled.values(), json.dumps(asdict(summary), ensure_ascii=False, indent=2))
    return summary


def make_blocks(scenario: Scenario, written: frozenset[int], folder: Path, processes: int) -> Iterator[BlockReport]:
    """Every block's report, in block order; each process spools into a file of its own."""
    blocks = range(block_count(scenario))
    work = partial(_make_one, scenario, written, str(folder))
    if processes <= 1 or len(blocks) == 1:
        yield from map(work, blocks)
        return
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(min(processes, len(blocks)), mp_context=context) as pool:
            yield from pool.map(work, blocks)
    except BrokenProcessPool as error:
        raise SimulationError(
            "a process that makes a part of the world ended by itself",
            where=f"simulate(processes={processes})",
            do='in a script call it under `if __name__ == "__main__":`; where memory is short use fewer processes',
        ) from error


_SPOOLS: dict[str, SpoolWriter] = {}


def _make_one(scenario: Scenario, written: frozenset[int], folder: str, block: int) -> BlockReport:
    """One block, in whichever process: appended to the spool of that process."""
    path = Path(folder) / f"blocks-{os.getpid()}"
    spool = _SPOOLS.get(str(path))
    if spool is None or not path.exists():
        _SPOOLS.clear()
        spool = _SPOOLS[str(path)] = SpoolWriter(path, len(spooled_tables(scenario)))
    return make_block(scenario, block, written, spool)


@contextmanager
def _spool_folder(truth: Path) -> Iterator[Path]:
    """A folder for the spool, within the truth: whole rows never lie outside it and the landing zone."""
    folder = truth / _SPOOL
    shutil.rmtree(folder, ignore_errors=True)  # of a simulation that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        _SPOOLS.clear()
        shutil.rmtree(folder, ignore_errors=True)


def _numbers_of(scenario: Scenario, nights: Collection[date] | None) -> frozenset[int]:
    wanted = scenario.nights if nights is None else nights
    strange = sorted(str(night) for night in wanted if night not in scenario.nights)
    if strange:
        raise ScenarioError(
            f"nights {', '.join(strange)} are not the scenario's",
            where="nights",
            do="name nights of the scenario, or add them to it",
        )
    return frozenset(scenario.nights.index(night) for night in wanted)


def _check_apart(landing: Path, truth: Path) -> None:
    inner, outer = truth.resolve(), landing.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise ScenarioError(
            "the truth and the landing zone lie within each other: detectors would read the answers",
            where=f"landing {landing}, truth {truth}",
            do="name two separate folders",
        )


def _summary(scenario: Scenario, totals: Totals) -> Summary:
    counts = totals.counts
    return Summary(
        nights=tuple(_night_summary(scenario, number, totals) for number in range(len(scenario.nights))),
        persons=counts["persons"],
        fee_lines=counts["fee_lines"],
        schemes=dict(sorted(totals.schemes.items())),
        lookalikes=dict(sorted(totals.lookalikes.items())),
        labels=counts["labels"],
        bad_rows=dict(sorted(totals.bad_rows.items())),
        resent_rows=counts["resent_rows"],
        late_lines=counts["late_lines"],
        negative_lines=counts["negative_lines"],
        unsettled_lines=counts["unsettled_lines"],
        reversed_settlements=counts["reversed_settlements"],
    )


def _night_summary(scenario: Scenario, number: int, totals: Totals) -> NightSummary:
    tables = [table for table in spooled_tables(scenario) if table not in TRUTH]
    rows = {table: totals.rows[number, n] for n, table in enumerate(tables)}
    cents = {table: totals.cents[number, n] for n, table in enumerate(tables)}
    delivered = {table: count for table, count in rows.items() if count}
    return NightSummary(str(scenario.nights[number]), delivered, money(cents["fee_list"]), money(cents["setl"]))


def _spoiled(scenario: Scenario, totals: Totals) -> dict[date, Spoiled]:
    """The spoiled nights whose files, and those they take from, are large enough to be spoiled."""
    tables = list(spooled_tables(scenario))

    def is_large(night: date | None, table: str) -> bool:
        return night is None or can_be_spoiled(totals.rows[scenario.nights.index(night), tables.index(table)])

    return {
        night: one
        for night, one in scenario.spoiled.items()
        if is_large(night, one.kind.table) and is_large(one.source, one.kind.table)
    }
