"""One hit as the lake has it: found by the beginning of its id, the fee lines that prove it, what its scan had read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from jobs.review.read_leads import quoted, rows_of

_HIT = re.compile(r"[0-9a-f]{4,32}")
_IDS = 8


@dataclass(frozen=True)
class LineExplained:
    """A fee line of the hit with what its settlement's fund paid, and what of that is at risk."""

    line_id: str
    role: str
    charged_on: date | None
    item_code: str | None
    item_name: str | None
    amount: Decimal | None
    covered_amount: Decimal | None
    settlement_fund: Decimal | None
    settlement_covered: Decimal | None
    settlement_account: Decimal | None
    amount_at_risk: Decimal | None


def find_hit(lake: Lake, hit: str, night: date | None) -> dict[str, Any]:
    """The row of `rule_hit`. Raises FundwatchError unless exactly one hit is meant."""
    if not _HIT.fullmatch(hit):
        raise FundwatchError(
            f"'{hit:.40}' is no hit's id, nor the beginning of one",
            where="HIT",
            do="give 4 to 32 of its letters and digits (0-9, a-f); `fundwatch show LEAD` lists the hits of a lead",
        )
    query = f"SELECT DISTINCT hit_id, business_date FROM rule_hit WHERE hit_id LIKE '{hit}%'"
    rows = lake.rows("rule_hit", query)
    nights = sorted({row["business_date"] for row in rows})
    chosen = night or (nights[-1] if nights else None)
    ids = sorted(row["hit_id"] for row in rows if row["business_date"] == chosen)
    if not ids:
        elsewhere = f"; it is one of other nights: {nights_said(nights)}" if nights else ""
        raise FundwatchError(
            f"no hit{f' of {night}' if night else ''} is named '{hit}'{elsewhere}",
            where="HIT",
            do="`fundwatch show LEAD` lists the hits of a lead",
        )
    if len(ids) > 1:
        raise FundwatchError(
            f"{len(ids)} hits of {chosen} begin with '{hit}'",
            where="HIT",
            do=f"give more of it: {', '.join(ids[:_IDS])}{' …' if len(ids) > _IDS else ''}",
        )
    (row,) = rows_of(lake, "rule_hit", ("business_date", "==", chosen), ("hit_id", "==", ids[0]))
    return row


def recorded_lake(lake: Lake, night: date) -> Lake | None:
    """The lake at the versions that the night's scan read; None where they are not there any more."""
    ledger = Ledger(lake.address)
    run = ledger.committed("rules", night)
    if run is None:
        return None
    read = {row["table_name"]: row["version"] for row in ledger.tables_of(run.run_id) if row["state"] == "read"}
    return lake.as_recorded(read) if read else None


def lines_of_hit(lake: Lake, found: Mapping[str, Any]) -> list[LineExplained]:
    """The dearest lines of the hit, counted ones first, as known after its night."""
    night = found["business_date"]
    proofs = rows_of(lake, "hit_line", ("business_date", "==", night), ("hit_id", "==", found["hit_id"]))
    proofs.sort(key=lambda line: (line["role"] != "counted", -(line["amount_at_risk"] or 0), line["line_id"]))
    lines = _known(lake, "claim_line", "line_id", [line["line_id"] for line in proofs], night)
    ids = [line["settlement_id"] for line in lines.values()]
    settlements = _known(lake, "settlement", "settlement_id", ids, night)
    return [_line(proof, lines.get(proof["line_id"], {}), settlements) for proof in proofs]


def _line(
    proof: Mapping[str, Any], line: Mapping[str, Any], settlements: Mapping[str, Mapping[str, Any]]
) -> LineExplained:
    settlement = settlements.get(line.get("settlement_id", ""), {})
    at = line.get("charged_at")
    return LineExplained(
        proof["line_id"],
        proof["role"],
        None if at is None else at.date(),
        line.get("item_code"),
        line.get("item_name"),
        line.get("amount"),
        line.get("covered_amount"),
        settlement.get("fund_amount"),
        settlement.get("covered_amount"),
        settlement.get("account_amount"),
        proof["amount_at_risk"],
    )


def _known(lake: Lake, table: str, key: str, ids: Sequence[str], night: date) -> dict[str, dict[str, Any]]:
    """Rows of a clean table by key, as known after the night."""
    wanted = {one for one in ids if one}
    if not wanted or not lake.exists(table):
        return {}
    query = f"SELECT * FROM {table} WHERE {known_on(night)} AND {key} IN ({quoted(wanted)})"
    return {row[key]: row for row in lake.rows(table, query)}
