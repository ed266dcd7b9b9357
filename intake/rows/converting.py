"""The SQL of a value with a unit, a default or a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.expressions.declared import written
from intake.source.forms import ISO, UNITS, Value

if TYPE_CHECKING:
    from pyspark.sql import Column

_CARRIED_NUMBER = "decimal(24,6)"  # a carried value has no contract that says its type


def converted(given: Value, kind: str | None) -> tuple[Column, Column]:
    """The source text, and what is made of it, still to be cast to `kind` (None: a carried value).

    A text that is no number or date of a format becomes a value that cannot be cast, or null; so it is told as
    malformed and never takes the default.
    """
    source = F.expr(written(given.of)).cast("string")
    if given.trim is not None:
        source = F.nullif(F.trim(F.trim(source, F.lit(given.trim))), F.lit(""))
    value = source
    if given.unit is not None:
        # one rounding, by the cast to the column's own scale: 1250 fen is read as 1250e-2
        value = F.concat(source, F.lit(f"e{UNITS[given.unit]}"))
        value = value.try_cast(_CARRIED_NUMBER) if kind is None else value
    if given.format:
        value = F.coalesce(*(_moment(source, pattern) for pattern in given.format))
    if given.default is not None:
        default = F.lit(given.default)
        default = default.try_cast("timestamp") if given.format else default
        value = F.when(source.isNull(), default).otherwise(value)
    return source, value


def _moment(source: Column, pattern: str) -> Column:
    return source.try_cast("timestamp") if pattern == ISO else F.try_to_timestamp(source, F.lit(pattern))
