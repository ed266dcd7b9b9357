"""What the whole world has once: registers of places, doctors and items, and tables made at its end.

Registers are sorted by their codes, so that the order of rows does not tell who was staged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from simulator.beside.extra_table import EndOfWorld
from simulator.city.items import all_items
from simulator.delivering.night_rows import NightRows
from simulator.delivering.rows import FileRow, doctor_row, institution_row, item_row, joined
from simulator.delivering.spool import SpoolWriter
from simulator.delivering.tables import extra_tables
from simulator.delivering.totals import BlockReport, Totals
from simulator.honest_world import all_places, providers_of
from simulator.scenario.scenario import Scenario
from simulator.streams import Hand

_ROWS_AT_ONCE = 50_000


def spool_registries(
    scenario: Scenario, totals: Totals, written: frozenset[int], spool: SpoolWriter
) -> Iterator[BlockReport]:
    """Registers and end-of-world tables in the spool, to be joined behind the blocks."""
    rows = NightRows(scenario)
    first = scenario.nights[0]
    providers = providers_of(scenario)
    places = all_places(providers)
    medins = [institution_row(place) for place in places]
    doctors = [doctor_row(place, doctor) for place in places if not place.is_pharmacy for doctor in place.doctors]
    medins += totals.hospitals
    doctors += totals.doctors
    for table, entries in (("medins", medins), ("doctor", doctors), ("catalogue", map(item_row, all_items()))):
        _add_all(rows, table, first, entries)
    yield rows.report(written, spool)
    yield from _end_of_world(scenario, totals, written, spool)


def _add_all(rows: NightRows, table: str, night: date, entries: Iterable[FileRow]) -> None:
    for row in entries:
        rows.add(table, night, row[0], row)


def _end_of_world(
    scenario: Scenario, totals: Totals, written: frozenset[int], spool: SpoolWriter
) -> Iterator[BlockReport]:
    world = EndOfWorld(scenario, providers_of(scenario))
    rows, waiting = NightRows(scenario), 0
    for table in extra_tables(scenario):
        if table.at_end is None:
            continue
        sums = dict(sorted(totals.sums.pop(table.name, {}).items()))
        for uploaded, key, values in table.at_end(Hand(scenario.seed, f"{table.name}/end"), world, sums):
            rows.add_text(table.name, uploaded, key, values if isinstance(values, str) else joined(values))
            waiting += 1
            if waiting == _ROWS_AT_ONCE:
                yield rows.report(written, spool)
                rows, waiting = NightRows(scenario), 0
    yield rows.report(written, spool)
