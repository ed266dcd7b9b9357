"""All table contracts, by name: `TABLES["claim_line"]`."""

from __future__ import annotations

from fundwatch.contracts import beside, clean, derived
from fundwatch.contracts.table import Table

CLEAN: tuple[Table, ...] = (*clean.ALL, *beside.ALL)
TABLES: dict[str, Table] = {table.name: table for table in (*CLEAN, *derived.ALL)}

__all__ = ["CLEAN", "TABLES", "beside", "clean", "derived"]
