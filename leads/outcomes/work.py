"""What of a night's findings is new work: by what people said of cases, what hits came since, what is quiet. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from leads.outcomes.entries import NOTHING, DecidedHit, Outcome, Snooze, Status, StatusEntry
from leads.outcomes.standing import histories, in_force, known_before, reconciled, snoozed, status_of
from leads.outcomes.steps import holder

Finding = tuple[str, str, str]  # subject type, subject, kind

# while these hold, lines that go are reported to whoever has the case; a case that is upheld waits for its money
WATCHED = (Status.ASSIGNED, Status.IN_CHECK, Status.HEARD, Status.CONFIRMED, Status.PARTLY)


@dataclass(frozen=True)
class SaidBefore:
    """What people had said by a night: steps by case, the hits that each case's outcomes were about, what is quiet."""

    steps: Mapping[str, Sequence[StatusEntry]]
    decided_hits: Mapping[str, frozenset[str]]
    snoozes: Sequence[Snooze]

    def of_status(self, wanted: Collection[Status]) -> list[str]:
        """The cases that stand there."""
        return sorted(case for case, steps in self.steps.items() if status_of(steps) in wanted)

    @property
    def decided(self) -> list[str]:
        return sorted(case for case, steps in self.steps.items() if status_of(steps).is_decided)


def said_before(
    statuses: Iterable[StatusEntry],
    outcomes: Iterable[Outcome],
    hits: Iterable[DecidedHit],
    snoozes: Iterable[Snooze],
    night: date,
) -> SaidBefore:
    """What a list of the night may rest on."""
    known = known_before(outcomes, night)
    steps = histories(reconciled(known_before(statuses, night), known))
    case_of = {outcome.outcome_id: outcome.case_id for outcome in in_force(known)}
    of_case: dict[str, set[str]] = {}
    for hit in hits:
        if hit.outcome_id in case_of:
            of_case.setdefault(case_of[hit.outcome_id], set()).add(hit.hit_id)
    return SaidBefore(steps, {case: frozenset(ids) for case, ids in of_case.items()}, snoozed(snoozes, night))


@dataclass(frozen=True)
class HitTonight:
    """A hit of the night on a case that is decided."""

    hit_id: str
    amount: Decimal | None


@dataclass(frozen=True)
class LineGone:
    """A line of a case in hand that was reversed since the earlier list, wholly or in part."""

    case_id: str
    finding: Finding
    line_id: str
    amount: Decimal


@dataclass(frozen=True)
class CaseStanding:
    """A row of the table case_status, without the night."""

    subject_type: str
    subject_id: str
    kind: str
    case_id: str | None = None
    status: str = Status.NEW
    since: date | None = None
    held_by: str = ""
    outcome_id: str | None = None
    new_hit_count: int = 0
    new_amount: Decimal = NOTHING
    recovered_line_count: int = 0
    recovered_amount: Decimal = NOTHING
    snoozed_until: date | None = None
    is_quiet: bool = False

    @property
    def finding(self) -> Finding:
        return self.subject_type, self.subject_id, self.kind


def case_standings(
    said: SaidBefore,
    findings: Mapping[str, Finding],
    hits: Mapping[Finding, Sequence[HitTonight]],
    gone: Sequence[LineGone],
    snoozes: Mapping[Finding, Snooze],
) -> list[CaseStanding]:
    """How the cases stand of which people said something, and what is quiet; in order.

    `findings` says by case whose it is tonight and of what kind, `hits` what decided cases hit tonight, `gone` the
    lines that were reversed, `snoozes` what is quiet, by tonight's ids.
    """
    rows = {findings[case]: _of_case(case, said, findings[case], hits, gone) for case in said.steps if case in findings}
    for finding, snooze in snoozes.items():
        row = rows.get(finding) or CaseStanding(*finding)
        rows[finding] = _with(row, snoozed_until=snooze.until, is_quiet=True)
    return [rows[finding] for finding in sorted(rows)]


def _of_case(
    case: str,
    said: SaidBefore,
    finding: Finding,
    hits: Mapping[Finding, Sequence[HitTonight]],
    gone: Sequence[LineGone],
) -> CaseStanding:
    steps = said.steps[case]
    last, status, held = steps[-1], status_of(steps), holder(steps)
    known = said.decided_hits.get(case, frozenset())
    new = [hit for hit in hits.get(finding, ()) if hit.hit_id not in known] if status.is_decided else []
    lost = [line for line in gone if line.case_id == case]
    return CaseStanding(
        *finding, case, status, last.on_date, " ".join(t for t in ((held.team, held.person) if held else ()) if t),
        last.outcome_id or None, len(new), sum((hit.amount or NOTHING for hit in new), NOTHING), len(lost),
        sum((line.amount for line in lost), NOTHING), None, status.is_decided and not new,
    )  # fmt: skip


def _with(row: CaseStanding, *, snoozed_until: date, is_quiet: bool) -> CaseStanding:
    return replace(row, snoozed_until=snoozed_until, is_quiet=is_quiet)


def amount_gone(at_risk: Decimal | None, before: Decimal | None, now: Decimal | None) -> Decimal | None:
    """What of the fund's money at risk for a line went with what was reversed of it; None where nothing was, or what
    the line cost before is unknown."""
    if before is None or before <= 0:
        return None
    left = max(now or NOTHING, NOTHING)
    if left >= before:
        return None
    return ((at_risk or NOTHING) * (before - left) / before).quantize(Decimal("0.01"))
