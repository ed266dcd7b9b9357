"""Every file for people is safe to open in a spreadsheet: who writes files is listed here, and what kind they are."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# the simulator writes deliveries and their truth, which programs read
PACKAGES = ("fundwatch", "privacy", "intake", "features", "rules", "models", "leads", "evaluation", "jobs", "dags")
# what writes tables that a spreadsheet opens; all else of the kind goes through these
TABLES = {
    "fundwatch/cells.py": "the one writer of CSV for people",
    "leads/publishing/sheets.py": "the one writer of workbooks: texts are written as texts",
    "intake/files/forms/spreadsheet.py": "turns a delivered workbook into CSV for the intake; nobody opens it",
    "intake/files/forms/objects.py": "turns delivered JSON into CSV for the intake; nobody opens it",
    "intake/files/forms/columnar.py": "turns delivered Parquet into CSV for the intake; nobody opens it",
}
# what writes other files, and why no cell of theirs computes
OTHERS = {
    "jobs/author/export_pack.py": "JSON of a rule pack, for programs",
    "dags": "",
    "fundwatch": "logs, ledgers and locks for machines",
    "privacy": "keys, the audit log and the vault, for machines",
    "features": "",
    "intake": "copies of deliveries for the intake",
    "models": "a model's numbers, JSON",
    "rules": "",
    "jobs/onboard/check_source.py": "Markdown, whose tables use safe_text",
    "jobs/onboard/draft_source.py": "a mapping, YAML",
    "jobs/protect/erase_lists.py": "pages, notes and JSON; its CSV is made by csv_for_people",
    "jobs/protect/reidentify_tokens.py": "JSON for machines",
    "jobs/prove/simulate_claims.py": "JSON for machines",
    "jobs/stages_file.py": "JSON for the DAGs",
    "jobs/onboard/reference.py": "a guide, Markdown",
    "jobs/belonging.py": "a note",
    "jobs/review/evidence/all_lines.py": "a table made by csv_for_people",
    "jobs/review/value/labels_file.py": "a table made by csv_for_people",
    "jobs/prove/evaluate_worlds.py": "JSON and a page",
    "jobs/review/evidence/self_check_answers.py": "JSON for machines",
    "leads/evidence/files.py": "pages and papers; its workbook is made by fundwatch.cells",
    "jobs/operate/night_metrics.py": "figures for machines",
    "jobs/operate/watch_indicators.py": "a page",
    "evaluation/files.py": "JSON and pages; its CSV is made by csv_for_people",
    "leads/publishing/lists.py": "pages and JSON; its CSV is made by csv_for_people",
    "leads/publishing/track.py": "JSON for machines",
}
_TABULAR = {"to_csv", "to_excel", "to_html", "write_csv", "DictWriter", "Workbook"}
_PLAIN = {"write_text", "write_bytes", "put_file"}


def _calls(module: Path) -> set[str]:
    """Names of what the module calls, and `csv.writer` as such."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(node.func.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            found |= {
                node.func.attr,
                *([f"csv.{node.func.attr}"] if isinstance(of, ast.Name) and of.id == "csv" else []),
            }
    return found


@cache
def _modules() -> dict[str, set[str]]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): _calls(path) for path in paths}


def test_tables_for_people_are_written_in_one_place_of_each_kind() -> None:
    writers = {name for name, calls in _modules().items() if calls & {*_TABULAR, "csv.writer", "csv.DictWriter"}}
    assert writers == {*TABLES}


def test_whoever_writes_a_file_is_known_with_its_kind() -> None:
    writers = {name for name, calls in _modules().items() if calls & _PLAIN}
    unknown = [name for name in sorted(writers) if name not in OTHERS and name.split("/")[0] not in OTHERS]
    assert unknown == [], "say in OTHERS what it writes; a table for people is made by fundwatch.cells"


@pytest.mark.parametrize("name", [name for name in OTHERS if "/" in name])
def test_what_is_said_to_write_files_still_does(name: str) -> None:
    assert _modules()[name] & _PLAIN


def test_a_workbook_takes_no_text_for_a_formula_a_link_or_a_number() -> None:
    text = (ROOT / "leads" / "publishing" / "sheets.py").read_text(encoding="utf-8")
    for option in ("strings_to_formulas", "strings_to_urls", "strings_to_numbers"):
        assert f'"{option}": False' in text
    assert "write_formula" not in text
    assert "write_url" not in text
