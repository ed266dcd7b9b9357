"""Schemes seen on stays: bed-days, overlaps, quick readmission, crowded wards."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, charge, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.staging.stage import Scheme, SchemeStage


def too_many_bed_days(stage: SchemeStage) -> None:
    """The bed charged at discharge in one line, for days more than the stay had (FK-04); careful: one or two more."""
    nights = stage.hand.between(4, 9)
    visit = _one_stay(stage, nights)
    visit.lines = [line for line in visit.lines if line.item is not catalogue.BED]
    bed = Order(catalogue.BED, nights + stage.by_level(stage.hand.between(3, 6), 2, 1))
    charge(stage.hand, visit, visit.end - timedelta(minutes=30), [bed])
    stage.label_visits(visit)


def companion_bed(stage: SchemeStage) -> None:
    """A bed for a companion beside the patient's own: self-paid."""
    visit = _one_stay(stage, stage.hand.between(5, 9))
    for line in [line for line in visit.lines if line.item is catalogue.BED]:
        charge(stage.hand, visit, line.at + timedelta(minutes=2), [Order(catalogue.COMPANION_BED)])
    stage.label_visits(visit)


def overlapping_stays(stage: SchemeStage) -> None:
    """In two hospitals at once for days (FK-02); careful: for a day, as a late discharge would look."""
    first, second = _two_stays(stage, gap=stage.by_level(-stage.hand.between(2, 4), -1, -1), same_place=False)
    stage.label_visits(first, second)


def transfer_the_same_day(stage: SchemeStage) -> None:
    """Transferred to another hospital; the first hospital entered the discharge in the afternoon."""
    stage.label_visits(*_two_stays(stage, gap=0, same_place=False))


def readmitted_within_a_day(stage: SchemeStage) -> None:
    """Discharged on paper and readmitted to the same hospital at once (SA-02); careful: two or three days later."""
    gap = stage.by_level(stage.hand.between(0, 1), 2, 3)
    stage.label_visits(*_two_stays(stage, gap=gap, same_place=True))


def readmitted_after_a_fortnight(stage: SchemeStage) -> None:
    """Readmitted to the same hospital fourteen days after discharge."""
    stage.label_visits(*_two_stays(stage, gap=14, same_place=True))


def transfer_the_next_day(stage: SchemeStage) -> None:
    """Admitted to another hospital the day after discharge."""
    stage.label_visits(*_two_stays(stage, gap=1, same_place=False))


def ward_above_its_beds(stage: SchemeStage) -> None:
    """A small hospital with more in-patients than approved beds for five nights (FK-06); careful: just full, always."""
    beds, first = stage.hand.between(3, 5), stage.start(9)
    name = f"云溪市{stage.hand.pick('春夏秋冬')}晖{stage.instance}号康复医院"
    place = stage.new_hospital("3", name, beds=beds)
    for _ in range(beds + stage.by_level(stage.hand.between(2, 3), 0, 0)):
        person = stage.somebody(first, first + timedelta(days=5), age=(55, 85))
        stage.play(stay(stage.hand, person, place, first, 5))
    for n in range(5):
        stage.label_institution(place, first + timedelta(days=n))


def ward_crowded_for_a_day(stage: SchemeStage) -> None:
    """A changeover: those who come are in before those who leave are out, on one day."""
    beds, first = stage.hand.between(3, 5), stage.start(9)
    name = f"云溪市{stage.hand.pick('松竹梅兰')}苑{stage.instance}号护理医院"
    place = stage.new_hospital("3", name, beds=beds)
    change = first + timedelta(days=3)
    for n in range(beds + 2):
        # Half stay until the day after the changeover, half come on its very day.
        day, nights = (first, 4) if n % 2 else (change, 4)
        person = stage.somebody(day, day + timedelta(days=nights), age=(55, 85))
        stage.play(stay(stage.hand, person, place, day, nights))
    stage.label_institution(place, change)


def _one_stay(stage: SchemeStage, nights: int) -> Visit:
    day = stage.start(nights + 1)
    person = stage.somebody(day, day + timedelta(days=nights))
    return stage.play(stay(stage.hand, person, stage.hospital("2"), day, nights))


def _two_stays(stage: SchemeStage, *, gap: int, same_place: bool) -> tuple[Visit, Visit]:
    """Two stays of one person, the second `gap` days after (or before) the end of the first."""
    nights = (stage.hand.between(5, 6), stage.hand.between(5, 6))
    first = stage.start(sum(nights) + max(0, gap) + 1)
    second = first + timedelta(days=nights[0] + gap)
    person = stage.somebody(first, second + timedelta(days=nights[1]), age=(40, 85))
    here, there = stage.hospitals_of(2, "1", "2")
    earlier = stay(stage.hand, person, here, first, nights[0])
    later = stay(stage.hand, person, here if same_place else there, second, nights[1])
    if gap == 0 and same_place:
        # Out before in: two stays in one bed do not overlap by the clock.
        earlier.end = earlier.end.replace(hour=7, minute=10)
        later.begin = later.begin.replace(hour=9, minute=40)
    if here is not later.place and gap >= 0:
        earlier.way_out = "2"
    return stage.play(earlier), stage.play(later)


STAY_SCHEMES = (
    Scheme("too_many_bed_days", "scheme", "FK-04", 1.5, too_many_bed_days),
    Scheme("companion_bed", "lookalike", "FK-04", 0.8, companion_bed),
    Scheme("overlapping_stays", "scheme", "FK-02", 1.0, overlapping_stays),
    Scheme("transfer_the_same_day", "lookalike", "FK-02", 0.8, transfer_the_same_day),
    Scheme("readmitted_within_a_day", "scheme", "SA-02", 1.2, readmitted_within_a_day),
    Scheme("readmitted_after_a_fortnight", "lookalike", "SA-02", 0.8, readmitted_after_a_fortnight),
    Scheme("transfer_the_next_day", "lookalike", "SA-02", 0.8, transfer_the_next_day),
    Scheme("ward_above_its_beds", "scheme", "FK-06", 0.25, ward_above_its_beds),
    Scheme("ward_crowded_for_a_day", "lookalike", "FK-06", 0.25, ward_crowded_for_a_day),
)
