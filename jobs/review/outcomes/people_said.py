"""What people said of leads, as the lake's journals have it: typed, the oldest first, without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from jobs.review.outcomes.merged_cases import merged_by
from leads.outcomes.entries import DecidedHit, Outcome, OutcomeLine, Snooze, StatusEntry
from leads.outcomes.journals import (
    DECIDED_HIT,
    LEAD_STATUS,
    OUTCOME,
    OUTCOME_LINE,
    OUTCOME_PROPOSED,
    SNOOZE,
    PeoplesJournal,
)
from leads.outcomes.standing import awaiting_second, histories, reconciled, with_case
from leads.outcomes.work import decided_about


def journal_in(lake: LakeAddress, declared: PeoplesJournal) -> Journal:
    """The journal of that declaration in a lake."""
    return Journal(lake, declared.name, declared.columns)


@dataclass(frozen=True)
class PeopleSaid:
    """All that people said of leads. Each journal is read once, when it is asked for first."""

    lake: LakeAddress

    @cached_property
    def statuses(self) -> list[StatusEntry]:
        """Every step that was ever written."""
        return [StatusEntry.of_row(row) for row in journal_in(self.lake, LEAD_STATUS).rows()]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return [Outcome.of_row(row) for row in journal_in(self.lake, OUTCOME).rows()]

    @cached_property
    def proposed(self) -> list[Outcome]:
        return [Outcome.of_row(row) for row in journal_in(self.lake, OUTCOME_PROPOSED).rows()]

    @cached_property
    def lines(self) -> list[OutcomeLine]:
        return [OutcomeLine.of_row(row) for row in journal_in(self.lake, OUTCOME_LINE).rows()]

    @cached_property
    def decided_hits(self) -> list[DecidedHit]:
        return [DecidedHit.of_row(row) for row in journal_in(self.lake, DECIDED_HIT).rows()]

    @cached_property
    def snoozes(self) -> list[Snooze]:
        return [Snooze.of_row(row) for row in journal_in(self.lake, SNOOZE).rows()]

    @cached_property
    def merged(self) -> dict[str, str]:
        """By case that goes on in another, which one that is."""
        return merged_by(Lake(self.lake))

    @cached_property
    def steps(self) -> dict[str, list[StatusEntry]]:
        """By case that goes on, its steps in force."""
        merged = self.merged
        return histories(reconciled(with_case(self.statuses, merged), with_case(self.outcomes, merged)))

    @cached_property
    def waiting(self) -> dict[str, Outcome]:
        """By case that goes on, what waits for a second person."""
        return awaiting_second(with_case(self.proposed, self.merged), self.outcomes)

    @cached_property
    def decided_about(self) -> dict[str, dict[str, date]]:
        """By case that goes on, the hits that its outcomes in force were about, and the night of the list."""
        return decided_about(with_case(self.outcomes, self.merged), self.decided_hits)

    def case_of(self, case_id: str) -> str:
        """The case that goes on, for one of any list."""
        return self.merged.get(case_id, case_id)

    def add_status(self, entries: Sequence[StatusEntry]) -> None:
        journal_in(self.lake, LEAD_STATUS).append([entry.row() for entry in entries])

    def add_decision(
        self, outcomes: Sequence[Outcome], lines: Sequence[OutcomeLine], hits: Sequence[DecidedHit]
    ) -> None:
        """Add outcomes with what they are about. Lines and hits come first: they count with their outcome alone."""
        journal_in(self.lake, OUTCOME_LINE).append([line.row() for line in lines])
        journal_in(self.lake, DECIDED_HIT).append([hit.row() for hit in hits])
        journal_in(self.lake, OUTCOME).append([outcome.row() for outcome in outcomes])

    def propose(self, outcomes: Sequence[Outcome], lines: Sequence[OutcomeLine], hits: Sequence[DecidedHit]) -> None:
        """The same for decisions that wait for a second person."""
        journal_in(self.lake, OUTCOME_LINE).append([line.row() for line in lines])
        journal_in(self.lake, DECIDED_HIT).append([hit.row() for hit in hits])
        journal_in(self.lake, OUTCOME_PROPOSED).append([outcome.row() for outcome in outcomes])

    def add_snooze(self, entry: Snooze) -> None:
        journal_in(self.lake, SNOOZE).append([entry.row()])
