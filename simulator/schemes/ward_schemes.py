"""Schemes seen within a stay: empty beds, dear stays, clocks with too many hours, last days, waived shares."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.care.care import Order, stay
from simulator.care.records import Line, Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.staging.cast import add_lines, diagnosed, keep_only, ward
from simulator.staging.stage import Scheme, SchemeStage

_BED_CLASSES = ("01", "02", "07")  # bed, ward round, nursing
_CANCER = ("C34.900", "肺恶性肿瘤")


def hanging_bed(stage: SchemeStage) -> None:
    """A bed, a round and nursing charged for days on which nothing was done (FK-01).

    Careful: never three empty days in a row; well disguised: one cheap infusion on every empty day.
    """
    nights = stage.scaled(8, least=6)
    visit = ward(stage, nights, "2", "1", age=(45, 85), diagnosis=("M51.202", "腰椎间盘突出"))
    empty = [day for n, day in enumerate(visit.days) if 1 < n < nights and not (stage.disguise == 1 and n % 3 == 2)]
    _emptied(visit, empty)
    if stage.disguise == 2:
        for day in empty:
            fluid = [Order(catalogue.WARD_DRUGS[0]), Order(catalogue.INFUSION), Order(catalogue.INFUSION_SET)]
            add_lines(stage, visit, day, fluid, (17, 18))
    stage.label_visits(visit)


def weekend_leave(stage: SchemeStage) -> None:
    """Two quiet days in the middle of a stay."""
    nights = stage.hand.between(7, 9)
    visit = ward(stage, nights, "2", "1", age=(45, 85))
    _emptied(visit, visit.days[3:5])
    stage.label_visits(visit)


def palliative_ward(stage: SchemeStage) -> None:
    """Palliative care: days with a pain killer at most."""
    visit = ward(stage, stage.hand.between(7, 10), "2", "1", age=(55, 90), diagnosis=_CANCER)
    _emptied(visit, visit.days[2:-2])
    stage.label_visits(visit)


def _emptied(visit: Visit, days: list[date]) -> None:
    gone = set(days)
    kept = [line for line in visit.lines if line.item.charge_class in _BED_CLASSES or line.at.date() not in gone]
    keep_only(visit, kept)


def dear_stay(stage: SchemeStage) -> None:
    """A plain illness at several times the cost of its peers (HC-02); careful: three times, or twice."""
    visit = ward(stage, stage.hand.between(5, 8), "2", diagnosis=("J18.900", "肺炎"))
    aim = sum(line.amount for line in visit.lines) * stage.by_level(7, 3, 2)
    dear = (*catalogue.COSTLY_DRUGS, catalogue.WARD_DRUGS[4], catalogue.PATENT_DRUGS[2])
    lines: list[Line] = []
    while sum(line.amount for line in visit.lines) < max(aim, stage.by_level(2_500_000, 0, 0)):
        day = stage.hand.pick(visit.days[:-1])
        lines += add_lines(stage, visit, day, [Order(stage.hand.pick(dear), stage.hand.between(2, 4))], (17, 18))
    stage.label_visits(visit)


def severe_case(stage: SchemeStage) -> None:
    """As dear, and as ill: resuscitated, monitored for days, the blood cleaned and thinned."""
    visit = ward(stage, stage.hand.between(8, 10), "1", age=(50, 90), diagnosis=("A41.900", "脓毒症"))
    for day in visit.days[:-1]:
        orders = [
            Order(rare_items.RESUSCITATION),
            Order(catalogue.HEART_MONITOR, 24 if day > visit.begin.date() else 23 - visit.begin.hour),
            Order(rare_items.PERFUSION),
            Order(catalogue.COSTLY_DRUGS[1], 4),
        ]
        add_lines(stage, visit, day, orders, (17, 18))
    stage.label_visits(visit)


def hours_beyond_the_clock(stage: SchemeStage) -> None:
    """Monitoring for 26 to 36 hours a day (FK-10); careful: 24 on days that had fewer."""
    visit = ward(stage, stage.hand.between(4, 7), "2", "1")
    days = stage.by_level(visit.days[1:-1], [visit.begin.date(), visit.end.date()], [visit.begin.date()])
    lines: list[Line] = []
    for day in stage.hand.some(days, stage.scaled(3)):
        hours = stage.by_level(stage.hand.between(26, 36), 24, 20)
        orders = [Order(catalogue.HEART_MONITOR, hours), Order(catalogue.OXYGEN_MONITOR, stage.hand.between(10, 24))]
        at = stage.moment(day, 14, 15) if day == visit.end.date() else stage.moment(day, 17, 18)
        lines += add_lines(stage, visit, day, orders, (at.hour, at.hour + 1))[:1]
    stage.label_lines(visit, lines)


def two_monitors_all_day(stage: SchemeStage) -> None:
    """Two kinds of monitoring, each around the clock."""
    visit = ward(stage, stage.hand.between(4, 7), "2", "1")
    lines: list[Line] = []
    for day in visit.days[1:-1]:
        orders = [Order(catalogue.HEART_MONITOR, 24), Order(catalogue.OXYGEN_MONITOR, 24)]
        lines += add_lines(stage, visit, day, orders, (23, 24))
    stage.label_lines(visit, lines)


def charged_on_the_last_day(stage: SchemeStage) -> None:
    """Most of a stay's drugs and material entered on the day of discharge (FK-24); careful: a quarter of it."""
    visit = ward(stage, stage.hand.between(6, 9), "2")
    total = sum(line.amount for line in visit.lines)
    aim = total * stage.by_level(80, 30, 20) // 100  # of what the stay cost so far
    dear = (catalogue.WARD_DRUGS[4], *catalogue.PATENT_DRUGS, catalogue.CANNULA)
    lines: list[Line] = []
    while sum(line.amount for line in lines) < aim:
        item = stage.hand.pick(dear)
        lines += add_lines(stage, visit, visit.end.date(), [Order(item, stage.hand.between(1, 4))], (9, 14))
    stage.label_visits(visit)


def operated_on_the_last_day(stage: SchemeStage) -> None:
    """Waited for the operation, had it, and went home the same day."""
    visit = ward(stage, stage.hand.between(6, 8), "1", "2", age=(55, 85), diagnosis=("H25.900", "老年性白内障"))
    visit.operation = ("13.4100x001", "白内障超声乳化抽吸术")
    add_lines(stage, visit, visit.end.date(), [Order(catalogue.SURGERY["cataract"])], (9, 11))
    stage.label_visits(visit)


def waived_shares(stage: SchemeStage) -> None:
    """A hospital whose patients pay nothing or a note of fifty (FK-18); careful: uneven rests, or half of them."""
    place = stage.new_hospital("2", f"云溪市{stage.hand.pick('安乐慈爱')}和{stage.instance}号医院", beds=30)
    for n in range(stage.scaled(7, least=6)):
        day = stage.start(6)
        person = stage.person(day, day + timedelta(days=5), age=(50, 85))
        visit = stage.play(diagnosed(stay(stage.hand, person, place, day, 4), ("M54.500", "腰痛")))
        if stage.disguise < 2 or n % 2:
            stage.waive(
                visit, stage.by_level(stage.hand.pick((0, 0, 5_000)), stage.hand.between(8_000, 30_000), 20_000)
            )
        stage.label_visits(visit)
    stage.acted("institution", place.code)
    stage.label_institution(place)


def paid_by_aid(stage: SchemeStage) -> None:
    """People on medical aid pay little, and the aid fund stands beside it."""
    place = stage.hospital("2")
    for _ in range(3):
        day = stage.start(6)
        person = stage.person(day, day + timedelta(days=5), age=(50, 85))
        person.insurance, person.person_type, person.on_aid, person.is_civil_servant = "390", "1501", True, False
        person.employer = ""
        visit = stage.play(stay(stage.hand, person, place, day, 4))
        stage.label_visits(visit)


WARD_SCHEMES = (
    Scheme("hanging_bed", "scheme", "FK-01", 1.0, hanging_bed),
    Scheme("weekend_leave", "lookalike", "FK-01", 0.6, weekend_leave),
    Scheme("palliative_ward", "lookalike", "FK-01", 0.4, palliative_ward),
    Scheme("dear_stay", "scheme", "HC-02", 0.6, dear_stay),
    Scheme("severe_case", "lookalike", "HC-02", 0.4, severe_case),
    Scheme("hours_beyond_the_clock", "scheme", "FK-10", 0.6, hours_beyond_the_clock),
    Scheme("two_monitors_all_day", "lookalike", "FK-10", 0.4, two_monitors_all_day),
    Scheme("charged_on_the_last_day", "scheme", "FK-24", 0.6, charged_on_the_last_day),
    Scheme("operated_on_the_last_day", "lookalike", "FK-24", 0.4, operated_on_the_last_day),
    Scheme("waived_shares", "scheme", "FK-18", 0.15, waived_shares),
    Scheme("paid_by_aid", "lookalike", "FK-18", 0.2, paid_by_aid),
)
