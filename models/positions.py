"""Where an entity stands among its peers, indicator by indicator.

The statistic is the robust z-score, (value - median) / MAD with the MAD scaled to a standard deviation
(Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993): one wild peer moves neither median nor MAD.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.engine.ladders import share_below

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# The field's smallest peer group: with fewer members "unlike its peers" says little.
MIN_PEERS = 20
# Shares of equal peers differ by rounding in the last digits: a spread that small is none.
MIN_SPREAD = 1e-9

POSITION = ("indicator", "value", "peer_count", "peer_median", "robust_z")


def indicator_names(indicators: DataFrame, entity: str) -> list[str]:
    """The indicator columns of a wide indicator table, by name."""
    return sorted(set(indicators.columns) - {"business_date", f"{entity}_id", "peer_group"})


def with_positions(
    indicators: DataFrame,
    peer_statistics: DataFrame,
    entity: str,
    names: Sequence[str],
    min_peers: int = MIN_PEERS,
) -> DataFrame:
    """One row per entity: entity_id, peer_group and `positions`, an array with one entry per name, in order.

    An entry holds the fields of POSITION. `robust_z` is null where the value is unknown, the peers are fewer than
    `min_peers`, or they do not differ (MAD 0): unknown, never average.
    """
    statistic = F.struct("median", "mad", "peer_count")
    # a column per indicator: looking each up in a map of all of them cost most of the scoring's time
    statistics = [F.max(F.when(F.col("indicator") == name, statistic)).alias(_peers(name)) for name in names]
    of_type = peer_statistics.filter(F.col("entity_type") == entity)
    groups = of_type.groupBy("peer_group").agg(F.count(F.lit(1)).alias("statistic_count"), *statistics)
    entities = indicators.select(F.col(f"{entity}_id").alias("entity_id"), "peer_group", *names)
    positions = F.array(*(_position(name, min_peers) for name in names))
    return entities.join(F.broadcast(groups), on="peer_group", how="left").select(
        "entity_id", "peer_group", positions.alias("positions")
    )


def to_positions(
    indicators: DataFrame, peer_statistics: DataFrame, entity: str, min_peers: int = MIN_PEERS
) -> DataFrame:
    """One row per entity and known indicator: entity_id, peer_group, the fields of POSITION and percentile."""
    names = indicator_names(indicators, entity)
    positions = with_positions(indicators, peer_statistics, entity, names, min_peers)
    known = (
        positions.select("entity_id", "peer_group", F.explode("positions").alias("position"))
        .select("entity_id", "peer_group", *(F.col(f"position.{field}") for field in POSITION))
        .filter(F.col("value").isNotNull())
    )
    return with_percentile(known, peer_statistics, entity)


def to_robust_z(positions: DataFrame, names: Sequence[str]) -> DataFrame:
    """One row per entity: entity_id, peer_group, and per name its robust z-score (null: unknown)."""
    return positions.select(
        "entity_id",
        "peer_group",
        *(F.col("positions")[place]["robust_z"].alias(name) for place, name in enumerate(names)),
    )


def with_percentile(positions: DataFrame, peer_statistics: DataFrame, entity: str) -> DataFrame:
    """The rows, each with peer_group, indicator and value, and the share of the peers below that value, 0 to 1: see
    `share_below`. Null where nobody measured the group.
    """
    of_type = peer_statistics.filter(F.col("entity_type") == entity)
    ladders = F.broadcast(of_type.select("peer_group", "indicator", "ladder"))
    joined = positions.join(ladders, on=["peer_group", "indicator"], how="left")
    percentile = share_below(F.col("value"), F.col("ladder"))
    return joined.select(*positions.columns, percentile.alias("percentile"))


def _peers(name: str) -> str:
    return f"peers of {name}"


def _position(name: str, min_peers: int) -> Column:
    value, peers = F.nanvl(F.col(name), F.lit(None)), F.col(f"`{_peers(name)}`")
    is_comparable = (peers["peer_count"] >= min_peers) & (peers["mad"] > MIN_SPREAD)
    return F.struct(
        F.lit(name).alias("indicator"),
        value.alias("value"),
        peers["peer_count"].alias("peer_count"),
        peers["median"].alias("peer_median"),
        F.when(is_comparable, F.try_divide(value - peers["median"], peers["mad"])).alias("robust_z"),
    )
