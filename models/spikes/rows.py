"""Spikes as people read them: typed rows, and the weeks of those that are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Spike:
    """An item in a place, now and before; figures of before are of one period, on average.

    `rise` and `stand_out` are floors of how many times more persons had it than its past and its peers make expect;
    `unexplained` is the share of the persons that their diagnoses do not explain, null where that is not known.
    """

    place: int
    kind: str
    item_code: str
    item_name: str
    institution_id: str
    institution: str
    department: str
    patients: int
    share: float
    past_patients: float
    past_share: float | None
    expected_past: float | None
    expected_peers: float | None
    rise: float
    stand_out: float
    unexplained: float | None
    lines: int
    past_lines: float
    amount: float
    past_amount: float
    strength: float


@dataclass(frozen=True)
class SpikeWeek:
    """The share of persons who had the item in a week: here, and in like places."""

    begun: date
    own: float | None
    peers: float | None
    is_recent: bool


@dataclass(frozen=True)
class SpikeList:
    """All spikes of a night in order, the weeks of the first ones, and what was looked at: `before` earlier periods of
    so many days had lines; `left_out` lines name no item, institution or person."""

    night: date
    days: int
    before: int
    item: str
    spikes: Sequence[Spike]
    weeks: Mapping[tuple[str, str], Sequence[SpikeWeek]]
    cells: int
    places: int
    left_out: int
    currency: str

    def as_json(self) -> dict[str, Any]:
        """The spikes, for programs."""
        return {
            "business_date": self.night,
            "days": self.days,
            "periods_before": self.before,
            "cells": self.cells,
            "lines_left_out": self.left_out,
            "spikes": [asdict(spike) for spike in self.spikes],
        }


def to_spikes(found: pd.DataFrame, items: Mapping[str, str], places: Mapping[str, str], before: int) -> list[Spike]:
    """Typed rows of the ranked cells; names by item_code and institution_id, `before`: earlier periods with lines."""
    before = max(before, 1)
    return [
        Spike(
            place=int(row["place"]),
            kind=row["kind"],
            item_code=row["item_code"],
            item_name=items.get(row["item_code"], ""),
            institution_id=row["institution_id"],
            institution=places.get(row["institution_id"], row["institution_id"]),
            department=row["department"],
            patients=int(row["patients"]),
            share=row["patients"] / row["all_patients"],
            past_patients=row["past_patients"] / before,
            past_share=row["past_patients"] / row["all_past_patients"] if row["all_past_patients"] else None,
            expected_past=_known(row["expected_past"]),
            expected_peers=_known(row["expected_peers"]),
            rise=row["rise"],
            stand_out=row["stand_out"],
            unexplained=_known(row.get("unexplained")),
            lines=int(row["lines"]),
            past_lines=row["past_lines"] / before,
            amount=row["amount"],
            past_amount=row["past_amount"] / before,
            strength=row["strength"],
        )
        for row in found.to_dict("records")
    ]


def to_weeks(rows: pd.DataFrame, item: str, institution: str, likes: pd.DataFrame, of: SpikeSpan) -> list[SpikeWeek]:
    """The weeks of an item in an institution, beside all other institutions that are like it, the oldest first.

    `rows`: item_code ('' for all items), institution_id, week (0 the last), patients.
    """
    like = likes.set_index("institution_id")["like"]
    alike = set(like[like == like.get(institution, "")].index) - {institution}
    had, everybody = rows[rows["item_code"] == item], rows[rows["item_code"] == ""]
    weeks = []
    for week in reversed(range(of.weeks)):
        shares = [_week_share(had, everybody, week, places) for places in ({institution}, alike)]
        weeks.append(SpikeWeek(of.begun(week), shares[0], shares[1], week * 7 < of.days))
    seen = next((n for n, week in enumerate(weeks) if (week.own, week.peers) != (None, None)), len(weeks))
    return weeks[seen:]  # a lake may be younger than the periods


@dataclass(frozen=True)
class SpikeSpan:
    """The days that are looked at: periods of so many days, the last of which ends on the night."""

    night: date
    days: int
    periods: int

    @property
    def weeks(self) -> int:
        return self.days * self.periods // 7

    def begun(self, week: int) -> date:
        """The first day of a week; week 0 ends on the night."""
        return self.night - pd.Timedelta(days=week * 7 + 6).to_pytimedelta()


def _week_share(had: pd.DataFrame, everybody: pd.DataFrame, week: int, places: set[str]) -> float | None:
    of = [frame[(frame["week"] == week) & frame["institution_id"].isin(places)]["patients"].sum()
          for frame in (had, everybody)]  # fmt: skip
    return float(of[0] / of[1]) if of[1] else None


def _known(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
