"""The files of a published list: a table for machines, a workbook and pages for people.

`<lists>/<date>/`: leads.csv, leads.xlsx, changes.html, summary.json, and by lead its evidence file as a page, a paper
and a workbook: evidence/lead_<place>_<id>.html, .pdf and .xlsx; for each team the same of its own leads alone under
teams/<team>/.
The same content gives the same bytes; the folder appears whole or not at all.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fundwatch.cells import PeoplesTable, csv_for_people
from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256, fingerprint
from leads.cards import TIER_ENGLISH
from leads.evidence.files import write_evidence
from leads.publishing.case_words import cases_text, statuses_text
from leads.publishing.published import ListContent
from leads.publishing.rows import LeadRow
from leads.publishing.work_sheets import changes_page
from leads.publishing.workbook import write_workbook

SUMMARY = "summary.json"
_CSV_COLUMNS = (
    "place", "lead_id", "tier", "tier_en", "subject_type", "subject_id", "subject_name", "period_start",
    "period_end", "currency", "amount_in_question", "amount_at_risk", "estimated_amount", "hit_count", "line_count",
    "rule_ids", "score", "priority", "severity_factor", "money_factor", "outlier_factor", "tip_factor",
    "learned_factor", "tip_count", "law", "reason_zh", "reason_en", "clear_zh", "clear_en", "workplaces", "cases",
    "case_ids", "models_not_run", "is_minor", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """A list on disk. `list_fingerprint` names its content: the same list has the same fingerprint."""

    folder: Path
    list_fingerprint: str
    files: tuple[str, ...]


def write_list(content: ListContent, lists: Path) -> Published:
    """Write the night's folder. An equal list that is there already is left untouched.

    A run that was killed leaves at most a folder whose name starts with a dot; the next run removes it.
    """
    night = content.provenance.business_date.isoformat()
    target, draft, former = lists / night, lists / f".{night}.draft", lists / f".{night}.former"
    for left_over in (draft, former):
        shutil.rmtree(left_over, ignore_errors=True)
    draft.mkdir(parents=True)
    published = _write_files(content, draft, target)
    if is_whole(target) and (target / SUMMARY).read_bytes() == (draft / SUMMARY).read_bytes():
        shutil.rmtree(draft)
        return published
    if target.exists():
        target.rename(former)
    draft.rename(target)
    shutil.rmtree(former, ignore_errors=True)
    return published


def _write_files(content: ListContent, draft: Path, target: Path) -> Published:
    table, marks = _write_pack(content, draft)
    for team in dict.fromkeys(one.team for one in content.given if one.team):
        _write_pack(content.of_team(team), draft / "teams" / team)
    hashes = {
        path.relative_to(draft).as_posix(): file_sha256(path) for path in sorted(draft.rglob("*")) if path.is_file()
    }
    list_fingerprint = fingerprint(hashes)
    signed = {"leads.csv": {"columns": dict(table.signed), "note": table.note}} if table.signed else {}
    names = {"list_fingerprint": list_fingerprint, "files": hashes, "signed_cells": signed, "evidence": marks}
    summary = content.summary() | names
    text = json.dumps(summary, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (draft / SUMMARY).write_text(text, encoding="utf-8", newline="\n")
    return Published(target, list_fingerprint, (*hashes, SUMMARY))


def _write_pack(content: ListContent, folder: Path) -> tuple[PeoplesTable, dict[str, str]]:
    """The table, the workbook and an evidence file for each lead; the table, and the fingerprint of each file."""
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    table = leads_table(content)
    (folder / "leads.csv").write_bytes(table.content)
    write_workbook(content, folder / "leads.xlsx")
    (folder / "changes.html").write_text(changes_page(content), encoding="utf-8", newline="\n")
    marks = {lead.lead_id: write_evidence(content, lead, folder / "evidence") for lead in content.leads}
    return table, marks


def is_whole(folder: Path) -> bool:
    """Whether every file that the folder's summary names is there, unchanged."""
    try:
        files = read_summary(folder)["files"]
    except FundwatchError:
        return False
    return all((folder / name).is_file() and file_sha256(folder / name) == sha for name, sha in files.items())


def read_summary(folder: Path) -> dict[str, Any]:
    """The parsed summary.json. Raises FundwatchError when it is not readable."""
    path = folder / SUMMARY
    try:
        parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FundwatchError(
            f"not a readable summary: {error}", where=str(path), do="publish the list again"
        ) from error
    return parsed


def leads_table(content: ListContent) -> PeoplesTable:
    """The list as CSV, one row a lead."""
    return csv_for_people(_CSV_COLUMNS, (_csv_row(content, lead) for lead in content.leads))


def _csv_row(content: ListContent, lead: LeadRow) -> list[object]:
    cases = content.cases_of(lead)
    made: dict[str, object] = {
        "currency": content.provenance.currency,
        "tier_en": TIER_ENGLISH.get(lead.tier, ""),
        "cases": cases_text(cases, "; ", content.provenance.currency),
        "case_ids": [case.case_id for case in cases],
        "status": statuses_text(cases, content.provenance.currency).replace("\n", "; "),
        "models_not_run": sorted(content.provenance.models_not_run),
    }
    return [_cell(made[name] if name in made else getattr(lead, name)) for name in _CSV_COLUMNS]


def _cell(value: object) -> object:
    return ";".join(value) if isinstance(value, list) else value
