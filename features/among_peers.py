"""Indicators that are known only when the peers' values are: multiples of their median, robust z, places among them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, NamedIndicator
from features.quantiles import PERCENTS

GROUP = "peer_group"


def compared_columns(catalogue: Catalogue) -> tuple[str, ...]:
    """The indicators' columns whose peers' values others are made of."""
    made = [named for named in catalogue.named if named.definition.is_of_peers]
    return tuple(sorted({catalogue.column(of, n.window) for n in made for of in n.definition.compared}))


def peer_columns(catalogue: Catalogue) -> tuple[str, ...]:
    """The columns that are made of places among peers."""
    return tuple(named.column for named in catalogue.named if named.definition.is_of_peers)


def with_peer_indicators(catalogue: Catalogue, members: DataFrame, statistics: DataFrame) -> DataFrame:
    """The rows of one entity each, with `peer_group`, and the indicators that are made of places among peers.

    `statistics` are those of the columns that are compared, by peer group.
    """
    wanted = compared_columns(catalogue)
    pivoted = statistics.groupBy(GROUP).agg(
        *(
            F.max(F.when(F.col("indicator") == column, F.struct("median", "mad", "ladder"))).alias(_of(column))
            for column in wanted
        )
    )
    beside = members.join(F.broadcast(pivoted), on=GROUP, how="left")
    made = [named for named in catalogue.named if named.definition.is_of_peers]
    return beside.select(*members.columns, *(_value(catalogue, named).alias(named.column) for named in made))


def _of(column: str) -> str:
    return f"_peers_of_{column}"


def _value(catalogue: Catalogue, named: NamedIndicator) -> Column:
    one, columns = named.definition, [catalogue.column(of, named.window) for of in named.definition.compared]
    if one.mean_percentile:
        places = F.array_compact(F.array(*(_percentile(column) for column in columns)))
        total = F.aggregate(places, F.lit(0.0), lambda sum_, place: sum_ + place)
        return F.when(F.size(places) * 2 >= len(columns), total / F.size(places))
    (column,) = columns
    value, peers = F.col(column), F.col(_of(column))
    if one.peers is not None and one.peers.as_ == "ratio":
        return value / F.nullif(peers["median"], F.lit(0.0))
    if one.peers is not None and one.peers.as_ == "z":
        return (value - peers["median"]) / F.nullif(peers["mad"], F.lit(0.0))
    return _percentile(column)


def _percentile(column: str) -> Column:
    """The place among the peers, 0 to 1: the mean of the least and the greatest percent whose quantile the value is."""
    value, ladder = F.col(column), F.col(_of(column))["ladder"]
    below = F.size(F.filter(ladder, lambda quantile: quantile < value))
    until = F.size(F.filter(ladder, lambda quantile: quantile <= value)) - 1
    place = (below + F.greatest(until, F.lit(0))) / F.lit(2.0 * PERCENTS)
    return F.when(value.isNotNull() & ladder.isNotNull(), F.least(place, F.lit(1.0)))
