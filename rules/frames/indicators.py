"""What entities did, by their indicators as of the night: one row per entity, with its peers beside what rules name.

A rule gives names of its own to indicators (`indicators: {value: doctor_drug_share_90d, money: …}`). Beside `value`
stand how the peers behave in it and where it lies among them (`BESIDE_JUDGED`). The frame of a kind of entity reads its
table once and joins the peers' statistics once, whatever the number of rules and of indicators they name.

No fee line proves such a hit: it is a question, its money an estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts.entities import ENTITIES, MEASURED, PARTED_BY, Entity, answering
from fundwatch.engine.ladders import share_below
from rules.analysis.indicators import BESIDE_JUDGED, beside, grain_of, parted
from rules.frames.declaration import Grain, RowFrame, Sources, each_of
from rules.frames.inputs import ScanInputs

STATISTICS = "peer_statistic"
AS_OF = "as_of"
_PEERS = "_peers_of_"
# Shares of equal peers differ by rounding in the last digits: a spread that small is none.
_LEAST_SPREAD = 1e-9
_RESTS_ON = {
    "peer_count": ("peer_count",),
    "median": ("median",),
    "mad": ("mad",),
    "z": ("median", "mad"),
    "place": ("ladder",),
    "times": ("median",),
}


def _rows(entity: Entity, inputs: ScanInputs, wanted: frozenset[str], _first: date) -> DataFrame:
    """One row per entity as of the night, with the indicators that are named and what stands beside them."""
    asked = [parted(name) for name in sorted(wanted - _columns(entity).keys())]
    compared = [(column, what) for column, what in asked if what]
    members = inputs.table(entity.indicator_table)
    values = [_known(name, members.columns).alias(name) for name in dict.fromkeys(column for column, _ in asked)]
    rows = members.select(
        F.col(entity.id_column).alias("entity_id"),
        "peer_group",
        F.col(AS_OF).alias("service_date"),
        *_whom(entity),
        *values,
    )
    if compared:
        statistics = inputs.table(STATISTICS).filter(F.col("entity_type") == entity.name)
        rows = rows.join(
            F.broadcast(_of_groups(statistics, [name for name, _ in compared])), on="peer_group", how="left"
        )
    return rows.select(
        *(name for name in rows.columns if not name.startswith(_PEERS)),
        *(_beside(column, what).alias(beside(column, what)) for column, what in compared),
        F.concat_ws(PARTED_BY, "entity_id", "service_date").alias("row_id"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _known(name: str, columns: list[str]) -> Column:
    """The indicator; unknown where it is not computed, or no number."""
    return F.nanvl(F.col(name), F.lit(None)) if name in columns else F.lit(None).cast("double")


def _of_groups(statistics: DataFrame, compared: list[str]) -> DataFrame:
    """One row per peer group: how it behaves in each of the indicators."""
    of_one = F.struct("peer_count", "median", "mad", "ladder")
    columns = (
        F.max(F.when(F.col("indicator") == name, of_one)).alias(_PEERS + name) for name in dict.fromkeys(compared)
    )
    return statistics.groupBy("peer_group").agg(*columns)


def _beside(column: str, name: str) -> Column:
    value, peers = F.col(column), F.col(_PEERS + column)
    if name == "z":
        spread = F.when(peers["mad"] > _LEAST_SPREAD, peers["mad"])
        return (value - peers["median"]) / spread
    if name == "place":
        return share_below(value, peers["ladder"])
    if name == "times":
        return value / F.nullif(peers["median"], F.lit(0.0))
    return peers[name]


def _whom(entity: Entity) -> Iterator[Column]:
    """The ids by which a hit says whom it is about: of those who answer for the entity, or its own."""
    whose = answering(entity)
    own = F.col(entity.id_column)
    ids = {watched.line_id: F.lit(None).cast("string") for watched in ENTITIES.values()}
    if whose is None:
        ids[entity.id_column] = own
    else:
        ids[whose.line_id] = F.split_part(own, F.lit(PARTED_BY), F.lit(1)) if _is_pair(entity) else own
    return (column.alias(name) for name, column in ids.items())


def _is_pair(entity: Entity) -> bool:
    return any(len(columns.parts) > 1 for columns in entity.days.values())


def _columns(entity: Entity) -> Mapping[str, Sources]:
    """What rules may name beside the names that they give to indicators."""
    table = entity.indicator_table
    of_table = {"entity_id": entity.id_column, "peer_group": "peer_group", "service_date": entity.id_column}
    whom = dict.fromkeys((*(watched.line_id for watched in ENTITIES.values()), "row_id"), entity.id_column)
    return {name: each_of(f"{table}.{column}") for name, column in (of_table | whom).items()} | {
        name: each_of(*(f"{STATISTICS}.{column}" for column in _RESTS_ON[name])) for name in BESIDE_JUDGED
    }


def _grain(entity: Entity) -> Grain:
    frame = RowFrame(
        grain_of(entity.name),
        partial(_rows, entity),
        _columns(entity),
        proof="array(CAST(NULL AS STRING))",
        judges=entity.name,
    )
    whose = answering(entity)
    ids = {watched.line_id for watched in ENTITIES.values()} & {"patient_id", "institution_id"}
    identifies = (whose.line_id,) if whose is not None and whose.line_id in ids else ()
    return Grain(
        frame.name, frame, ("row_id",), identifies, needs=each_of(f"{entity.indicator_table}.{entity.id_column}")
    )


GRAINS = tuple(_grain(entity) for entity in MEASURED.values())
