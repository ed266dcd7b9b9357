from __future__ import annotations

import json
from datetime import date
from statistics import fmean

import pytest

from simulator import Scenario, simulate
from simulator.calibration.calibration import Comparison, calibrate, compared, published
from simulator.calibration.contrast import contrasts
from simulator.calibration.delivered import delivered
from simulator.calibration.measures import half_years

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def comparisons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrated")
    scenario = Scenario(persons=2500, history_start=date(2025, 10, 1), nights=(date(2026, 3, 31),), scheme_scale=0.0)
    simulate(scenario, folder / "landing", folder / "truth")
    found = calibrate(folder / "landing", folder / "report")
    assert len(json.loads((folder / "report" / "calibration.json").read_text(encoding="utf-8"))) == len(found)
    assert "| visits | mean |" in (folder / "report" / "calibration.md").read_text(encoding="utf-8")
    return {(c.measure, c.statistic): c for c in found}


@pytest.mark.parametrize(
    "figure",
    [
        ("visits", "mean"), ("visit_days", "mean"), ("institutions", "mean"), ("total_cost", "mean"),
        ("total_cost", "p50"), ("pooled_fund", "mean"), ("drug_share", "p50"), ("months", "p50"),
        ("lines_per_person_year", "all"), ("lines_per_settlement", "all"), ("visits_per_person_year", "all"),
        ("negative_line_share", "all"),
    ],
)  # fmt: skip
def test_the_honest_world_is_near_what_is_published(comparisons, figure):
    comparison = comparisons[figure]
    assert abs(comparison.difference) < comparison.tolerance + 0.12, comparison


def test_most_figures_agree(comparisons):
    assert sum(c.agrees for c in comparisons.values()) > 0.6 * len(comparisons)


def test_what_is_not_delivered_is_not_a_zero():
    missing = compared({("visits", "mean"): 36.0})
    assert {c.measured for c in missing} == {36.0, None}
    assert not any(c.agrees for c in missing if c.measured is None)


def test_a_published_zero_must_be_met():
    assert Comparison("x", "p25", 0, 0.0, 0.2, "").agrees
    assert not Comparison("x", "p25", 0, 0.3, 0.2, "").agrees


def test_every_published_figure_names_its_source():
    assert all(figure.source for figure in published())


def test_other_encodings_are_read_back(tmp_path):
    night = tmp_path / "2026-01-01"
    night.mkdir()
    (night / "tip.csv").write_bytes("a,b\n收费,2\n".encode("gb18030"))
    (night / "manifest.json").write_text('{"files": [{"table": "tip", "name": "tip.csv"}]}', encoding="utf-8")
    assert list(delivered(tmp_path, "tip")) == [{"a": "收费", "b": "2"}]


def test_who_is_brought_in_for_one_dialysis_is_no_user_of_the_benefit(tmp_path):
    night = tmp_path / "2026-01-01"
    night.mkdir()
    visits = ["mdtrt_id,psn_no,med_type,begntime,fixmedins_code"]
    visits += [f"{n},P{n},{kind},2026-01-0{n + 1} 09:00:00,H1" for n, kind in enumerate(("140201", "140201", "11"))]
    tables = {
        "mdtrt": visits, "opsp_reg": ["psn_no", "P1", "P2"], "diag": ["mdtrt_id"], "setl": ["mdtrt_id"],
        "fee_list": ["mdtrt_id"],
    }  # fmt: skip
    for name, rows in tables.items():
        (night / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
    files = [{"table": name, "name": f"{name}.csv"} for name in tables]
    (night / "manifest.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    assert set(half_years(tmp_path)[0]) == {"P1"}


@pytest.mark.long
def test_fraud_stands_out_as_far_as_published_fraud_over_three_seeds(tmp_path):
    found = []
    for seed in (1, 2, 3):
        folder = tmp_path / str(seed)
        half_year = Scenario(seed, 8000, date(2025, 10, 1), (date(2026, 3, 31),))
        simulate(half_year, folder / "landing", folder / "truth", processes=2)
        found.append({(c.measure, c.statistic): c for c in contrasts(folder / "landing", folder / "truth")})
    for measure in ("visits", "most_days_in_month", "days_with_two_institutions", "total_cost", "pooled_fund"):
        ratio = fmean(one[measure, "mean"].ratio or 0.0 for one in found)
        published = found[0][measure, "mean"].published_ratio or 0.0
        assert abs(ratio / published - 1) < 0.2, (measure, ratio, published)
    for figure in (("total_cost", "p25"), ("total_cost", "max"), ("pooled_fund", "mean"), ("pooled_fund", "max")):
        here = fmean(one[figure].everybody or 0.0 for one in found)
        assert abs(here / found[0][figure].published_all - 1) < 0.2, (figure, here)
