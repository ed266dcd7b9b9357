"""Indicators of every kind and entity, counted again by SQL of another engine over the same small made lake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import isclose
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.indicators_in_duckdb import SqlBlock, counted_again, prepare
from features.among_peers import with_peer_indicators
from features.catalogue import Catalogue, Source, load_catalogues
from features.catalogue.running import narrowed
from features.indicators import to_indicators
from features.peer_statistics import to_peer_statistics
from features.periods import kept_by_day
from features.rows import RowsNeeded
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import MEASURED
from fundwatch.engine.frames import stacked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyspark.sql import DataFrame

    MakeTable = Callable[..., DataFrame]

pytestmark = pytest.mark.long  # fifty plans: each costs more than its few rows

NIGHT = date(2026, 6, 30)
HOSPITALS, SHOPS = {"H1": "1", "H2": "1", "H3": "2"}, ("S1", "S2")
ITEMS = {
    "D1": ("101", "09"), "D2": ("101", "09"), "D3": ("102", "11"), "T1": ("201", "03"), "T2": ("201", "04"),
    "C1": ("301", "08"),
}  # fmt: skip


def made_lake(draw: Random) -> dict[str, list[dict[str, Any]]]:
    """Visits, stays and purchases of ninety persons over a little more than a year, and what lies beside them."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in (
        "claim_line", "encounter", "settlement", "patient", "institution", "item", "trace_scan", "stock_movement",
        "case_group", "chronic_registration")}  # fmt: skip
    for place, level in HOSPITALS.items():
        rows["institution"].append(
            {"institution_id": place, "institution_type": "hospital", "institution_level": level}
        )
    rows["institution"] += [{"institution_id": shop, "institution_type": "pharmacy"} for shop in SHOPS]
    for code, (kind, charge_class) in ITEMS.items():
        rows["item"].append({"item_code": code, "item_type": kind, "charge_class": charge_class})
    persons = [f"P{n:02}" for n in range(90)]
    rows["patient"] += [
        {"patient_id": one, "birth_year": 1950 + 30 * (n % 2), "sex": "1"} for n, one in enumerate(persons)
    ]
    for number in range(700):
        start = datetime(2026, 6, 30) - timedelta(days=draw.randrange(430), seconds=draw.randrange(86_400))
        person, kind = draw.choice(persons), draw.choice(("stay", "visit", "visit", "shop"))
        place = draw.choice(SHOPS if kind == "shop" else tuple(HOSPITALS))
        encounter = f"E{number:03}"
        visit = {"stay": "21", "visit": "11", "shop": "41"}[kind]
        department = draw.choice(("内科", "外科"))
        rows["encounter"].append(
            {
                "encounter_id": encounter, "patient_id": person, "institution_id": place, "insurance_type": "310",
                "visit_type": visit, "is_inpatient": kind == "stay", "started_at": start,
                "ended_at": start + timedelta(days=draw.randrange(1, 6)) if kind == "stay" else start,
                "main_diagnosis_code": draw.choice(("I10.x00", "J18.900")), "region_code": "330101",
                "attending_doctor_id": f"A{place}",
            }
        )  # fmt: skip
        total = 0
        for line in range(draw.randrange(2, 5)):
            code = draw.choice(("D1", "D2", "D3") if kind == "shop" else tuple(ITEMS))
            amount = draw.randrange(10, 900) * (2 if place == "H2" else 1)
            total += amount
            rows["claim_line"].append(
                {
                    "line_id": f"L{number:03}{line}", "encounter_id": encounter, "settlement_id": f"F{number:03}",
                    "patient_id": person, "institution_id": place, "visit_type": visit,
                    "charged_at": start + timedelta(minutes=line), "item_code": code, "item_type": ITEMS[code][0],
                    "charge_class": ITEMS[code][1], "quantity": draw.randrange(1, 9), "amount": amount,
                    "ordering_department": department, "ordering_doctor_id": f"A{draw.randrange(4)}",
                    "performing_doctor_id": f"N{draw.randrange(3)}",
                }
            )  # fmt: skip
        settled = start + timedelta(hours=1)
        rows["settlement"].append(
            {
                "settlement_id": f"F{number:03}", "encounter_id": encounter, "patient_id": person,
                "institution_id": place, "insurance_type": "310", "visit_type": visit, "settled_at": settled,
                "total_amount": total, "fund_amount": 300 + total // 2,
            }
        )  # fmt: skip
        if kind == "stay":
            rows["case_group"].append(
                {"settlement_id": f"F{number:03}", "encounter_id": encounter, "group_code": draw.choice(("G1", "G2"))}
            )
        if kind == "shop":
            rows["trace_scan"].append(
                {
                    "line_id": f"L{number:03}0", "trace_code": f"C{draw.randrange(40)}", "scanned_at": start,
                    "institution_id": place, "patient_id": person, "item_code": "D1", "quantity": 1,
                }
            )  # fmt: skip
            rows["stock_movement"].append(
                {
                    "movement_id": f"M{number}", "institution_id": place, "item_code": "D1",
                    "movement_type": draw.choice(("sale", "purchase")), "moved_on": start.date(),
                    "stock_after": draw.randrange(5, 60), "quantity": draw.choice((-3, -2, 4)),
                }
            )  # fmt: skip
    for number, one in enumerate(persons):
        begun = NIGHT - timedelta(days=10 * number)
        rows["chronic_registration"].append(
            {"patient_id": one, "disease_code": f"M{number % 2}", "institution_id": "H1", "started_on": begun,
             "ended_on": begun + timedelta(days=100)}
        )  # fmt: skip
    return rows


def test_indicators_of_each_kind_are_what_plain_sql_says(table: MakeTable) -> None:
    rows = made_lake(Random(7))
    frames = {
        name: table(name, [{"known_from": date(2025, 1, 1)} | {k: _text(v) for k, v in row.items()} for row in of])
        for name, of in rows.items()
    }
    assert len(counted_again()) >= 20
    by_entity: dict[str, list[SqlBlock]] = {}
    for one in counted_again():
        by_entity.setdefault(one.entity, []).append(one)
    assert by_entity.keys() == MEASURED.keys()
    found: dict[str, dict[str, float]] = {}
    whole = load_catalogues()
    catalogues = {
        entity: narrowed(whole[entity], [one.indicator for one in asked]) for entity, asked in by_entity.items()
    }
    assert not any(kept_by_day(catalogue).measures for catalogue in catalogues.values())
    needed = RowsNeeded(catalogues.values())
    tables = {name: frames[name] if name in frames else table(name, []) for name in needed.tables()}
    of_source = {one: needed.rows(one, tables, NIGHT).localCheckpoint() for one in needed.sources}
    asked_of = ((catalogues[entity], asked) for entity, asked in by_entity.items())
    for row in stacked(_values(catalogue, asked, of_source) for catalogue, asked in asked_of).collect():
        if row["value"] is not None:
            found.setdefault(row["indicator"], {})[row["id"]] = row["value"]
    database = in_duckdb(rows)
    prepare(database, NIGHT)
    for entity, indicator, days, sql in counted_again():
        counted = {one: float(value) for one, value in database.sql(sql).fetchall() if value is not None}
        own = found[f"{entity}_{indicator}_{days}d"]
        assert own.keys() == counted.keys(), (entity, indicator)
        wrong = {one: (own[one], counted[one]) for one in own if not isclose(own[one], counted[one], rel_tol=1e-6)}
        assert not wrong, (entity, indicator)


def _values(catalogue: Catalogue, asked: list[SqlBlock], rows: dict[Source, DataFrame]) -> DataFrame:
    """Grain: entity × indicator column, of one kind of entity."""
    entity = catalogue.entity
    members = to_indicators(catalogue, None, rows, NIGHT).selectExpr("*", f"'{entity}' AS peer_group")
    if any(named.definition.is_of_peers for named in catalogue.named):
        members = with_peer_indicators(catalogue, members, to_peer_statistics(entity, members))
    columns = [catalogue.column(one.indicator, one.days) for one in asked]
    of_columns = members.select(catalogue.id_column, *columns)
    long = of_columns.unpivot(catalogue.id_column, list(columns), "indicator", "value")
    return long.selectExpr(f"{catalogue.id_column} AS id", "indicator", "value")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def in_duckdb(rows: dict[str, list[dict[str, Any]]]) -> DuckDBPyConnection:
    """The same rows in a database in memory."""
    import duckdb
    import pyarrow as pa

    database = duckdb.connect()
    for name, of in rows.items():
        columns = [column.name for column in TABLES[name].columns if any(column.name in row for row in of)]
        database.register(f"{name}_rows", pa.table({one: [row.get(one) for row in of] for one in columns}))
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_rows")
    return database
