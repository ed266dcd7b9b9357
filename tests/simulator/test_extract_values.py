"""What real extracts hold beside sound values: every kind of it in one small world, beside the same world without."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from fundwatch.texts import in_ascii, tidied
from simulator import Scenario
from simulator.delivering.columns import COLUMNS
from simulator.faults.date_formats import rewrite_dates
from simulator.faults.extract_values import CODES, OPTIONAL, PLACEHOLDERS, POINTERS_TO_NOTHING
from simulator.faults.time_habits import TIME_COLUMNS
from simulator.faults.writing import BY_NAME
from simulator.scenario.layout import Layout
from simulator.streams import Hand
from tests.simulator.conftest import simulated
from tests.simulator.misdelivered import truth_of
from tests.simulator.test_delivery import content_of

RATES = {
    "pointer_to_nothing": 0.2, "unlisted_flag": 0.1, "refund_positive": 0.5, "placeholders": 0.3,
    "wrapped_codes": 0.3, "times_with_offset": 0.4, "dates_only": 0.4, "ids_as_numbers": 0.1,
}  # fmt: skip
USUAL = {"settlement_undone": 0.5}
PLAIN = Scenario(
    persons=60, history_start=date(2026, 3, 1), nights=(date(2026, 3, 30), date(2026, 3, 31)), scheme_scale=0.0,
    dirt_rate=0.0, dirt=USUAL,
)  # fmt: skip
DIRTY = replace(PLAIN, dirt={**USUAL, **RATES})


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return simulated(PLAIN, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    return simulated(DIRTY, tmp_path_factory.mktemp("dirty"))


def bare(text):
    """A code as a receiver spells it."""
    return in_ascii(tidied(text))


def is_pointer_to_nothing(clean, given):
    own = clean["feedetl_sn"]
    words = {*POINTERS_TO_NOTHING[:-1], own}
    return clean["init_feedetl_sn"] == "" and clean["cnt"] > "0" and bare(given) in words


def cause_of(table, column, clean, given):
    """The kind of dirt that makes this of a clean row's value; None where no kind does."""
    value = clean[column]
    if column == "init_feedetl_sn" and is_pointer_to_nothing(clean, given):
        return "pointer_to_nothing"
    if value == "":
        return "placeholders" if given in PLACEHOLDERS and column in OPTIONAL.get(table, ()) else None
    if column in CODES.get(table, ()) and bare(given) == value:
        return "wrapped_codes"
    if column in TIME_COLUMNS.get(table, ()) and bare(given) != value:
        day = value[:10]
        alone = (day, f"{day} 00:00:00", f"{day}T00:00:00+08:00")
        return (
            "dates_only" if given in alone else ("times_with_offset" if given == f"{day}T{value[11:]}+08:00" else None)
        )
    if table == "setl" and given == value.removeprefix("-") and clean["refd_setl_flag"] == "1":
        return "refund_positive"
    if table == "fee_list" and column == "vali_flag":
        return "unlisted_flag" if given in ("01", "Y", "true") else None
    if table == "fee_list" and (bare(given) == f"{value}.0" or f"{float(value):.5E}" == bare(given)):
        return "ids_as_numbers"
    return None


@pytest.fixture(scope="module")
def changes(plain, dirty):
    """Every value that differs: kind, table, the clean row and its column."""
    found = []
    assert dirty.tables.keys() == plain.tables.keys()
    for table, rows in plain.tables.items():
        for clean, given in zip(rows, dirty.tables[table], strict=True):
            for column in clean:
                if clean[column] != given[column]:
                    kind = cause_of(table, column, clean, given[column])
                    assert kind, (table, column, clean[column], given[column])
                    found.append((kind, table, column, clean))
    return found


def test_every_kind_is_off_by_itself_and_then_changes_no_byte(plain, tmp_path):
    assert {name: BY_NAME[name].usual for name in RATES} == dict.fromkeys(RATES, 0.0)
    named = simulated(replace(PLAIN, dirt={**USUAL, **dict.fromkeys(RATES, 0.0)}), tmp_path)
    assert content_of(named.landing) == content_of(plain.landing)


def test_only_values_of_its_kind_change_and_each_kind_comes(changes):
    assert {kind for kind, *_ in changes} == set(RATES)
    tables = {kind: {table for k, table, *_ in changes if k == kind} for kind in RATES}
    assert tables["wrapped_codes"] | {"oprn"} == set(CODES)  # few people are operated on
    assert tables["placeholders"] == set(OPTIONAL)
    assert tables["times_with_offset"] == tables["dates_only"] == set(TIME_COLUMNS)


def test_rates_are_shares_of_the_rows_that_can_be_befallen(changes, plain):
    lines = plain.tables["fee_list"]
    befallen = Counter(kind for kind, *_ in changes)
    originals = sum(row["cnt"] > "0" and not row["init_feedetl_sn"] for row in lines)
    assert 0.15 * originals < befallen["pointer_to_nothing"] < 0.25 * originals
    for kind in ("unlisted_flag", "ids_as_numbers"):  # of the lines that nothing else befell
        assert 0.03 * len(lines) < befallen[kind] < 0.11 * len(lines)
    assert {clean["vali_flag"] for kind, *_, clean in changes if kind == "unlisted_flag"} == {"1"}
    assert {column for kind, _, column, _ in changes if kind == "ids_as_numbers"} == {"psn_no", "mdtrt_id"}


def test_an_institution_writes_its_times_in_one_way(changes):
    ways: dict[str, set[str]] = {}
    for kind, _, _, clean in changes:
        if kind in ("times_with_offset", "dates_only"):
            ways.setdefault(clean["fixmedins_code"], set()).add(kind)
    assert len(ways) > 3
    by_kind = Counter(kind for kinds in ways.values() for kind in kinds)
    assert min(by_kind["times_with_offset"], by_kind["dates_only"]) > 0


def test_the_truth_names_every_row_a_receiver_must_account_for(changes, dirty):
    reported = truth_of(dirty.landing)
    ids = {"pointer_to_nothing": "feedetl_sn", "unlisted_flag": "feedetl_sn", "ids_as_numbers": "feedetl_sn",
           "refund_positive": "setl_id"}  # fmt: skip
    for kind, column in ids.items():
        befallen = {clean[column] for k, *_, clean in changes if k == kind}
        rows = [row for row in reported if row["kind"] == kind]
        assert sorted(row["detail"].split(":")[0].split()[1] for row in rows) == sorted(befallen)
    outcomes = {row["kind"]: row["outcome"] for row in reported if row["kind"] in RATES}
    assert outcomes["unlisted_flag"] == outcomes["ids_as_numbers"] == "quarantined"
    assert outcomes["pointer_to_nothing"] == outcomes["refund_positive"] == "accepted"


def test_the_truth_names_each_habit_of_an_institution_once_by_table(changes, dirty):
    rows = [row for row in truth_of(dirty.landing) if row["kind"] in ("times_with_offset", "dates_only")]
    assert {row["night"] for row in rows} == {str(DIRTY.nights[0])}
    named = [(row["kind"], row["file"].split(".")[0], row["detail"].split(":")[0].split()[1]) for row in rows]
    assert len(named) == len(set(named))
    seen = {(kind, table, clean["fixmedins_code"]) for kind, table, _, clean in changes if table in TIME_COLUMNS}
    assert {one for one in seen if one[0] in ("times_with_offset", "dates_only")} <= set(named)


def test_codes_are_wrapped_in_every_way_and_placeholders_are_of_every_kind(changes, dirty):
    given = {value for rows in dirty.tables.values() for row in rows for value in row.values()}
    assert all(any(value.startswith(sign) for value in given) for sign in ('="', "'", "\t", "\u3000", "\u200b"))
    assert any(value.endswith("\ufeff") for value in given)
    assert any("\uff10" <= value[:1] <= "\uff19" for value in given)
    assert set(PLACEHOLDERS) <= given


def test_the_manifest_states_the_money_as_it_is_written(dirty):
    stated: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for night in DIRTY.nights:
        manifest = json.loads((dirty.landing / str(night) / "manifest.json").read_text(encoding="utf-8"))
        for file in manifest["files"]:
            if "amount_total" in file:
                stated[file["table"], file["amount_column"]] += Decimal(file["amount_total"])
    for (table, column), total in stated.items():
        assert total == sum(Decimal(row[column]) for row in dirty.tables[table])
    assert {table for table, _ in stated} == {"fee_list", "setl"}


def test_the_same_befalls_an_inspection_extract(dirty, tmp_path):
    extract = simulated(replace(DIRTY, layout=Layout(names="inspection")), tmp_path)
    assert truth_of(extract.landing) == truth_of(dirty.landing)
    assert [row["vali_flag"] for row in extract.tables["fee_list"]] == [
        row["vali_flag"] for row in dirty.tables["fee_list"]
    ]


def test_a_time_with_an_offset_keeps_it_whatever_form_dates_have():
    begin, end = (COLUMNS["mdtrt"].index(column) for column in ("begntime", "endtime"))
    row = [""] * len(COLUMNS["mdtrt"])
    row[begin], row[end] = "2026-03-05T10:00:00+08:00", "2026-03-05 10:00:00"
    rewrite_dates(1, 1.0, "mdtrt", Hand(1, "dates"), row)
    assert row[begin] == "2026-03-05T10:00:00+08:00"
    assert row[end] in ("2026/3/5 10:00:00", "20260305100000")
