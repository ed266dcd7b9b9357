"""Encodings, compression, names of columns, dirt and extra tables: how a delivery may look."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from simulator import Scenario, simulate
from simulator.beside.extra_table import Dated, ExtraTable
from simulator.delivering import tables
from simulator.faults.writing import SWITCHES
from simulator.scenario.layout import Layout

SMALL = Scenario(
    persons=100, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),), scheme_scale=0.0, dirt_rate=0.0
)


def unpacked(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            (name,) = packed.namelist()
            return packed.read(name)
    return path.read_bytes()


def delivered(scenario, folder):
    """The tables of the only night, as rows, and the bytes of its fee list."""
    simulate(scenario, folder / "landing", folder / "truth")
    (night,) = (folder / "landing").iterdir()
    files = {
        file["table"]: unpacked(night / file["name"])
        for file in json.loads((night / "manifest.json").read_text(encoding="utf-8"))["files"]
    }
    assert {path.name for path in night.iterdir()} == {f"{t}{scenario.layout.ending}" for t in files} | {
        "manifest.json"
    }
    encoding = scenario.layout.encoding
    tables = {t: list(csv.DictReader(io.StringIO(content.decode(encoding)))) for t, content in files.items()}
    return tables, files["fee_list"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return delivered(SMALL, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("compression", ["zip", "none"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_encoding_and_compression_change_the_bytes_and_not_the_rows(plain, tmp_path, compression, encoding):
    rows, content = delivered(replace(SMALL, layout=Layout(encoding, compression)), tmp_path)
    assert rows == plain[0]
    assert content != plain[1]
    assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    assert content.count(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_the_warehouse_calls_some_columns_otherwise(plain, tmp_path):
    rows, content = delivered(replace(SMALL, layout=Layout(names="warehouse")), tmp_path)
    assert content.split(b"\n", 1)[1] == plain[1].split(b"\n", 1)[1]
    assert {"bkkp_sn", "hilist_code", "medins_list_code", "inscp_amt"} <= set(rows["fee_list"][0])
    assert "medins_lv" in rows["medins"][0]


def _share(rows, is_so):
    return sum(map(is_so, rows)) / len(rows)


def _rest(row, *columns):
    return [value for column, value in row.items() if column not in columns]


DIRTY_VALUES = {
    "quantity_text": ("fee_list", "cnt", lambda value: value == "abc"),
    "no_person": ("fee_list", "psn_no", lambda value: value == ""),
    "no_encounter": ("fee_list", "mdtrt_id", lambda value: value == ""),
    "impossible_date": ("fee_list", "fee_ocur_time", lambda value: value.startswith("2026-02-30")),
    "unknown_item": ("fee_list", "med_list_codg", lambda value: len(value) == 9),
    "quantity_types": ("fee_list", "cnt", lambda value: not value.endswith(".0000")),
    "impossible_birth": ("psn_info", "brdy", lambda value: value < "1907"),
    "level_missing": ("mdtrt", "hosp_lv", lambda value: value == ""),
    "days_supplied_missing": ("fee_list", "prd_days", lambda value: value == ""),
}


@pytest.mark.parametrize("name", DIRTY_VALUES)
def test_a_switch_dirties_its_column_at_about_its_rate_and_no_other(plain, tmp_path, name):
    table, column, is_dirty = DIRTY_VALUES[name]
    rate = {switch.name: switch.most for switch in SWITCHES}[name]
    rows, _ = delivered(replace(SMALL, dirt={name: rate}), tmp_path)
    assert not all(is_dirty(row[column]) for row in plain[0][table])
    before = _share(plain[0][table], lambda row: is_dirty(row[column]))
    made = _share(rows[table], lambda row: is_dirty(row[column]))
    # single lines are broken among those that nothing else befell and nobody staged
    assert 0.5 * rate <= made - before * (1 - rate) <= 1.2 * rate + 0.02
    for row, clean in zip(rows[table], plain[0][table], strict=True):
        assert _rest(row, column) == _rest(clean, column)


def test_empty_fields_may_say_null(plain, tmp_path):
    rows, _ = delivered(replace(SMALL, dirt={"null_words": 1.0}), tmp_path)
    assert {"NULL", "\\N"} <= {row["prd_days"] for row in rows["fee_list"]}
    assert not any("" in row.values() for row in rows["fee_list"])
    assert len(rows["fee_list"]) == len(plain[0]["fee_list"])


def _rows_of_visit(hand, visit) -> Iterator[Dated]:
    yield Dated(visit.settled_at.date(), visit.id, (visit.id, str(hand.between(1, 6))))


def _tally(visit) -> Iterator[tuple[tuple[str, ...], int]]:
    for line in visit.lines:
        yield (visit.place.code,), line.quantity


def _at_end(hand, world, sums) -> Iterator[Dated]:
    for (place,), units in sorted(sums.items()):
        yield Dated(world.scenario.last_day, place, (place, str(units)))


def test_extra_tables_come_when_switched_on_and_their_sums_balance(monkeypatch, plain, tmp_path):
    extra = (
        ExtraTable("scan", ("mdtrt_id", "face"), of_visit=_rows_of_visit),
        ExtraTable("shelf", ("fixmedins_code", "units"), tally=_tally, at_end=_at_end),
        ExtraTable("unwanted", ("nothing",), of_visit=_rows_of_visit),
    )
    monkeypatch.setattr(tables, "EXTRA_TABLES", extra[:2])
    found, _ = delivered(SMALL, tmp_path)
    assert sorted(row["mdtrt_id"] for row in found["scan"]) == sorted(row["mdtrt_id"] for row in found["mdtrt"])
    sold = sum(float(row["cnt"]) for row in found["fee_list"])
    assert sum(int(row["units"]) for row in found["shelf"]) == sold
    assert found["fee_list"] == plain[0]["fee_list"]


def test_an_extra_table_is_switched_off_by_its_name(monkeypatch):
    table = ExtraTable("scan", ("mdtrt_id",))
    monkeypatch.setattr(tables, "EXTRA_TABLES", (table, replace(table, name="rare", is_usual=False)))
    names = lambda **asked: [t.name for t in tables.extra_tables(replace(SMALL, tables=asked))]  # noqa: E731
    assert names() == ["scan"]
    assert names(scan=False, rare=True) == ["rare"]
