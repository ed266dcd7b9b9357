"""The analyst's notebook runs from top to bottom over a lake that the commands made, opened as people open it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.night import ROOT, FinishedNight, clean_environment

NOTEBOOK = ROOT / "notebooks" / "first_morning.ipynb"
# what the picture was drawn of, against what the score said of the same peers
_DRAWN = "print(len(peers), strongest.peer_count, peers.median(), strongest.peer_median, axes.get_title())"


@pytest.fixture(scope="module")
def opened(finished_night: FinishedNight, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The outputs of all its cells and of one more, run in the folder `notebooks` of a project whose `var` is a copy of
    the finished lake (a session has temporary files there, beside which others copy it), with no setting but the
    machine's size."""
    import nbformat

    from tests.notebooks.run_notebook import run_notebook

    project = tmp_path_factory.mktemp("project")
    shutil.copytree(finished_night.var, project / "var")
    (project / "notebooks").mkdir()
    shutil.copy(NOTEBOOK, project / "notebooks")
    notebook = nbformat.read(project / "notebooks" / NOTEBOOK.name, as_version=4)
    notebook.cells.insert(-1, nbformat.v4.new_code_cell(_DRAWN))
    return run_notebook(notebook, project / "notebooks", clean_environment({"PYTHONPATH": str(ROOT)}))


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
