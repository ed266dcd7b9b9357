"""The words that every catalogue may use: of unknown columns each is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from features.catalogue.words import Words, shared_words

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_a_word_over_unknown_columns_is_unknown(spark: SparkSession) -> None:
    words = Words(shared_words())
    columns = sorted(frozenset[str]().union(*(words.columns(name) for name in words.texts)))
    row = spark.range(1).select(*(F.lit(None).alias(name) for name in columns))
    (said,) = row.select(*(F.expr(words.written(name)).alias(name) for name in words.texts)).collect()
    assert {name: value for name, value in said.asDict().items() if value is not None} == {}
