"""All table contracts, by name: `TABLES["claim_line"]`."""

from __future__ import annotations

from fundwatch.contracts import clean, derived
from fundwatch.tables import Table

TABLES: dict[str, Table] = {table.name: table for table in (*clean.ALL, *derived.ALL)}

__all__ = ["TABLES", "clean", "derived"]
