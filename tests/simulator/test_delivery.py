from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import Scenario
from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.blocks import Part
from simulator.care.mishaps import Mishaps, queue_with_mishaps
from simulator.care.settling import SettlementQueue
from simulator.city.households import make_people
from simulator.city.items import all_items
from simulator.city.people import with_death
from simulator.delivering.columns import COLUMNS
from simulator.delivering.line_text import line_texts
from simulator.delivering.night_rows import NightRows
from simulator.delivering.rows import joined, line_row, local_part, money
from simulator.delivering.tables import spooled_tables
from simulator.honest_world import make_world
from simulator.streams import Hand
from tests.simulator.conftest import read_table, simulated


def content_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_scenario_gives_the_same_bytes_in_a_process_of_its_own(short_history, tmp_path):
    simulated(short_history, tmp_path / "one")
    again = (
        "import sys; from datetime import date; from pathlib import Path; from simulator import Scenario, simulate;"
        "root = Path(sys.argv[1]); nights = (date(2026, 3, 30), date(2026, 3, 31));"
        "scenario = Scenario(persons=50, history_start=date(2026, 3, 1), nights=nights);"
        "simulate(scenario, root / 'landing', root / 'truth')"
    )
    subprocess.run([sys.executable, "-c", again, str(tmp_path / "two")], check=True)
    one, two = content_of(tmp_path / "one"), content_of(tmp_path / "two")
    assert one == two
    simulated(replace(short_history, seed=7), tmp_path / "three")
    assert content_of(tmp_path / "three") != one


def test_simulating_again_into_the_same_folders_leaves_nothing_stale(short_history, tmp_path):
    folder = tmp_path / "landing" / str(short_history.nights[1])
    folder.mkdir(parents=True)
    (folder / "catalogue.csv.gz").write_bytes(b"left by an earlier scenario")
    simulated(short_history, tmp_path)
    once = content_of(tmp_path)
    simulated(short_history, tmp_path)
    assert content_of(tmp_path) == once
    assert f"landing/{short_history.nights[1]}/catalogue.csv.gz" not in once


def test_manifests_state_what_the_files_hold_and_nothing_else_is_written(world):
    columns = spooled_tables(world.scenario)
    for night, summary in zip(world.scenario.nights, world.summary.nights, strict=True):
        folder = world.landing / str(night)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert list(manifest) == ["format", "source", "business_date", "batch_id", "files"]
        assert manifest["business_date"] == summary.business_date == str(night)
        assert {file["name"] for file in manifest["files"]} | {"manifest.json"} == {f.name for f in folder.iterdir()}
        for file in manifest["files"]:
            content, rows = (folder / file["name"]).read_bytes(), read_table(folder / file["name"])
            assert file["sha256"] == hashlib.sha256(content).hexdigest()
            assert (file["bytes"], file["rows"]) == (len(content), len(rows))
            assert file["rows"] == summary.rows[file["table"]] > 0
            assert ("amount_total" in file) == (file["table"] in ("fee_list", "setl"))
            if "amount_total" in file:
                assert Decimal(file["amount_total"]) == sum(Decimal(row[file["amount_column"]]) for row in rows)
            assert gzip.decompress(content).startswith(",".join(columns[file["table"]]).encode() + b"\n")
    assert {path.name for path in world.landing.parent.iterdir()} == {"landing", "truth"}
    assert {path.name for path in world.landing.iterdir()} == {str(night) for night in world.scenario.nights}


def test_registries_come_whole_in_the_first_night_and_care_every_night(world):
    first, *later = (set(night.rows) for night in world.summary.nights)
    assert set(COLUMNS) <= first
    for tables in later:
        assert {"mdtrt", "setl", "fee_list", "diag"} <= tables
        assert not {"medins", "doctor", "catalogue"} & tables


def test_a_death_registered_later_comes_as_a_changed_row():
    first, second = date(2026, 2, 14), date(2026, 3, 31)
    dead_before, dead_between = make_people(1, 2, date(2026, 1, 1), second)
    hand = Hand(1, "test")
    with_death(hand, dead_before, date(2026, 1, 10))
    with_death(hand, dead_between, date(2026, 2, 12))
    scenario = Scenario(nights=(first, second))
    rows = NightRows(scenario)
    Part(scenario, "test", rows, Mishaps()).add_people([dead_before, dead_between])
    reported = [[line for _, line in night["psn_info"].lines] for night in rows.nights[:2]]
    assert [[line.rsplit(",", 1)[1] for line in lines] for lines in reported] == [["2026-01-10", ""], ["2026-02-12"]]
    before, after = (lines[-1].rsplit(",", 1)[0] for lines in reported)
    assert before == after


@pytest.mark.slow
def test_how_history_is_cut_into_nights_changes_no_line(simulate_into):
    last = date(2026, 3, 31)
    whole = simulate_into(Scenario(persons=60, nights=(last,)))
    cut = simulate_into(Scenario(persons=60, nights=(date(2026, 2, 10), date(2026, 3, 5), last)))
    for table in ("mdtrt", "setl", "fee_list", "diag", "oprn"):
        assert Counter(map(str, whole.tables.get(table, []))) == Counter(map(str, cut.tables.get(table, [])))
    assert whole.labels == cut.labels


def test_what_is_staged_leaves_every_honest_row_and_its_order_alone(world, honest_world):
    summed = {table.name for table in EXTRA_TABLES if table.at_end is not None}  # over all that was sold, staged or not
    for table, rows in honest_world.tables.items():
        if table in summed or table == "setl":
            continue
        # hospitals have beds for what is staged in them
        meant, found = (
            [str(row | {"aprv_bed_cnt": ""}) for row in reported] for reported in (rows, world.tables[table])
        )
        honest = set(meant)
        assert [row for row in found if row in honest] == meant
    assert honest_world.labels == []
    assert len(world.tables["fee_list"]) > len(honest_world.tables["fee_list"])


def test_what_is_staged_moves_the_money_of_honest_settlements_of_those_who_take_part_alone(world, honest_world):
    found = {row["setl_id"]: row for row in world.tables["setl"]}
    honest = {row["setl_id"] for row in honest_world.tables["setl"]}
    take_part = {row["psn_no"] for number, row in found.items() if number not in honest}
    moved = [row for row in honest_world.tables["setl"] if found[row["setl_id"]] != row]
    assert moved
    assert {row["psn_no"] for row in moved} <= take_part
    charged = ("setl_time", "medfee_sumamt", "fulamt_ownpay_amt", "inscp_amt")
    assert all(found[row["setl_id"]][column] == row[column] for row in moved for column in charged)


@given(st.integers(-(10**12), 10**12))
def test_money_is_exact(cents):
    assert Decimal(money(cents)) * 100 == cents
    assert money(cents)[-3] == "."


def test_a_place_has_a_code_of_its_own_for_each_item_and_none_reads_like_a_number_of_a_person():
    own = {local_part(item): item.code for item in all_items()}
    assert {*own.values()} == {item.code for item in all_items()}
    assert [code for code in own if re.search(r"\d{11}", code)] == []


def test_the_quick_text_of_a_fee_line_is_that_of_its_row():
    scenario = Scenario(persons=60)
    visits, queue = make_world(scenario).visits, SettlementQueue(1)
    queue_with_mishaps(queue, "test", visits, scenario.last_day, Mishaps())
    queue.settle_all()
    for visit in visits:
        visit.lines[0].memo = 'said "twice", once'
        for line, _, text in line_texts(visit):
            assert text == joined(line_row(visit, line))
