"""Daily checks by face or fingerprint whether an in-patient is there, in the hospitals of a pilot.

On average 82.33 % of the days are confirmed (calibration.md): honest patients miss checks too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from simulator.beside.extra_table import Dated, ExtraTable
from simulator.care.records import Visit
from simulator.streams import Hand

_USUAL_PERCENT = 82.3
_WAYS = ("1", "1", "2")  # face, fingerprint


def _rows(hand: Hand, visit: Visit) -> Iterator[Dated]:
    """One row per day between admission and discharge."""
    if not (visit.is_stay and visit.place.is_pilot):
        return
    share = (_USUAL_PERCENT if visit.presence is None else visit.presence) / 100
    for day in visit.days[1:-1] or visit.days[:1]:
        at = datetime.combine(day, time(8)) + timedelta(minutes=hand.between(0, 660), seconds=hand.between(0, 59))
        found = "1" if hand.chance(share) else "0"
        row = (visit.person.psn_no, visit.id, visit.place.code, str(at), hand.pick(_WAYS), found)
        yield Dated(at.date(), f"{at} {visit.id}", row)


PRESENCE_CHECKS = ExtraTable(
    "presence_check",
    ("psn_no", "mdtrt_id", "fixmedins_code", "chk_time", "chk_way", "present_flag"),
    of_visit=_rows,
)
