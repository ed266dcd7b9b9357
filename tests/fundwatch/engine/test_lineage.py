"""What a frame's columns are made of, on small frames; no job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.engine.lineage import ColumnOrigin, LineageError, made_of, strictly_read
from privacy.tokens.distinct import arrow_function

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.fixture(scope="module")
def stays(spark: SparkSession) -> DataFrame:
    stays = spark.createDataFrame([], "stay string, person string, note string, days int")
    stays.filter("days > 0").createOrReplaceTempView("stays")
    spark.createDataFrame([], "person string, sex string").createOrReplaceTempView("people")
    return stays


def _names(made: ColumnOrigin) -> str:
    return " ".join(f"{base.table}.{base.column}".removeprefix(".") for base in sorted(made.of))


def _reported(frame: DataFrame) -> dict[str, str]:
    return {name: _names(made) for name, made in made_of(frame).items()}


def test_through_expressions_lambdas_functions_of_ours_and_rows_made_of_one(stays):
    def same(values: pa.Array) -> pa.Array:
        return values

    token = arrow_function("token", same, "string")
    made = stays.select(
        F.lit(1).alias("nothing"),
        F.col("stay").alias("copy"),
        F.concat("person", "note").alias("both"),
        F.when(F.col("person") == "a", "x").alias("asked"),
        F.expr("transform(array(note), y -> person)").alias("inside"),
        F.expr("to_json(struct(*))").alias("all"),
        token("person").alias("of_ours"),
        F.explode(F.array("note", "person")).alias("spread"),
    )
    assert _reported(made) == {
        "nothing": "", "copy": "stay", "both": "note person", "asked": "person", "inside": "note person",
        "all": "days note person stay", "of_ours": "person", "spread": "note person",
    }  # fmt: skip
    assert [name for name, m in made_of(made).items() if m.is_copy] == ["copy"]


def test_through_joins_views_groups_windows_and_sub_queries(spark, stays):
    frame = spark.sql(
        """SELECT s.person, p.sex, t.most, t.many, row_number() OVER (PARTITION BY s.days ORDER BY s.note) AS place,
           (SELECT max(note) FROM stays) AS other
           FROM stays s JOIN people p ON s.person = p.person
           LEFT JOIN (SELECT stay, max(note) AS most, count(DISTINCT person) AS many FROM stays GROUP BY stay) t
           ON t.stay = s.stay"""
    )
    assert _reported(frame) == {
        "person": "stays.person", "sex": "people.sex", "most": "stays.note", "many": "",
        "place": "stays.days stays.note", "other": "stays.note",
    }  # fmt: skip
    made = made_of(frame)
    assert [base.column for base in made["many"].counts] == ["person"]
    assert made["person"].is_copy
    assert made["most"].is_copy


def test_a_union_is_made_of_what_stands_in_the_same_place_on_every_side(stays):
    both = stays.select("note", "days").union(stays.select("person", "days"))
    assert _reported(both) == {"note": "note person", "days": "days"}
    named = stays.select("note").unionByName(stays.select("person"), allowMissingColumns=True)
    assert _reported(named) == {"note": "note", "person": "person"}


@pytest.mark.parametrize(
    ("aggregate", "of"),
    [
        ("count(DISTINCT person)", ""),
        ("count(*)", ""),
        ("count(DISTINCT person) FILTER (WHERE days > 1)", "days"),
        ("count(*) FILTER (WHERE person = 'a')", "person"),
        ("count_if(person LIKE 'a%')", "person"),
        ("count(DISTINCT substring(person, 1, 1))", "person"),
        ("approx_count_distinct(person)", ""),
        ("min(person)", "person"),
        ("max_by(person, days)", "days person"),
        ("sum(days) FILTER (WHERE person = 'a')", "days person"),
        ("concat_ws('', collect_set(person))", "person"),
        ("max(sha2(person, 256))", "person"),
        ("count(person) || min(person)", "person"),
    ],
)
def test_only_a_count_of_whole_values_tells_nothing_of_what_it_counts(stays, aggregate, of):
    assert _reported(stays.groupBy("stay").agg(F.expr(aggregate).alias("x")))["x"] == of


def test_through_every_way_to_choose_rows_and_to_group_in_sets(spark, stays):
    chosen = stays.dropDuplicates(["note"]).orderBy("days").limit(3).repartition(2).distinct().filter("days > 1")
    assert _reported(chosen.select("person")) == {"person": "person"}
    sets = spark.sql("SELECT note, max(person) AS p FROM stays GROUP BY GROUPING SETS ((note), ())")
    assert _reported(sets) == {"note": "stays.note", "p": "stays.person"}
    later = stays.withColumn("before", F.lag("person").over(Window.partitionBy("stay").orderBy("days")))
    assert _reported(later)["before"] == "days person stay"
    assert _reported(stays.join(stays.select("stay"), "stay", "left_anti")) == {n: n for n in stays.columns}
    again = spark.sql("WITH t AS (SELECT person AS q FROM stays) SELECT a.q, b.q AS r FROM t a JOIN t b ON a.q = b.q")
    assert _reported(again) == {"q": "stays.person", "r": "stays.person"}


def test_a_plan_that_cannot_be_followed_passes_nothing(stays):
    with pytest.raises(LineageError, match="cannot be followed"):
        made_of(stays.mapInArrow(lambda batches: batches, stays.schema))


@pytest.mark.parametrize(
    ("expression", "is_strict"),
    [
        ("person > 5", True),
        ("person + 1 = 2", True),
        ("year(person) = 1", True),
        ("to_date(person) IS NULL", True),
        ("substring(note, person, 1) = 'a'", True),
        ("days = person", True),
        ("try_cast(person AS int) = 1", False),
        ("try_to_timestamp(person, 'yyyy') IS NULL", False),
        ("length(upper(person)) = 18 AND days > 1", False),
        ("person = note", False),
    ],
)
def test_a_text_that_meets_a_number_or_a_date_is_read_strictly(stays, expression, is_strict):
    frame = stays.select(F.expr(expression).alias("x"))
    assert strictly_read(frame, ["x"], ["person"]) == ({"x": {"person"}} if is_strict else {})
