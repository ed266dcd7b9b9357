"""Swaps, tariffs, scope and payment groups: what a plain instance shows in its rows, and its look-alike does not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from simulator.city import items as catalogue
from simulator.city import variants
from simulator.schemes.data_quality import DATA_QUALITY
from simulator.schemes.groups import GROUPS
from simulator.schemes.scope import SCOPE
from simulator.schemes.swaps import SWAPS
from tests.simulator.playing import (
    at_place,
    by_level,
    charged,
    plain,
    played,
    staged_lines,
    staged_visits,
    visit_of,
    visits,
)

BY_NAME = {scheme.name: scheme for scheme in (*SWAPS, *SCOPE, *GROUPS, *DATA_QUALITY)}
SURGERY = tuple(catalogue.SURGERY.values())


def only_the_dear_method(stage):
    """A small place all of whose tests are by the dear method."""
    by_place = at_place(stage)
    own = [v for v in by_place[stage.labels[-1].fixmedins_code] if charged(v, variants.TSH_DEAR, variants.TSH_PLAIN)]
    return own[0].place.level == "3" and all(charged(visit, variants.TSH_DEAR) for visit in own)


def fine_scans_at_a_small_place(stage):
    return all(visit_of(stage, line).place.level == "3" for line in staged_lines(stage))


def sold_but_not_from_the_shelf(stage):
    return any(getattr(line, "unstocked", False) for line in staged_lines(stage))


def chiefs_fee_without_a_chief(stage):
    titles = {visit.doctor.title for visit in staged_visits(stage)}
    return titles == {"住院医师"} and len(staged_lines(stage)) == len(stage.staged)


def skin_light_for_the_young(stage):
    """Three quarters of those treated at one place are between 20 and 45, for a covered skin disease."""
    ages = [
        visit.person.age_on(visit.begin.date()) for visit in staged_visits(stage) if charged(visit, variants.SKIN_LIGHT)
    ]
    return len(ages) > 10 and sum(20 <= age <= 46 for age in ages) > 0.75 * len(ages)


def two_full_prices_on_one_day(stage):
    for visit in staged_visits(stage):
        full = [line for line in visit.lines if line.item in SURGERY and line.price >= visit.place.price_of(line.item)]
        days = Counter(line.at.date() for line in full)
        if max(days.values(), default=0) > 1:
            return True
    return False


def more_than_one_a_visit(stage):
    return any(line.item is variants.DRESSING and line.quantity > 1 for line in staged_lines(stage))


def surcharge_above_six(stage):
    return any(visit.person.age_on(visit.begin.date()) > 6 for visit in staged_visits(stage))


def somebody_else_is_liable(stage):
    return any(code[0] in "VY" or code.startswith("W31") for v in staged_visits(stage) for code, _ in v.diagnoses)


def maternity_item_in_other_care(stage):
    return any(visit.visit_type not in ("51", "52") for visit in staged_visits(stage))


def other_drugs_under_the_benefit(stage):
    own = catalogue.CHRONIC_DRUGS["hypertension"]
    return any(
        line.item.list_type == "101" and line.item not in own
        for visit in staged_visits(stage) if visit.visit_type == "140104"
        for line in visit.lines
    )  # fmt: skip


def excluded_item_in_scope(stage):
    return any(line.item.grade == "3" and getattr(line, "covered", None) for line in staged_lines(stage))


def check_up_paid_by_the_fund(stage):
    return any(v.diagnoses[0][0].startswith("Z00") and v.settlements[0].sums["inscp_amt"] for v in staged_visits(stage))


def drugs(visit):
    """Different drugs, those taken back left out."""
    return sum(charged(visit, item) > 0 for item in {line.item for line in visit.lines if line.item.list_type == "101"})


def heavy_and_untreated(stage):
    """A heavy diagnosis, discharged home, and no drug but one."""
    return all(
        visit.diagnoses[0][0][:3] in ("A41", "J96") and visit.way_out == "1"
        and drugs(visit) <= 1
        for visit in staged_visits(stage)
    )  # fmt: skip


def failing_lungs_without_a_machine(stage):
    return any(
        code.startswith("J96") and not charged(visit, variants.VENTILATION)
        for visit in staged_visits(stage) for code, _ in visit.diagnoses
    )  # fmt: skip


def operation_without_a_charge(stage):
    return all(v.operation and not charged(v, *SURGERY, catalogue.ANAESTHESIA) for v in staged_visits(stage))


def same_place_again_within_a_week(stage):
    one, two = sorted(staged_visits(stage), key=lambda visit: visit.begin)
    return one.place is two.place and two.begin - one.end < timedelta(days=8)


def stay_without_a_test_after_tests(stage):
    ward = next(visit for visit in staged_visits(stage) if visit.is_stay)
    return not any(line.item.charge_class in ("03", "04") for line in ward.lines)


def code_nobody_has(stage):
    return any(visit.diagnoses[0][0][0] in "XZU" for visit in staged_visits(stage))


def operated_and_not_listed(stage):
    return any(visit.is_stay and charged(visit, *SURGERY) and not visit.operation for visit in staged_visits(stage))


def appendix_out_without_appendicitis(stage):
    wanted = {"47": "K35", "13": "H25"}
    return any(
        visit.operation is not None
        and not any(code.startswith(wanted.get(visit.operation[0][:2], "")) for code, _ in visit.diagnoses)
        for visit in staged_visits(stage)
    )


def over_a_hundred_and_twenty(stage):
    return any(p.age_on(small_day(stage)) > 110 for p in stage.people)


def small_day(stage):
    return stage.world.scenario.last_day


def one_certificate_two_numbers(stage):
    return len({person.certno for person in stage.people}) < len(stage.people)


SIGNS = (
    (only_the_dear_method, "lab_method_swap", ("new_analyser",)),
    (fine_scans_at_a_small_place, "device_grade_swap", ("scanned_at_the_big_hospital",)),
    (sold_but_not_from_the_shelf, "drug_swapped_against_stock", ("much_of_one_drug",)),
    (sold_but_not_from_the_shelf, "consumable_swap", ("imported_plate",)),
    (chiefs_fee_without_a_chief, "expert_for_ordinary", ("chief_clinic",)),
    (skin_light_for_the_young, "covered_for_beauty", ("new_back_clinic", "beauty_self_paid")),
    (two_full_prices_on_one_day, "second_operation_at_full_price", ("second_operation_discounted", "two_cuts")),
    (more_than_one_a_visit, "dressed_by_the_wound", ("dressed_twice_a_day",)),
    (surcharge_above_six, "child_surcharge_for_adults", ("drip_for_a_small_child",)),
    (somebody_else_is_liable, "third_party_injury", ("fall_at_home",)),
    (maternity_item_in_other_care, "maternity_item_outside_maternity", ("antenatal_visit",)),
    (other_drugs_under_the_benefit, "benefit_out_of_scope", ("settled_apart",)),
    (excluded_item_in_scope, "excluded_item_reimbursed", ("excluded_item_self_paid",)),
    (check_up_paid_by_the_fund, "check_up_on_insurance", ("pregnancy_check",)),
    (heavy_and_untreated, "up_coded_group", ("moved_on_at_once",)),
    (failing_lungs_without_a_machine, "invented_complication", ("treated_complication", "quiet_old_disease")),
    (operation_without_a_charge, "invented_operation", ("operation_in_the_bill",)),
    (same_place_again_within_a_week, "stay_split_across_groups", ("second_planned_stay",)),
    (stay_without_a_test_after_tests, "costs_moved_ahead", ("found_ill_in_the_clinic",)),
    (code_nobody_has, "diagnosis_without_a_code", ("older_code_version",)),
    (operated_and_not_listed, "surgery_without_a_code", ("wound_sewn_in_the_clinic",)),
    (appendix_out_without_appendicitis, "operation_on_another_organ", ("operated_for_the_second_diagnosis",)),
    (over_a_hundred_and_twenty, "older_than_anyone", ("centenarian",)),
    (one_certificate_two_numbers, "one_person_two_numbers", ("namesakes",)),
)


@pytest.mark.parametrize(("sign", "scheme", "lookalikes"), SIGNS, ids=[scheme for _, scheme, _ in SIGNS])
def test_a_plain_instance_shows_and_its_lookalikes_do_not(sign, scheme, lookalikes):
    assert plain(BY_NAME[scheme])
    assert all(sign(stage) for stage in plain(BY_NAME[scheme]))
    assert not any(sign(played(BY_NAME[name], n)) for name in lookalikes for n in range(4))


def test_every_scheme_of_these_modules_has_its_sentence():
    assert {name for _, scheme, others in SIGNS for name in (scheme, *others)} == set(BY_NAME)


@pytest.mark.parametrize(
    ("scheme", "measure"),
    [
        ("lab_method_swap", lambda stage: len(staged_lines(stage))),
        ("expert_for_ordinary", lambda stage: len(staged_lines(stage))),
        ("drug_swapped_against_stock", lambda stage: sum(line.quantity for line in staged_lines(stage))),
        ("dressed_by_the_wound", lambda stage: sum(line.quantity for line in staged_lines(stage))),
        (
            "second_operation_at_full_price",
            lambda stage: staged_lines(stage)[0].price / staged_lines(stage)[0].item.price,
        ),
        ("up_coded_group", lambda stage: len(staged_visits(stage))),
    ],
)
def test_disguise_makes_it_smaller(scheme, measure):
    mean = {level: sum(map(measure, stages)) / len(stages) for level, stages in by_level(BY_NAME[scheme]).items()}
    assert mean[0] > mean[2]


def test_the_variants_have_codes_of_their_own():
    codes = [item.code for item in variants.VARIANTS]
    assert len(set(codes)) == len(codes)
    assert all(visits(played(scheme, 0)) for scheme in BY_NAME.values())
