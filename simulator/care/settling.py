"""Who pays: an encounter's lines settled once, to the cent, by the policy.

Every settlement keeps the interface's check sums: total = own-paid + over-limit + first-paid + in-scope;
total = funds + personal; personal = account + cash. A person's yearly usage moves with each settlement and
back with its reversal; `SettlementQueue` makes the settlements of all in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from simulator.care.records import Line, Settlement, Visit
from simulator.city.items import Item
from simulator.city.policy import STANDARD, Kind, Usage, account_left, deductible_of, kind_of, pooled_of
from simulator.streams import id_of

_ERROR_NOTICED = timedelta(minutes=3)
_FAMILY_PART = 2  # of a relative's balance one settlement may take a half
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
    """Self-paid items are all own; a share of class B is paid first; the rest under the limit is in scope."""
    sign, count = (-1, -quantity) if quantity < 0 else (1, quantity)
    amount = count * price
    if item.grade == "3":
        return Split(sign * amount, 0, 0, 0)
    over = 0 if item.price_limit is None else max(0, price - item.price_limit) * count
    first = ((amount - over) * STANDARD.first_paid_percent[item.grade] + 50) // 100
    return Split(0, sign * over, sign * first, sign * (amount - over - first))


def settle(seed: int, visit: Visit, unsettled: frozenset[str] = frozenset()) -> Settlement | None:
    """Settle an encounter's lines but the `unsettled` and what was settled before; None when no line is left."""
    lines = [line for line in visit.lines if not line.settlement_id and line.id not in unsettled]
    return _settled(id_of(seed, "settlement", visit.id), visit, visit.settled_at, lines) if lines else None


def settle_interim(seed: int, visit: Visit, unsettled: frozenset[str] = frozenset()) -> Settlement | None:
    """Settle what was charged until the interim settlement; None when that is nothing or all."""
    until = visit.interim_at or visit.settled_at
    lines = [line for line in visit.lines if line.id not in unsettled]
    early = [line for line in lines if line.at <= until]
    if not early or len(early) == len(lines):
        return None
    settlement = _settled(id_of(seed, "interim", visit.id), visit, until, early)
    settlement.is_interim = True
    return settlement


def settle_after_an_error(seed: int, visit: Visit) -> Settlement:
    """Settle, take all of it back and settle again within minutes: what is left is as if nothing had been.

    The lines keep their ids; those of the first try have others, and the same packs are scanned in both.
    """
    lines = visit.lines
    visit.lines = [replace(line, id=id_of(seed, "first try", line.id)) for line in lines]
    _settled(id_of(seed, "first try", visit.id), visit, visit.settled_at, visit.lines)
    reverse(seed, visit, visit.settled_at + _ERROR_NOTICED)
    visit.lines = [*lines, *visit.lines]
    return _settled(id_of(seed, "settlement", visit.id), visit, visit.settled_at + 2 * _ERROR_NOTICED, lines)


def _settled(number: str, visit: Visit, at: datetime, lines: list[Line]) -> Settlement:
    settlement = Settlement(number, visit, at, _sums(visit, at, lines))
    for line in lines:
        line.settlement_id = settlement.id
    visit.settlements.append(settlement)
    return settlement


def reverse(seed: int, visit: Visit, at: datetime) -> Settlement:
    """Take the encounter's settlement back as a whole: every sum and every line once more, negative."""
    original = visit.settlements[0]
    sums = {name: -cents for name, cents in original.sums.items()}
    sums["dedc_std"] = original.sums["dedc_std"]
    usage = visit.person.usage.setdefault(visit.settled_at.year, Usage())
    _use(visit, usage, kind_of(visit.visit_type, is_stay=visit.is_stay), sums, -1)
    settlement = Settlement(id_of(seed, "reversal", visit.id), visit, at, sums, original.id)
    backs = [
        Line(
            id=id_of(seed, "reversal", line.id), item=line.item, at=line.at + timedelta(seconds=1),
            order_id=line.order_id, quantity=-line.quantity, price=line.price, doctor=line.doctor,
            uploaded=at.date(), settlement_id=settlement.id, original_id=line.id,
            covered=None if line.covered is None else -line.covered,
        )
        for line in visit.lines
    ]  # fmt: skip
    visit.lines.extend(backs)
    visit.settlements.append(settlement)
    return settlement


def _sums(visit: Visit, at: datetime, lines: list[Line]) -> dict[str, int]:
    total, own_paid, over, first = _parts(lines)
    in_scope = total - own_paid - over - first
    person = visit.person
    usage = person.usage.setdefault(at.year, Usage())
    kind = kind_of(visit.visit_type, is_stay=visit.is_stay)
    deductible = deductible_of(STANDARD, kind, visit.place.level, person.insurance, usage)
    if visit.settlements and visit.settlements[0].is_interim:
        deductible = 0  # once a stay
    taken = 0 if visit.aid_only else max(0, min(deductible, in_scope))
    funds = _funds(visit, kind, usage, max(0, in_scope - taken))
    fund = sum(funds.values())
    sums = {
        "medfee_sumamt": total,
        "fulamt_ownpay_amt": own_paid,
        "overlmt_selfpay": over,
        "preselfpay_amt": first,
        "inscp_amt": in_scope,
        "dedc_std": deductible,
        "act_pay_dedc": taken,
        **funds,
        "fund_pay_sumamt": fund,
        "psn_pay": total - fund,
        "acct_pay": _account(visit, usage, total - fund),
    }
    sums["cash_payamt"] = sums["psn_pay"] - sums["acct_pay"]
    _use(visit, usage, kind, sums, 1)
    return sums


def _parts(lines: list[Line]) -> tuple[int, int, int, int]:
    """Total, own-paid, over-limit and first-paid cents of lines; what a line says is covered goes before all."""
    total = own_paid = over = first = 0
    for line in lines:
        amount = line.quantity * line.price
        total += amount
        item = line.item
        if line.covered is not None:
            own_paid += amount - line.covered
        elif item.grade == "3":
            own_paid += amount
        elif item.grade == "2" or (item.price_limit is not None and line.price > item.price_limit):
            part = split(item, line.quantity, line.price)
            over, first = over + part.over_limit, first + part.first_paid
    return total, own_paid, over, first


def _funds(visit: Visit, kind: Kind, usage: Usage, above: int) -> dict[str, int]:
    person, funds = visit.person, dict.fromkeys(FUNDS, 0)
    if kind == "purchase" or above <= 0:
        return funds
    if visit.aid_only:
        funds["maf_pay"] = above * STANDARD.aid_percent // 100
        return funds
    pooled = pooled_of(STANDARD, kind, visit.place.level, person.insurance, person.person_type, usage, above)
    funds["hifp_pay"] = pooled
    left = above - pooled
    large = max(0, usage.own + left - STANDARD.large_claim_from) - usage.large
    if kind != "visit" and large > 0:
        paid = min(left, large) * STANDARD.large_claim_percent // 100
        funds["hifob_pay" if person.insurance == "310" else "hifmi_pay"] = paid
        left -= paid
    if person.is_civil_servant:
        funds["cvlserv_pay"] = left * STANDARD.civil_servant_percent // 100
        left -= funds["cvlserv_pay"]
    if person.on_aid and kind != "visit":
        funds["maf_pay"] = left * STANDARD.aid_percent // 100
    return funds


def _account(visit: Visit, usage: Usage, own: int) -> int:
    """From the own account, then from the family's; stays are paid in cash. Not more than is in them."""
    if visit.is_stay or own <= 0:
        return 0
    person, month = visit.person, visit.settled_at.month
    if visit.account_share is not None:
        paid = own * visit.account_share // 100
        visit.family_account = min(visit.family_account, paid)
        return paid
    paid = min(own, account_left(STANDARD, person.insurance, person.person_type, usage, month, person.saved))
    holder = person.account_holder
    if holder is not None and paid < own:
        theirs = holder.usage.setdefault(visit.settled_at.year, Usage())
        left = account_left(STANDARD, holder.insurance, holder.person_type, theirs, month, holder.saved)
        visit.family_account = min(own - paid, left // _FAMILY_PART)
        theirs.account += visit.family_account
        paid += visit.family_account
    return paid


def _use(visit: Visit, usage: Usage, kind: Kind, sums: dict[str, int], sign: int) -> None:
    """The settlement counted into the year's usage, or (sign -1) out of it."""
    usage.fund += sign * abs(sums["hifp_pay"])
    usage.account += sign * (abs(sums["acct_pay"]) - visit.family_account)
    if kind == "stay":
        usage.stays += sign
    if kind == "visit":
        usage.visit_fund += sign * abs(sums["hifp_pay"])
        usage.deductible_visit += sign * abs(sums["act_pay_dedc"])
        return
    usage.own += sign * (abs(sums["inscp_amt"]) - abs(sums["act_pay_dedc"]) - abs(sums["hifp_pay"]))
    usage.large += sign * (abs(sums["hifob_pay"] + sums["hifmi_pay"]) * 100 // STANDARD.large_claim_percent)
    if kind == "chronic":
        usage.chronic_fund += sign * abs(sums["hifp_pay"])


@dataclass(frozen=True, slots=True)
class SettlementQueue:
    """What is still to be settled or taken back, each with its time; of one moment, what came first into the queue.

    A person's year moves with each settlement: an ordinary visit in May finds the deductible that a staged one took in
    March, and one in February does not, as with an agency that settles when the person stands at the counter.
    """

    seed: int
    _acts: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def settle(self, visit: Visit, unsettled: frozenset[str] = frozenset()) -> None:
        """All lines but the `unsettled`; those until an interim settlement then."""
        if visit.interim_at is not None:
            self._add(visit.interim_at, partial(settle_interim, self.seed, visit, unsettled))
        self._add(visit.settled_at, partial(settle, self.seed, visit, unsettled))

    def settle_and_undo(self, visit: Visit, undone_at: datetime) -> None:
        """Settle as a whole, and take all of it back some days later."""
        self.settle(visit)
        self._add(undone_at, partial(reverse, self.seed, visit, undone_at))

    def settle_after_an_error(self, visit: Visit) -> None:
        """Settle, take back and settle again within minutes."""
        self._add(visit.settled_at, partial(settle_after_an_error, self.seed, visit))

    def settle_all(self) -> None:
        """Do what waits, in the order of time."""
        for _, act in sorted(self._acts, key=lambda waiting: waiting[0]):
            act()
        self._acts.clear()

    def _add(self, at: datetime, act: Callable[[], object]) -> None:
        self._acts.append((at, act))
