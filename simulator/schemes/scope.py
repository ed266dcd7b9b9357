"""超标准收费 and 支付范围: charged above what the tariff allows, or paid though the fund does not cover it."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, charge, outpatient, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.city.items import Item
from simulator.city.people import Person
from simulator.staging.acts import PRESSURE, lines_of
from simulator.staging.stage import Scheme, SchemeStage

_SECOND_PERCENT = 75  # what a second operation through one cut may cost: the lenient end of the rule (OP-04)
_ONE_CUT = (("appendix", "gallbladder"), ("gallbladder", "appendix"))
_CHECK_UP = ("Z00.001", "健康查体")
_INJURIES = (("S61.900", "腕和手开放性伤口"), ("S01.900", "头部开放性伤口"), ("S81.900", "小腿开放性伤口"))
_TRAFFIC, _ASSAULT, _WORK = ("V29.900", "摩托车交通事故"), ("Y04.x00", "他人殴打"), ("W31.x00", "机械所致")
_FALL = ("W18.x00", "在家中跌倒")
_PREGNANT = ("Z34.900", "正常妊娠监督")


def _clinic(
    stage: SchemeStage,
    *orders: Order,
    age: tuple[int, int] = (20, 85),
    visit_type: str = "11",
    diagnosis: tuple[str, str] = ("J06.900", "急性上呼吸道感染"),
    person: Person | None = None,
    sex: str = "",
) -> Visit:
    """One outpatient visit of somebody new: a consultation, then what is ordered."""
    day = stage.start(2)
    person = person or stage.person(day, day, age=age, sex=sex)
    usual = Order(catalogue.CONSULTATION)
    place = stage.hospital("2", "3")
    return stage.play(
        outpatient(stage.hand, person, place, day, [usual, *orders], visit_type=visit_type, diagnosis=diagnosis)
    )


def _operated_twice(stage: SchemeStage, first: str, second: str) -> tuple[Visit, Order]:
    nights = stage.hand.between(5, 8)
    day = stage.start(nights + 1)
    person = stage.person(day, day + timedelta(days=nights))
    visit = stage.play(stay(stage.hand, person, stage.hospital("1", "2"), day, nights, surgery=first))
    return visit, Order(catalogue.SURGERY[second])


def second_operation_at_full_price(stage: SchemeStage) -> None:
    """Two operations through one cut, both at the full price (OP-04)."""
    first, second = stage.hand.pick(_ONE_CUT)
    visit, order = _operated_twice(stage, first, second)
    done = lines_of(visit, catalogue.SURGERY[first])[0]
    # the careful charge it later the same day, the well disguised nearly at the discount
    lines = charge(stage.hand, visit, done.at + timedelta(minutes=stage.by_level(0, 45, 90)), [order])
    lines[0].price = lines[0].price * stage.by_level(100, 95, 85) // 100
    stage.label_lines(visit, lines)


def second_operation_discounted(stage: SchemeStage) -> None:
    """Two operations through one cut, the second at the discount."""
    visit, order = _operated_twice(stage, *stage.hand.pick(_ONE_CUT))
    lines = charge(stage.hand, visit, lines_of(visit, *catalogue.SURGERY.values())[0].at, [order])
    lines[0].price = lines[0].price * stage.hand.pick((50, 60, _SECOND_PERCENT)) // 100
    stage.label_lines(visit, lines)


def two_cuts(stage: SchemeStage) -> None:
    """Two operations through two cuts: belly and eye."""
    visit, order = _operated_twice(stage, "gallbladder", "cataract")
    at = lines_of(visit, catalogue.SURGERY["gallbladder"])[0].at
    stage.label_lines(visit, charge(stage.hand, visit, at + timedelta(days=2), [order]))


def dressed_by_the_wound(stage: SchemeStage) -> None:
    """A dressing priced per visit charged per wound (OP-05)."""
    count = stage.by_level(stage.hand.between(4, 6), stage.hand.between(3, 4), 2)
    visit = _clinic(stage, Order(variants.DRESSING, count), diagnosis=stage.hand.pick(_INJURIES))
    stage.label_lines(visit, lines_of(visit, variants.DRESSING))


def dressed_twice_a_day(stage: SchemeStage) -> None:
    """Dressed in the morning and again in the afternoon: two lines, hours apart."""
    visit = _clinic(stage, Order(variants.DRESSING), diagnosis=stage.hand.pick(_INJURIES))
    later = visit.lines[0].at + timedelta(minutes=stage.hand.between(25, 90), seconds=stage.hand.between(1, 59))
    again = charge(stage.hand, visit, later, [Order(variants.DRESSING)])
    visit.end = visit.settled_at = max(visit.end, later + timedelta(minutes=5))
    stage.label_lines(visit, [*lines_of(visit, variants.DRESSING)[:1], *again])


_DRIP = (catalogue.INFUSION, catalogue.INFUSION_SET, catalogue.WARD_DRUGS[0])


def child_surcharge_for_adults(stage: SchemeStage) -> None:
    """The surcharge for small children on people far older (OP-06)."""
    age = stage.by_level((25, 80), (10, 17), (8, 10))
    visit = _clinic(stage, *(Order(item) for item in (*_DRIP, variants.CHILD_SURCHARGE)), age=age)
    stage.label_lines(visit, lines_of(visit, variants.CHILD_SURCHARGE))


def drip_for_a_small_child(stage: SchemeStage) -> None:
    """The surcharge on a child under six."""
    visit = _clinic(stage, *(Order(item) for item in (*_DRIP, variants.CHILD_SURCHARGE)), age=(1, 4))
    stage.label_lines(visit, lines_of(visit, variants.CHILD_SURCHARGE))


def _traumatised(stage: SchemeStage, cause: tuple[str, str] | None, packs: int) -> Visit:
    injury = stage.hand.pick(_INJURIES)
    drugs = [Order(catalogue.ACUTE_DRUGS[1], packs), Order(variants.WOUND_SUTURE), Order(catalogue.EXAMS[1])]
    visit = _clinic(stage, *drugs, visit_type="13", diagnosis=injury, age=(18, 65))
    if cause:
        visit.diagnoses = (injury, cause)
    return visit


def third_party_injury(stage: SchemeStage) -> None:
    """A road accident or a fight treated on insurance as if nobody else had to pay (SC-02)."""
    cause = stage.hand.pick((_TRAFFIC, _ASSAULT, _WORK))
    # the careful leave the cause out, the well disguised write a fall
    stage.label_visits(_traumatised(stage, stage.by_level(cause, None, _FALL), 3))


def fall_at_home(stage: SchemeStage) -> None:
    """An injury nobody else is liable for."""
    stage.label_visits(_traumatised(stage, _FALL, 2))


def maternity_item_outside_maternity(stage: SchemeStage) -> None:
    """An item limited to maternity insurance charged to ordinary outpatient care (SC-03)."""
    sex = stage.by_level("1", "2", "2")
    age = stage.by_level((30, 70), (50, 70), (25, 40))
    visit = _clinic(stage, Order(variants.NEWBORN_SCREEN), age=age, sex=sex)
    stage.label_lines(visit, lines_of(visit, variants.NEWBORN_SCREEN))


def antenatal_visit(stage: SchemeStage) -> None:
    """The same item in a maternity visit of a pregnant woman."""
    order = Order(variants.NEWBORN_SCREEN)
    visit = _clinic(stage, order, age=(23, 40), sex="2", visit_type="51", diagnosis=_PREGNANT)
    stage.label_lines(visit, lines_of(visit, variants.NEWBORN_SCREEN))


def _benefit_visit(
    stage: SchemeStage, other: tuple[Item, ...], visit_type: str = "140104"
) -> tuple[Visit, Visit | None]:
    """A visit under the chronic benefit for high blood pressure, with other drugs beside or in a visit of their own."""
    day = stage.start(2)
    person = stage.person(day, day, age=(50, 85), conditions=("hypertension",), benefit=True)
    own = [Order(drug, stage.hand.between(1, 3)) for drug in catalogue.CHRONIC_DRUGS["hypertension"][:2]]
    more = [Order(drug, stage.hand.between(2, 4)) for drug in other]
    place, apart = stage.hospital("2", "3"), visit_type != "140104"
    orders = [Order(catalogue.CONSULTATION), *own, *([] if apart else more)]
    visit = stage.play(outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=PRESSURE))
    second = None
    if apart:
        second = stage.play(outpatient(stage.hand, person, place, day, more, visit_type=visit_type))
    return visit, second


def benefit_out_of_scope(stage: SchemeStage) -> None:
    """Drugs for another illness settled under the registered chronic one (SC-04)."""
    pools = stage.by_level(catalogue.COSTLY_DRUGS, catalogue.CHRONIC_DRUGS["lung"], catalogue.ACUTE_DRUGS)
    other = tuple(stage.hand.some(pools, stage.by_level(2, 1, 1)))
    visit, _ = _benefit_visit(stage, other)
    stage.label_lines(visit, lines_of(visit, *other))


def settled_apart(stage: SchemeStage) -> None:
    """What the benefit does not cover is settled as an ordinary visit beside it."""
    other = tuple(stage.hand.some(catalogue.ACUTE_DRUGS, 2))
    _, second = _benefit_visit(stage, other, visit_type="11")
    if second:
        stage.label_lines(second, second.lines)


def excluded_item_reimbursed(stage: SchemeStage) -> None:
    """A self-paid item with an amount in scope (SC-05)."""
    item = stage.hand.pick((variants.SKIN_BEAUTY, variants.TONIC))
    visit = _clinic(stage, Order(item, stage.hand.between(1, 3)), age=(20, 60))
    line = lines_of(visit, item)[0]
    percent = stage.by_level(100, 80, 50)
    line.covered = line.amount * percent // 100
    stage.label_lines(visit, [line])


def excluded_item_self_paid(stage: SchemeStage) -> None:
    """The same item, paid by the patient."""
    item = stage.hand.pick((variants.SKIN_BEAUTY, variants.TONIC))
    visit = _clinic(stage, Order(item, stage.hand.between(1, 2)), age=(20, 60))
    stage.label_lines(visit, lines_of(visit, item))


def check_up_on_insurance(stage: SchemeStage) -> None:
    """A health check charged to the fund (SC-06); disguised, under the name of an illness."""
    tests = [Order(test) for test in (*catalogue.LABS[:7], *catalogue.EXAMS[2:5])]
    diagnosis = stage.by_level(_CHECK_UP, ("R53.x00", "不适和疲劳"), PRESSURE)
    kept = stage.hand.some(tests, stage.by_level(10, 9, 7))
    stage.label_visits(_clinic(stage, *kept, age=(25, 60), diagnosis=diagnosis))


def pregnancy_check(stage: SchemeStage) -> None:
    """A check-up the fund does cover: of a pregnancy, under maternity."""
    tests = [Order(test) for test in (*catalogue.LABS[:6], catalogue.EXAMS[2])]
    stage.label_visits(_clinic(stage, *tests, age=(23, 40), sex="2", visit_type="51", diagnosis=_PREGNANT))


SCOPE = (
    Scheme(
        "second_operation_at_full_price", "scheme", "OP-04", 0.6, second_operation_at_full_price, actor="institution"
    ),
    Scheme("second_operation_discounted", "lookalike", "OP-04", 0.4, second_operation_discounted),
    Scheme("two_cuts", "lookalike", "OP-04", 0.4, two_cuts),
    Scheme("dressed_by_the_wound", "scheme", "OP-05", 1.2, dressed_by_the_wound, actor="institution"),
    Scheme("dressed_twice_a_day", "lookalike", "OP-05", 0.8, dressed_twice_a_day),
    Scheme("child_surcharge_for_adults", "scheme", "OP-06", 1.2, child_surcharge_for_adults, actor="institution"),
    Scheme("drip_for_a_small_child", "lookalike", "OP-06", 0.8, drip_for_a_small_child),
    Scheme("third_party_injury", "scheme", "SC-02", 1.0, third_party_injury, actor="patient"),
    Scheme("fall_at_home", "lookalike", "SC-02", 1.0, fall_at_home),
    Scheme("maternity_item_outside_maternity", "scheme", "SC-03", 0.8, maternity_item_outside_maternity),
    Scheme("antenatal_visit", "lookalike", "SC-03", 0.8, antenatal_visit),
    Scheme("benefit_out_of_scope", "scheme", "SC-04", 1.2, benefit_out_of_scope),
    Scheme("settled_apart", "lookalike", "SC-04", 0.8, settled_apart),
    Scheme("excluded_item_reimbursed", "scheme", "SC-05", 0.8, excluded_item_reimbursed, actor="institution"),
    Scheme("excluded_item_self_paid", "lookalike", "SC-05", 0.8, excluded_item_self_paid),
    Scheme("check_up_on_insurance", "scheme", "SC-06", 1.0, check_up_on_insurance),
    Scheme("pregnancy_check", "lookalike", "SC-06", 0.6, pregnancy_check),
)
