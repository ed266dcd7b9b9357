"""The desk at which leads are worked on: assigned, noted on, closed, confirmed by a second person, taken back.

Every call is checked and logged within one turn of the audit log, which has a change before the lake has it. The lake's
lock is not needed: journals only grow, and a night may run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.outcomes.asked import CaseStep, LeadAsked, StepsTaken, of_entry, step_of
from jobs.review.outcomes.known_cases import SAMPLE_KIND, cases_of_lead, sampled_case
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.show_lead import find_lead, newest_list
from leads.outcomes.closing import AMOUNTS, LONGEST_NOTE, CaseKnown, Closing, closing_problems, with_found
from leads.outcomes.deciding import hits_of, lines_of, nothing, place_of
from leads.outcomes.entries import (
    STATUS_WORDS,
    ChosenBy,
    DecidedHit,
    Outcome,
    OutcomeLine,
    Status,
    StatusEntry,
    deciding_entry,
)
from leads.outcomes.practice import WITHDRAWN, Practice, read_practice
from leads.outcomes.standing import status_of
from leads.outcomes.steps import holder, move_problem
from privacy.access.desk import scrubbed as scrubbed_numbers
from privacy.access.people import Access, AccessRefusedError, Role, read_access, same_person
from privacy.audit.log import AuditLog, audit_log, new_request_id
from privacy.scrubbing.scrub import scrub

_NAME = 100  # characters of a team's or a person's name


class LeadStepError(FundwatchError):
    """A step of a lead cannot be taken, or not now."""


@dataclass(frozen=True)
class LeadDesk:
    """Serves the calls. What the command does, a screen does: each method is a service."""

    settings: Settings
    log: AuditLog
    access: Access
    practice: Practice

    @classmethod
    def of(cls, settings: Settings) -> LeadDesk:
        """Raises KeyMissingError without the vault's key, SettingsError for roles that do not hold, CatalogueError."""
        access = read_access(settings.access, settings.conf)
        return cls(settings, audit_log(settings), access, read_practice(region_of(settings), settings.conf))

    def assign(self, asked: LeadAsked, team: str, person: str = "", instead_of: str = "", note: str = "") -> StepsTaken:
        """Give the lead's open cases to a team, or a person of it. Raises LeadStepError where another holds one and
        `instead_of` does not name them, where a case is decided and has not grown, or nobody is named."""
        wrong = [] if team.strip() or person.strip() else ["--team or --to is missing: who is to check it?"]
        wrong += [f"{name} is longer than {_NAME} characters" for name, text in (("--team", team), ("--to", person))
                  if len(text) > _NAME]  # fmt: skip
        with self.call("assign", "lead_managers", asked) as (said, cases):
            _refuse(wrong + _note_problems(note))
            taken = _open(cases, Status.ASSIGNED, asked)
            _refuse([text for case in taken for text in _held_problems(case, instead_of)])
            on = [(case, asked.on_date or case.night) for case in taken]
            entries = [self.entry(case, Status.ASSIGNED, asked.by, day, note, team, person) for case, day in on]
            return self.stepped("assign", asked.by, said, _in_order(taken, entries))

    def note(self, asked: LeadAsked, step: str = "", note: str = "") -> StepsTaken:
        """Write a remark, or take the step `in_check` or `heard`. Raises LeadStepError, AccessRefusedError where the
        case is another person's."""
        wrong = (
            [] if step in ("", Status.IN_CHECK, Status.HEARD) else [f"--step takes {Status.IN_CHECK} or {Status.HEARD}"]
        )
        wrong += [] if step or note.strip() else ["--note or --step is missing"]
        with self.call("note", "inspectors", asked) as (said, cases):
            _refuse(wrong + _note_problems(note))
            taken = _open(cases, Status(step), asked) if step else cases
            new = [case.kind for case in taken if case.status == Status.NEW]
            _refuse([f"{kind}: nobody has been given it yet: assign it first" for kind in new])
            self._refuse_others(asked, taken)
            on = [(case, asked.on_date or case.night) for case in taken]
            entries = [self.entry(case, Status(step) if step else case.status, asked.by, day, note) for case, day in on]
            return self.stepped("note", asked.by, said, _in_order(taken, entries))

    def close(self, asked: LeadAsked, closing: Closing) -> StepsTaken:
        """Decide a case: by one person where its tier lets one, else it waits for another to confirm. Raises
        LeadStepError naming every problem, AccessRefusedError."""
        with self.call("close", "inspectors", asked) as (said, cases):
            return self.closed(said, asked.by, self._closings(said, asked, cases, closing))

    def confirm(self, asked: LeadAsked) -> StepsTaken:
        """Confirm (复审) what another person decided (初审). Raises AccessRefusedError for the same person or account,
        LeadStepError where nothing waits or the case changed since."""
        with self.call("confirm", "lead_reviewers", asked) as (said, cases):
            waiting = [said.waiting[case.case_id] for case in cases if case.case_id in said.waiting]
            if not waiting:
                raise LeadStepError("nothing of this lead waits for a second person", do="`fundwatch leads late` lists")
            for proposal in waiting:
                self._refuse_same(asked, proposal)
            now = {case.case_id: case for case in cases}
            _refuse([
                f"{one.kind}: {problem}" for one in waiting
                if (problem := move_problem(now[one.case_id].status, Status(one.decision),
                                            is_grown=now[one.case_id].new_hits > 0))
            ])  # fmt: skip
            done = [replace(one, second_by=asked.by.strip(), at=None) for one in waiting]
            return self._decided("confirm", asked.by, said, done)

    def withdraw(self, asked: LeadAsked, reason_code: str, note: str = "") -> StepsTaken:
        """Take back the last step of the lead's cases: the outcome with it where it was a decision, or what waits for a
        second person. Raises LeadStepError naming the reasons there are."""
        codes = self.practice.reason_codes(WITHDRAWN)
        wrong = [] if reason_code in codes else [f"--reason takes one of {', '.join(codes)}"]
        with self.call("withdraw", "lead_managers", asked) as (said, cases):
            _refuse(wrong + _note_problems(note))
            touched = [case for case in cases if case.steps or case.case_id in said.waiting]
            _refuse([] if touched else ["nobody has done anything with this lead: there is nothing to take back"])
            if not asked.kind and len(touched) > 1:
                _refuse(
                    [f"{len(touched)} cases have steps: name one with --kind ({', '.join(c.kind for c in touched)})"]
                )
            return self._taken_back(asked, said, touched[0], reason_code, scrub(note.strip()) or "")

    @contextmanager
    def call(self, action: str, role: Role, asked: LeadAsked) -> Iterator[tuple[PeopleSaid, list[CaseKnown]]]:
        """Hold the log over what is read and what is then written; what is refused is logged as that."""
        with self.turn(action, role, asked.by, asked.lead):
            night = newest_list(self.settings, asked.night)
            said, lake = PeopleSaid(self.settings.lake_address), Lake(self.settings.lake_address)
            if asked.lead.startswith(f"{SAMPLE_KIND}:"):
                cases = sampled_case(lake, night, asked.lead, said)
            else:
                cases = cases_of_lead(lake, night, find_lead(self.settings, night, asked.lead), said, asked.kind)
            if asked.seen is not None:
                _refuse([_changed(case) for case in cases if case.last_entry != asked.seen])
            if asked.on_date is not None and asked.on_date < night:
                _refuse([f"{asked.on_date} 早于清单 is before the list of {night}: nobody had seen it then"])
            yield said, cases

    @contextmanager
    def turn(self, action: str, role: Role, by: str, lead: str = "") -> Iterator[None]:
        """One turn of the log for who has the role; what is refused is logged as that."""
        with self.log.turn():
            try:
                self.access.refuse_unless(role, by, self.log.account())
                yield
            except FundwatchError as error:
                self.log.append(
                    f"leads {action}", actor=scrubbed_numbers(by), outcome="refused",
                    why=scrubbed_numbers(" ".join(error.what.split())), detail={"lead": scrubbed_numbers(lead)},
                )  # fmt: skip
                raise

    def closed(self, said: PeopleSaid, by: str, closings: Sequence[tuple[CaseKnown, Closing]]) -> StepsTaken:
        """Enter decisions that hold (see `closing_problems`): those that need a second person wait for one."""
        now: list[tuple[CaseKnown, Closing, Outcome]] = []
        later: list[tuple[CaseKnown, Closing, Outcome]] = []
        for case, closing in closings:
            outcome = self._outcome(case, closing, by)
            needs = case.tier in self.practice.on(closing.on_date).second_review
            (later if needs else now).append((case, closing, outcome))
        done: list[CaseStep] = []
        if later:
            self._logged("close", [outcome for _, _, outcome in later], waits=True)
            said.propose([o for _, _, o in later], lines_of(later), hits_of(later))
            done += [step_of(outcome, case.status, "", waits=True) for case, _, outcome in later]
        if now:
            lines, hits = lines_of(now), hits_of(now)
            done += self._decided("close", by, said, [outcome for _, _, outcome in now], lines, hits).steps
        return StepsTaken("close", by.strip(), tuple(done))

    def _closings(
        self, said: PeopleSaid, asked: LeadAsked, cases: Sequence[CaseKnown], closing: Closing
    ) -> list[tuple[CaseKnown, Closing]]:
        taken = _open(cases, closing.decision, asked)
        given = [name for name in AMOUNTS if closing.amount(name)]
        if len(taken) > 1 and (given or closing.accepted or closing.cleared):
            kinds = ", ".join(case.kind for case in taken)
            _refuse([f"amounts and lines are of one case: name it with --kind ({kinds})"])
        self._refuse_others(asked, taken)
        wrong, made = [], []
        for case in taken:
            if case.case_id in said.waiting:
                wrong.append(
                    f"{case.kind}: {said.waiting[case.case_id].by} decided it, and it waits for a second person"
                )
            own = with_found(closing, case)
            wrong += [f"{case.kind} {one.field}: {one.text}" for one in closing_problems(own, case, self.practice)]
            made.append((case, own))
        _refuse(wrong)
        return made

    def _decided(
        self,
        action: str,
        by: str,
        said: PeopleSaid,
        outcomes: Sequence[Outcome],
        lines: Sequence[OutcomeLine] = (),
        hits: Sequence[DecidedHit] = (),
    ) -> StepsTaken:
        entries = [deciding_entry(outcome, new_request_id()) for outcome in outcomes]
        self._logged(action, outcomes)
        said.add_decision(outcomes, lines, hits)
        said.add_status(entries)
        steps = [step_of(o, Status(o.decision), e.entry_id) for o, e in zip(outcomes, entries, strict=True)]
        return StepsTaken(action, by.strip(), tuple(steps))

    def _taken_back(
        self, asked: LeadAsked, said: PeopleSaid, case: CaseKnown, reason_code: str, note: str
    ) -> StepsTaken:
        on = asked.on_date or case.night
        why: dict[str, Any] = {"reason_code": reason_code, "note": note, "on_date": on, "night": case.night, "at": None}
        why |= {"by": asked.by.strip(), "account": self.log.account(), "second_by": ""}
        waiting = said.waiting.get(case.case_id)
        if waiting is not None:
            gone = nothing(replace(waiting, outcome_id=new_request_id(), withdraws=waiting.outcome_id, **why))
            self._logged("withdraw", [gone])
            said.propose([gone], (), ())
            return StepsTaken("withdraw", asked.by.strip(), (step_of(gone, case.status, ""),))
        last = case.steps[-1]
        left = status_of(case.steps[:-1])
        entry = replace(
            last, entry_id=new_request_id(), status=str(left), withdraws=last.entry_id, outcome_id="", **why
        )
        detail = {
            "entry_id": entry.entry_id,
            "case_id": case.case_id,
            "withdraws": last.entry_id,
            "reason": reason_code,
        }
        self.log.append("leads withdraw", actor=entry.by, why=note, lead=case.lead_id, detail=detail)
        outcome = next((o for o in said.outcomes if last.outcome_id and o.outcome_id == last.outcome_id), None)
        if outcome is not None:
            gone = nothing(replace(outcome, outcome_id=new_request_id(), withdraws=outcome.outcome_id, **why))
            said.add_decision([gone], (), ())
        said.add_status([entry])
        return StepsTaken("withdraw", entry.by, (of_entry(entry),))

    def entry(
        self, case: CaseKnown, to: Status, by: str, on_date: date, note: str = "", team: str = "", person: str = ""
    ) -> StatusEntry:
        """A step of the case, with its note scrubbed."""
        return StatusEntry(
            entry_id=new_request_id(), **place_of(case), status=str(to), on_date=on_date, team=team.strip(),
            person=person.strip(), note=scrub(note.strip()) or "", by=by.strip(), account=self.log.account(),
        )  # fmt: skip

    def stepped(self, action: str, by: str, said: PeopleSaid, entries: Sequence[StatusEntry]) -> StepsTaken:
        """Add steps that were judged, logged first: what cannot be logged is not done."""
        for entry in entries:
            detail = {"entry_id": entry.entry_id, "case_id": entry.case_id, "status": entry.status}
            detail |= {name: value for name, value in (("team", entry.team), ("person", entry.person)) if value}
            self.log.append(f"leads {action}", actor=entry.by, why=entry.note, lead=entry.lead_id, detail=detail)
        said.add_status(entries)
        return StepsTaken(action, by.strip(), tuple(map(of_entry, entries)))

    def is_same(self, person: str, other: str) -> bool:
        """Whether two names are one person's."""
        return same_person(person) == same_person(other)

    def _outcome(self, case: CaseKnown, closing: Closing, by: str) -> Outcome:
        names = [f.name for f in fields(closing) if f.name not in ("accepted", "cleared")]
        given: dict[str, Any] = {name: getattr(closing, name) for name in names}
        given |= {name: closing.amount(name) for name in AMOUNTS} | {"note": scrub(closing.note.strip()) or ""}
        given |= {"decision": str(closing.decision)}
        if case.kind == SAMPLE_KIND:
            given["chosen_by"] = str(ChosenBy.SAMPLE)
        given |= {"by": by.strip(), "account": self.log.account()}
        given |= {"rule_version": case.rule_version, "tier": case.tier}
        return Outcome(outcome_id=new_request_id(), **place_of(case), **given)

    def _logged(self, action: str, outcomes: Sequence[Outcome], *, waits: bool = False) -> None:
        for one in outcomes:
            detail = {"outcome_id": one.outcome_id, "case_id": one.case_id, "decision": one.decision}
            detail |= {name: str(getattr(one, name)) for name in AMOUNTS if getattr(one, name)}
            texts = {"second": one.second_by, "withdraws": one.withdraws, "waits": "复审" if waits else ""}
            detail |= {name: text for name, text in texts.items() if text}
            actor = one.second_by or one.by
            self.log.append(f"leads {action}", actor=actor, why=one.note, lead=one.lead_id, detail=detail)

    def _refuse_others(self, asked: LeadAsked, cases: Sequence[CaseKnown]) -> None:
        """A case that a person holds is theirs to work on."""
        for case in cases:
            held = holder(case.steps)
            if held is not None and held.person and same_person(held.person) != same_person(asked.by):
                raise AccessRefusedError(
                    f"{case.kind} 已分派给 is {held.person}'s since {held.on_date}",
                    do="have it assigned to you: `fundwatch leads assign … --instead-of`",
                )

    def _refuse_same(self, asked: LeadAsked, proposal: Outcome) -> None:
        if same_person(asked.by) == same_person(proposal.by):
            raise AccessRefusedError("nobody confirms a decision of their own", do="let another person confirm")
        if self.log.account() == proposal.account and not self.settings.reidentify_same_account:
            raise AccessRefusedError(
                "the decision came from the same operating-system account",
                do="confirm from an account of your own (reidentify_same_account=true lifts this, for a trial)",
            )


def _open(cases: Sequence[CaseKnown], to: Status, asked: LeadAsked) -> list[CaseKnown]:
    """The cases that can go there. Raises LeadStepError where none can, or the one that is named cannot."""
    problem = {case.kind: move_problem(case.status, to, is_grown=case.new_hits > 0) for case in cases}
    able = [case for case in cases if not problem[case.kind]]
    if not able or asked.kind:
        _refuse([f"{kind}: {text}" for kind, text in problem.items() if text])
    return able


def _held_problems(case: CaseKnown, instead_of: str) -> list[str]:
    held = holder(case.steps) if not case.status.is_decided else None
    if held is None:
        return []
    who = held.person or held.team
    if same_person(instead_of) in (same_person(held.person), same_person(held.team)) and instead_of.strip():
        return []
    return [f"{case.kind}: 已由 it is with {who} since {held.on_date}: name them with --instead-of to take it over"]


def _in_order(cases: Sequence[CaseKnown], entries: Sequence[StatusEntry]) -> Sequence[StatusEntry]:
    """The entries. Raises LeadStepError where one is dated before the last step of its case."""
    _refuse([
        f"{case.kind}: {entry.on_date} 早于上一步 is before its last step, of {case.steps[-1].on_date}"
        for case, entry in zip(cases, entries, strict=True) if case.steps and entry.on_date < case.steps[-1].on_date
    ])  # fmt: skip
    return entries


def _changed(case: CaseKnown) -> str:
    if not case.steps:
        return f"{case.kind}: 线索已变更 the step that you saw is gone: it was taken back. Look at the lead again"
    last = case.steps[-1]
    return (
        f"{case.kind}: 线索已变更 it changed meanwhile: {STATUS_WORDS[last.status]} by {last.by} on {last.on_date} "
        f"({last.entry_id}). Look at the lead again"
    )


def _note_problems(note: str) -> list[str]:
    return [f"--note has {len(note):,} characters, {LONGEST_NOTE:,} at most"] if len(note) > LONGEST_NOTE else []


def _refuse(wrong: Sequence[str]) -> None:
    if wrong:
        raise LeadStepError(
            problems("nothing was changed", list(wrong)), do="fix what is named; all or none is entered"
        )
