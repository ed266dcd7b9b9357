"""Rules made quiet for a subject, until a date or until somebody ends it; every call is checked and logged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from fundwatch.errors import problems
from fundwatch.settings import Settings
from jobs.review.outcomes.asked import LeadAsked
from jobs.review.outcomes.lead_desk import LeadDesk, LeadStepError
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.show_lead import newest_list
from leads.outcomes.entries import Snooze, SnoozeAction
from leads.outcomes.practice import LONGEST_SNOOZE_DAYS
from leads.outcomes.standing import snoozed, to_begin
from leads.publishing.rows import short
from leads.ranking.cases import SCORE_KIND
from privacy.audit.log import new_request_id
from privacy.scrubbing.scrub import scrub

_SHORTEST, _LONGEST = 10, 500
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SnoozeChanged:
    """The entry that was added."""

    entry: Snooze

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.entry).items() if name != "at"}


@dataclass(frozen=True)
class SnoozesListed:
    """The snoozes that hold on a night, and those that begin later."""

    night: date
    snoozes: tuple[Snooze, ...]

    def as_json(self) -> dict[str, Any]:
        return {"business_date": self.night, "snoozes": [SnoozeChanged(one).as_json() for one in self.snoozes]}


def begin_snooze(desk: LeadDesk, asked: LeadAsked, until: date | None, reason: str) -> SnoozeChanged:
    """Make the rule of `asked.kind` quiet for the lead's subject, from the night after the list, or `on_date`, to
    `until`. Raises LeadStepError naming everything that is missing or too long."""
    with desk.call("snooze", "lead_managers", asked) as (said, cases):
        case = cases[0]
        begins = asked.on_date or case.night + _ONE_DAY
        wrong = [] if asked.kind else ["--kind is missing: which rule is to be quiet?"]
        if asked.kind == SCORE_KIND:
            wrong.append("scores cannot be made quiet: close the case instead")
        wrong += _until_problems(begins, until) + _reason_problems(reason)
        held = [
            one for one in snoozed(said.snoozes, begins)
            if (one.rule_id, one.subject_type, one.subject_id) == (asked.kind, case.subject_type, case.subject_id)
        ]  # fmt: skip
        wrong += [f"{one.rule_id} is quiet there until {one.until}: {one.snooze_id} by {one.by}" for one in held]
        if wrong or until is None:
            raise LeadStepError(problems("nothing was changed", wrong), do="fix what is named")
        entry = Snooze(
            new_request_id(), SnoozeAction.BEGUN, asked.kind, case.subject_type, case.subject_id, begins, until,
            scrub(reason.strip()) or "", asked.by.strip(), desk.log.account(),
        )  # fmt: skip
        return _added(desk, said, "snooze", entry)


def end_snooze(desk: LeadDesk, snooze_id: str, by: str, on_date: date | None, reason: str) -> SnoozeChanged:
    """End a snooze early, from `on_date` on (none: the night after the newest list). Raises LeadStepError."""
    with desk.turn("wake", "lead_managers", by):
        night = newest_list(desk.settings)
        begins = on_date or night + _ONE_DAY
        said = PeopleSaid(desk.settings.lake_address)
        found = [one for one in snoozed(said.snoozes, begins) if snooze_id and one.snooze_id.startswith(snooze_id)]
        wrong = _reason_problems(reason)
        if len(found) != 1:
            known = ", ".join(one.snooze_id for one in snoozed(said.snoozes, begins)) or "none holds"
            wrong.insert(0, f"{len(found) or 'no'} snoozes begin with '{snooze_id:.40}'; there are: {known}")
        if wrong:
            raise LeadStepError(problems("nothing was changed", wrong), do="`fundwatch leads snoozes` lists them")
        (one,) = found
        entry = Snooze(
            one.snooze_id, SnoozeAction.ENDED, one.rule_id, one.subject_type, one.subject_id, begins, one.until,
            scrub(reason.strip()) or "", by.strip(), desk.log.account(),
        )  # fmt: skip
        return _added(desk, said, "wake", entry)


def listed_snoozes(settings: Settings, night: date | None = None) -> SnoozesListed:
    """The snoozes that hold on the night, or on that of the newest list, and those that are to begin; what ends first
    comes first."""
    night = night or newest_list(settings)
    said = PeopleSaid(settings.lake_address).snoozes
    found = [*snoozed(said, night), *to_begin(said, night)]
    return SnoozesListed(night, tuple(sorted(found, key=lambda one: (one.until, one.snooze_id))))


def _added(desk: LeadDesk, said: PeopleSaid, action: str, entry: Snooze) -> SnoozeChanged:
    """Logged and then added: what cannot be logged is not done."""
    detail = {"snooze_id": entry.snooze_id, "rule_id": entry.rule_id, "subject": short(entry.subject_id)}
    detail |= {"from": str(entry.on_date), "until": str(entry.until)}
    desk.log.append(f"leads {action}", actor=entry.by, why=entry.reason, detail=detail)
    said.add_snooze(entry)
    return SnoozeChanged(entry)


def _until_problems(begins: date, until: date | None) -> list[str]:
    if until is None:
        return ["--until is missing: the last night of it"]
    if until < begins:
        return [f"--until {until} is before it begins, on {begins}"]
    most = begins + timedelta(days=LONGEST_SNOOZE_DAYS)
    return [f"--until {until}: {LONGEST_SNOOZE_DAYS} days at most, to {most}"] if until > most else []


def _reason_problems(reason: str) -> list[str]:
    is_said = _SHORTEST <= len(reason.strip()) <= _LONGEST
    return [] if is_said else [f"--reason takes {_SHORTEST} to {_LONGEST} characters"]
