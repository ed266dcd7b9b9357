"""Care that follows a plan of its own: dialysis, chemotherapy, antenatal visits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from simulator.care.illness import Diagnosis
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.people import Person

KIDNEY: Diagnosis = ("N18.001", "慢性肾脏病5期")
TUMOUR: Diagnosis = ("Z51.100", "为肿瘤化学治疗疗程")
PREGNANCY: Diagnosis = ("Z34.900", "正常妊娠监督")
_CYCLE_DAYS, _CYCLES = 21, 8
_ANTENATAL_DAYS, _FIRST_ANTENATAL = 28, 196
_FAMILIES = catalogue.families()


def dialysis_days(person: Person, first: date, last: date) -> Iterator[date]:
    """Three days a week, Monday or Tuesday first."""
    days = (0, 2, 4) if person.home % 2 else (1, 3, 5)
    yield from (first + timedelta(days=n) for n in range((last - first).days + 1) if (first.weekday() + n) % 7 in days)


def dialysis_items(n: int) -> list[Item]:
    """The n-th session: an injection every third; most filters are in its price, every ninth is charged apart."""
    usual = [catalogue.DIALYSIS, _FAMILIES["dialysis_drugs"][1]]
    injected = [_FAMILIES["dialysis_drugs"][0], catalogue.INJECTION] if n % 3 == 0 else []
    supplied = [catalogue.DIALYSER, *_FAMILIES["dialysis_supplies"]] if n % 9 == 0 else []
    return [*usual, *supplied, *injected]


def chemotherapy_days(person: Person, first: date, last: date) -> Iterator[date]:
    """Up to eight cycles, three weeks apart."""
    start = first + timedelta(days=person.home % 60 - 30)
    days = (start + timedelta(days=_CYCLE_DAYS * n) for n in range(_CYCLES))
    yield from (day for day in days if first <= day <= last)


def chemotherapy_items(n: int) -> list[Item]:
    """The n-th day's infusion with what goes with it: blood cells are helped from the second cycle on."""
    helped = _FAMILIES["cancer_drugs"][3:] if n else ()
    return [*_FAMILIES["cancer"], *_FAMILIES["cancer_drugs"][:3], *helped, catalogue.LABS[0], catalogue.INFUSION_SET]


def antenatal_days(person: Person, first: date, last: date) -> Iterator[date]:
    """Every four weeks of the last 28 before each birth."""
    for due in person.delivers:
        days = (due - timedelta(days=_FIRST_ANTENATAL - _ANTENATAL_DAYS * n) for n in range(7))
        yield from (day for day in days if first <= day <= last)


def antenatal_items(n: int) -> list[Item]:
    """The n-th visit: an ultrasound once, monitoring from the fourth on."""
    visit, monitor, scan, *_ = _FAMILIES["maternity"]
    usual = [visit, catalogue.LABS[0], catalogue.LABS[1]]
    return [*usual, scan] if n == 1 else ([*usual, monitor] if n > 3 else usual)
