"""Contracts of the indicators: the days and the indicators of every entity, and how their peers behave."""

from __future__ import annotations

from fundwatch.contracts.entities import ENTITIES, MEASURED, Entity
from fundwatch.contracts.table import Table, nightly


def rollup_of(entity: Entity) -> Table:
    """What the entity did day by day, with a column per measure of its catalogue."""
    return nightly(
        entity.rollup_table,
        f"{entity.name} × day, as known from the business date on",
        f"""
        {entity.id_column} {_id_type(entity)}
        day date the day of service
        row_count double rows the day is made of; 0 when all were reversed, and the day is as if it had never been
        """,
        key=f"{entity.id_column} day",
        dated="day",
        is_open=True,
    )


def indicator_of(entity: Entity) -> Table:
    """The entity's behaviour as of the night, with a column per indicator and window of its catalogue."""
    return nightly(
        entity.indicator_table,
        f"{entity.name} × as-of date",
        f"""
        {entity.id_column} {_id_type(entity)}
        peer_group string whom it is compared with
        """,
        key=entity.id_column,
        is_open=True,
    )


def _id_type(entity: Entity) -> str:
    if entity.quotes:
        return "token(mixed)"
    return f"id({entity.name})" if entity.domain is None else f"token({entity.domain})"


PEER_STATISTIC = nightly(
    "peer_statistic",
    "entity type × peer group × indicator",
    """
    entity_type string a kind of entity that is measured
    peer_group string
    indicator string
    peer_count bigint members with a value
    median double
    mad double median absolute deviation, times 1.4826
    ladder array<double> 101 quantiles, 0 to 100 percent
    """,
    key="entity_type peer_group indicator",
)

ALL: tuple[Table, ...] = (
    *(rollup_of(entity) for entity in ENTITIES.values()),
    *(indicator_of(entity) for entity in MEASURED.values()),
    PEER_STATISTIC,
)
