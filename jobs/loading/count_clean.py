"""What of the clean tables no settlement accounts for after a night, counted without Spark."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fundwatch.contracts.versions import known_on
from intake.quality_page import Standing
from intake.rows.netting import MONEY
from jobs.job import Night

_UNSETTLED = ("没有结算单号的收费明细", "fee lines without a settlement")
_SETTLEMENT_GONE = (
    "结算单未报送或已冲正的收费明细",
    "fee lines whose settlement has not come, waits, or was taken back",
)
_BEYOND = ("冲正超过原额", "taken back beyond what there was")


def standing_figures(night: Night) -> list[Standing]:
    """Lines that never became settled, as far as the source says what settled them, and what reversals took too much.

    Nothing where there is none of it.
    """
    lake, known = night.place.lake, known_on(night.date)
    tables = [table for table in MONEY if night.exists(table)]
    found = []
    if "settlement_id" in night.supplied().get("claim_line", ()) and len(tables) == len(MONEY):
        where = f"FROM claim_line WHERE {known} AND settlement_id IS"
        found.append(Standing("claim_line", *_UNSETTLED, *_figures(lake.rows("claim_line", f"{_SUMS} {where} NULL"))))
        gone = (
            f"{_SUMS} FROM (SELECT * {where} NOT NULL) AS lines LEFT ANTI JOIN "
            f"(SELECT settlement_id FROM settlement WHERE {known}) AS there "
            "ON lines.settlement_id = there.settlement_id"
        )
        rows = lake.query(gone, "claim_line", "settlement").read_all().to_pylist()
        found.append(Standing("claim_line", *_SETTLEMENT_GONE, *_figures(rows)))
    for table in tables:
        money = MONEY[table]
        query = f"SELECT count(*) AS n, sum({money}) AS money FROM {table} WHERE {known} AND {money} < 0"
        found.append(Standing(table, *_BEYOND, *_figures(lake.rows(table, query))))
    return [one for one in found if one.lines]


_SUMS = "SELECT count(*) AS n, sum(amount) AS money"


def _figures(rows: list[dict[str, Any]]) -> tuple[int, Decimal]:
    return rows[0]["n"], rows[0]["money"] or Decimal("0.00")
