"""机构: places whose growth, mix or stock cannot be explained by their patients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from simulator.care.care import Order, outpatient
from simulator.city import items as catalogue
from simulator.city.providers import Institution
from simulator.staging.acts import everyday_care, lines_of, passer_by
from simulator.staging.stage import Scheme, SchemeStage


def _treated(stage: SchemeStage, place: Institution, days: Sequence[date], orders: Sequence[Order]) -> None:
    for day in days:
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, [Order(catalogue.CONSULTATION), *orders]))


def newcomer_surge(stage: SchemeStage) -> None:
    """A place opened this season bills more each week than its peers in a month (IN-12)."""
    scenario = stage.world.scenario
    place = stage.new_hospital("3", f"云溪市云台{stage.instance}号门诊部", beds=10)
    opened = scenario.history_start - timedelta(days=stage.hand.between(5, 60))
    place.opened = opened
    weeks = max(4, scenario.days // 7)
    for week in range(weeks):
        busy = 1 + week * stage.by_level(8, 6, 4) // weeks
        days = [scenario.history_start + timedelta(days=min(scenario.days, 7 * week + n % 6)) for n in range(busy)]
        acts = [Order(act, stage.by_level(3, 2, 1)) for act in stage.hand.some(catalogue.REHAB, 3)]
        acts += [Order(drug, 3) for drug in stage.hand.some(catalogue.PATENT_DRUGS, 2)]
        _treated(stage, place, days, acts)
    stage.label_institution(place)


def moved_hospital(stage: SchemeStage) -> None:
    """An old clinic under a new code after moving: everyday care, as busy as before."""
    place = stage.new_hospital("3", f"云溪市云台新址{stage.instance}号门诊部", beds=10)
    place.opened = stage.world.scenario.history_start - timedelta(days=20)
    scenario = stage.world.scenario
    even = [scenario.history_start + timedelta(days=n * scenario.days // 28) for n in range(28)]
    everyday_care(
        stage, place, [min(scenario.last_day, day + timedelta(days=stage.hand.between(0, 2))) for day in even]
    )
    stage.label_institution(place)


def _halves(stage: SchemeStage, count: int) -> tuple[list[date], list[date]]:
    scenario = stage.world.scenario
    half = scenario.days // 2
    first = [scenario.history_start + timedelta(days=stage.hand.between(0, half - 1)) for _ in range(count)]
    second = [scenario.history_start + timedelta(days=stage.hand.between(half, scenario.days)) for _ in range(count)]
    return first, second


def structure_change(stage: SchemeStage) -> None:
    """From one month to the next, care turns into tests and physiotherapy for everyone (IN-14)."""
    place = stage.new_hospital("3", f"云溪市白鹭{stage.instance}号门诊部", beds=10)
    before, after = _halves(stage, stage.scaled(16))
    everyday_care(stage, place, before)
    for day in after:
        if stage.hand.chance(stage.by_level(0.0, 0.25, 0.5)):
            everyday_care(stage, place, [day])
            continue
        tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.by_level(7, 5, 4))]
        _treated(stage, place, [day], [*tests, *(Order(act) for act in stage.hand.some(catalogue.REHAB, 2))])
    stage.label_institution(place)


def new_service(stage: SchemeStage) -> None:
    """A clinic opens a room for acupuncture: those with bad backs get it, the others what they always got."""
    place = stage.new_hospital("3", f"云溪市松岭{stage.instance}号门诊部", beds=10)
    before, after = _halves(stage, 14)
    everyday_care(stage, place, before)
    for n, day in enumerate(after):
        if n % 3:
            everyday_care(stage, place, [day])
            continue
        orders = [Order(catalogue.CONSULTATION), Order(catalogue.ACUPUNCTURE)]
        back = ("M54.500", "腰痛")
        stage.add(outpatient(stage.hand, passer_by(stage, day, (40, 95)), place, day, orders, diagnosis=back))
    stage.label_institution(place)


def sold_without_stock(stage: SchemeStage) -> None:
    """More of a drug billed than was ever bought (IN-01)."""
    place = stage.new_hospital("3", f"云溪市望川{stage.instance}号卫生院", beds=10)
    drug = stage.hand.pick((*catalogue.PATENT_DRUGS, *catalogue.COSTLY_DRUGS))
    everyday_care(stage, place, [stage.any_day() for _ in range(8)])
    for _ in range(stage.scaled(18)):
        day = stage.any_day()
        orders = [Order(catalogue.CONSULTATION), Order(drug, stage.hand.between(1, 4))]
        visit = outpatient(stage.hand, passer_by(stage, day, (40, 95)), place, day, orders)
        stage.play(visit)
        if stage.hand.chance(stage.by_level(0.9, 0.5, 0.3)):
            for line in lines_of(visit, drug):
                line.unstocked = True
            stage.label_lines(visit, lines_of(visit, drug))
    stage.label_institution(place)


def stock_for_the_season(stage: SchemeStage) -> None:
    """Much of one drug, all of it bought."""
    place = stage.new_hospital("3", f"云溪市丹霞{stage.instance}号卫生院", beds=10)
    everyday_care(stage, place, [stage.any_day() for _ in range(8)])
    for _ in range(16):
        day = stage.any_day()
        orders = [Order(catalogue.CONSULTATION), Order(catalogue.ACUTE_DRUGS[3], stage.hand.between(1, 2))]
        stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders))
    stage.label_institution(place)


PROVIDERS_DRIFT = (
    Scheme("newcomer_surge", "scheme", "IN-12", 0.2, newcomer_surge, brings_its_crowd=True),
    Scheme("moved_hospital", "lookalike", "IN-12", 0.2, moved_hospital, brings_its_crowd=True),
    Scheme("structure_change", "scheme", "IN-14", 0.2, structure_change, brings_its_crowd=True),
    Scheme("new_service", "lookalike", "IN-14", 0.2, new_service, brings_its_crowd=True),
    Scheme("sold_without_stock", "scheme", "IN-01", 0.2, sold_without_stock, brings_its_crowd=True),
    Scheme("stock_for_the_season", "lookalike", "IN-01", 0.2, stock_for_the_season, brings_its_crowd=True),
)
