"""药店: what customers do at the counter: accounts turned into cash and goods, receipts split."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.care.care import Order
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.staging.acts import PRESSURE, bought, days_from, everyday_sales, move, passer_by
from simulator.staging.stage import Scheme, SchemeStage

GOODS = (*catalogue.PATENT_DRUGS, variants.COVER_DRUG)


def _year_end(stage: SchemeStage) -> tuple[date, int]:
    """The last December days of the history; without a December, its last fortnight. First day and days."""
    scenario = stage.world.scenario
    december = [scenario.history_start + timedelta(days=n) for n in range(scenario.days + 1)]
    december = [day for day in december if day.month == 12 and day.day >= 15]
    first = december[0] if december else scenario.last_day - timedelta(days=13)
    return first, min(14, (scenario.last_day - first).days + 1)


def account_cashed_out(stage: SchemeStage) -> None:
    """Before accounts are cleared, one person spends one to the last cent on goods, shop after visit (PH-01)."""
    first, span = _year_end(stage)
    person = stage.person(first, first + timedelta(days=span), age=(25, 70), conditions=())
    shop = stage.pharmacy()
    for day in days_from(stage, first, span, stage.by_level(1, 3, 5)):
        for _ in range(stage.scaled(stage.by_level(4, 2, 1))):
            orders = [Order(good, stage.hand.between(3, 8)) for good in stage.hand.some(GOODS, 2)]
            if stage.disguise < 2:
                orders.append(Order(variants.PROTEIN, stage.hand.between(1, 3)))
            visit = stage.play(bought(stage, person, shop, day, orders))
            visit.account_share = 100
            stage.label_lines(visit, visit.lines)
    stage.label_patient(person)


def year_end_restock(stage: SchemeStage) -> None:
    """A chronic patient fills the cabinet before the holidays, out of the account, with the usual drugs."""
    first, span = _year_end(stage)
    person = stage.person(first, first + timedelta(days=span), age=(50, 85), conditions=("hypertension", "heart"))
    shop = stage.world.providers.home_pharmacy(person.home)
    drugs = [*catalogue.CHRONIC_DRUGS["hypertension"][:2], catalogue.CHRONIC_DRUGS["heart"][2]]
    orders = [Order(drug, 3) for drug in drugs]
    visit = stage.play(bought(stage, person, shop, days_from(stage, first, span, 1)[0], orders, diagnosis=PRESSURE))
    visit.account_share = 100
    stage.label_patient(person)


def empty_swipes(stage: SchemeStage) -> None:
    """Cards swiped for round sums: prices are bent until the receipt is full hundreds (PH-01)."""
    shop = stage.new_pharmacy(f"同泽大药房青禾{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(10)])
    for _ in range(stage.scaled(14, least=8)):
        day = stage.any_day()
        visit = bought(stage, passer_by(stage, day, (25, 75)), shop, day, [Order(stage.hand.pick(GOODS), 1)])
        line = visit.lines[0]
        line.quantity = stage.hand.between(6, 10)
        step = stage.by_level(10_000, 5_000, 1_000)  # cents: full hundreds, fifties, tens of yuan
        total = max(step, round(line.amount / step) * step)
        while total % line.quantity or (line.item.price_limit or total) < total // line.quantity:
            line.quantity += 1
        line.price = total // line.quantity
        stage.label_visits(stage.play(visit))
    stage.label_institution(shop)


def round_by_nature(stage: SchemeStage) -> None:
    """A shop sells packs at full-yuan prices: single receipts are round by nature."""
    shop = stage.new_pharmacy(f"百草大药房望川{stage.instance}店")
    for _ in range(10):
        day = stage.any_day()
        visit = bought(stage, passer_by(stage, day, (60, 95)), shop, day, [Order(variants.TONIC, 1)])
        visit.lines[0].price = 60_000
        stage.play(visit)
    stage.label_institution(shop)


def december_rush(stage: SchemeStage) -> None:
    """A shop's turnover of the year is made in a fortnight, with customers never seen before (PH-02)."""
    shop, (first, span) = stage.new_pharmacy(f"康民大药房柳湾{stage.instance}店"), _year_end(stage)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(6, 12, 20))])
    for _ in range(stage.scaled(26, least=16)):
        day = first + timedelta(days=stage.hand.between(0, span - 1))
        orders = [Order(good, stage.hand.between(4, 9)) for good in stage.hand.some(GOODS, 2)]
        stage.add(bought(stage, passer_by(stage, day, (20, 75)), shop, day, orders))
    stage.label_institution(shop)


def anniversary_sale(stage: SchemeStage) -> None:
    """A promotion week: more customers for small everyday drugs, the old customers among them."""
    shop, first = stage.new_pharmacy(f"仁心大药房石桥{stage.instance}店"), stage.start(8)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(14)])
    everyday_sales(stage, shop, [first + timedelta(days=n % 7) for n in range(12)])
    stage.label_institution(shop)


def _receipts(stage: SchemeStage, parts: list[list[Order]], minutes: tuple[int, int]) -> list[Visit]:
    day = stage.start(2)
    person = stage.person(day, day, age=(40, 85), conditions=("hypertension",))
    shop, visits = stage.pharmacy(), []
    at = stage.moment(day, 9, 16)
    for orders in parts:
        visit = bought(stage, person, shop, day, orders, visit_type="9929", diagnosis=PRESSURE)
        visits.append(stage.play(move(visit, at)))
        at += timedelta(minutes=stage.hand.between(*minutes), seconds=stage.hand.between(1, 59))
    return visits


def split_receipts(stage: SchemeStage) -> None:
    """One purchase cut into receipts below the limit, minutes apart (PH-03)."""
    drugs = stage.hand.some(catalogue.CHRONIC_DRUGS["hypertension"] + catalogue.CHRONIC_DRUGS["heart"], 4)
    parts = [[Order(drug, stage.hand.between(3, 5))] for drug in drugs[: stage.by_level(4, 3, 2)]]
    stage.label_visits(*_receipts(stage, parts, stage.by_level((0, 1), (1, 3), (2, 3))))


def forgotten_item(stage: SchemeStage) -> None:
    """Back a little later for what was forgotten."""
    drug, cold = stage.hand.pick(catalogue.CHRONIC_DRUGS["hypertension"]), stage.hand.pick(catalogue.ACUTE_DRUGS)
    stage.label_visits(*_receipts(stage, [[Order(drug, 2)], [Order(cold, 1)]], (6, 40)))


PHARMACIES = (
    Scheme("account_cashed_out", "scheme", "PH-01", 0.8, account_cashed_out),
    Scheme("year_end_restock", "lookalike", "PH-01", 0.8, year_end_restock),
    Scheme("empty_swipes", "scheme", "PH-01", 0.25, empty_swipes),
    Scheme("round_by_nature", "lookalike", "PH-01", 0.25, round_by_nature),
    Scheme("december_rush", "scheme", "PH-02", 0.2, december_rush),
    Scheme("anniversary_sale", "lookalike", "PH-02", 0.2, anniversary_sale),
    Scheme("split_receipts", "scheme", "PH-03", 0.8, split_receipts),
    Scheme("forgotten_item", "lookalike", "PH-03", 0.8, forgotten_item),
)
