"""药店: accounts turned into cash and goods, receipts split, slips that all go one way."""

from __future__ import annotations

from datetime import date, timedelta

from simulator import catalogue, variants
from simulator.care import Order
from simulator.providers import Doctor, Institution
from simulator.records import Visit
from simulator.schemes.acts import PRESSURE, bought, days_from, everyday_sales, lines_of, move, passer_by
from simulator.schemes.stage import Scheme, Stage

_GOODS = (*catalogue.PATENT_DRUGS, variants.COVER_DRUG)


def _year_end(stage: Stage) -> tuple[date, int]:
    """The last December days of the history; without a December, its last fortnight. First day and days."""
    scenario = stage.world.scenario
    december = [scenario.history_start + timedelta(days=n) for n in range(scenario.days + 1)]
    december = [day for day in december if day.month == 12 and day.day >= 15]
    first = december[0] if december else scenario.last_day - timedelta(days=13)
    return first, min(14, (scenario.last_day - first).days + 1)


def account_cashed_out(stage: Stage) -> None:
    """Before accounts are cleared, one person spends one to the last cent on goods, shop after visit (PH-01)."""
    first, span = _year_end(stage)
    person = stage.person(first, first + timedelta(days=span), age=(25, 70), conditions=())
    shop = stage.hand.pick(stage.world.providers.pharmacies)
    for day in days_from(stage, first, span, stage.by_level(1, 3, 5)):
        for _ in range(stage.scaled(stage.by_level(4, 2, 1))):
            orders = [Order(good, stage.hand.between(3, 8)) for good in stage.hand.some(_GOODS, 2)]
            if stage.disguise < 2:
                orders.append(Order(variants.PROTEIN, stage.hand.between(1, 3)))
            visit = stage.play(bought(stage, person, shop, day, orders))
            visit.account_share = 100
            stage.label_lines(visit, visit.lines)
    stage.label_patient(person)


def year_end_restock(stage: Stage) -> None:
    """A chronic patient fills the cabinet before the holidays, out of the account, with the usual drugs."""
    first, span = _year_end(stage)
    person = stage.person(first, first + timedelta(days=span), age=(50, 85), conditions=("hypertension", "heart"))
    shop = stage.world.providers.home_pharmacy(person.home)
    drugs = [*catalogue.CHRONIC_DRUGS["hypertension"][:2], catalogue.CHRONIC_DRUGS["heart"][2]]
    orders = [Order(drug, 3) for drug in drugs]
    visit = stage.play(bought(stage, person, shop, days_from(stage, first, span, 1)[0], orders, diagnosis=PRESSURE))
    visit.account_share = 100
    stage.label_patient(person)


def empty_swipes(stage: Stage) -> None:
    """Cards swiped for round sums: prices are bent until the receipt is full hundreds (PH-01)."""
    shop = stage.new_pharmacy(f"同泽大药房青禾{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(10)])
    for _ in range(stage.scaled(14, least=8)):
        day = stage.any_day()
        visit = bought(stage, passer_by(stage, day, (25, 75)), shop, day, [Order(stage.hand.pick(_GOODS), 1)])
        line = visit.lines[0]
        line.quantity = stage.hand.between(6, 10)
        step = stage.by_level(10_000, 5_000, 1_000)  # cents: full hundreds, fifties, tens of yuan
        total = max(step, round(line.amount / step) * step)
        while total % line.quantity or (line.item.price_limit or total) < total // line.quantity:
            line.quantity += 1
        line.price = total // line.quantity
        stage.label_visits(stage.play(visit))
    stage.label_institution(shop)


def round_by_nature(stage: Stage) -> None:
    """A shop sells packs at full-yuan prices: single receipts are round by nature."""
    shop = stage.new_pharmacy(f"百草大药房望川{stage.instance}店")
    for _ in range(10):
        day = stage.any_day()
        visit = bought(stage, passer_by(stage, day, (60, 95)), shop, day, [Order(variants.TONIC, 1)])
        visit.lines[0].price = 60_000
        stage.play(visit)
    stage.label_institution(shop)


def december_rush(stage: Stage) -> None:
    """A shop's turnover of the year is made in a fortnight, with customers never seen before (PH-02)."""
    shop, (first, span) = stage.new_pharmacy(f"康民大药房柳湾{stage.instance}店"), _year_end(stage)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(6, 12, 20))])
    for _ in range(stage.scaled(26, least=16)):
        day = first + timedelta(days=stage.hand.between(0, span - 1))
        orders = [Order(good, stage.hand.between(4, 9)) for good in stage.hand.some(_GOODS, 2)]
        stage.add(bought(stage, passer_by(stage, day, (20, 75)), shop, day, orders))
    stage.label_institution(shop)


def anniversary_sale(stage: Stage) -> None:
    """A promotion week: more customers for small everyday drugs, the old customers among them."""
    shop, first = stage.new_pharmacy(f"仁心大药房石桥{stage.instance}店"), stage.start(8)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(14)])
    everyday_sales(stage, shop, [first + timedelta(days=n % 7) for n in range(12)])
    stage.label_institution(shop)


def _receipts(stage: Stage, parts: list[list[Order]], minutes: tuple[int, int]) -> list[Visit]:
    day = stage.start(2)
    person = stage.person(day, day, age=(40, 85), conditions=("hypertension",))
    shop, visits = stage.hand.pick(stage.world.providers.pharmacies), []
    at = stage.moment(day, 9, 16)
    for orders in parts:
        visit = bought(stage, person, shop, day, orders, visit_type="9929", diagnosis=PRESSURE)
        visits.append(stage.play(move(visit, at)))
        at += timedelta(minutes=stage.hand.between(*minutes), seconds=stage.hand.between(1, 59))
    return visits


def split_receipts(stage: Stage) -> None:
    """One purchase cut into receipts below the limit, minutes apart (PH-03)."""
    drugs = stage.hand.some(catalogue.CHRONIC_DRUGS["hypertension"] + catalogue.CHRONIC_DRUGS["heart"], 4)
    parts = [[Order(drug, stage.hand.between(3, 5))] for drug in drugs[: stage.by_level(4, 3, 2)]]
    stage.label_visits(*_receipts(stage, parts, stage.by_level((0, 1), (1, 3), (2, 3))))


def forgotten_item(stage: Stage) -> None:
    """Back a little later for what was forgotten."""
    drug, cold = stage.hand.pick(catalogue.CHRONIC_DRUGS["hypertension"]), stage.hand.pick(catalogue.ACUTE_DRUGS)
    stage.label_visits(*_receipts(stage, [[Order(drug, 2)], [Order(cold, 1)]], (6, 40)))


def _slips_of_one_doctor(stage: Stage, shop: Institution, doctor: Doctor, share: float, count: int) -> None:
    shops = stage.world.providers.pharmacies
    for _ in range(count):
        day = stage.any_day()
        drugs = [Order(drug, stage.hand.between(1, 3)) for drug in stage.hand.some(catalogue.COSTLY_DRUGS, 1)]
        drugs.append(Order(stage.hand.pick(catalogue.PATENT_DRUGS), stage.hand.between(2, 4)))
        where = shop if stage.hand.chance(share) else stage.hand.pick(shops)
        person = passer_by(stage, day, (35, 90))
        stage.add(bought(stage, person, where, day, drugs, visit_type="9929", diagnosis=PRESSURE, doctor=doctor))


def slips_to_one_shop(stage: Stage) -> None:
    """A doctor's slips for dear drugs nearly all end at one shop, which lives on them (PH-07)."""
    place = stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    shop = stage.new_pharmacy(f"安和大药房丹霞{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(3, 8, 14))])
    _slips_of_one_doctor(stage, shop, doctor, stage.by_level(1.0, 0.92, 0.84), stage.scaled(20))
    stage.label_doctor(place, doctor)
    stage.label_institution(shop)


def shop_at_the_gate(stage: Stage) -> None:
    """The only shop beside the hospital fills the slips of all its doctors."""
    place = stage.hospital("2", "3")
    shop = stage.new_pharmacy(f"安和大药房院前{stage.instance}店")
    for doctor in stage.hand.some(place.doctors, 5):
        _slips_of_one_doctor(stage, shop, doctor, 0.85, 4)
    stage.label_institution(shop)


def cover_drug(stage: Stage) -> None:
    """Daily goods rung up as one cheap covered drug, two packs a head (PH-10)."""
    shop = stage.new_pharmacy(f"百草大药房云台{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(4, 10, 18))])
    for _ in range(stage.scaled(22, least=14)):
        day = stage.any_day()
        orders = [Order(variants.COVER_DRUG, stage.by_level(2, stage.hand.between(1, 2), stage.hand.between(1, 3)))]
        if stage.hand.chance(stage.by_level(0.0, 0.3, 0.6)):
            orders.append(Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 1))
        visit = bought(stage, stage.bystander(day), shop, day, orders, diagnosis=("M54.500", "腰痛"))
        stage.label_lines(stage.play(visit), lines_of(visit, variants.COVER_DRUG))
    stage.label_institution(shop)


def cold_season(stage: Stage) -> None:
    """A wave of colds: for three weeks everyone buys the same cold remedy, for a cold."""
    shop, first = stage.new_pharmacy(f"百草大药房白鹭{stage.instance}店"), stage.start(22)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(16)])
    for _ in range(14):
        day = first + timedelta(days=stage.hand.between(0, 20))
        orders = [Order(variants.COVER_DRUG, stage.hand.between(1, 2)), Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        stage.play(bought(stage, stage.bystander(day), shop, day, orders))
    stage.label_institution(shop)


def dearer_for_the_insured(stage: Stage) -> None:
    """The same drug in the same weeks: dearer from the account than in cash (PH-11)."""
    shop, drug = stage.new_pharmacy(f"同泽大药房松岭{stage.instance}店"), stage.hand.pick(catalogue.PATENT_DRUGS)
    first, markup = stage.start(28), stage.by_level(115, 110, 105)
    for n in range(stage.scaled(24)):
        day, insured = first + timedelta(days=stage.hand.between(0, 27)), n % 2 == 0
        visit = stage.play(bought(stage, stage.bystander(day), shop, day, [Order(drug, stage.hand.between(1, 3))]))
        visit.account_share = 100 if insured else 0
        if insured:
            for line in visit.lines:
                line.price = min(line.item.price_limit or line.price * 2, line.price * markup // 100)
            stage.label_lines(visit, visit.lines)
    stage.label_institution(shop)


def members_price(stage: Stage) -> None:
    """A tenth off on members' days, for all who come, however they pay."""
    shop, drug, first = (
        stage.new_pharmacy(f"同泽大药房会员{stage.instance}店"),
        catalogue.PATENT_DRUGS[0],
        stage.start(28),
    )
    for n in range(16):
        day = first + timedelta(days=stage.hand.between(0, 27))
        visit = stage.play(bought(stage, stage.bystander(day), shop, day, [Order(drug, stage.hand.between(1, 3))]))
        visit.account_share = 100 if n % 2 else 0
        if day.weekday() == 2:
            visit.lines[0].price = visit.lines[0].price * 9 // 10
    stage.label_institution(shop)


def _at_night(stage: Stage, shop: Institution, count: int, hours: tuple[int, int]) -> None:
    for _ in range(count):
        day = stage.start(2)
        orders = [Order(good, stage.hand.between(2, 6)) for good in stage.hand.some(_GOODS, 2)]
        visit = bought(stage, passer_by(stage, day, (25, 80)), shop, day, orders)
        visit = move(visit, stage.moment(day, *hours))
        visit.end = visit.settled_at = visit.lines[-1].at + timedelta(minutes=stage.hand.between(1, 9))
        stage.label_visits(stage.play(visit))


def night_terminal(stage: Stage) -> None:
    """The terminal of a shop that closes at ten settles before dawn (PH-13)."""
    shop = stage.new_pharmacy(f"仁心大药房青禾{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(10, 20, 30))])
    _at_night(stage, shop, stage.scaled(stage.by_level(14, 8, 5)), stage.by_level((1, 5), (4, 7), (5, 7)))
    stage.label_institution(shop)


def shop_open_all_night(stage: Stage) -> None:
    """A shop open round the clock: a few customers at any hour, for what is needed at night."""
    shop = stage.new_pharmacy(f"仁心大药房昼夜{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(14)])
    for _ in range(8):
        day = stage.start(2)
        orders = [Order(drug, 1) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        stage.play(move(bought(stage, stage.bystander(day), shop, day, orders), stage.moment(day, 0, 22)))
    stage.label_institution(shop)


PHARMACIES = (
    Scheme("account_cashed_out", "scheme", "PH-01", 0.8, account_cashed_out),
    Scheme("year_end_restock", "lookalike", "PH-01", 0.8, year_end_restock),
    Scheme("empty_swipes", "scheme", "PH-01", 0.25, empty_swipes),
    Scheme("round_by_nature", "lookalike", "PH-01", 0.25, round_by_nature),
    Scheme("december_rush", "scheme", "PH-02", 0.2, december_rush),
    Scheme("anniversary_sale", "lookalike", "PH-02", 0.2, anniversary_sale),
    Scheme("split_receipts", "scheme", "PH-03", 0.8, split_receipts),
    Scheme("forgotten_item", "lookalike", "PH-03", 0.8, forgotten_item),
    Scheme("slips_to_one_shop", "scheme", "PH-07", 0.2, slips_to_one_shop),
    Scheme("shop_at_the_gate", "lookalike", "PH-07", 0.2, shop_at_the_gate),
    Scheme("cover_drug", "scheme", "PH-10", 0.25, cover_drug),
    Scheme("cold_season", "lookalike", "PH-10", 0.25, cold_season),
    Scheme("dearer_for_the_insured", "scheme", "PH-11", 0.2, dearer_for_the_insured),
    Scheme("members_price", "lookalike", "PH-11", 0.2, members_price),
    Scheme("night_terminal", "scheme", "PH-13", 0.25, night_terminal),
    Scheme("shop_open_all_night", "lookalike", "PH-13", 0.25, shop_open_all_night),
)
