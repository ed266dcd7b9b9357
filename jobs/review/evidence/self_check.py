"""The self-check pack of one institution: its own lines, through the checks that every export goes through."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fundwatch import __version__
from fundwatch.cells import csv_for_people
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.pages import as_json, page, publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.committed_stages import refuse_no_stage
from jobs.protect.export_data import own_rows
from jobs.review.night_cards import all_cards
from jobs.review.read_leads import institution_names
from jobs.workplace import reading
from leads.evidence.printed import printed
from leads.self_check.pack import OwnLine, SelfCheckContent, self_check_document, self_check_workbook
from privacy.release.exports import read_export
from rules.catalogue.problems import problem_items

EXPORT = "self_check"


@dataclass(frozen=True)
class SelfCheck:
    """Where a pack lies, whose it is, and how much it asks."""

    folder: Path
    institution_id: str
    institution_name: str
    rules: int
    lines: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"folder": str(self.folder)}


def write_self_check(settings: Settings, night: date, institution: str, out: Path) -> SelfCheck:
    """Write `<out>/self_check-<institution>-<night>`: page, paper, workbook, the lines as CSV, and a manifest. Atomic.

    Raises ExportRefusedError before anything is written where a row would be another's; FundwatchError where the rules
    ask nothing of the institution.
    """
    lake, export = Lake(settings.lake_address), read_export(EXPORT, settings.conf)
    names = institution_names(lake, night, {institution})
    refuse_no_stage(lake, night, "intake", "leads")
    with reading(settings) as place:
        rows, versions = own_rows(export, place, night, institution)
    lines = [_line(row) for row in rows.to_pylist()]
    if not lines:
        raise FundwatchError(
            f"no rule asks anything of institution '{institution:.60}' on {night}",
            where="INSTITUTION",
            do="give its code as the leads show it, or another night",
        )
    content = SelfCheckContent(
        institution, names.get(institution, ""), night, lines, all_cards(settings, night), problems_by_rule(),
        region_of(settings).currency,
    )  # fmt: skip
    folder = publish(out / f"{EXPORT}-{_safe(institution)}-{night}", pack_files(content, export.fingerprint, versions))
    return SelfCheck(folder, institution, content.institution_name, len(content.rule_ids), len(lines))


def pack_files(content: SelfCheckContent, export_fingerprint: str, versions: dict[str, int]) -> dict[str, bytes]:
    """The files of a pack by name: page, paper, workbook, lines, manifest."""
    document = self_check_document(content)
    table = csv_for_people(
        [f.name for f in fields(OwnLine)],
        (
            [getattr(line, f.name) for f in fields(OwnLine)]
            for rule in content.rule_ids
            for line in content.of_rule(rule)
        ),
    )
    files = {
        "self_check.html": page(document.title, document.parts, document.foot).encode(),
        "self_check.pdf": printed(document),
        "self_check.xlsx": self_check_workbook(content, document),
        "lines.csv": table.content,
    }
    manifest = {
        "export": EXPORT,
        "export_fingerprint": export_fingerprint,
        "audience": "provider",
        "institution_id": content.institution_id,
        "business_date": content.night,
        "software": f"fundwatch {__version__}",
        "evidence_fingerprint": document.fingerprint,
        "rows": len(content.lines),
        "signed_cells": dict(table.signed),
        "versions": versions,
        "files": {name: hashlib.sha256(held).hexdigest() for name, held in files.items()},
    }
    return {**files, "manifest.json": as_json(manifest).encode()}


def _line(row: dict[str, Any]) -> OwnLine:
    plain: dict[str, Any] = {k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in row.items()}
    return OwnLine(**{f.name: plain[f.name] for f in fields(OwnLine)})


def _safe(institution: str) -> str:
    """The code as a file's name may hold it: a register's texts come from outside."""
    return "".join(character if character.isalnum() else "_" for character in institution)[:40]


def problems_by_rule() -> dict[str, list[str]]:
    """By rule the items of the national lists that it finds."""
    found: dict[str, list[str]] = {}
    for item in problem_items():
        for rule_id in item.rules:
            found.setdefault(rule_id, []).append(f"{item.code} {item.zh}")
    return found
