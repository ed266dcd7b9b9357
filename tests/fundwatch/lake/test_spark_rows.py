"""Rows between Spark and Delta tables: what is committed without Delta's part in Spark reads the same through it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException

from fundwatch.errors import ContractError
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.delta_rows import commit_rows
from fundwatch.lake.parquet import spark_rows
from fundwatch.lake.parquet.spark_rows import Placement, commit_frame, frame_of
from tests.places import at

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT, NEXT = "2026-03-30", "2026-03-31"
_SCHEMA = "business_date date, id string, at timestamp, many array<struct<n: int>>"
_SKIPPING = {"delta.dataSkippingStatsColumns": "at"}


def _rows(spark: SparkSession, night: str, *ids: str) -> list[tuple[object, ...]]:
    at_ = datetime(2026, 3, 30, 12, 0, 0, 1500, tzinfo=UTC)
    return [(date.fromisoformat(night), one, at_, [(1,), (2,)]) for one in ids]


def _read(spark: SparkSession, folder: Path, *, through_delta: bool = False) -> list[tuple[str, ...]]:
    reader = spark.read.format("delta").load(str(folder)) if through_delta else frame_of(spark, at(folder))
    return sorted((str(r.business_date), r.id, str(r.at), str(r.many)) for r in reader.collect())


@pytest.mark.parametrize("few", [100_000, 0])
def test_a_night_is_replaced_alike_whether_its_rows_are_few_or_many(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(spark_rows, "_FEW_ROWS", few)
    table = tmp_path / "a [lake] of*{patterns}" / "hits"
    staging = at(table.parent / ".staging")
    table.parent.mkdir()
    for night, ids in ((NIGHT, "ab"), (NEXT, "cd"), (NEXT, "e")):
        rows = spark.createDataFrame(_rows(spark, night, *ids), _SCHEMA).repartition(2)
        place = Placement("business_date", only=night, properties=_SKIPPING)
        assert commit_frame(rows, at(table), staging, place) == len(ids)
    assert [row[:2] for row in _read(spark, table)] == [(NIGHT, "a"), (NIGHT, "b"), (NEXT, "e")]
    assert _read(spark, table) == _read(spark, table, through_delta=True)
    assert [r.id for r in frame_of(spark, at(table), only={"business_date": NEXT}).collect()] == ["e"]
    assert [r.id for r in frame_of(spark, at(table), 0).sort("id").collect()] == ["a", "b"]
    assert list((table.parent / ".staging").iterdir()) == []
    log = (table / "_delta_log" / f"{0:020}.json").read_text(encoding="utf-8").splitlines()
    stats = [json.loads(found["stats"]) for line in log if (found := json.loads(line).get("add"))]
    assert {(s["minValues"]["at"], s["maxValues"]["at"]) for s in stats if s["numRecords"]} == {
        ("2026-03-30T12:00:00.001Z", "2026-03-30T12:00:00.002Z")
    }


def test_of_a_replaced_key_nothing_stays_and_its_neighbours_do(spark: SparkSession, tmp_path: Path) -> None:
    table, staging = tmp_path / "identity", at(tmp_path / ".staging")
    place = Placement("domain", key=("domain", "token"))

    def put(*rows: tuple[str | None, ...]) -> None:
        commit_frame(
            spark.createDataFrame([*rows], "domain string, token string, sealed string"), at(table), staging, place
        )

    put(("p", "1", "a"), ("p", "2", "b"), ("p", None, "c"), ("q", "1", "d"), ("r", "9", "e"))
    put(("p", "1", "new"), ("r", "9", "new"), ("q", "3", "f"), ("p", None, "again"))
    expected = {("p", "1", "new"), ("p", "2", "b"), ("p", None, "c"), ("p", None, "again")}
    expected |= {("q", "1", "d"), ("q", "3", "f"), ("r", "9", "new")}
    assert {tuple(row) for row in frame_of(spark, at(table)).collect()} == expected
    assert {tuple(row) for row in spark.read.format("delta").load(str(table)).collect()} == expected


def test_a_key_is_found_in_files_that_delta_rs_has_written_again(spark: SparkSession, tmp_path: Path) -> None:
    table, place = tmp_path / "held", Placement(key=("id",))
    views = pa.schema([("id", pa.string_view()), ("word", pa.string_view())])  # the kind of text it computes with
    rows = pa.table([["1", "2"], ["old", "old"]], schema=views)
    commit_rows(at(table), rows.to_reader(), "append")
    new = spark.createDataFrame([("2", "new")], "id string, word string")
    commit_frame(new, at(table), at(tmp_path / ".staging"), place)
    assert {tuple(row) for row in frame_of(spark, at(table)).collect()} == {("1", "old"), ("2", "new")}


@pytest.mark.parametrize("kept_as", ["INT96", "TIMESTAMP_MICROS"])
def test_times_far_from_today_stay_what_they_are_when_their_neighbour_is_replaced(
    spark: SparkSession, tmp_path: Path, kept_as: str
) -> None:
    """Lakes of earlier versions hold times as Spark's own kind, which others read in a unit that ends in 2262."""
    times = {"old": "0001-01-01 00:00:00", "late": "9999-12-31 23:59:59.999999", "new": "2026-03-30 08:00:00"}
    query = " UNION ALL ".join(f"SELECT '{key}' AS id, TIMESTAMP '{at_}' AS at" for key, at_ in times.items())
    table, key = tmp_path / "held", "spark.sql.parquet.outputTimestampType"
    before = spark.conf.get(key)
    spark.conf.set(key, kept_as)
    try:
        spark.sql(query).coalesce(1).write.format("delta").save(str(table))
    finally:
        spark.conf.set(key, before or "TIMESTAMP_MICROS")
    changed = spark.sql("SELECT 'new' AS id, TIMESTAMP '2026-03-31 09:00:00' AS at")
    commit_frame(changed, at(table), at(tmp_path / ".staging"), Placement(key=("id",)))
    found = frame_of(spark, at(table)).selectExpr("id", "CAST(at AS string) AS at").collect()
    assert {row.id: row["at"] for row in found} == times | {"new": "2026-03-31 09:00:00"}


def test_a_column_of_another_type_than_the_tables_is_refused_before_anything_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    table, staging = tmp_path / "hits", at(tmp_path / ".staging")
    commit_frame(spark.createDataFrame([("1",)], "id string"), at(table), staging, Placement())
    with pytest.raises(ContractError, match="id is integer, in the table string"):
        commit_frame(spark.createDataFrame([(1,)], "id int"), at(table), staging, Placement())
    assert [r.id for r in frame_of(spark, at(table)).collect()] == ["1"]


def test_what_fails_while_it_is_computed_leaves_the_table_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    table, staging = tmp_path / "hits", at(tmp_path / ".staging")
    commit_frame(spark.createDataFrame([("1",)], "id string"), at(table), staging, Placement())
    with pytest.raises(PySparkException):
        commit_frame(spark.sql("SELECT CAST(raise_error('broken') AS string) AS id"), at(table), staging, Placement())
    assert [r.id for r in frame_of(spark, at(table)).collect()] == ["1"]
    assert list((tmp_path / ".staging").iterdir()) == []


def test_a_file_that_is_not_what_was_committed_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    table, staging = tmp_path / "hits", at(tmp_path / ".staging")
    commit_frame(spark.createDataFrame([("1",)], "id string"), at(table), staging, Placement())
    (file,) = table.glob("*.parquet")
    content = bytearray(file.read_bytes())
    content[-20] ^= 1  # in the footer, of which no page's check sum knows
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedFileError, match="hits"):
        frame_of(spark, at(table))
