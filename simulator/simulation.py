"""Simulate: make the honest world, stage the schemes, let things go wrong, deliver, keep the truth apart."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from simulator.delivery import DeliveredFile, Deliveries
from simulator.mishaps import Mishaps, break_rows, settle_with_mishaps
from simulator.records import Label, Visit
from simulator.rows import money
from simulator.scenario import Scenario, ScenarioError
from simulator.schemes import SCHEMES, Stage, stage_all
from simulator.world import World, make_world


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

    `schemes` and `lookalikes` count instances by name; `bad_rows` counts broken fee lines by fault;
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


def simulate(scenario: Scenario, landing: Path, truth: Path) -> Summary:
    """Write one folder per night under `landing`, and labels.csv and summary.json under `truth`.

    The same scenario gives the same bytes. Rows are in the national interface's layout.
    Raises ScenarioError when the truth would lie within the landing zone or the other way round.
    """
    _check_apart(landing, truth)
    world = make_world(scenario)
    mishaps = Mishaps()
    lines = settle_with_mishaps(scenario.seed, "honest", world.visits, scenario.last_day, mishaps)
    break_rows(scenario.seed, lines, scenario.dirt_rate, mishaps)
    stages = stage_all(world, SCHEMES, mishaps)
    visits = [*world.visits, *(visit for stage in stages for visit in (*stage.ordinary, *stage.staged))]
    files = _deliver(world, stages, visits, mishaps).write(scenario.seed, landing)
    summary = _summary(world, stages, visits, mishaps, files)
    _write_truth(truth, (label for stage in stages for label in stage.labels), summary)
    return summary


def _check_apart(landing: Path, truth: Path) -> None:
    inner, outer = truth.resolve(), landing.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise ScenarioError(
            "the truth and the landing zone lie within each other: detectors would read the answers",
            where=f"landing {landing}, truth {truth}",
            do="name two separate folders",
        )


def _deliver(world: World, stages: list[Stage], visits: list[Visit], mishaps: Mishaps) -> Deliveries:
    deliveries = Deliveries(world.scenario.nights)
    new_places = [place for stage in stages for place in stage.hospitals]
    hospitals = [*world.providers.hospitals, *new_places]
    staff = [(place, doctor) for place in hospitals for doctor in place.doctors]
    deliveries.add_registries(
        [*world.people, *(person for stage in stages for person in stage.people)],
        [*hospitals, *world.providers.pharmacies],
        [*staff, *(member for stage in stages for member in stage.staff)],
    )
    for visit in visits:
        deliveries.add_visit(visit, mishaps)
    return deliveries


def _summary(
    world: World,
    stages: list[Stage],
    visits: list[Visit],
    mishaps: Mishaps,
    files: dict[date, list[DeliveredFile]],
) -> Summary:
    lines = [line for visit in visits for line in visit.lines]
    return Summary(
        nights=tuple(_night_summary(night, delivered) for night, delivered in files.items()),
        persons=len(world.people) + sum(len(stage.people) for stage in stages),
        fee_lines=len(lines) + len(mishaps.resent),
        schemes=_played(stages, "scheme"),
        lookalikes=_played(stages, "lookalike"),
        labels=sum(len(stage.labels) for stage in stages),
        bad_rows=dict(sorted(Counter(mishaps.bad.values()).items())),
        resent_rows=len(mishaps.resent),
        late_lines=mishaps.late_lines,
        negative_lines=sum(line.quantity < 0 for line in lines),
        unsettled_lines=sum(not line.settlement_id for line in lines),
        reversed_settlements=mishaps.undone_settlements,
    )


def _played(stages: list[Stage], kind: str) -> dict[str, int]:
    return dict(sorted(Counter(stage.scheme.name for stage in stages if stage.scheme.kind == kind).items()))


def _night_summary(night: date, delivered: list[DeliveredFile]) -> NightSummary:
    money_by_table = {file.table: money(file.amount) for file in delivered if file.amount is not None}
    rows = {file.table: file.rows for file in delivered}
    return NightSummary(str(night), rows, money_by_table.get("fee_list", "0.00"), money_by_table.get("setl", "0.00"))


def _write_truth(truth: Path, labels: Iterable[Label], summary: Summary) -> None:
    truth.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(Label)]
    with (truth / "labels.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(label, name) for name in names] for label in labels)
    content = json.dumps(asdict(summary), ensure_ascii=False, indent=2)
    (truth / "summary.json").write_text(content + "\n", encoding="utf-8")
