"""What the registers say of an entity, for choosing its peers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.catalogue import Catalogue
from fundwatch.contracts.entities import ENTITIES, Entity, Register
from fundwatch.expressions.declared import written

_ALWAYS = date(1900, 1, 1)


def registers_of(entity: Entity) -> tuple[str, ...]:
    """The clean tables that the entity's attributes are read from."""
    return tuple(register.table for register in _registers(entity))


def attributes_of(entity: Entity) -> tuple[str, ...]:
    """The attributes that the entity offers to conf/peers/."""
    stated = (name for register in _registers(entity) for name in register.attributes)
    return (*entity.behaviour, *stated)


def with_attributes(
    catalogue: Catalogue, indicators: DataFrame, registers: Mapping[str, DataFrame], as_of: date
) -> DataFrame:
    """The indicator rows with the entity's attributes added; an entity no register knows has null ones.

    `registers` holds the clean tables that `registers_of` names, as known.
    """
    entity = ENTITIES[catalogue.entity]
    behaviour = (_behaviour(catalogue, indicators, *of).alias(name) for name, of in entity.behaviour.items())
    described = _described(entity, registers, as_of)
    return indicators.select("*", *behaviour).join(described, on=entity.id_column, how="left")


def _registers(entity: Entity) -> Iterator[Register]:
    """The entity's own register, and those of what it lies within."""
    yield entity.register
    if entity.register.within:
        yield from _registers(ENTITIES[entity.register.within])


def _behaviour(catalogue: Catalogue, indicators: DataFrame, indicator: str, attribute: str) -> Column:
    """What an indicator over the longest window says; unknown where the indicator does not run."""
    column = f"{catalogue.entity}_{indicator}_{max(catalogue.windows)}d"
    known = column if column in indicators.columns else "NULL"
    return F.expr(written(attribute, names={"value": f"CAST({known} AS double)"}))


def _described(entity: Entity, registers: Mapping[str, DataFrame], as_of: date) -> DataFrame:
    """One row per entity that its register knows: its id and the register's attributes."""
    register, key = entity.register, F.col(entity.register.id).alias(entity.id_column)
    rows = registers[register.table]
    if register.begun:
        rows = _latest(register, rows, as_of)
    own = (F.expr(written(text, params={"as_of": as_of})).alias(name) for name, text in register.attributes.items())
    if not register.within:
        return rows.select(key, *own)
    around = ENTITIES[register.within]
    inner = rows.select(key, F.col(around.register.id).alias(around.id_column), *own)
    return inner.join(_described(around, registers, as_of), on=around.id_column, how="left").drop(around.id_column)


def _latest(register: Register, rows: DataFrame, as_of: date) -> DataFrame:
    """One row per entity: that which has begun last by `as_of`."""
    begun = F.coalesce(register.begun, F.lit(_ALWAYS))
    newest_first = Window.partitionBy(register.id).orderBy(F.desc("_begun"), *([register.tie] if register.tie else []))
    return (
        rows.withColumn("_begun", begun)
        .filter(F.col("_begun") <= F.lit(as_of))
        .withColumn("_place", F.row_number().over(newest_first))
        .filter(F.col("_place") == 1)
        .drop("_begun", "_place")
    )
