"""The page of a profile: one self-contained HTML file in both languages, to read and to print on A4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from fundwatch.drawing.columns import StackedColumn, stacked_columns
from fundwatch.drawing.day_strip import DayMark, Lane, Span, day_strip
from fundwatch.drawing.strip_plot import StripRow, strip_plot
from fundwatch.pages import Bilingual, Figure, PageTable, Paragraph, Part, Picture, page
from leads.cards import TIER_ENGLISH, IndicatorCard
from leads.profile.rows import CARE_WORDS, CareKind, IndicatorPlace, MonthRow, Profile, ScoreRow, StayRow
from leads.publishing.case_words import case_text
from leads.publishing.rows import short
from leads.words import in_currency, percent_text, value_text

KIND_WORDS = {
    "patient": "参保人 patient", "doctor": "医师 doctor", "institution": "机构 institution",
    "pharmacy": "药店 pharmacy",
}  # fmt: skip
CLASS_SERIES = ("药品 drugs", "检查检验 tests", "耗材 consumables", "其他 other")
PAID_SERIES = ("统筹等基金 funds", "个人账户 account", "现金及其他 cash, other")
CAUTION = (
    "本档案只含假名化数据,仅供核查线索使用,任何内容均不构成认定。 "
    "Pseudonymous data only, for checking leads; nothing in it is a finding by itself."
)
PLOTTED, HITS_SHOWN, ITEMS_SHOWN, STAYS_SHOWN = 24, 30, 20, 20
_MARKED = {CareKind.STAY: "stay", CareKind.VISIT: "visit", CareKind.PURCHASE: "purchase"}


def profile_page(profile: Profile) -> str:
    """The page: who, days, money, beside peers, findings, what else is known, what it was made from."""
    subject = profile.subject
    named = subject.name or short(subject.id)
    return page(
        f"一人一档 Profile: {KIND_WORDS.get(subject.kind, subject.kind)} {named} {profile.night}",
        [
            Paragraph(CAUTION, "note"),
            *(Paragraph(f"未运行 not run: {part}: {why}", "mark wait") for part, why in profile.not_run.items()),
            PageTable(Bilingual("对象", "Who"), ("事项 What", "内容 Content"), profile.facts),
            *_days(profile),
            *_money(profile),
            *_indicators(profile),
            *_findings(profile),
            *_listed(profile),
            *_beside(profile),
            Paragraph("\n".join(profile.read), "note", Bilingual("数据来源", "What was read")),
        ],
    )


def _days(profile: Profile) -> Iterator[Part]:
    lanes = [*_care_lanes(profile), *_charge_lanes(profile)]
    stays = len(profile.care.stays)
    shown = f"住院逐条画出 {stays} / {profile.care.stay_total} 次 stays drawn one by one; 其余" if stays else ""
    first = _first_seen(profile)
    yield Picture(
        Bilingual("日程", f"Day by day, {first} – {profile.night}"),
        day_strip(first, profile.night, lanes, "日程 days"),
        f"{shown}按日汇总,柱高为当日数量占最高日的份额 | summed by day: the higher the mark, "
        "the nearer to the busiest day. "
        f"就诊合计 encounters {profile.care.total:,}, 明细 lines {profile.charges.lines:,}",
    )


def _first_seen(profile: Profile) -> date:
    """The beginning of the month of the first day on which anything is known: an empty year tells nothing."""
    days = [*(one.day for one in profile.care.days), *(one.day for one in profile.charges.days)]
    return max(profile.first, min(days, default=profile.night).replace(day=1))


def _care_lanes(profile: Profile) -> Iterator[Lane]:
    spans = [_span(stay, profile) for stay in profile.care.stays]
    if spans:
        yield Lane("住院 stays", spans)
    for kind, words in CARE_WORDS.items():
        days = [one for one in profile.care.days if one.kind == kind]
        if not days or (kind == CareKind.STAY and spans):
            continue
        most = max(one.encounters for one in days)
        marks = [
            DayMark(one.day, one.encounters / most, f"{one.day}: {one.encounters:,} ({one.patients:,} 人 persons)",
                    _MARKED[CareKind(kind)])
            for one in days
        ]  # fmt: skip
        yield Lane(f"{words} ≤{most:,}/日 day", marks=marks)


def _span(stay: StayRow, profile: Profile) -> Span:
    ended = stay.ended or stay.started
    amount = "" if stay.amount is None else f" {stay.amount:,.2f}"
    says = f"{stay.started} – {stay.ended or '?'} {stay.institution} {stay.department} {stay.diagnosis}{amount}"
    return Span(max(stay.started, profile.first), ended, says)


def _charge_lanes(profile: Profile) -> Iterator[Lane]:
    days = profile.charges.days
    if days:
        most = max(one.amount for one in days) or Decimal(1)
        marks = [
            DayMark(
                one.day, float(one.amount / most), f"{one.day}: {one.amount:,.2f} ({one.lines:,} 条 lines)", "third"
            )
            for one in days
        ]
        yield Lane(f"费用 charged ≤{most:,.0f}", marks=marks)
        if profile.subject.kind != "patient":
            crowd = max(one.patients for one in days)
            yield Lane(
                f"人数 patients ≤{crowd:,}",
                marks=[
                    DayMark(one.day, one.patients / crowd, f"{one.day}: {one.patients:,}", "second") for one in days
                ],
            )
    if profile.findings.hits:
        yield Lane("规则命中 hits", marks=_hit_marks(profile))


def _hit_marks(profile: Profile) -> list[DayMark]:
    by_day: dict[date, list[str]] = {}
    for hit in profile.findings.hits:
        if day := hit.period_start or hit.period_end:
            by_day.setdefault(max(day, profile.first), []).append(hit.rule_id)
    return [DayMark(day, 1.0, f"{day}: {', '.join(rules)}", "hit") for day, rules in sorted(by_day.items())]


def _money(profile: Profile) -> Iterator[Part]:
    for zh, en, rows, series in (
        ("每月费用构成", "Money by month and kind of charge", profile.charges.by_class, CLASS_SERIES),
        ("每月结算由谁支付", "Settlements by month and who paid", profile.paid, PAID_SERIES),
    ):
        if rows:
            heading = Bilingual(f"{zh}({in_currency('元', profile.currency)})", f"{en} ({profile.currency})")
            yield Picture(heading, stacked_columns([_month(row) for row in rows], series, f"{zh} {en}"))


def _month(row: MonthRow) -> StackedColumn:
    total = sum(row.amounts, Decimal(0))
    return StackedColumn(row.month, [float(one) for one in row.amounts], f"{row.month}: {total:,.2f}")


def _indicators(profile: Profile) -> Iterator[Part]:
    known = [one for one in profile.indicators if one.value is not None]
    if not known:
        return
    shown = by_strangeness(known)[:PLOTTED]
    yield Picture(
        Bilingual("与同组比较", f"Beside peers: {profile.peer_group}"),
        strip_plot([_strip(one) for one in shown], "与同组比较 beside peers"),
        "每行一条指标,各有自己的刻度:浅色 2–98%,深色 25–75%,细线每 5%,粗线为中位数;圆点为本对象,箭头表示超出刻度,"
        "红色为异常方向上 95% 以外 | a row an indicator with an axis of its own: light 2–98 %, dark 25–75 %, thin "
        "strokes every 5 %, thick the median; the dot is the subject, an arrow lies beyond the axis, red: beyond 95 % "
        f"of the peers on the side that is strange. 列出 {len(shown)} / {len(known)} 条,最突出者在前,"
        "全部见 indicators.csv | the strangest first; all are in indicators.csv",
    )
    yield PageTable(
        Bilingual("指标数值", "Indicators in figures"),
        (
            "指标 Indicator",
            "本对象 Value",
            "同组中位数 Peer median",
            "百分位 Percentile",
            "稳健 z Robust z",
            "同组人数 Peers",
        ),
        [
            (
                f"{one.card.name_zh} {one.card.name_en}",
                Figure(value_text(one.card, one.value)),
                Figure(value_text(one.card, one.median)),
                Figure(percent_text(one.percentile)),
                Figure("–" if one.robust_z is None else f"{one.robust_z:+.1f}"),
                Figure("–" if one.peer_count is None else f"{one.peer_count:,}"),
            )
            for one in shown
        ],
    )


def by_strangeness(places: Sequence[IndicatorPlace]) -> list[IndicatorPlace]:
    """The farthest out on their strange side first; of equal ones those with the most robust deviations."""
    return sorted(places, key=lambda one: (-one.strangeness, -abs(one.robust_z or 0.0), one.name))


def _strip(one: IndicatorPlace) -> StripRow:
    note = (
        f"{value_text(one.card, one.value)} | 中位 {value_text(one.card, one.median)} | {percent_text(one.percentile)}"
    )
    if not one.has_peers:
        note = f"{value_text(one.card, one.value)} | 同组仅 {one.peer_count or 0} 人,不作比较 too few peers"
    if one.ladder is None:
        note = f"{value_text(one.card, one.value)} | 无同组 no peers"
    return StripRow(one.card.name_zh, one.ladder, one.value, note, one.is_strange)


def _findings(profile: Profile) -> Iterator[Part]:
    found, currency = profile.findings, profile.currency
    counts = ", ".join(f"{rule} {count:,}" for rule, count in sorted(found.hit_counts.items()))
    yield Paragraph(counts or "本夜无命中 none tonight", heading=Bilingual("规则命中", "Hits of rules tonight"))
    yield PageTable(
        "",
        ("规则 Rule", "日期 Dates", "参保人 Patient", "就诊 Encounter", "事实 Facts",
         in_currency("金额(元) CNY", currency), "命中编号 Hit"),
        [
            (
                hit.rule_id,
                " – ".join(dict.fromkeys(str(day) for day in (hit.period_start, hit.period_end) if day)),
                short(hit.patient_id),
                hit.encounter_id or "",
                f"{hit.reason_zh or ''} {hit.reason_en or ''}",
                Figure("–" if hit.amount_at_risk is None else f"{hit.amount_at_risk:,.2f}"
                       + (" 估算 estimate" if hit.is_estimate else "")),
                hit.hit_id[:12],
            )
            for hit in found.hits[:HITS_SHOWN]
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("评分及原因", "Scores and what drives them"),
        ("模型 Model", "百分位 Percentile", "同组 Peers", "原因 Reasons"),
        [_score(one, profile) for one in found.scores],
    )
    yield PageTable(
        Bilingual("历次线索", "Leads of this night and earlier ones"),
        ("夜 Night", "序号 Place", "等级 Tier", "规则 Rules", in_currency("涉及基金(元) At risk CNY", currency),
         "线索编号 Lead"),
        [
            (str(night), lead.place, f"{lead.tier} {TIER_ENGLISH.get(lead.tier, '')}",
             ", ".join(lead.rule_ids) or "评分 score", Figure(f"{lead.amount_at_risk:,.2f}"), lead.lead_id[:12])
            for night, lead in found.leads
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("个案", "Cases"),
        ("个案 Case", "状态 State"),
        [(case.case_id[:12], case_text(case, currency)) for case in found.cases],
    )


def _score(one: ScoreRow, profile: Profile) -> Sequence[object]:
    if one.score is None:
        return one.model, Figure("–"), Figure("–"), f"未运行 not run: {one.why_not}"
    cards = {place.name: place.card for place in profile.indicators}
    unknown = IndicatorCard("", "")
    reasons = [
        f"{cards[name].name_zh if name in cards else name} {value_text(cards.get(name) or unknown, value)}"
        f" (z {'–' if z is None else f'{z:+.1f}'})"
        for name, value, z in one.reasons
    ]
    peers = Figure("–" if one.peer_count is None else f"{one.peer_count:,}")
    return one.model, Figure(percent_text(one.percentile)), peers, "; ".join(reasons)


def _listed(profile: Profile) -> Iterator[Part]:
    """The dearest encounters and items, of how many."""
    care, charges, money = profile.care, profile.charges, in_currency("金额(元) CNY", profile.currency)
    dearest, items = care.dearest[:STAYS_SHOWN], charges.items[:ITEMS_SHOWN]
    yield PageTable(
        Bilingual("费用最高的就诊", f"The dearest encounters: {len(dearest)} / {care.total:,}"),
        ("日期 Dates", "类别 Kind", "机构 Institution", "科室 Department", "主要诊断 Diagnosis", "参保人 Patient",
         "就诊 Encounter", money),
        [
            (" – ".join(dict.fromkeys(str(day) for day in (one.started, one.ended) if day)),
             CARE_WORDS.get(one.kind, one.kind), one.institution, one.department, one.diagnosis, short(one.patient_id),
             one.encounter_id, Figure("–" if one.amount is None else f"{one.amount:,.2f}"))
            for one in dearest
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("金额最高的项目", f"The items with the most money: {len(items)} / {charges.item_total:,}"),
        ("项目 Item", "编码 Code", "明细 Lines", "人数 Patients", "天数 Days", money),
        [
            (one.item_name, one.item_code, Figure(f"{one.lines:,}"), Figure(f"{one.patients:,}"),
             Figure(f"{one.days:,}"), Figure(f"{one.amount:,.2f}"))
            for one in items
        ],
    )  # fmt: skip


def _beside(profile: Profile) -> Iterator[Part]:
    """What other tables say of the subject, where there are such: outcomes of inspections, neighbours in networks."""
    for part in profile.beside:
        yield PageTable(Bilingual(part.heading_zh, part.heading_en), part.columns, part.rows)
