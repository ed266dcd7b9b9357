"""The analyst's notebook runs from top to bottom over a lake that the commands made, opened as people open it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.night import ROOT, SMALL_JAVA, FinishedNight

NOTEBOOK = ROOT / "notebooks" / "first_morning.ipynb"
# what the picture was drawn of, against what the score said of the same peers
_DRAWN = "print(len(peers), strongest.peer_count, peers.median(), strongest.peer_median, axes.get_title())"


@pytest.fixture(scope="module")
def opened(finished_night: FinishedNight, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The outputs of all its cells and of one more, run in the folder `notebooks` of a project whose `var` is the
    finished lake, with no setting but the machine's size."""
    import nbformat
    from nbclient import NotebookClient

    project = tmp_path_factory.mktemp("project")
    (project / "var").symlink_to(finished_night.var)
    (project / "notebooks").mkdir()
    shutil.copy(NOTEBOOK, project / "notebooks")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [n for n in os.environ if n.startswith("FUNDWATCH_") and n != "FUNDWATCH_JARS"]:
            monkeypatch.delenv(name)
        for name, value in {**SMALL_JAVA, "PYTHONPATH": str(ROOT)}.items():
            monkeypatch.setenv(name, value)
        notebook = nbformat.read(project / "notebooks" / NOTEBOOK.name, as_version=4)
        notebook.cells.insert(-1, nbformat.v4.new_code_cell(_DRAWN))
        folder = {"metadata": {"path": str(project / "notebooks")}}
        NotebookClient(notebook, timeout=300, resources=folder).execute()
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.slow
def test_the_first_morning_shows_leads_evidence_and_peers(opened: list[dict[str, Any]]) -> None:
    assert any("image/png" in output.get("data", {}) for output in opened), "the peers were not drawn"
    tables = [output["data"]["text/html"] for output in opened if "text/html" in output.get("data", {})]
    assert len(tables) >= 5
    assert "明确违规" in tables[0]


@pytest.mark.slow
def test_the_picture_shows_the_peers_that_its_title_names(opened: list[dict[str, Any]]) -> None:
    reported = next(output["text"] for output in reversed(opened) if "(n = " in output.get("text", ""))
    drawn, counted, median, stated, title = reported.split(" ", 4)
    assert drawn == counted
    assert float(median) == pytest.approx(float(stated))
    assert f"(n = {counted})" in title


def test_the_committed_notebook_holds_no_output(tmp_path: Path) -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []
