"""Which tables a scenario delivers, with their columns."""

from __future__ import annotations

from dataclasses import fields

from simulator.beside.extra_table import ExtraTable
from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.care.records import Label
from simulator.delivering.columns import COLUMNS
from simulator.delivering.inspection import INSPECTION
from simulator.scenario.scenario import Scenario

LABELS, MISHAPS = "labels", "mishaps"
TRUTH = (MISHAPS, LABELS)  # spooled, but never delivered
MISHAP_COLUMNS = ("night", "file", "kind", "detail", "outcome")


def extra_tables(scenario: Scenario) -> list[ExtraTable]:
    """The extra tables this scenario delivers; an inspection extract has none."""
    if scenario.layout.is_extract:
        return []
    return [table for table in EXTRA_TABLES if scenario.tables.get(table.name, table.is_usual)]


def spooled_tables(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Every spooled table with its columns, in order; what belongs to the truth alone comes last."""
    extras = {table.name: table.columns for table in extra_tables(scenario)}
    tables = INSPECTION if scenario.layout.is_extract else COLUMNS
    return {**tables, **extras, MISHAPS: MISHAP_COLUMNS, LABELS: tuple(field.name for field in fields(Label))}
