"""Points of persons and credit grades, put down by people: each call is logged before the lake has its entry, and a
night that runs keeps nobody out.

Points need a confirmed outcome that stands, and a person who says who answers for it and how far; how many they are
says the table. A grade is derived from outcomes alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.outcomes.people_said import PeopleSaid, journal_in
from jobs.review.value.read_value import grades_in, outcomes_in, points_in
from leads.ledger.consequences import Consequences, Responsibility, read_consequences
from leads.ledger.credit import CreditEntry, Graded, changed, graded, latest_grades
from leads.ledger.points import PointsEntry, PointsStanding, confirmed_ids, derive, standing_of
from leads.outcomes.journals import CREDIT_GRADE, STAFF_POINTS
from leads.outcomes.standing import in_force
from privacy.access.desk import scrubbed
from privacy.access.people import Access, read_access
from privacy.audit.log import AuditLog, audit_log, new_request_id

_SHORTEST, _LONGEST = 10, 500
_TOKEN = re.compile(r"[0-9a-f]{32}")
_LEAST_OF_ID = 4


class PointsError(FundwatchError):
    """Points cannot be given or taken back so."""


@dataclass(frozen=True)
class PointsRequest:
    """What is asked: for which outcome (or of which entry), for whom, how far that person answers for it, why."""

    name: str
    by: str
    reason: str
    on_date: date | None = None
    person: str = ""
    responsibility: str = ""


@dataclass(frozen=True)
class PointsGiven:
    """The entry that was added, and where the person stands with it."""

    entry: PointsEntry
    standing: PointsStanding | None

    def as_json(self) -> dict[str, Any]:
        return self.entry.row() | {"standing": None if self.standing is None else standing_json(self.standing)}


@dataclass(frozen=True)
class Standings:
    """Where every person with points stands on a day."""

    day: date
    rows: Sequence[PointsStanding]

    def as_json(self) -> dict[str, Any]:
        return {"day": self.day, "persons": [standing_json(one) for one in self.rows]}


@dataclass(frozen=True)
class GradesDerived:
    """The grades of a day: all of them, and those that were put down because they changed."""

    day: date
    grades: Sequence[Graded]
    added: Sequence[CreditEntry]

    def as_json(self) -> dict[str, Any]:
        return {"day": self.day, "grades": [_grade(one) for one in self.grades], "added": [e.row() for e in self.added]}


def standing_json(one: PointsStanding) -> dict[str, Any]:
    return {
        "person_id": one.person_id, "year": one.year, "points": one.points, "payment": str(one.payment),
        "since": one.since, "until_least": one.until_least, "until_most": one.until_most,
        "counted": [entry.row() for entry in one.counted], "void": [entry.row() for entry in one.void],
    }  # fmt: skip


def _grade(one: Graded) -> dict[str, Any]:
    kind, subject = one.subject
    return {
        "subject_type": kind, "subject_id": subject, "grade": one.grade.grade, "score": one.score,
        "derivation": one.derivation, "table_from": one.table.from_, "table_source": one.table.source,
    }  # fmt: skip


@dataclass(frozen=True)
class PointsDesk:
    """Serves the calls: each is checked and logged within one turn of the log."""

    settings: Settings
    log: AuditLog
    access: Access

    @classmethod
    def of(cls, settings: Settings) -> PointsDesk:
        """Raises NotReadyError without a lake, KeyMissingError without the vault's key, SettingsError for roles that do
        not hold."""
        refuse_no_lake(settings.lake_address)
        return cls(settings, audit_log(settings), read_access(settings.access, settings.conf))

    def give(self, asked: PointsRequest) -> PointsGiven:
        """Give a person the points of an outcome's act. Raises AccessRefusedError, PointsError naming all that is
        wrong, FundwatchError where no table has the act."""
        with self._call("give", asked.by, asked.name):
            entry = self._given(asked)
            return self._added("give", entry)

    def withdraw(self, asked: PointsRequest) -> PointsGiven:
        """Take points back that should not have been given. Raises AccessRefusedError, PointsError."""
        with self._call("withdraw", asked.by, asked.name):
            former = _one([e for e in in_force(self._entries()) if e.entry_id.startswith(asked.name)], asked.name)
            _refuse([*_reason_problems(asked), *_date_problems(asked, former.on_date)])
            entry = PointsEntry(
                entry_id=new_request_id(),
                outcome_id=former.outcome_id,
                person_id=former.person_id,
                on_date=asked.on_date or former.on_date,
                institution_id=former.institution_id,
                reason=scrubbed(asked.reason.strip()),
                by=asked.by.strip(),
                account=self.log.account(),
                withdraws=former.entry_id,
            )
            return self._added("withdraw", entry)

    def derive_grades(self, by: str, day: date) -> GradesDerived:
        """Put down the grades that are others than they were. Raises AccessRefusedError."""
        with self._call("grade", by, str(day)):
            made = credit_grades(self.settings, day)
            before = latest_grades(grades_in(self._lake))
            added = [
                CreditEntry(
                    new_request_id(), *one.subject, day, one.grade.grade, one.score, len(one.outcomes),
                    one.derivation, one.table.from_, one.table.source, by.strip(), self.log.account(),
                )
                for one in changed(made, before)
            ]  # fmt: skip
            self.log.append("points grade", actor=scrubbed(by), detail={"day": str(day), "added": str(len(added))})
            journal_in(self._lake.address, CREDIT_GRADE).append([entry.row() for entry in added])
            return GradesDerived(day, made, added)

    def _given(self, asked: PointsRequest) -> PointsEntry:
        outcomes = in_force(PeopleSaid(self._lake.address).outcomes)
        outcome = _one([one for one in outcomes if one.outcome_id.startswith(asked.name)], asked.name)
        person = asked.person or (outcome.subject_id if outcome.subject_type == "doctor" else "")
        wrong = [*_reason_problems(asked), *_date_problems(asked, outcome.on_date)]
        if outcome.outcome_id not in confirmed_ids(outcomes):
            wrong.append(
                f"the outcome {outcome.outcome_id} is {outcome.decision}: points follow from confirmed ones alone"
            )
        if not _TOKEN.fullmatch(person):
            wrong.append("--person takes the token of who answers for it: 32 of 0-9 and a-f")
        if asked.responsibility not in list(Responsibility):
            wrong.append(f"--responsibility takes {', '.join(Responsibility)}")
        if any(e.outcome_id == outcome.outcome_id and e.person_id == person for e in in_force(self._entries())):
            wrong.append(f"this person has points for the outcome {outcome.outcome_id} already")
        _refuse(wrong)
        day = asked.on_date or outcome.on_date
        derived = derive(self._consequences(), outcome, Responsibility(asked.responsibility), day)
        return PointsEntry(
            entry_id=new_request_id(),
            outcome_id=outcome.outcome_id,
            person_id=person,
            on_date=day,
            institution_id=outcome.subject_id if outcome.subject_type == "institution" else "",
            article=derived.article,
            act=derived.act,
            responsibility=asked.responsibility,
            band_low=derived.band[0],
            band_high=derived.band[1],
            points=derived.points,
            table_from=derived.table.from_,
            table_source=derived.table.source,
            reason=scrubbed(asked.reason.strip()),
            by=asked.by.strip(),
            account=self.log.account(),
        )

    @contextmanager
    def _call(self, action: str, by: str, name: str) -> Iterator[None]:
        """One turn of the log; what is refused is logged as that."""
        with self.log.turn():
            try:
                self.access.refuse_unless("points_givers", by, self.log.account())
                yield
            except FundwatchError as error:
                why = scrubbed(error.what.replace("\n", " "))
                detail = {"name": scrubbed(name)}
                self.log.append(f"points {action}", actor=scrubbed(by), outcome="refused", why=why, detail=detail)
                raise

    def _added(self, action: str, entry: PointsEntry) -> PointsGiven:
        """The entry, logged and then added: what cannot be logged is not done."""
        shown = ("entry_id", "outcome_id", "article", "responsibility", "points", "on_date", "withdraws")
        detail = {name: str(value) for name in shown if (value := getattr(entry, name))}
        self.log.append(f"points {action}", actor=scrubbed(entry.by), why=entry.reason, detail=detail)
        journal_in(self._lake.address, STAFF_POINTS).append([entry.row()])
        rows = standings(self.settings, entry.on_date).rows
        return PointsGiven(entry, next((one for one in rows if one.person_id == entry.person_id), None))

    @property
    def _lake(self) -> Lake:
        return Lake(self.settings.lake_address)

    def _entries(self) -> list[PointsEntry]:
        return points_in(self._lake)

    def _consequences(self) -> Consequences:
        return read_consequences(region_of(self.settings), self.settings.conf)


def standings(settings: Settings, day: date) -> Standings:
    """Where every person with points stands on the day."""
    lake = Lake(settings.lake_address)
    entries = points_in(lake)
    outcomes = outcomes_in(lake, day)
    tables = read_consequences(region_of(settings), settings.conf).points
    return Standings(day, standing_of(entries, outcomes, tables, day))


def credit_grades(settings: Settings, day: date) -> list[Graded]:
    """The grades of the day, derived; nothing is put down."""
    lake = Lake(settings.lake_address)
    outcomes = outcomes_in(lake, day)
    before: Mapping[tuple[str, str], CreditEntry] = latest_grades(grades_in(lake))
    tables = read_consequences(region_of(settings), settings.conf).grades
    return graded(outcomes, tables, day, also=before)


def _one(found: Sequence[Any], name: str) -> Any:
    if len(name) < _LEAST_OF_ID or not found:
        raise PointsError(f"nothing that stands is named '{name:.40}'", do="give an id that `fundwatch points` lists")
    if len(found) > 1:
        raise PointsError(f"{len(found)} begin with '{name}'", do="give more of it")
    return found[0]


def _reason_problems(asked: PointsRequest) -> Iterator[str]:
    if not _SHORTEST <= len(asked.reason.strip()) <= _LONGEST:
        yield f"--reason takes {_SHORTEST} to {_LONGEST} characters"


def _date_problems(asked: PointsRequest, first: date) -> Iterator[str]:
    if asked.on_date is not None and asked.on_date < first:
        yield f"--date {asked.on_date} is before {first}, when it was decided"


def _refuse(wrong: Sequence[str]) -> None:
    if wrong:
        raise PointsError(problems("nothing was put down", wrong), do="give what is named")
