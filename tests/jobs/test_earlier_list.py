"""What a scan knows of people's decisions: the newest list before its night, and only where a rule judges by it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.lake.ledger import Ledger
from fundwatch.settings import Settings
from jobs.job import Night
from jobs.scan_rules import JOB, own_fingerprint, supplied_scanned, tables_scanned
from jobs.workplace import Workplace
from rules.catalogue.load import load_rules
from tests.jobs.truth_world import NIGHT, TruthWorld

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RECURRING = load_rules().only({"IN-17"})
EARLIER = NIGHT - timedelta(days=1)


def _listed(settings: Settings, night: date, list_fingerprint: str) -> None:
    ledger = Ledger(settings.lake_address)
    ledger.commit(ledger.start("leads", night, list_fingerprint), "leads", night, list_fingerprint, {})


@pytest.fixture
def world(tmp_path: Path) -> TruthWorld:
    """A case that was upheld on the night before, and one that tonight's own list has."""
    made = TruthWorld(tmp_path)
    case: dict[str, Any] = {"subject_type": "institution", "kind": "DC-03", "status": "confirmed", "since": EARLIER}
    nights = [{"business_date": EARLIER, "subject_id": "H1"}, {"business_date": NIGHT, "subject_id": "H2"}]
    made.put("supplied_column", [{"business_date": NIGHT, "source": "s", "table_name": "t", "column_name": "c"}])
    made.put("case_status", [case | row for row in nights])
    for night in (EARLIER, NIGHT):
        _listed(made.settings, night, f"the list of {night}")
    return made


def test_only_the_list_of_the_night_before_is_known_and_only_to_who_asks(
    world: TruthWorld, spark: SparkSession
) -> None:
    place = Workplace(world.settings)
    place._spark = spark
    night = Night(JOB, place, NIGHT, "run", own_fingerprint="x")
    tables = tables_scanned(night, RECURRING)
    assert [row.subject_id for row in tables["case_status"].collect()] == ["H1"]
    assert "since" in supplied_scanned(night, RECURRING)["case_status"]
    assert tables.keys() & {"rule_hit", "hit_line"} == set()  # they were not made
    assert night.followed == {"leads"}  # which the ledger keeps with the run
    first = Night(JOB, place, EARLIER, "run", own_fingerprint="x")
    assert "case_status" not in tables_scanned(first, RECURRING)
    assert "case_status" not in tables_scanned(night, load_rules().without_shadow())


def test_a_scan_is_run_again_where_that_list_changed_and_a_rule_judges_by_it(world: TruthWorld) -> None:
    with_shadow = world.settings.model_copy(update={"shadow_rules": True})

    def scans() -> list[object]:
        return [own_fingerprint(Workplace(settings), NIGHT) for settings in (with_shadow, world.settings)]

    before = scans()
    _listed(world.settings, NIGHT, "tonight's, made again")
    assert scans() == before
    _listed(world.settings, EARLIER, "decided otherwise")
    asks, does_not = scans()
    assert (asks != before[0], does_not == before[1]) == (True, True)
