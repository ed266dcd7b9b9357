"""What is strange about a lead that only scores speak for: in words, with how many peers, how much money stands above
expectation, and which visits and items it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from fundwatch.pages import Bilingual, Figure, PageTable, Paragraph, Part
from leads.evidence.view import LeadView, both, stay_text
from leads.publishing.rows import EvidenceRow
from leads.words import percent_text, value_text, value_zh

NAMED = 3
_MANY = 100
_CHARGED = (("明细", "Lines"), ("费用", "Charged"), ("占比", "Share"))
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Excess:
    """Money above expectation: what an indicator's own money, or all that was charged, has beyond the peers' median.

    It says how large a question is. It is an estimate, in no sum, and nobody owes it.
    """

    indicator: str
    amount: Decimal
    of: Decimal
    is_own_money: bool


def excess_of(view: LeadView) -> Excess | None:
    """The largest excess of the indicators that are made of money; without one, the strongest indicator's share of all
    that was charged. None where the subject lies below its peers in all of them."""
    drivers = view.drivers
    if drivers is None:
        return None
    high = [row for row in view.indicators if _above(row) > 0]
    own = [_excess(row, money, True) for row in high if (money := drivers.money.get(row.indicator or "")) is not None]
    if own:
        return max(own, key=lambda one: one.amount)
    return _excess(high[0], drivers.charged, False) if high and drivers.charged > 0 else None


def _above(row: EvidenceRow) -> float:
    """Which part of the subject's value lies above the median of its peers, 0 to 1."""
    if row.value is None or row.peer_median is None or row.value <= 0:
        return 0.0
    return min(max(1 - row.peer_median / row.value, 0.0), 1.0)


def _excess(row: EvidenceRow, money: Decimal, is_own_money: bool) -> Excess:
    amount = (money * Decimal(str(round(_above(row), 6)))).quantize(_CENT)
    return Excess(row.indicator or "", amount, money, is_own_money)


def strange_text(view: LeadView) -> Bilingual:
    """The strongest indicators in sentences, then the money above expectation."""
    sentences = [_sentence(view, row) for row in view.indicators[:NAMED]]
    if (money := excess_text(view)) is not None:
        sentences.append(money)
    if not sentences:
        return Bilingual(
            "评分在同组中最高,各项指标均无单独突出者。", "Its score leads its peers; no single indicator stands out."
        )
    return Bilingual("\n".join(s.zh for s in sentences), "\n".join(s.en for s in sentences))


def _sentence(view: LeadView, row: EvidenceRow) -> Bilingual:
    card = view.content.cards.indicator(row.indicator or "")
    value, median = value_zh(card, row.value), value_zh(card, row.peer_median)
    times = ""
    if row.value is not None and row.peer_median and row.peer_median > 0 and row.value > row.peer_median:
        times = _times(row.value / row.peer_median)
    is_high = row.value is not None and row.peer_median is not None and row.value >= row.peer_median
    beyond = row.percentile if is_high or row.percentile is None else 1 - row.percentile
    peers = "–" if row.peer_count is None else f"{row.peer_count:,}"
    zh = f"{card.name_zh} {value},同组 {peers} 名同行的中位数为 {median}"
    values = value_text(card, row.value), value_text(card, row.peer_median)
    en = f"{card.name_en} {values[0]}; the median of its {peers} peers is {values[1]}"
    if times:
        zh, en = f"{zh},为其 {times} 倍", f"{en}, {times} times that".replace("逾", "over")
    side_zh, side_en = ("高于", "above") if is_high else ("低于", "below")
    share = percent_text(beyond)
    return Bilingual(f"{zh},{side_zh} {share} 的同行。", f"{en}; {side_en} {share} of them.")


def _times(ratio: float) -> str:
    """How many times; beyond a hundred it says how small the median is, and no more."""
    return f"逾 {_MANY}" if ratio > _MANY else f"{ratio:,.1f}"


def excess_text(view: LeadView) -> Bilingual | None:
    """The money above expectation in a sentence."""
    excess = excess_of(view)
    if excess is None:
        return None
    card = view.content.cards.indicator(excess.indicator)
    days, amount, of = card.days or (view.lead.period_end - view.lead.period_start).days + 1, excess.amount, excess.of
    how = (
        ("该指标所含费用", "the money of the indicator")
        if excess.is_own_money
        else ("全部费用按同比例推算", "all that was charged, in proportion")
    )
    return view.says(
        f"以同组中位数为预期,近 {days} 天{how[0]} {of:,.2f} 元中约有 {amount:,.2f} 元高于预期"
        f"(依据:{card.name_zh};估算,不计入涉及基金,不可追回)。",
        f"With the peers' median as expectation, about CNY {amount:,.2f} of CNY {of:,.2f} ({how[1]}, {days} days) is "
        f"above it (by: {card.name_en}; an estimate, in no sum, not recoverable).",
    )


def drivers_parts(view: LeadView) -> Iterator[Part]:
    """The costliest visits and items that the subject's figures come from."""
    drivers = view.drivers
    if drivers is None or not drivers.visits:
        return
    yield Paragraph(
        view.says(
            f"期间共 {drivers.visit_count:,} 次就诊,收费 {drivers.charged:,.2f} 元;以下为费用最高的 "
            f"{len(drivers.visits)} 次就诊和 {len(drivers.items)} 个项目,建议首先抽查。",
            f"{drivers.visit_count:,} visits in the period, CNY {drivers.charged:,.2f} charged; below the costliest "
            f"{len(drivers.visits)} visits and {len(drivers.items)} items, to be drawn first.",
        ),
        heading=Bilingual("由何而来", "What it comes from"),
    )
    yield PageTable(
        "",
        both(("抽查", "Draw"), ("就诊或住院", "Visit or stay"), ("日期", "Days"), *_CHARGED),
        [
            ("□", stay_text(view, view.encounter(visit.encounter_id), visit.encounter_id).zh,
             " – ".join(dict.fromkeys(str(d) for d in (visit.first_day, visit.last_day) if d)),
             Figure(f"{visit.line_count:,}"), Figure(view.money(visit.amount)),
             Figure(_share(visit.amount, drivers.charged)))
            for visit in drivers.visits
        ],
    )  # fmt: skip
    yield PageTable(
        "",
        both(("项目", "Item"), ("编码", "Code"), *_CHARGED),
        [
            (item.item_name or "–", item.item_code, Figure(f"{item.line_count:,}"), Figure(view.money(item.amount)),
             Figure(_share(item.amount, drivers.charged)))
            for item in drivers.items
        ],
    )  # fmt: skip


def _share(part: Decimal, whole: Decimal) -> str:
    return "–" if not whole else f"{part / whole:.1%}"
