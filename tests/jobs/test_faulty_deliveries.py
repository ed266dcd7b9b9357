"""Six nights, most of them spoiled, through the real intake: what comes of each, the balance, and no canary left."""

from __future__ import annotations

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
from jobs.job import Night, Workplace, run_job
from jobs.load_delivery import JOB
from simulator import Scenario
from simulator.beside.extra_tables import EXTRA_TABLES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LAST = date(2026, 3, 31)
NIGHTS = tuple(LAST - timedelta(days=n) for n in reversed(range(6)))
SPOILED = ("sent_again_in_part", "truncated_gzip", "mixed_encodings", "no_manifest", "wrong_sum")
PLAN = dict(zip(SPOILED, NIGHTS[1:], strict=True))
SCENARIO = Scenario(
    persons=450,
    history_start=NIGHTS[0] - timedelta(days=30),
    nights=NIGHTS,
    scheme_scale=0.0,
    tables=dict.fromkeys((table.name for table in EXTRA_TABLES), False),
    mishaps={name: (night,) for name, night in PLAN.items()},
)


@dataclass(frozen=True)
class Week:
    """The lake after its nights, and what came of each."""

    place: Workplace
    runs: dict[date, NightRun]

    @property
    def var(self) -> Path:
        return self.place.settings.var

    def of(self, mishap: str) -> NightRun:
        return self.runs[PLAN[mishap]]


@pytest.fixture(scope="module")
def week(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Week:
    var = tmp_path_factory.mktemp("week")
    make_faulty_deliveries(SCENARIO, var)
    start_logging()
    log_to(var / "logs" / "run.txt")
    place = Workplace(Settings(var=var))
    place._spark = spark
    return Week(place, {night: run_faulty_night(place, night) for night in NIGHTS})


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_every_night_accounts_for_all_lines_and_cents_of_the_files_as_they_lie_there(week: Week) -> None:
    differences = {
        run.night: (run.balance.line_difference, str(run.balance.amount_difference)) for run in week.runs.values()
    }
    assert differences == dict.fromkeys(NIGHTS, (0, "0.00"))
    assert all(run.balance.landed_lines > 20 and run.balance.landed_amount > 0 for run in week.runs.values())


def test_every_night_comes_out_as_the_truth_says(week: Week) -> None:
    assert {run.mishap for run in week.runs.values()} == {"", *SPOILED}
    assert [(run.night, run.mishap, run.outcomes) for run in week.runs.values() if not run.is_as_expected] == []


def test_lines_that_were_sent_again_are_all_counted_as_duplicates(week: Week) -> None:
    again, first = week.of("sent_again_in_part"), week.runs[NIGHTS[0]]
    sent = sum(1 for n in range(first.report["claim_lines"]) if n % 10 in (0, 3, 6))
    # of the lines sent again, those that were no good the first time are none the better for it
    assert sent - first.balance.lines["quarantined"] <= again.balance.lines["duplicate"] <= sent + 5


@pytest.mark.parametrize("mishap", ["truncated_gzip", "wrong_sum"])
def test_what_was_sent_again_supersedes_what_was_refused_or_held(week: Week, mishap: str) -> None:
    states = {
        noted.delivery.batch_id: noted.state
        for noted in DeliveryLog(week.place.lake.address).current()
        if noted.delivery.business_date == PLAN[mishap]
    }
    assert sorted(states.values()) == [DeliveryState.ACCEPTED, DeliveryState.SUPERSEDED]
    (accepted,) = [batch for batch, state in states.items() if state is DeliveryState.ACCEPTED]
    assert accepted.endswith("R")


def test_what_a_person_let_pass_is_reported_with_who_and_why(week: Week) -> None:
    reported = DeliveryLog(week.place.lake.address).history(PLAN["no_manifest"])
    assert [row["state"] for row in reported] == ["received", "held", "released", "accepted"]
    (released,) = [row for row in reported if row["state"] == "released"]
    assert released["by"] == "李工"
    assert "telephone" in released["why"]


@pytest.mark.parametrize(
    ("mishap", "words"),
    [
        ("truncated_gzip", "fee_list.csv.gz: is a damaged or truncated gzip file"),
        ("no_manifest", "no manifest came, and nothing is known to be usual yet"),
        ("wrong_sum", ", declared "),
    ],
)
def test_the_error_says_what_is_wrong_with_the_delivery(week: Week, mishap: str, words: str) -> None:
    assert words in week.of(mishap).reported[0]


def test_the_lake_check_holds_after_all_of_it(week: Week) -> None:
    assert main(["lake", "check", "--deep", "--quiet", "--var", str(week.var)]) == ExitCode.OK


def test_all_nights_again_change_no_byte(week: Week) -> None:
    before = _snapshot(week.var / "lake")
    reports = [run_job(JOB, week.place, night) for night in NIGHTS]
    assert [report["is_new"] for report in reports] == [False] * len(NIGHTS)
    assert _snapshot(week.var / "lake") == before


def test_a_night_that_was_let_pass_and_is_forced_again_balances_as_before(week: Week) -> None:
    night = PLAN["no_manifest"]

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
