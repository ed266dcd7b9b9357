"""Wide rows that are packed are the same rows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundwatch.engine.frames import packed, unpacked

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NAMES = [f"c{number}" for number in range(12)]


def test_packed_rows_keep_what_is_read_and_unpacked_are_what_they_were(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a", *range(12)), ("b", *([None] * 12))], f"id string, {' int, '.join(NAMES)} int")
    kept = packed(rows, {"id", "c3"})
    assert kept.columns == ["id", "c3", "_packed0"]
    more = packed(kept.selectExpr("*", *(f"c3 + {n} AS d{n}" for n in range(8))), {"id"})
    assert more.columns == ["id", "_packed0", "_packed1"]
    again = unpacked(more)
    assert {*again.columns} == {*rows.columns, *(f"d{n}" for n in range(8))}
    by_id = {row.id: row for row in again.select(*rows.columns, "d2").collect()}
    assert by_id["a"][:13] == ("a", *range(12))
    assert by_id["a"].d2 == 5
    assert by_id["b"][1:] == (None,) * 13


def test_a_few_columns_are_left_as_they_are(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1, 2)], "a int, b int")
    assert packed(rows, {"a"}).columns == ["a", "b"]
