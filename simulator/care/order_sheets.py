"""Order sheets: which lines of an encounter were written on one sheet, honest and staged alike.

Numbered once, when an encounter's lines are complete and before it is settled, so that no line can tell from its sheet
how it came into the encounter. How many lines a sheet takes is the habit of the doctor, not of what is ordered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.care.records import Line, Visit
from simulator.streams import Hand, number_of

_MOST_DRUGS = 5  # on a prescription (处方管理办法 第七条)
_DRUGS, _HERBS = ("09", "11"), "10"
# A ward's sheets are of one day and one kind; what is not named is an act.
_WARD_SHEETS = {
    "01": "standing", "02": "standing", "07": "standing", "03": "tests", "04": "tests",
    "09": "drugs", "11": "drugs", "10": "herbs",
}  # fmt: skip
# Chance that the next line begins a sheet: of three, five and two in ten doctors; on a ward, where sheets are long.
_HABITS = (*[0.08] * 3, *[0.26] * 5, *[0.65] * 2)
_WARD_HABIT = 0.10


@dataclass(slots=True)
class _Sheet:
    """An order sheet that lies open."""

    number: str
    items: set[str] = field(default_factory=set)
    drugs: int = 0


def number_sheets(hand: Hand, visits: Iterable[Visit]) -> None:
    """Put every line on an order sheet.

    A line that takes another one back, or has to stand beside it, is on that one's sheet whatever else is.
    """
    for visit in visits:
        sheet_of: dict[str, _Sheet] = {}
        lie_open: dict[object, _Sheet] = {}
        for line in visit.lines:
            sheet = sheet_of.get(line.original_id or line.on_sheet_of) or _fitting(hand, visit, line, lie_open)
            sheet.items.add(line.item.code)
            sheet.drugs += line.item.charge_class in _DRUGS and line.quantity > 0
            line.order_id, sheet_of[line.id] = sheet.number, sheet


def _fitting(hand: Hand, visit: Visit, line: Line, lie_open: dict[object, _Sheet]) -> _Sheet:
    """The sheet of the line's kind that lies open, or a new one: no sheet names an item twice."""
    kind, doctor = line.item.charge_class, line.doctor.code if line.doctor else ""
    of: object
    if visit.is_stay:
        of, habit = (line.at.date(), doctor, _WARD_SHEETS.get(kind, "acts")), _WARD_HABIT
    elif kind == _HERBS:  # western and patent drugs may share a prescription, herbs have their own (第六条)
        of, habit = (doctor, kind), 0.0
    else:
        of, habit = doctor, _habit_of(doctor or visit.place.code)
    sheet = lie_open.get(of)
    if (
        sheet is None
        or line.item.code in sheet.items
        or (kind in _DRUGS and sheet.drugs >= _MOST_DRUGS and not visit.is_stay)
        or hand.random() < habit
    ):
        sheet = lie_open[of] = _Sheet("R" + hand.new_id(12))
    return sheet


@lru_cache(maxsize=65_536)
def _habit_of(who: str) -> float:
    return _HABITS[number_of("order sheets", who) % len(_HABITS)]
