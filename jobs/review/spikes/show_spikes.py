"""Find item spikes of a night (单项目专项筛查) and write them as a page and a table, without Spark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.pages import publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import profile_night
from jobs.review.read_leads import institution_names
from jobs.review.spikes.read_counts import CountReader
from models.spikes.find import INSTITUTION, Counted, found_spikes, ranked, with_diagnoses
from models.spikes.page import PAGE, spike_files
from models.spikes.rows import Spike, SpikeList, SpikeSpan, SpikeWeek, to_spikes, to_weeks

FOLDER = "spikes"
PERIODS = 7  # the recent one, and half a year of such before it
_CODE = re.compile(r"[\w.-]{1,64}")
_SHORTLIST, _LISTED, _DRAWN = 300, 500, 5


@dataclass(frozen=True)
class SpikesShown:
    """The spikes, and where their page and table lie."""

    found: SpikeList
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / PAGE

    def as_json(self) -> dict[str, Any]:
        """The spikes, and where they lie."""
        return {**self.found.as_json(), "page": str(self.page), "folder": str(self.folder)}


def show_spikes(settings: Settings, when: date | None, days: int, item: str = "") -> SpikesShown:
    """The night's spikes over periods of so many days, of all items or of one. Raises FundwatchError for an item that
    nobody had, NotReadyError for a night that is not there."""
    night = profile_night(settings, when)
    if item and not _CODE.fullmatch(item):
        raise FundwatchError(f"'{item:.40}' is no item code", where="--item", do="give letters, digits, `-` and `.`")
    lake = Lake(settings.lake_address)
    found = find_spikes(lake, SpikeSpan(night, days, PERIODS), item, region_of(settings).currency)
    folder = settings.reports_dir / night.isoformat() / (f"{FOLDER}-{item}" if item else FOLDER)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return SpikesShown(found, publish(folder, spike_files(found)))


def find_spikes(lake: Lake, span: SpikeSpan, item: str, currency: str) -> SpikeList:
    """Counted, ranked by past and peers, the first of them set against their diagnoses, and ranked again."""
    reader = CountReader(lake, span.night, span.days, span.periods)
    counted = reader.counted()
    if item:
        counted = _of_item(counted, item, span)
    cells = found_spikes(counted)
    first = ranked(cells)
    spikes = first[first["place"] <= _SHORTLIST]
    if len(spikes) and lake.exists("encounter"):
        spikes = ranked(with_diagnoses(spikes, *reader.diagnosed({*spikes["item_code"]})))
    spikes = spikes.head(_LISTED)
    places = institution_names(lake, span.night, {*spikes["institution_id"]} - {""})
    names = _names(reader, {*spikes["item_code"]})
    before = int(counted.base.loc[counted.base["period"] > 0, "period"].nunique())
    rows = to_spikes(spikes, names, places, before)
    weeks = _weeks(reader, rows, counted.likes, span)
    institutions = counted.base["institution_id"].replace("", None).nunique()
    left_out = reader.lines_left_out()
    return SpikeList(span.night, span.days, before, item, rows, weeks, len(cells), institutions, left_out, currency)


def _of_item(counted: Counted, item: str, span: SpikeSpan) -> Counted:
    cells = counted.cells[counted.cells["item_code"] == item]
    if cells.empty:
        raise FundwatchError(
            f"no fee line of the {span.days * span.periods} days up to {span.night} has the item '{item:.40}'",
            where="--item",
            do="give a national item code, as `fundwatch spikes` lists them",
        )
    return Counted(cells, counted.base, counted.likes)


def _names(reader: CountReader, codes: set[str]) -> Mapping[str, str]:
    if not codes:
        return {}
    rows = reader.names(codes)
    return {row["item_code"]: row["item_name"] or "" for row in rows.to_dict("records")}


def _weeks(
    reader: CountReader, spikes: Sequence[Spike], likes: pd.DataFrame, span: SpikeSpan
) -> dict[tuple[str, str], list[SpikeWeek]]:
    drawn = [(spike.item_code, spike.institution_id) for spike in spikes if spike.kind == INSTITUTION][:_DRAWN]
    if not drawn:
        return {}
    rows = reader.weeks({code for code, _ in drawn})
    return {(code, place): to_weeks(rows, code, place, likes, span) for code, place in drawn}
