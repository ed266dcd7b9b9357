"""A simulated quarter: every night runs, an inspection model works through its list, and at the end the ledger must say
what the model did, to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from statistics import mean
from typing import Any

from evaluation.inspecting import InspectionModel, Judged, KindTally, tally
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.logs import step
from fundwatch.settings import Settings
from jobs.job import workplace
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.inspect_list import NightTruth, Subject, inspect_list, night_truth
from jobs.prove.simulate_claims import deliver
from jobs.review.read_leads import rows_of
from jobs.review.value.value_ledger import value_ledger
from jobs.run_nights import run_night
from leads.ledger.value import LedgerRow
from simulator.scenario.scenario_file import read_scenario

PRESET = "quarter"
_FIRST = 20  # precision is judged among so many leads


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
class FirstTwenty:
    """How many of a night's first leads were about something staged, as ranked and as without what was learned."""

    night: date
    leads: int
    with_learning: float
    without_learning: float
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Quarter:
    """What the quarter proved."""

    nights: Sequence[date]
    decided: int
    ledger: LedgerRow
    differences: Sequence[Difference]
    intervals: Sequence[ShareInterval]
    came_back: Sequence[str]
    first: Sequence[FirstTwenty]

    @property
    def problem(self) -> FundwatchError | None:
        """What does not hold; None where all does."""
        wrong = [f"{d.kind} {d.figure}: ledger {d.ledger}, truth {d.truth}" for d in self.differences]
        wrong += [f"closed, and new again: {case}" for case in self.came_back]
        return FundwatchError(f"the quarter does not hold: {'; '.join(wrong)}") if wrong else None

    def moved(self) -> tuple[float, float] | None:
        """Mean precision among the first leads without and with what was learned, over the nights that had learned."""
        learned = [one for one in self.first if one.weights]
        if not learned:
            return None
        return mean(one.without_learning for one in learned), mean(one.with_learning for one in learned)

    def as_json(self) -> dict[str, Any]:
        return {
            "nights": list(self.nights), "decided": self.decided, "ledger": self.ledger.as_json(),
            "differences": [asdict(one) for one in self.differences],
            "intervals": [asdict(one) | {"covers": one.covers} for one in self.intervals],
            "came_back": list(self.came_back), "first": [asdict(one) for one in self.first], "moved": self.moved(),
        }  # fmt: skip


def run_quarter(settings: Settings, model: InspectionModel, nights: int | None = None) -> Quarter:
    """Simulate the preset's deliveries, run its nights (the first `nights` of them), inspect each list, and compare. A
    quarter that was run to an end is inspected no second time: give another folder."""
    make_missing_keys(settings)
    scenario = read_scenario(PRESET, {"seed": settings.seed})
    deliver(scenario, settings.landing_dir, settings.truth_dir)
    chosen = scenario.nights[:nights]
    done: list[Judged] = []
    first: list[FirstTwenty] = []
    closed: dict[tuple[Subject, str], date] = {}
    with workplace(settings) as place:
        for night in chosen:
            run_night(place, night)
            with step(f"{night} inspection") as facts:
                truth = night_truth(settings, night)
                first.append(first_twenty(place.lake, night, truth))
                judged = inspect_list(settings, night, model, truth)
                facts.update(decided=len(judged))
            done += judged
            closed |= _closed(place.lake, night, judged)
    made = value_ledger(settings, chosen[-1] + timedelta(days=model.most_days + 1))
    if made.total is None or not done:
        raise FundwatchError("no case of the quarter was decided", do="simulate it in a folder of its own: --var DIR")
    truths = tally(done, model)
    rows = [made.total, *made.by_kind]
    return Quarter(
        nights=chosen,
        decided=len(done),
        ledger=made.total,
        differences=differences(rows, truths),
        intervals=intervals(rows, truths),
        came_back=came_back(Lake(settings.lake_address), chosen, closed),
        first=first,
    )


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
            **{name: (getattr(row, name), getattr(truth, name))
               for name in ("found_amount", "recovered_amount", "fined_amount", "hours")},
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


def first_twenty(lake: Lake, night: date, truth: NightTruth) -> FirstTwenty:
    """The night's first leads as they are ranked, and as they would be if nothing had been learned."""
    names = ["place", "subject_type", "subject_id", "priority", "learned_factor"]
    leads = rows_of(lake, "lead", ("business_date", "==", night), columns=names)
    ranked = sorted(leads, key=lambda lead: lead["place"])
    plain = sorted(
        ranked, key=lambda lead: (-round(lead["priority"] / (lead["learned_factor"] or 1), 6), lead["place"])
    )
    return FirstTwenty(
        night,
        len(leads),
        _staged_share(ranked[:_FIRST], truth),
        _staged_share(plain[:_FIRST], truth),
        _weights(lake, night),
    )


def _weights(lake: Lake, night: date) -> dict[str, float]:
    """By kind what the night's ranking had learned of it, where that is not 1."""
    if not lake.exists("learned_weight"):
        return {}
    rows = rows_of(lake, "learned_weight", ("business_date", "==", night), columns=["kind", "weight"])
    return {row["kind"]: row["weight"] for row in rows if row["weight"] != 1}


def _staged_share(leads: Sequence[Mapping[str, Any]], truth: NightTruth) -> float:
    staged = sum(truth.is_staged((lead["subject_type"], lead["subject_id"])) for lead in leads)
    return staged / len(leads) if leads else 0.0


def _closed(lake: Lake, night: date, judged: Sequence[Judged]) -> dict[tuple[Subject, str], date]:
    """The findings that were decided, with the day of it."""
    if not judged:
        return {}
    days = {one.case.case_id: one.on_date for one in judged}
    conditions = (("business_date", "==", night), ("case_id", "in", {*days}))
    rows = rows_of(lake, "case", *conditions, columns=["case_id", "subject_type", "subject_id", "kind"])
    return {((row["subject_type"], row["subject_id"]), row["kind"]): days[row["case_id"]] for row in rows}


def came_back(lake: Lake, nights: Sequence[date], closed: Mapping[tuple[Subject, str], date]) -> list[str]:
    """Findings that were closed and are new work on a later list, as if nobody had looked at them."""
    found = []
    for night in nights:
        conditions = (("business_date", "==", night), ("state", "==", "new"))
        for row in rows_of(lake, "case", *conditions, columns=["subject_type", "subject_id", "kind"]):
            day = closed.get(((row["subject_type"], row["subject_id"]), row["kind"]))
            if day is not None and day <= night:
                found.append(f"{row['kind']} {row['subject_type']} {row['subject_id'][:8]} {night}")
    return found
