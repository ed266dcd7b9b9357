"""Columns that one file lends to the rows of another: a header's to its details. No row is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked
from fundwatch.errors import MappingError
from fundwatch.expressions.declared import names_in, written
from intake.rows.reading import UNREADABLE
from intake.source.columns import Lookup
from intake.source.mapping import Rows, SourceMapping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

LOOKUP_PROBLEM = "_lookup_fault"
MISSING, TWICE = "LOOKUP_MISSING", "LOOKUP_TWICE"
# the files of a kind, each as strings, with those of the named columns that it has
Read = Callable[[str, Sequence[str]], Sequence["DataFrame"]]
_KEY, _LENT, _FOUND = "_key_{}", "_lent", "_found"


def lent_columns(lookup: Lookup, headers: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The columns, here: there, that the other file lends tonight; none when it or a key of it was not delivered."""
    there = headers.get(lookup.source, frozenset())
    return {h: t for h, t in lookup.columns.items() if t in there} if {*lookup.on.values()} <= there else {}


def with_lookups(
    strings: DataFrame, mapping: SourceMapping, rows: Rows, headers: Mapping[str, frozenset[str]], read: Read
) -> DataFrame:
    """The file's rows with the columns lent to them and `_lookup_fault`: null, or the code of the first problem.

    Raises MappingError when a lookup's `where` cannot be analysed.
    """
    if not rows.lookup:
        return strings
    strings = strings.withColumn(LOOKUP_PROBLEM, F.lit(None).cast("string"))
    for lookup in rows.lookup:
        lent = lent_columns(lookup, headers)
        if lent and {*lookup.on} <= {*strings.columns}:
            strings = _joined(strings, lookup, lent, _lenders(mapping, lookup, lent, headers, read))
    return strings


def _lenders(
    mapping: SourceMapping, lookup: Lookup, lent: Mapping[str, str], headers: Mapping[str, frozenset[str]], read: Read
) -> DataFrame:
    """One row per key: what it lends, and whether its rows agree on it."""
    known = frozenset(mapping.files[lookup.source].names().values())
    condition = frozenset[str]() if lookup.where is None else names_in(lookup.where, known)
    if not condition <= headers[lookup.source]:
        missing = ", ".join(sorted(condition - headers[lookup.source]))
        raise MappingError(
            f"a lookup's condition reads {missing}, which was not delivered",
            where=f"from {lookup.source}",
            do="list the column under the file's `columns`, so that a delivery without it is refused",
        )
    needed = tuple(sorted({*lookup.on.values(), *lent.values(), *condition}))
    # of two files of a kind one may lack an optional column
    files = read(lookup.source, needed)
    parents = stacked(files, missing_as_null=True)
    parents = parents.filter(~F.col(UNREADABLE))
    try:
        parents = parents if lookup.where is None else parents.filter(F.expr(written(lookup.where)))
    except AnalysisException as error:
        raise MappingError(
            f"a lookup's condition cannot be read: {error.getCondition()}", where=f"from {lookup.source}"
        ) from error
    content = F.struct(*(F.col(there).alias(here) for here, there in lent.items()))
    keys = [F.col(there).alias(_KEY.format(here)) for here, there in lookup.on.items()]
    rows = parents.select(*keys, content.alias(_LENT))
    one_key = [_KEY.format(here) for here in lookup.on]
    return rows.groupBy(*one_key).agg(F.min(_LENT).alias(_LENT), (F.min(_LENT) == F.max(_LENT)).alias(_FOUND))


def _joined(strings: DataFrame, lookup: Lookup, lent: Mapping[str, str], lenders: DataFrame) -> DataFrame:
    matches = [F.col(here) == F.col(_KEY.format(here)) for here in lookup.on]
    same_key = matches[0]
    for match in matches[1:]:
        same_key = same_key & match
    found = strings.join(lenders, on=same_key, how="left")
    problem = F.when(F.col(_FOUND).isNull(), F.lit(MISSING)).when(~F.col(_FOUND), F.lit(TWICE))
    kept = [F.col(name) for name in strings.columns if name != LOOKUP_PROBLEM]
    values = [F.when(F.col(_FOUND), F.col(f"{_LENT}.{here}")).alias(here) for here in lent]
    return found.select(*kept, *values, F.coalesce(F.col(LOOKUP_PROBLEM), problem).alias(LOOKUP_PROBLEM))
