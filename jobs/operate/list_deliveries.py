"""Deliveries by state, with totals and why; a held one is released by a named person; has one arrived? No Spark."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState, LoggedDelivery, Noted
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from intake.files.arrival import still_missing
from intake.source.load import mapping_in_force

_MOST_SHOWN = 5
PARTS = ("delivered", "accepted", "quarantined", "duplicate")
Totals = dict[tuple[str, date], dict[str, Any]]


@dataclass(frozen=True)
class DeliveryShown:
    """One delivery, and its control totals where the lake took it in (else none)."""

    noted: Noted
    totals: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The delivery with its state, by whom and why, and its totals."""
        noted = self.noted
        head = asdict(noted.delivery) | {"state": str(noted.state), "by": noted.by, "why": noted.why}
        return head | {"totals": self.totals}


@dataclass(frozen=True)
class DeliveriesShown:
    """Deliveries in order of date, source and fingerprint."""

    deliveries: tuple[DeliveryShown, ...]

    def as_json(self) -> dict[str, Any]:
        """A list of them."""
        return {"deliveries": [one.as_json() for one in self.deliveries]}


@dataclass(frozen=True)
class Arrival:
    """A night's delivery is there, whole."""

    business_date: date
    folder: str
    arrived: bool = True


def listed(settings: Settings, night: date | None, source: str | None, state: str | None) -> DeliveriesShown:
    """The deliveries of a night, a source, in a state; None: of any. Raises FundwatchError where a night has none."""
    lake = Lake(settings.lake_address)
    refuse_no_lake(lake.address)
    totals, known = _totals(lake), _all(lake)
    shown = [
        DeliveryShown(noted, _totals_of(noted, totals))
        for noted in known
        if night in (None, noted.delivery.business_date)
        and source in (None, noted.delivery.source)
        and state in (None, noted.state)
    ]
    if not shown and night is not None:
        nights = sorted({noted.delivery.business_date for noted in known})
        reported = nights_said(nights, "none was ever taken in or refused")
        raise FundwatchError(f"no such delivery of {night}", where=str(lake.address), do=reported)
    return DeliveriesShown(tuple(shown))


def arrived(settings: Settings, night: date) -> Arrival:
    """Raises NotReadyError while the night's delivery is not there, or is still being written."""
    mapping = mapping_in_force(settings)
    folder = mapping.delivery.folder_of(settings.landing_dir, night)
    missing = still_missing(mapping, settings.landing_dir, night, time.time())
    if missing:
        text = "; ".join(missing[:_MOST_SHOWN]) + (
            f"; and {len(missing) - _MOST_SHOWN} more" if len(missing) > _MOST_SHOWN else ""
        )
        raise NotReadyError(
            f"the delivery of {night} has not arrived: {text}",
            where=str(folder),
            do="wait for it, or ask the sender",
        )
    return Arrival(night, str(folder))


def release(
    settings: Settings, night: date, *, by: str, why: str, source: str | None, content_fingerprint: str
) -> DeliveryShown:
    """Release the held delivery of a night, by a named person. Raises DeliveryError where none or several are held."""
    lake = Lake(settings.lake_address)
    refuse_no_lake(lake.address)
    done = DeliveryLog(lake.address).release(
        night, by=by, why=why, source=source, content_fingerprint=content_fingerprint
    )
    return DeliveryShown(done, {})


def _all(lake: Lake) -> list[Noted]:
    """Every delivery of the log, and nights that the lake took in before the log was kept."""
    logged = DeliveryLog(lake.address).current()
    known = {(n.delivery.source, n.delivery.business_date) for n in logged if n.state is DeliveryState.ACCEPTED}
    if not lake.exists("delivery"):
        return logged
    query = (
        "SELECT business_date, source, max(batch_id) AS batch_id, count(*) AS files, sum(row_count) AS rows "
        "FROM delivery GROUP BY business_date, source"
    )
    older = [
        Noted(
            LoggedDelivery(**row, fingerprint=""),
            DeliveryState.ACCEPTED,
            "",
            "taken in before the delivery log was kept",
        )
        for row in lake.rows("delivery", query)
        if (row["source"], row["business_date"]) not in known
    ]
    return sorted(
        [*logged, *older], key=lambda n: (n.delivery.business_date, n.delivery.source, n.delivery.fingerprint)
    )


def _totals(lake: Lake) -> Totals:
    """Lines of each accepted delivery over all its files, and the money of its fee lines (settlements repeat it)."""
    if not lake.exists("control_total"):
        return {}
    money = "sum(CASE WHEN table_name = 'claim_line' THEN {0}_amount END) AS {0}_amount"
    sums = ", ".join(f"sum({part}_lines) AS {part}_lines, {money.format(part)}" for part in PARTS)
    query = f"SELECT business_date, source, {sums} FROM control_total GROUP BY business_date, source"
    return {(row.pop("source"), row.pop("business_date")): row for row in lake.rows("control_total", query)}


def _totals_of(noted: Noted, totals: Totals) -> dict[str, Any]:
    """Control totals belong to the delivery that the lake took in, not to others of the same night."""
    is_in = noted.state is DeliveryState.ACCEPTED
    return totals.get((noted.delivery.source, noted.delivery.business_date), {}) if is_in else {}
