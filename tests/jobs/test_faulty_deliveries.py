"""Nights, most of them spoiled, through the real intake: what comes of each, the balance, and no canary left.

Here by the three ways that a night goes: taken in with copies in it, refused and sent again, held and let pass. That
encodings are told apart and that sums are checked is proved in tests/intake/files and test_load_delivery.py; the week
of all of them is a long proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.canary_search import search
from benchmarks.faulty_nights import NightRun, log_to, make_faulty_deliveries, run_faulty_night
from fundwatch.errors import ExitCode
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState
from fundwatch.logs import start_logging
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.job import Night, run_job
from jobs.load_delivery import JOB
from jobs.workplace import Workplace
from simulator import Scenario
from simulator.beside.extra_tables import EXTRA_TABLES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LAST = date(2026, 3, 31)
SPOILED = ("sent_again_in_part", "truncated_gzip", "no_manifest")
OTHERS = ("mixed_encodings", "wrong_sum")


def scenario_of(spoiled: Sequence[str]) -> Scenario:
    """A usual night, and one spoiled in each of these ways."""
    nights = tuple(LAST - timedelta(days=n) for n in reversed(range(len(spoiled) + 1)))
    return Scenario(
        persons=450,
        history_start=nights[0] - timedelta(days=30),
        nights=nights,
        scheme_scale=0.0,
        tables=dict.fromkeys((table.name for table in EXTRA_TABLES), False),
        mishaps={name: (night,) for name, night in zip(spoiled, nights[1:], strict=True)},
    )


@dataclass(frozen=True)
class Week:
    """The lake after its nights, and what came of each."""

    place: Workplace
    runs: dict[date, NightRun]

    @property
    def var(self) -> Path:
        return self.place.settings.var

    @property
    def nights(self) -> list[date]:
        return [*self.runs]

    @property
    def spoiled(self) -> dict[str, date]:
        return {run.mishap: night for night, run in self.runs.items() if run.mishap}

    def of(self, mishap: str) -> NightRun:
        return self.runs[self.spoiled[mishap]]


@pytest.fixture(
    scope="module", params=[SPOILED, pytest.param((*SPOILED, *OTHERS), marks=pytest.mark.long)], ids=["few", "all"]
)
def week(request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Week:
    var, scenario = tmp_path_factory.mktemp("week"), scenario_of(request.param)
    make_faulty_deliveries(scenario, var)
    start_logging()
    log_to(var / "logs" / "run.txt")
    place = Workplace(Settings(var=var))
    place._spark = spark
    week = Week(place, {night: run_faulty_night(place, night) for night in scenario.nights})
    assert sorted(week.spoiled) == sorted(request.param)
    return week


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_every_night_accounts_for_all_lines_and_cents_of_the_files_as_they_lie_there(week: Week) -> None:
    differences = {
        run.night: (run.balance.line_difference, str(run.balance.amount_difference)) for run in week.runs.values()
    }
    assert differences == dict.fromkeys(week.nights, (0, "0.00"))
    assert all(run.balance.landed_lines > 20 and run.balance.landed_amount > 0 for run in week.runs.values())


def test_every_night_comes_out_as_the_truth_says(week: Week) -> None:
    assert {*SPOILED, ""} <= {run.mishap for run in week.runs.values()}
    assert [(run.night, run.mishap, run.outcomes) for run in week.runs.values() if not run.is_as_expected] == []


def test_lines_that_were_sent_again_are_all_counted_as_duplicates(week: Week) -> None:
    again, first = week.of("sent_again_in_part"), week.runs[week.nights[0]]
    sent = sum(1 for n in range(first.report["claim_lines"]) if n % 10 in (0, 3, 6))
    # of the lines sent again, those that were no good the first time are none the better for it
    assert sent - first.balance.lines["quarantined"] <= again.balance.lines["duplicate"] <= sent + 5


def test_what_was_sent_again_supersedes_what_was_refused_or_held(week: Week) -> None:
    log = DeliveryLog(week.place.lake.address).current()
    for mishap in {"truncated_gzip", "wrong_sum"} & week.spoiled.keys():
        of_night = [noted for noted in log if noted.delivery.business_date == week.spoiled[mishap]]
        states = {noted.delivery.batch_id: noted.state for noted in of_night}
        assert sorted(states.values()) == [DeliveryState.ACCEPTED, DeliveryState.SUPERSEDED]
        (accepted,) = [batch for batch, state in states.items() if state is DeliveryState.ACCEPTED]
        assert accepted.endswith("R")


def test_what_a_person_let_pass_is_reported_with_who_and_why(week: Week) -> None:
    reported = DeliveryLog(week.place.lake.address).history(week.spoiled["no_manifest"])
    assert [row["state"] for row in reported] == ["received", "held", "released", "accepted"]
    (released,) = [row for row in reported if row["state"] == "released"]
    assert released["by"] == "李工"
    assert "telephone" in released["why"]


def test_the_error_says_what_is_wrong_with_the_delivery(week: Week) -> None:
    words = {
        "truncated_gzip": "fee_list.csv.gz: is a damaged or truncated gzip file",
        "no_manifest": "no manifest came, and nothing is known to be usual yet",
        "wrong_sum": ", declared ",
    }
    unsaid = {mishap for mishap in words if mishap in week.spoiled and words[mishap] not in week.of(mishap).reported[0]}
    assert unsaid == set()


def test_the_lake_check_holds_after_all_of_it(week: Week) -> None:
    assert main(["lake", "check", "--deep", "--quiet", "--var", str(week.var)]) == ExitCode.OK


def test_all_nights_again_change_no_byte(week: Week) -> None:
    before = _snapshot(week.var / "lake")
    reports = [run_job(JOB, week.place, night) for night in week.nights]
    assert [report["is_new"] for report in reports] == [False] * len(week.nights)
    assert _snapshot(week.var / "lake") == before


def test_a_night_that_was_let_pass_and_is_forced_again_balances_as_before(week: Week) -> None:
    night = week.spoiled["no_manifest"]

    def totals() -> list[dict[str, object]]:
        query = f"SELECT * FROM control_total WHERE business_date = DATE '{night}' ORDER BY file_name"
        return week.place.lake.rows("control_total", query)

    before = totals()
    JOB.run(Night(JOB, week.place, night, "forced"))
    assert totals() == before


def test_no_canary_is_found_past_the_landing_zone_or_in_the_errors_of_refused_nights(week: Week) -> None:
    assert len(search(week.var / "landing", apart=()).hits) > 50, "hardly anything was planted"
    refusals = sorted(file.stem for file in (week.var / "refusals").iterdir())
    assert refusals == sorted(str(run.night) for run in week.runs.values() if len(run.outcomes) > 1)
    assert search(week.var).hits == ()


def test_the_search_finds_a_canary_in_parquet_archives_and_other_encodings(tmp_path: Path) -> None:
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq

    from benchmarks.canaries import NAME

    pq.write_table(pa.table({"a": [f"患者{NAME}"]}), tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "b.gz").write_bytes(gzip.compress(NAME.encode("gb18030")))
    (tmp_path / "c.json").write_text('"\\u91d1\\u96c0"', encoding="ascii")
    (tmp_path / "d.txt").write_text("nobody", encoding="utf-8")
    assert {hit.split(": ")[0].split("/")[-1].split("!")[0] for hit in search(tmp_path).hits} >= {
        "a.parquet", "b.gz", "c.json",
    }  # fmt: skip
