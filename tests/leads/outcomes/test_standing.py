"""What stands of the journals after withdrawals."""

from __future__ import annotations

from datetime import date

from leads.outcomes.entries import Outcome, Snooze, SnoozeAction, Status, StatusEntry
from leads.outcomes.standing import in_force, known_before, latest_outcome, latest_status, snoozed, to_begin

NIGHT = date(2026, 3, 24)


def step(entry_id: str, status: str, **given: object) -> StatusEntry:
    of = {
        "case_id": "c1",
        "lead_id": "l1",
        "night": NIGHT,
        "subject_type": "doctor",
        "subject_id": "d",
        "kind": "DC-03",
    }
    return StatusEntry.of_row({"entry_id": entry_id, "status": status, "on_date": NIGHT, **of, **given})


def outcome(outcome_id: str, decision: str, withdraws: str = "") -> Outcome:
    of = {
        "case_id": "c1",
        "lead_id": "l1",
        "night": NIGHT,
        "subject_type": "doctor",
        "subject_id": "d",
        "kind": "DC-03",
    }
    return Outcome.of_row(
        {"outcome_id": outcome_id, "decision": decision, "on_date": NIGHT, "withdraws": withdraws, **of}
    )


def snooze(action: SnoozeAction, on: int, until: int = 30) -> Snooze:
    return Snooze("s1", action, "DC-03", "doctor", "d", date(2026, 3, on), date(2026, 3, until))


def test_an_entry_that_was_withdrawn_stands_no_more_nor_does_the_one_that_withdrew_it() -> None:
    assigned, checked = step("a", "assigned"), step("b", "in_check")
    taken_back = step("c", "in_check", withdraws="b")
    assert in_force([assigned, checked, taken_back]) == [assigned]
    assert latest_status([assigned, checked, taken_back])["c1"].status == Status.ASSIGNED


def test_the_newest_outcome_in_force_is_the_case_s() -> None:
    first, second = outcome("a", "confirmed"), outcome("b", "cleared")
    assert latest_outcome([first, second])["c1"] is second
    assert latest_outcome([first, second, outcome("c", "cleared", withdraws="b")])["c1"] is first


def test_what_is_said_of_a_list_is_not_known_to_that_list() -> None:
    entry = step("a", "assigned")
    assert known_before([entry], NIGHT) == []
    assert known_before([entry], date(2026, 3, 25)) == [entry]
    later = step("b", "assigned", on_date=date(2026, 3, 27))
    assert known_before([later], date(2026, 3, 26)) == []


def test_a_snooze_holds_until_its_date_or_until_somebody_ends_it() -> None:
    begun = snooze(SnoozeAction.BEGUN, 10)
    assert (snoozed([begun], date(2026, 3, 9)), to_begin([begun], date(2026, 3, 9))) == ([], [begun])
    assert snoozed([begun], date(2026, 3, 30)) == [begun]
    assert snoozed([begun], date(2026, 3, 31)) == []
    assert snoozed([begun, snooze(SnoozeAction.ENDED, 20)], date(2026, 3, 20)) == []
    assert snoozed([begun, snooze(SnoozeAction.ENDED, 20)], date(2026, 3, 19)) == [begun]


def test_an_entry_is_the_row_it_was_read_from() -> None:
    entry = step("a", "assigned", team="城区一组")
    assert StatusEntry.of_row(entry.row() | {"at": None}) == entry
