"""The files of a published list: a table for machines, a workbook and pages for people.

`<lists>/<date>/`: leads.csv, leads.xlsx, evidence/lead_<place>_<id>.html (a page per lead), summary.json.
The same content gives the same bytes; the folder appears whole or not at all.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256, fingerprint
from leads.cards import TIER_ENGLISH
from leads.page import lead_page
from leads.published import ListContent
from leads.workbook import write_workbook

SUMMARY = "summary.json"
_CSV_COLUMNS = (
    "place", "lead_id", "tier", "tier_en", "subject_type", "subject_id", "subject_name", "period_start",
    "period_end", "amount_at_risk", "estimated_amount", "hit_count", "line_count", "rule_ids", "score",
    "priority", "law", "reason_zh", "reason_en", "clear_zh", "clear_en", "models_not_run",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """A list on disk. `list_print` names its content: the same list has the same print."""

    folder: Path
    list_print: str
    files: tuple[str, ...]


def write_list(content: ListContent, lists: Path) -> Published:
    """Write the night's folder. An equal list that is there already is left untouched.

    A run that was killed leaves at most a folder whose name starts with a dot; the next run removes it.
    """
    night = content.provenance.business_date.isoformat()
    target, draft, former = lists / night, lists / f".{night}.draft", lists / f".{night}.former"
    for left_over in (draft, former):
        shutil.rmtree(left_over, ignore_errors=True)
    (draft / "evidence").mkdir(parents=True)
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
    (draft / "leads.csv").write_bytes(_csv_bytes(content))
    write_workbook(content, draft / "leads.xlsx")
    for lead in content.leads:
        page = draft / "evidence" / f"lead_{lead.place:03d}_{lead.lead_id[:8]}.html"
        page.write_text(lead_page(content, lead), encoding="utf-8", newline="\n")
    hashes = {
        path.relative_to(draft).as_posix(): file_sha256(path) for path in sorted(draft.rglob("*")) if path.is_file()
    }
    list_print = fingerprint(hashes)
    summary = content.summary() | {"list_print": list_print, "files": hashes}
    text = json.dumps(summary, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (draft / SUMMARY).write_text(text, encoding="utf-8", newline="\n")
    return Published(target, list_print, (*hashes, SUMMARY))


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
    except (OSError, ValueError) as fault:
        raise FundwatchError(
            f"not a readable summary: {fault}", where=str(path), do="publish the list again"
        ) from fault
    return parsed


def _csv_bytes(content: ListContent) -> bytes:
    """UTF-8 with a byte order mark: without one, Excel reads Chinese as the system's code page."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_CSV_COLUMNS)
    of_list = {"models_not_run": _cell(sorted(content.provenance.models_not_run))}
    for lead in content.leads:
        own = {name: _cell(getattr(lead, name)) for name in _CSV_COLUMNS if hasattr(lead, name)}
        shown = {**own, **of_list, "tier_en": TIER_ENGLISH.get(lead.tier, "")}
        writer.writerow([shown[name] for name in _CSV_COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    """A value as text; a leading apostrophe keeps a spreadsheet from taking it for a formula."""
    if value is None:
        return ""
    text = ";".join(value) if isinstance(value, list) else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") else text
