"""Columns whose codes the mapping lists: flags, filters, signs. A code that no list has is a finding, never silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.expressions.declared import written
from intake.source.columns import CodeList, Flag

if TYPE_CHECKING:
    from pyspark.sql import Column

FINDINGS = "_findings"  # of each row: column=code, where a list of the mapping does not have the code
HIDDEN = "(not shown: no short code)"
_CODE, _LONG_NUMBER = r"^[A-Za-z0-9._\-]{1,8}$", r"^[0-9]{7,}$"  # seven digits and more may be a date of birth


def shown_code(code: Column) -> Column:
    """The code, or a word for one that may be more than a code."""
    return F.when(code.rlike(_CODE) & ~code.rlike(_LONG_NUMBER), code).otherwise(F.lit(HIDDEN))


def value_of(given: CodeList) -> Column:
    """The source value; blanks are null already."""
    return F.expr(written(given.of)).cast("string")


def is_among(given: CodeList, codes: Sequence[str]) -> Column:
    """Whether the source value is one of the codes; `""` among them stands for nothing said."""
    value = value_of(given)
    found = F.coalesce(value.isin(*(c for c in codes if c)), F.lit(False))
    return found | value.isNull() if "" in codes else found


def flag_value(given: Flag) -> Column:
    """True, false, or unknown: where the source says nothing, or what no list has."""
    return F.when(is_among(given, given.true), F.lit(True)).when(is_among(given, given.false), F.lit(False))


def findings(listed: Mapping[str, CodeList]) -> Column:
    """The findings of a row, by the names of what lists the codes. What the source does not say is none."""
    found = [
        F.when(
            value_of(given).isNotNull() & ~is_among(given, given.codes),
            F.concat(F.lit(f"{given.name or key}="), shown_code(value_of(given))),
        )
        for key, given in listed.items()
    ]
    return F.array_compact(F.array(*found)) if found else F.array().cast("array<string>")
