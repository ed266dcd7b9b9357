"""What the next list makes of what people said: by the lake's tables, without Spark."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal

import pytest

from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from jobs.review.outcomes.night_standing import SEEN, NightStanding, StandingReader, decisions_seen
from leads.outcomes.entries import Status
from tests.jobs.review.inspection import SUSPICION, VIOLATION, Inspection, closing
from tests.jobs.truth_world import NIGHT
from tests.places import folder_of

NEXT = date(2026, 4, 7)


@pytest.fixture(scope="module")
def inspection(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """Li has the violation in check and has closed the suspicion. By the next night L2 was reversed, half of L1 was
    given back, and the suspicion hit once more."""
    made = Inspection(tmp_path_factory.mktemp("inspection"))
    made.in_check()
    made.desk("Li").close(made.asked("Li", kind=SUSPICION), closing(found_amount="40", on=NEXT))
    shutil.rmtree(folder_of(made.settings, "claim_line"))
    known = {"known_from": NIGHT, "patient_id": "p"}
    made.world.put("claim_line", [
        known | {"line_id": "L1", "amount": Decimal(100), "known_to": NEXT},
        known | {"line_id": "L1", "amount": Decimal(50), "known_from": NEXT},
        known | {"line_id": "L2", "amount": Decimal(60), "known_to": NEXT},
        known | {"line_id": "L3", "amount": Decimal(40)},
    ])  # fmt: skip
    made.world.hits_again(
        {"hit_id": "a" * 32, "rule_id": VIOLATION, "line_id": "L1"},
        {"hit_id": "b" * 32, "rule_id": VIOLATION, "line_id": "L2"},
        {"hit_id": "c" * 32, "rule_id": SUSPICION, "line_id": "L3"},
        {"hit_id": "c" * 32, "rule_id": SUSPICION, "business_date": NEXT},
        {"hit_id": "d" * 32, "rule_id": SUSPICION, "business_date": NEXT, "amount_at_risk": Decimal(12)},
    )
    return made


def _standing(inspection: Inspection, night: date = NEXT) -> NightStanding:
    lake = Lake(inspection.settings.lake_address)
    return StandingReader(lake, night, NIGHT).of(decisions_seen(lake, Ledger(lake.address), night))


def test_a_decided_case_that_hit_again_is_work_again_and_says_by_what(inspection: Inspection) -> None:
    rows = {row.kind: row for row in _standing(inspection).cases}
    assert (rows[SUSPICION].status, rows[SUSPICION].is_quiet) == (Status.CONFIRMED, False)
    assert (rows[SUSPICION].new_hit_count, rows[SUSPICION].new_amount) == (1, Decimal(12))


def test_reversed_lines_of_a_case_in_hand_are_recovered_for_its_holder(inspection: Inspection) -> None:
    standing = _standing(inspection)
    (row,) = [row for row in standing.cases if row.kind == VIOLATION]
    assert (row.held_by, row.recovered_line_count, row.recovered_amount) == ("城区一组 Li", 2, Decimal("45.00"))
    assert [(line.line_id, line.amount) for line in standing.gone] == [("L1", Decimal("15.00")), ("L2", Decimal(30))]
    assert standing.recovered == [("institution", "H1", VIOLATION)]


def test_a_list_sees_what_it_saw_when_it_was_made_whatever_people_say_later(inspection: Inspection) -> None:
    lake = Lake(inspection.settings.lake_address)
    ledger = Ledger(lake.address)
    seen = decisions_seen(lake, ledger, NEXT)
    ledger.commit(ledger.start("leads", NEXT, "p"), "leads", NEXT, "p", {SEEN: dict(seen.until)})
    before = seen.fingerprint(NEXT)
    inspection.desk("Li").note(inspection.asked("Li", kind=VIOLATION, night=NIGHT), Status.HEARD)
    again = decisions_seen(lake, Ledger(lake.address), NEXT)
    assert again.fingerprint(NEXT) == before
    assert again.until == seen.until
    later = decisions_seen(lake, Ledger(lake.address), date(2026, 4, 14))
    assert later.fingerprint(date(2026, 4, 14)) != before
    assert decisions_seen(lake, Ledger(lake.address), NIGHT).said(NIGHT).steps == {}
