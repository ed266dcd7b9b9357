"""The first sheet of an evidence file: who, what, when, how much, which law, how sure, what to ask for, what clears."""

from __future__ import annotations

from collections.abc import Iterator

from fundwatch.pages import Bilingual, PageTable, Paragraph, Part, Style
from leads.cards import TIER_ENGLISH
from leads.evidence.law import violation
from leads.evidence.strange import strange_text
from leads.evidence.view import LeadView, question_text
from leads.publishing.case_words import case_text, kind_name
from leads.publishing.priority_words import priority_text
from leads.publishing.rows import EvidenceRow
from leads.words import CAUTION, SUBJECT_WORDS, TIER_MEANING, percent_text

TIER_STYLE: dict[str, Style] = {"明确违规": "mark bad", "可疑": "mark wait", "线索": "mark hint"}
_NAMED = 3


def summary_parts(view: LeadView) -> Iterator[Part]:
    """What a head of department reads in a minute."""
    lead = view.lead
    yield Paragraph(f"{lead.tier} {TIER_ENGLISH.get(lead.tier, '')}", TIER_STYLE.get(lead.tier, "mark hint"))
    yield Paragraph(CAUTION, "note")
    yield PageTable(
        Bilingual("摘要", "Summary"), (Bilingual("事项", "What"), Bilingual("内容", "Content")), list(_rows(view))
    )
    yield _cases(view)


def _rows(view: LeadView) -> Iterator[tuple[Bilingual, str | Bilingual]]:
    lead, (first, last) = view.lead, view.days
    yield Bilingual("编号", "Number"), f"{view.number} · lead_id {lead.lead_id}"
    yield Bilingual("对象", "Who"), _who(view)
    if not lead.rule_ids:
        yield Bilingual("何处异常", "What is strange"), strange_text(view)
    else:
        yield Bilingual("发现", "What was found"), _found(view)
    yield Bilingual("发生日期", "When"), f"{first} – {last}"
    yield Bilingual("金额", "Money"), _money(view)
    yield Bilingual("违法行为", "The act"), _acts(view)
    yield Bilingual("把握程度", "How sure"), _sure(view)
    yield Bilingual("优先度", "Priority"), priority_text(lead)
    yield Bilingual("一人一档", "Whole file"), f"fundwatch profile {lead.subject_type} {lead.subject_id}"
    yield Bilingual("调取材料", "Ask for"), _joined([(card.ask_for_zh, card.ask_for_en) for _, card in view.rules])
    yield Bilingual("可排除情形", "What would clear it"), _joined([(c.clears_zh, c.clears_en) for _, c in view.rules])


def _who(view: LeadView) -> str:
    lead = view.lead
    kind = SUBJECT_WORDS.get(lead.subject_type, lead.subject_type)
    subject = lead.subject if lead.subject == lead.subject_id else f"{lead.subject} ({lead.subject_id})"
    return "\n".join((f"{kind}: {subject}", *(lead.workplaces or ()), *_institutions(view)))


def _institutions(view: LeadView) -> list[str]:
    """Where a person was treated: the institutions of its lines, where it is no institution itself."""
    if view.lead.subject_type == "institution":
        return []
    ids = [row.institution_id for row in view.hits] + [row.institution_id for row in view.lines]
    found = dict.fromkeys(one for one in (*ids, *(e.institution_id for e in view.encounters)) if one)
    named = [view.place(one) for one in found]
    more = f" … 共 {len(named)} 家 institutions" if len(named) > _NAMED else ""
    return [f"涉及机构 institutions: {'; '.join(named[:_NAMED])}{more}"] if named else []


def _found(view: LeadView) -> Bilingual:
    """By rule how often and for how much, the dearest example first among its hits."""
    zh, en = [], []
    for rule_id, card in view.rules:
        own = [hit for hit in view.hits if hit.rule_id == rule_id]
        example = own[0] if own else None
        zh.append(f"{rule_id} {card.name_zh}" + (f":{example.reason_zh}" if example and example.reason_zh else ""))
        en.append(f"{rule_id} {card.name_en}" + (f": {example.reason_en}" if example and example.reason_en else ""))
    count = view.lead.hit_count
    return Bilingual(f"共 {count:,} 次命中\n" + "\n".join(zh), f"{count:,} hits\n" + "\n".join(en))


def _money(view: LeadView) -> Bilingual:
    lead = view.lead
    if not lead.rule_ids:
        return Bilingual(
            "无规则命中,不计涉及基金;高于预期的金额见上",
            "no rule hit, so no money is at risk; what is above expectation stands above",
        )
    question = question_text(lead.amount_in_question)
    zh = f"{question.zh};涉及基金 {lead.amount_at_risk:,.2f} 元(每条明细只计一次,不超过基金与个人账户实付)"
    en = f"{question.en}; fund at risk CNY {lead.amount_at_risk:,.2f} (a line once, at most what was paid)"
    if lead.estimated_amount:
        zh += f";另有估算 {lead.estimated_amount:,.2f} 元,仅用于排序,不可追回"
        en += f"; besides an estimate of CNY {lead.estimated_amount:,.2f}, for ranking only"
    return view.says(zh, en)


def _acts(view: LeadView) -> Bilingual:
    """What the Regulation calls what the rules find, and the articles."""
    named = {}
    for rule_id, card in view.rules:
        if (act := violation(rule_id, card.law)) is not None:
            named[act.zh] = act.en
    articles = "、".join(dict.fromkeys(article for _, card in view.rules for article in card.law))
    zh = f"{'、'.join(named)}({articles})" if named else f"须核查后认定({articles})"
    return Bilingual(zh, "; ".join(named.values()) or "for a person to find after the check")


def _sure(view: LeadView) -> Bilingual:
    zh, _, en = TIER_MEANING.get(view.lead.tier, "").partition(" | ")
    texts = [f"{view.lead.tier}:{zh}"]
    if view.lead.score is not None:
        texts.append(f"评分位次 {percent_text(view.lead.score)}")
    return Bilingual(";".join(texts), en)


def _joined(texts: list[tuple[str, str]]) -> Bilingual:
    own = [pair for pair in dict.fromkeys(texts) if any(pair)]
    return Bilingual("\n".join(zh for zh, _ in own), "\n".join(en for _, en in own))


def _cases(view: LeadView) -> PageTable:
    rows = [
        (kind_name(view.content.cards, case.kind), case_text(case, view.currency), case.case_id)
        for case in view.content.cases_of(view.lead)
    ]
    earlier = view.content.provenance.earlier_list
    than = (
        Bilingual("状态(此前无清单)", "State; no earlier list")
        if earlier is None
        else Bilingual(f"状态(与 {earlier} 的清单相比)", f"State beside the list of {earlier}")
    )
    return PageTable(
        Bilingual("个案", "Cases"), (Bilingual("发现", "Finding"), than, Bilingual("个案编号", "Case id")), rows
    )


def indicator_cells(view: LeadView, row: EvidenceRow) -> Bilingual:
    """An indicator by its names."""
    card = view.content.cards.indicator(row.indicator or "")
    return Bilingual(card.name_zh, card.name_en)
