"""What a lake holds, read without Spark: looking at thirty small tables takes it half a minute, delta-rs a moment."""

from __future__ import annotations

from datetime import date
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings

Rows = list[dict[str, Any]]


def rows_in(lake: Lake, table: str, where: str = "true", order: str = "") -> Rows:
    """The rows of a table that meet a condition in SQL."""
    ordered = f" ORDER BY {order}" if order else ""
    return lake.rows(table, f"SELECT * FROM {table} WHERE {where}{ordered}")


def known_in(lake: Lake, table: str, as_of: date) -> Rows:
    """The rows of a table that the lake takes for true on a night."""
    night = f"DATE '{as_of}'"
    return rows_in(lake, table, f"known_from <= {night} AND (known_to IS NULL OR known_to > {night})")


def content_of(lake: Lake) -> dict[str, list[str]]:
    """Every row of every table as text, sorted."""
    return {table: sorted(map(str, rows_in(lake, table))) for table in TABLES if lake.exists(table)}


def content_at(settings: Settings) -> dict[str, list[str]]:
    """The same of the lake that the settings name."""
    return content_of(Lake(settings.lake_address))
