"""Pharmacies, rings, trace codes, remote care, benefits, drift: what a plain instance shows, and its look-alike not."""

from __future__ import annotations

from collections import Counter
from statistics import mean

import pytest

from simulator.schemes.benefits import BENEFITS
from simulator.schemes.bonds import BONDS
from simulator.schemes.pharmacies import PHARMACIES
from simulator.schemes.providers_drift import PROVIDERS_DRIFT
from simulator.schemes.remote import REMOTE
from simulator.schemes.rings import RINGS
from simulator.schemes.shops import SHOPS
from simulator.schemes.trace import TRACE
from tests.simulator.playing import by_level, plain, played
from tests.simulator.signs import (
    account_emptied_in_december,
    cards_swiped_in_series,
    codes_of_no_kind,
    colleagues_weekly_at_one_place,
    dearer_from_the_account,
    drugs_give_way_to_tests,
    fewer_codes,
    grows_from_nothing,
    home_and_away_on_one_day,
    in_and_out_together_twice,
    many_cards_dear_packs,
    many_counters_no_tests,
    meetings,
    most_of_it_in_december,
    most_of_one_drug_unbought,
    most_receipts_full_hundreds,
    mostly_registered_and_nothing_more,
    nearly_everybody_gets_one_test,
    new_colleagues_all_ill,
    one_account_many_strangers,
    one_code_many_receipts,
    one_code_two_places,
    one_doctor_fills_the_shop,
    one_drug_without_its_illness,
    one_proxy_many_homes,
    one_telephone_many_buyers,
    one_telephone_one_doctor_one_shop,
    own_place,
    packs,
    receipts_within_five_minutes,
    registered_by_one_doctor_untested,
    resident_in_charge,
    sold_before_dawn_and_never_at_night_else,
    strangers_who_meet_weekly,
    the_same_stay_on_paper,
    three_cities_in_a_month,
)

BY_NAME = {
    scheme.name: scheme
    for scheme in (*PHARMACIES, *SHOPS, *RINGS, *BONDS, *TRACE, *REMOTE, *BENEFITS, *PROVIDERS_DRIFT)
}
SIGNS = (
    (account_emptied_in_december, "account_cashed_out", ("year_end_restock",)),
    (most_receipts_full_hundreds, "empty_swipes", ("round_by_nature",)),
    (most_of_it_in_december, "december_rush", ("anniversary_sale",)),
    (receipts_within_five_minutes, "split_receipts", ("forgotten_item",)),
    (one_doctor_fills_the_shop, "slips_to_one_shop", ("shop_at_the_gate",)),
    (one_drug_without_its_illness, "cover_drug", ("cold_season",)),
    (dearer_from_the_account, "dearer_for_the_insured", ("members_price",)),
    (sold_before_dawn_and_never_at_night_else, "night_terminal", ("shop_open_all_night",)),
    (cards_swiped_in_series, "cards_in_series", ("care_home_clinic_day",)),
    (strangers_who_meet_weekly, "co_visiting_group", ("couple_together", "dialysis_shift")),
    (one_telephone_one_doctor_one_shop, "doctor_pharmacy_ring", ("nursing_home_round",)),
    (many_cards_dear_packs, "resale_network", ("chronic_club_day",)),
    (one_proxy_many_homes, "one_proxy_for_many", ("care_staff_fetch",)),
    (one_telephone_many_buyers, "shared_telephone", ("village_telephone",)),
    (in_and_out_together_twice, "co_admission_group", ("couple_in_hospital",)),
    (one_code_many_receipts, "code_settled_twice", ("undone_and_rung_up_again",)),
    (one_code_two_places, "code_at_two_places", ("mistyped_at_the_second_shop",)),
    (codes_of_no_kind, "malformed_code", ("code_of_another_kind",)),
    (fewer_codes, "fewer_codes_than_packs", ("carton_scanned_pack_by_pack",)),
    (one_code_two_places, "patient_to_market", ("heavy_user_of_the_same_drug",)),
    (home_and_away_on_one_day, "local_and_remote_same_day", ("home_again_the_next_day", "remote_stay_settled_late")),
    (the_same_stay_on_paper, "paper_claim_repeats_networked", ("paper_claim_of_another_stay",)),
    (three_cities_in_a_month, "drugs_from_many_cities", ("travelling_salesman",)),
    (many_counters_no_tests, "reseller_profile", ("truly_ill",)),
    (new_colleagues_all_ill, "enrolled_when_ill", ("new_job",)),
    (registered_by_one_doctor_untested, "false_chronic_registration", ("tested_elsewhere",)),
    (one_account_many_strangers, "family_account_misuse", ("big_family",)),
    (mostly_registered_and_nothing_more, "empty_registrations", ("consultation_only_clinic",)),
    (colleagues_weekly_at_one_place, "own_staff_visits", ("staff_clinic",)),
    (resident_in_charge, "unqualified_doctor", ("attending_doctor",)),
    (grows_from_nothing, "newcomer_surge", ("moved_hospital",)),
    (drugs_give_way_to_tests, "structure_change", ("new_service",)),
    (nearly_everybody_gets_one_test, "one_test_for_everyone", ("clinic_for_the_thyroid",)),
    (most_of_one_drug_unbought, "sold_without_stock", ("stock_for_the_season",)),
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
        ("account_cashed_out", lambda stage: max(Counter(v.begin.date() for v in stage.staged).values())),
        ("cards_in_series", lambda stage: sum(n >= 3 for n in meetings(stage, 3).values())),
        ("resale_network", lambda stage: mean(packs(visit) for visit in stage.staged)),
        ("own_staff_visits", lambda stage: len(stage.ordinary) / len(stage.people)),
        ("night_terminal", lambda stage: mean(visit.begin.hour < 7 for visit in own_place(stage))),
        ("drugs_from_many_cities", lambda stage: len(stage.hospitals)),
    ],
)
def test_disguise_makes_it_smaller(scheme, measure):
    means = {level: mean(map(measure, stages)) for level, stages in by_level(BY_NAME[scheme]).items()}
    assert means[0] > means[2]
