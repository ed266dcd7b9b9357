"""Second look-alikes of rules on stays, wards and doctors: what else is honest though it looks like a scheme."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, outpatient, stay, take_back
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.staging.cast import add_lines, diagnosed, household, move, village, ward
from simulator.staging.stage import Scheme, SchemeStage


def cataract_bus(stage: SchemeStage) -> None:
    """A screening in the village found cataracts: six are operated in the week after (beside IA-04)."""
    first, place = stage.start(10), stage.hospital("1", "2")
    for n, person in enumerate(village(stage, 6, first, first + timedelta(days=9), age=(60, 85))):
        visit = stay(stage.hand, person, place, first + timedelta(days=n), 2, surgery="cataract")
        stage.label_visits(stage.play(visit))


def family_in_a_crash(stage: SchemeStage) -> None:
    """Husband and wife after an accident (beside IA-05)."""
    first, place = stage.start(8), stage.hospital("1", "2")
    for person in household(stage, 2, first, first + timedelta(days=7), age=(25, 60)):
        visit = diagnosed(stay(stage.hand, person, place, first, 6), ("S22.300", "肋骨骨折"))
        stage.label_visits(stage.play(visit))


def planned_second_operation(stage: SchemeStage) -> None:
    """The stones first, the gall bladder three weeks on, as planned (beside SA-01)."""
    first = stage.start(30)
    person, place = stage.person(first, first + timedelta(days=29), age=(40, 75), conditions=()), stage.hospital("1")
    one = diagnosed(stay(stage.hand, person, place, first, 4), ("K80.500", "胆总管结石"))
    two = stay(stage.hand, person, place, first + timedelta(days=21), 4, surgery="gallbladder")
    stage.label_visits(stage.play(one), stage.play(two))


def left_against_advice(stage: SchemeStage) -> None:
    """Went home against advice and came back with another illness (beside SA-01)."""
    first = stage.start(14)
    person, place = stage.person(first, first + timedelta(days=13), age=(40, 80), conditions=()), stage.hospital("2")
    one = diagnosed(stay(stage.hand, person, place, first, 3), ("K92.200", "胃肠出血"))
    one.way_out = "4"
    two = diagnosed(stay(stage.hand, person, place, first + timedelta(days=8), 4), ("S72.000", "股骨颈骨折"))
    stage.label_visits(stage.play(one), stage.play(two))


def joint_replaced(stage: SchemeStage) -> None:
    """A new hip: the implant makes a long bill, the days do not (beside IA-02 and HC-02)."""
    visit = ward(stage, stage.hand.between(6, 8), "1", age=(60, 85), diagnosis=("S72.000", "股骨颈骨折"))
    visit.operation = ("81.5100", "全髋关节置换")
    day = visit.begin.date() + timedelta(days=1)
    add_lines(stage, visit, day, [Order(rare_items.INFUSION_KIT, 2), Order(catalogue.ANAESTHESIA)], (9, 12))
    stage.label_visits(visit)


def drugs_for_the_way_home(stage: SchemeStage) -> None:
    """A long stay ends with a fortnight of drugs: some of the bill on the last day (beside FK-24)."""
    visit = ward(stage, stage.hand.between(7, 9), "2", age=(50, 85))
    orders = [Order(drug, 1, 14) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 3)]
    add_lines(stage, visit, visit.end.date(), orders, (9, 14))
    stage.label_visits(visit)


def emergency_centre(stage: SchemeStage) -> None:
    """An emergency room by the shift: half of its patients come at night (beside FK-15)."""
    place = stage.new_hospital("1", f"云溪市第{stage.instance}急诊中心", beds=20)
    for n in range(12):
        day = stage.any_day()
        orders = [Order(catalogue.EMERGENCY_CONSULTATION), Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 2)]
        visit = outpatient(stage.hand, stage.bystander(day), place, day, orders, visit_type="13")
        stage.play(move(visit, stage.hand.between(0, 4), stage.hand.between(0, 59)) if n % 2 else visit)
    stage.label_institution(place)


def doctor_lent_out(stage: SchemeStage) -> None:
    """A doctor lent to the next hospital for a week: no day in both (beside FK-09)."""
    here, there = stage.hospitals_of(2, "2", "3")
    doctor, first = stage.new_doctor(here, "A50"), stage.start(10)
    for n in range(6):
        day, place = first + timedelta(days=n), here if n < 3 else there
        acts = [Order(act) for act in stage.hand.some(catalogue.REHAB, 2)]
        stage.play(outpatient(stage.hand, stage.bystander(day), place, day, acts, doctor=doctor))
    stage.label_doctor(here, doctor)


def dialysis_package(stage: SchemeStage) -> None:
    """Dialysis days all look alike: a package of few lines (beside FK-12)."""
    place, first = stage.hospital("1", "2"), stage.start(7)
    for n in range(6):
        day = first + timedelta(days=n)
        orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER), Order(catalogue.CONSULTATION)]
        kidney = ("N18.001", "慢性肾脏病5期")
        person = stage.bystander(day)
        visit = outpatient(stage.hand, person, place, day, orders, visit_type="140201", diagnosis=kidney)
        stage.label_visits(stage.play(visit))


def bill_in_two_parts(stage: SchemeStage) -> None:
    """Tests in the morning and drugs in the afternoon, billed apart (beside DC-04)."""
    day, place = stage.start(2), stage.hospital("2", "3")
    person = stage.person(day, day)
    tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, 3)]
    drugs = [Order(drug, 2) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 3)]
    for n, orders in enumerate((tests, drugs)):
        visit = outpatient(stage.hand, person, place, day, orders)
        stage.label_visits(stage.play(move(visit, 9 + 5 * n, stage.hand.between(0, 59))))


def parts_returned(stage: SchemeStage) -> None:
    """All parts of a set were brought to the table, and two went back (beside UB-02)."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2")
    orders = [Order(part) for part in rare_items.KIT_PARTS]
    lines = add_lines(stage, visit, visit.begin.date() + timedelta(days=1), orders, (9, 15))
    for line in lines[2:]:
        take_back(stage.hand, visit, line, 1)
    stage.label_lines(visit, lines)


def grade_lowered_after_surgery(stage: SchemeStage) -> None:
    """Graded nursing after an operation, a grade less each day: one grade a day (beside DC-06)."""
    visit = ward(stage, stage.hand.between(6, 8), "2", surgery="appendix")
    grades = (catalogue.NURSING_1, catalogue.NURSING_2, catalogue.NURSING_3)
    nursed = [line for line in visit.lines if line.item in grades]
    for n, line in enumerate(nursed):
        line.item = grades[min(n // 2, 2)]
        line.price = visit.place.price_of(line.item)
    stage.label_lines(visit, nursed)


def seen_on_the_way_in(stage: SchemeStage) -> None:
    """A clinic in the morning of the day of admission elsewhere (beside ID-06)."""
    day, nights = stage.start(8), stage.hand.between(5, 6)
    person = stage.person(day, day + timedelta(days=nights), age=(40, 85))
    there, here = stage.hospitals_of(2, "1", "2")
    bed = stay(stage.hand, person, here, day, nights)
    visit = outpatient(stage.hand, person, there, day, [Order(catalogue.CONSULTATION), Order(catalogue.EXAMS[0])])
    move(visit, 8, stage.hand.between(0, 20))
    bed.begin = bed.begin.replace(hour=12)
    stage.label_visits(stage.play(visit))
    stage.play(bed)


HONEST_STAYS = (
    Scheme("cataract_bus", "lookalike", "IA-04", 0.15, cataract_bus),
    Scheme("family_in_a_crash", "lookalike", "IA-05", 0.25, family_in_a_crash),
    Scheme("planned_second_operation", "lookalike", "SA-01", 0.4, planned_second_operation),
    Scheme("left_against_advice", "lookalike", "SA-01", 0.4, left_against_advice),
    Scheme("joint_replaced", "lookalike", "IA-02", 0.4, joint_replaced),
    Scheme("drugs_for_the_way_home", "lookalike", "FK-24", 0.4, drugs_for_the_way_home),
    Scheme("emergency_centre", "lookalike", "FK-15", 0.15, emergency_centre),
    Scheme("doctor_lent_out", "lookalike", "FK-09", 0.2, doctor_lent_out),
    Scheme("dialysis_package", "lookalike", "FK-12", 0.2, dialysis_package),
    Scheme("bill_in_two_parts", "lookalike", "DC-04", 0.6, bill_in_two_parts),
    Scheme("parts_returned", "lookalike", "UB-02", 0.4, parts_returned),
    Scheme("grade_lowered_after_surgery", "lookalike", "DC-06", 0.4, grade_lowered_after_surgery),
    Scheme("seen_on_the_way_in", "lookalike", "ID-06", 0.5, seen_on_the_way_in),
)
