"""The rows of a delivered file, read by Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundwatch.places import local_uri
from intake.files.delivery import LandedFile
from intake.rows.reading import read_options, read_schema
from intake.source.mapping import SourceMapping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def delivered_rows(spark: SparkSession, mapping: SourceMapping, file: LandedFile) -> DataFrame:
    """One row per line, every column a string."""
    return spark.read.options(**read_options(mapping, file)).schema(read_schema(file)).csv(local_uri(file.path))
