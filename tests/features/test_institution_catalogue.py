"""Indicators of institutions that look at rows in order, at days of stays and at what is unknown, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from features.catalogue import load_catalogues
from features.catalogue.running import narrowed
from fundwatch.contracts import TABLES
from scripts.try_indicators import tried

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = dict[str, Any]
ADMITTED, LEFT = datetime(2026, 6, 1, 8), datetime(2026, 6, 5, 8)
NIGHTS = [date(2026, 6, day) for day in (1, 2, 3, 4)]
EXPECTED: dict[str, dict[str, float | None]] = {
    "H1": {
        # ten stays have beds alone; one of them a line of unknown class, which is a service on one of its days
        "hanging_stay_share_90d": 10 / 25,
        "empty_day_share_30d": 66 / 107,
        # 30 stays of four days, one of unknown end that is known for its first day, four later ones of two days
        "uncharged_day_share_30d": 23 / 129,
        "surplus_bed_share_30d": 2 / 120,
        # no procedure, and no tenth of charges is treatment: all but the five treated and the one with a procedure
        "untreated_stay_share_90d": 25 / 31,
        "same_disease_return_share_90d": 1 / 35,
        "related_return_share_90d": 2 / 35,
        "elsewhere_return_share_90d": 1 / 34,
        "relay_stay_share_90d": 0.0,
        # one was there nine months before, another one more than a year before
        "new_person_share_90d": 30 / 31,
        # only the visit two days before the stay
        "moved_cost_share_90d": 300 / 15_000,
        # ten of 25: of five nobody knows whether aid paid
        "free_stay_share_90d": 10 / 25,
    },
    "H3": {"gap_entropy_30d": 1.0, "equal_repeat_share_30d": 50 / 100, "new_person_share_90d": None},
}


def stay(number: int, person: int, began: datetime, ended: datetime | None, **said: Any) -> Row:
    return {
        "encounter_id": f"E{number}", "patient_id": f"P{person}", "institution_id": "H1", "is_inpatient": True,
        "visit_type": "21", "started_at": began, "ended_at": ended, "main_diagnosis_code": "J18.9",
    } | said  # fmt: skip


def encounters() -> Iterator[Row]:
    yield from (stay(n, n, ADMITTED, LEFT) for n in range(30))
    yield stay(30, 30, ADMITTED + timedelta(days=1), None)
    again = datetime(2026, 6, 10, 8)
    yield stay(40, 0, again, again + timedelta(days=2), main_diagnosis_code="J18.0")
    yield stay(41, 1, again, again + timedelta(days=2), main_diagnosis_code="C34.1")
    yield stay(42, 2, datetime(2026, 6, 25, 8), datetime(2026, 6, 27, 8), main_diagnosis_code="J44.1")
    yield stay(43, 3, again, again + timedelta(days=2), main_diagnosis_code=None)
    yield stay(44, 4, datetime(2026, 6, 8, 8), datetime(2026, 6, 9, 8), institution_id="H2")
    visits = [(50, 5, datetime(2025, 9, 1)), (51, 6, datetime(2025, 4, 20)), (52, 7, datetime(2026, 5, 30))]
    for number, person, when in [*visits, (53, 8, datetime(2026, 5, 20))]:
        yield stay(number, person, when, when, is_inpatient=False, visit_type="11")


def lines() -> Iterator[Row]:
    for n in range(30):
        for day in NIGHTS[: 1 if 20 <= n < 25 else 4]:
            yield {"encounter_id": f"E{n}", "charge_class": "01", "quantity": 1, "amount": 50, "charged_at": day}
            if 10 <= n < 20 and day in NIGHTS[:2]:
                yield {"encounter_id": f"E{n}", "charge_class": "09", "quantity": 1, "amount": 100, "charged_at": day}
            if n >= 25:
                yield {"encounter_id": f"E{n}", "charge_class": "05", "quantity": 1, "amount": 200, "charged_at": day}
    yield {"encounter_id": "E0", "charge_class": None, "quantity": 1, "amount": 10, "charged_at": NIGHTS[0]}
    yield {"encounter_id": "E2", "charge_class": "01", "quantity": 2, "amount": 100, "charged_at": NIGHTS[0]}
    for day in NIGHTS[1:3]:
        yield {"encounter_id": "E30", "charge_class": "01", "quantity": 1, "amount": 50, "charged_at": day}


def settlements() -> Iterator[Row]:
    for n in range(30):
        own, aid = (0, 0) if n < 10 else (0, None) if n < 15 else (0, 100) if n < 20 else (100, 0)
        yield {
            "settlement_id": f"S{n}", "encounter_id": f"E{n}", "patient_id": f"P{n}", "institution_id": "H1",
            "settled_at": LEFT, "total_amount": 500, "own_amount": own, "aid_fund_amount": aid,
        }  # fmt: skip
    for n, amount in ((52, 300), (53, 400)):
        of = {"settlement_id": f"S{n}", "encounter_id": f"E{n}", "institution_id": "H1", "total_amount": amount}
        yield of | {"settled_at": datetime(2026, 5, 30, 9)}
    at = datetime(2026, 6, 15, 10)
    for n in range(101):
        yield {
            "settlement_id": f"T{n:03}", "encounter_id": None, "patient_id": f"Q{n}", "institution_id": "H3",
            "settled_at": at, "total_amount": 100,
        }  # fmt: skip
        at += timedelta(seconds=45 if n % 2 else 120)


def made() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    rows["encounter"] = [*encounters()]
    rows["settlement"] = [_with_decimals(row) for row in settlements()]
    people = {row["encounter_id"]: row["patient_id"] for row in rows["encounter"]}
    for number, line in enumerate(lines()):
        at = datetime.combine(line["charged_at"], datetime.min.time()) + timedelta(hours=9)
        whose = {"line_id": f"L{number}", "institution_id": "H1", "patient_id": people[line["encounter_id"]]}
        rows["claim_line"].append(_with_decimals(line | whose | {"charged_at": at}))
    rows["procedure"] = [{"encounter_id": "E1", "procedure_code": "33.22", "performed_on": NIGHTS[1]}]
    return rows


def _with_decimals(row: Row) -> Row:
    return {name: Decimal(value) if isinstance(value, int) else value for name, value in row.items()}


@pytest.mark.long
def test_stays_returns_gaps_and_free_stays_are_counted_as_by_hand(spark: SparkSession) -> None:
    wanted = sorted({name.rpartition("_")[0] for of in EXPECTED.values() for name in of})
    catalogue = narrowed(load_catalogues()["institution"], wanted)
    found = {row["institution_id"]: row for row in tried(spark, [catalogue], made())["institution"]}
    for institution, expected in EXPECTED.items():
        values = {name: found[institution][f"institution_{name}"] for name in expected}
        assert values == {name: value if value is None else pytest.approx(value) for name, value in expected.items()}


def test_first_digits_are_set_beside_benfords_shares_whose_squares_the_formula_sums_up() -> None:
    shares = {digits: math.log10(1 + 1 / digits) for digits in range(10, 100)}
    formula = load_catalogues(only=["institution"])["institution"].indicators["first_digits_distance"].formula or ""
    assert f"+ {sum(share * share for share in shares.values()):.7f}," in formula
