"""The analyst's notebook runs from top to bottom over a lake that the commands made."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.night import ROOT, SMALL_JAVA, FinishedNight

NOTEBOOK = ROOT / "notebooks" / "first_morning.ipynb"


@pytest.mark.slow
def test_the_first_morning_runs_and_shows_leads_evidence_and_peers(
    finished_night: FinishedNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in os.environ if n.startswith("FUNDWATCH_") and n != "FUNDWATCH_JARS"]:
        monkeypatch.delenv(name)
    for name, value in {**SMALL_JAVA, "FUNDWATCH_VAR": str(finished_night.var), "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(finished_night.var)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs), "the peers were not drawn"
    tables = [output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert len(tables) >= 5
    assert "明确违规" in tables[0]


def test_the_committed_notebook_holds_no_output(tmp_path: Path) -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert [cell.outputs for cell in cells if cell.cell_type == "code" and cell.outputs] == []
