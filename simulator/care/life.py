"""The ordinary life of one insured person: refills, passing illness, planned care, a stay now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial

from simulator.care import special
from simulator.care.admissions import Admission, planned_stays, ward_illness
from simulator.care.care import CHRONIC_DIAGNOSES, Order, charge, outpatient, stay
from simulator.care.chronic import Sheet, diagnoses, drugs_given, given, paid_for
from simulator.care.everyday import passing_visit
from simulator.care.records import Visit
from simulator.care.seasons import day_of
from simulator.city import items as catalogue
from simulator.city.people import Person
from simulator.city.providers import Institution, Providers
from simulator.streams import Hand

# Passing illness per month, by age: about one and a half a year, twice that among children.
_ILLNESSES = ((6, 0.28), (16, 0.16), (60, 0.10), (200, 0.15))
_MOST_DAYS_IN_MONTH = 13  # of outpatient care of most honest persons, below what is called frequent (rule FQ-01)
_MOST_OF_THE_FREQUENT = 29  # of the few that trip it
_SHOP_SHARE = 0.36
_ELSEWHERE = {True: 0.045, False: 0.002}  # of visits, by whether the person wanders
_USES_SHOP = 49  # of a hundred chronically ill
_REFERRED = 0.4
_STAYS_OF_A_GUEST = 0.18  # yearly risk of somebody who is in no block's plan, before age and conditions

Maker = Callable[[date], Visit]
Plan = list[tuple[date, bool, Maker]]  # day, whether it counts as everyday care, how the encounter is made


def block_life(
    hand: Hand, people: Sequence[Person], providers: Providers, first: date, last: date, offset: int = 0
) -> list[list[Visit]]:
    """The encounters of each person of a block; `offset` is the number of its first person in the whole world."""
    plans = planned_stays(hand, list(people), providers, first, last, offset)
    return [
        _life(hand, person, providers, first, last, sorted(plans.get(n, ()), key=lambda planned: planned.day))
        for n, person in enumerate(people)
    ]


def ordinary_life(hand: Hand, person: Person, providers: Providers, first: date, last: date) -> list[Visit]:
    """One person's encounters from `first` to `last`, in order: none in a stay or after death."""
    return _life(hand, person, providers, first, last, _guest_stays(hand, person, providers, first, last))


def refill(hand: Hand, person: Person, providers: Providers, day: date, place: Institution | None = None) -> Visit:
    """A chronic patient fetches drugs for one or two conditions, mostly at the usual hospital or pharmacy."""
    at_shop = place.is_pharmacy if place else person.home % 100 < _USES_SHOP and hand.chance(_SHOP_SHARE)
    if place is None:
        home = person.home_on(day)
        usual = providers.home_pharmacy(home) if at_shop else providers.home_hospital(home)
        elsewhere = hand.chance(_ELSEWHERE[person.health.wanders])
        place = hand.pick(providers.pharmacies if at_shop else providers.hospitals) if elsewhere else usual
    condition = hand.pick(person.conditions)
    sheet = given(hand, person, condition, at_shop=at_shop)
    visit_type = "9929" if at_shop else "140104"
    return outpatient(
        hand, person, place, day, _orders(sheet), visit_type=visit_type, diagnosis=CHRONIC_DIAGNOSES[condition],
        more_diagnoses=diagnoses(hand, person, condition, sheet),
    )  # fmt: skip


def free_of(visits: list[Visit], first: date, last: date) -> list[Visit]:
    """The encounters that touch no day from `first` to `last`."""
    return [visit for visit in visits if visit.end.date() < first or visit.begin.date() > last]


def _orders(slip: Sheet) -> list[Order]:
    return [Order(item, count, days) for item, count, days in slip]


def _life(
    hand: Hand, person: Person, providers: Providers, first: date, last: date, stays: Sequence[Admission]
) -> list[Visit]:
    alive_to = person.last_day(last)
    if alive_to < first:
        return []
    visits: list[Visit] = []
    taken: set[date] = set()
    for planned in stays:
        visits += _stay(hand, person, providers, planned)
        taken.update(day for visit in visits[-2:] for day in visit.days)
    plan = _plan(hand, person, providers, first, last, alive_to)
    if person.registered_on is not None:  # born or moved here: no care before
        plan = [planned for planned in plan if planned[0] >= person.registered_on]
    most = _MOST_OF_THE_FREQUENT if person.health.is_frequent else _MOST_DAYS_IN_MONTH
    for day, make in _kept(plan, taken, alive_to, most):
        visits.append(make(day))
        if person.health.goes_on_to_shop and not visits[-1].place.is_pharmacy and person.home % 100 < _USES_SHOP:
            visits += _then_the_shop(hand, person, providers, day)
    if "diabetes" in person.conditions:
        _add_quarterly_test(hand, person, visits)
    visits.sort(key=lambda visit: visit.begin)
    return visits


def _plan(hand: Hand, person: Person, providers: Providers, first: date, last: date, alive_to: date) -> Plan:
    months = ((alive_to - first).days + 1) / 30.4
    health, plan = person.health, Plan()
    rate = person.visits_per_month * (0.35 if health.on_dialysis else 1.0)
    if person.conditions:
        make = partial(_refill_somewhere, hand, person, providers)
        plan += [(day_of(hand, first, last, alive_to), True, make) for _ in range(hand.poisson(rate * months))]
    years = person.age_on(first)
    illness_rate = next(rate for age, rate in _ILLNESSES if years < age)
    for _ in range(hand.poisson(illness_rate * months)):
        season, make_illness = passing_visit(hand, person, providers, years)
        plan.append((day_of(hand, first, last, alive_to, season), True, make_illness))
    if health.needs_a_place or person.delivers:
        plan += _special(hand, person, providers, first, last)
    return plan


def _special(
    hand: Hand, person: Person, providers: Providers, first: date, last: date
) -> Iterable[tuple[date, bool, Maker]]:
    """Dialysis, chemotherapy and antenatal care, at one hospital each."""
    if person.health.on_dialysis:
        units = providers.with_wards("1", "2")
        place, make_items, kind, illness = (
            units[person.home % len(units)],
            special.dialysis_items,
            "140201",
            special.KIDNEY,
        )
        days = special.dialysis_days(person, first, last)
    elif person.health.has_cancer:
        units = providers.of_level("1")
        place, kind, illness = units[person.home % len(units)], "140201", special.TUMOUR
        make_items, days = special.chemotherapy_items, special.chemotherapy_days(person, first, last)
    else:
        place, kind, illness = providers.home_hospital(person.home), "51", special.PREGNANCY
        make_items, days = special.antenatal_items, special.antenatal_days(person, first, last)
    for n, day in enumerate(days):
        orders = [Order(item) for item in make_items(n)]
        yield (
            day, kind == "51",
            partial(_planned_visit, hand, person, place, orders=orders, visit_type=kind, diagnosis=illness),
        )  # fmt: skip


def _planned_visit(
    hand: Hand, person: Person, place: Institution, day: date, *,
    orders: Sequence[Order], visit_type: str, diagnosis: tuple[str, str],
) -> Visit:  # fmt: skip
    return outpatient(hand, person, place, day, orders, visit_type=visit_type, diagnosis=diagnosis, hours=(8, 15))


def _kept(plan: Plan, taken: set[date], alive_to: date, most: int) -> Iterable[tuple[date, Maker]]:
    """One encounter a day at most, none in hospital, and no more everyday care in a month than the honest have."""
    recent: deque[date] = deque()
    plan.sort(key=lambda entry: (entry[0], entry[1]))
    for day, is_everyday, make in plan:
        if day in taken or day > alive_to:
            continue
        if is_everyday:
            while recent and (day - recent[0]).days >= 30:
                recent.popleft()
            if len(recent) >= most:
                continue
            recent.append(day)
        taken.add(day)
        yield day, make


def _refill_somewhere(hand: Hand, person: Person, providers: Providers, day: date) -> Visit:
    """At the usual place, or in the other region while the person lives there."""
    if person.off_site and person.off_site[0] <= day <= person.off_site[1] and providers.remote:
        return refill(hand, person, providers, day, providers.remote[person.home % len(providers.remote)])
    return refill(hand, person, providers, day)


def _then_the_shop(hand: Hand, person: Person, providers: Providers, day: date) -> list[Visit]:
    """In the evening of the same day a pharmacy fills what the hospital had not."""
    if not hand.chance(person.health.goes_on_to_shop):
        return []
    condition = hand.pick(person.conditions)
    slip = drugs_given(hand, person, condition)
    known, place = CHRONIC_DIAGNOSES[condition], providers.home_pharmacy(person.home_on(day))
    return [
        outpatient(
            hand, person, place, day, _orders(slip), visit_type="9929", diagnosis=known,
            more_diagnoses=paid_for(condition, slip), hours=(19, 21),
        )
    ]  # fmt: skip


def _stay(hand: Hand, person: Person, providers: Providers, planned: Admission) -> list[Visit]:
    """A stay; admission to a tertiary hospital sometimes follows a referral by the usual one."""
    visit = stay(
        hand, person, planned.place, planned.day, planned.nights, illness=planned.illness, visit_type=planned.visit_type
    )
    home, before = providers.home_hospital(person.home_on(planned.day)), planned.day - timedelta(days=1)
    if planned.place.level != "1" or planned.visit_type != "21" or not hand.chance(_REFERRED):
        return [visit]
    orders = [Order(catalogue.CONSULTATION), *(Order(lab) for lab in hand.some(catalogue.LABS, 2))]
    referral = outpatient(hand, person, home, before, orders, diagnosis=planned.illness.diagnosis, hours=(8, 16))
    visit.referral = (referral.id, home.code)
    return [referral, visit]


def _guest_stays(hand: Hand, person: Person, providers: Providers, first: date, last: date) -> list[Admission]:
    """At most one stay in a quarter of somebody outside every block's plan: these beds are the reserve."""
    alive_to = person.last_day(last)
    found, quarter = [], first + timedelta(days=1)
    while quarter <= last:
        risk = 0.10 + 0.12 * len(person.conditions) + 0.004 * max(0, person.age_on(quarter) - 50)
        day = quarter + timedelta(days=hand.between(0, 50))
        nights = min(25, max(2, round(hand.lognormal(2.0, 0.45))))
        if hand.chance(risk * _STAYS_OF_A_GUEST) and day + timedelta(days=nights) <= alive_to:
            level = "1" if hand.chance(0.42) else "2"
            place = hand.pick(providers.with_wards(level))
            found.append(Admission(day, nights, place, ward_illness(hand, person, place, day)))
        quarter += timedelta(days=91)
    return found


def _add_quarterly_test(hand: Hand, person: Person, visits: list[Visit]) -> None:
    """Glycated haemoglobin once, on the first clinic visit: more often would break its limit."""
    clinic = [v for v in visits if v.visit_type in ("140104", "9901") and v.lines]
    if clinic and hand.chance(min(0.8, 0.5 * person.health.tests)):
        visit = min(clinic, key=lambda v: v.begin)
        charge(hand, visit, visit.lines[0].at, [Order(catalogue.HBA1C)])
