from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from simulator import Scenario
from simulator.beside.drg import group_of
from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.beside.stock import balanced
from simulator.beside.trace_codes import code_of, prefix_of
from simulator.city.items import all_items


@pytest.fixture(scope="module")
def beside(simulate_into):
    tables = {table.name: True for table in EXTRA_TABLES}
    scenario = Scenario(persons=600, scheme_scale=0.0, history_start=date(2026, 1, 1), tables=tables)
    return simulate_into(scenario).tables


def test_stock_balances_with_what_was_sold(beside):
    rows = beside["stock_movement"]
    movements = sorted((tuple(row.values()) for row in rows), key=lambda row: (row[0], row[1]))
    assert balanced(movements)
    sold: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["inv_chg_type"] == "sale":
            sold[row["fixmedins_code"], row["med_list_codg"]] -= int(row["cnt"][:-5])
    billed: Counter[tuple[str, str]] = Counter()
    for line in {row["feedetl_sn"]: row for row in beside["fee_list"]}.values():
        if line["list_type"] in ("101", "102", "301") and line["cnt"] != "abc":
            billed[line["fixmedins_code"], line["med_list_codg"]] += int(line["cnt"][:-5])
    apart = sum(abs(sold[key] - billed[key]) for key in sold | billed)
    assert apart <= 0.01 * sum(billed.values())  # lines whose quantity arrived unreadable


def test_no_pack_is_sold_twice_and_its_code_names_the_drug(beside):
    net: dict[str, int] = defaultdict(int)
    for row in beside["trace_scan"]:
        assert len(row["drug_trac_codg"]) == 20
        assert row["drug_trac_codg"].startswith(prefix_of(row["med_list_codg"]))
        net[row["drug_trac_codg"]] += int(row["sel_retn_cnt"])
    assert set(net.values()) <= {0, 1}


def test_most_days_in_pilot_hospitals_are_confirmed(beside):
    checks = beside["presence_check"]
    assert 0.7 < sum(row["present_flag"] == "1" for row in checks) / len(checks) < 0.95  # some 70 checks
    stays = {row["mdtrt_id"]: row for row in beside["mdtrt"]}
    assert all(stays[r["mdtrt_id"]]["begntime"] <= r["chk_time"] <= stays[r["mdtrt_id"]]["endtime"] for r in checks)


def test_every_settled_stay_has_a_payment_group_and_costs_are_near_the_standard(beside):
    stays = {
        row["setl_id"] for row in beside["setl"] if row["med_type"] in ("21", "52") and row["refd_setl_flag"] == "0"
    }
    assert {row["setl_id"] for row in beside["setl_drg"]} == stays
    ratios = sorted(float(row["cost_ratio"]) for row in beside["setl_drg"])
    assert 0.7 < ratios[len(ratios) // 2] < 1.4


def test_a_complication_written_down_makes_the_group_heavier():
    pneumonia = ("J18.900", "肺炎")
    plain: Any = SimpleNamespace(diagnoses=(pneumonia,), operation=None)
    heavy: Any = SimpleNamespace(diagnoses=(pneumonia, ("J96.000", "急性呼吸衰竭")), operation=None)
    assert group_of(heavy).weight > group_of(plain).weight
    assert group_of(heavy).code[:3] == group_of(plain).code[:3]


def test_registrations_belong_to_those_who_use_the_benefit(beside):
    users = {row["psn_no"] for row in beside["mdtrt"] if row["med_type"] in ("140104", "9929", "140201")}
    assert users <= {row["psn_no"] for row in beside["opsp_reg"]}


def test_every_hospital_with_patients_tells_its_beds(beside):
    reported = {row["fixmedins_code"]: int(row["capa_cnt"]) for row in beside["capacity"] if row["capa_type"] == "BED"}
    wards = {row["fixmedins_code"] for row in beside["mdtrt"] if row["med_type"] == "21"}
    assert wards <= set(reported)


def test_a_code_is_made_of_the_drug_and_a_serial():
    item = next(item for item in all_items() if item.list_type == "101")
    assert code_of(item, 5) == prefix_of(item.code) + "0000000000005"
