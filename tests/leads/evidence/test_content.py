"""What an evidence file says: law with its dates, acts by their names, money above expectation, overlaps, peers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from fundwatch.pages import Bilingual, PageTable, Paragraph, Picture, RowHeader
from leads.cards import IndicatorCard
from leads.evidence.document import lead_document
from leads.evidence.facts import CostlyItem, CostlyVisit, Drivers, EncounterFacts, EvidenceFacts, PeerLadder, Subtotal
from leads.evidence.law import articles, citations, violation
from leads.evidence.pictures import among_peers, charges, strip
from leads.evidence.strange import excess_of, strange_text
from leads.evidence.view import LeadView
from leads.publishing.published import ListContent
from rules.catalogue.load import load_rules
from rules.wording.said import params_said
from tests.leads.conftest import cards, content, lead_row, line_row  # noqa: F401


def test_every_article_that_a_rule_cites_is_in_the_table_and_in_force_somewhere_in_the_rule_s_days():
    missing = [
        (rule.id, cited)
        for rule in load_rules().rules
        for cited in rule.law
        if not any(rule.valid.to is None or a.from_ <= rule.valid.to for a in articles().get(cited, ()))
    ]
    assert missing == []


def test_an_article_that_was_not_in_force_on_a_day_says_so():
    (before,) = citations(["实施细则 23"], date(2026, 3, 1), date(2026, 4, 30))
    (after,) = citations(["实施细则 23"], date(2026, 4, 1), date(2026, 4, 30))
    assert (before.is_whole, after.is_whole) == (False, True)
    (unknown,) = citations(["条例 99"], date(2026, 3, 1), date(2026, 3, 1))
    assert unknown.article is None


def test_an_act_has_the_name_of_its_category_or_of_its_article():
    assert violation("DC-03", ["条例 15", "条例 38(3)"]) == Bilingual("重复收费", "Charged twice")
    assert violation("OP-01", ["条例 15", "条例 38(3)"]) == Bilingual("超标准收费", "Charged above the standard")
    named = violation("ZZ-01", ["条例 15", "条例 40(3)"])
    assert named is not None
    assert named.zh == "虚构医药服务项目"
    assert violation("ZZ-01", ["条例 25"]) is None


def _stay(number: int, first: str, last: str, person: str = "p1", *, is_inpatient: bool = True) -> EncounterFacts:
    times = (datetime.fromisoformat(first), datetime.fromisoformat(last))
    return EncounterFacts(
        f"E{number}", person, "H1", is_inpatient, *times, "A03", "A04", "J18.900", "肺炎", "d" * 32
    )  # fmt: skip


def test_a_strip_draws_the_days_on_which_two_stays_of_one_person_overlap_and_no_others():
    overlapping = [_stay(1, "2026-03-01", "2026-03-09"), _stay(2, "2026-03-07", "2026-03-12")]
    touching = [_stay(1, "2026-03-01", "2026-03-07"), _stay(2, "2026-03-07", "2026-03-12")]
    strangers = [overlapping[0], replace(overlapping[1], patient_id="p2")]
    drawn = {name: strip(stays, {}) for name, stays in
             {"overlapping": overlapping, "touching": touching, "strangers": strangers}.items()}  # fmt: skip
    reds = {name: picture.svg.count('class="hit"') for name, picture in drawn.items() if picture}
    assert reds == {"overlapping": 2, "touching": 0, "strangers": 0}
    assert strip(overlapping[:1], {}) is None  # its dates say as much
    endless = replace(overlapping[0], ended_at=None)
    picture = strip([endless, overlapping[1]], {})
    assert picture is not None
    assert 'class="hit"' not in picture.svg  # an unknown end overlaps nothing


def _day(day: str, amount: str) -> Subtotal:
    money = Decimal(amount)
    return Subtotal("l", "", "day", day, 1, money, money, money, date.fromisoformat(day), date.fromisoformat(day), 2)


def test_charges_by_day_are_drawn_from_two_days_on():
    picture = charges([_day("2026-03-01", "10"), _day("2026-03-03", "5")], "元")
    assert picture is not None
    assert "10.00" in picture.svg
    assert "aria-label" in picture.svg
    assert charges([_day("2026-03-01", "10")], "元") is None


@pytest.fixture
def scored(content: ListContent) -> LeadView:  # noqa: F811
    """A lead that only scores speak for, with what its score comes from."""
    lead = content.leads[2]
    share = IndicatorCard("药占比(近 30 天)", "Drug share", "share", 30, "drug_amount_fen")
    of_share = replace(content.cards, indicators={"doctor_drug_share_30d": share})
    visit = CostlyVisit(lead.lead_id, "E7", 12, Decimal("800.00"), None, date(2026, 3, 2), date(2026, 3, 3))
    item = CostlyItem(lead.lead_id, "XJ01", "头孢<针>", 9, Decimal("700.00"))
    drivers = Drivers(Decimal("1000.00"), 4, [visit], [item], {"doctor_drug_share_30d": Decimal("970.00")})
    ladder = PeerLadder(lead.lead_id, "doctor_drug_share_30d", "hospital 2", tuple(n / 200 for n in range(101)))
    facts = EvidenceFacts(
        drivers={lead.lead_id: drivers}, ladders=[ladder], encounters={"E7": _stay(7, "2026-03-02", "2026-03-03")}
    )
    return LeadView(replace(content, cards=of_share, facts=facts), lead)


def test_a_lead_by_score_alone_says_what_is_strange_among_how_many_and_how_much_money_is_above_expectation(
    scored: LeadView,
):
    said = strange_text(scored)
    for part in ("药占比(近 30 天) 97.0%", "57 名同行的中位数为 41.0%", "2.4 倍", "970.00 元中约有 560.00 元高于预期"):
        assert part in said.zh
    assert "CNY 560.00" in said.en
    excess = excess_of(scored)
    assert excess is not None
    assert (excess.amount, excess.is_own_money) == (Decimal("560.00"), True)
    without = replace(scored.content.facts, drivers={scored.lead.lead_id: Drivers(Decimal("1000.00"), 4)})
    shared = excess_of(LeadView(replace(scored.content, facts=without), scored.lead))
    assert shared is not None
    assert (shared.amount, shared.is_own_money) == (Decimal("577.32"), False)  # of all that was charged


def test_a_subject_below_its_peers_has_no_money_above_expectation(scored: LeadView):
    low = [replace(row, value=0.1) for row in scored.content.evidence]
    view = LeadView(replace(scored.content, evidence=low), scored.lead)
    assert excess_of(view) is None
    assert "低于" in strange_text(view).zh


def test_a_lead_by_score_alone_shows_its_costliest_visits_and_items_and_its_peers(scored: LeadView):
    document = lead_document(scored)
    tables = [part for part in document.parts if isinstance(part, PageTable)]
    cells = [str(cell) for table in tables for row in table.rows if not isinstance(row, RowHeader) for cell in row]
    assert any("E7" in cell and "J18.900 肺炎" in cell for cell in cells)
    assert "头孢<针>" in cells
    pictures = [part for part in document.parts if isinstance(part, Picture)]
    assert any("同组" in str(part.heading) for part in pictures)
    assert not any(isinstance(part, Paragraph) and "涉及基金 0.00" in str(part.text) for part in document.parts)


def test_peers_are_drawn_where_their_ladder_is_known(scored: LeadView):
    assert among_peers(scored.indicators, {}, scored.content.cards) is None


def test_lines_are_grouped_by_stay_with_admission_discharge_diagnosis_and_subtotal(content: ListContent):  # noqa: F811
    money = {"amount_in_question": Decimal("60.00"), "ordering_department": "A03", "ordering_doctor_id": "e" * 32}
    lines = [line_row(1, 1, **money), line_row(1, 2, **money), line_row(1, 3, role="compared", encounter_id="E2")]
    facts = EvidenceFacts(
        encounters={"E1": _stay(1, "2026-03-01", "2026-03-09")}, doctors={"e" * 32: "平安医院 A03 内科"}
    )
    lead = lead_row(1, amount_in_question=Decimal("120.00"), amount_at_risk=Decimal("84.00"))
    document = lead_document(LeadView(replace(content, evidence=lines, facts=facts), lead))
    (sheet,) = [p for p in document.parts if isinstance(p, PageTable) and str(p.heading).count("逐条核查表")]
    heads = [row.says for row in sheet.rows if isinstance(row, RowHeader)]
    assert isinstance(heads[0], Bilingual)
    for part in (
        "2026-03-01 00:00 – 2026-03-09 00:00",
        "J18.900 肺炎",
        "A04 外科",
        "小计 2 条,违规金额 120.00 元,涉及基金 84.00 元",
    ):
        assert part in heads[0].zh
    boxes = [row[-2] for row in sheet.rows if not isinstance(row, RowHeader)]
    assert boxes == ["□属实 □部分\n□不属实"] * 2 + ["对照 compared"]


def test_a_rules_thresholds_are_said_in_words_of_both_languages(content: ListContent):  # noqa: F811
    (rule,) = load_rules().only({"FQ-04"}).rules
    card = replace(content.cards.rule("DC-03"), params=tuple(one.both for one in params_said(rule)))
    shown = replace(content, cards=replace(content.cards, rules={"DC-03": card}))
    parts = lead_document(LeadView(shown, lead_row(1))).parts
    tables = [part.rows for part in parts if isinstance(part, PageTable)]
    (said,) = [
        row[1]
        for rows in tables
        for row in rows
        if isinstance(row, tuple) and row[0] == Bilingual("判断标准", "Thresholds")
    ]
    assert said == Bilingual(
        "购药统计期 30 天;购药超过 8 次;统计期购药金额至少 200 元;药店购药的医疗类别:41、9929",
        "purchases counted over 30 days; purchases, more than 8; bought in the span, at least 200 yuan; "
        "visit types of purchases at pharmacies: 41, 9929",
    )
