"""Nothing but what happened tells staged rows from honest ones."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from simulator import Scenario, simulate
from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.calibration.blind import BlindVerdict, blind_auc
from simulator.calibration.blind_check import (
    BlindDelivery,
    BlindFinding,
    TableSample,
    blind_check,
    outcome,
    read_delivered,
)
from simulator.calibration.blind_columns import BlindCheckError, declared_columns, declared_of
from simulator.delivering.columns import COLUMNS
from tests.night import ROOT, clean_environment

NOTEBOOK = ROOT / "notebooks" / "blind_check.ipynb"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blind")
    scenario = Scenario(persons=2500, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),), scheme_scale=5.0)
    simulate(scenario, folder / "landing", folder / "truth")
    return read_delivered(folder / "landing", folder / "truth")


def town(staged: int = 300, honest: int = 400) -> BlindDelivery:
    """People whose first ones have a staged encounter, and nothing in their registers or encounters tells which."""
    rng = np.random.default_rng(11)
    count = staged + honest
    people = [f"99{n:018d}" for n in rng.permutation(10**6)[:count]]
    digits = rng.integers(0, 10**8, (6, count))
    columns = {
        "certno": [f"990001198001{n % 28 + 1:02d}{digits[0][n] % 10**4:04d}" for n in range(count)],
        "psn_name": [f"王{'伟芳娜敏静'[digits[1][n] % 5]}" for n in range(count)],
        "tel": [f"100{digits[2][n]:08d}" for n in range(count)],
        "addr": [f"柳湾路{n // 2}号" for n in rng.permutation(count)],
    }
    info = _filled("psn_info", psn_no=people, gend=["1"] * count, brdy=["1980-01-01"] * count, **columns)
    employer = [f"E{digits[3][n] % 9}" for n in range(count)]
    relation = [f"{digits[4][n]:016d}" for n in range(count)]
    insured = _filled("psn_insu", psn_no=people, psn_insu_rlts_id=relation, emp_no=employer, insutype=["310"] * count)
    visits = _filled(
        "mdtrt", psn_no=people, mdtrt_id=[f"{digits[5][n]:017d}" for n in range(count)], med_type=["11"] * count,
        begntime=[f"2026-03-05 09:{digits[0][n] % 60:02d}:{digits[1][n] % 60:02d}" for n in range(count)],
    )  # fmt: skip
    named = pd.DataFrame({"psn_no": people[:staged], "mdtrt_id": visits["mdtrt_id"][:staged]})
    labels = named.assign(kind="scheme", scheme="made_up", instance=[str(n) for n in range(staged)])
    blank = dict.fromkeys(("feedetl_sn", "fixmedins_code", "dr_code"), "")
    return BlindDelivery({"psn_info": info, "psn_insu": insured, "mdtrt": visits}, labels.assign(**blank))


def _filled(table, **columns):
    rows = pd.DataFrame({name: list(columns.get(name, [""] * len(columns["psn_no"]))) for name in COLUMNS[table]})
    return rows.assign(row=np.arange(len(rows)))


def loud(delivered, **asked):
    return {
        (one.table, one.columns)
        for one in blind_check(delivered, resamples=40, speaking=False, **asked)
        if one.gives_away
    }


def is_staged(delivered, table):
    return delivered.tables[table]["psn_no"].isin(delivered.labels["psn_no"])


def test_every_delivered_column_is_declared_once_and_none_besides():
    declared = [(one.table, one.column) for one in declared_columns()]
    delivered = [(table, column) for table, columns in COLUMNS.items() for column in columns]
    delivered += [(table.name, column) for table in EXTRA_TABLES for column in table.columns]
    assert sorted(declared) == sorted(delivered)


def test_a_column_without_a_declaration_is_refused():
    with pytest.raises(BlindCheckError, match="rsv_fld1"):
        declared_of("psn_info", ["psn_no", "rsv_fld1"])


def test_a_town_that_gives_nothing_away_passes():
    assert loud(town(), pairs=False, tables=["psn_info"]) == set()


def test_a_hole_in_one_field_is_found():
    leaky = town()
    visits, staged = leaky.tables["mdtrt"], is_staged(leaky, "mdtrt")
    visits["begntime"] = visits["begntime"].mask(staged, visits["begntime"].str[:17] + "00")
    assert ("mdtrt", "begntime") in loud(leaky, pairs=False, tables=["mdtrt"])


def test_a_hole_in_a_register_is_found():
    leaky = town()
    people, staged = leaky.tables["psn_info"], is_staged(leaky, "psn_info")
    people.loc[staged, "addr"] = [f"石桥路{n}号" for n in range(staged.sum())]  # with nobody
    assert loud(leaky, pairs=False, tables=["psn_info"]) == {("psn_info", "addr")}
    joined = TableSample(leaky, "mdtrt").sample
    assert blind_auc(joined, "psn_info.addr/sharing", resamples=20).gives_away


def test_a_hole_in_a_pair_of_columns_is_found_though_each_alone_tells_nothing():
    leaky = town()
    people, staged = leaky.tables["psn_info"], is_staged(leaky, "psn_info")
    people["tel"] = people["tel"].mask(staged, people["tel"].str[:7] + people["certno"].str[-4:])
    leaky.tables["psn_insu"][["psn_insu_rlts_id", "emp_no"]] = ""  # fewer pairs
    found = loud(leaky, tables=["psn_info"])
    assert ("psn_info", "certno × tel") in found or ("psn_info", "tel × certno") in found
    assert ("psn_info", "tel") not in found


def test_too_few_rows_are_not_asked():
    assert all(one.verdict is None for one in blind_check(town(5, 10), pairs=False))


@pytest.mark.parametrize(("auc", "low", "rows", "groups", "expected"), [
    (0.62, 0.56, 400, 200, True), (0.56, 0.53, 400, 200, False), (0.56, 0.53, 4000, 2000, True),
    (0.54, 0.53, 4000, 2000, False),
])  # fmt: skip
def test_above_the_limit_for_sure_or_with_enough_rows(auc, low, rows, groups, expected):
    assert BlindVerdict(auc, low, auc + 0.05, rows, groups).gives_away is expected


def test_rows_are_matched_one_to_one_and_a_person_is_on_one_side(delivered):
    of = TableSample(delivered, "mdtrt")
    assert of.sample.is_staged.sum() * 2 == len(of.sample.is_staged) > 200
    staged, honest = (set(of.sample.groups[of.sample.is_staged == side]) for side in (True, False))
    assert not staged & honest
    assert of.rows.assign(group=of.sample.groups).groupby("psn_no")["group"].nunique().max() == 1


@pytest.mark.slow
@pytest.mark.parametrize("table", ["psn_info", "fee_list"])
def test_what_must_be_silent_is(delivered, table):
    assert loud(delivered, tables=[table], pairs=False) == set()


@pytest.mark.long
def test_no_column_and_no_pair_gives_a_quarter_of_a_district_away(tmp_path):
    simulate(Scenario(persons=6000, scheme_scale=3.0), tmp_path / "landing", tmp_path / "truth", processes=2)
    assert loud(read_delivered(tmp_path / "landing", tmp_path / "truth")) == set()


def test_a_world_too_small_to_ask_has_not_passed():
    def finding(verdict):
        return BlindFinding("psn_info", "addr", "sharing", must_be_silent=True, verdict=verdict)

    few, quiet, loud = None, BlindVerdict(0.5, 0.45, 0.55, 400, 200), BlindVerdict(0.8, 0.7, 0.9, 400, 200)
    codes = [outcome([finding(v) for v in verdicts])[1] for verdicts in ([few], [few, quiet], [few, quiet, loud])]
    assert codes == [2, 0, 1]


def test_the_committed_notebook_holds_no_output():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []


@pytest.mark.long
def test_the_notebook_runs_and_draws_its_verdict():
    import nbformat

    from tests.notebooks.run_notebook import run_notebook

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    outputs = run_notebook(notebook, NOTEBOOK.parent, clean_environment({"PYTHONPATH": str(ROOT)}))
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_a_scheme_that_is_played_on_a_column_does_not_make_it_loud():
    leaky = town()
    for scheme, expected in (("made_up", True), ("too_many_drugs_at_once", False)):
        visits = leaky.tables["mdtrt"]
        lines = _filled(
            "fee_list", psn_no=visits["psn_no"], mdtrt_id=visits["mdtrt_id"], med_type=visits["med_type"],
            det_item_fee_sumamt=["10.00"] * len(visits), feedetl_sn=[f"{n:018d}" for n in range(len(visits))],
        )  # fmt: skip
        shared = is_staged(leaky, "mdtrt").to_numpy()
        lines["rx_drord_no"] = [f"R{n // (3 if own else 1):012d}" for n, own in enumerate(shared)]
        found = loud(
            BlindDelivery(leaky.tables | {"fee_list": lines}, leaky.labels.assign(scheme=scheme)),
            pairs=False, tables=["fee_list"],
        )  # fmt: skip
        assert (("fee_list", "rx_drord_no") in found) is expected


def test_nor_does_it_make_the_register_loud_that_is_joined_to_the_visits():
    leaky = town()
    for scheme, expected in (("made_up", True), ("shared_telephone", False)):
        people = leaky.tables["psn_info"].copy()
        shared = is_staged(leaky, "psn_info").to_numpy()
        people["tel"] = [f"138{n // (3 if own else 1):08d}" for n, own in enumerate(shared)]
        found = loud(
            BlindDelivery(leaky.tables | {"psn_info": people}, leaky.labels.assign(scheme=scheme)),
            pairs=False, tables=["mdtrt"],
        )  # fmt: skip
        assert (("mdtrt", "psn_info.tel") in found) is expected
