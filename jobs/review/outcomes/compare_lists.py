"""A night's list beside an earlier one, read without Spark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.errors import NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.read_leads import cases_of, listed_leads
from jobs.review.show_lead import newest_list
from leads.publishing.list_diff import LeadChange, list_changes


@dataclass(frozen=True)
class ListsCompared:
    """What differs between the lists of two nights."""

    night: date
    earlier: date
    changes: tuple[LeadChange, ...]

    def as_json(self) -> dict[str, Any]:
        changes = [asdict(change) for change in self.changes]
        return {"business_date": self.night, "earlier": self.earlier, "changes": changes}


def compared_lists(settings: Settings, night: date | None = None, against: date | None = None) -> ListsCompared:
    """The list of the night (none: the newest) beside that of `against` (none: the one before it). Raises NotReadyError
    naming the lists there are."""
    night = newest_list(settings, night)
    lake, nights = Lake(settings.lake_address), Ledger(settings.lake_address).nights("leads")
    before = [one for one in nights if one < night]
    earlier = against or (before[-1] if before else None)
    if earlier is None or earlier not in nights or earlier == night:
        raise NotReadyError(
            f"the list of {night} has none before it"
            if against is None
            else f"no other list of {against} is committed",
            where="--against",
            do=f"name another list; {nights_said(nights)}",
        )
    now, then = (listed_leads(lake, one, settings.list_size) for one in (night, earlier))
    cases = cases_of(lake, night, [*now, *then])
    return ListsCompared(night, earlier, tuple(list_changes(now, then, cases, region_of(settings).currency)))
