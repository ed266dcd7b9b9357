"""The evidence file of one lead as a document: the same parts make its page and its paper, under one fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal

from fundwatch.pages import Bilingual, Paragraph, Part, with_content
from leads.evidence.findings import findings_parts
from leads.evidence.summary import summary_parts
from leads.evidence.view import LeadView
from leads.evidence.working_paper import working_paper_parts
from leads.words import not_run_text, scanned_text, shadow_text

MARK = "fundwatch-evidence"  # what stands before the fingerprint in every file


@dataclass(frozen=True)
class Document:
    """What is printed: a title, parts, what each sheet says at its foot, and the fingerprint of all of it."""

    title: str
    parts: Sequence[Part]
    foot: str
    fingerprint: str

    @property
    def mark(self) -> str:
        """The fingerprint as it stands in the files."""
        return f"{MARK}:{self.fingerprint}"


def lead_document(view: LeadView) -> Document:
    """The lead's file: summary, rule by rule, working paper, provenance."""
    title = f"线索 {view.lead.place} 证据 Evidence of lead {view.lead.place}: {view.lead.subject}"
    parts = with_content([*summary_parts(view), *findings_parts(view), *working_paper_parts(view), *_provenance(view)])
    return document_of(title, parts, f"{view.number} · {view.content.provenance.business_date}", view.lines)


def document_of(title: str, parts: Sequence[Part], foot: str, rows: Sequence[object] = ()) -> Document:
    """A document under the fingerprint of what it says and of the rows that its workbook has beside it; the mark stands
    in its last paragraph."""
    text = json.dumps([title, foot, _plain([*parts]), _plain([*rows])], ensure_ascii=False, sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    said = Paragraph(
        f"证据指纹 Evidence fingerprint {MARK}:{fingerprint} · 核对 verify: `fundwatch leads verify FILE`", "note"
    )
    return Document(title, (*parts, said), foot, fingerprint)


def _plain(content: object) -> object:
    """The content as JSON has it; parts of different kinds differ."""
    if is_dataclass(content) and not isinstance(content, type):
        return {"kind": type(content).__name__} | {k: _plain(v) for k, v in vars(content).items()}
    if isinstance(content, (list, tuple)):
        return [_plain(one) for one in content]
    if isinstance(content, (date, datetime, Decimal)):
        return str(content)
    return content


def _provenance(view: LeadView) -> Iterator[Paragraph]:
    made = view.content.provenance
    models = ", ".join(f"{name} {mark}" for name, mark in sorted(made.model_fingerprints.items())) or "–"
    text = (
        f"lead_id {view.lead.lead_id} · {made.business_date} · rules {made.rule_set_fingerprint} · "
        f"knowledge {made.knowledge_fingerprint} · currency {made.currency} · "
        f"settings {made.settings_fingerprint} · models {models} · {made.software}"
    )
    yield Paragraph(text, "note", Bilingual("溯源", "Provenance"))
    if made.knowledge:
        points = sum(used.points for used in made.knowledge.values())
        said = f"知识点 Knowledge points: {points:,}, {len(made.knowledge)} 类 classes(逐类 by class: leads.xlsx)"
        yield Paragraph(said, "note")
    for said in (
        scanned_text(made.lines_seen), not_run_text(made.models_not_run), shadow_text(view.content.shadow),
    ):  # fmt: skip
        if said:
            yield Paragraph(said, "note")
