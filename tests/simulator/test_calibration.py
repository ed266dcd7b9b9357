from __future__ import annotations

import json
from datetime import date

import pytest

from simulator import Scenario, simulate
from simulator.calibration.calibration import Comparison, calibrate, compared, published
from simulator.calibration.delivered import delivered

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
