"""Nothing but what happened tells staged rows from honest ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from statistics import mean

import numpy as np
import pytest

from simulator import Scenario, simulate
from simulator.calibration.blind import blind_auc, line_sample, read_delivered, visit_sample
from tests.night import ROOT, clean_environment

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "notebooks" / "blind_check.ipynb"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blind")
    scenario = Scenario(persons=2500, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),), scheme_scale=10.0)
    simulate(scenario, folder / "landing", folder / "truth")
    return read_delivered(folder / "landing", folder / "truth")


@pytest.fixture(scope="module", params=[line_sample, visit_sample], ids=["lines", "encounters"])
def drawn(request, delivered):
    """Draws the rows and their counterparts with a seed."""
    return lambda seed: request.param(delivered, seed)


@pytest.fixture(scope="module")
def sample(drawn):
    return drawn(0)


def test_technical_columns_do_not_tell_staged_from_honest(drawn):
    verdicts = [blind_auc(drawn(seed), seed=seed, resamples=2) for seed in range(5)]
    assert verdicts[0].rows > 1000
    assert 0.45 <= mean(verdict.auc for verdict in verdicts) <= 0.55


def test_a_fingerprint_would_be_found(sample):
    marked = sample.features.copy()
    marked[:, -1] = np.where(sample.is_staged, marked[:, -1] + 100, marked[:, -1])
    assert blind_auc(replace(sample, features=marked), resamples=20).auc > 0.9


def test_rows_are_matched_one_to_one_and_whole_instances_stay_together(sample):
    assert sample.is_staged.sum() * 2 == len(sample.is_staged)
    staged, honest = (set(sample.groups[sample.is_staged == side]) for side in (True, False))
    assert not staged & honest


def test_the_committed_notebook_holds_no_output():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []


@pytest.mark.slow
def test_the_notebook_runs_and_draws_its_verdict():
    import nbformat

    from tests.notebooks.run_notebook import run_notebook

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    outputs = run_notebook(notebook, NOTEBOOK.parent, clean_environment({"PYTHONPATH": str(ROOT)}))
    assert any("image/png" in output.get("data", {}) for output in outputs)
