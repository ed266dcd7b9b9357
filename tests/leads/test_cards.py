"""What a row's key stands for is found in one literal, whatever the texts hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leads.cards import is_listed, looked_up

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TEXTS = {"A-1": "完全重复明细", "B": 'a "quoted" text,\n with \\u0041, {}', "": "nothing"}


def test_a_key_has_its_text_or_is_its_own_and_an_unknown_one_is_unknown(spark: SparkSession) -> None:
    from pyspark.sql import functions as F

    keys = [*TEXTS, "A", "A-1,B", None]
    rows = spark.createDataFrame([(key,) for key in keys], "key string")
    found = rows.select(looked_up(TEXTS, F.col("key")), is_listed(["B", "A-1"], F.col("key"))).collect()
    assert [row[0] for row in found] == [*TEXTS.values(), "A", "A-1,B", None]
    assert [row[1] for row in found] == [True, True, False, False, False, None]
