"""What each rule found: the law, its money, subtotals by stay, day and doctor, hit by hit, and what was ruled out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fundwatch.pages import Bilingual, Figure, NewSheet, PageTable, Paragraph, Part, Picture
from leads.cards import RuleCard
from leads.evidence.facts import ALL_RULES, Dimension, PeerLadder, Subtotal
from leads.evidence.law import SOURCES, Citation, violation
from leads.evidence.pictures import among_peers, charges, persons_of, strip
from leads.evidence.strange import drivers_parts
from leads.evidence.summary import indicator_cells
from leads.evidence.view import LeadView, both, stay_text
from leads.publishing.published import HITS_PER_RULE
from leads.publishing.rows import HitRow, short
from leads.words import in_currency, percent_text, value_zh

_SHOWN = {Dimension.STAY: 15, Dimension.DAY: 10, Dimension.DOCTOR: 10}
_NAMES = {
    Dimension.STAY: Bilingual("按就诊", "By visit or stay"),
    Dimension.DAY: Bilingual("按日", "By day"),
    Dimension.DOCTOR: Bilingual("按开单医师", "By ordering doctor"),
}


def findings_parts(view: LeadView) -> Iterator[Part]:
    """Rule by rule, then what belongs to all of them: pictures, peers, the law."""
    if view.lead.rule_ids:
        if len(view.rules) > 1:
            yield Paragraph(_counted_once(view), "note", Bilingual("逐条规则", "Rule by rule"))
        for rule_id, card in view.rules:
            yield from _rule(view, rule_id, card)
    yield from drivers_parts(view)
    yield from pictures(view)
    yield _peers(view)
    yield from law_parts(view)


def pictures(view: LeadView) -> Iterator[Picture]:
    """The pictures that say more than their table."""
    places = view.content.places
    beside = {e.encounter_id: e for e in (*view.encounters, *view.content.facts.stays.get(view.lead.lead_id, ()))}
    drawn = (
        strip(persons_of([e for e in beside.values() if e.started_at]), places),
        charges(view.subtotals(Dimension.DAY), in_currency("元", view.currency)),
        among_peers(view.indicators, _ladders(view), view.content.cards),
    )
    yield from (picture for picture in drawn if picture is not None)


def _ladders(view: LeadView) -> dict[str, PeerLadder]:
    found = {
        row.indicator: view.content.facts.ladder_of(view.lead.lead_id, row.indicator)
        for row in view.indicators
        if row.indicator
    }
    return {indicator: ladder for indicator, ladder in found.items() if ladder is not None}


def _counted_once(view: LeadView) -> Bilingual:
    """That the rules' sums may be more than the lead's, where they share lines."""
    shared = [line for line in view.counted_lines if len(line.rule_ids or ()) > 1]
    money = sum((line.amount_at_risk or Decimal(0) for line in shared), Decimal("0.00"))
    return view.says(
        "每条明细在命中它的每条规则下都列出,但在线索合计中只计一次;"
        f"所列明细中有 {len(shared)} 条(涉及基金 {money:,.2f} 元)为多条规则共有。",
        f"A line stands under each rule that hit it and counts once in the lead's sum; {len(shared)} of the lines read "
        f"(CNY {money:,.2f} of the fund) are shared by rules.",
    )


def _rule(view: LeadView, rule_id: str, card: RuleCard) -> Iterator[Part]:
    act = violation(rule_id, card.law)
    hits = [hit for hit in view.hits if hit.rule_id == rule_id]
    stays = view.subtotals(Dimension.STAY, rule_id)
    rows: list[tuple[Bilingual, str | Bilingual]] = [
        (Bilingual("违法行为", "The act"), act or Bilingual("须核查后认定", "for a person to find")),
        (Bilingual("法规", "Law"), "、".join(card.law)),
    ]
    if card.params:
        zh, en = (joint.join(texts) for joint, texts in zip((";", "; "), zip(*card.params, strict=True), strict=True))
        rows.append((Bilingual("判断标准", "Thresholds"), view.says(zh, en)))
    rows.append((Bilingual("反证核验", "Ruled out"), _ruled_out(card)))
    yield PageTable(
        Bilingual(f"{rule_id} {card.name_zh}", card.name_en),
        (Bilingual("事项", "What"), Bilingual("内容", "Content")),
        rows,
    )
    yield from (table for d in Dimension if (table := _subtotals(view, rule_id, d, stays)) is not None)
    yield from _hits(view, rule_id, hits)


def _ruled_out(card: RuleCard) -> Bilingual:
    """The honest cases that the rule looked for before it hit."""
    if not card.exclusions:
        return Bilingual(
            "该规则没有预设的排除情形;见“可排除情形”,由机构说明",
            "the rule has no exclusions of its own: see what would clear it",
        )
    zh = "、".join(name for name, _ in card.exclusions)
    en = "; ".join(name for _, name in card.exclusions)
    return Bilingual(
        f"已逐次核验并排除:{zh};各次命中均不属于上述情形(依据交付数据;数据未提供的,不作排除)",
        f"checked for every hit, and none is one by the data delivered: {en}",
    )


def _subtotals(view: LeadView, rule_id: str, dimension: Dimension, stays: list[Subtotal]) -> PageTable | None:
    """The rule's lines summed; nothing where it would repeat a single row."""
    found = view.subtotals(dimension, rule_id)
    if not found or (dimension is not Dimension.STAY and len(found) < 2):
        return None
    by_money = sorted(found, key=lambda s: (-s.amount_at_risk, -s.amount, s.key))
    shown = by_money[: _SHOWN[dimension]]
    shown = sorted(shown, key=lambda s: s.key) if dimension is Dimension.DAY else shown
    rows: list[tuple[object, ...]] = [_row(view, dimension, s) for s in shown]
    if (others := _others(view, rule_id, shown, found[0].groups)) is not None:
        rows.append(others)
    columns = (
        _NAMES[dimension], Bilingual("明细", "Lines"),
        *view.money_headings,
    )  # fmt: skip
    return PageTable("", columns, rows)


def _row(view: LeadView, dimension: Dimension, one: Subtotal) -> tuple[object, ...]:
    if dimension is Dimension.STAY:
        head: object = stay_text(view, view.encounter(one.key), one.key).zh
    elif dimension is Dimension.DOCTOR:
        head = view.doctor(one.key) or Bilingual("开单医师未知", "unknown")
    else:
        head = one.key or Bilingual("日期未知", "unknown day")
    return (head, *_sums(view, one.line_count, one.amount, one.amount_in_question, one.amount_at_risk))


def _sums(view: LeadView, lines: int, amount: Decimal, question: Decimal | None, risk: Decimal) -> tuple[Figure, ...]:
    return (Figure(f"{lines:,}"), *(Figure(view.money(one)) for one in (amount, question, risk)))


def _others(view: LeadView, rule_id: str, shown: list[Subtotal], groups: int) -> tuple[object, ...] | None:
    """What the groups that are not shown come to, from the rule's days, which are all there."""
    if groups <= len(shown):
        return None
    days = view.subtotals(Dimension.DAY, rule_id)
    if days and days[0].groups > len(days):
        return (Bilingual(f"其余 {groups - len(shown)} 组,见工作簿", "more, in the workbook"), *[Figure("…")] * 4)
    lines = sum(d.line_count for d in days) - sum(s.line_count for s in shown)
    amount, question, risk = (_rest(name, days, shown) for name in ("amount", "amount_in_question", "amount_at_risk"))
    head = Bilingual(f"其余 {groups - len(shown)} 组合计", f"{groups - len(shown)} more, together")
    return (head, *_sums(view, lines, amount, question, risk))


def _rest(name: str, whole: list[Subtotal], shown: list[Subtotal]) -> Decimal:
    """What the groups that are shown leave of a sum."""
    sums = [sum((getattr(one, name) or Decimal(0) for one in some), Decimal("0.00")) for some in (whole, shown)]
    return sums[0] - sums[1]


def _hits(view: LeadView, rule_id: str, hits: list[HitRow]) -> Iterator[Part]:
    """Each hit with the facts that its reason names: what was compared, in both places, day by day."""
    if not hits:
        return
    rows = [
        (
            " – ".join(dict.fromkeys(str(day) for day in (hit.period_start, hit.period_end) if day)),
            "\n".join(filter(None, (view.place(hit.institution_id), short(hit.patient_id), hit.encounter_id))),
            Bilingual(hit.reason_zh or "", hit.reason_en or ""),
            Figure(view.money(hit.amount_at_risk) + ("\n估算" if hit.is_estimate else "")),
        )
        for hit in hits
    ]
    columns = (
        *both(("日期", "Dates"), ("机构、参保人、就诊", "Institution, person, visit"), ("事实", "Facts")),
        view.says("涉及基金(元)", "Fund at risk, CNY"),
    )  # fmt: skip
    yield PageTable(Bilingual(f"{rule_id} 逐次命中", "Hit by hit"), columns, rows)
    if len(hits) >= HITS_PER_RULE:
        note = Bilingual(
            f"列出金额最大的 {len(hits)} 次,其余见工作簿的明细",
            f"the dearest {len(hits)}; the workbook has the lines of all",
        )
        yield Paragraph(note, "note")


def _peers(view: LeadView) -> PageTable:
    headings = (
        Bilingual("指标", "Indicator"), Bilingual("本对象", "Value"), Bilingual("同组中位数", "Peer median"),
        Bilingual("百分位", "Percentile"), Bilingual("同组人数", "Peers"),
    )  # fmt: skip
    rows = []
    for row in view.indicators:
        card = view.content.cards.indicator(row.indicator or "")
        figures = (value_zh(card, row.value), value_zh(card, row.peer_median), percent_text(row.percentile))
        rows.append((indicator_cells(view, row), *(Figure(f) for f in figures), Figure(row.peer_count or "–")))
    return PageTable(Bilingual("与同组比较", "Compared with peers"), headings, rows)


def law_parts(view: LeadView) -> Iterator[Part]:
    """What each cited article says, in our own words, what a breach costs, and since when it is in force."""
    cited = dict.fromkeys(article for _, card in view.rules for article in card.law)
    found = view.citations([*cited])
    rows = [_article(view, citation) for citation in found]
    headings = (
        Bilingual("条款", "Article"),
        Bilingual("要点(非原文)", "What it says, in our words"),
        Bilingual("后果", "Effect"),
        Bilingual("施行", "In force"),
    )
    yield PageTable(Bilingual("法规依据", "Law"), headings, rows)
    sources = dict.fromkeys(c.article.source for c in found if c.article is not None)
    for source in sources:
        yield Paragraph(SOURCES[source], "note")


def _article(view: LeadView, citation: Citation) -> tuple[object, ...]:
    article = citation.article
    if article is None:
        return (
            citation.cited,
            Bilingual("条款表中没有,引用前核对原文", "not in the table: check the original"),
            "",
            "",
        )
    since = f"{article.from_} 起"
    if not citation.is_whole:
        late = f"所涉日期 {view.days[0]} – {view.days[1]} 并非全部在施行期内,施行前的行为不适用"
        return (
            citation.cited,
            article.says,
            article.effect,
            Bilingual(f"{since};{late}", "not in force on all of the days found"),
        )
    return (citation.cited, article.says, article.effect, since)


def new_sheet(zh: str, en: str) -> NewSheet:
    """A heading on a sheet of its own."""
    return NewSheet(Bilingual(zh, en))


__all__ = ["ALL_RULES", "findings_parts", "law_parts", "new_sheet", "pictures"]
