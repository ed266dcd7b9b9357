"""DRG/DIP: stays made to fall into a dearer payment group, or into two."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from simulator.care.care import Order, charge, outpatient, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.staging.stage import Scheme, SchemeStage

_MINOR, _MAJOR = ("J20.900", "急性支气管炎"), ("J18.900", "肺炎")
# Complications that raise a group's weight, and what would have been given for them.
_RESPIRATORY_FAILURE, _SEPSIS = ("J96.000", "急性呼吸衰竭"), ("A41.900", "脓毒症")
_ANAEMIA, _ELECTROLYTES = ("D62.x00", "急性失血后贫血"), ("E87.600", "低钾血症")
_WORST = ("I46.900", "心脏停搏")


def _in_ward(stage: SchemeStage, nights: int, *, age: tuple[int, int] = (45, 85), room: int = 1) -> Visit:
    day = stage.start(nights + room)
    person = stage.somebody(day, day + timedelta(days=nights + room), age=age)
    place = stage.hospital("1", "2")
    return stage.play(stay(stage.hand, person, place, day, nights))


def up_coded_group(stage: SchemeStage) -> None:
    """A short, cheap stay under a heavy main diagnosis: little was done for what is written (DG-01)."""
    for _ in range(stage.scaled(stage.by_level(3, 2, 2))):
        visit = _in_ward(stage, stage.hand.between(2, 3))
        heavy = stage.by_level(_SEPSIS, _RESPIRATORY_FAILURE, _MAJOR)
        visit.diagnoses = (heavy, *visit.diagnoses[1:])
        _cheapen(stage, visit)
        stage.label_visits(visit)


def _cheapen(stage: SchemeStage, visit: Visit) -> None:
    """Drop the drugs and all but two tests: what a light case needs."""
    tests = [line for line in visit.lines if line.item.charge_class in ("03", "04")]
    kept = {line.id for line in tests[:2]}
    light = ("01", "02", "07")
    visit.lines = [line for line in visit.lines if line.item.charge_class in light or line.id in kept]
    day = visit.begin + timedelta(hours=2, seconds=stage.hand.between(0, 59))
    charge(stage.hand, visit, day, [Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 2)])


def died_on_the_second_day(stage: SchemeStage) -> None:
    """A heavy diagnosis and a cheap stay, because the patient died or was moved on at once."""
    visit = _in_ward(stage, 2, age=(65, 92))
    visit.diagnoses = (_SEPSIS, *visit.diagnoses[1:])
    visit.way_out = "2"
    stage.label_visits(visit)


def invented_complication(stage: SchemeStage) -> None:
    """A complication on the list for which nothing was given or measured (DG-03)."""
    for _ in range(stage.scaled(stage.by_level(3, 2, 2))):
        visit = _in_ward(stage, stage.hand.between(4, 8))
        extra = stage.by_level((_RESPIRATORY_FAILURE, _WORST), (_RESPIRATORY_FAILURE,), (_ELECTROLYTES,))
        own = tuple(d for d in visit.diagnoses[1:] if d not in extra)
        visit.diagnoses = (visit.diagnoses[0], *extra, *own)
        if stage.disguise == 2:  # no electrolytes were measured either
            visit.lines = [line for line in visit.lines if line.item is not catalogue.LABS[6]]
        stage.label_visits(visit)


def treated_complication(stage: SchemeStage) -> None:
    """The same complication, ventilated hour by hour and treated."""
    visit = _in_ward(stage, stage.hand.between(5, 9), age=(60, 90))
    visit.diagnoses = (visit.diagnoses[0], _RESPIRATORY_FAILURE, *visit.diagnoses[1:])
    for day in visit.days[1:3]:
        at = datetime.combine(day, time(17, stage.hand.between(0, 59), stage.hand.between(0, 59)))
        orders = [Order(variants.VENTILATION, 20), Order(variants.ANTIBIOTIC, 3), Order(catalogue.LABS[6])]
        charge(stage.hand, visit, at, orders)
    stage.label_visits(visit)


def quiet_old_disease(stage: SchemeStage) -> None:
    """Chronic diseases on the list that need nothing during the stay."""
    visit = _in_ward(stage, stage.hand.between(4, 7), age=(65, 88))
    old = (("E11.900", "2型糖尿病"), ("I10.x00x002", "高血压病"))
    visit.diagnoses = (visit.diagnoses[0], *(d for d in old if d != visit.diagnoses[0]))
    stage.label_visits(visit)


def invented_operation(stage: SchemeStage) -> None:
    """An operation on the list, and no charge for surgery, anaesthesia or device (DG-04)."""
    operations = (
        ("96.7201", "呼吸机治疗[大于等于96小时]"),
        ("31.1x00x005", "暂时性气管切开术"),
        ("38.9303", "中心静脉穿刺中心静脉置管术"),
    )
    for _ in range(stage.scaled(stage.by_level(3, 2, 2))):
        visit = _in_ward(stage, stage.by_level(4, 6, 9))
        visit.operation = stage.by_level(operations[0], operations[1], operations[2])
        stage.label_visits(visit)


def operation_in_the_bill(stage: SchemeStage) -> None:
    """An operation on the list and in the bill."""
    nights = stage.hand.between(4, 7)
    day = stage.start(nights + 1)
    person, place = stage.somebody(day, day + timedelta(days=nights)), stage.hospital("1", "2")
    visit = stay(stage.hand, person, place, day, nights, surgery=stage.hand.pick(("appendix", "gallbladder")))
    stage.label_visits(stage.play(visit))


def stay_split_across_groups(stage: SchemeStage) -> None:
    """One illness cut into two stays in different groups, out and in again within days (DG-10)."""
    nights, gap = (stage.hand.between(4, 6), stage.hand.between(4, 6)), stage.by_level(2, 4, 7)
    first = stage.start(sum(nights) + gap + 1)
    second = first + timedelta(days=nights[0] + gap)
    person = stage.somebody(first, second + timedelta(days=nights[1]), age=(50, 85))
    place = stage.hospital("1", "2")
    earlier, later = (stay(stage.hand, person, place, d, n) for d, n in zip((first, second), nights, strict=True))
    earlier.diagnoses, later.diagnoses = (_MAJOR,), (_RESPIRATORY_FAILURE if stage.disguise == 0 else _MINOR, _MAJOR)
    stage.label_visits(stage.play(earlier), stage.play(later))


def second_planned_stay(stage: SchemeStage) -> None:
    """A second stay planned from the start: the other eye, three weeks later."""
    gap = 18
    first = stage.start(gap + 6)
    person = stage.somebody(first, first + timedelta(days=gap + 5), age=(60, 85))
    place = stage.hospital("1", "2")
    for day in (first, first + timedelta(days=gap)):
        stage.label_visits(stage.play(stay(stage.hand, person, place, day, 2, surgery="cataract")))


def costs_moved_ahead(stage: SchemeStage) -> None:
    """The stay's examinations billed to the clinic in the days before, the stay itself without any (DG-11)."""
    nights = stage.hand.between(4, 7)
    lead = stage.by_level(1, 2, 3)
    day = stage.start(nights + lead + 1) + timedelta(days=lead)
    person = stage.somebody(day - timedelta(days=lead), day + timedelta(days=nights), age=(40, 85))
    place = stage.hospital("1", "2")
    ward = stage.play(stay(stage.hand, person, place, day, nights))
    moved = [line.item for line in ward.lines if line.item.charge_class in ("03", "04")]
    ward.lines = [line for line in ward.lines if line.item.charge_class not in ("03", "04")]
    orders = [Order(catalogue.CONSULTATION), *(Order(item) for item in dict.fromkeys(moved))]
    if stage.disguise == 2:
        orders.insert(1, Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 1))
    clinic = outpatient(stage.hand, person, place, day - timedelta(days=lead), orders, diagnosis=ward.diagnoses[0])
    stage.label_visits(stage.play(clinic), ward)


def found_ill_in_the_clinic(stage: SchemeStage) -> None:
    """Examined in the clinic, found ill, admitted two days later and examined as usual."""
    nights = stage.hand.between(4, 7)
    day = stage.start(nights + 3) + timedelta(days=2)
    person = stage.somebody(day - timedelta(days=2), day + timedelta(days=nights), age=(40, 85))
    place = stage.hospital("1", "2")
    ward = stage.play(stay(stage.hand, person, place, day, nights))
    tests = [Order(catalogue.CONSULTATION), Order(stage.hand.pick(catalogue.EXAMS)), Order(catalogue.LABS[0])]
    clinic = outpatient(stage.hand, person, place, day - timedelta(days=2), tests, diagnosis=ward.diagnoses[0])
    stage.label_visits(stage.play(clinic), ward)


GROUPS = (
    Scheme("up_coded_group", "scheme", "DG-01", 0.5, up_coded_group, actor="institution"),
    Scheme("moved_on_at_once", "lookalike", "DG-01", 0.5, died_on_the_second_day),
    Scheme("invented_complication", "scheme", "DG-03", 0.5, invented_complication, actor="institution"),
    Scheme("treated_complication", "lookalike", "DG-03", 0.5, treated_complication),
    Scheme("quiet_old_disease", "lookalike", "DG-03", 0.5, quiet_old_disease),
    Scheme("invented_operation", "scheme", "DG-04", 0.5, invented_operation, actor="institution"),
    Scheme("operation_in_the_bill", "lookalike", "DG-04", 0.5, operation_in_the_bill),
    Scheme("stay_split_across_groups", "scheme", "DG-10", 0.5, stay_split_across_groups, actor="institution"),
    Scheme("second_planned_stay", "lookalike", "DG-10", 0.5, second_planned_stay),
    Scheme("costs_moved_ahead", "scheme", "DG-11", 0.5, costs_moved_ahead, actor="institution"),
    Scheme("found_ill_in_the_clinic", "lookalike", "DG-11", 0.5, found_ill_in_the_clinic),
)
