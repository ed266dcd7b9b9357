"""How single institutions write times, always: with their offset from UTC, or as a day alone."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from simulator.delivering.columns import COLUMNS
from simulator.streams import Hand

# Tables that name their institution.
TIME_COLUMNS = {"mdtrt": ("begntime", "endtime"), "setl": ("setl_time",), "fee_list": ("fee_ocur_time",)}
_PLACES = {table: [COLUMNS[table].index(name) for name in names] for table, names in TIME_COLUMNS.items()}
_INSTITUTIONS = {table: COLUMNS[table].index("fixmedins_code") for table in TIME_COLUMNS}
_OFFSET = "+08:00"
_WITH_TIME = len("2026-03-05 10:00:00")


def write_offset(seed: int, rate: float, table: str, _: Hand, values: list[str]) -> str | None:
    """Local times with the offset of their zone."""
    institution = values[_INSTITUTIONS[table]]
    if not _has_habit(seed, rate, "times_with_offset", institution):
        return None
    for at, moment in _times(table, values):
        values[at] = f"{moment:%Y-%m-%dT%H:%M:%S}{_OFFSET}"
    return f"institution {institution}: times with {_OFFSET}"


def write_day_alone(seed: int, rate: float, table: str, _: Hand, values: list[str]) -> str | None:
    """No time of the day: the date, or midnight of all of them."""
    institution = values[_INSTITUTIONS[table]]
    if not _has_habit(seed, rate, "dates_only", institution):
        return None
    is_midnight = _has_habit(seed, 0.5, "midnight", institution)
    for at, moment in _times(table, values):
        values[at] = f"{moment:%Y-%m-%d}" + (" 00:00:00" if is_midnight else "")
    return f"institution {institution}: no time of the day" + (", midnight instead" if is_midnight else "")


@lru_cache(maxsize=1 << 14)
def _has_habit(seed: int, rate: float, habit: str, institution: str) -> bool:
    return Hand(seed, f"{habit}/{institution}").chance(rate)


def _times(table: str, values: list[str]) -> list[tuple[int, datetime]]:
    """Where a row has times of the usual form; what is none stays as it is."""
    found = []
    for at in _PLACES[table]:
        try:
            moment = datetime.fromisoformat(values[at])
        except ValueError:
            continue
        if len(values[at]) == _WITH_TIME and moment.tzinfo is None:
            found.append((at, moment))
    return found
