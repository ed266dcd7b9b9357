"""What the registers say of an entity, for choosing its peers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from features.catalogue import Catalogue
from fundwatch.contracts.entities import MEASURED, PARTED_BY, Entity, Register
from fundwatch.expressions.declared import written

_ALWAYS = date(1900, 1, 1)


def registers_of(entity: Entity) -> tuple[str, ...]:
    """The clean tables that the entity's attributes are read from."""
    return tuple(register.table for register in _registers(entity))


def attributes_of(entity: Entity) -> tuple[str, ...]:
    """The attributes that the entity offers to conf/peers/."""
    stated = (name for register in _registers(entity) for name in register.attributes)
    named = (part for part in entity.parts if part not in MEASURED)
    return (*entity.behaviour, *named, *stated)


def with_attributes(
    catalogue: Catalogue, indicators: DataFrame, registers: Mapping[str, DataFrame], as_of: date
) -> DataFrame:
    """The indicator rows with the entity's attributes added; an entity no register knows has null ones.

    `registers` holds the clean tables that `registers_of` names, as known.
    """
    entity = MEASURED[catalogue.entity]
    behaviour = (_behaviour(catalogue, indicators, *of).alias(name) for name, of in entity.behaviour.items())
    members = indicators.select("*", *behaviour)
    for number, part in enumerate(entity.parts):
        of_part = F.split_part(F.col(entity.id_column), F.lit(PARTED_BY), F.lit(number + 1))
        if part in MEASURED:
            members = _beside_part(members, of_part, MEASURED[part], registers, as_of)
        else:
            members = members.select("*", of_part.alias(part))
    if entity.register is None:
        return members
    return members.join(_described(entity, entity.register, registers, as_of), on=entity.id_column, how="left")


def _beside_part(
    members: DataFrame, of_part: Column, part: Entity, registers: Mapping[str, DataFrame], as_of: date
) -> DataFrame:
    """The pairs with what the register says of the entity that one part of the id names."""
    if part.register is None:
        return members
    described = _described(part, part.register, registers, as_of)
    beside = members.select("*", of_part.alias(part.id_column)).join(described, on=part.id_column, how="left")
    return beside.drop(part.id_column)


def _registers(entity: Entity) -> Iterator[Register]:
    """The entity's own register, those of what it lies within, and of a pair those of its parts."""
    for part in entity.parts:
        if part in MEASURED:
            yield from _registers(MEASURED[part])
    if entity.register is not None:
        yield entity.register
        if entity.register.within:
            yield from _registers(MEASURED[entity.register.within])


def _behaviour(catalogue: Catalogue, indicators: DataFrame, indicator: str, window: int, attribute: str) -> Column:
    """What an indicator over the window says; unknown where the indicator does not run."""
    column = catalogue.column(indicator, window)
    known = column if column in indicators.columns else "NULL"
    return F.expr(written(attribute, names={"value": f"CAST({known} AS double)"}))


def _described(entity: Entity, register: Register, registers: Mapping[str, DataFrame], as_of: date) -> DataFrame:
    """One row per entity that its register knows: its id and the register's attributes."""
    key = F.col(register.id).alias(entity.id_column)
    rows = registers[register.table]
    if register.begun:
        rows = _latest(register, rows, as_of)
    own = (F.expr(written(text, params={"as_of": as_of})).alias(name) for name, text in register.attributes.items())
    if not register.within:
        return rows.select(key, *own)
    around = MEASURED[register.within]
    if around.register is None:
        return rows.select(key, *own)
    inner = rows.select(key, F.col(around.register.id).alias(around.id_column), *own)
    outer = _described(around, around.register, registers, as_of)
    return inner.join(outer, on=around.id_column, how="left").drop(around.id_column)


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
