"""Tables of versions: a row was known from the night `known_from` until before `known_to`, still when that is null."""

from __future__ import annotations

from datetime import date

KNOWN_COLUMNS = ("known_from", "known_to")


def known_on(night: date) -> str:
    """The versions that were known after the night, one of each key: a condition that every reader of SQL takes."""
    day = f"DATE '{night.isoformat()}'"
    return f"(known_from <= {day} AND (known_to IS NULL OR known_to > {day}))"


# stays by clean table: when they began and when they ended
_STAYS = {"encounter": ("started_at", "ended_at"), "settlement": ("started_on", "ended_on")}
# a delivery of the morning after holds the night's last discharges
_DAYS_AHEAD = 1


def stay_columns(table: str) -> tuple[str, str] | None:
    """The columns of a clean table that say when a stay began and ended; None where it has no stays."""
    return _STAYS.get(table)


def known_end(table: str, known_by: str) -> str:
    """SQL for the end of the table's stays, unknown where it is missing, before the beginning, or later than whoever
    said it could know on the date that the SQL `known_by` gives: a placeholder such as 9999, or a plan.
    """
    started, ended = _STAYS[table]
    day = f"CAST({ended} AS DATE)"
    impossible = f"{day} < CAST({started} AS DATE) OR {day} > date_add({known_by}, {_DAYS_AHEAD})"
    return f"CASE WHEN {impossible} THEN NULL ELSE {ended} END"
