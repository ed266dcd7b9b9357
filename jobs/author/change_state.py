"""Where a rule stands in its life, changed by people: proposed by one, approved by another, or retired; and what a
region says of rules (`overlay:<region>`), proposed and approved as they are.

Every call is logged, and the audit log has it before the lake has its entry. An approval is for the version that was
proposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.overlays_in_force import OVERLAY, overlay_versions
from jobs.author.rules_in_force import entries_of, lifecycle_in, rules_in_force
from jobs.review.show_catalogues import known_name
from privacy.access.desk import scrubbed
from privacy.access.people import Access, AccessRefusedError, Role, read_access, same_person
from privacy.audit.log import AuditLog, audit_log, new_request_id
from rules.catalogue.lifecycle import RAISED_TO, LifecycleAction, LifecycleEntry, pending
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleState

_SHORTEST, _LONGEST = 10, 500


class RuleStateError(FundwatchError):
    """A rule cannot be brought to this state, or not now."""


@dataclass(frozen=True)
class StateAsked:
    """What is asked for a rule: by whom, from which business date, why; and, where it is proposed, which state."""

    rule_id: str
    by: str
    reason: str = ""
    since: date | None = None
    state: str = ""


@dataclass(frozen=True)
class StateChanged:
    """The entry that was added."""

    entry: LifecycleEntry

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.entry).items() if name != "at"}


@dataclass(frozen=True)
class RuleDesk:
    """Serves the calls: each is checked and logged within one turn of the log; a night may run meanwhile."""

    settings: Settings
    log: AuditLog
    access: Access

    @classmethod
    def of(cls, settings: Settings) -> RuleDesk:
        """Raises KeyMissingError without the vault's key, SettingsError for roles that do not hold."""
        return cls(settings, audit_log(settings), read_access(settings.access, settings.conf))

    def propose(self, asked: StateAsked) -> StateChanged:
        """Propose that the rule's version of today stands in a state from a date on. Raises AccessRefusedError,
        RuleStateError naming everything that is missing."""
        with self._call("propose", "rule_authors", asked):
            _refuse_incomplete(asked)
            state = RuleState(asked.state)
            self._refuse_retired(asked)
            entry = self._entry(asked, LifecycleAction.PROPOSED, state, proposed_by=asked.by.strip())
            return self._added("propose", entry)

    def approve(self, asked: StateAsked) -> StateChanged:
        """Approve what is proposed for the rule: by another person, from another account. Raises AccessRefusedError,
        RuleStateError where nothing is, or the rule has changed since."""
        with self._call("approve", "rule_approvers", asked):
            proposal = pending(entries_of(self.settings), asked.rule_id)
            if proposal is None:
                raise RuleStateError(f"nothing is proposed for {asked.rule_id}", do="`fundwatch rules propose` does")
            self._refuse_same(asked, proposal)
            if proposal.rule_version != self._version(asked.rule_id):
                raise RuleStateError(
                    f"{asked.rule_id} is not what it was when this was proposed", do="propose it again as it is now"
                )
            self._refuse_retired(asked)
            done = replace(proposal, action=LifecycleAction.APPROVED, approved_by=asked.by.strip(), at=None)
            return self._added("approve", done)

    def retire(self, asked: StateAsked) -> StateChanged:
        """Retire the rule from a date on, for good. Raises AccessRefusedError, RuleStateError."""
        with self._call("retire", "rule_approvers", asked):
            _refuse_incomplete(replace(asked, state=RuleState.ACTIVE))
            if asked.rule_id.startswith(OVERLAY):
                raise RuleStateError(
                    "what a region says of rules is not retired",
                    do="take it out of the region's rules.yaml, and propose and approve the file as it is then",
                )
            self._refuse_retired(asked)
            entry = self._entry(asked, LifecycleAction.RETIRED, RuleState.RETIRED, approved_by=asked.by.strip())
            return self._added("retire", entry)

    @contextmanager
    def _call(self, action: str, role: Role, asked: StateAsked) -> Iterator[None]:
        """One turn of the log; what is refused is logged as that. A night may run meanwhile."""
        refuse_no_lake(self.settings.lake_address)
        with self.log.turn():
            try:
                known_name("rule", asked.rule_id, self._versions())
                self.access.refuse_unless(role, asked.by, self.log.account())
                yield
            except FundwatchError as error:
                self.log.append(
                    f"rules {action}",
                    actor=scrubbed(asked.by),
                    outcome="refused",
                    why=scrubbed(error.what.replace("\n", " ")),
                    detail={"rule_id": scrubbed(asked.rule_id)},
                )
                raise

    def _added(self, action: str, entry: LifecycleEntry) -> StateChanged:
        """The entry, logged and then added to the lake: what cannot be logged is not done."""
        reported = {name: str(value) for name, value in entry.row().items() if value and name != "reason"}
        actor = entry.approved_by or entry.proposed_by
        self.log.append(f"rules {action}", actor=scrubbed(actor), why=entry.reason, detail=reported)
        lifecycle_in(self.settings.lake_address).append([entry.row()])
        return StateChanged(entry)

    def _entry(
        self, asked: StateAsked, action: LifecycleAction, state: RuleState, proposed_by: str = "", approved_by: str = ""
    ) -> LifecycleEntry:
        return LifecycleEntry(
            entry_id=new_request_id(),
            action=action,
            rule_id=asked.rule_id,
            rule_version=self._version(asked.rule_id),
            state=state,
            from_date=asked.since or date.max,
            proposed_by=proposed_by,
            proposed_account=self.log.account() if proposed_by else "",
            approved_by=approved_by,
            reason=scrubbed(asked.reason.strip()),
        )

    def _versions(self) -> dict[str, str]:
        """Of the rules and of what regions say of them: both are raised alike."""
        region = region_of(self.settings)
        rule_set = load_rules(region=region)
        return {rule.id: rule_set.rule_fingerprint(rule) for rule in rule_set.rules} | overlay_versions(region)

    def _version(self, rule_id: str) -> str:
        return self._versions()[rule_id]

    def _refuse_same(self, asked: StateAsked, proposal: LifecycleEntry) -> None:
        if same_person(asked.by) == same_person(proposal.proposed_by):
            raise AccessRefusedError("nobody approves a proposal of their own", do="let another person approve")
        if self.log.account() == proposal.proposed_account and not self.settings.reidentify_same_account:
            raise AccessRefusedError(
                "the proposal came from the same operating-system account",
                do="approve from an account of your own (reidentify_same_account=true lifts this, for a trial)",
            )

    def _refuse_retired(self, asked: StateAsked) -> None:
        """On whatever night: a retired rule does not come back, its successor is another rule."""
        standing = rules_in_force(self.settings, date.max).rule_set
        if any(rule.id == asked.rule_id and rule.state == RuleState.RETIRED for rule in standing.rules):
            raise RuleStateError(
                f"{asked.rule_id} is retired, and stays so", do="give what is to take its place an id of its own"
            )


def _refuse_incomplete(asked: StateAsked) -> None:
    wrong = []
    states = (RuleState.ACTIVE,) if asked.rule_id.startswith(OVERLAY) else RAISED_TO
    if asked.state not in states:
        wrong.append(f"--state takes {' or '.join(states)}")
    if not _SHORTEST <= len(asked.reason.strip()) <= _LONGEST:
        wrong.append(f"--reason takes {_SHORTEST} to {_LONGEST} characters")
    if asked.since is None:
        wrong.append("--date is missing: the business date from which it holds")
    if wrong:
        raise RuleStateError(problems("nothing was changed", wrong), do="give what is named")
