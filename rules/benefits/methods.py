"""What the funds would pay an institution for one encounter by other methods (支付方式测算), for who compares them.

By item the funds pay what was settled. By a quota they pay the quota less the person's part; what the encounter cost
beyond the quota is the institution's. A method of which policy or data do not say what is needed is unknown, with why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rules.benefits.policy import PaymentMethods, at_level

Words = tuple[str, str]


@dataclass(frozen=True)
class Encounter:
    """What decides on the methods: the money as settled, kind and level, the span, the codes, the payment group."""

    total: Decimal
    own: Decimal
    fund: Decimal
    kind: str | None
    level: str | None
    is_inpatient: bool | None
    started_at: datetime | None
    ended_at: datetime | None
    diagnosis: str | None
    operations: tuple[str, ...] = ()
    group_code: str | None = None
    group_amount: Decimal | None = None

    @property
    def bed_days(self) -> int | None:
        """Days in bed, one at least; None where begin or end are not known."""
        if self.started_at is None or self.ended_at is None or self.ended_at < self.started_at:
            return None
        return max((self.ended_at.date() - self.started_at.date()).days, 1)


@dataclass(frozen=True)
class MethodResult:
    """One method: its standard, what the funds pay by it, and what is left to the institution (below zero: a loss)."""

    name: Words
    how: str
    standard: Decimal | None = None
    fund: Decimal | None = None
    balance: Decimal | None = None
    why_unknown: Words | None = None


def methods_of(stay: Encounter, payment: PaymentMethods) -> Iterator[MethodResult]:
    """Every method that may apply, by item first."""
    yield MethodResult(("按项目付费", "by item"), "", stay.total, stay.fund, Decimal(0))
    yield _of_disease(stay, payment)
    if stay.is_inpatient:
        yield _of_group(stay)
        yield _of_bed_days(stay, payment)
    yield _of_visit(stay, payment)


def _of_disease(stay: Encounter, payment: PaymentMethods) -> MethodResult:
    name = ("单病种定额", "quota of a disease")
    if stay.diagnosis is None or stay.level is None:
        return MethodResult(name, "", why_unknown=("主要诊断或级别未知", "main diagnosis or level is unknown"))
    for quota in payment.diseases:
        has_operation = not quota.operation or any(code.startswith(quota.operation) for code in stay.operations)
        amount = at_level(quota.amounts, stay.level)
        if stay.is_inpatient and stay.diagnosis.startswith(quota.diagnosis) and has_operation and amount is not None:
            return _priced(stay, name, f"{quota.zh} {quota.diagnosis}", amount)
    return MethodResult(name, stay.diagnosis, why_unknown=("该病种无定额", "no quota is set for the disease"))


def _of_group(stay: Encounter) -> MethodResult:
    name = ("DRG/DIP", "payment group")
    if stay.group_amount is None:
        return MethodResult(name, "", why_unknown=("没有分组结果", "the settlement has no payment group"))
    return _priced(stay, name, stay.group_code or "", stay.group_amount)


def _of_bed_days(stay: Encounter, payment: PaymentMethods) -> MethodResult:
    name = ("床日定额", "quota of a day in bed")
    rate = None if stay.level is None else at_level(payment.bed_day, stay.level)
    if stay.bed_days is None:
        return MethodResult(name, "", why_unknown=("住院起止未知", "begin or end of the stay is unknown"))
    if rate is None:
        return MethodResult(name, "", why_unknown=("该级别无床日定额", "no quota is set for the level"))
    return _priced(stay, name, f"{stay.bed_days} × {rate}", stay.bed_days * rate)


def _of_visit(stay: Encounter, payment: PaymentMethods) -> MethodResult:
    name = ("人次定额", "quota of a visit or stay")
    by_level: Mapping[str, Decimal] = payment.per_visit.get(stay.kind or "", {})
    amount = None if stay.level is None else at_level(by_level, stay.level)
    if amount is None:
        return MethodResult(name, "", why_unknown=("该类别、级别无定额", "no quota is set for the kind and level"))
    return _priced(stay, name, "", amount)


def _priced(stay: Encounter, name: Words, how: str, standard: Decimal) -> MethodResult:
    fund = max(standard - stay.own, Decimal(0))
    return MethodResult(name, how, standard, fund, fund + stay.own - stay.total)
