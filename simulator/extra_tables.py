"""The tables delivered beside the claims."""

from __future__ import annotations

from simulator.extras import ExtraTable

EXTRA_TABLES: tuple[ExtraTable, ...] = ()
