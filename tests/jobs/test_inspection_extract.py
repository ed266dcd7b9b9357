"""One world as national deliveries and as inspection extracts: the same care is found in both."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.settings import Settings
from jobs.declared_stages import BUILD, INTAKE, SCAN
from jobs.run_nights import run_night
from jobs.workplace import Workplace
from simulator.scenario.layout import Layout
from simulator.scenario.scenario import Scenario
from simulator.simulation import simulate
from tests.jobs.test_load_delivery import new_place
from tests.lake_content import rows_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHTS = (date(2026, 3, 24), date(2026, 3, 31))
pytestmark = pytest.mark.long


def delivered(root: Path, names: str) -> None:
    layout = Layout(compression="none", names=names)
    scenario = Scenario(seed=20260331, persons=500, nights=NIGHTS, history_start=date(2026, 1, 1), layout=layout)
    simulate(scenario, root / "landing", root / "truth")


@pytest.fixture(scope="module")
def places(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Workplace]:
    """Both lakes, with one key."""
    found: dict[str, Workplace] = {}
    for source, names in (("national", "interface"), ("inspection", "inspection")):
        root = tmp_path_factory.mktemp(source)
        delivered(root, names)
        place = new_place(spark, root)
        place = Workplace(Settings(var=root, source=source))
        place._spark = spark
        if found:
            shutil.copytree(found["national"].settings.var / "keys", root / "keys", dirs_exist_ok=True)
        for night in NIGHTS:
            run_night(place, night, (INTAKE, BUILD, SCAN))
        found[source] = place
    return found


def test_lines_persons_and_money_are_the_same(places: Mapping[str, Workplace]) -> None:
    for columns in ("count(*), sum(amount)", "count(DISTINCT patient_id)"):
        national, inspection = (
            place.lake.rows("claim_line", f"SELECT {columns} FROM claim_line WHERE known_to IS NULL")
            for place in places.values()
        )
        assert national == inspection


def test_the_hits_are_the_same_of_every_rule_that_runs_in_both(places: Mapping[str, Workplace]) -> None:
    def hits(place: Workplace) -> Counter[tuple[object, ...]]:
        rows = rows_in(place.lake, "rule_hit")
        return Counter((r["business_date"], r["rule_id"], r["subject_id"], r["amount_at_risk"]) for r in rows)

    def run(place: Workplace) -> set[str]:
        return {row["rule_id"] for row in rows_in(place.lake, "rule_coverage", "state = 'run'")}

    both = run(places["national"]) & run(places["inspection"])
    national, inspection = (
        Counter({key: n for key, n in hits(place).items() if key[1] in both}) for place in places.values()
    )
    assert sum(national.values()) > 10
    assert national == inspection
