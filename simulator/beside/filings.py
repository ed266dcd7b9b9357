"""What is filed beside the claims: chronic registrations, referrals, tips, and what places have room for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from simulator.beside.extra_table import Dated, EndOfWorld, ExtraTable, Key
from simulator.care.care import CHRONIC_DIAGNOSES
from simulator.care.chronic import biologic_of
from simulator.care.records import Visit
from simulator.care.special import KIDNEY, TUMOUR
from simulator.city.people import Person
from simulator.city.providers import REMOTE_AREA, Institution
from simulator.streams import Hand

_UNFOUNDED_TIPS = 0.00004  # of encounters: somebody complains, and nothing is behind it
_COMPLAINTS = ("收费与告知不一致", "等候时间长、态度差", "怀疑重复收费", "怀疑未做检查却收费", "要求到指定药店购药")
_REFERRAL, _LIVES_ELSEWHERE = "1", "2"
_TERM_DAYS = 730


def _registrations(hand: Hand, person: Person, first: date, last: date) -> Iterator[Dated]:
    """One row per condition of a person with the outpatient chronic benefit, for two years and renewed in time."""
    if not person.is_registered:
        return
    found = [CHRONIC_DIAGNOSES[condition] for condition in person.conditions]
    found += [KIDNEY] * person.health.on_dialysis + [TUMOUR] * person.health.has_cancer
    found += [biologic_of(person)[1]] if person.health.on_biologic else []
    for code, name in found:
        begin = max(first - timedelta(days=hand.between(30, 700)), person.enrolled_on or date.min)
        terms = 1 + (last - begin).days // _TERM_DAYS
        row = (person.psn_no, code, name, str(begin), str(begin + timedelta(days=_TERM_DAYS * terms)))
        yield Dated(max(first, person.registered_on or first), f"{person.psn_no} {code}", row)


def _referrals(hand: Hand, visit: Visit) -> Iterator[Dated]:
    """An admission that another institution asked for."""
    if visit.referral is not None:
        begin = visit.begin.date()
        earlier, home = visit.referral
        row = (
            visit.person.psn_no, _REFERRAL, str(begin - timedelta(days=1)), str(begin + timedelta(days=30)),
            visit.place.area, home, visit.place.code, earlier,
        )  # fmt: skip
        yield Dated(begin, f"{visit.person.psn_no} {begin}", row)


def _filed(hand: Hand, person: Person, first: date, last: date) -> Iterator[Dated]:
    """Somebody who lives in another region for a while and may be treated there."""
    if person.off_site is not None:
        begin, end = person.off_site
        row = (person.psn_no, _LIVES_ELSEWHERE, str(begin), str(end), REMOTE_AREA, "", "", "")
        yield Dated(max(first, begin), f"{person.psn_no} {begin}", row)


def _tips(hand: Hand, visit: Visit) -> Iterator[Dated]:
    """What somebody reports; about honest encounters too."""
    reported = visit.tip or (hand.pick(_COMPLAINTS) if hand.chance(_UNFOUNDED_TIPS) else "")
    if reported:
        day = visit.settled_at.date() + timedelta(days=hand.between(1, 25))
        number = "T" + hand.new_id(11)
        yield Dated(day, f"{day} {number}", (number, str(day), visit.place.code, hand.pick("123"), reported))


def _rooms(place: Institution) -> list[tuple[Key, int]]:
    kinds = (("BED", place.beds), ("NURSE", place.nurses), *sorted(place.equipment.items()))
    return [((place.code, kind, str(count)), 1) for kind, count in kinds if count]


def _used_places(visit: Visit) -> Iterable[tuple[Key, int]]:
    return () if visit.place.is_pharmacy else _rooms(visit.place)


def _capacity(hand: Hand, world: EndOfWorld, sums: Mapping[Key, int]) -> Iterator[Dated]:
    """Beds, nurses and machines of every hospital, honest or staged."""
    providers, first = world.providers, world.scenario.nights[0]
    known = {key for place in (*providers.hospitals, *providers.remote) for key, _ in _rooms(place)}
    for key in sorted(known | set(sums)):
        yield Dated(first, " ".join(key), key)


CHRONIC_REGISTRATIONS = ExtraTable(
    "opsp_reg",
    ("psn_no", "opsp_dise_code", "opsp_dise_name", "begndate", "enddate"),
    of_person=_registrations,
)
REFERRALS = ExtraTable(
    "referral",
    (
        "psn_no", "rloc_type", "begndate", "enddate", "trt_admdvs", "refl_fixmedins_code", "fixmedins_code",
        "refl_old_mdtrt_id",
    ),
    of_visit=_referrals,
    of_person=_filed,
)  # fmt: skip
TIPS = ExtraTable("tip", ("tip_id", "tip_date", "fixmedins_code", "tip_way", "tip_content"), of_visit=_tips)
CAPACITY = ExtraTable(
    "capacity",
    ("fixmedins_code", "capa_type", "capa_cnt"),
    tally=_used_places,
    at_end=_capacity,
)
