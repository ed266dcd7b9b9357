"""Moves that many schemes share: goods bought, visits moved on the clock, everyday care around what is staged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, outpatient
from simulator.care.records import Line, Visit
from simulator.city import items as catalogue
from simulator.city.people import Person
from simulator.city.providers import Doctor, Institution
from simulator.staging.stage import SchemeStage

COLD = ("J06.900", "急性上呼吸道感染")
PRESSURE = CHRONIC_DIAGNOSES["hypertension"]


def days_from(stage: SchemeStage, first: date, span: int, count: int) -> list[date]:
    """Up to `count` different days of the `span` days from `first`, in order."""
    return [first + timedelta(days=n) for n in sorted(stage.hand.some(range(span), count))]


def move(visit: Visit, begin: datetime) -> Visit:
    """The same encounter, begun at another time; what lies between its times stays."""
    shift = begin - visit.begin
    visit.begin, visit.end, visit.settled_at = begin, visit.end + shift, visit.settled_at + shift
    for line in visit.lines:
        line.at += shift
        line.uploaded = visit.settled_at.date()
    return visit


def prescriber(stage: SchemeStage) -> Doctor:
    """Any doctor of the honest world."""
    return stage.hand.pick(stage.hospital("1", "2", "3").doctors)


def bought(
    stage: SchemeStage,
    person: Person,
    shop: Institution,
    day: date,
    orders: Sequence[Order],
    *,
    visit_type: str = "41",
    diagnosis: tuple[str, str] = COLD,
    doctor: Doctor | None = None,
) -> Visit:
    """A purchase at a pharmacy.

    One in five names no prescriber, unless one is asked for.
    """
    unnamed = doctor is None and stage.hand.chance(0.2)
    slip_of = doctor or prescriber(stage)
    visit = outpatient(
        stage.hand, person, shop, day, orders, visit_type=visit_type, diagnosis=diagnosis, doctor=slip_of
    )
    if unnamed:
        visit.doctor = None
        for line in visit.lines:
            line.doctor = None
    return visit


def passer_by(stage: SchemeStage, day: date, age: tuple[int, int] = (0, 120)) -> Person:
    """An honest person of that age with nothing else to do that day; somebody new when none is met."""
    for _ in range(40):
        person = stage.bystander(day)
        if age[0] <= person.age_on(day) <= age[1]:
            return person
    return stage.person(day, day, age=age)


def everyday_sales(stage: SchemeStage, shop: Institution, days: Sequence[date]) -> None:
    """Honest customers of a pharmacy, one a day: what was staged stands among them."""
    for day in days:
        drugs = stage.hand.some((*catalogue.ACUTE_DRUGS, *catalogue.PATENT_DRUGS), stage.hand.between(1, 3))
        orders = [Order(drug, stage.hand.between(1, 2)) for drug in drugs]
        stage.add(bought(stage, stage.bystander(day), shop, day, orders))


def everyday_care(stage: SchemeStage, place: Institution, days: Sequence[date], *extra: Order) -> None:
    """Honest patients of a clinic, one a day, each with what is named beside the usual."""
    for day in days:
        drugs = [Order(drug, stage.hand.between(1, 2)) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        orders = [Order(catalogue.CONSULTATION), *drugs, *extra]
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, orders))


def lines_of(visit: Visit, *items: catalogue.Item) -> list[Line]:
    """The encounter's lines for these items."""
    return [line for line in visit.lines if line.item in items]
