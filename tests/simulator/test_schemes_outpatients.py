"""Purchases, supplies, medicines, tests and courses: what a plain instance shows in its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.schemes import SCHEMES
from tests.simulator.reading import Reading, by_day, charges, drugs, longest_run, main, most_within, netted, total

# Days a prescription may last, by visit type (OD-01).
_MOST_DAYS = {"13": 3, "11": 7, "140104": 84, "9929": 90, "41": 90}


def repeat_fee(visits):
    """FQ-03: a department takes two consultation fees on a day."""
    paid = [v for v in visits if v.doctor and any(line.item.charge_class == "02" for line in netted(v))]
    days = Counter((v.person.psn_no, v.place.code, v.doctor.department, v.begin.date()) for v in paid)
    return max(days.values()) > 1


def many_purchases(visits):
    """FQ-04: more than eight purchases in 30 days."""
    return most_within([v.begin.date() for v in visits if v.place.is_pharmacy], 30) > 8


def many_shops(visits):
    """FQ-06: five pharmacies and five thousand yuan."""
    bought = [v for v in visits if v.place.is_pharmacy]
    return len({v.place.code for v in bought}) >= 5 and sum(map(total, bought)) > 500_000


def day_after_day(visits):
    """FQ-08: one drug on three days in a row."""
    days = defaultdict(set)
    for visit, line in charges(visits):
        days[visit.person.psn_no, line.item.code].add(line.at.date())
    return any(longest_run(own) >= 3 for own in days.values())


def too_many_days(visits):
    """OD-01: more days supplied than the kind of visit allows."""
    return any(line.days_supplied > _MOST_DAYS.get(v.visit_type, 90) for v, line in charges(visits) if not v.is_stay)


def piled_up(visits):
    """OD-02: a month more than the days between can use."""
    fills = defaultdict(list)
    for visit, line in charges(visits):
        if line.days_supplied:
            fills[visit.person.psn_no, line.item.code].append((line.at.date(), line.days_supplied))
    return any(sum(d for _, d in own) - (max(own)[0] - min(own)[0]).days - 28 >= 30 for own in fills.values())


def four_times_a_month(visits):
    """OD-03: one drug bought four times in 30 days, weekly drugs apart."""
    days = defaultdict(list)
    for _, line in charges(visits):
        if drugs(line) and line.item is not rare_items.CLOZAPINE:
            days[line.item.code].append(line.at.date())
    return any(most_within(own, 30) >= 4 for own in days.values())


def months_from_the_ward(visits):
    """OD-05: more than 30 days handed out at discharge, blood thinners apart."""
    return any(
        line.days_supplied > 30 and line.at.date() == visit.end.date()
        for visit, line in charges(visits)
        if visit.is_stay and line.item is not rare_items.WARFARIN
    )


def emptied_benefit(visits):
    """OD-09: sixty packs in three weeks."""
    return sum(line.quantity for _, line in charges(visits) if drugs(line)) > 60


def womens_drug(visits):
    """ID-03: a women's drug twice on a man's card."""
    return sum(v.person.sex == "1" for v, _ in charges(visits, rare_items.WOMENS_DRUG)) > 1


def barred_to_children(visits):
    """IM-03: under eighteen."""
    return any(v.person.age_on(v.begin.date()) < 18 for v, _ in charges(visits, rare_items.QUINOLONE))


def no_indication(visits):
    """IM-04: the illness the drug is paid for was never established."""
    return not any(code.startswith("M45") for v in visits for code, _ in v.diagnoses)


def crowded_slip(visits):
    """IM-17: more than five drugs on one slip of an outpatient."""
    slips = defaultdict(set)
    for visit, line in charges(visits):
        if drugs(line) and not visit.is_stay:
            slips[line.order_id].add(line.item.code)
    return any(len(own) > 5 for own in slips.values())


def class_twice(visits):
    """RT-05: two drugs of one class on a day."""
    days = by_day(visits)
    return any({*pair} <= {line.item for line in own} for pair in rare_items.DUPLICATES for own in days.values())


def absurd_quantity(visits):
    """HC-05: twenty packs on one line."""
    return any(line.quantity >= 20 for _, line in charges(visits) if drugs(line))


def screened_without_cause(visits):
    """OT-01: most of a ward's patients, none of them with a heart or vessel disease."""
    tested = [v for v, _ in charges(visits, rare_items.SCREENING_LABS[0]) if not main(v).startswith("I")]
    return len(tested) >= 0.6 * len([v for v in visits if v.is_stay])


def bundled_markers(visits):
    """OT-08: four tumour markers and nothing that asks for one."""
    counts = Counter(v.id for v, _ in charges(visits, *rare_items.TUMOUR_MARKERS) if main(v)[0] not in "CDR")
    return max(counts.values(), default=0) >= 4


def glycated_again(visits):
    """OT-07: within 60 days, pregnant women apart."""
    days = [line.at.date() for v, line in charges(visits, catalogue.HBA1C) if not main(v).startswith("O24")]
    return most_within(days, 60) > 1


def same_lab_twice(visits):
    """RT-01: one test twice a day, blood sugar apart."""
    counts = Counter(
        (v.person.psn_no, line.item.code, line.at.date())
        for v, line in charges(visits)
        if line.item.charge_class == "04" and line.item is not rare_items.GLUCOSE
    )
    return max(counts.values(), default=0) > 1


def panel_and_part(visits):
    """RT-02: a component within two hours of its panel, at one place."""
    panels = [(v.place, line.at) for v, line in charges(visits, rare_items.LIVER_PANEL)]
    parts = [(v.place, line.at) for v, line in charges(visits, *rare_items.LIVER_COMPONENTS)]
    return any(p is q and abs(a - b) <= timedelta(hours=2) for p, a in panels for q, b in parts)


def scanned_twice(visits):
    """OT-04: one part twice in seven days, strokes and injuries apart."""
    days = defaultdict(list)
    for visit, line in charges(visits, *rare_items.LARGE_EXAMS):
        if main(visit)[:2] != "I6" and main(visit)[0] not in "ST":
            days[line.item.code].append(line.at.date())
    return any(most_within(own, 7) > 1 for own in days.values())


def scanned_at_two_places(visits):
    """RT-03: the same scan elsewhere within 14 days and no injury between."""
    scans = [(v, line) for v, line in charges(visits, rare_items.CHEST_CT) if main(v)[0] not in "ST"]
    return len({v.place.code for v, _ in scans}) > 1 and most_within([line.at.date() for _, line in scans], 14) > 1


def overdone_rehab(visits):
    """OT-09: more than four items a day, or one course on more than 30 days."""
    items = (*catalogue.REHAB, *rare_items.REHAB_COURSES)
    courses = defaultdict(set)
    for _, line in charges(visits, *rare_items.REHAB_COURSES):
        courses[line.item.code].add(line.at.date())
    a_day = max(len(own) for own in by_day(visits, *items).values())
    return a_day > 4 or any(len(days) > 30 for days in courses.values())


def endless_drip(visits):
    """OT-13: infusions on ten days in a row for a cold."""
    return longest_run(line.at.date() for v, line in charges(visits, catalogue.INFUSION) if main(v)[0] == "J") >= 10


def extra_dialysis(visits):
    """OT-19: more than fourteen in 30 days."""
    return most_within([line.at.date() for _, line in charges(visits, catalogue.DIALYSIS)], 30) > 14


def the_firm_was_checked(visits):
    """OT-17: five of one employer, one day, the same items, no drug."""
    groups = Counter(
        (v.person.employer, v.place.code, v.begin.date(), frozenset(line.item.code for line in netted(v)))
        for v in visits
        if v.person.employer and not any(drugs(line) for line in netted(v))
    )
    return max(groups.values(), default=0) >= 5


READINGS = (
    repeat_fee, many_purchases, many_shops, day_after_day, too_many_days, piled_up, four_times_a_month,
    months_from_the_ward, emptied_benefit, womens_drug, crowded_slip, class_twice, absurd_quantity,
    screened_without_cause, bundled_markers, same_lab_twice, panel_and_part, scanned_twice, scanned_at_two_places,
    overdone_rehab, endless_drip, extra_dialysis, the_firm_was_checked,
)  # fmt: skip
# What no disguise can take from the rows: who the patient is, or when the last test was.
SEEN_AT_ANY_LEVEL = (barred_to_children, glycated_again, no_indication)


@pytest.mark.parametrize("read", READINGS, ids=lambda read: read.__name__)
def test_a_plain_instance_shows_and_neither_lookalike_nor_disguise_does(read):
    Reading(read, SCHEMES).check()


@pytest.mark.parametrize("read", SEEN_AT_ANY_LEVEL, ids=lambda read: read.__name__)
def test_some_schemes_show_at_any_level(read):
    Reading(read, SCHEMES, still_seen=(1, 2)).check()
