"""An institution's budget and quotas split to its departments (科室二次分配), by three years of what they cost.

A department's quota stands to the institution's as its patients' mean cost stood to the institution's of the same
year, so that neither dearer years nor more patients pass for dearer care. Quotas times visits of all departments come
to what the institution's quota times its visits come to; parts of the budget add up to the budget, to the cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

YEARS = 3
FEW = 30  # visits in three years: the mean of fewer is chance, and the institution's stands for it
_CENT = Decimal("0.01")
Words = tuple[str, str]
FEW_WORDS: Words = (f"三年不足 {FEW} 人次,按全院均值", f"under {FEW} visits in three years: as the whole institution")
NO_QUOTA_WORDS: Words = ("该类别、级别无人次定额", "the policy sets no quota for the kind and level")


@dataclass(frozen=True)
class DepartmentYear:
    """What one kind of care came to in a department in one of the years (1: the newest); a department or kind that is
    not known is None. `visits` are those whose cost is known."""

    department: str | None
    kind: str | None
    year: int
    visits: int
    total: Decimal
    fund: Decimal


@dataclass(frozen=True)
class DepartmentQuota:
    """The quota of one visit or stay in a department, and what it rests on; `visits` by year, the newest first."""

    department: str | None
    kind: str
    visits: tuple[int, ...]
    mean_cost: Decimal
    index: float
    quota: Decimal | None
    note: Words | None = None


@dataclass(frozen=True)
class DepartmentBudget:
    """A department's part of the funds, and of the budget where one is given."""

    department: str | None
    share: float
    amount: Decimal | None


def quotas_of(rows: Sequence[DepartmentYear], quotas: Mapping[str, Decimal | None]) -> list[DepartmentQuota]:
    """The departments' quotas of every kind of care, those of the dearest department first."""
    found = []
    for kind in quotas:
        of_kind = [row for row in rows if row.kind == kind and row.visits]
        indices = _indices(of_kind)
        visits = _visits(of_kind)
        used = {name: index if visits[name] >= FEW else 1.0 for name, index in indices.items()}
        weighed = sum(used[name] * visits[name] for name in used)
        scale = sum(visits.values()) / weighed if weighed else 1.0
        for name in sorted(used, key=lambda name: (-used[name], name or "")):
            own = [row for row in of_kind if row.department == name]
            quota = quotas[kind]
            amount = None if quota is None else (quota * Decimal(used[name] * scale)).quantize(_CENT)
            note = NO_QUOTA_WORDS if quota is None else FEW_WORDS if visits[name] < FEW else None
            mean = (sum((row.total for row in own), Decimal(0)) / visits[name]).quantize(_CENT)
            by_year = tuple(sum(row.visits for row in own if row.year == year + 1) for year in range(YEARS))
            found.append(DepartmentQuota(name, kind, by_year, mean, indices[name], amount, note))
    return found


def budgets_of(rows: Sequence[DepartmentYear], budget: Decimal | None) -> list[DepartmentBudget]:
    """The departments' parts of what the funds paid, each year weighing alike, the largest first."""
    years: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        years[row.year] += row.fund
    paid = [year for year, fund in years.items() if fund > 0]
    shares: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.year in paid:
            shares[row.department] += row.fund / years[row.year] / len(paid)
    order = sorted(shares, key=lambda name: (-shares[name], name or ""))
    amounts: Sequence[Decimal | None] = [None] * len(order)
    if budget is not None:
        amounts = _parts(budget, [shares[name] for name in order])
    return [DepartmentBudget(name, float(shares[name]), part) for name, part in zip(order, amounts, strict=True)]


def _indices(rows: Sequence[DepartmentYear]) -> dict[str | None, float]:
    """What a visit costs in each department beside the whole of the same year, weighed by its visits."""
    costs: dict[int, Decimal] = defaultdict(Decimal)
    visits: Counter[int] = Counter()
    for row in rows:
        costs[row.year] += row.total
        visits[row.year] += row.visits
    above: dict[str | None, float] = defaultdict(float)
    for row in rows:
        whole = float(costs[row.year])
        above[row.department] += float(row.total) * visits[row.year] / whole if whole else row.visits
    counted = _visits(rows)
    return {name: above[name] / counted[name] for name in above}


def _visits(rows: Iterable[DepartmentYear]) -> Counter[str | None]:
    found: Counter[str | None] = Counter()
    for row in rows:
        found[row.department] += row.visits
    return found


def _parts(whole: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """The whole in parts that add up to it: rounded down, the cents that are left to the largest."""
    parts = [(whole * share).quantize(_CENT, ROUND_DOWN) for share in shares]
    left = int((whole - sum(parts, Decimal(0))) / _CENT)
    return [part + _CENT * (n < left) for n, part in enumerate(parts)]
