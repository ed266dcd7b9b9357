"""Tables of versions: a row was known from the night `known_from` until before `known_to`, still when that is null."""

from __future__ import annotations

from datetime import date

KNOWN_COLUMNS = ("known_from", "known_to")


def known_on(night: date) -> str:
    """The versions that were known after the night, one of each key: a condition that every reader of SQL takes."""
    day = f"DATE '{night.isoformat()}'"
    return f"(known_from <= {day} AND (known_to IS NULL OR known_to > {day}))"
