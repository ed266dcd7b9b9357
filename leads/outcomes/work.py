"""What of a night's findings is new work: by what people said of cases, what hits came since, what is quiet. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from leads.outcomes.entries import NOTHING, DecidedHit, Outcome, Snooze, Status, StatusEntry
from leads.outcomes.standing import histories, in_force, known_before, reconciled, snoozed, status_of, with_case
from leads.outcomes.steps import holder

Finding = tuple[str, str, str]  # subject type, subject, kind

# while these hold, lines that go are reported to whoever has the case; a case that is upheld waits for its money
WATCHED = (Status.ASSIGNED, Status.IN_CHECK, Status.HEARD, Status.CONFIRMED, Status.PARTLY)


@dataclass(frozen=True)
class SaidBefore:
    """What people had said by a night: steps by case, the hits that each case's outcomes were about with the night of
    the list they were on, what is quiet."""

    steps: Mapping[str, Sequence[StatusEntry]]
    decided_hits: Mapping[str, Mapping[str, date]]
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
    merged: Mapping[str, str] | None = None,
) -> SaidBefore:
    """What a list of the night may rest on. `merged` says of a case which other it goes on in."""
    known = with_case(known_before(outcomes, night), merged or {})
    steps = histories(reconciled(with_case(known_before(statuses, night), merged or {}), known))
    return SaidBefore(steps, decided_about(known, hits), snoozed(snoozes, night))


def decided_about(outcomes: Iterable[Outcome], hits: Iterable[DecidedHit]) -> dict[str, dict[str, date]]:
    """By case, the hits that its outcomes in force were about, and the night of the list that had them."""
    standing = {outcome.outcome_id: outcome for outcome in in_force(outcomes)}
    found: dict[str, dict[str, date]] = {}
    for hit in hits:
        if (outcome := standing.get(hit.outcome_id)) is not None:
            found.setdefault(outcome.case_id, {})[hit.hit_id] = outcome.night
    return found


@dataclass(frozen=True)
class HitTonight:
    """A hit of the night on a case that is decided, and the lines that prove it where they are asked for."""

    hit_id: str
    amount: Decimal | None
    lines: frozenset[str] = frozenset()


def not_decided(hits: Mapping[str, Collection[str]], known: Collection[str], known_lines: Collection[str]) -> list[str]:
    """Of hits, each with its lines, those that no decision was about: by their id, and by their lines. The id of a hit
    on a person is another once the person's id or the key of its token is; the lines are the same."""
    decided = {*known_lines}
    return [hit for hit, lines in hits.items() if hit not in known and not (lines and decided.issuperset(lines))]


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
    decided_lines: Mapping[str, Collection[str]] | None = None,
) -> list[CaseStanding]:
    """How the cases stand of which people said something, and what is quiet; in order.

    `findings` says by case whose it is tonight and of what kind, `hits` what decided cases hit tonight, `gone` the
    lines that were reversed, `snoozes` what is quiet, by tonight's ids; `decided_lines` by case the lines of the hits
    that were decided, where these are not enough to know tonight's.
    """
    lines = decided_lines or {}
    rows = {
        findings[case]: _of_case(case, said, findings[case], hits, gone, lines.get(case, ()))
        for case in said.steps
        if case in findings
    }
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
    decided_lines: Collection[str],
) -> CaseStanding:
    steps = said.steps[case]
    last, status, held = steps[-1], status_of(steps), holder(steps)
    tonight = {hit.hit_id: hit for hit in hits.get(finding, ())} if status.is_decided else {}
    unknown = not_decided({h: hit.lines for h, hit in tonight.items()}, said.decided_hits.get(case, {}), decided_lines)
    new = [tonight[hit] for hit in unknown]
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
