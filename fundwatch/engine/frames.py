"""Frames out of what the driver knows, and out of several frames."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from fundwatch.contracts.versions import known_end, stay_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


def small_frame(session: SparkSession, schema: str, rows: Sequence[Sequence[Any]]) -> DataFrame:
    """The rows as a frame of the columns that `schema` names with their types; times are UTC.

    As an Arrow table it reaches the plan with its size, and is broadcast.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    kinds = cast(StructType, StructType.fromDDL(schema))
    fields = to_arrow_schema(kinds, timezone="UTC")
    columns = [pa.array([row[n] for row in rows], type=field.type) for n, field in enumerate(fields)]
    return session.createDataFrame(pa.Table.from_arrays(columns, schema=fields), kinds)


def no_rows(session: SparkSession, schema: StructType) -> DataFrame:
    """No rows of a schema. As an Arrow table, so that the optimiser knows that there are none, and what joins or
    stacks them costs nothing."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return session.createDataFrame(to_arrow_schema(schema, timezone="UTC").empty_table(), schema)


def with_known_ends(rows: DataFrame, table: str, known_by: str) -> DataFrame:
    """The rows of a clean table, the ends of its stays unknown where they are impossible, as `known_end` says."""
    from pyspark.sql import functions as F

    stay = stay_columns(table)
    if stay is None or not {*stay} <= {*rows.columns}:
        return rows
    return rows.withColumn(stay[1], F.expr(known_end(table, known_by)))


def stacked(frames: Iterable[DataFrame], *, missing_as_null: bool = False) -> DataFrame:
    """The rows of all frames, at least one, by the columns' names, so that one Spark job computes them all.

    A column that some frames lack is an error, unless `missing_as_null`. Frames are put together two by two: one by
    one, the plan of fifty would be fifty deep, and gone through as often.
    """
    left = [*frames]
    while len(left) > 1:
        pairs = zip(left[::2], left[1::2], strict=False)
        odd = left[-1:] if len(left) % 2 else []
        left = [*(upper.unionByName(lower, allowMissingColumns=missing_as_null) for upper, lower in pairs), *odd]
    return left[0]


_PACKED, _WORTH_A_PACK = "_packed", 8


def packed(rows: DataFrame, reads: Collection[str]) -> DataFrame:
    """The rows with all columns but those that are `reads` put together as one; `unpacked` has them again.

    Whoever joins many things to wide rows, one after the other, copies every row at each: a struct is copied as a
    whole, a hundred columns one by one. A few columns more are left as they are.
    """
    from pyspark.sql import functions as F

    loose = [name for name in rows.columns if name not in reads and not name.startswith(_PACKED)]
    if len(loose) < _WORTH_A_PACK:
        return rows
    others = [name for name in rows.columns if name not in loose]
    number = sum(name.startswith(_PACKED) for name in others)
    return rows.select(*others, F.struct(*loose).alias(f"{_PACKED}{number}"))


def unpacked(rows: DataFrame) -> DataFrame:
    """The rows with each column by itself."""
    return rows.select(*(f"{name}.*" if name.startswith(_PACKED) else name for name in rows.columns))
