"""The job: a night that builds on the one before writes what a recomputation from scratch writes.

Here with measures of every source, of days and of windows; that it does so with all that models learn is a long proof,
and tests/features/test_rollup.py has them all without the job.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from features.catalogue import load_catalogues
from features.catalogue.running import narrowed
from fundwatch.contracts import TABLES
from fundwatch.errors import FundwatchError
from fundwatch.settings import load_settings
from jobs import build_features
from jobs.build_features import JOB
from jobs.job import Report, run_job
from jobs.workplace import Workplace
from tests.lake_content import rows_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)
MEASURED = ("claim_line", "encounter", "settlement")
Rows = list[dict[str, Any]]
FEW = {
    "patient": ("amount_per_visit_day", "institution_count", "drug_days_supplied"),
    "doctor": ("visits_per_patient", "drug_share"),
    "institution": ("stay_share", "visits_per_patient", "drug_share", "fund_per_visit"),
}


def line(number: int, **values: Any) -> dict[str, Any]:
    return {
        "line_id": f"L{number}",
        "encounter_id": f"E{number % 7}",
        "patient_id": f"P{number % 5}",
        "institution_id": "H1",
        "ordering_doctor_id": f"D{number % 2}",
        "charged_at": datetime(2026, 3, 1 + number % 9, 9),
        "charge_class": "09" if number % 3 else "03",
        "amount": Decimal(number + 50),
        "known_from": FIRST,
    } | values


LINES = [
    *(line(n) for n in range(40)),
    line(40, known_to=SECOND, charged_at=datetime(2026, 2, 1)),  # reversed: its day goes with it
    line(41, known_from=SECOND, charged_at=datetime(2026, 2, 2)),  # late
]


@contextmanager
def lake(spark: SparkSession, root: Path, links: Rows | None = None) -> Iterator[Workplace]:
    """A lake with two delivered nights whose source supplies everything but the days of medicine; with `links` it has
    the table of persons' successors too."""
    place = Workplace(load_settings({"var": root}, {}).settings)
    place._spark = spark
    rows: dict[str, Rows] = {"claim_line": LINES, "institution": [{"institution_id": "H1", "known_from": FIRST}]}
    rows |= {} if links is None else {"person_successor": links}
    for name in (*MEASURED, "patient", "institution", "doctor", *(["person_successor"] if links is not None else [])):
        values = [tuple(row.get(c) for c in TABLES[name].column_names) for row in rows.get(name, [])]
        place.lake.write(spark.createDataFrame(values, TABLES[name].schema()), name, FIRST)
    supplied = [("s", t, c, True) for t in MEASURED for c in TABLES[t].column_names if c != "days_supplied"]
    columns = spark.createDataFrame(supplied, "source string, table_name string, column_name string, has_time boolean")
    for night in (FIRST, SECOND):
        place.lake.write(columns, "supplied_column", night)
        place.ledger.commit(place.ledger.start("intake", night, str(night)), "intake", night, str(night), {})
        place.ledger.intend("run", "intake", night, "claim_line")
    yield place


def made(place: Workplace, table: str) -> list[str]:
    return sorted(map(str, rows_in(place.lake, table, f"business_date = DATE '{SECOND}'")))


def test_a_regions_peer_file_that_is_not_utf_8_is_refused_by_name_before_anything_runs(tmp_path: Path):
    folder = tmp_path / "conf" / "regions" / "330000"
    folder.mkdir(parents=True)
    (folder / "region.yaml").write_text("zh: 某省\nen: Some Province\n", encoding="utf-8")
    (folder / "peers.yaml").write_bytes("minimum_members: 20 # 人".encode("gbk"))
    settings = load_settings({"var": tmp_path, "conf": tmp_path / "conf", "region": "330000"}, {}).settings
    with pytest.raises(FundwatchError, match="is not UTF-8") as refused:
        JOB.own_fingerprint(Workplace(settings), SECOND)
    assert refused.value.where == str(folder / "peers.yaml")


def test_a_night_is_made_again_once_it_computes_an_indicator_more(tmp_path: Path):
    folder = tmp_path / "conf" / "regions" / "330000"
    folder.mkdir(parents=True)
    (folder / "region.yaml").write_text("zh: 某省\nen: Some Province\n", encoding="utf-8")
    said = {}
    for nightly in ("false", "true"):
        more = f"patient: {{indicators: {{total_amount: {{nightly: {nightly}}}}}}}"
        (folder / "indicators.yaml").write_text(more, encoding="utf-8")
        for computed in ("learned", "all"):
            asked = {"var": tmp_path, "conf": tmp_path / "conf", "region": "330000", "indicators": computed}
            said[nightly, computed] = JOB.own_fingerprint(Workplace(load_settings(asked, {}).settings), SECOND)
    assert said["false", "learned"] != said["true", "learned"]
    assert said["false", "all"] == said["true", "all"]


@dataclass(frozen=True)
class Nights:
    """A lake without a link between persons, and what its two nights reported."""

    place: Workplace
    reports: list[Report]


@pytest.fixture(scope="module", params=["few", pytest.param("all that models learn", marks=pytest.mark.long)])
def nights(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nights]:
    with pytest.MonkeyPatch.context() as patch, lake(spark, tmp_path_factory.mktemp("nights"), links=[]) as place:
        if request.param == "few":
            few = {entity: narrowed(whole, FEW.get(entity, ())) for entity, whole in load_catalogues().items()}
            patch.setattr(build_features, "load_catalogues", lambda _region: few)
        yield Nights(place, [run_job(JOB, place, night) for night in (FIRST, SECOND)])


def test_a_night_upon_a_night_writes_what_one_recomputation_writes(spark: SparkSession, nights: Nights, tmp_path: Path):
    nightly, night = nights.place, nights.reports[-1]
    with lake(spark, tmp_path / "at_once") as at_once:
        whole = run_job(JOB, at_once, SECOND)
        assert (night["since"], night["doctor_days"]) == ("2026-03-30", 2)
        assert whole["since"] == "the beginning"
        reason = "the source does not supply claim_line.days_supplied"
        assert {night["not_run"][f"patient_drug_days_supplied_{window}d"] for window in (30, 90)} == {reason}
        for table in ("indicator_patient", "indicator_doctor", "indicator_institution", "peer_statistic"):
            found = made(nightly, table)
            assert found
            assert found == made(at_once, table)
        assert run_job(JOB, nightly, SECOND)["is_new"] is False


@pytest.mark.long
def test_a_link_that_comes_tonight_joins_days_that_were_rolled_up_long_ago_and_none_is_made_anew(
    spark: SparkSession, nights: Nights, tmp_path: Path
):
    link = {"former_patient_id": "P1", "patient_id": "P2", "since": date(2026, 1, 1), "known_from": SECOND}
    circle = {"former_patient_id": "P3", "patient_id": "P3", "since": date(2026, 1, 1), "known_from": FIRST}
    apart = nights.place
    with lake(spark, tmp_path / "one", [link, circle]) as one:
        first, second = (run_job(JOB, one, night) for night in (FIRST, SECOND))
        assert "successors" not in first  # not known yet
        assert (second["successors"], second["since"]) == ({"person": 1}, str(FIRST))
        assert first["not_linked"] == second["not_linked"] == {"person_successor": ("in a circle: P3 → P3",)}
        assert second["patient_days"] == nights.reports[1]["patient_days"]

        def amounts(place: Workplace, night: date) -> dict[str, float]:
            rows = rows_in(place.lake, "indicator_patient", f"business_date = DATE '{night}'")
            return {row["patient_id"]: row["patient_amount_per_visit_day_90d"] for row in rows}

        assert amounts(one, FIRST) == amounts(apart, FIRST)
        alone, together = amounts(apart, SECOND), amounts(one, SECOND)
        assert {*alone} - {*together} == {"P1"}
        assert {person for person in together if together[person] != alone[person]} == {"P2"}
        assert made(one, "rollup_patient_day") == made(apart, "rollup_patient_day")
