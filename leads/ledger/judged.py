"""Which decisions say what of a finding, and the four kinds of money that are never added up."""

from __future__ import annotations

from decimal import Decimal

from leads.outcomes.entries import Status

NOTHING = Decimal("0.00")
RIGHT = (Status.CONFIRMED, Status.PARTLY)
JUDGED = (*RIGHT, Status.CLEARED)  # what says whether the finding was right
MONEY = ("found_amount", "recovered_amount", "prevented_amount", "fined_amount")
