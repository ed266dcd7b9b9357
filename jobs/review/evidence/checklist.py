"""The check list of possible problems by department, made from the rules in force on a night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.pages import Bilingual, NewSheet, page, publish
from fundwatch.settings import Settings
from jobs.review.evidence.self_check import problems_by_rule
from jobs.review.night_cards import all_cards
from leads.evidence.document import document_of
from leads.evidence.printed import printed
from leads.self_check.pack import by_department, checklist_parts, checklist_workbook


@dataclass(frozen=True)
class ChecklistWritten:
    """Where the check list lies, and how much is on it."""

    folder: Path
    departments: int
    problems: int

    def as_json(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "departments": self.departments, "problems": self.problems}


def write_checklist(settings: Settings, night: date, out: Path) -> ChecklistWritten:
    """Write `<out>/checklist-<night>`: page, paper, workbook. Atomic."""
    cards, problems = all_cards(settings, night), problems_by_rule()
    parts = [NewSheet(Bilingual("分科室自查清单", "Check list by department")), *checklist_parts(cards, problems)]
    document = document_of(f"医保基金使用自查清单 {night}", parts, str(night))
    files = {
        "checklist.html": page(document.title, document.parts, document.foot).encode(),
        "checklist.pdf": printed(document),
        "checklist.xlsx": checklist_workbook(cards, problems, night),
    }
    folder = publish(out / f"checklist-{night}", files)
    return ChecklistWritten(folder, len(by_department(cards)), len(cards.rules))
