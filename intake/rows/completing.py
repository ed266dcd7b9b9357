"""Rows whose key is not wholly known: they stand until another that says what they leave open is there.

A row that leaves a part of its key open (see `Table.unknown_in_key`) may be any of those that are equal in all the
parts it knows. One that knows more completes it: from the night on which both are there the incomplete one stands no
longer, whichever came first, so that the order of deliveries does not matter. It keeps its versions: one that never
stood begins and ends on the same night.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_COMPLETED = "_completed_on"


def of_the_same(rows: DataFrame, others: DataFrame, table: str) -> DataFrame:
    """The rows that equal one of the others in the parts of the key that must be known."""
    key = [*TABLES[table].required_key]
    return rows.join(others.select(*key), key, how="left_semi")


def completed_on(table: str, since: Column) -> Column:
    """The least `since` of the rows that complete a row; null where none does."""
    contract = TABLES[table]
    found = F.lit(None)
    for count in range(1, len(contract.unknown_in_key) + 1):
        for left_open in combinations(contract.unknown_in_key, count):
            known = [name for name in contract.unknown_in_key if name not in left_open]
            alike = Window.partitionBy(*contract.required_key, *known)
            says_more = reduce(or_, (F.col(name).isNotNull() for name in left_open))
            leaves_these_open = reduce(and_, (F.col(name).isNotNull() for name in known), ~says_more)
            found = F.when(leaves_these_open, F.min(F.when(says_more, since)).over(alike)).otherwise(found)
    return found


def with_completion(versions: DataFrame, table: str) -> DataFrame:
    """All versions of some keys, those of incomplete rows ended on the night that completes them."""
    if not TABLES[table].unknown_in_key:
        return versions
    ended = F.greatest("known_from", F.least("known_to", _COMPLETED))
    until = F.when(F.col(_COMPLETED).isNotNull(), ended).otherwise(F.col("known_to"))
    done = versions.withColumn(_COMPLETED, completed_on(table, F.col("known_from")))
    return done.withColumn("known_to", until).drop(_COMPLETED)


def without_completed(rows: DataFrame, table: str) -> DataFrame:
    """The rows of one night that stand: those that no other of them completes."""
    if not TABLES[table].unknown_in_key:
        return rows
    done = rows.withColumn(_COMPLETED, completed_on(table, F.lit(True)))
    return done.filter(F.col(_COMPLETED).isNull()).drop(_COMPLETED)
