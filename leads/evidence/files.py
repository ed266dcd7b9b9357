"""The files of one lead's evidence: a page to read, a paper to carry, a workbook to work through."""

from __future__ import annotations

from pathlib import Path

from fundwatch.pages import page
from leads.evidence.document import lead_document
from leads.evidence.lead_workbook import write_lead_workbook
from leads.evidence.printed import printed
from leads.evidence.view import LeadView
from leads.publishing.published import ListContent
from leads.publishing.rows import LeadRow


def file_name(lead: LeadRow) -> str:
    """What the lead's files are called, without their endings."""
    return f"lead_{lead.place:03d}_{lead.lead_id[:8]}"


def write_evidence(content: ListContent, lead: LeadRow, folder: Path) -> str:
    """Write the lead's page, paper and workbook; the fingerprint that stands in each of them."""
    view = LeadView(content, lead)
    document = lead_document(view)
    path = folder / f"{file_name(lead)}.html"
    path.write_text(page(document.title, document.parts, document.foot), encoding="utf-8", newline="\n")
    path.with_suffix(".pdf").write_bytes(printed(document))
    write_lead_workbook(view, document, path.with_suffix(".xlsx"))
    return document.fingerprint
