"""药店: what shops do: slips that all go one way, cover drugs, prices by payer, terminals that run at night."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order
from simulator.care.chronic import COSTLY_FOR
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.city.providers import Doctor, Institution
from simulator.schemes.pharmacies import GOODS
from simulator.staging.acts import bought, everyday_sales, lines_of, move, passer_by
from simulator.staging.stage import Scheme, SchemeStage


def _slips_of_one_doctor(stage: SchemeStage, shop: Institution, doctor: Doctor, share: float, count: int) -> None:
    shops = stage.world.providers.pharmacies
    for _ in range(count):
        day = stage.any_day()
        dear, illness = stage.hand.pick(COSTLY_FOR)
        drugs = [Order(dear, stage.hand.between(1, 3))]
        drugs.append(Order(stage.hand.pick(catalogue.PATENT_DRUGS), stage.hand.between(2, 4)))
        where = shop if stage.hand.chance(share) else stage.hand.pick(shops)
        person = passer_by(stage, day, (35, 90))
        stage.add(bought(stage, person, where, day, drugs, visit_type="9929", diagnosis=illness, doctor=doctor))


def slips_to_one_shop(stage: SchemeStage) -> None:
    """A doctor's slips for dear drugs nearly all end at one shop, which lives on them (PH-07)."""
    place = stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    shop = stage.new_pharmacy(f"安和大药房丹霞{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(3, 8, 14))])
    _slips_of_one_doctor(stage, shop, doctor, stage.by_level(1.0, 0.92, 0.84), stage.scaled(20))
    stage.label_doctor(place, doctor)
    stage.label_institution(shop)


def shop_at_the_gate(stage: SchemeStage) -> None:
    """The only shop beside the hospital fills the slips of all its doctors."""
    place = stage.hospital("2", "3")
    shop = stage.new_pharmacy(f"安和大药房院前{stage.instance}店")
    for doctor in stage.hand.some(place.doctors, 5):
        _slips_of_one_doctor(stage, shop, doctor, 0.85, 4)
    stage.label_institution(shop)


def cover_drug(stage: SchemeStage) -> None:
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


def cold_season(stage: SchemeStage) -> None:
    """A wave of colds: for three weeks everyone buys the same cold remedy, for a cold."""
    shop, first = stage.new_pharmacy(f"百草大药房白鹭{stage.instance}店"), stage.start(22)
    everyday_sales(stage, shop, [stage.any_day() for _ in range(16)])
    for _ in range(14):
        day = first + timedelta(days=stage.hand.between(0, 20))
        orders = [Order(variants.COVER_DRUG, stage.hand.between(1, 2)), Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        stage.play(bought(stage, stage.bystander(day), shop, day, orders))
    stage.label_institution(shop)


def dearer_for_the_insured(stage: SchemeStage) -> None:
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


def members_price(stage: SchemeStage) -> None:
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


def _at_night(stage: SchemeStage, shop: Institution, count: int, hours: tuple[int, int]) -> None:
    for _ in range(count):
        day = stage.start(2)
        orders = [Order(good, stage.hand.between(2, 6)) for good in stage.hand.some(GOODS, 2)]
        visit = bought(stage, passer_by(stage, day, (25, 80)), shop, day, orders)
        visit = move(visit, stage.moment(day, *hours))
        visit.end = visit.settled_at = visit.lines[-1].at + timedelta(minutes=stage.hand.between(1, 9))
        stage.label_visits(stage.play(visit))


def night_terminal(stage: SchemeStage) -> None:
    """The terminal of a shop that closes at ten settles before dawn (PH-13)."""
    shop = stage.new_pharmacy(f"仁心大药房青禾{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(stage.by_level(10, 20, 30))])
    _at_night(stage, shop, stage.scaled(stage.by_level(14, 8, 5)), stage.by_level((1, 5), (4, 7), (5, 7)))
    stage.label_institution(shop)


def shop_open_all_night(stage: SchemeStage) -> None:
    """A shop open round the clock: a few customers at any hour, for what is needed at night."""
    shop = stage.new_pharmacy(f"仁心大药房昼夜{stage.instance}店")
    everyday_sales(stage, shop, [stage.any_day() for _ in range(14)])
    for _ in range(8):
        day = stage.start(2)
        orders = [Order(drug, 1) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        stage.play(move(bought(stage, stage.bystander(day), shop, day, orders), stage.moment(day, 0, 22)))
    stage.label_institution(shop)


SHOPS = (
    Scheme("slips_to_one_shop", "scheme", "PH-07", 0.2, slips_to_one_shop),
    Scheme("shop_at_the_gate", "lookalike", "PH-07", 0.2, shop_at_the_gate),
    Scheme("cover_drug", "scheme", "PH-10", 0.25, cover_drug),
    Scheme("cold_season", "lookalike", "PH-10", 0.25, cold_season),
    Scheme("dearer_for_the_insured", "scheme", "PH-11", 0.2, dearer_for_the_insured),
    Scheme("members_price", "lookalike", "PH-11", 0.2, members_price),
    Scheme("night_terminal", "scheme", "PH-13", 0.25, night_terminal),
    Scheme("shop_open_all_night", "lookalike", "PH-13", 0.25, shop_open_all_night),
)
