"""Schemes seen on doctors and machines: two places at once, too many hours, bills alike, odd hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from simulator.care.care import Order, outpatient
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city.providers import Doctor, Institution
from simulator.staging.cast import move, spread_days, window
from simulator.staging.stage import Scheme, SchemeStage

_BACK_PAIN = ("M54.500", "腰痛")
_COLD = ("J06.900", "急性上呼吸道感染")
_KIDNEY = ("N18.001", "慢性肾脏病5期")


def doctor_in_two_places(stage: SchemeStage) -> None:
    """One doctor treats at two hospitals within the hour (FK-09); careful: hours apart, or on other half days."""
    here, there = stage.hospitals_of(2, "2", "3")
    doctor = stage.new_doctor(here, "A50")
    first, days = window(stage, 21)
    for day in spread_days(stage, first, days, stage.scaled(4, least=2)):
        for n in range(4):
            place = (here, there)[n % 2]
            minutes = 35 * n if stage.disguise == 0 else (190 * n if stage.disguise == 1 else 30 * n + 300 * (n % 2))
            visit = _treated(stage, place, day, doctor)
            at = datetime.combine(day, time(8, stage.hand.between(0, 20))) + timedelta(minutes=min(minutes, 590))
            stage.play(move(visit, at.hour, at.minute))
            if place is there:
                stage.label_lines(visit, visit.lines)
    stage.label_doctor(here, doctor)


def doctor_of_two_sites(stage: SchemeStage) -> None:
    """Registered at two hospitals: mornings here, afternoons there."""
    here, there = stage.hospitals_of(2, "2", "3")
    doctor = stage.new_doctor(here, "A50")
    stage.staff.append((there, doctor))
    first, days = window(stage, 21)
    for day in spread_days(stage, first, days, 3):
        for n, hour in enumerate((8, 9, 14, 15)):
            visit = _treated(stage, here if n < 2 else there, day, doctor)
            stage.play(move(visit, hour, stage.hand.between(0, 59)))
    stage.label_doctor(here, doctor)


def _treated(stage: SchemeStage, place: Institution, day: date, doctor: Doctor) -> Visit:
    acts = [Order(act) for act in stage.hand.some(catalogue.REHAB, 2)]
    return outpatient(stage.hand, stage.bystander(day), place, day, acts, diagnosis=_BACK_PAIN, doctor=doctor)


def more_hours_than_a_day(stage: SchemeStage) -> None:
    """A doctor with eighteen hours of half-hour treatments on one day (FK-08); careful: under twelve, or two days."""
    day, place = stage.start(3), stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A50")
    for n in range(stage.by_level(max(18, stage.scaled(20)), 14, 12)):
        acts = [Order(act) for act in stage.hand.some(catalogue.REHAB, stage.by_level(2, 1, 2))]
        when = day + timedelta(days=stage.by_level(0, 0, n % 2))
        person = stage.bystander(when)
        visit = outpatient(stage.hand, person, place, when, acts, diagnosis=_BACK_PAIN, doctor=doctor)
        stage.label_lines(stage.play(visit), visit.lines)
    stage.label_doctor(place, doctor, day)


def many_short_consultations(stage: SchemeStage) -> None:
    """A busy day of consultations: as many patients, minutes each."""
    day, place = stage.start(3), stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    for _ in range(20):
        orders = [Order(catalogue.CONSULTATION), Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        visit = outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=_COLD, doctor=doctor)
        stage.play(visit)
    stage.label_doctor(place, doctor, day)


def more_sessions_than_machines(stage: SchemeStage) -> None:
    """A unit with two machines bills nine to twelve dialyses a day (FK-07, three shifts each); careful: seven."""
    _dialysis_unit(stage, stage.by_level(stage.hand.between(9, 12), 7, 6), days=stage.by_level(2, 3, 3))


def full_dialysis_unit(stage: SchemeStage) -> None:
    """A unit with two machines, every shift taken."""
    _dialysis_unit(stage, 6, days=2)


def _dialysis_unit(stage: SchemeStage, sessions: int, *, days: int) -> None:
    place = stage.new_hospital("3", f"云溪市{stage.hand.pick('清明和静')}源{stage.instance}号血液透析中心", beds=6)
    place.equipment = {**place.equipment, "DIALYSIS": 2}
    first = stage.start(days * 2 + 1)
    for n in range(days):
        day = first + timedelta(days=2 * n)
        for _ in range(sessions):
            person = stage.bystander(day)
            orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)]
            stage.play(outpatient(stage.hand, person, place, day, orders, visit_type="140201", diagnosis=_KIDNEY))
        stage.label_institution(place, day)


def bills_alike(stage: SchemeStage) -> None:
    """Six to nine patients of one doctor with the same nine lines (FK-12); careful: a few lines differ."""
    place = stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    first, days = window(stage, 21)
    pattern = [*catalogue.LABS[2:6], catalogue.EXAMS[2], *catalogue.PATENT_DRUGS[:3], catalogue.CONSULTATION]
    for day in spread_days(stage, first, days, max(6, stage.scaled(7))):
        items = pattern if stage.disguise == 0 else stage.hand.some(pattern, stage.by_level(9, 8, 7))
        orders = [Order(item, stage.by_level(1, 1, stage.hand.between(1, 3))) for item in items]
        orders += [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, stage.by_level(0, 1, 2))]
        person = stage.bystander(day)
        visit = outpatient(stage.hand, person, place, day, orders, diagnosis=_BACK_PAIN, doctor=doctor)
        stage.label_visits(stage.play(visit))


def day_surgery_pathway(stage: SchemeStage) -> None:
    """A cataract list: the same pathway and the same bill for everyone operated."""
    place = stage.hospital("1", "2")
    doctor = stage.hand.pick([doctor for doctor in place.doctors if doctor.department == "A04"] or place.doctors)
    first, days = window(stage, 21)
    tests = (*catalogue.LABS[:6], catalogue.EXAMS[4])
    for day in spread_days(stage, first, days, 6):
        orders = [Order(catalogue.SURGERY["cataract"]), *(Order(test) for test in tests)]
        illness = ("H25.900", "老年性白内障")
        person = stage.person(day, day, age=(60, 85))
        visit = outpatient(stage.hand, person, place, day, orders, diagnosis=illness, doctor=doctor)
        stage.label_visits(stage.play(visit))


def settled_at_odd_hours(stage: SchemeStage) -> None:
    """A clinic two thirds of whose bills are settled at night (FK-15); careful: one in nine, or just before ten."""
    place = stage.new_hospital("3", f"云溪市{stage.hand.pick('晨曦朝霞')}光{stage.instance}号门诊部", beds=10)
    for n in range(stage.scaled(15, least=12)):
        day = stage.any_day()
        orders = [
            Order(catalogue.CONSULTATION),
            *(Order(drug, 2) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 3)),
        ]
        visit = outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=_COLD)
        is_odd = n % 3 if stage.disguise == 0 else n % 9 == 8
        hour = stage.hand.pick(stage.by_level((0, 1, 3, 4), (1, 2, 4), (20, 21))) if is_odd else 0
        stage.play(move(visit, hour, stage.hand.between(0, 15)) if is_odd else visit)
        if is_odd:
            stage.label_visits(visit)
    stage.label_institution(place)


def emergency_clinic(stage: SchemeStage) -> None:
    """An emergency room works at night."""
    place = stage.new_hospital("2", f"云溪市{stage.hand.pick('急救护佑')}安{stage.instance}号急救医院", beds=10)
    for _ in range(14):
        day = stage.any_day()
        orders = [
            Order(catalogue.EMERGENCY_CONSULTATION),
            *(Order(item) for item in (catalogue.INFUSION, catalogue.INFUSION_SET, catalogue.WARD_DRUGS[0])),
            *(Order(drug) for drug in stage.hand.some(catalogue.WARD_DRUGS[1:], 1)),
        ]
        visit = outpatient(stage.hand, stage.bystander(day), place, day, orders, visit_type="13", diagnosis=_COLD)
        stage.add(move(visit, stage.hand.between(0, 4), stage.hand.between(0, 59)))
    stage.label_institution(place)


DOCTOR_SCHEMES = (
    Scheme("doctor_in_two_places", "scheme", "FK-09", 0.2, doctor_in_two_places, actor="doctor"),
    Scheme("doctor_of_two_sites", "lookalike", "FK-09", 0.2, doctor_of_two_sites),
    Scheme("more_hours_than_a_day", "scheme", "FK-08", 0.2, more_hours_than_a_day, actor="doctor"),
    Scheme("many_short_consultations", "lookalike", "FK-08", 0.2, many_short_consultations),
    Scheme("more_sessions_than_machines", "scheme", "FK-07", 0.2, more_sessions_than_machines),
    Scheme("full_dialysis_unit", "lookalike", "FK-07", 0.2, full_dialysis_unit),
    Scheme("bills_alike", "scheme", "FK-12", 0.3, bills_alike, actor="doctor"),
    Scheme("day_surgery_pathway", "lookalike", "FK-12", 0.3, day_surgery_pathway),
    Scheme("settled_at_odd_hours", "scheme", "FK-15", 0.2, settled_at_odd_hours),
    Scheme("emergency_clinic", "lookalike", "FK-15", 0.2, emergency_clinic),
)
