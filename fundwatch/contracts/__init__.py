"""All table contracts, by name: `TABLES["claim_line"]`."""

from __future__ import annotations

from fundwatch.contracts import beside, clean, cube, features, intake, knowledge, leads, models, rules, successors
from fundwatch.contracts.table import Table

CLEAN: tuple[Table, ...] = (*clean.ALL, *beside.ALL, *successors.ALL)
_MADE = (*intake.ALL, *features.ALL, *rules.ALL, *models.ALL, *leads.ALL)
IMPORTED: tuple[Table, ...] = knowledge.ALL  # by people, and by no stage of a night
ASKED: tuple[Table, ...] = cube.ALL  # made when somebody asks
TABLES: dict[str, Table] = {table.name: table for table in (*CLEAN, *_MADE, *IMPORTED, *ASKED)}

__all__ = ["ASKED", "CLEAN", "IMPORTED", "TABLES", "beside", "clean"]
