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


_SEASON = 28  # days of a run on one test
_ILLNESSES = (
    ("J06.900", "急性上呼吸道感染"), ("M54.500", "腰痛"), ("I10.x00", "原发性高血压"), ("K29.700", "慢性胃炎"),
)  # fmt: skip
_THYROID = (("E05.900", "甲状腺功能亢进症"), ("E03.900", "甲状腺功能减退症"))


def _before_and_during(stage: SchemeStage, place: Institution, count: int, *, tested: float) -> list[date]:
    """Everyday care until the last weeks, with the test for one patient in ten; the days of the last weeks."""
    scenario = stage.world.scenario
    season = min(_SEASON, scenario.days // 2)
    for _ in range(round(count * tested)):
        day = scenario.history_start + timedelta(days=stage.hand.between(0, scenario.days - season))
        everyday_care(stage, place, [day], *([Order(catalogue.LABS[-1])] if stage.hand.chance(0.1) else []))
    return [scenario.last_day - timedelta(days=stage.hand.between(0, season - 1)) for _ in range(count)]


def one_test_for_everyone(stage: SchemeStage) -> None:
    """For four weeks nearly everybody gets one dear test, whatever the illness (IN-18); careful: half, then a third."""
    place = stage.new_hospital("2", f"云溪市玉带{stage.instance}号医院", beds=40)
    for day in _before_and_during(stage, place, stage.scaled(40), tested=1.5):
        tests = [Order(catalogue.LABS[-1])] if stage.hand.chance(stage.by_level(0.95, 0.5, 0.33)) else []
        drugs = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, stage.hand.between(1, 2))]
        orders = [Order(catalogue.CONSULTATION), *tests, *drugs]
        visit = outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=stage.hand.pick(_ILLNESSES))
        stage.add(visit)
    stage.label_institution(place)


def clinic_for_the_thyroid(stage: SchemeStage) -> None:
    """A new clinic for the thyroid: those who come for it are tested, the others get what they always got."""
    place = stage.new_hospital("2", f"云溪市玉泉{stage.instance}号医院", beds=40)
    for n, day in enumerate(_before_and_during(stage, place, 36, tested=1.5)):
        if n % 3:
            everyday_care(stage, place, [day])
            continue
        orders = [Order(catalogue.EXPERT_CONSULTATION), Order(catalogue.LABS[-1])]
        illness = stage.hand.pick(_THYROID)
        stage.add(outpatient(stage.hand, passer_by(stage, day, (25, 80)), place, day, orders, diagnosis=illness))
    stage.label_institution(place)


PROVIDERS_DRIFT = (
    Scheme("newcomer_surge", "scheme", "IN-12", 0.2, newcomer_surge, brings_its_crowd=True),
    Scheme("moved_hospital", "lookalike", "IN-12", 0.2, moved_hospital, brings_its_crowd=True),
    Scheme("structure_change", "scheme", "IN-14", 0.2, structure_change, brings_its_crowd=True),
    Scheme("new_service", "lookalike", "IN-14", 0.2, new_service, brings_its_crowd=True),
    Scheme("one_test_for_everyone", "scheme", "IN-18", 0.2, one_test_for_everyone, brings_its_crowd=True),
    Scheme("clinic_for_the_thyroid", "lookalike", "IN-18", 0.2, clinic_for_the_thyroid, brings_its_crowd=True),
    Scheme("sold_without_stock", "scheme", "IN-01", 0.2, sold_without_stock, brings_its_crowd=True),
    Scheme("stock_for_the_season", "lookalike", "IN-01", 0.2, stock_for_the_season, brings_its_crowd=True),
)
