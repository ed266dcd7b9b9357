"""What the leads were worth: read, reckoned, written as a table and a page. Without Spark, and without the lock: people
may ask while a night runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.errors import NotReadyError
from fundwatch.lake.ledger import Ledger as RunLedger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.pages import as_json, publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.value.read_value import listed_cases, outcomes_in, samples_in
from leads.ledger.fines import fine_ranges
from leads.ledger.pages import ledger_page, ledger_table
from leads.ledger.value import ENOUGH_JUDGED, ValueLedger, for_shadow, ledger, missed
from leads.outcomes.practice import read_practice

CSV, PAGE, RECORD = "ledger.csv", "ledger.html", "ledger.json"


@dataclass(frozen=True)
class LedgerShown:
    """The ledger and the folder of its files."""

    ledger: ValueLedger
    folder: Path

    def as_json(self) -> dict[str, Any]:
        return {**self.ledger.as_json(), "folder": self.folder}


def value_ledger(settings: Settings, as_of: date | None = None) -> ValueLedger:
    """The ledger as of a date; without one, of the newest list or outcome. Raises NotReadyError without a list."""
    refuse_no_lake(settings.lake_address)
    lake = Lake(settings.lake_address).pinned()
    day = as_of or newest_day(settings, lake)
    region = region_of(settings)
    cases, outcomes = listed_cases(lake, day), outcomes_in(lake, day)
    by_kind = ledger(cases, outcomes, ("kind",))
    return ValueLedger(
        as_of=day,
        rows=ledger(cases, outcomes, ("kind", "version", "month")),
        by_kind=by_kind,
        total=next(iter(ledger(cases, outcomes, ())), None),
        missed=missed(samples_in(lake, day), outcomes, cases),
        for_shadow=for_shadow(by_kind, settings.false_share_limit, ENOUGH_JUDGED),
        fines=fine_ranges(read_practice(region, settings.conf), outcomes),
        currency=region.currency,
    )


def show_ledger(settings: Settings, as_of: date | None = None) -> LedgerShown:
    """The ledger, written into its folder: a table for spreadsheets, a page for people, a record for machines."""
    made = value_ledger(settings, as_of)
    table = ledger_table(made)
    files = {
        CSV: table.content,
        PAGE: ledger_page(made, table.note).encode("utf-8"),
        RECORD: as_json(made.as_json() | {"signed_cells": {CSV: dict(table.signed)}}).encode("utf-8"),
    }
    folder = settings.var / "ledger" / made.as_of.isoformat()
    folder.parent.mkdir(parents=True, exist_ok=True)
    return LedgerShown(made, publish(folder, files))


def newest_day(settings: Settings, lake: Lake) -> date:
    """The newest night with a list, or a later day on which something was decided."""
    nights = RunLedger(settings.lake_address).nights("leads")
    decided = [outcome.on_date for outcome in PeopleSaid(lake.address).outcomes]
    if not nights and not decided:
        raise NotReadyError(
            "no list has been published yet, and nothing was decided",
            where=str(settings.lake_address),
            do="run `fundwatch nightly --date DATE`",
        )
    return max([*nights, *decided])
