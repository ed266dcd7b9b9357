"""Where a rule stands on a night, by what it ships as and what people said of it. No lake here."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.catalogue.lifecycle import LifecycleAction, LifecycleEntry, in_force, pending
from rules.catalogue.rule import RuleSet, RuleState
from tests.rules.world import SHIPPED, shipped

NIGHT = date(2026, 3, 31)
SHADOW = SHIPPED.model_copy(update={"rules": (shipped("DC-03", state=RuleState.SHADOW),)})
VERSION = SHADOW.rule_fingerprint(SHADOW.rules[0])


def said(**changes: Any) -> LifecycleEntry:
    """An approval of DC-03 as active since the night, changed where a test wants it."""
    usual: dict[str, Any] = {
        "entry_id": "e1", "action": LifecycleAction.APPROVED, "rule_id": "DC-03", "rule_version": VERSION,
        "state": RuleState.ACTIVE, "from_date": NIGHT, "proposed_by": "Wang", "proposed_account": "wang",
        "approved_by": "Li", "reason": "a month in shadow",
    }  # fmt: skip
    return LifecycleEntry(**usual | changes)


def state_of(rule_set: RuleSet, *entries: LifecycleEntry, night: date = NIGHT) -> RuleState:
    return in_force(rule_set, entries, night).rule_set.rules[0].state


def test_an_approval_raises_the_rule_from_its_date_on() -> None:
    assert state_of(SHADOW) == RuleState.SHADOW
    assert state_of(SHADOW, said(), night=date(2026, 3, 30)) == RuleState.SHADOW
    assert state_of(SHADOW, said()) == RuleState.ACTIVE


def test_a_proposal_decides_nothing() -> None:
    proposed = said(action=LifecycleAction.PROPOSED, approved_by="")
    assert state_of(SHADOW, proposed) == RuleState.SHADOW
    assert pending([proposed], "DC-03") == proposed
    assert pending([proposed, said()], "DC-03") is None


def test_an_approval_holds_for_the_version_it_was_given_to() -> None:
    changed = SHADOW.model_copy(update={"rules": (shipped("DC-03", state=RuleState.SHADOW, params={"min_amount": 6}),)})
    standing = in_force(changed, [said()], NIGHT)
    assert standing.rule_set.rules[0].state == RuleState.SHADOW
    assert f"approved as 启用 active for version {VERSION}" in standing.lapsed["DC-03"]
    texts_alone = shipped("DC-03", state=RuleState.SHADOW, law=["条例 15"])
    assert state_of(SHADOW.model_copy(update={"rules": (texts_alone,)}), said()) == RuleState.ACTIVE


def test_a_shipped_active_rule_needs_no_entry_and_falls_back_once_an_approval_lapsed() -> None:
    active = SHADOW.model_copy(update={"rules": (shipped("DC-03"),)})
    assert in_force(active, [], NIGHT).rule_set == active
    assert state_of(active, said(rule_version="another")) == RuleState.SHADOW


def test_retired_wins_over_all() -> None:
    retired = said(action=LifecycleAction.RETIRED, state=RuleState.RETIRED)
    assert state_of(SHADOW, retired, said(from_date=date(2026, 3, 31))) == RuleState.RETIRED
    shipped_so = SHADOW.model_copy(update={"rules": (shipped("DC-03", state=RuleState.RETIRED),)})
    assert state_of(shipped_so, said()) == RuleState.RETIRED
    assert state_of(SHADOW, said(action=LifecycleAction.RETIRED, from_date=date(2026, 4, 7))) == RuleState.SHADOW


def test_the_set_is_another_one_once_a_rule_is_raised() -> None:
    assert in_force(SHADOW, [said()], NIGHT).rule_set.fingerprint != SHADOW.fingerprint


def test_an_entry_comes_back_from_its_row() -> None:
    assert LifecycleEntry.of_row(said().row()) == said()


def test_a_state_is_no_part_of_the_version_but_of_the_set():
    rule = shipped("OP-01")
    shadow = rule.model_copy(update={"state": RuleState.SHADOW})
    assert SHIPPED.rule_fingerprint(shadow) == SHIPPED.rule_fingerprint(rule)
    assert RuleSet(rules=(shadow,)).fingerprint != RuleSet(rules=(rule,)).fingerprint
