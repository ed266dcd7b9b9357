"""What is late: cases of the newest list, or in somebody's hands, whose next step was due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.read_leads import cases_of, listed_leads
from jobs.review.show_lead import newest_list
from leads.outcomes.deadlines import SECOND_REVIEW, Late, Waiting, late_cases
from leads.outcomes.entries import Outcome, Status, StatusEntry
from leads.outcomes.practice import read_practice
from leads.outcomes.steps import holder, this_round
from leads.ranking.cases import CaseState


@dataclass(frozen=True)
class LateListed:
    """What is late on a day: who holds it, where it stands, since when."""

    on: date
    late: tuple[Late, ...]

    def as_json(self) -> dict[str, Any]:
        rows = [{**asdict(one.waiting), "due": one.due, "days_late": one.days_late} for one in self.late]
        return {"on": self.on, "late": rows}


def late_leads(settings: Settings, on: date | None = None) -> LateListed:
    """What is late on the day; without one, on the night of the newest list."""
    night = newest_list(settings)
    said, practice = PeopleSaid(settings.lake_address), read_practice(region_of(settings), settings.conf)
    waiting = [*_in_hand(said), *_untouched(settings, night, said)]
    return LateListed(on or night, tuple(late_cases(waiting, practice, on or night)))


def _in_hand(said: PeopleSaid) -> Iterator[Waiting]:
    for case_id, steps in said.steps.items():
        last, waits = steps[-1], said.waiting.get(case_id)
        if waits is not None:
            yield _waiting(waits, SECOND_REVIEW, waits.on_date, steps)
        elif not Status(last.status).is_decided:
            # a remark is no step: the time runs since the status was reached
            same = [step for step in this_round(steps) if step.status == last.status]
            begun = last if last.status == Status.ASSIGNED else same[0]
            yield _waiting(last, last.status, begun.on_date, steps)
    for case_id, waits in said.waiting.items():
        if case_id not in said.steps:
            yield _waiting(waits, SECOND_REVIEW, waits.on_date, [])


def _untouched(settings: Settings, night: date, said: PeopleSaid) -> Iterator[Waiting]:
    """Cases of listed leads that nobody has been given."""
    lake = Lake(settings.lake_address)
    for case in cases_of(lake, night, listed_leads(lake, night, settings.list_size)):
        if case.case_id in said.steps or case.case_id in said.waiting:
            continue
        if case.state not in (CaseState.FADED, CaseState.UNJUDGED):
            yield Waiting(case.case_id, case.subject_type, case.subject_id, case.kind, Status.NEW, case.first_seen)


def _waiting(entry: StatusEntry | Outcome, step: str, since: date, steps: list[StatusEntry]) -> Waiting:
    held = holder(steps)
    team, person = (held.team, held.person) if held else ("", "")
    return Waiting(entry.case_id, entry.subject_type, entry.subject_id, entry.kind, step, since, team, person)
