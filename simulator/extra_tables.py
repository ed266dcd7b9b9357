"""The tables delivered beside the claims; they come unless a scenario switches one off by its name."""

from __future__ import annotations

from simulator.drg import PAYMENT_GROUPS
from simulator.extras import ExtraTable
from simulator.filings import CAPACITY, CHRONIC_REGISTRATIONS, REFERRALS, TIPS
from simulator.presence import PRESENCE_CHECKS
from simulator.stock import STOCK_MOVEMENTS
from simulator.trace_codes import TRACE_SCANS

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
