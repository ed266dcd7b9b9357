"""An institution's budget and quotas split to its departments by its last three years (科室二次分配)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.cells import csv_for_people
from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.pages import publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import profile_night
from jobs.review.read_leads import quoted
from jobs.tables.read_cube import ENCOUNTER_TABLES, CubeReader
from jobs.trial.past import window_of
from rules.benefits.department_split import (
    YEARS,
    DepartmentBudget,
    DepartmentQuota,
    DepartmentYear,
    Words,
    budgets_of,
    quotas_of,
)
from rules.benefits.policies import Policies, read_policies
from rules.benefits.policy import at_level

TABLE = "departments.csv"
UNKNOWN = "未知 unknown"
_FOLDER = "departments"
_ID = re.compile(r"[\w.-]{1,64}")
_DO = "give its public code after `split`"
_SLACK = timedelta(days=31)  # a history that begins within the first month is whole


@dataclass(frozen=True)
class QuotasSplit:
    """What each department may cost a visit, and its part of the budget; `notes` say what is not known."""

    institution_id: str
    first: date
    last: date
    budget: Decimal | None
    quotas: tuple[DepartmentQuota, ...]
    budgets: tuple[DepartmentBudget, ...]
    kinds: Mapping[str, str]
    notes: tuple[Words, ...]
    currency: str
    table: Path

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {**asdict(self), "table": str(self.table)}


def split_quotas(
    settings: Settings, institution_id: str, when: date | None, last: date | None, budget: Decimal | None
) -> QuotasSplit:
    """Split by the three years up to `last` (the night), as known on the night, written. Raises FundwatchError for an
    institution that is not known or has no settlement in them and for days that the night cannot know, CatalogueError
    for a policy that does not hold, NotReadyError without a night."""
    if budget is not None and budget <= 0:
        raise FundwatchError(f"a budget of {budget} cannot be split", where="--budget", do="give an amount above 0")
    night = profile_night(settings, when)
    end = window_of(settings, night, last or night, last).end
    first = _years_before(end, YEARS) + timedelta(days=1)
    lake, policies = Lake(settings.lake_address), read_policies(settings.conf)
    place = _institution(lake, institution_id, night)
    reader = CubeReader(lake, night, first, end, institution_id, policies)
    rows = list(_department_years(reader))
    if not rows:
        raise FundwatchError(f"{institution_id} has no settlement from {first} to {end}", where="ID, --to")
    quotas, kinds = _quotas(policies, place, end, rows)
    split, parts = quotas_of(rows, quotas), budgets_of(rows, budget)
    folder = settings.reports_dir / night.isoformat() / f"{_FOLDER}-{institution_id}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    publish(folder, {TABLE: _table(split, parts, kinds)})
    notes = tuple(_notes(reader, rows, place))
    return QuotasSplit(
        institution_id, first, end, budget, tuple(split), tuple(parts), kinds, notes, region_of(settings).currency,
        folder / TABLE,
    )  # fmt: skip


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _institution(lake: Lake, institution_id: str, night: date) -> Mapping[str, Any]:
    if not _ID.fullmatch(institution_id):
        raise FundwatchError(f"'{institution_id:.40}' is no institution's code", where="ID", do=_DO)
    query = (
        f"SELECT max(region_code) AS region_code, max(institution_level) AS institution_level, count(*) AS known "
        f"FROM institution WHERE {known_on(night)} AND institution_id IN ({quoted([institution_id])})"
    )
    [found] = lake.rows("institution", query)
    if not found["known"]:
        raise FundwatchError(
            f"no institution '{institution_id:.40}' is registered on {night}",
            where="ID",
            do=_DO,
        )
    return found


def _department_years(reader: CubeReader) -> Iterator[DepartmentYear]:
    """Grain: department × kind of care × year. Of encounters whose cost and funds are known."""
    ends = [_years_before(reader.last, year) for year in range(1, YEARS)]
    year = " ".join(f"WHEN settled_on > DATE '{end}' THEN {n}" for n, end in enumerate(ends, start=1))
    query = (
        f"SELECT department, kind, CASE {year} ELSE {YEARS} END AS year, count(total_amount) AS visits, "
        f"sum(total_amount) AS total, sum(fund_amount) AS fund FROM ({reader.encounters()}) AS base "
        "WHERE total_amount IS NOT NULL AND fund_amount IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    for row in reader.lake.query(query, *ENCOUNTER_TABLES).read_all().to_pylist():
        yield DepartmentYear(**row)


def _quotas(
    policies: Policies, place: Mapping[str, Any], day: date, rows: list[DepartmentYear]
) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """The institution's quota of each kind of care that it gave, by the policy where it lies; and the kinds' names."""
    region = policies.region_of(place["region_code"])
    version = None if region is None else policies.version(region, day)
    named = {kind.name: kind.zh for kind in policies.by_region[region].kinds} if region is not None else {}
    per_visit, level = version.payment.per_visit if version else {}, place["institution_level"]
    order = [*named]
    given = sorted(
        {row.kind for row in rows if row.kind is not None},
        key=lambda kind: (order.index(kind) if kind in order else len(order), kind),
    )
    return {kind: None if level is None else at_level(per_visit.get(kind, {}), level) for kind in given}, named


def _notes(reader: CubeReader, rows: list[DepartmentYear], place: Mapping[str, Any]) -> Iterator[Words]:
    since = reader.lake.rows(
        "settlement",
        f"SELECT CAST(min(settled_at) AS DATE) AS since FROM settlement WHERE {known_on(reader.night)} "
        f"AND institution_id IN ({quoted([reader.institution_id])})",
    )[0]["since"]
    if since is None or since > reader.first + _SLACK:
        yield f"历史自 {since} 起,不足三年", f"what is known begins on {since}: less than three years"
    if place["institution_level"] is None:
        yield "机构级别未知,无定额", "the institution's level is unknown, and so are its quotas"
    if any(row.department is None for row in rows):
        yield "部分就诊科室未知,单列一行", "of some encounters the department is unknown: a row of its own"
    if any(row.kind is None for row in rows):
        yield "部分就诊类别未知,只入预算", "of some the kind of care is unknown: they count for the budget alone"


def _table(quotas: list[DepartmentQuota], budgets: list[DepartmentBudget], kinds: Mapping[str, str]) -> bytes:
    header = ("科室 department", "类别 kind", *(f"前第{n}年人次 visits, year {n} back" for n in range(1, YEARS + 1)),
              "三年次均 mean cost", "相对全院 index", "人次定额 quota", "基金占比 share of funds", "预算 budget",
              "说明 note")  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (one.department or UNKNOWN, kinds.get(one.kind, one.kind), *one.visits, one.mean_cost, round(one.index, 4),
         one.quota, None, None, " ".join(one.note or ()))
        for one in quotas
    ]  # fmt: skip
    nothing: tuple[None, ...] = (None,) * (YEARS + 3)
    rows += [(one.department or UNKNOWN, "合计 all", *nothing, round(one.share, 6), one.amount, "") for one in budgets]
    return csv_for_people(header, rows).content
