"""追溯码: what the codes on the packs give away. Codes have 20 digits, the first seven name the drug."""

from __future__ import annotations

from datetime import timedelta

from simulator.beside.trace_codes import prefix_of
from simulator.care.care import Order
from simulator.care.records import Line, Visit
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.acts import PRESSURE, bought, days_from
from simulator.staging.stage import Scheme, SchemeStage
from simulator.streams import id_of

_CODE_DIGITS, _PREFIX_DIGITS = 20, 7
_RESOLD = (*catalogue.COSTLY_DRUGS[1:3], *catalogue.CHRONIC_DRUGS["diabetes"][2:], *catalogue.PATENT_DRUGS[:3])


def new_code(stage: SchemeStage, item: Item) -> str:
    """The code of one pack of this drug, never seen before."""
    serial = stage.hand.new_id(_CODE_DIGITS - _PREFIX_DIGITS)
    return prefix_of(item.code) + serial


def scan(stage: SchemeStage, line: Line, codes: list[str]) -> None:
    """Exactly these codes were scanned for the line."""
    line.trace_codes = tuple(codes)


def _fresh(stage: SchemeStage, line: Line) -> list[str]:
    return [new_code(stage, line.item) for _ in range(line.quantity)]


def _sale(stage: SchemeStage, person: Person, shop: Institution, day: int, drug: Item, packs: int) -> Visit:
    """One drug sold on the day so many days after the start of history."""
    at = stage.world.scenario.history_start + timedelta(days=day)
    visit = bought(stage, person, shop, at, [Order(drug, packs)], visit_type="9929", diagnosis=PRESSURE)
    scan(stage, visit.lines[0], _fresh(stage, visit.lines[0]))
    return stage.play(visit)


def _customers(stage: SchemeStage, count: int) -> list[tuple[Person, int]]:
    """Chronic patients, each with a day to buy on, in order of days."""
    start = stage.world.scenario.history_start
    span = min(60, stage.world.scenario.days)
    days = days_from(stage, stage.start(span), span, count)
    people = [stage.person(day, day, age=(45, 85), conditions=("hypertension", "heart")) for day in days]
    return [(person, (day - start).days) for person, day in zip(people, days, strict=True)]


def _sales(stage: SchemeStage, shops: list[Institution], count: int, packs: tuple[int, int]) -> list[Visit]:
    drug = stage.hand.pick(_RESOLD)
    return [
        _sale(stage, person, shops[n % len(shops)], day, drug, stage.hand.between(*packs))
        for n, (person, day) in enumerate(_customers(stage, count))
    ]


def code_settled_twice(stage: SchemeStage) -> None:
    """One pack settled for several people at one shop (TC-01)."""
    shop = stage.pharmacy()
    first, *later = _sales(stage, [shop], stage.scaled(stage.by_level(5, 4, 3), least=2), (1, 3))
    again = first.lines[0].trace_codes or ()
    for visit in later:
        own = _fresh(stage, visit.lines[0])
        own[0] = again[0] if again else own[0]
        scan(stage, visit.lines[0], own)
    stage.label_lines(first, first.lines)
    for visit in later:
        stage.label_lines(visit, visit.lines)


def scanned_once_more_after_undoing(stage: SchemeStage) -> None:
    """A sale was undone at the counter and rung up again the same minute with the same pack."""
    shop = stage.pharmacy()
    visit = _sales(stage, [shop], 1, (1, 1))[0]
    line = visit.lines[0]
    codes = list(line.trace_codes or ())
    back = Line(
        id=stage.hand.new_id(18), item=line.item, at=line.at + timedelta(minutes=1),
        quantity=-line.quantity, price=line.price, doctor=line.doctor, uploaded=line.uploaded, original_id=line.id,
    )  # fmt: skip
    again = Line(
        id=stage.hand.new_id(18), item=line.item, at=line.at + timedelta(minutes=2), on_sheet_of=line.id,
        quantity=line.quantity, price=line.price, doctor=line.doctor, uploaded=line.uploaded,
    )  # fmt: skip
    for extra in (back, again):
        scan(stage, extra, codes)
    visit.lines += [back, again]
    stage.label_lines(visit, visit.lines)


def code_at_two_places(stage: SchemeStage) -> None:
    """Packs sold at one shop come back into trade and are sold again elsewhere (TC-02)."""
    shops = stage.pharmacies(2)
    first, *later = _sales(stage, shops, stage.scaled(stage.by_level(6, 4, 2), least=2), (2, 4))
    pool = list(first.lines[0].trace_codes or ())
    for visit in later:
        line = visit.lines[0]
        if visit.place is first.place:
            pool += list(line.trace_codes or ())
            continue
        own = _fresh(stage, line)
        for n in range(min(len(pool), stage.by_level(len(own), 2, 1), len(own))):
            own[n] = pool.pop(0)
        scan(stage, line, own)
    stage.label_lines(first, first.lines)
    for visit in later:
        stage.label_lines(visit, visit.lines)


def mistyped_at_the_second_shop(stage: SchemeStage) -> None:
    """Two shops sell the same drug with codes that differ in one digit."""
    first, second = _sales(stage, stage.pharmacies(2), 2, (1, 1))
    code = (first.lines[0].trace_codes or ("0" * _CODE_DIGITS,))[0]
    scan(stage, second.lines[0], [code[:-1] + str((int(code[-1]) + 1) % 10)])
    stage.label_lines(second, second.lines)


def malformed_code(stage: SchemeStage) -> None:
    """Codes made up at the counter: too short, runs, letters; well made up, the wrong drug's prefix (TC-05)."""
    shop = stage.pharmacy()
    for visit in _sales(stage, [shop], stage.scaled(stage.by_level(6, 4, 3), least=2), (1, 3)):
        line = visit.lines[0]
        made_up = [_made_up(stage, code) for code in _fresh(stage, line)]
        scan(stage, line, made_up)
        stage.label_lines(visit, visit.lines)


def _made_up(stage: SchemeStage, code: str) -> str:
    short = code[: stage.hand.between(10, 19)]
    run = "1234567890" * 2 if stage.hand.chance(0.5) else stage.hand.pick("0123456789") * _CODE_DIGITS
    plain = stage.hand.pick((short, run, code[:10] + "A" + code[11:]))
    return stage.by_level(plain, code[:-2], code[:_PREFIX_DIGITS] + "0" * 10 + code[-3:])


def code_of_another_kind(stage: SchemeStage) -> None:
    """A pack coded in another lawful scheme: a trade item number of 14 digits with its serial."""
    visit = _sales(stage, [stage.pharmacy()], 1, (1, 2))[0]
    line = visit.lines[0]
    number = "0" + id_of("trade item", line.item.code, digits=13)
    scan(stage, line, [f"01{number}21{stage.hand.new_id(10)}" for _ in range(line.quantity)])
    stage.label_lines(visit, visit.lines)


def fewer_codes_than_packs(stage: SchemeStage) -> None:
    """More packs billed than were scanned (TC-07)."""
    shop = stage.pharmacy()
    for visit in _sales(stage, [shop], stage.scaled(stage.by_level(5, 4, 3), least=2), (3, 6)):
        line = visit.lines[0]
        missing = stage.by_level(line.quantity - 1, stage.hand.between(1, 2), 1)
        scan(stage, line, _fresh(stage, line)[missing:])
        stage.label_lines(visit, visit.lines)


def carton_scanned_pack_by_pack_later(stage: SchemeStage) -> None:
    """Each pack of a large sale scanned, in two orders of one receipt."""
    visit = _sales(stage, [stage.pharmacy()], 1, (4, 6))[0]
    stage.label_lines(visit, visit.lines)


def patient_to_market(stage: SchemeStage) -> None:
    """Packs one patient fetched on insurance turn up at an outlet that sells them again (TC-10)."""
    scenario, count = stage.world.scenario, stage.by_level(5, 4, 3)
    seller, drug = stage.person(scenario.history_start, scenario.history_start, age=(55, 80)), stage.hand.pick(_RESOLD)
    sources = stage.pharmacies(3)
    outlet, pool = stage.hand.pick([p for p in stage.world.providers.pharmacies if p not in sources]), []
    for n in range(count):
        bought_on = n * 3 + stage.hand.between(0, 2)
        visit = _sale(stage, seller, stage.hand.pick(sources), bought_on, drug, stage.by_level(5, 4, 2))
        pool += list(visit.lines[0].trace_codes or ())
        stage.label_lines(visit, visit.lines)
    for n in range(count):
        day = scenario.history_start + timedelta(days=count * 3 + n)
        visit = _sale(stage, stage.bystander(day), outlet, (day - scenario.history_start).days, drug, 1)
        if n < len(pool):
            scan(stage, visit.lines[0], [pool[n * stage.by_level(1, 2, 2) % len(pool)]])
        stage.label_lines(visit, visit.lines)
    stage.label_patient(seller)
    stage.label_institution(outlet)


def heavy_user_of_the_same_drug(stage: SchemeStage) -> None:
    """A patient who needs the same drug every fortnight; every pack was scanned once."""
    scenario = stage.world.scenario
    person = stage.person(scenario.history_start, scenario.history_start, age=(55, 80), conditions=("diabetes",))
    shop, drug = stage.world.providers.home_pharmacy(person.home), stage.hand.pick(_RESOLD)
    for day in range(0, min(56, scenario.days), 14):
        visit = _sale(stage, person, shop, day, drug, 2)
        stage.label_lines(visit, visit.lines)


TRACE = (
    Scheme("code_settled_twice", "scheme", "TC-01", 0.5, code_settled_twice, actor="institution"),
    Scheme("undone_and_rung_up_again", "lookalike", "TC-01", 0.5, scanned_once_more_after_undoing),
    Scheme("code_at_two_places", "scheme", "TC-02", 0.5, code_at_two_places, actor="ring"),
    Scheme("mistyped_at_the_second_shop", "lookalike", "TC-02", 0.5, mistyped_at_the_second_shop),
    Scheme("malformed_code", "scheme", "TC-05", 0.4, malformed_code),
    Scheme("code_of_another_kind", "lookalike", "TC-05", 0.4, code_of_another_kind),
    Scheme("fewer_codes_than_packs", "scheme", "TC-07", 0.5, fewer_codes_than_packs),
    Scheme("carton_scanned_pack_by_pack", "lookalike", "TC-07", 0.4, carton_scanned_pack_by_pack_later),
    Scheme("patient_to_market", "scheme", "TC-10", 0.4, patient_to_market, actor="ring"),
    Scheme("heavy_user_of_the_same_drug", "lookalike", "TC-10", 0.4, heavy_user_of_the_same_drug),
)
