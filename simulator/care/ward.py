"""What a day on a ward is charged: a regimen drawn once per stay, varied a little from day to day.

Calibrated to about 28 lines a day, so that a settlement has about 14 lines over a whole city.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.care.illness import Illness, Operation
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.providers import Institution
from simulator.streams import Hand

Sheet = list[tuple[Item, int]]
_NURSING = (catalogue.NURSING_1, catalogue.NURSING_2, catalogue.NURSING_2, catalogue.NURSING_3)
_SUPPLIES = catalogue.families()["supplies"]
_CARE = catalogue.families()["ward_care"]
_TREATMENTS = catalogue.families()["treatments"][:8]
_MORE_TESTS = catalogue.families()["tests"]
_LAB_DAY = 0.28
_FLUID = catalogue.WARD_DRUGS[0]
_FOR_ADULTS, _OF_AGE = "XJ01MA", 18  # quinolones are barred for children by their labels
_WARD_MORE = catalogue.families()["ward_more"]


class Day:
    """The regimen of one stay."""

    def __init__(self, hand: Hand, place: Institution, bed: Item, illness: Illness | None, years: int) -> None:
        special = hand.some(illness.drugs, 7) if illness else []
        # what drips is dissolved in something
        drugs = list(dict.fromkeys((_FLUID, *special, *hand.some((*catalogue.WARD_DRUGS, *_WARD_MORE), 12))))
        drugs = [drug for drug in drugs if years >= _OF_AGE or not drug.code.startswith(_FOR_ADULTS)]
        count = hand.between(8, 12)
        self.base: Sheet = [(bed, 1), (catalogue.WARD_ROUND, 1), (hand.pick(_NURSING), 1)]
        self.drugs: Sheet = [(drug, hand.between(1, 2)) for drug in drugs[:count]]
        self.acts: Sheet = [
            (catalogue.INFUSION, 1),
            (catalogue.INFUSION_SET, 1),
            *((item, 1) for item in hand.some(_CARE, hand.between(3, 5))),
            *((item, 1) for item in hand.some(_TREATMENTS, hand.between(2, 4))),
            *((item, hand.between(1, 3)) for item in hand.some(_SUPPLIES, hand.between(3, 5))),
        ]
        self.imaging = [] if illness is None or illness.imaging is None else [illness.imaging]
        self.has = place.equipment


def day_orders(hand: Hand, regimen: Day, n: int) -> Iterator[tuple[int, Sheet]]:
    """The order sheets of the n-th day (0 the day of admission), each with its minutes after the first."""
    yield 0, regimen.base
    skipped = hand.between(0, len(regimen.drugs))
    yield 3, [line for at, line in enumerate(regimen.drugs) if at != skipped]
    yield 4, regimen.acts
    if n == 0:
        yield 6, [(test, 1) for test in (*_admission_tests(hand, regimen), catalogue.CANNULA)]
    elif hand.chance(_LAB_DAY):
        yield 6, [(test, 1) for test in (*hand.some(catalogue.LABS, 2), *hand.some(_MORE_TESTS, hand.between(0, 2)))]


def _admission_tests(hand: Hand, regimen: Day) -> list[Item]:
    """Blood, an electrocardiogram and images; only what the hospital has machines for."""
    needs = catalogue.equipment_of()
    images = list(dict.fromkeys((*regimen.imaging, *hand.some(catalogue.EXAMS, hand.between(1, 2)))))
    done = [item for item in images if needs.get(item.code, "") in ("", *regimen.has) or not regimen.has]
    return [*hand.some(catalogue.LABS, hand.between(5, 8)), *hand.some(_MORE_TESTS, hand.between(1, 4)), *done]


def theatre_orders(operation: Operation) -> tuple[Item, ...]:
    """Operation, implants, anaesthesia with its drugs, dressings: a fee and what must go with it (rule FK-11)."""
    return (*operation.items, catalogue.ANAESTHESIA, *_WARD_MORE[8:10], *_SUPPLIES[1:2], *_SUPPLIES[6:7])
