"""Where rules stand on a night: as they ship, raised by what two people said of this very version, retired by one.

The shipped state holds where nobody said anything. An approval holds for the version of the rule that it was given to:
once the definition is another one, the rule is at most in shadow. A retired rule stays retired, whatever was said of it
before or since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from rules.catalogue.rule import Rule, RuleSet, RuleState

TABLE = "rule_lifecycle"
COLUMNS: Mapping[str, str] = {
    "entry_id": "string",
    "action": "string",
    "rule_id": "string",
    "rule_version": "string",
    "state": "string",
    "from_date": "date",
    "proposed_by": "string",
    "proposed_account": "string",
    "approved_by": "string",
    "reason": "string",
}
RAISED_TO = (RuleState.SHADOW, RuleState.ACTIVE)  # what can be proposed


class LifecycleAction(StrEnum):
    """What an entry is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True)
class LifecycleEntry:
    """One entry: from the business date on, the rule of this version is to stand there, by whose word and why.

    A proposal decides nothing; its approval repeats it under the same `entry_id`. `at` is when it was said.
    """

    entry_id: str
    action: LifecycleAction
    rule_id: str
    rule_version: str
    state: RuleState
    from_date: date
    proposed_by: str
    proposed_account: str
    approved_by: str
    reason: str
    at: datetime | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The entry of the table's row."""
        given: dict[str, Any] = {f.name: row.get(f.name) for f in fields(cls)}
        given |= {"action": LifecycleAction(row["action"]), "state": RuleState(row["state"])}
        return cls(**given)

    def row(self) -> dict[str, Any]:
        """The values of COLUMNS."""
        return {name: getattr(self, name) for name in COLUMNS} | {"action": str(self.action), "state": str(self.state)}


@dataclass(frozen=True)
class RulesInForce:
    """The rules, each in the state in which it stands, by rule why an approval does not hold any more, how many in
    shadow are not among them, and what regions say of them that nobody approved, as sentences."""

    rule_set: RuleSet
    lapsed: Mapping[str, str]
    left_in_shadow: int = 0
    overlays_waiting: tuple[str, ...] = ()


def in_force(rule_set: RuleSet, entries: Iterable[LifecycleEntry], night: date) -> RulesInForce:
    """The rules as they stand on the night, by the entries (the oldest first) that hold from it or from before."""
    known = [entry for entry in entries if entry.from_date <= night]
    lapsed: dict[str, str] = {}
    rules: list[Rule] = []
    for rule in rule_set.rules:
        state, problem = _state(rule, rule_set.rule_fingerprint(rule), [e for e in known if e.rule_id == rule.id])
        rules.append(rule if state == rule.state else rule.model_copy(update={"state": state}))
        if problem:
            lapsed[rule.id] = problem
    return RulesInForce(rule_set.model_copy(update={"rules": tuple(rules)}), lapsed)


def _state(rule: Rule, version: str, said: Sequence[LifecycleEntry]) -> tuple[RuleState, str]:
    """Where the rule stands, and why an approval does not hold."""
    if rule.state == RuleState.RETIRED or any(entry.action == LifecycleAction.RETIRED for entry in said):
        return RuleState.RETIRED, ""
    approved = sorted((e for e in said if e.action == LifecycleAction.APPROVED), key=lambda entry: entry.from_date)
    if not approved:
        return rule.state, ""
    last = approved[-1]
    if last.rule_version == version:
        return last.state, ""
    least = RuleState.SHADOW if rule.state == RuleState.ACTIVE or last.state == RuleState.ACTIVE else rule.state
    return least, (
        f"approved as {last.state.words} for version {last.rule_version}; the definition is {version} by now: "
        f"{least.words} until it is approved again"
    )


def pending(entries: Iterable[LifecycleEntry], rule_id: str) -> LifecycleEntry | None:
    """The rule's newest proposal, unless it was decided on."""
    of_rule = [entry for entry in entries if entry.rule_id == rule_id]
    decided = {entry.entry_id for entry in of_rule if entry.action != LifecycleAction.PROPOSED}
    proposed = [entry for entry in of_rule if entry.action == LifecycleAction.PROPOSED]
    return proposed[-1] if proposed and proposed[-1].entry_id not in decided else None
