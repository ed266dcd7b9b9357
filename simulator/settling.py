"""Who pays: an encounter's lines settled once, to the cent.

Every settlement keeps the interface's check sums: total = own-paid + over-limit + first-paid + in-scope;
total = funds + personal; personal = account + cash. Rates are invented, near the published ones (about
four fifths in hospital, a deductible by level of hospital).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.catalogue import Item
from simulator.people import Person
from simulator.records import Line, Settlement, Visit
from simulator.streams import id_of

_DEDUCTIBLE = {"1": 80_000, "2": 50_000, "3": 20_000}
_FUND_PERCENT = {
    "310": {"stay": 85, "chronic": 80, "visit": 60},
    "390": {"stay": 70, "chronic": 65, "visit": 50},
}
_CHRONIC_TYPES = ("140104", "140201", "9929")
_LARGE_CLAIM_FROM = 1_000_000
FUNDS = (
    "hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "othfund_pay"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of one line's amount, in cents."""

    own: int
    over_limit: int
    first_paid: int
    in_scope: int


def split(item: Item, quantity: int, price: int) -> Split:
    """Self-paid items are all own; a tenth of class B is paid first; the rest under the limit is in scope."""
    sign, count = (-1, -quantity) if quantity < 0 else (1, quantity)
    amount = count * price
    if item.grade == "3":
        return Split(sign * amount, 0, 0, 0)
    over = 0 if item.price_limit is None else max(0, price - item.price_limit) * count
    first = (amount - over + 5) // 10 if item.grade == "2" else 0
    return Split(0, sign * over, sign * first, sign * (amount - over - first))


def settle(seed: int, visit: Visit, unsettled: frozenset[str] = frozenset()) -> Settlement | None:
    """Settle an encounter's lines but the `unsettled`; None when no line is left."""
    lines = [line for line in visit.lines if line.id not in unsettled]
    if not lines:
        return None
    settlement = Settlement(id_of(seed, "settlement", visit.id), visit, visit.settled_at, _sums(visit, lines))
    for line in lines:
        line.settlement_id = settlement.id
    visit.settlements.append(settlement)
    return settlement


def reverse(seed: int, visit: Visit, at: datetime) -> Settlement:
    """Take the encounter's settlement back as a whole: every sum and every line once more, negative."""
    original = visit.settlements[0]
    sums = {name: -cents for name, cents in original.sums.items()}
    sums["dedc_std"] = original.sums["dedc_std"]
    settlement = Settlement(id_of(seed, "reversal", visit.id), visit, at, sums, original.id)
    backs = [
        Line(
            id=id_of(seed, "reversal", line.id), item=line.item, at=line.at + timedelta(seconds=1),
            order_id=line.order_id, quantity=-line.quantity, price=line.price, doctor=line.doctor,
            uploaded=at.date(), settlement_id=settlement.id, original_id=line.id,
        )
        for line in visit.lines
    ]  # fmt: skip
    visit.lines.extend(backs)
    visit.settlements.append(settlement)
    return settlement


def _sums(visit: Visit, lines: list[Line]) -> dict[str, int]:
    parts = [split(line.item, line.quantity, line.price) for line in lines]
    in_scope = sum(part.in_scope for part in parts)
    total = sum(line.amount for line in lines)
    deductible = _DEDUCTIBLE[visit.place.level] if visit.is_stay else 0
    funds = _funds(visit, in_scope, deductible)
    fund = sum(funds.values())
    own = total - fund
    account = own * 7 // 10 if visit.person.insurance == "310" and not visit.is_stay else 0
    return {
        "medfee_sumamt": total,
        "fulamt_ownpay_amt": sum(part.own for part in parts),
        "overlmt_selfpay": sum(part.over_limit for part in parts),
        "preselfpay_amt": sum(part.first_paid for part in parts),
        "inscp_amt": in_scope,
        "dedc_std": deductible,
        "act_pay_dedc": min(deductible, in_scope),
        **funds,
        "fund_pay_sumamt": fund,
        "psn_pay": own,
        "acct_pay": account,
        "cash_payamt": own - account,
    }


def _funds(visit: Visit, in_scope: int, deductible: int) -> dict[str, int]:
    person, funds = visit.person, dict.fromkeys(FUNDS, 0)
    above = max(0, in_scope - deductible)
    funds["hifp_pay"] = above * _percent(person, visit) // 100
    left = above - funds["hifp_pay"]
    if left > _LARGE_CLAIM_FROM:
        funds["hifob_pay" if person.insurance == "310" else "hifmi_pay"] = (left - _LARGE_CLAIM_FROM) * 6 // 10
    if person.is_civil_servant:
        funds["cvlserv_pay"] = (above - sum(funds.values())) * 2 // 10
    if person.on_aid:
        funds["maf_pay"] = (above - sum(funds.values())) // 2
    return funds


def _percent(person: Person, visit: Visit) -> int:
    if visit.visit_type == "41":
        return 0  # a purchase is paid from the account or in cash
    kind = "stay" if visit.is_stay else ("chronic" if visit.visit_type in _CHRONIC_TYPES else "visit")
    return _FUND_PERCENT[person.insurance][kind]
