"""What notebooks, and the scripts that benchmarks start, import of ours is there."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_OURS = re.compile(
    r"^from ((?:fundwatch|privacy|intake|features|rules|models|leads|evaluation|simulator|jobs)\b[\w.]*)"
    r" import ([\w, ]+)$",
    re.M,
)


def _text(file: Path) -> str:
    if file.suffix != ".ipynb":
        return file.read_text(encoding="utf-8")
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.parametrize(
    "file", [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("benchmarks/*.py")], ids=lambda file: file.name
)
def test_what_a_file_imports_of_ours_is_there(file: Path) -> None:
    for module, names in _OURS.findall(_text(file)):
        found = importlib.import_module(module)
        assert [name for name in names.split(", ") if not hasattr(found, name.split(" as ")[0])] == [], module
