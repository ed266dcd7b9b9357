"""Peer groups: whom an entity is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import Field, field_validator
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.attributes import attributes_of
from fundwatch.contracts.entities import MEASURED
from fundwatch.declared import Declared, read_declared
from fundwatch.fingerprint import fingerprint
from fundwatch.regions import NATION_ALONE, Region
from fundwatch.resources import conf_file

UNKNOWN = "unknown"
_PARTED_BY = "|"


class Level(Declared):
    """One attribute that peers share; `bounds` cut a number into bands, each bound beginning one."""

    attribute: str
    bounds: tuple[int, ...] = ()

    @field_validator("bounds")
    @classmethod
    def _ascending(cls, bounds: tuple[int, ...]) -> tuple[int, ...]:
        if list(bounds) != sorted(set(bounds)) or any(bound <= 0 for bound in bounds):
            raise ValueError("bounds are positive and ascend")
        return bounds


class PeerGroups(Declared):
    """The levels of each entity's peer groups, what matters most first, and how few members are too few."""

    minimum_members: int = Field(ge=2)
    entities: Mapping[str, tuple[Level, ...]]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of who is compared with whom."""
        return fingerprint(self.model_dump(mode="json"))


def peer_groups_file(region: Region, conf: Path | None) -> Traversable:
    """The file that says whom an entity is compared with in the region: the narrowest region's, else the nation's."""
    own = region.files("peers.yaml")
    return own[-1] if own else conf_file("peers", NATION_ALONE, conf)


def read_peer_groups(file: Traversable) -> PeerGroups:
    """The peer groups declared in the file; an entity it leaves out has those of its own declaration.

    Raises CatalogueError naming every problem.
    """
    peers = read_declared(PeerGroups, file, "the peer groups do not hold", also=_problems)
    declared = {e.name: tuple(Level(attribute=name) for name in e.peers) for e in MEASURED.values()}
    return peers.model_copy(update={"entities": declared | dict(peers.entities)})


def _problems(peers: PeerGroups) -> Iterator[str]:
    yield from (f"entities.{entity}: no such entity" for entity in peers.entities if entity not in MEASURED)
    for entity, levels in peers.entities.items():
        known = attributes_of(MEASURED[entity]) if entity in MEASURED else None
        for level in levels:
            if known is not None and level.attribute not in known:
                yield f"entities.{entity}: no attribute '{level.attribute}'; there are {', '.join(known)}"


def with_peer_groups(peers: PeerGroups, entity: str, members: DataFrame) -> DataFrame:
    """The rows with `peer_group` added: the finest group of enough members, or the entity type itself.

    `members` has a row per entity and the attributes that the levels name.
    """
    levels = [_band(level).cast("string") for level in peers.entities[entity]]
    labels = [F.coalesce(level, F.lit(UNKNOWN)) for level in levels]
    around = groups_around(F.concat_ws(_PARTED_BY, F.lit(entity), *labels))
    large = (
        members.select(F.explode(around).alias("group"))
        .groupBy("group")
        .agg(F.count(F.lit(1)).alias("members"))
        .filter(F.col("members") >= peers.minimum_members)
        .agg(F.collect_set("group").alias("_large"))
    )
    large_around = F.filter(around, lambda group: F.array_contains("_large", group))
    finest_large = F.try_element_at(large_around, F.lit(-1))
    beside = members.join(F.broadcast(large), how="cross")  # one row: there are few groups
    return beside.withColumn("peer_group", F.coalesce(finest_large, F.lit(entity))).drop("_large")


def _band(level: Level) -> Column:
    """The attribute, or the label of the band its value lies in: 0-6, 7-17, …, 80+."""
    value = F.col(level.attribute)
    if not level.bounds:
        return value
    label = F.when(value < level.bounds[0], F.lit(f"0-{level.bounds[0] - 1}"))
    for lower, upper in zip(level.bounds, level.bounds[1:], strict=False):
        label = label.when(value < upper, F.lit(f"{lower}-{upper - 1}"))
    return label.when(value.isNotNull(), F.lit(f"{level.bounds[-1]}+"))


def groups_around(group: Column) -> Column:
    """The group's own name and the names of all wider ones: a|b|c → a, a|b, a|b|c."""
    parts = F.split(group, r"\|")
    return F.transform(
        F.sequence(F.lit(1), F.size(parts)),
        lambda length: F.array_join(F.slice(parts, 1, length), _PARTED_BY),
    )
