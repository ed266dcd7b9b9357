"""The pictures of an evidence file: stays and visits on their days with overlaps, charges by day, peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations

from fundwatch.pages import Bilingual, Picture
from leads.cards import Cards
from leads.evidence.drawing import AMBER, BLUE, GREY, PALE, RED, WIDTH, Drawing, cut
from leads.evidence.facts import EncounterFacts, PeerLadder, Subtotal
from leads.publishing.rows import EvidenceRow, short
from leads.words import percent_text, value_zh

STAYS_DRAWN, PEERS_DRAWN, PERSONS_DRAWN = 24, 8, 8
_LEFT, _RIGHT, _ROW = 300.0, WIDTH - 20, 22.0


def strip(encounters: Sequence[EncounterFacts], places: Mapping[str, str]) -> Picture | None:
    """Stays and visits on their days, a row each, grouped by person; where two of a person overlap, the days are red.

    Nothing where there is but one: that says no more than its dates.
    """
    known = sorted(
        (e for e in encounters if e.started_at), key=lambda e: (e.patient_id or "", e.started_at, e.encounter_id)
    )
    shown = known[:STAYS_DRAWN]
    spans = {e.encounter_id: _span(e) for e in shown}
    if len(shown) < 2:
        return None
    first, last = min(s for s, _ in spans.values()), max(e for _, e in spans.values())
    overlaps = _overlaps(shown)
    said = f"{len(shown)} / {len(known)}"
    drawing = Drawing(f"住院与就诊的起止日期 {said},重叠 {len(overlaps)} 处 Stays and visits on their days")
    at = _Scale(first, last)
    at.draw(drawing, 18 + _ROW * len(shown))
    for place, encounter in enumerate(shown):
        y = 22 + _ROW * place
        start, end = spans[encounter.encounter_id]
        drawing.text(0, y + 14, _label(encounter, places), size=12)
        drawing.rectangle(
            at.x(start),
            y + 3,
            at.x(end + timedelta(days=1)) - at.x(start),
            14,
            BLUE if encounter.is_inpatient else PALE,
            BLUE,
        )
        for low, high in (span for pair, span in overlaps.items() if encounter.encounter_id in pair):
            drawing.rectangle(at.x(low), y + 3, at.x(high + timedelta(days=1)) - at.x(low), 14, RED)
    note = Bilingual(
        f"深色为住院,浅色为门诊或购药,红色为同一人的重叠日;画出 {said} 次",
        f"dark: stays, light: visits, red: days on which two of one person overlap; {said} drawn",
    )
    return Picture(Bilingual("住院与就诊条带", "Stays and visits"), drawing.svg(), note)


def _span(encounter: EncounterFacts) -> tuple[date, date]:
    started, ended = encounter.started_at, encounter.ended_at
    begun = started.date() if started else date.min
    return begun, max(begun, ended.date()) if ended else begun


def _overlaps(encounters: Sequence[EncounterFacts]) -> dict[tuple[str, str], tuple[date, date]]:
    """By pair of one person's encounters, one of them a stay, the days inside both; the day on which one ends and the
    other begins is no overlap."""
    found = {}
    for one, other in combinations(encounters, 2):
        if not one.patient_id or one.patient_id != other.patient_id or not (one.is_inpatient or other.is_inpatient):
            continue
        (start, end), (begun, ended) = _span(one), _span(other)
        low, high = max(start, begun), min(end, ended)
        touches = low == high and (start != end or begun != ended) and high in (end, ended) and low in (start, begun)
        if low <= high and not touches:
            found[one.encounter_id, other.encounter_id] = (low, high)
    return found


def _label(encounter: EncounterFacts, places: Mapping[str, str]) -> str:
    where = places.get(encounter.institution_id or "", encounter.institution_id or "")
    return cut(
        f"{short(encounter.patient_id)} {where} {encounter.diagnosis_name or encounter.main_diagnosis_code or ''}", 42
    )


class _Scale:
    """Days along the picture's width."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.days = first, max((last - first).days + 1, 1)

    def x(self, day: date) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (day - self.first).days / self.days

    def draw(self, drawing: Drawing, below: float) -> None:
        """The axis with some days named on it."""
        step = max(1, -(-self.days // 8))
        for number in range(0, self.days, step):
            day = self.first + timedelta(days=number)
            drawing.line(self.x(day), 18, self.x(day), below, "#e3e3e3")
            drawing.text(self.x(day), 13, f"{day:%m-%d}", size=11, fill=GREY)


def charges(days: Sequence[Subtotal], unit: str) -> Picture | None:
    """What was charged in question by day, a bar each; nothing for fewer than two days."""
    dated = [(date.fromisoformat(d.key), d.amount_in_question or d.amount) for d in days if d.key]
    if len(dated) < 2:
        return None
    first, last = dated[0][0], dated[-1][0]
    most = max(float(amount) for _, amount in dated) or 1.0
    drawing = Drawing(f"按日违规金额 Amount in question by day, {first} – {last}, {len(dated)} 天 days")
    at, base = _Scale(first, last), 150.0
    width = (_RIGHT - _LEFT) / at.days
    at.draw(drawing, base)
    for day, amount in dated:
        height = (base - 26) * float(amount) / most
        drawing.rectangle(at.x(day) + width * 0.1, base - height, width * 0.8, height, BLUE)
    drawing.line(_LEFT, base, _RIGHT, base)
    drawing.text(_LEFT - 8, 34, f"{most:,.2f}", "end", size=12)
    drawing.text(_LEFT - 8, base, "0", "end", size=12)
    drawing.text(0, 34, f"{unit}", size=12, fill=GREY)
    note = Bilingual(f"{len(dated)} 天有所涉明细", f"{len(dated)} days with lines in question")
    return Picture(Bilingual("按日违规金额", "Amount in question by day"), drawing.svg(), note)


def among_peers(rows: Sequence[EvidenceRow], ladders: Mapping[str, PeerLadder], cards: Cards) -> Picture | None:
    """The subject among its peers, an indicator a row: where 5 to 95 and 25 to 75 percent of them lie, their median,
    and the subject as a dot."""
    known = [row for row in rows if row.value is not None]
    shown = [(row, ladders[row.indicator]) for row in known if row.indicator is not None and row.indicator in ladders]
    shown = [(row, ladder) for row, ladder in shown if len(ladder.ladder) == 101][:PEERS_DRAWN]
    if not shown:
        return None
    drawing = Drawing(
        "本对象在同组中的位置 The subject among its peers: " + "; ".join(_said(row, cards) for row, _ in shown)
    )
    for place, (row, ladder) in enumerate(shown):
        _draw_indicator(drawing, 4 + 40.0 * place, row, ladder.ladder, cards)
    note = Bilingual(
        "浅条:同组 5%–95%;深条:25%–75%;竖线:中位数;红点:本对象",
        "light: 5–95 % of the peers; dark: 25–75 %; line: their median; red: the subject",
    )
    return Picture(Bilingual("本对象在同组中的位置", "Among its peers"), drawing.svg(), note)


def _said(row: EvidenceRow, cards: Cards) -> str:
    card = cards.indicator(row.indicator or "")
    return f"{card.name_zh} {value_zh(card, row.value)} / {value_zh(card, row.peer_median)}"


def _draw_indicator(drawing: Drawing, y: float, row: EvidenceRow, ladder: Sequence[float], cards: Cards) -> None:
    card, value = cards.indicator(row.indicator or ""), float(row.value or 0.0)
    low, high = min(ladder[0], value, 0.0), max(ladder[99], value)
    span = (high - low) or 1.0

    def x(number: float) -> float:
        return _LEFT + 60 + (_RIGHT - 130 - _LEFT - 60) * (min(max(number, low), high) - low) / span

    drawing.text(0, y + 14, cut(card.name_zh, 40), size=13)
    drawing.text(0, y + 30, cut(card.name_en, 52), size=11, fill=GREY)
    drawing.line(x(low), y + 17, x(high), y + 17)
    drawing.rectangle(x(ladder[5]), y + 10, x(ladder[95]) - x(ladder[5]), 14, PALE)
    drawing.rectangle(x(ladder[25]), y + 10, x(ladder[75]) - x(ladder[25]), 14, AMBER)
    drawing.line(x(ladder[50]), y + 7, x(ladder[50]), y + 27, "#1f4e78", 2.5)
    drawing.mark(x(value), y + 17, 6, RED)
    drawing.text(_RIGHT, y + 14, value_zh(card, row.value), "end", RED, 13)
    drawing.text(_RIGHT, y + 30, percent_text(row.percentile), "end", GREY, 11)


def persons_of(encounters: Sequence[EncounterFacts]) -> list[EncounterFacts]:
    """The encounters of the first persons that have several, so that a strip compares what belongs together; all of
    them where nobody has."""
    by_person: dict[str, list[EncounterFacts]] = {}
    for encounter in encounters:
        by_person.setdefault(encounter.patient_id or encounter.encounter_id, []).append(encounter)
    several = [person for person, own in by_person.items() if len(own) > 1][:PERSONS_DRAWN]
    return [e for person in several for e in by_person[person]] or list(encounters)
