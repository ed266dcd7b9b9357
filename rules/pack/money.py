"""The fund's money in the lines of a visit, to the cent as the scan counts it (rules/engine/money.py says what)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rules.pack.values import Unknown, computed, fitted, quotient
from rules.pack.visit import TypedRow, VisitAtHand

_ZERO = Decimal("0.00")
_MONEY, _PRODUCT, _DUE, _RAW, _WIDE = (
    "decimal(16,2)",
    "decimal(38,4)",
    "decimal(38,6)",
    "decimal(28,10)",
    "decimal(38,12)",
)


@dataclass(frozen=True)
class PaidPart:
    """What the fund and the personal account paid for a line."""

    fund: Decimal
    account: Decimal


def paid_parts(visit: VisitAtHand) -> Mapping[str, PaidPart]:
    """By line of the settled ones; a line whose settlement does not say what was paid is not among them."""
    of_settlement: dict[str, list[TypedRow]] = defaultdict(list)
    for line in visit.tables["claim_line"]:
        if isinstance(line.get("settlement_id"), str):
            of_settlement[line["settlement_id"]].append(line)
    found: dict[str, PaidPart] = {}
    for settlement in visit.tables.get("settlement", ()):
        lines = sorted(of_settlement[str(settlement.get("settlement_id"))], key=lambda line: line["line_id"])
        if "fund_amount" in settlement and "covered_amount" in settlement:
            found |= _parts_of(lines, settlement)
    return found


def _parts_of(lines: Sequence[TypedRow], settlement: TypedRow) -> dict[str, PaidPart]:
    covered = [_at_least_zero(_least(line.get("covered_amount"), line.get("amount"))) for line in lines]
    fund = _shared(_known(settlement, "fund_amount"), covered, _known(settlement, "covered_amount"))
    left = [_at_least_zero(_less(line.get("amount"), part)) for line, part in zip(lines, fund, strict=True)]
    left_of_all = _less(_known(settlement, "total_amount"), _known(settlement, "fund_amount") or _ZERO)
    account = _shared(_known(settlement, "account_amount"), left, left_of_all)
    return {line["line_id"]: PaidPart(*parts) for line, *parts in zip(lines, fund, account, strict=True)}


def _shared(paid: Decimal | None, bases: Sequence[Decimal], whole: Decimal | None) -> list[Decimal]:
    """What of a payment falls on each line in their order: in proportion to its base, never more than its base."""
    if paid is None or whole is None:
        return [_ZERO for _ in bases]
    whole = max(whole, sum(bases, _ZERO))
    shared = max(min(paid, whole), _ZERO)
    if not whole:
        return [_ZERO for _ in bases]

    def due(until: Decimal) -> Decimal:
        return _cents(quotient(computed("*", until, shared, _PRODUCT), whole, _DUE))

    return _steps(bases, due)


def amounts_at_risk(
    lines: Iterable[tuple[str, Any, Decimal]], parts: Mapping[str, PaidPart], *, with_account: bool
) -> dict[str, Decimal | None]:
    """By line of one hit the money at risk; None where it is not known what was paid. `lines` are line, settlement and
    the share of it that is at risk."""
    found: dict[str, Decimal | None] = {}
    of_settlement: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for line_id, settlement_id, share in lines:
        if line_id not in parts:
            found[line_id] = None
            continue
        paid = parts[line_id].fund + (parts[line_id].account if with_account else _ZERO)
        raw = fitted(computed("*", paid, share, _WIDE), _RAW)
        of_settlement[settlement_id].append((line_id, raw))
    for of_one in of_settlement.values():
        of_one.sort()
        found |= zip((line_id for line_id, _ in of_one), _steps([raw for _, raw in of_one], _cents), strict=True)
    return found


def _steps(values: Sequence[Decimal], rounded: Callable[[Decimal], Decimal]) -> list[Decimal]:
    """The steps of a rounded running sum: they add up to the rounded sum."""
    until, found = Decimal(0), []
    for value in values:
        found.append(rounded(until + value) - rounded(until))
        until += value
    return found


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _known(row: TypedRow, name: str) -> Decimal | None:
    value = row.get(name)
    return value if isinstance(value, Decimal) else None


def _least(covered: Any, amount: Any) -> Decimal | None:
    if not isinstance(covered, Decimal):
        return None
    return min(covered, amount) if isinstance(amount, Decimal) else covered


def _less(amount: Any, part: Decimal) -> Decimal | None:
    return None if amount is None or isinstance(amount, Unknown) else amount - part


def _at_least_zero(amount: Decimal | None) -> Decimal:
    return fitted(max(amount or _ZERO, _ZERO), _MONEY)
