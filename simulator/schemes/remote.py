"""异地: care away from home that cannot have been, or is claimed twice."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.care.care import Order, outpatient, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.acts import PRESSURE, bought, move
from simulator.staging.stage import Scheme, SchemeStage

# Areas that were never issued, as far apart as cities of two provinces.
_REMOTE_AREAS = ("990901", "991301", "992501", "993601", "994401")
_CITIES = ("远川市", "北岭市", "东屿市", "南槐市", "西浦市")


def _remote_hospital(stage: SchemeStage, at: int = 0) -> Institution:
    place = stage.new_hospital("2", f"{_CITIES[at]}第{stage.instance}医院", beds=300)
    place.area = _REMOTE_AREAS[at]
    return place


def _remote_pharmacy(stage: SchemeStage, at: int) -> Institution:
    shop = stage.new_pharmacy(f"{_CITIES[at]}同泽大药房{stage.instance}店")
    shop.area = _REMOTE_AREAS[at]
    return shop


def _seen(stage: SchemeStage, person: Person, place: Institution, day: date, *, away: bool) -> Visit:
    drugs = [Order(drug, stage.hand.between(1, 3)) for drug in catalogue.CHRONIC_DRUGS["hypertension"][:2]]
    visit = outpatient(stage.hand, person, place, day, [Order(catalogue.CONSULTATION), *drugs], diagnosis=PRESSURE)
    visit.out_of_area = away
    return visit


def local_and_remote_same_day(stage: SchemeStage) -> None:
    """Seen at home and, hours later, in a city a day's journey away (XR-01)."""
    first = stage.start(10)
    person = stage.person(first, first + timedelta(days=9), age=(30, 80), conditions=("hypertension",))
    place = _remote_hospital(stage)
    for n in range(stage.scaled(stage.by_level(3, 2, 1))):
        day = first + timedelta(days=3 * n)
        home = stage.play(
            move(_seen(stage, person, stage.hospital("2", "3"), day, away=False), stage.moment(day, 8, 10))
        )
        later = stage.by_level((11, 12), (13, 14), (15, 16))
        away = stage.play(move(_seen(stage, person, place, day, away=True), stage.moment(day, *later)))
        stage.label_visits(home, away)
    stage.label_patient(person)


def home_again_the_next_day(stage: SchemeStage) -> None:
    """Seen away on one day and at home on the next: a train ride between."""
    day = stage.start(3)
    person = stage.person(day, day + timedelta(days=1), age=(30, 80), conditions=("hypertension",))
    away = stage.play(_seen(stage, person, _remote_hospital(stage), day, away=True))
    home = _seen(stage, person, stage.hospital("2", "3"), day + timedelta(days=1), away=False)
    stage.label_visits(away, stage.play(home))


def remote_stay_settled_late(stage: SchemeStage) -> None:
    """A stay away was settled days after discharge, on a day with a visit at home."""
    day = stage.start(12)
    person = stage.person(day, day + timedelta(days=11), age=(30, 80), conditions=("hypertension",))
    ward = stay(stage.hand, person, _remote_hospital(stage), day, 4)
    ward.out_of_area = True
    ward.settled_at += timedelta(days=5)
    for line in ward.lines:
        line.uploaded = ward.settled_at.date()
    home = _seen(stage, person, stage.hospital("2", "3"), ward.settled_at.date(), away=False)
    stage.label_visits(stage.play(ward), stage.play(home))


def _paper_copy(stage: SchemeStage, visit: Visit, percent: int, days: int) -> Visit:
    """The same stay handed in on paper: the same times and lines under ids of its own, settled later."""
    again = stay(stage.hand, visit.person, visit.place, visit.begin.date(), 2)
    again.begin, again.end, again.diagnoses = visit.begin, visit.end, visit.diagnoses
    again.complaint, again.doctor = visit.complaint, visit.doctor
    kept = visit.lines if percent == 100 else stage.hand.some(visit.lines, len(visit.lines) * percent // 100)
    template = again.lines
    again.lines = []
    for n, line in enumerate(sorted(kept, key=lambda line: line.at)):
        copy = template[n] if n < len(template) else type(line)(
            id=stage.hand.new_id(18), item=line.item, at=line.at,
            quantity=line.quantity, price=line.price, doctor=line.doctor, uploaded=line.uploaded,
        )  # fmt: skip
        copy.item, copy.at, copy.quantity, copy.price, copy.doctor = (
            line.item,
            line.at,
            line.quantity,
            line.price,
            line.doctor,
        )
        again.lines.append(copy)
    again.settled_at = visit.settled_at + timedelta(days=days)
    for line in again.lines:
        line.uploaded = again.settled_at.date()
    again.out_of_area, again.paper = True, True
    return again


def _remote_stay(stage: SchemeStage, room: int) -> Visit:
    nights = stage.hand.between(4, 7)
    day = stage.start(nights + room)
    person = stage.person(day, day + timedelta(days=nights + room), age=(30, 80))
    visit = stay(stage.hand, person, _remote_hospital(stage), day, nights)
    visit.out_of_area = True
    return stage.play(visit)


def paper_claim_repeats_networked(stage: SchemeStage) -> None:
    """A stay settled over the network is claimed again on paper, days later (XR-03)."""
    visit = _remote_stay(stage, 12)
    again = stage.play(_paper_copy(stage, visit, stage.by_level(100, 92, 80), stage.hand.between(3, 9)))
    if stage.disguise == 0:
        visit.invoice = f"F{visit.id[-10:]}"
        again.invoice = f"F{visit.id[-10:]}"
    stage.label_visits(visit, again)


def paper_claim_of_another_stay(stage: SchemeStage) -> None:
    """Two stays away: one settled over the network, the next on paper, because the line was down."""
    visit = _remote_stay(stage, 14)
    later = stay(stage.hand, visit.person, visit.place, visit.end.date() + timedelta(days=6), 3)
    later.out_of_area, later.paper = True, True
    stage.label_visits(visit, stage.play(later))


def _journey(stage: SchemeStage, person: Person, cities: int, packs: tuple[int, int]) -> None:
    first = stage.start(28)
    drugs = (*catalogue.COSTLY_DRUGS[1:3], *catalogue.CHRONIC_DRUGS["diabetes"], *catalogue.PATENT_DRUGS[:2])
    for at in range(cities):
        shop = _remote_pharmacy(stage, at)
        for day in (first + timedelta(days=5 * at), first + timedelta(days=5 * at + stage.hand.between(1, 3))):
            orders = [Order(drug, stage.hand.between(*packs)) for drug in stage.hand.some(drugs, 2)]
            visit = bought(stage, person, shop, day, orders, visit_type="9929", diagnosis=PRESSURE)
            visit.out_of_area = True
            stage.label_visits(stage.play(visit))
    stage.label_patient(person)


def drugs_from_many_cities(stage: SchemeStage) -> None:
    """One card buys resellable drugs in city after city (XR-05)."""
    scenario = stage.world.scenario
    person = stage.person(scenario.history_start, scenario.last_day, age=(35, 70), conditions=("diabetes",))
    _journey(stage, person, stage.by_level(5, 4, 3), stage.by_level((3, 6), (2, 4), (1, 3)))


def travelling_salesman(stage: SchemeStage) -> None:
    """Somebody on the road for work buys a little wherever it runs out."""
    scenario = stage.world.scenario
    person = stage.person(scenario.history_start, scenario.last_day, age=(30, 55), conditions=("diabetes",))
    _journey(stage, person, 2, (1, 1))


REMOTE = (
    Scheme("local_and_remote_same_day", "scheme", "XR-01", 0.5, local_and_remote_same_day, actor="patient"),
    Scheme("home_again_the_next_day", "lookalike", "XR-01", 0.5, home_again_the_next_day),
    Scheme("remote_stay_settled_late", "lookalike", "XR-01", 0.4, remote_stay_settled_late),
    Scheme("paper_claim_repeats_networked", "scheme", "XR-03", 0.5, paper_claim_repeats_networked, actor="patient"),
    Scheme("paper_claim_of_another_stay", "lookalike", "XR-03", 0.4, paper_claim_of_another_stay),
    Scheme("drugs_from_many_cities", "scheme", "XR-05", 0.4, drugs_from_many_cities, actor="patient"),
    Scheme("travelling_salesman", "lookalike", "XR-05", 0.4, travelling_salesman),
)
