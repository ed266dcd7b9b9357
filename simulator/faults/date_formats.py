"""Dates as systems of different years write them: a table keeps one format for a year and changes it with the next."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from simulator.delivering.columns import COLUMNS
from simulator.streams import Hand

# Tables of claims; registers come from one system.
DATE_COLUMNS = {
    "mdtrt": ("begntime", "endtime"),
    "setl": ("begndate", "enddate", "setl_time"),
    "fee_list": ("fee_ocur_time",),
    "diag": ("diag_time",),
}
_PLACES = {table: [COLUMNS[table].index(name) for name in names] for table, names in DATE_COLUMNS.items()}
_USUAL, _SLASHES, _COMPACT = "usual", "2026/3/5", "20260305"


def rewrite_dates(seed: int, rate: float, table: str, _: Hand, values: list[str]) -> None:
    """Write a row's dates as its table does in their year; what is no date, or has an offset, stays as it is."""
    for at in _PLACES[table]:
        try:
            moment = datetime.fromisoformat(values[at])
        except ValueError:
            continue
        if moment.tzinfo is not None:
            continue
        values[at] = _written(moment, format_of(seed, rate, table, moment.year), has_time=len(values[at]) > 10)


@lru_cache(maxsize=1024)
def format_of(seed: int, rate: float, table: str, year: int) -> str:
    """How a table writes its dates in a year: "usual" (ISO), or as one of two examples."""
    hand = Hand(seed, f"date format/{table}/{year}")
    return hand.pick((_SLASHES, _COMPACT)) if hand.chance(rate) else _USUAL


def _written(moment: datetime, form: str, *, has_time: bool) -> str:
    if form == _SLASHES:
        day, clock = f"{moment.year}/{moment.month}/{moment.day}", f" {moment:%H:%M:%S}"
    elif form == _COMPACT:
        day, clock = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    else:
        day, clock = f"{moment:%Y-%m-%d}", f" {moment:%H:%M:%S}"
    return day + clock if has_time else day
