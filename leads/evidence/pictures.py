"""The pictures of an evidence file: stays and visits on their days with overlaps, charges by day, peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations

from fundwatch.drawing.day_strip import Lane, Span, day_marks, day_strip
from fundwatch.drawing.scales import DayScale, Scale
from fundwatch.drawing.strip_plot import StripRow, strip_plot
from fundwatch.drawing.svg import drawing, line, rectangle, text
from fundwatch.pages import Bilingual, Picture
from leads.cards import Cards
from leads.evidence.facts import EncounterFacts, PeerLadder, Subtotal
from leads.publishing.rows import EvidenceRow, short
from leads.words import percent_text, value_zh

STAYS_DRAWN, PEERS_DRAWN, PERSONS_DRAWN = 24, 8, 8
_LABEL = 330.0  # who, where and why of a stay
_WIDTH, _LEFT, _TOP, _BASE = 1000.0, 120.0, 18.0, 150.0  # of charges by day
_RUNGS = 101


def strip(encounters: Sequence[EncounterFacts], places: Mapping[str, str]) -> Picture | None:
    """Stays and visits on their days, a row each, grouped by person; where two of a person overlap, the days are red.

    Nothing where there is but one: that says no more than its dates.
    """
    known = sorted(
        (e for e in encounters if e.started_at), key=lambda e: (e.patient_id or "", e.started_at, e.encounter_id)
    )
    shown = known[:STAYS_DRAWN]
    if len(shown) < 2:
        return None
    spans = [_span(encounter) for encounter in shown]
    overlaps = _overlaps(shown)
    said = f"{len(shown)} / {len(known)}"
    drawn = day_strip(
        min(start for start, _ in spans),
        max(end for _, end in spans),
        [_lane(encounter, overlaps, places) for encounter in shown],
        f"住院与就诊的起止日期 {said},重叠 {len(overlaps)} 处 Stays and visits on their days",
        _LABEL,
    )
    note = Bilingual(
        f"深色为住院,浅色为门诊或购药,红色为同一人的重叠日;画出 {said} 次",
        f"dark: stays, light: visits, red: days on which two of one person overlap; {said} drawn",
    )
    return Picture(Bilingual("住院与就诊条带", "Stays and visits"), drawn, note)


def _lane(
    encounter: EncounterFacts, overlaps: Mapping[tuple[str, str], tuple[date, date]], places: Mapping[str, str]
) -> Lane:
    label = _label(encounter, places)
    own = Span(*_span(encounter), label, "stay" if encounter.is_inpatient else "visit")
    red = [Span(*days, "重叠 overlap", "hit") for pair, days in overlaps.items() if encounter.encounter_id in pair]
    return Lane(label, [own], over=red)


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
    return f"{short(encounter.patient_id)} {where} {encounter.diagnosis_name or encounter.main_diagnosis_code or ''}"


def charges(days: Sequence[Subtotal], unit: str) -> Picture | None:
    """What was charged in question by day, a bar each; nothing for fewer than two days."""
    dated = [(date.fromisoformat(d.key), d.amount_in_question or d.amount) for d in days if d.key]
    if len(dated) < 2:
        return None
    first, last = dated[0][0], dated[-1][0]
    most = max(float(amount) for _, amount in dated)
    by_day, height = DayScale(first, last, _LEFT, _WIDTH - 4), Scale(0.0, most or 1.0, _BASE, _TOP)
    bars = [
        rectangle(by_day.at(day) + by_day.breadth * 0.1, top, max(by_day.breadth * 0.8, 1.5), _BASE - top, "visit")
        for day, amount in dated
        for top in [height.at(float(amount))]
    ]
    drawn = drawing(
        _WIDTH, _BASE + 22, f"按日违规金额 Amount in question by day, {first} – {last}, {len(dated)} 天 days",
        *day_marks(by_day, _TOP, _BASE), *bars, line(_LEFT, _BASE, _WIDTH - 4, _BASE, "axis"),
        text(_LEFT - 8, _TOP + 8, f"{most:,.2f}", anchor="end"), text(_LEFT - 8, _TOP + 24, unit, anchor="end"),
        text(_LEFT - 8, _BASE, "0", anchor="end"),
    )  # fmt: skip
    note = Bilingual(f"{len(dated)} 天有所涉明细", f"{len(dated)} days with lines in question")
    return Picture(Bilingual("按日违规金额", "Amount in question by day"), drawn, note)


def among_peers(rows: Sequence[EvidenceRow], ladders: Mapping[str, PeerLadder], cards: Cards) -> Picture | None:
    """The subject among its peers, an indicator a row."""
    known = [row for row in rows if row.value is not None and row.indicator in ladders]
    strips = [_strip_row(row, ladders[row.indicator or ""], cards) for row in known]
    shown = [row for row in strips if len(row.ladder or ()) == _RUNGS][:PEERS_DRAWN]
    if not shown:
        return None
    said = "; ".join(f"{row.label} {row.note}" for row in shown)
    note = Bilingual(
        "浅条:同组 2%–98%;深条:25%–75%;粗线:中位数;红点:本对象,箭头表示超出",
        "light: 2–98 % of the peers; dark: 25–75 %; thick: their median; red: the subject, an arrow where beyond",
    )
    drawn = strip_plot(shown, f"本对象在同组中的位置 The subject among its peers: {said}")
    return Picture(Bilingual("本对象在同组中的位置", "Among its peers"), drawn, note)


def _strip_row(row: EvidenceRow, peers: PeerLadder, cards: Cards) -> StripRow:
    card = cards.indicator(row.indicator or "")
    note = f"{value_zh(card, row.value)} | 中位 {value_zh(card, row.peer_median)} | {percent_text(row.percentile)}"
    return StripRow(card.name_zh, peers.ladder, row.value, note, is_strange=True)


def persons_of(encounters: Sequence[EncounterFacts]) -> list[EncounterFacts]:
    """The encounters of the first persons that have several, so that a strip compares what belongs together; all of
    them where nobody has."""
    by_person: dict[str, list[EncounterFacts]] = {}
    for encounter in encounters:
        by_person.setdefault(encounter.patient_id or encounter.encounter_id, []).append(encounter)
    several = [person for person, own in by_person.items() if len(own) > 1][:PERSONS_DRAWN]
    return [e for person in several for e in by_person[person]] or list(encounters)
