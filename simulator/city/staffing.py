"""Departments, doctors, their titles and weekly schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simulator.city.people import AREA, person_name
from simulator.streams import Hand

DEPARTMENTS = {
    "A03": "内科", "A04": "外科", "A05": "妇产科", "A20": "急诊医学科", "A50": "中医科",
    "A07": "儿科", "A19": "肿瘤科", "A21": "康复医学科", "A30": "医学检验科", "A32": "医学影像科",
}  # fmt: skip
CLINICAL = ("A03", "A04", "A05", "A20", "A50")
SPECIAL = ("A07", "A19", "A21")  # secondary and tertiary hospitals
TECHNICAL = ("A30", "A32")
TITLES = ("主任医师", "副主任医师", "主治医师", "主治医师", "住院医师")
CHIEFS, RESPONSIBLE = TITLES[:2], TITLES[:4]  # who takes a senior fee, who may treat serious disease as outpatient care
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_LONGEST_WEEK = 5
WHOLE_DAY = (8, 17)


@dataclass(slots=True)
class Doctor:
    """One doctor at one hospital; works on `weekdays` (0 Monday) from the first to the second hour of `hours`."""

    code: str
    name: str
    title: str
    department: str
    weekdays: tuple[int, ...] = EVERY_DAY
    hours: tuple[int, int] = WHOLE_DAY

    def works_on(self, day: date) -> bool:
        """On the schedule that weekday."""
        return day.weekday() in self.weekdays


def make_doctor(hand: Hand, department: str, first: int | None = None) -> Doctor:
    """A doctor of one department, four or five days a week from weekday `first`; emergency doctors day and night."""
    title = hand.pick(TITLES)
    code, name = f"D{AREA}{hand.new_id(6)}", person_name(hand)
    first = hand.between(0, 6) if first is None else first % 7
    days = tuple(sorted((first + n) % 7 for n in range(hand.between(_LONGEST_WEEK - 1, _LONGEST_WEEK))))
    hours = (0, 23) if department == "A20" else WHOLE_DAY
    return Doctor(code, name, title, department, days, hours)
