"""Columns that one file lends to the rows of another: a header's to its details. No row is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked
from fundwatch.errors import MappingError
from fundwatch.expressions.declared import names_in, written
from intake.rows.reading import UNREADABLE
from intake.rows.values import ValueRules, typed
from intake.source.lookups import Lookup, in_turn
from intake.source.mapping import Rows, SourceMapping
from intake.source.mapping_problems import identifying_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

LOOKUP_PROBLEM = "_lookup_fault"
MISSING, TWICE = "LOOKUP_MISSING", "LOOKUP_TWICE"
# the files of a kind, each as strings, with those of the named columns that it has
Read = Callable[[str, Sequence[str]], Sequence["DataFrame"]]
# rows that are read more than once, computed once
Keep = Callable[["DataFrame"], "DataFrame"]
_KEY, _PART, _LENT, _FOUND, _BROKEN = "_key_{}", "_part_{}", "_lent", "_found", "_is_broken"
_NUMBER = "decimal(24,6)"


def lent_columns(lookup: Lookup, headers: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The columns, here: there, that the other file lends tonight; none when it or a key of it was not delivered."""
    there = headers.get(lookup.source, frozenset())
    return {h: t for h, t in lookup.lent.items() if t in there} if {*lookup.on.values()} <= there else {}


def lookups_made(
    rows: Rows, own: Collection[str], headers: Mapping[str, frozenset[str]]
) -> list[tuple[Lookup, dict[str, str]]]:
    """The lookups that tonight's files allow, each behind those that lend its keys, with the columns that it lends."""
    turn = in_turn(rows.lookup, own, lambda lookup: lent_columns(lookup, headers))
    return [(lookup, lent) for lookup in turn if (lent := lent_columns(lookup, headers))]


def with_lookups(
    strings: DataFrame,
    mapping: SourceMapping,
    rows: Rows,
    headers: Mapping[str, frozenset[str]],
    read: Read,
    values: ValueRules | None = None,
    keep: Keep | None = None,
) -> DataFrame:
    """The file's rows with the columns lent to them and `_lookup_fault`: null, or the code of the first problem.

    `keep` is given what sums add up to by key, which is read twice, and no key that identifies anybody: without it
    Spark reads the other file twice.
    Raises MappingError when a lookup's `where` cannot be analysed.
    """
    if not rows.lookup:
        return strings
    identifying = identifying_columns(mapping, rows)
    strings = strings.withColumn(LOOKUP_PROBLEM, F.lit(None).cast("string"))
    for lookup, lent in lookups_made(rows, strings.columns, headers):
        there = (*lookup.on.values(), *lent.values())
        rows_there = _rows_there(mapping, lookup, lent, headers, read)
        lenders = _lenders(rows_there, lookup, lent, values or ValueRules())
        names_somebody = {*lookup.on, *lent} & identifying or {*there} & mapping.files[lookup.source].identifies
        if keep is not None and lookup.sums and not names_somebody:
            lenders = keep(lenders)
        strings = _joined(strings, lookup, lent, lenders)
    return strings


def _rows_there(
    mapping: SourceMapping, lookup: Lookup, lent: Mapping[str, str], headers: Mapping[str, frozenset[str]], read: Read
) -> DataFrame:
    """The other files' rows that the lookup's `where` keeps, and those that do not fit their header."""
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
    found = stacked(read(lookup.source, needed), missing_as_null=True)
    try:
        return found if lookup.where is None else found.filter(F.col(UNREADABLE) | F.expr(written(lookup.where)))
    except AnalysisException as error:
        raise MappingError(
            f"a lookup's condition cannot be read: {error.getCondition()}", where=f"from {lookup.source}"
        ) from error


def _lenders(found: DataFrame, lookup: Lookup, lent: Mapping[str, str], values: ValueRules) -> DataFrame:
    """One row per key: what it lends, and whether its rows agree on it; and one without a key.

    Nobody knows whose a line is that cannot be read: it stands there, and says so.
    """
    content = F.struct(*(F.col(there).alias(here) for here, there in lent.items() if here in lookup.columns))
    keys = [F.when(~F.col(UNREADABLE), F.col(there)).alias(_KEY.format(here)) for here, there in lookup.on.items()]
    sums = {here: there for here, there in lent.items() if here in lookup.sums}
    parts = [F.col(there).alias(_PART.format(here)) for here, there in sums.items()]
    rows = found.select(*keys, *parts, *([content.alias(_LENT)] if len(sums) < len(lent) else []), UNREADABLE)
    agrees = F.min(_LENT) == F.max(_LENT) if len(sums) < len(lent) else F.lit(True)
    first = [F.min(F.col(f"{_LENT}.{here}")).alias(here) for here in lent if here not in sums]
    added = [_sum(F.col(_PART.format(here)), values).alias(here) for here in sums]
    is_broken = F.bool_or(UNREADABLE).alias(UNREADABLE)
    grouped = rows.groupBy(*(_KEY.format(here) for here in lookup.on))
    return grouped.agg(*first, *added, agrees.alias(_FOUND), is_broken)


def _sum(part: Column, values: ValueRules) -> Column:
    """The sum over rows, as a text: null where one of them says nothing; the text itself where one is no number."""
    silent = values.placeholders.of_all()
    said = F.when(~part.isin(*silent), part) if silent else part
    number = typed(said, _NUMBER, values.zone)
    is_all = F.count(F.lit(1)) == F.count(said)
    wrong = F.min(F.when(said.isNotNull() & number.isNull(), said))
    return F.when(is_all, F.coalesce(wrong, F.sum(number).cast("string")))


def _joined(strings: DataFrame, lookup: Lookup, lent: Mapping[str, str], lenders: DataFrame) -> DataFrame:
    matches = [F.col(here) == F.col(_KEY.format(here)) for here in lookup.on]
    same_key = matches[0]
    for match in matches[1:]:
        same_key = same_key & match
    found = strings.join(lenders.drop(UNREADABLE), on=same_key, how="left")
    if lookup.sums:
        # no sum is known where a line is anybody's
        is_broken = F.coalesce(F.bool_or(UNREADABLE), F.lit(False)).alias(_BROKEN)
        found = found.crossJoin(F.broadcast(lenders.agg(is_broken)))
    is_missing = F.col(_FOUND).isNull()
    problem = F.when(is_missing & F.lit(lookup.none is None), F.lit(MISSING)).when(~F.col(_FOUND), F.lit(TWICE))
    kept = [F.col(name) for name in strings.columns if name != LOOKUP_PROBLEM]
    lends = {here: F.when(is_missing, F.lit(lookup.none)).when(F.col(_FOUND), F.col(here)) for here in lent}
    lends |= {here: F.when(~F.col(_BROKEN), lends[here]) for here in lookup.sums if here in lent}
    values = [value.cast("string").alias(here) for here, value in lends.items()]
    return found.select(*kept, *values, F.coalesce(F.col(LOOKUP_PROBLEM), problem).alias(LOOKUP_PROBLEM))
