"""串换: something dear is billed, something cheaper or uncovered was done."""

from __future__ import annotations

from simulator.care.care import Order, charge, outpatient, stay
from simulator.care.chronic import COSTLY_FOR
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.city.providers import Institution
from simulator.staging.acts import everyday_care, lines_of, passer_by
from simulator.staging.stage import Scheme, SchemeStage

_SKIN = ("L30.900", "皮炎")
_BACK = ("M54.500", "腰痛")
_FRACTURE = ("S82.201", "胫骨干骨折")


def _tests_at(stage: SchemeStage, place: Institution, count: int, dear_percent: int) -> None:
    """Thyroid tests at one place, so many of a hundred by the dear method; the dear ones are labelled."""
    for _ in range(count):
        day = stage.any_day()
        test = variants.TSH_DEAR if stage.hand.chance(dear_percent / 100) else variants.TSH_PLAIN
        orders = [Order(catalogue.CONSULTATION), Order(test), Order(stage.hand.pick(catalogue.LABS))]
        visit = stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders))
        stage.label_lines(visit, lines_of(visit, variants.TSH_DEAR))


def lab_method_swap(stage: SchemeStage) -> None:
    """A small clinic without the analyser bills the dear method; its peers bill the plain one (SW-01)."""
    place = stage.new_hospital("3", f"云溪市柳湾{stage.instance}号门诊部", beds=10)
    _tests_at(stage, place, stage.scaled(20), stage.by_level(100, 85, 65))
    for _ in range(6):
        everyday_care(stage, stage.hospital("3"), [stage.any_day()], Order(variants.TSH_PLAIN))
    stage.label_institution(place)


def new_analyser(stage: SchemeStage) -> None:
    """A hospital bought the analyser: the plain method before that day, the dear one after it."""
    place = stage.new_hospital("2", f"云溪市望川{stage.instance}号医院", beds=60)
    bought_on = stage.start(20)
    for _ in range(16):
        day = stage.any_day()
        test = variants.TSH_DEAR if day >= bought_on else variants.TSH_PLAIN
        orders = [Order(catalogue.CONSULTATION), Order(test), Order(stage.hand.pick(catalogue.LABS))]
        visit = stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders))
        stage.label_lines(visit, lines_of(visit, variants.TSH_DEAR))
    stage.label_institution(place)


def device_grade_swap(stage: SchemeStage) -> None:
    """Scans on a plain machine billed as those of a fine one (SW-02)."""
    place = stage.new_hospital("3", f"云溪市石桥{stage.instance}号卫生院", beds=20)
    share = stage.by_level(1.0, 0.7, 0.4)
    for n in range(stage.scaled(12)):
        day = stage.any_day()
        scan = variants.SCAN_DEAR if n == 0 or stage.hand.chance(share) else variants.SCAN_PLAIN
        orders = [Order(catalogue.CONSULTATION), Order(scan)]
        visit = stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders))
        stage.label_lines(visit, lines_of(visit, variants.SCAN_DEAR))
    stage.label_institution(place)


def scanned_at_the_big_hospital(stage: SchemeStage) -> None:
    """A primary centre sends its patient to the tertiary hospital's fine machine the same day."""
    day = stage.start(2)
    person = stage.somebody(day, day)
    small, big = stage.hospital("3"), stage.hospital("1")
    stage.play(outpatient(stage.hand, person, small, day, [Order(catalogue.CONSULTATION)]))
    visit = stage.play(outpatient(stage.hand, person, big, day, [Order(variants.SCAN_DEAR)]))
    stage.label_lines(visit, lines_of(visit, variants.SCAN_DEAR))


def drug_swapped_against_stock(stage: SchemeStage) -> None:
    """A dear covered drug is billed, a cheap one leaves the shelf: sold without having been bought (SW-03)."""
    place = stage.hospital("2", "3")
    dear, cheap = stage.hand.pick(catalogue.COSTLY_DRUGS), stage.hand.pick(catalogue.PATENT_DRUGS)
    for _ in range(stage.scaled(stage.by_level(16, 10, 6))):
        day = stage.any_day()
        orders = [Order(catalogue.CONSULTATION), Order(dear, stage.by_level(3, 2, 1))]
        visit = stage.play(outpatient(stage.hand, passer_by(stage, day, (35, 90)), place, day, orders))
        swapped = lines_of(visit, dear)
        for line in swapped:
            line.unstocked, line.shelf_item = True, cheap
        stage.label_lines(visit, swapped)
    stage.label_institution(place)


def much_of_one_drug(stage: SchemeStage) -> None:
    """A clinic uses much of one dear drug, and bought every pack of it."""
    place, (dear, illness) = stage.hospital("2", "3"), stage.hand.pick(COSTLY_FOR)
    for _ in range(10):
        day = stage.any_day()
        orders = [Order(catalogue.CONSULTATION), Order(dear, stage.hand.between(1, 3))]
        person = passer_by(stage, day, (35, 90))
        visit = stage.play(outpatient(stage.hand, person, place, day, orders, diagnosis=illness))
        stage.label_lines(visit, lines_of(visit, dear))


def _plated(stage: SchemeStage, plate: catalogue.Item) -> Visit:
    nights = stage.hand.between(6, 11)
    day = stage.start(nights + 1)
    visit = stay(stage.hand, stage.somebody(day, day, age=(25, 75)), stage.hospital("1", "2"), day, nights)
    visit.diagnoses = (_FRACTURE, *visit.diagnoses[1:])
    visit.operation = ("79.3600", "胫骨骨折切开复位内固定术")
    at = visit.lines[0].at
    charge(stage.hand, visit, at, [Order(variants.PLATING), Order(catalogue.ANAESTHESIA), Order(plate)])
    return stage.play(visit)


def consumable_swap(stage: SchemeStage) -> None:
    """An imported plate is billed, a home-made one implanted and bought (SW-04)."""
    for _ in range(stage.scaled(stage.by_level(3, 2, 1))):
        visit = _plated(stage, variants.PLATE_DEAR)
        swapped = lines_of(visit, variants.PLATE_DEAR)
        for line in swapped:
            line.unstocked, line.shelf_item = True, variants.PLATE_PLAIN
        stage.label_lines(visit, swapped)


def imported_plate(stage: SchemeStage) -> None:
    """An imported plate, implanted and bought."""
    visit = _plated(stage, variants.PLATE_DEAR)
    stage.label_lines(visit, lines_of(visit, variants.PLATE_DEAR))


def _consultations(stage: SchemeStage, title: str, expert_share: float, count: int) -> None:
    place = stage.hospital("1", "2")
    doctor = stage.new_doctor(place, "A03")
    doctor.title = title
    for n in range(count):
        day = stage.any_day()
        dear = n == 0 or stage.hand.chance(expert_share)
        drugs = [Order(drug, stage.hand.between(1, 2)) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        orders = [Order(catalogue.EXPERT_CONSULTATION if dear else catalogue.CONSULTATION), *drugs]
        visit = stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders, doctor=doctor))
        stage.label_lines(visit, lines_of(visit, catalogue.EXPERT_CONSULTATION))
    stage.label_doctor(place, doctor)


def expert_for_ordinary(stage: SchemeStage) -> None:
    """A resident's consultations billed as those of a chief physician (SW-05)."""
    _consultations(stage, "住院医师", stage.by_level(1.0, 0.6, 0.35), stage.scaled(18))


def chief_clinic(stage: SchemeStage) -> None:
    """A chief physician whose patients all pay the chief's fee."""
    _consultations(stage, "主任医师", 1.0, 14)


def covered_for_beauty(stage: SchemeStage) -> None:
    """A beauty parlour bills young adults for covered skin treatment (SW-06)."""
    place = stage.new_hospital("3", f"云溪市丹霞{stage.instance}号医疗美容门诊部", beds=10)
    young = stage.by_level(1.0, 0.85, 0.7)
    for _ in range(stage.scaled(18)):
        day = stage.any_day()
        person = passer_by(stage, day, (20, 45) if stage.hand.chance(young) else (46, 90))
        orders = [Order(catalogue.CONSULTATION), Order(variants.SKIN_LIGHT, stage.hand.between(2, 5))]
        visit = stage.play(outpatient(stage.hand, person, place, day, orders, diagnosis=_SKIN))
        stage.label_lines(visit, lines_of(visit, variants.SKIN_LIGHT))
    stage.label_institution(place)


def new_back_clinic(stage: SchemeStage) -> None:
    """A new clinic for bad backs: physiotherapy for those of the age that needs it."""
    place = stage.new_hospital("3", f"云溪市白鹭{stage.instance}号康复门诊部", beds=10)
    for _ in range(14):
        day = stage.any_day()
        acts = [Order(act, 1) for act in stage.hand.some(catalogue.REHAB, 2)]
        orders = [Order(catalogue.CONSULTATION), *acts]
        stage.play(outpatient(stage.hand, passer_by(stage, day, (46, 90)), place, day, orders, diagnosis=_BACK))
    stage.label_institution(place)


def beauty_self_paid(stage: SchemeStage) -> None:
    """Beauty treatment charged as what it is: the patient pays all of it."""
    day = stage.start(2)
    person = stage.somebody(day, day, age=(20, 45), conditions=())
    visit = outpatient(stage.hand, person, stage.hospital("3"), day, [Order(variants.SKIN_BEAUTY)], diagnosis=_SKIN)
    stage.label_lines(stage.play(visit), visit.lines)


SWAPS = (
    Scheme("lab_method_swap", "scheme", "SW-01", 0.25, lab_method_swap),
    Scheme("new_analyser", "lookalike", "SW-01", 0.25, new_analyser),
    Scheme("device_grade_swap", "scheme", "SW-02", 0.25, device_grade_swap),
    Scheme("scanned_at_the_big_hospital", "lookalike", "SW-02", 0.5, scanned_at_the_big_hospital),
    Scheme("drug_swapped_against_stock", "scheme", "SW-03", 0.4, drug_swapped_against_stock),
    Scheme("much_of_one_drug", "lookalike", "SW-03", 0.4, much_of_one_drug),
    Scheme("consumable_swap", "scheme", "SW-04", 0.5, consumable_swap),
    Scheme("imported_plate", "lookalike", "SW-04", 0.5, imported_plate),
    Scheme("expert_for_ordinary", "scheme", "SW-05", 0.3, expert_for_ordinary),
    Scheme("chief_clinic", "lookalike", "SW-05", 0.3, chief_clinic),
    Scheme("covered_for_beauty", "scheme", "SW-06", 0.25, covered_for_beauty),
    Scheme("new_back_clinic", "lookalike", "SW-06", 0.25, new_back_clinic),
    Scheme("beauty_self_paid", "lookalike", "SW-06", 0.4, beauty_self_paid),
)
