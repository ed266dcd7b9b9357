"""The nights that a stage is committed for: a command that reads what it made names them when asked for another."""

from __future__ import annotations

from datetime import date

from fundwatch.errors import NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from jobs.declared_stages import verb_of


def refuse_no_stage(lake: Lake, night: date, *stages: str) -> None:
    """Raise NotReadyError unless every stage is committed for the night; FundwatchError where there is no lake."""
    refuse_no_lake(lake.address)
    ledger = Ledger(lake.address)
    missing = [stage for stage in stages if ledger.committed(stage, night) is None]
    if missing:
        raise NotReadyError(
            f"{', '.join(map(verb_of, missing))} {'has' if len(missing) == 1 else 'have'} not run for {night}",
            where=str(lake.address),
            do=f"run `fundwatch nightly --date {night}`; {nights_said(ledger.nights(missing[0]))}",
        )


def newest_night(lake: Lake, stage: str, given: date | None = None) -> date:
    """The night given, or the newest for which the stage is committed. Raises NotReadyError where it is not."""
    nights = Ledger(lake.address).nights(stage)
    night = given or (nights[-1] if nights else None)
    if night is None or night not in nights:
        raise NotReadyError(
            f"{verb_of(stage)} has not run" + (f" for {given}" if given else ""),
            where=str(lake.address),
            do=f"run `fundwatch nightly --date {given or 'DATE'}`; {nights_said(nights)}",
        )
    return night
