"""An intake that breaks at its first commit to every table ends, run again, where an undisturbed one ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.lake import delta_rows
from fundwatch.lake.parquet import spark_rows
from fundwatch.places import LakeAddress
from jobs.job import Workplace, run_job
from jobs.load_delivery import JOB
from tests.intake.deliveries import LINE, PERSON, deliver, line, reversal, whole
from tests.jobs.test_load_delivery import new_place
from tests.lake_content import content_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)
_PHASES = 40  # more runs than there are commits one after the other


class BrokenCommitError(Exception):
    """What a run ends with in place of a kill."""


def _break_once_a_table(patch: pytest.MonkeyPatch, *, after: bool) -> set[str]:
    """Break the first commit to every table, done (`after`) or not; the tables it happened to, filled as it does."""
    broken: set[str] = set()
    commit: Callable[..., None] = delta_rows.commit_files

    def breaking(table: LakeAddress, *given: Any, **named: Any) -> None:
        is_first = table.name not in broken
        broken.add(table.name)
        if is_first and not after:
            raise BrokenCommitError(table.name)
        commit(table, *given, **named)
        if is_first:
            raise BrokenCommitError(table.name)

    for module in (delta_rows, spark_rows):
        patch.setattr(module, "commit_files", breaking)
    return broken


@pytest.fixture(scope="module")
def lakes(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workplace]:
    """A lake between two nights, with the second delivered; and where it stands after an undisturbed second night."""
    place = new_place(spark, tmp_path_factory.mktemp("whole"), "0.9")
    deliver(place.settings.landing_dir, whole(fee_list=[LINE, line("L2"), line("L3", cnt="abc")]), FIRST)
    run_job(JOB, place, FIRST)
    second = {"psn_info": [{**PERSON, "die_date": "2026-03-20"}], "fee_list": [reversal("L1-", "L1"), line("L4")]}
    deliver(place.settings.landing_dir, whole(**second), SECOND)
    between = tmp_path_factory.mktemp("between") / "var"
    shutil.copytree(place.settings.var, between)
    run_job(JOB, place, SECOND)
    return between, place


@pytest.mark.parametrize("after", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_night_taken_in_despite_a_fault_at_every_commit_is_the_undisturbed_one(
    lakes: tuple[Path, Workplace], spark: SparkSession, tmp_path: Path, *, after: bool
) -> None:
    between, undisturbed = lakes
    var = Path(shutil.copytree(between, tmp_path / "var"))
    place = Workplace(undisturbed.settings.model_copy(update={"var": var, "conf": var / "conf"}))
    place._spark = spark
    with pytest.MonkeyPatch.context() as patch:
        broken, faults = _break_once_a_table(patch, after=after), 0
        while place.ledger.committed("intake", SECOND) is None:
            assert faults < _PHASES, f"faults at {sorted(broken)}"
            try:
                run_job(JOB, place, SECOND)
            except BrokenCommitError:
                faults += 1
    assert {"claim_line", "claim_line_entry", "patient", "control_total", "identity", "run"} <= broken
    assert faults > 5
    assert content_of(place.lake) == content_of(undisturbed.lake)
