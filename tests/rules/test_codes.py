"""The frames beside what sellers upload: what became of codes, what came onto shelves, what was paid in cash."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rules.frames.codes.history import handed_out
from rules.frames.codes.stock import balances, places, purchase_prices
from rules.frames.inputs import settled_lines
from tests.rules.frames import inputs_of

SCAN = {"institution_id": "S1", "quantity": 1, "is_insured": True, "is_split": False}


def _scan(line: str, code: str, day: int, **more: Any) -> dict[str, Any]:
    return SCAN | {"line_id": line, "trace_code": code, "scanned_at": datetime(2026, 3, day, 9)} | more


def _line(name: str, day: int, **more: Any) -> dict[str, Any]:
    usual = {
        "line_id": name,
        "settlement_id": f"of {name}",
        "institution_id": "S1",
        "patient_id": "P",
        "quantity": Decimal(1),
    }
    return usual | {"charged_at": datetime(2026, 3, day, 9), "amount": Decimal(10)} | more


@pytest.fixture(scope="module")
def codes(spark: Any) -> dict[str, Any]:
    """By line and code what is known of the codes of March."""
    scans = [
        *(_scan("1", "uploaded", 2, scanned_at=datetime(2026, 3, 2, hour)) for hour in (9, 10)),
        *(_scan("2", "returned", 2), _scan("2", "returned", 3, quantity=-1), _scan("3", "returned", 4)),
        *(_scan("?", "unsettled", 2), _scan("?", "unsettled", 3, quantity=-1), _scan("5", "unsettled", 4)),
        *(_scan("cash", "cash", 1, institution_id="S2", is_insured=False), _scan("6", "cash", 5)),
        *(_scan("old", "old", 1, scanned_at=datetime(2023, 3, 1), is_insured=False), _scan("7", "old", 5)),
        *(_scan("8", "unclear", 5), _scan("9", "unclear", 6, quantity=None)),
        *(_scan("refunded", "refunded", 2), _scan("10", "refunded", 3)),
    ]
    lines = [_line(str(n), 4) for n in (1, 2, 3, 5, 6, 7, 8, 9, 10)]
    inputs = inputs_of(spark, trace_scan=scans, claim_line=[*lines, _line("refunded", 2, quantity=Decimal(0))])
    return {row.row_id: row for row in handed_out(settled_lines(inputs), inputs).collect()}


def test_a_line_has_a_code_once_however_often_it_was_uploaded(codes):
    assert (codes["1|uploaded"].line_codes, codes["1|uploaded"].sale_number) == (1, 1)


def test_what_came_back_is_counted_against_what_was_sold(codes):
    assert [(codes[row].sale_number, codes[row].returned) for row in ("2|returned", "3|returned")] == [(1, 1), (2, 1)]


def test_what_came_back_was_first_of_what_no_settlement_paid(codes):
    assert codes.keys() & {"?|unsettled"} == set()
    assert (codes["5|unsettled"].returned, codes["5|unsettled"].first_sold_line_id) == (0, "5")


def test_a_pack_paid_in_cash_was_sold_and_one_of_a_refunded_line_was_not(codes):
    assert (codes["6|cash"].first_sold_place, codes["6|cash"].first_sold_is_cash) == ("S2", True)
    assert (codes["10|refunded"].first_sold_line_id, codes["10|refunded"].sale_number) == ("10", 1)
    assert "refunded|refunded" not in codes


def test_a_scan_of_no_known_quantity_may_be_a_return_and_what_is_years_ago_is_left_out(codes):
    assert ("9|unclear" in codes, codes["8|unclear"].returned) == (False, 1)
    assert codes["7|old"].first_sold_line_id == "7"


def _moved(item: str | None, kind: str, day: int, quantity: float | None, price: float | None = None) -> dict[str, Any]:
    known = None if quantity is None else Decimal(str(quantity))
    who = {"movement_id": f"{item}{kind}{day}", "institution_id": "S1", "item_code": item, "movement_type": kind}
    cost = None if price is None else Decimal(str(price))
    return who | {"moved_on": date(2026, 3, day), "quantity": known, "purchase_price": cost}


def test_what_was_counted_and_came_in_is_available_whatever_brought_it_and_prices_are_the_highest_known(spark):
    movements = [
        *(_moved("A", "purchase", 1, 9, 5), _moved("A", "opening", 2, 3), _moved("A", "transfer", 3, 4)),
        *(_moved("A", "purchase", 4, 5, 7), _moved("A", "sale", 5, -9), _moved("A", "closing", 6, 3)),
        *(_moved("A", "opening", 7, 3), _moved("B", "purchase", 3, 1), _moved("B", "purchase", 4, 1, 2)),
    ]
    inputs = inputs_of(spark, stock_movement=movements)
    prices = purchase_prices(inputs).withColumnRenamed("purchase_price", "price")
    found = prices.join(balances(inputs), on=["institution_id", "item_code"], how="left")
    rows = {row.item_code: (row.available, row.price) for row in found.collect()}
    assert rows == {"A": (12, 7), "B": (None, None)}


def test_an_institution_with_a_movement_of_nobody_knows_what_is_not_known(spark):
    inputs = inputs_of(spark, stock_movement=[_moved("A", "opening", 2, 3), _moved(None, "purchase", 3, 1)])
    (row,) = places(inputs).collect()
    assert (row.place_stock_since, row.place_counted_on) == (None, None)
