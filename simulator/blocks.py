"""One block: its world, its share of the staged instances, its rows, sorted into nights and spooled."""

from __future__ import annotations

import gc
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.beside.extra_table import Dated, ExtraTable, Key
from simulator.care.mishaps import Mishaps, break_rows, queue_with_mishaps
from simulator.care.records import Line, Visit
from simulator.care.settling import SettlementQueue
from simulator.city.people import Person
from simulator.delivering.inspection import TABLES as INSPECTION_TABLES
from simulator.delivering.inspection import inspection_row
from simulator.delivering.line_text import line_texts
from simulator.delivering.night_rows import NightRows, TableRows
from simulator.delivering.rows import (
    FileRow,
    diagnosis_rows,
    doctor_row,
    enrolment_rows,
    institution_row,
    joined,
    line_row,
    operation_rows,
    person_row,
    settlement_row,
    stated_cents,
    visit_row,
)
from simulator.delivering.spool import SpoolWriter
from simulator.delivering.tables import extra_tables
from simulator.delivering.totals import BlockReport
from simulator.faults.writing import Writing
from simulator.honest_world import World, block_count, make_world
from simulator.scenario.scenario import Scenario
from simulator.scenario.sure_schemes import is_sure
from simulator.schemes import SCHEMES, Scheme, SchemeStage
from simulator.staging.playing import play_all
from simulator.streams import Hand


class Part:
    """The honest part of a block, or one staged instance: what it draws for its rows shifts no other part."""

    def __init__(self, scenario: Scenario, name: str, rows: NightRows, mishaps: Mishaps) -> None:
        self._rows = rows
        self._mishaps = mishaps
        self._first, self._last = scenario.history_start, scenario.last_day
        self._nights = scenario.nights
        self._is_extract = scenario.layout.is_extract
        self._writing = Writing(scenario.seed, name, scenario.rates, mishaps.report)
        self._extras = [(table, Hand(scenario.seed, f"{table.name}/{name}")) for table in extra_tables(scenario)]

    def add_people(self, people: Iterable[Person]) -> None:
        """Registers whole in the first night; what the register learns later comes as new and changed rows."""
        for person in people:
            if not _is_known(person, self._last):
                continue
            self._add_to_registers(person)
            for table, hand in self._extras:
                if table.of_person is not None:
                    self._add_dated(table.name, table.of_person(hand, person, self._first, self._last))

    def _add_to_registers(self, person: Person) -> None:
        first, last = self._nights[0], self._nights[-1]
        days = [max(first, person.registered_on or first), *(day for day in person.changes if first < day <= last)]
        sent: set[FileRow] = set()
        for day in {self._rows.night_of(day): day for day in days}.values():  # of a night the last word holds
            rows = [("psn_info", person_row(person, day)), *(("psn_insu", row) for row in enrolment_rows(person, day))]
            for table, row in rows:
                if row not in sent:
                    sent.add(row)
                    self._add(table, day, person.psn_no, row)

    def add_visit(self, visit: Visit) -> None:
        """An encounter with its settlements, lines, diagnoses, operations and extra rows."""
        uploaded = visit.settled_at.date()
        self._add("mdtrt", uploaded, visit.id, visit_row(visit), visit=visit)
        for row in diagnosis_rows(visit):
            self._add("diag", uploaded, visit.id + row[5], row, visit=visit)
        for row in operation_rows(visit):
            self._add("oprn", uploaded, visit.id, row, visit=visit)
        for settlement in visit.settlements:
            self._add("setl", settlement.at.date(), settlement.id, settlement_row(settlement), visit=visit)
        self._add_lines(visit)
        for table, hand in self._extras:
            if table.of_visit is not None:
                self._add_dated(table.name, table.of_visit(hand, visit))

    def _add_lines(self, visit: Visit) -> None:
        bad, resent, rows = self._mishaps.bad, self._mishaps.resent, self._rows
        is_rewritten = self._writing.touches("fee_list") or self._is_extract
        last: date | None = None
        table = TableRows()
        for line, key, text in line_texts(visit):
            if is_rewritten or line.id in bad:
                text = self._rewritten(visit, line)
            if line.uploaded is not last:
                last = line.uploaded
                table = rows.of_upload("fee_list", last)
            table.lines.append((key, text))
            table.cents += line.quantity * line.price
            if line.id in resent:
                rows.add_text("fee_list", line.uploaded + timedelta(days=resent[line.id]), key, text, line.amount)

    def _rewritten(self, visit: Visit, line: Line) -> str:
        row = line_row(visit, line, self._mishaps.bad.get(line.id, ""))
        if self._writing.touches("fee_list"):
            row = self._writing.written("fee_list", line.uploaded, row)
        return joined(inspection_row("fee_list", row, visit, self._last) if self._is_extract else row)

    def _add(self, table: str, uploaded: date, key: str, row: FileRow, visit: Visit | None = None) -> None:
        written = self._writing.written(table, uploaded, row) if self._writing.touches(table) else row
        cents = stated_cents(table, written)
        if self._is_extract and visit is not None:
            written = inspection_row(table, written, visit, self._nights[self._rows.night_of(uploaded)])
            table = INSPECTION_TABLES[table]
        self._rows.add(table, uploaded, key, written, cents)

    def _add_dated(self, table: str, rows: Iterable[Dated]) -> None:
        last: date | None = None
        lines: list[tuple[str, str]] = []
        for uploaded, key, values in rows:
            if uploaded is not last:
                last, lines = uploaded, self._rows.of_upload(table, uploaded).lines
            lines.append((key, values if isinstance(values, str) else joined(values)))


def _is_known(person: Person, last: date) -> bool:
    """Whether the register learns of this person before the world ends; who does not has had no care either."""
    return person.registered_on is None or person.registered_on <= last


@contextmanager
def _without_garbage_runs() -> Iterator[None]:
    """A block leaves no garbage: looking for some costs a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class PlayedBlock:
    """All that happens in a block, before it is written down."""

    world: World
    stages: list[SchemeStage]
    mishaps: Mishaps

    @property
    def visits(self) -> list[Visit]:
        """All encounters, honest and staged."""
        return [*self.world.visits, *(visit for stage in self.stages for visit in (*stage.ordinary, *stage.staged))]


def played_block(scenario: Scenario, block: int) -> PlayedBlock:
    """The block's world, its share of the staged instances, everything settled in the order of time."""
    world = make_world(scenario, block)
    mishaps, queue = Mishaps(rates=scenario.rates), SettlementQueue(scenario.seed)
    name = _honest(block)
    lines = queue_with_mishaps(queue, name, world.visits, scenario.last_day, mishaps)
    break_rows(scenario.seed, name, lines, mishaps, at_least=1 if block == 0 else 0)
    stages = play_all(world, staged_in(scenario, block), mishaps, queue)
    return PlayedBlock(world, stages, mishaps)


def _honest(block: int) -> str:
    return f"honest/{block}"


@_without_garbage_runs()
def make_block(scenario: Scenario, block: int, written: frozenset[int], spool: SpoolWriter) -> BlockReport:
    """Everything of one block, spooled; `written` are the numbers of the nights whose files are wanted."""
    played = played_block(scenario, block)
    world, stages, mishaps = played.world, played.stages, played.mishaps
    rows = NightRows(scenario)
    _add_part(Part(scenario, _honest(block), rows, mishaps), world.people, world.visits)
    for stage in stages:
        part = Part(scenario, f"{stage.scheme.name}/{stage.instance}", rows, mishaps)
        _add_part(part, stage.people, [*stage.ordinary, *stage.staged])
        for label in stage.labels:
            rows.add_label(label)
    for reported in mishaps.reported:
        rows.add_mishap(reported)
    report = rows.report(written, spool)
    _count(report, played)
    for visit in played.visits:
        visit.settlements.clear()  # each names its encounter: only a garbage run could free such a pair
    return report


def _add_part(part: Part, people: Iterable[Person], visits: Iterable[Visit]) -> None:
    part.add_people(people)
    for visit in visits:
        part.add_visit(visit)


def _count(report: BlockReport, played: PlayedBlock) -> None:
    world, stages, mishaps, visits = played.world, played.stages, played.mishaps, played.visits
    lines, last = [line for visit in visits for line in visit.lines], world.scenario.last_day
    report.counts.update(
        persons=sum(
            _is_known(person, last) for people in (world.people, *(s.people for s in stages)) for person in people
        ),
        fee_lines=len(lines) + len(mishaps.resent),
        labels=sum(len(stage.labels) for stage in stages),
        resent_rows=len(mishaps.resent),
        late_lines=mishaps.late_lines,
        negative_lines=sum(line.quantity < 0 for line in lines),
        unsettled_lines=sum(not line.settlement_id for line in lines),
        reversed_settlements=mishaps.undone_settlements,
    )
    report.schemes, report.lookalikes = _played(stages, "scheme"), _played(stages, "lookalike")
    report.bad_rows = Counter(mishaps.bad.values())
    for table in extra_tables(world.scenario):
        if table.at_end is not None:
            report.sums[table.name] = _tallied(table, visits)
    for stage in stages:
        own = [(home, doctor) for home in stage.hospitals if not home.is_pharmacy for doctor in home.doctors]
        report.places += [institution_row(home) for home in stage.hospitals]
        report.doctors += [doctor_row(home, doctor) for home, doctor in (*own, *stage.staff)]


def _tallied(table: ExtraTable, visits: Iterable[Visit]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    if table.tally is not None:
        for visit in visits:
            for key, number in table.tally(visit):
                sums[key] += number
    return sums


def _played(stages: Iterable[SchemeStage], kind: str) -> Counter[str]:
    return Counter(stage.scheme.name for stage in stages if stage.scheme.kind == kind)


def instances_of(scenario: Scenario, scheme: Scheme) -> int:
    """How often a scheme is played in the whole world."""
    scale = scenario.scheme_scale * scenario.scheme_rates.get(scheme.name, 1.0)
    if scenario.every_scheme or is_sure(scheme.rule_id, scheme.name, scenario.persons):
        return scheme.instances(scenario.persons, scale)
    return round(scheme.per_thousand * scenario.persons / 1000 * scale)


def staged_in(scenario: Scenario, block: int) -> Iterator[tuple[Scheme, int]]:
    """The instances played in a block: each scheme's are dealt out in turn, beginning at a block of its own."""
    blocks = block_count(scenario)
    for scheme in SCHEMES:
        first = (block - zlib.crc32(scheme.name.encode())) % blocks
        for n in range(first, instances_of(scenario, scheme), blocks):
            yield scheme, n
