"""A world delivered as an inspection extract says what its national delivery says, in five tables."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from intake.source.load import read_mapping
from simulator.delivering.inspection import INSPECTION
from simulator.scenario.layout import Layout
from simulator.scenario.scenario import Scenario
from simulator.simulation import simulate

PERSONAL = ("psn_no", "certno", "psn_name", "tel", "addr", "emp_name", "crter_name", "opter_name", "bilg_dr_name")
NIGHTS = (date(2026, 3, 24), date(2026, 3, 31))


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    found = []
    for night in NIGHTS:
        path = folder / "landing" / str(night) / f"{table}.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as text:
                found += list(csv.DictReader(text))
    return found


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One world in the interface's layout and as an extract."""
    folders = []
    for names in ("interface", "inspection"):
        folder = tmp_path_factory.mktemp(names)
        layout = Layout(compression="none", names=names)
        scenario = Scenario(seed=7, persons=60, nights=NIGHTS, history_start=date(2026, 1, 1), layout=layout)
        simulate(scenario, folder / "landing", folder / "truth")
        folders.append(folder)
    return folders[0], folders[1]


def test_the_extract_has_the_five_tables_and_no_other(worlds):
    _, extract = worlds
    names = {path.name for night in NIGHTS for path in (extract / "landing" / str(night)).iterdir()}
    assert names - {"setl_list_oprn.csv"} == {
        "mdtrt.csv",
        "setl.csv",
        "fee_list.csv",
        "setl_list_diag.csv",
        "manifest.json",
    }


def test_lines_money_and_labels_are_those_of_the_interface(worlds):
    interface, extract = worlds
    ours = [(r["feedetl_sn"], r["med_list_codg"], r["det_item_fee_sumamt"]) for r in rows(interface, "fee_list")]
    theirs = [(r["bkkp_sn"], r["hilist_code"], r["det_item_fee_sumamt"]) for r in rows(extract, "fee_list")]
    assert ours == theirs
    assert (interface / "truth" / "labels.csv").read_bytes() == (extract / "truth" / "labels.csv").read_bytes()


def test_a_visit_names_its_person_as_the_register_does(worlds):
    interface, extract = worlds
    persons = {row["psn_no"]: row for row in rows(interface, "psn_info")}
    visits = rows(extract, "mdtrt")
    assert visits
    for visit in visits:
        person = persons[visit["psn_no"]]
        assert [visit[c] for c in ("psn_name", "certno", "gend", "brdy")] == [
            person[c] for c in ("psn_name", "certno", "gend", "brdy")
        ]


def test_the_mapping_knows_every_column_of_the_extract():
    mapping = read_mapping("inspection")
    for table, columns in INSPECTION.items():
        kind = next(file for file in mapping.files.values() if f"{table}.csv*" in file.patterns)
        known = {*kind.names(), *kind.drop, *kind.identifying}
        assert set(columns) <= known, table
        assert {*kind.identifies} >= {
            c for c in columns if c in ("psn_no", "certno", "psn_name", "tel", "addr", "opter_name")
        }
