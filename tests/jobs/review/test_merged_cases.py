"""Two persons become one: what people said of the case that is lost goes with the one that goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from jobs.review.outcomes.merged_cases import MergedCase, merged_by, merged_cases
from jobs.review.outcomes.night_standing import StandingReader, decisions_seen
from jobs.review.outcomes.people_said import PeopleSaid
from leads.outcomes.entries import DecidedHit, Outcome, Status, StatusEntry, deciding_entry
from tests.jobs.truth_world import NIGHT, TruthWorld

NEXT, THIRD = date(2026, 4, 7), date(2026, 4, 14)
RULE = "DC-03"
CURRENT = {"institution": {"B": "A"}}
MERGED = MergedCase("cb", "ca", ("institution", "A", RULE))


def _row(subject: str, case_id: str, first_seen: date, night: date = NIGHT) -> dict[str, object]:
    return {"business_date": night, "subject_type": "institution", "subject_id": subject, "case_id": case_id,
            "kind": RULE, "first_seen": first_seen}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TruthWorld:
    """A and B are two hospitals on the first list; B's case was confirmed. From the next night on B is A, and its hit
    is there under another id."""
    made = TruthWorld(tmp_path_factory.mktemp("merged"))
    older, newer = date(2026, 3, 1), date(2026, 3, 8)
    made.put("case", [_row("A", "ca", older), _row("B", "cb", newer), _row("C", "cc", newer)])
    made.lines({"line_id": "L1"})
    hits: list[dict[str, Any]] = [
        {"business_date": NIGHT, "hit_id": "hb", "subject_id": "B"},
        {"business_date": NEXT, "hit_id": "other", "subject_id": "A"},
    ]
    made.put("rule_hit", [hit | {"subject_type": "institution", "rule_id": RULE} for hit in hits])
    made.put("hit_line", [hit | {"line_id": "L1", "role": "counted"} for hit in hits])
    case: dict[str, Any] = {
        "case_id": "cb",
        "lead_id": "l",
        "night": NIGHT,
        "subject_type": "institution",
        "subject_id": "B",
    }
    outcome = Outcome(outcome_id="o", decision="confirmed", kind=RULE, on_date=NEXT, found_amount=Decimal(9), **case)
    said = PeopleSaid(made.settings.lake_address)
    said.add_status([StatusEntry(entry_id="s", status="assigned", kind=RULE, on_date=NIGHT, person="Li", **case)])
    said.add_decision([outcome], [], [DecidedHit("o", "hb")])
    said.add_status([deciding_entry(outcome, "t")])
    return made


def _lake(world: TruthWorld) -> Lake:
    return Lake(world.settings.lake_address)


def test_of_two_cases_that_are_one_now_the_one_that_was_seen_first_goes_on(world: TruthWorld) -> None:
    assert merged_cases(_lake(world), NIGHT, CURRENT) == [MERGED]
    assert merged_cases(_lake(world), NIGHT, {}) == []
    assert merged_cases(_lake(world), None, CURRENT) == []


def test_the_step_on_the_lost_case_goes_with_the_other_and_its_hits_are_known(world: TruthWorld) -> None:
    lake = _lake(world)
    reader = StandingReader(lake, NEXT, NIGHT, CURRENT)
    (row,) = reader.of(decisions_seen(lake, Ledger(lake.address), NEXT)).cases
    assert (row.case_id, row.subject_id, row.status, row.held_by) == ("ca", "A", Status.CONFIRMED, "Li")
    assert (row.new_hit_count, row.is_quiet) == (0, True)


def test_the_merger_holds_on_later_nights_and_at_the_desk(world: TruthWorld) -> None:
    lake = _lake(world)
    lake.write_rows([MERGED.row(NEXT)], "merged_case", NEXT)
    assert merged_cases(lake, NEXT, CURRENT) == [MERGED]
    assert merged_cases(lake, NEXT, {"institution": {"B": "D", "A": "D"}}) == [
        replace(MERGED, finding=("institution", "D", RULE))
    ]
    assert merged_by(lake) == {"cb": "ca"}
    said = PeopleSaid(lake.address)
    assert [step.status for step in said.steps[said.case_of("cb")]] == ["assigned", "confirmed"]
    assert said.decided_about == {"ca": {"hb": NIGHT}}
