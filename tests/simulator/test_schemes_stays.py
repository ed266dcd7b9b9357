"""Admissions, wards, charges, doctors, identities: what a plain instance shows in its rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import combinations, pairwise

import pytest

from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.schemes import SCHEMES
from tests.simulator.playing import small_world
from tests.simulator.reading import (
    Reading,
    by_day,
    charges,
    gap,
    longest_run,
    main,
    most_within,
    netted,
    nights,
    stays,
    total,
)

_MINOR = ("J06", "K29", "M54", "R51")
_HOURLY = (catalogue.HEART_MONITOR, catalogue.OXYGEN_MONITOR)


def bed_for_a_cold(visits):
    """IA-01: three nights at most, no operation, an illness for the clinic."""
    return any(nights(v) <= 3 and not v.operation and main(v)[:3] in _MINOR for v in stays(visits))


def checked_in_a_bed(visits):
    """IA-02: tests and scans make three fifths of the bill, treatment less than a fifth."""
    return any(
        total(v, "03", "04") >= 0.6 * total(v) and total(v, "05", "06", "08", "09", "11") <= 0.2 * total(v)
        for v in stays(visits)
    )


def _together(visits, key, size):
    groups = defaultdict(list)
    for visit in stays(visits):
        groups[key(visit.person), visit.place.code].append(visit.begin.date())
    return any(most_within(days, 3) >= size for days in groups.values())


def village_together(visits):
    """IA-04: five of one street in three days, and no poisoned food."""
    ill = [v for v in visits if not main(v).startswith("A05")]
    return _together(ill, lambda person: re.sub(r"\d.*$", "", person.address), 5)


def family_together(visits):
    """IA-05: three under one roof in three days, and no influenza."""
    return _together([v for v in visits if not main(v).startswith("J1")], lambda person: person.address, 3)


def split(visits):
    """SA-01: back at the same place within 15 days for the same illness, no course of treatment."""
    return any(
        a.place is b.place and 2 <= gap(a, b) <= 15 and main(a)[:3] == main(b)[:3] != "Z51"
        for a, b in combinations(stays(visits), 2)
    )


def relayed(visits):
    """SA-05: three stays, three days between at most, one illness, no operation."""
    own = stays(visits)
    close = all(gap(a, b) <= 3 for a, b in pairwise(own))
    return len(own) >= 3 and close and len({main(v)[:3] for v in own}) == 1 and not any(v.operation for v in own)


def moved_ahead(visits):
    """SA-04: dear tests at the same place in the three days before admission, not in an emergency."""
    clinic = [v for v in visits if v.visit_type == "11" and total(v, "03", "04") >= 30_000]
    return any(0 < gap(v, s) <= 3 and v.place is s.place for v in clinic for s in stays(visits))


def empty_bed(visits):
    """FK-01: three days in a row with bed, round and nursing only, palliative care apart."""
    for visit in stays(visits):
        treated = {line.at.date() for line in netted(visit) if line.item.charge_class not in ("01", "02", "07")}
        if not main(visit).startswith("C") and longest_run(day for day in visit.days[:-1] if day not in treated) >= 3:
            return True
    return False


def far_above_its_peers(visits):
    """HC-02: four times the middle stay of the honest world, and nobody resuscitated."""
    honest = sorted(total(v) for v in small_world().visits if v.is_stay)
    bill = [v for v in stays(visits) if not any(line.item is rare_items.RESUSCITATION for line in v.lines)]
    return any(total(v) >= 4 * honest[len(honest) // 2] for v in bill)


def long_hours(visits):
    """FK-10: more than 24 hours on a day."""
    days = by_day(visits, *_HOURLY)
    return any(sum(li.quantity for li in own if li.item is item) > 24 for item in _HOURLY for own in days.values())


def last_day_heavy(visits):
    """FK-24: three tenths of a long stay charged at discharge, operations apart."""
    for visit in stays(visits):
        last = sum(
            li.amount for li in netted(visit) if li.at.date() == visit.end.date() and li.item.charge_class != "06"
        )
        if nights(visit) > 5 and last > 0.3 * total(visit):
            return True
    return False


def nothing_to_pay(visits):
    """FK-18: three in ten pay fifty yuan or less, and no aid pays for them."""
    sums = [v.settlements[0].sums for v in stays(visits)]
    free = [own for own in sums if own["cash_payamt"] <= 5_000 and own["maf_pay"] == 0]
    return len(free) >= 0.3 * len(sums)


def part_of_the_other(visits):
    """UB-01: an act and what it contains on a day."""
    pairs = (
        (rare_items.STENTING, rare_items.BALLOON),
        (rare_items.PERFUSION, catalogue.DIALYSIS),
        (rare_items.STENTING, catalogue.ANGIOGRAPHY),
    )
    return any({*pair} <= {line.item for line in own} for pair in pairs for own in by_day(visits).values())


def all_parts(visits):
    """UB-02: every part of a set on a day."""
    days = by_day(visits, *rare_items.KIT_PARTS)
    return any(len({line.item.code for line in own}) == len(rare_items.KIT_PARTS) for own in days.values())


def steps_apart(visits):
    """UB-04: two steps on the day of the operation."""
    operations = tuple(catalogue.SURGERY.values())
    for own in by_day(visits).values():
        items = {line.item for line in own}
        if items & {*operations} and len(items & {*rare_items.OPERATION_STEPS}) >= 2:
            return True
    return False


def exclusive(visits):
    """DC-01: two acts of a day that exclude each other."""
    pairs = (
        (rare_items.INVASIVE_PRESSURE, catalogue.HEART_MONITOR),
        (rare_items.EMERGENCY_MONITORING, catalogue.BED),
    )
    return any({*pair} <= {line.item for line in own} for pair in pairs for own in by_day(visits).values())


def twice_the_same_bill(visits):
    """DC-04: same person, place, time and sum under two numbers."""
    bills = Counter((v.person.psn_no, v.place.code, v.begin, v.end, sum(li.amount for li in v.lines)) for v in visits)
    return any(count > 1 and bill[-1] > 0 for bill, count in bills.items())


def two_grades(visits):
    """DC-06: two grades of nursing on three days; on one or two the grade was changed."""
    grades = defaultdict(set)
    for visit, line in charges(visits):
        if line.item in (catalogue.NURSING_1, catalogue.NURSING_2, catalogue.NURSING_3):
            grades[visit.id, line.at.date()].add(line.item.code)
    return sum(len(own) > 1 for own in grades.values()) >= 3


def in_two_places(visits):
    """FK-09: one doctor at two hospitals within the hour."""
    return any(
        a.place is not b.place and abs(a.begin - b.begin) <= timedelta(hours=1) for a, b in combinations(visits, 2)
    )


def too_many_hours(visits):
    """FK-08: half an hour a treatment, more than twelve hours a day."""
    acts = Counter(line.at.date() for _, line in charges(visits, *catalogue.REHAB))
    return max(acts.values(), default=0) * 25 > 720


def too_many_sessions(visits):
    """FK-07: more than three shifts on each machine."""
    sessions = Counter((v.place.code, line.at.date()) for v, line in charges(visits, catalogue.DIALYSIS))
    machines = {v.place.code: v.place.equipment.get("DIALYSIS", 0) for v in visits}
    return any(count > 3 * machines[place] for (place, _), count in sessions.items())


def one_bill_for_all(visits):
    """FK-12: five persons with the same eight lines or more, none operated."""
    bills = defaultdict(set)
    for visit in visits:
        lines = netted(visit)
        if len(lines) >= 8 and not any(line.item.charge_class == "06" for line in lines):
            bills[visit.place.code, tuple(sorted((li.item.code, li.quantity) for li in lines))].add(visit.person.psn_no)
    return any(len(persons) >= 5 for persons in bills.values())


def night_bills(visits):
    """FK-15: a fifth of the bills between ten at night and six, emergencies apart."""
    bills = [v for v in visits if v.visit_type != "13"]
    return sum(v.settled_at.hour >= 22 or v.settled_at.hour < 6 for v in bills) > 0.2 * len(bills)


def out_of_bed(visits):
    """ID-06: seen in person elsewhere in the middle of a stay, not sent out by the ward."""
    seen = [v for v, line in charges(visits) if line.item.charge_class in ("02", "03") and not line.memo]
    clinic = [v for v in seen if not v.is_stay]
    return any(s.begin.date() < v.begin.date() < s.end.date() for v in clinic for s in stays(visits))


def organ_gone_twice(visits):
    """ID-08: an organ there is one of, removed twice."""
    removed = Counter(v.operation[0] for v in visits if v.operation and v.operation[0][:2] in ("47", "51"))
    return max(removed.values(), default=0) > 1


READINGS = (
    bed_for_a_cold, checked_in_a_bed, village_together, family_together, split, relayed, moved_ahead, empty_bed,
    far_above_its_peers, long_hours, last_day_heavy, nothing_to_pay, part_of_the_other, all_parts, steps_apart,
    exclusive, twice_the_same_bill, two_grades, in_two_places, too_many_hours, one_bill_for_all, night_bills,
    out_of_bed, organ_gone_twice,
)  # fmt: skip


@pytest.mark.parametrize("read", READINGS, ids=lambda read: read.__name__)
def test_a_plain_instance_shows_and_neither_lookalike_nor_disguise_does(read):
    Reading(read, SCHEMES).check()


def test_one_session_too_many_shows_though_it_is_careful():
    Reading(too_many_sessions, SCHEMES, still_seen=(1,)).check()
