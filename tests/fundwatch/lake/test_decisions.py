"""Decisions over quarantined rows: by name, with a reason, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fundwatch.lake.decisions import DECIDED, Action, Decision, DecisionError, Decisions, RowPlace, is_taken_in
from fundwatch.lake.ledger import Ledger
from tests.places import at

NIGHT, NEXT, LATER = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
PLACE = RowPlace(NIGHT, "national", "claim_line", "fee_list.csv.gz", 5)
RELEASE = Decision(PLACE, Action.RELEASE, NEXT, "李工", "the hospital confirmed it")


def decided(root, *decisions: Decision, taken: date | None = None) -> Decisions:
    ledger = Ledger(at(root))
    for decision in decisions:
        Decisions(at(root)).decide([decision], ledger)
    if taken is not None:
        ledger.commit(ledger.start("intake", taken, "p"), "intake", taken, "p", {})
    return Decisions(at(root))


def test_a_decision_is_reported_to_the_night_that_takes_the_row_in_and_to_no_other(tmp_path):
    log = decided(tmp_path, replace(RELEASE, action=Action.RESUBMIT, changes={"quantity": "3"}))
    assert [dict(d.changes) for d in log.into(NEXT)] == [{"quantity": "3"}]
    assert log.into(LATER) == []


def test_the_last_decision_over_a_row_holds(tmp_path):
    log = decided(tmp_path, RELEASE, replace(RELEASE, into_night=LATER))
    assert (log.into(NEXT), len(log.into(LATER))) == ([], 1)


def test_a_withdrawn_decision_no_longer_holds_and_stays_reported(tmp_path):
    log = decided(tmp_path, RELEASE, replace(RELEASE, action=Action.WITHDRAW))
    assert log.in_force() == {}
    assert [row["state"] for row in log.history()] == ["decided", "withdrawn"]


def test_a_row_that_was_taken_in_is_not_decided_again(tmp_path):
    log = decided(tmp_path, RELEASE, taken=NEXT)
    for action in (Action.RELEASE, Action.WITHDRAW):
        with pytest.raises(DecisionError, match="2026-03-31 has taken the row in"):
            log.decide([replace(RELEASE, action=action, into_night=LATER)], Ledger(at(tmp_path)))


def test_a_night_that_stands_takes_nothing_more_in(tmp_path):
    log = decided(tmp_path, taken=NEXT)
    with pytest.raises(DecisionError, match="stands already"):
        log.decide([RELEASE], Ledger(at(tmp_path)))


def taken_in(root, night: date, *read: Decision) -> None:
    """A committed night that noted which decisions it has read."""
    ledger = Ledger(at(root))
    detail = {DECIDED: [one.content for one in read]}
    ledger.commit(ledger.start("intake", night, "p"), "intake", night, "p", detail)


def test_what_was_decided_after_a_night_had_read_its_decisions_is_late_and_may_be_decided_anew(tmp_path):
    log = decided(tmp_path, RELEASE)
    taken_in(tmp_path, NEXT)
    assert not is_taken_in(RELEASE, Ledger(at(tmp_path)))
    log.decide([replace(RELEASE, into_night=LATER)], Ledger(at(tmp_path)))
    assert [one.into_night for one in log.in_force().values()] == [LATER]
    assert log.later_than([], LATER) == [
        "1 decisions over quarantined rows came after they were read: run the night again, or name a later one"
    ]
    assert log.later_than(log.into(LATER), LATER) == []


def test_a_row_that_was_taken_in_while_somebody_withdrew_it_is_not_taken_in_twice(tmp_path):
    log = decided(tmp_path, RELEASE, replace(RELEASE, action=Action.WITHDRAW))
    taken_in(tmp_path, NEXT, RELEASE)
    with pytest.raises(DecisionError, match="2026-03-31 has taken the row in"):
        log.decide([replace(RELEASE, into_night=LATER)], Ledger(at(tmp_path)))


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"by": " "}, "a name and a reason"),
        ({"why": ""}, "a name and a reason"),
        ({"into_night": NIGHT}, "must come after 2026-03-30"),
        ({"action": Action.RESUBMIT}, "needs corrected values"),
        ({"changes": {"quantity": "1"}}, "nothing else takes any"),
        ({"action": Action.WITHDRAW}, "no decision to withdraw"),
    ],
)
def test_a_decision_that_does_not_hold_is_refused(tmp_path, change, reported):
    with pytest.raises(DecisionError, match=reported):
        decided(tmp_path, replace(RELEASE, **change))


def test_one_wrong_decision_keeps_all_of_them_from_being_noted(tmp_path):
    with pytest.raises(DecisionError, match="1 problem"):
        Decisions(at(tmp_path)).decide(
            [RELEASE, replace(RELEASE, place=replace(PLACE, line_number=6), by="")], Ledger(at(tmp_path))
        )
    assert Decisions(at(tmp_path)).history() == []


def test_the_fingerprint_of_a_night_changes_with_what_was_decided_and_not_with_who_did(tmp_path):
    empty = Decisions(at(tmp_path)).fingerprint(NEXT)
    first = decided(tmp_path, RELEASE).fingerprint(NEXT)
    assert first != empty
    assert decided(tmp_path, replace(RELEASE, by="another", why="else")).fingerprint(NEXT) == first
