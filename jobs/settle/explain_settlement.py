"""One settlement step by step, as the policy makes it and as it was paid; and what other methods would pay for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.logs import step
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import profile_night
from jobs.review.read_leads import quoted
from jobs.trial.past import Past, window_of
from jobs.workplace import reading
from rules.benefits.methods import Encounter, MethodResult, methods_of
from rules.benefits.policies import Policies, read_policies
from rules.benefits.policy import PolicyVersion
from rules.benefits.resettling import resettled
from rules.benefits.steps import SettledStep, steps_of

Row = Mapping[str, Any]
_ID = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class SettlementExplained:
    """A settlement, the policy that holds for it, its steps (none where `unknown` says why) and other methods."""

    settlement_id: str
    night: date
    row: Row
    area: str | None
    source: str
    unknown: str | None
    cause: str | None
    steps: tuple[SettledStep, ...]
    methods: tuple[MethodResult, ...]
    currency: str

    def as_json(self) -> dict[str, Any]:
        """All of it, without the row that it was read from."""
        return {name: value for name, value in asdict(self).items() if name != "row"}


def explain_settlement(settings: Settings, settlement_id: str, when: date | None) -> SettlementExplained:
    """Explain the settlement of this id, as known on the night (default: the newest). Raises FundwatchError where there
    is none, CatalogueError for a policy that does not hold, NotReadyError without a night."""
    night = profile_night(settings, when)
    policies = read_policies(settings.conf)
    lake = Lake(settings.lake_address)
    settled = _settlement(lake, settlement_id, night)
    day = settled["settled_at"].date()
    with reading(settings) as place, step("the settlement is made again"):
        past = Past(place, night, window_of(settings, night, day.replace(month=1, day=1), night))
        made = resettled(past.inputs({}), day, settled["patient_id"] or "")
        rows = [row.asDict() for row in made.filter(made.settlement_id == settlement_id).collect()]  # the one
    if not rows:
        raise FundwatchError(
            f"the settlement {settlement_id} has no known person, so that no year of it is known", where="ID"
        )
    row = rows[0]
    version = _version(policies, row)
    return SettlementExplained(
        settlement_id,
        night,
        row,
        row["area"],
        version.source if version else "–",
        row["unknown"],
        row["cause"],
        tuple(steps_of(row)) if row["unknown"] is None else (),
        tuple(methods_of(_encounter(lake, row, night), version.payment)) if version and _has_amounts(row) else (),
        region_of(settings).currency,
    )


def _version(policies: Policies, row: Row) -> PolicyVersion | None:
    return None if row["area"] is None else policies.version(row["area"], row["settled_on"])


def _settlement(lake: Lake, settlement_id: str, night: date) -> Row:
    found = _known(lake, "settlement", "settlement_id", settlement_id, night) if _ID.fullmatch(settlement_id) else ()
    if not found:
        raise FundwatchError(
            f"no settlement '{settlement_id:.40}' is known on {night}",
            where="ID",
            do="`fundwatch settlements check` lists those that are not as due; one taken back is none",
        )
    return found[0]


def _has_amounts(row: Row) -> bool:
    """Whether the settlement says what a method is compared with."""
    return all(row[name] is not None for name in ("total_amount", "own_amount", "fund_amount"))


def _encounter(lake: Lake, row: Row, night: date) -> Encounter:
    groups = _known(lake, "case_group", "settlement_id", row["settlement_id"], night)
    operations = _known(lake, "procedure", "encounter_id", row["encounter_id"], night)
    group: Row = groups[0] if groups else {}
    return Encounter(
        total=row["total_amount"],
        own=row["own_amount"],
        fund=row["fund_amount"],
        kind=row["kind"],
        level=row["institution_level"],
        is_inpatient=row["is_inpatient"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        diagnosis=row["main_diagnosis_code"],
        operations=tuple(one["procedure_code"] for one in operations),
        group_code=group.get("group_code"),
        group_amount=group.get("standard_amount"),
    )


def _known(lake: Lake, table: str, column: str, value: str | None, night: date) -> Sequence[Row]:
    """The rows that were known on the night, without Spark; none where the source has no such table."""
    if value is None or not lake.exists(table):
        return ()
    return lake.rows(table, f"SELECT * FROM {table} WHERE {known_on(night)} AND {column} IN ({quoted([value])})")
