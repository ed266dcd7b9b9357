"""An inspection model: what inspectors make of cases whose truth is known. It finds what is staged with some skill,
takes the honest for wrong at some rate, and needs days. Pure: no look at any table, no random state; the draws are made
from the seed and the case, so that the same case is judged the same whenever it is looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

CONFIRMED, PARTLY, CLEARED = "confirmed", "partly", "cleared"
NOTHING = Decimal("0.00")
_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class CaseTruth:
    """A case as it is: whether anything of it was staged, and what its lines cost, the staged ones apart."""

    case_id: str
    kind: str
    is_staged: bool
    staged_lines: Mapping[str, Decimal] = field(default_factory=dict)
    other_lines: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """What the model decides of a case, when, which lines it accepts, and for how much."""

    case: CaseTruth
    decision: str
    on_date: date
    accepted: tuple[str, ...]
    cleared: tuple[str, ...]
    found_amount: Decimal
    recovered_amount: Decimal
    fined_amount: Decimal
    hours: float

    @property
    def is_right(self) -> bool:
        """Whether it confirms the finding, wholly or in part."""
        return self.decision in (CONFIRMED, PARTLY)


@dataclass(frozen=True)
class InspectionModel:
    """`skill` is the chance that what is staged is found, `error` that what is honest is taken for wrong; a check takes
    up to `most_days`; of what is found `recovered` comes back, and of one in `fined_one_in` the simple amount is fined;
    `capacity` leads of a list are looked at."""

    skill: float = 0.9
    error: float = 0.05
    most_days: int = 9
    capacity: int = 15
    recovered: Decimal = Decimal("0.80")
    fined_one_in: int = 3
    seed: int = 20260331

    def judge(self, case: CaseTruth, night: date) -> Judged:
        """What comes of a case of the night's list."""
        is_wrong = self._draw(case, "eye") < (self.skill if case.is_staged else self.error)
        lines = {**case.staged_lines, **({} if case.is_staged else case.other_lines)} if is_wrong else {}
        left = tuple(line for line in (*case.staged_lines, *case.other_lines) if line not in lines)
        found = sum(lines.values(), NOTHING).quantize(_CENTS)
        is_fined = is_wrong and found > 0 and self._draw(case, "fine") < 1 / self.fined_one_in
        return Judged(
            case=case,
            decision=(PARTLY if left and lines else CONFIRMED) if is_wrong else CLEARED,
            on_date=night + timedelta(days=1 + int(self._draw(case, "days") * self.most_days)),
            accepted=tuple(lines),
            cleared=left,
            found_amount=found,
            recovered_amount=(found * self.recovered).quantize(_CENTS),
            fined_amount=found if is_fined else NOTHING,
            hours=1.0 + round(4 * self._draw(case, "hours"), 1),
        )

    def chance(self, case: CaseTruth) -> float:
        """How likely it is that the model confirms the case."""
        return self.skill if case.is_staged else self.error

    def _draw(self, case: CaseTruth, what: str) -> float:
        """A number between 0 and 1 that belongs to the case."""
        digest = hashlib.sha256(f"{self.seed}|{case.case_id}|{what}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True)
class KindTally:
    """What the model did with the cases of one kind, and how right they would be on average (`expected`)."""

    judged: int
    right: int
    staged: int
    expected: float
    found_amount: Decimal
    recovered_amount: Decimal
    fined_amount: Decimal
    hours: float


def tally(done: Iterable[Judged], model: InspectionModel) -> dict[str, KindTally]:
    """By kind of finding; `*` is all of them."""
    by_kind: dict[str, list[Judged]] = {}
    for one in done:
        by_kind.setdefault(one.case.kind, []).append(one)
        by_kind.setdefault("*", []).append(one)
    return {kind: _tallied(rows, model) for kind, rows in sorted(by_kind.items())}


def _tallied(rows: Sequence[Judged], model: InspectionModel) -> KindTally:
    money = {
        name: sum((getattr(row, name) for row in rows), NOTHING)
        for name in ("found_amount", "recovered_amount", "fined_amount")
    }
    return KindTally(
        judged=len(rows),
        right=sum(row.is_right for row in rows),
        staged=sum(row.case.is_staged for row in rows),
        expected=sum(model.chance(row.case) for row in rows) / len(rows),
        hours=round(sum(row.hours for row in rows), 2),
        **money,
    )
