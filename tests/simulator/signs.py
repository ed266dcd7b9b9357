"""What gives an instance away, a sentence a scheme: pharmacies, rings, trace codes, remote care, benefits, drift."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean
from typing import Any

from simulator.city import items as catalogue
from simulator.city import variants
from tests.simulator.playing import at_place, charged, of_person, staged_lines, visits
from tests.simulator.reading import netted


def own_place(stage):
    """Everything at the labelled place."""
    codes = {label.fixmedins_code for label in stage.labels if label.entity_type == "institution"}
    return [visit for visit in visits(stage) if visit.place.code in codes]


def total(visit):
    return sum(line.amount for line in visit.lines)


def packs(visit):
    return sum(line.quantity for line in visit.lines if line.item.list_type == "101")


def account_emptied_in_december(stage):
    """Several receipts of one person on one day of late December, all from the account."""
    days = Counter(v.begin.date() for v in stage.staged if v.account_share == 100 and v.begin.month == 12)
    return max(days.values(), default=0) > 2


def most_receipts_full_hundreds(stage):
    """Most receipts of several packs are full hundreds of yuan."""
    many = [visit for visit in own_place(stage) if packs(visit) > 3]
    return len(many) > 5 and mean(total(visit) % 10_000 == 0 for visit in many) > 0.5


def most_of_it_in_december(stage):
    sales = [(visit.begin.date(), total(visit)) for visit in own_place(stage)]
    late = sum(amount for day, amount in sales if day.month == 12 and day.day >= 15)
    return late > 0.6 * sum(amount for _, amount in sales)


def receipts_within_five_minutes(stage):
    own = sorted(visit.begin for visit in stage.staged)
    return any(later - earlier < timedelta(minutes=5) for earlier, later in pairwise(own))


def one_doctor_fills_the_shop(stage):
    """One doctor's slips are more than half of what the shop sells."""
    by_doctor: Counter[Any] = Counter()
    for visit in own_place(stage):
        by_doctor[visit.doctor.code if visit.doctor else ""] += total(visit)
    return by_doctor.most_common(1)[0][1] > 0.5 * sum(by_doctor.values())


def one_drug_without_its_illness(stage):
    own = [visit for visit in own_place(stage) if charged(visit, variants.COVER_DRUG)]
    colds = sum(visit.diagnoses[0][0].startswith("J") for visit in own)
    return len(own) > 10 and colds < 0.3 * len(own)


def dearer_from_the_account(stage):
    prices = defaultdict(list)
    for visit in stage.staged:
        prices[visit.account_share].append(mean(line.price for line in netted(visit)))
    return mean(prices[100]) > 1.05 * mean(prices[0])


def sold_before_dawn_and_never_at_night_else(stage):
    """Sales before seven, and none late in the evening, as a shop open all night has."""
    hours = [visit.begin.hour for visit in own_place(stage)]
    return sum(hour < 7 for hour in hours) > 0.3 * len(hours)


def meetings(stage, minutes):
    """How often each pair of people was at one place within so many minutes."""
    pairs: Counter[Any] = Counter()
    for own in at_place(stage).values():
        own = sorted((v for v in own if v in stage.staged), key=lambda visit: visit.begin)
        for n, one in enumerate(own):
            for two in own[n + 1 :]:
                if two.begin - one.begin > timedelta(minutes=minutes):
                    break
                pairs[frozenset((one.person.psn_no, two.person.psn_no))] += 1
    return pairs


def strangers(stage):
    return len({person.address for person in stage.people}) > 1


def cards_swiped_in_series(stage):
    return strangers(stage) and sum(count >= 3 for count in meetings(stage, 10).values()) >= 10


def strangers_who_meet_weekly(stage):
    """Four people of different addresses, not on dialysis, meet four times within half an hour."""
    dialysis = any(charged(visit, catalogue.DIALYSIS) for visit in stage.staged)
    return strangers(stage) and not dialysis and sum(n >= 4 for n in meetings(stage, 30).values()) >= 6


def one_telephone_one_doctor_one_shop(stage):
    """Five people of different addresses and one telephone, seen and served on one day."""
    phones = Counter(person.tel for person in stage.people)
    return strangers(stage) and max(phones.values()) >= 5 and any(v.place.is_pharmacy for v in stage.staged)


def many_cards_dear_packs(stage):
    """Five people, three shops, four packs of resellable drugs a time."""
    shops = {visit.place.code for visit in stage.staged}
    return len(of_person(stage)) >= 5 and len(shops) >= 3 and mean(packs(v) for v in stage.staged) > 6


def one_proxy_many_homes(stage):
    homes = defaultdict(set)
    for visit in stage.staged:
        homes[visit.contact.partition("/")[2]].add(visit.person.address)
    return max(map(len, homes.values())) >= 5


def one_telephone_many_buyers(stage):
    """Six people registered under one telephone, who all buy at the same few shops."""
    phones = Counter(person.tel for person in stage.people)
    return max(phones.values()) >= 6 and bool(stage.staged) and mean(map(packs, stage.staged)) > 4


def in_and_out_together_twice(stage):
    stays = Counter((visit.begin.date(), visit.end.date()) for visit in stage.staged if visit.is_stay)
    return sum(count >= 3 for count in stays.values()) >= 2


def scans(stage):
    """Every code scanned in a sale that stands, with its places."""
    undone = {line.original_id for visit in stage.staged for line in visit.lines if line.quantity < 0}
    found = defaultdict(list)
    for visit in stage.staged:
        for line in visit.lines:
            if line.quantity > 0 and line.id not in undone:
                for code in line.trace_codes or ():
                    found[code].append(visit)
    return found


def one_code_many_receipts(stage):
    return any(len({v.place.code for v in own}) == 1 and len(own) > 1 for own in scans(stage).values())


def one_code_two_places(stage):
    return any(len({visit.place.code for visit in own}) > 1 for own in scans(stage).values())


def codes_of_no_kind(stage):
    """Neither 20 digits that are no run, nor a trade item number with its serial."""
    return any(
        not (
            (len(code) == 20 and code.isdigit() and len(set(code)) > 1 and "1234567890" not in code)
            or code[:3] == "010"
        )
        for code in scans(stage)
    )


def fewer_codes(stage):
    return all(len(line.trace_codes or ()) < line.quantity for line in staged_lines(stage))


def home_and_away_on_one_day(stage):
    for own in of_person(stage).values():
        away = {visit.begin.date() for visit in own if visit.out_of_area}
        if away & {visit.begin.date() for visit in own if not visit.out_of_area and not visit.is_stay}:
            return True
    return False


def the_same_stay_on_paper(stage):
    return len({visit.begin for visit in stage.staged if visit.is_stay}) < sum(v.is_stay for v in stage.staged)


def three_cities_in_a_month(stage):
    return len({visit.place.area for visit in stage.staged if visit.out_of_area}) >= 3


def many_counters_no_tests(stage):
    """Many packs at five places, and never a test."""
    own = visits(stage)
    tests = sum(line.item.charge_class == "04" for visit in own for line in visit.lines)
    return len({visit.place.code for visit in own}) >= 5 and not tests


def new_colleagues_all_ill(stage):
    """Three people of one employer, insured less than a month before a costly stay."""
    late = [
        p for p in stage.people if p.enrolled_on and p.enrolled_on > stage.world.scenario.history_start - timedelta(30)
    ]
    return max(Counter(person.employer for person in late).values()) >= 2


def registered_by_one_doctor_untested(stage):
    """Several patients of one doctor with drugs under the benefit, none of whom anybody ever tested."""
    untested = [
        number for number, own in of_person(stage).items()
        if not any(line.item.charge_class == "04" for visit in own for line in visit.lines)
    ]  # fmt: skip
    return len(untested) >= 4


def one_account_many_strangers(stage):
    return sum(visit.family_account > 0 for visit in stage.staged) > 5


def mostly_registered_and_nothing_more(stage):
    return mean(len(visit.lines) == 2 for visit in stage.staged) > 0.6


def colleagues_weekly_at_one_place(stage):
    return max(sum(v.person is p for v in stage.ordinary) for p in stage.people) > 20 and len(stage.people) >= 4


def resident_in_charge(stage):
    return all(visit.doctor.title == "住院医师" for visit in stage.staged)


def halves(stage, measure):
    scenario = stage.world.scenario
    middle = scenario.history_start + timedelta(days=scenario.days // 2)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for visit in own_place(stage):
        parts[visit.begin.date() >= middle].append(measure(visit))
    return parts


def grows_from_nothing(stage):
    """A place opened this season that sees half as many again in the second half of the history."""
    before, after = halves(stage, total)
    return any(p.opened and p.opened > date(2025, 8, 1) for p in stage.hospitals) and len(after) > 1.5 * len(before)


def drugs_give_way_to_tests(stage):
    before, after = halves(stage, lambda visit: packs(visit) == 0)
    return mean(before) < 0.2 and mean(after) > 0.7


def nearly_everybody_gets_one_test(stage):
    """Of a month's patients and of none before; those whose illness asks for it are not counted."""
    parts: tuple[list[bool], list[bool]] = ([], [])
    for visit in own_place(stage):
        is_late = visit.begin.date() > stage.world.scenario.last_day - timedelta(days=28)
        if not visit.diagnoses[0][0].startswith("E0"):
            parts[is_late].append(any(line.item == catalogue.LABS[-1] for line in visit.lines))
    return mean(parts[0]) < 0.3 and mean(parts[1]) > 0.8


def most_of_one_drug_unbought(stage):
    return sum(line.unstocked for line in staged_lines(stage)) > 5
