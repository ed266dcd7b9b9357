"""What a simulated quarter proves: where the ledger says otherwise than the inspection model did, whether the intervals
of precision cover what is true, what the random sample found, and what learning moved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import mean
from typing import Any

from evaluation.inspecting import KindTally
from fundwatch.errors import FundwatchError
from jobs.prove.inspect_list import Checked
from leads.ledger.value import LedgerRow, Missed

MONEY_AND_HOURS = ("found_amount", "recovered_amount", "fined_amount", "hours")
_COVERED = 0.95
_UNLIKELY = 0.01  # so seldom would intervals of 95 percent miss as often as they did


@dataclass(frozen=True)
class Difference:
    """Where the ledger says otherwise than the model did."""

    kind: str
    figure: str
    ledger: str
    truth: str


@dataclass(frozen=True)
class ShareInterval:
    """The precision that the ledger publishes of a kind, its interval, and what it is on average (`expected`)."""

    kind: str
    judged: int
    value: float
    low: float
    high: float
    expected: float

    @property
    def covers(self) -> bool:
        return self.low <= self.expected <= self.high


@dataclass(frozen=True)
class DrawnTruth:
    """Of the drawn subjects of a type: how many the model looked at, and how many of them it found wrong."""

    checked: int = 0
    wrong: int = 0
    staged: int = 0


@dataclass(frozen=True)
class SampleResult:
    """What the ledger makes of the random sample of a type, beside what the model did. `staged` of the checked were
    part of a scheme, whether the model saw it or not."""

    missed: Missed
    truth: DrawnTruth

    @property
    def holds(self) -> bool:
        wrong = self.missed.wrong
        return (wrong.part, wrong.whole) == (self.truth.wrong, self.truth.checked)

    def as_json(self) -> dict[str, Any]:
        return {**self.missed.as_json(), "truth": asdict(self.truth), "holds": self.holds}


@dataclass(frozen=True)
class FirstTwenty:
    """How many of a night's first leads were about something staged, as ranked and as without what was learned."""

    night: date
    leads: int
    with_learning: float
    without_learning: float
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Quarter:
    """What the quarter proved. `truth` is what the model did with the listed cases, of so many `kinds`."""

    nights: Sequence[date]
    ledger: LedgerRow
    truth: KindTally
    kinds: int
    differences: Sequence[Difference]
    intervals: Sequence[ShareInterval]
    came_back: Sequence[str]
    drawn: Sequence[SampleResult]
    first: Sequence[FirstTwenty]

    @property
    def missing(self) -> list[ShareInterval]:
        """The intervals that do not cover what is true."""
        return [one for one in self.intervals if not one.covers]

    @property
    def intervals_hold(self) -> bool:
        """Whether no more of them miss than intervals of 95 percent do."""
        from scipy.stats import binom  # takes a second to load, which only figures need

        return bool(binom.sf(len(self.missing) - 1, len(self.intervals), 1 - _COVERED) >= _UNLIKELY)

    @property
    def problem(self) -> FundwatchError | None:
        """What does not hold; None where all does."""
        wrong = [f"{d.kind} {d.figure}: ledger {d.ledger}, truth {d.truth}" for d in self.differences]
        wrong += [f"closed, and new again: {case}" for case in self.came_back]
        wrong += [
            f"sample of {one.missed.subject_type}: ledger {one.missed.wrong.words}, truth {one.truth.wrong} of "
            f"{one.truth.checked}"
            for one in self.drawn
            if not one.holds
        ]
        if not self.intervals_hold:
            wrong += [f"the interval of {one.kind} does not cover {one.expected:.1%}" for one in self.missing]
        return FundwatchError(f"the quarter does not hold: {'; '.join(wrong)}") if wrong else None

    def moved(self) -> tuple[float, float] | None:
        """Mean precision among the first leads without and with what was learned, over the nights that had learned."""
        learned = [one for one in self.first if one.weights]
        if not learned:
            return None
        return mean(one.without_learning for one in learned), mean(one.with_learning for one in learned)

    def as_json(self) -> dict[str, Any]:
        return {
            "nights": list(self.nights), "decided": self.ledger.decided, "ledger": self.ledger.as_json(),
            "truth": {name: str(value) for name, value in asdict(self.truth).items()},
            "differences": [asdict(one) for one in self.differences],
            "intervals": [asdict(one) | {"covers": one.covers} for one in self.intervals],
            "intervals_hold": self.intervals_hold, "came_back": list(self.came_back),
            "sample": [one.as_json() for one in self.drawn],
            "first": [asdict(one) for one in self.first], "moved": self.moved(),
        }  # fmt: skip


def differences(rows: Sequence[LedgerRow], truths: Mapping[str, KindTally]) -> list[Difference]:
    """Where a row of the ledger and the model's own count are not the same; a kind that one of the two lacks too."""
    found = []
    by_kind = {row.key.kind: row for row in rows}
    for kind, truth in truths.items():
        row = by_kind.get(kind)
        if row is None:
            found.append(Difference(kind, "cases", "none", str(truth.judged)))
            continue
        pairs = {
            "decided": (row.decided, truth.judged), "right": (row.precision.part, truth.right),
            **{name: (getattr(row, name), getattr(truth, name)) for name in MONEY_AND_HOURS},
        }  # fmt: skip
        found += [Difference(kind, name, str(a), str(b)) for name, (a, b) in pairs.items() if a != b]
    found += [
        Difference(kind, "decided", str(row.decided), "0")
        for kind, row in by_kind.items()
        if row.decided and kind not in truths
    ]
    return found


def intervals(rows: Sequence[LedgerRow], truths: Mapping[str, KindTally]) -> list[ShareInterval]:
    """Grain: kind that was judged."""
    return [
        ShareInterval(row.key.kind, share.whole, share.value, share.low, share.high, truths[row.key.kind].expected)
        for row in rows
        for share in [row.precision]
        if row.key.kind in truths and share.value is not None and share.low is not None and share.high is not None
    ]


def drawn_truths(done: Iterable[Checked]) -> dict[str, DrawnTruth]:
    """By subject type, what the model did with those who were drawn; a person who was drawn twice counts once."""
    by_type: dict[str, dict[str, list[Checked]]] = {}
    for one in done:
        if one.is_drawn:
            by_type.setdefault(one.case.subject_type, {}).setdefault(one.case.subject_id, []).append(one)
    return {
        kind: DrawnTruth(
            checked=len(subjects),
            wrong=sum(any(one.judged.is_right for one in of) for of in subjects.values()),
            staged=sum(any(one.judged.case.is_staged for one in of) for of in subjects.values()),
        )
        for kind, subjects in by_type.items()
    }


def sample_results(missed: Iterable[Missed], truths: Mapping[str, DrawnTruth]) -> list[SampleResult]:
    """Grain: subject type of the random sample."""
    return [SampleResult(one, truths.get(one.subject_type, DrawnTruth())) for one in missed]
