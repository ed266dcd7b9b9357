"""One lead as its evidence file sees it: its rows and facts, and how ids and money are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from fundwatch.pages import Bilingual
from leads.cards import RuleCard
from leads.evidence.facts import ALL_RULES, Dimension, Drivers, EncounterFacts, Subtotal
from leads.evidence.law import Citation, citations
from leads.publishing.published import ListContent
from leads.publishing.rows import EvidenceRow, HitRow, LeadRow, short
from leads.ranking.naming import DEPARTMENTS
from leads.words import COMPARED, in_currency

# What a paper lists of a lead; its workbook has more, and the table of the lake all.
LINES_ON_PAPER = 200


@dataclass(frozen=True)
class LeadView:
    """A lead of a list's content."""

    content: ListContent
    lead: LeadRow

    @cached_property
    def lines(self) -> list[EvidenceRow]:
        """All lines that were read, the dearest first."""
        return self.content.lines_of(self.lead.lead_id)

    @cached_property
    def indicators(self) -> list[EvidenceRow]:
        return self.content.indicators_of(self.lead.lead_id)

    @cached_property
    def hits(self) -> list[HitRow]:
        return self.content.hits_of(self.lead)

    @property
    def counted_lines(self) -> list[EvidenceRow]:
        """The lines that count, without those that they are compared with."""
        return [line for line in self.lines if line.role != COMPARED]

    @property
    def rules(self) -> list[tuple[str, RuleCard]]:
        """The lead's rules, or the statistical finding, with what is said of them."""
        return self.content.cards.of_lead(self.lead.rule_ids)

    @property
    def number(self) -> str:
        """The number of the file: night and lead."""
        return f"{self.content.provenance.business_date:%Y%m%d}-{self.lead.place:03d}-{self.lead.lead_id[:8]}"

    @property
    def currency(self) -> str:
        return self.content.provenance.currency

    @property
    def drivers(self) -> Drivers | None:
        """What its scores come from, where no rule speaks for it."""
        return self.content.facts.drivers.get(self.lead.lead_id)

    @cached_property
    def days(self) -> tuple[date, date]:
        """The first and the last day of what was found; the lead's period where no line says."""
        found = [day for s in self.subtotals(Dimension.DAY) for day in (s.first_day, s.last_day) if day]
        found += [day for hit in self.hits for day in (hit.period_start, hit.period_end) if day]
        return (min(found), max(found)) if found else (self.lead.period_start, self.lead.period_end)

    def subtotals(self, dimension: Dimension, rule_id: str = ALL_RULES) -> list[Subtotal]:
        return self.content.facts.subtotals_of(self.lead.lead_id, rule_id, dimension)

    def citations(self, cited: Sequence[str]) -> list[Citation]:
        """Articles beside the days of what was found."""
        return citations(cited, *self.days)

    def encounter(self, encounter_id: str | None) -> EncounterFacts | None:
        return self.content.facts.encounters.get(encounter_id or "")

    @cached_property
    def encounters(self) -> list[EncounterFacts]:
        """The visits and stays of its lines, hits and costliest visits, in the order of its rows."""
        ids = [line.encounter_id for line in self.lines] + [hit.encounter_id for hit in self.hits]
        ids += [visit.encounter_id for visit in (self.drivers.visits if self.drivers else ())]
        found = (self.encounter(one) for one in dict.fromkeys(ids))
        return [encounter for encounter in found if encounter is not None]

    def money(self, amount: Decimal | None) -> str:
        return "–" if amount is None else f"{amount:,.2f}"

    def says(self, zh: str, en: str) -> Bilingual:
        """A text about money in both languages, in the list's currency."""
        return Bilingual(in_currency(zh, self.currency), in_currency(en, self.currency))

    @property
    def money_headings(self) -> tuple[Bilingual, ...]:
        """The three columns of money of a line or a sum of lines."""
        pairs = (("金额(元)", "Charged, CNY"), ("违规金额(元)", "In question"), ("涉及基金(元)", "Fund at risk"))
        return tuple(self.says(zh, en) for zh, en in pairs)

    def place(self, institution_id: str | None) -> str:
        return self.content.place(institution_id)

    def doctor(self, doctor_id: str | None) -> str:
        """A doctor by the short form of the token, with hospital and department as registered."""
        if not doctor_id:
            return ""
        return " ".join(filter(None, (short(doctor_id), self.content.facts.doctors.get(doctor_id))))


def both(*pairs: tuple[str, str]) -> tuple[Bilingual, ...]:
    """Headings in both languages."""
    return tuple(Bilingual(zh, en) for zh, en in pairs)


def department_text(code: str | None) -> str:
    """A department by its code and its Chinese name; the text itself where it is no code of the national catalogue."""
    name = DEPARTMENTS.get(code or "", "").split(" ")[0]
    return " ".join(filter(None, (code, name)))


def stay_text(view: LeadView, encounter: EncounterFacts | None, encounter_id: str | None) -> Bilingual:
    """A visit or stay in a line: number, person, institution, kind, admission and discharge, department, diagnosis."""
    if encounter is None:
        return Bilingual(f"就诊 {encounter_id or '–'}", "")
    kinds = {True: ("住院", "stay"), False: ("门诊或购药", "visit"), None: ("就诊", "encounter")}
    zh, en = kinds[encounter.is_inpatient]
    times = " – ".join(dict.fromkeys(f"{t:%Y-%m-%d %H:%M}" for t in (encounter.started_at, encounter.ended_at) if t))
    diagnosis = " ".join(filter(None, (encounter.main_diagnosis_code, encounter.diagnosis_name))) or "–"
    parts = [
        f"{zh} {encounter.encounter_id}", f"参保人 {short(encounter.patient_id)}", view.place(encounter.institution_id),
        times, department_text(encounter.department), f"主要诊断 {diagnosis}",
    ]  # fmt: skip
    if encounter.attending_doctor_id:
        parts.append(f"主诊医师 {short(encounter.attending_doctor_id)}")
    return Bilingual(
        " · ".join(filter(None, parts)), f"{en}: number, person, institution, times, department, diagnosis"
    )


def question_text(amount: Decimal | None) -> Bilingual:
    """The amount in question (违规金额) in words: what nobody knows is not nothing."""
    if amount is None:
        return Bilingual("违规金额未知", "the amount in question is unknown")
    return Bilingual(f"违规金额 {amount:,.2f} 元", f"CNY {amount:,.2f} in question")
