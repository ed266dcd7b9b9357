"""The outcome ledger: what the leads of each rule, version and month were worth.

The unit is the case: one finding of one subject, however many nights listed it. It belongs to the month in which a list
had it first, and so do its outcome and money: the shares of a row are of the same cases.

Found, recovered, prevented and fined are four things and never added up. What nobody decided on is open; a case that
was not pursued or was referred says nothing of the rule that found it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from leads.ledger.fines import FinesOfArticle
from leads.ledger.judged import JUDGED, MONEY, NOTHING, RIGHT
from leads.ledger.shares import Share
from leads.outcomes.entries import ChosenBy, Outcome
from leads.outcomes.standing import latest_outcome

ALL = "*"
ENOUGH_JUDGED = 10  # of fewer a share would move by more than ten points with each of them


@dataclass(frozen=True)
class ListedCase:
    """A case as lists had it: since when, by which version of its rule (or models), and for how much at last.

    `lost_amount` is what of the amount the fund has disbursed; None where the source does not say when it does.
    """

    case_id: str
    kind: str
    version: str
    first_listed: date
    subject_type: str
    subject_id: str
    amount: Decimal = NOTHING
    is_estimate: bool = False
    lost_amount: Decimal | None = None


@dataclass(frozen=True)
class LedgerKey:
    """What a row is about: a rule (or score), its version, the month of first listing; `*` where it is all of them."""

    kind: str = ALL
    version: str = ALL
    month: str = ALL


@dataclass(frozen=True)
class LedgerRow:
    """What became of some cases. `precision` is of the cases that were looked at because they were listed, and that
    somebody judged; `decided` counts all that are closed."""

    key: LedgerKey
    leads: int
    decided: int
    by_decision: Mapping[str, int]
    precision: Share
    at_risk_amount: Decimal
    estimated_amount: Decimal
    lost_amount: Decimal | None
    found_amount: Decimal
    recovered_amount: Decimal
    prevented_amount: Decimal
    fined_amount: Decimal
    hours: float

    @property
    def open(self) -> int:
        return self.leads - self.decided

    def as_json(self) -> dict[str, Any]:
        money = {name: str(getattr(self, name)) for name in ("at_risk_amount", "estimated_amount", *MONEY)}
        return {
            "kind": self.key.kind, "version": self.key.version, "month": self.key.month,
            "leads": self.leads, "decided": self.decided, "open": self.open, "by_decision": dict(self.by_decision),
            "precision": self.precision.as_json(), **money,
            "lost_amount": None if self.lost_amount is None else str(self.lost_amount), "hours": self.hours,
        }  # fmt: skip


@dataclass(frozen=True)
class Missed:
    """What a random sample says of those whom no list names: how many of the checked were `wrong`, how many were
    wrong and on no list, and how many that makes of the population, at least and at most (95 percent)."""

    subject_type: str
    sampled: int
    population: int | None
    wrong: Share
    unlisted: Share
    found_amount: Decimal

    @property
    def estimated(self) -> tuple[float, float, float] | None:
        """Of the population those who are wrong and on no list: as found, at least, at most; None where nobody was
        checked."""
        share = self.unlisted
        if self.population is None or share.value is None or share.low is None or share.high is None:
            return None
        return self.population * share.value, self.population * share.low, self.population * share.high

    def as_json(self) -> dict[str, Any]:
        return {
            "subject_type": self.subject_type, "sampled": self.sampled, "population": self.population,
            "wrong": self.wrong.as_json(), "unlisted": self.unlisted.as_json(), "estimated": self.estimated,
            "found_amount": str(self.found_amount),
        }  # fmt: skip


@dataclass(frozen=True)
class Sampled:
    """How many subjects of a type were drawn, and from how many."""

    subject_type: str
    sampled: int
    population: int | None


def every_case(listed: Iterable[ListedCase], outcomes: Iterable[Outcome]) -> list[ListedCase]:
    """The listed cases, and those of outcomes whose lists are not there any more: what was decided counts all the same.

    Those of a random sample are no cases of a list."""
    known = {case.case_id: case for case in listed}
    for outcome in latest_outcome(outcomes).values():
        if outcome.case_id not in known and outcome.chosen_by != ChosenBy.SAMPLE:
            known[outcome.case_id] = ListedCase(
                outcome.case_id,
                outcome.kind,
                outcome.rule_version,
                outcome.night,
                outcome.subject_type,
                outcome.subject_id,
            )
    return list(known.values())


def ledger(listed: Iterable[ListedCase], outcomes: Sequence[Outcome], by: Sequence[str]) -> list[LedgerRow]:
    """Grain: what `by` names of kind, version, month; one row over all where it names nothing.

    `outcomes` are all entries as known; of each case the last one that stands counts.
    """
    groups: dict[LedgerKey, list[ListedCase]] = defaultdict(list)
    for case in every_case(listed, outcomes):
        groups[_key(case, by)].append(case)
    last = {case: found for case, found in latest_outcome(outcomes).items() if found.chosen_by != ChosenBy.SAMPLE}
    order = sorted(groups, key=lambda key: (key.kind, key.month, key.version))
    return [
        _row(key, groups[key], [last[case.case_id] for case in groups[key] if case.case_id in last]) for key in order
    ]


def _key(case: ListedCase, by: Sequence[str]) -> LedgerKey:
    values = {"kind": case.kind, "version": case.version, "month": f"{case.first_listed:%Y-%m}"}
    return LedgerKey(**{name: values[name] for name in by})


def _row(key: LedgerKey, cases: Sequence[ListedCase], outcomes: Sequence[Outcome]) -> LedgerRow:
    known_losses = [case.lost_amount for case in cases if case.lost_amount is not None]
    return LedgerRow(
        key=key,
        leads=len(cases),
        decided=len(outcomes),
        by_decision=dict(Counter(str(outcome.decision) for outcome in outcomes)),
        precision=precision(outcomes),
        at_risk_amount=_total(case.amount for case in cases if not case.is_estimate),
        estimated_amount=_total(case.amount for case in cases if case.is_estimate),
        lost_amount=_total(known_losses) if known_losses else None,
        **{name: _total(getattr(outcome, name) for outcome in outcomes) for name in MONEY},
        hours=round(sum(outcome.hours or 0.0 for outcome in outcomes), 2),
    )


def precision(outcomes: Iterable[Outcome]) -> Share:
    """How many of the judged were right, of those that were looked at because a list named them."""
    judged = [o for o in outcomes if o.decision in JUDGED and o.chosen_by == ChosenBy.LIST]
    return Share(sum(outcome.decision in RIGHT for outcome in judged), len(judged))


def precision_by_kind(outcomes: Iterable[Outcome]) -> dict[str, Share]:
    """The measured precision of each rule, and of scores, over all its versions; of the outcomes that stand."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in latest_outcome(outcomes).values():
        by_kind[outcome.kind].append(outcome)
    return {kind: precision(of_kind) for kind, of_kind in sorted(by_kind.items())}


def missed(samples: Iterable[Sampled], outcomes: Iterable[Outcome], listed: Iterable[ListedCase]) -> list[Missed]:
    """Grain: subject type. Of subjects drawn at random, by the outcomes that stand: one subject is wrong when any of
    its cases is, and missed when no list named it besides."""
    by_type: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for outcome in latest_outcome(outcomes).values():
        if outcome.chosen_by == ChosenBy.SAMPLE and outcome.decision in JUDGED:
            by_type[outcome.subject_type][outcome.subject_id].append(outcome)
    drawn = {sample.subject_type: sample for sample in samples}
    named = {(case.subject_type, case.subject_id) for case in listed}
    return [_missed(kind, by_type[kind], drawn.get(kind), named) for kind in sorted({*drawn, *by_type})]


def _missed(
    kind: str, checked: Mapping[str, Sequence[Outcome]], drawn: Sampled | None, named: Collection[tuple[str, str]]
) -> Missed:
    wrong = [subject for subject, of in checked.items() if any(outcome.decision in RIGHT for outcome in of)]
    return Missed(
        kind,
        len(checked) if drawn is None else drawn.sampled,
        None if drawn is None else drawn.population,
        Share(len(wrong), len(checked)),
        Share(sum((kind, subject) not in named for subject in wrong), len(checked)),
        _total(outcome.found_amount for of in checked.values() for outcome in of),
    )


@dataclass(frozen=True)
class ShadowProposal:
    """A rule that is wrong more often than the limit allows: a person may propose it for shadow."""

    kind: str
    false: Share
    limit: float

    def as_json(self) -> dict[str, Any]:
        return {"rule_id": self.kind, "false": self.false.as_json(), "limit": self.limit}


def for_shadow(rows: Iterable[LedgerRow], limit: float, least: int) -> list[ShadowProposal]:
    """The rules of which more than `limit` of at least `least` judged cases were wrong. Scores are no rule."""
    wrong = [(row.key.kind, row.precision.rest) for row in rows if row.precision.whole >= least]
    return [
        ShadowProposal(kind, false, limit)
        for kind, false in wrong
        if kind not in (ALL, "score", "tip") and false.value is not None and false.value > limit
    ]


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)


@dataclass(frozen=True)
class ValueLedger:
    """All of it: by rule, version and month; by rule; in total; what the list misses; which rules should go to shadow;
    within what range fines lie."""

    as_of: date
    rows: Sequence[LedgerRow]
    by_kind: Sequence[LedgerRow]
    total: LedgerRow | None
    missed: Sequence[Missed]
    for_shadow: Sequence[ShadowProposal]
    fines: Sequence[FinesOfArticle]
    currency: str

    def as_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            "currency": self.currency,
            "total": None if self.total is None else self.total.as_json(),
            "by_kind": [row.as_json() for row in self.by_kind],
            "rows": [row.as_json() for row in self.rows],
            "missed": [one.as_json() for one in self.missed],
            "fines": [one.as_json() for one in self.fines],
            "for_shadow": [one.as_json() for one in self.for_shadow],
        }
