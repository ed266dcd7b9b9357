"""Plain words: no private vocabulary in names, one meaning per class name, none that a library's class has."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas
import pyspark.sql
import pyspark.sql.types

ROOT = Path(__file__).parent.parent
ROOMS = (
    "benchmarks", "dags", "evaluation", "features", "fundwatch", "intake", "jobs", "leads", "models", "privacy",
    "rules", "scripts", "simulator", "tests",
)  # fmt: skip
# Words that a reader had to learn here first, and what says the same to everybody.
PRIVATE = {
    "told": "reported", "nought": "zero", "mend": "fix", "mended": "fixed", "stands": "committed", "stood": "committed",
    "standouts": "outliers", "shelf": "lake_models", "prints": "fingerprints", "side_by_side": "in_parallel",
    "own_print": "own_fingerprint", "content_print": "content_fingerprint", "model_print": "model_fingerprint",
    "run_print": "run_fingerprint", "print_of": "fingerprint_of",
}  # fmt: skip
LIBRARIES = {name for module in (pyspark.sql, pyspark.sql.types, pandas) for name in dir(module) if name[0].isupper()}


def _files() -> list[Path]:
    return sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _names(file: Path) -> Iterator[tuple[str, int]]:
    """The names of a file, with their lines: variables, attributes, arguments, functions, classes."""
    for node in ast.walk(_tree(file)):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(name := getattr(node, field, None), str):
                yield name, getattr(node, "lineno", 0)


def _classes(file: Path) -> Iterator[str]:
    """The classes of the module's own level."""
    return (node.name for node in _tree(file).body if isinstance(node, ast.ClassDef))


def test_no_name_is_a_private_word() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {name}: say {PRIVATE[name]}"
        for file in _files()
        for name, line in _names(file)
        if name in PRIVATE
    ]
    assert found == []


def test_a_fingerprint_is_no_print() -> None:
    """`print` is Python's function alone: as an attribute, a field or an argument it would be one more meaning."""
    found = []
    for file in _files():
        for node in ast.walk(_tree(file)):
            named = (
                (isinstance(node, ast.FunctionDef) and node.name)
                or (isinstance(node, ast.keyword) and node.arg)
                or (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id)
            )
            if named == "print":
                found.append(f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert found == []


def test_a_class_name_means_one_thing() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for file in _files():
        for name in _classes(file):
            if not (name.startswith("_") and file.is_relative_to(ROOT / "tests")):
                where[name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_no_class_has_the_name_of_a_library_s() -> None:
    assert {"Window", "Column", "Row", "DataFrame"} <= LIBRARIES
    ours = {(name, str(file.relative_to(ROOT))) for file in _files() for name in _classes(file)}
    assert {(name, file) for name, file in ours if name in LIBRARIES or name == "Frame"} == set()
