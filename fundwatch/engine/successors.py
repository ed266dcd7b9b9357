"""Ids that go on under others: resolved from the tables of successors, and put in place where clean tables are read.

Rows stay in the lake as they were delivered. So a link that comes late, is corrected or withdrawn holds from its night
on for all that a night reads, however long ago it was taken in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from fundwatch.contracts.successors import SUCCESSORS
from fundwatch.contracts.versions import known_on
from fundwatch.engine.frames import small_frame

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from fundwatch.contracts.table import Table
    from fundwatch.lake.store import Lake

_SHORT = 8  # of a token, as lists show it
_SAID = 20  # problems of a table; more are counted


class Link(NamedTuple):
    """One row of a table of successors."""

    former: str | None
    current: str | None
    since: date | None


@dataclass(frozen=True)
class Successors:
    """By kind of id, which id each former one goes on under, at the end of all links; kinds without any are left out.

    `problems` says by table what links nobody though it was meant to.
    """

    current: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def under_current_ids(self, rows: DataFrame, table: Table) -> DataFrame:
        """The rows of a clean table, one per key, under the ids that hold.

        Of a register, whose key is the id alone, a former id has no row any more: the current one's says what is known.
        Elsewhere, where two rows come to have one key, that which had it by itself holds, else the first in order.
        """
        kinds = {name: kind for kind in self.current for name in table.ids_of(kind) if name in rows.columns}
        if not kinds or table in SUCCESSORS.values():
            return rows
        in_key = [name for name in table.key if name in kinds]
        if len(table.key) == len(in_key) == 1:
            former = self._links(rows, kinds[in_key[0]]).withColumnRenamed("_former", in_key[0])
            return rows.join(former, on=in_key, how="left_anti")
        return self._once(rows, table, kinds, in_key) if in_key else self.renamed(rows, kinds)

    def renamed(self, rows: DataFrame, kinds: Mapping[str, str], only: Column | None = None) -> DataFrame:
        """The rows with current ids in the columns of `kinds` (column: kind of id); `only` those that meet it."""
        from pyspark.sql import functions as F

        names = rows.columns
        for column, kind in kinds.items():
            if kind not in self.current:
                continue
            is_former = F.col(column) == F.col("_former")
            joined = rows.join(self._links(rows, kind), on=is_former if only is None else is_former & only, how="left")
            current = F.coalesce("_current", column).alias(column)
            rows = joined.select(*(current if name == column else F.col(name) for name in names))
        return rows

    def _once(self, rows: DataFrame, table: Table, kinds: Mapping[str, str], in_key: Sequence[str]) -> DataFrame:
        """The renamed rows, each key once."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        names = rows.columns
        before = rows.select("*", *(F.col(name).alias(f"_was_{name}") for name in in_key))
        moved = [F.col(name) != F.col(f"_was_{name}") for name in in_key]
        order = Window.partitionBy(*table.key).orderBy(*moved, *(n for n in names if n not in table.key))
        placed = self.renamed(before, kinds).withColumn("_place", F.row_number().over(order))
        return placed.filter("_place = 1").select(*names)

    def _links(self, rows: DataFrame, kind: str) -> DataFrame:
        links = sorted(self.current[kind].items())
        return small_frame(rows.sparkSession, "_former string, _current string", links)


NO_SUCCESSORS = Successors()


def successors_known(lake: Lake, night: date, tables: Iterable[str]) -> Successors:
    """The successors as known after the night, by those of the tables that are made. Without Spark.

    The links of the whole lake are held in memory: one for each id that ever went.
    """
    current: dict[str, Mapping[str, str]] = {}
    problems: dict[str, tuple[str, ...]] = {}
    for kind, table in SUCCESSORS.items():
        if table.name not in tables or not lake.exists(table.name):
            continue
        former, now = table.key
        query = f"SELECT {former} AS former, {now} AS now, since FROM {table.name} WHERE {known_on(night)}"
        links = [Link(row["former"], row["now"], row["since"]) for row in lake.rows(table.name, query)]
        found, wrong = resolved(links, night, short=_SHORT if kind == "person" else None)
        current |= {kind: found} if found else {}
        problems |= {table.name: wrong} if wrong else {}
    return Successors(current, problems)


def resolved(links: Iterable[Link], night: date, short: int | None = None) -> tuple[dict[str, str], tuple[str, ...]]:
    """By former id the one at the end of its links, and what links nobody, in sentences that name ids by their first
    `short` signs.

    A link holds from its `since` on; one whose `since` is unknown or after the night links nothing. An id of several
    successors has none, nor have those that stand in a circle, if of one: nobody can say which is right.
    """
    following: dict[str, set[str]] = defaultdict(set)
    for former, current, since in links:
        if former and current and since is not None and since <= night:
            following[former].add(current)
    torn = {former for former, currents in following.items() if len(currents) > 1}
    after = {former: next(iter(currents)) for former, currents in following.items() if former not in torn}
    circles = _circles(after)
    for circle in circles:
        for one in circle:
            del after[one]
    wrong = [
        f"{former[:short]} has several successors: {', '.join(sorted(one[:short] for one in following[former]))}"
        for former in sorted(torn)
    ]
    wrong += [f"in a circle: {' → '.join(one[:short] for one in (*circle, circle[0]))}" for circle in circles]
    said = wrong if len(wrong) <= _SAID else [*wrong[:_SAID], f"and {len(wrong) - _SAID} more"]
    return _at_the_end(after), tuple(said)


def _circles(after: Mapping[str, str]) -> list[list[str]]:
    """The circles of the links, each from its least id on."""
    circles, seen = [], set[str]()
    for start in sorted(after):
        path: list[str] = []
        one: str | None = start
        while one is not None and one not in seen:
            seen.add(one)
            path.append(one)
            one = after.get(one)
        if one is not None and one in path:
            circle = path[path.index(one) :]
            least = circle.index(min(circle))
            circles.append([*circle[least:], *circle[:least]])
    return sorted(circles)


def _at_the_end(after: Mapping[str, str]) -> dict[str, str]:
    """Each id with the last of those that follow it; there are no circles."""
    ends: dict[str, str] = {}
    for start in after:
        path = [start]
        while path[-1] in after and path[-1] not in ends:
            path.append(after[path[-1]])
        end = ends.get(path[-1], path[-1])
        ends |= dict.fromkeys((one for one in path if one in after), end)
    return ends
