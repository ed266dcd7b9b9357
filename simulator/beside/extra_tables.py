"""The tables delivered beside the claims; they come unless a scenario switches one off by its name."""

from __future__ import annotations

from simulator.beside.drg import PAYMENT_GROUPS
from simulator.beside.extra_table import ExtraTable
from simulator.beside.filings import CAPACITY, CHRONIC_REGISTRATIONS, REFERRALS, TIPS
from simulator.beside.presence import PRESENCE_CHECKS
from simulator.beside.stock import STOCK_MOVEMENTS
from simulator.beside.trace_codes import TRACE_SCANS

EXTRA_TABLES: tuple[ExtraTable, ...] = (
    CHRONIC_REGISTRATIONS,
    REFERRALS,
    PAYMENT_GROUPS,
    PRESENCE_CHECKS,
    TIPS,
    TRACE_SCANS,
    STOCK_MOVEMENTS,
    CAPACITY,
)
