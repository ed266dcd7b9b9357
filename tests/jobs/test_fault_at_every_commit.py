"""An intake that breaks at its first commit to every table ends, run again, where an undisturbed one ends.

Two files take the way of each kind of table: of versions, of netted lines, of a night, of the vault, of the ledger.
That more tables of these kinds break, and that a commit breaks before it is done, are long proofs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.lake import delta_rows
from fundwatch.lake.parquet import spark_rows
from fundwatch.places import LakeAddress
from jobs.job import run_job
from jobs.load_delivery import JOB
from jobs.workplace import Workplace
from tests.intake.deliveries import LINE, PERSON, deliver, line, make_files_optional, reversal, whole
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


@dataclass(frozen=True)
class Lakes:
    """A lake between two nights, with the second delivered; and where it stands after an undisturbed second night."""

    between: Path
    undisturbed: Workplace


@pytest.fixture(scope="module")
def lakes(request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    """Of deliveries with one file of each kind that hand-written rows fill, or of persons and lines alone."""
    kinds: Collection[str] = request.param
    place = new_place(spark, tmp_path_factory.mktemp("whole"), "0.9")
    make_files_optional(place.settings)
    first = {"fee_list": [LINE, line("L2"), line("L3", cnt="abc")]}
    second = {"psn_info": [{**PERSON, "die_date": "2026-03-20"}], "fee_list": [reversal("L1-", "L1"), line("L4")]}
    for night, tables in ((FIRST, first), (SECOND, second)):
        delivered = {kind: rows for kind, rows in whole(**tables).items() if kind in kinds}
        deliver(place.settings.landing_dir, delivered, night)
        if night == SECOND:
            between = tmp_path_factory.mktemp("between") / "var"
            shutil.copytree(place.settings.var, between)
        run_job(JOB, place, night)
    return Lakes(between, place)


@pytest.mark.parametrize(
    ("lakes", "after"),
    [
        (("psn_info", "fee_list"), True),
        pytest.param((*whole(),), True, marks=pytest.mark.long),
        pytest.param((*whole(),), False, marks=pytest.mark.long),
    ],
    indirect=["lakes"],
    ids=["persons and lines", "all, done", "all, not done"],
)
def test_a_night_taken_in_despite_a_fault_at_every_commit_is_the_undisturbed_one(
    lakes: Lakes, spark: SparkSession, tmp_path: Path, *, after: bool
) -> None:
    var = Path(shutil.copytree(lakes.between, tmp_path / "var"))
    place = Workplace(lakes.undisturbed.settings.model_copy(update={"var": var, "conf": var / "conf"}))
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
    assert content_of(place.lake) == content_of(lakes.undisturbed.lake)
