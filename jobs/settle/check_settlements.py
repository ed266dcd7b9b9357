"""Every settlement of some days made again by the policy: how many are as due, which are not, what is unknown, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fundwatch.cells import csv_for_people
from fundwatch.logs import step
from fundwatch.pages import publish
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import profile_night
from jobs.trial.past import Past, window_of
from jobs.workplace import reading
from rules.benefits.resettling import CAUSE_WORDS, STEP_WORDS, STEPS, UNKNOWN_WORDS, resettled

TABLE = "settlements.csv"
_FOLDER = "settlements"
_LISTED = 10_000
_COLUMNS = (
    "settlement_id", "institution_id", "settled_on", "insurance_type", "kind", "institution_level", "first_difference",
    "cause", "fund_amount", "due_fund",
)  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True)
class DifferenceKind:
    """Settlements that part from the policy in one step for one reason; `fund_over` is what the funds paid beyond."""

    step: str
    cause: str
    count: int
    fund_over: Decimal


@dataclass(frozen=True)
class SettlementsChecked:
    """How the settlements of some days stand beside the policy."""

    night: date
    first: date
    last: date
    equal: int
    kinds: tuple[DifferenceKind, ...]
    unknown: Mapping[str, int]
    table: Path

    @property
    def different(self) -> int:
        return sum(kind.count for kind in self.kinds)

    @property
    def equal_share(self) -> float | None:
        """Of what could be judged; None where nothing could."""
        judged = self.equal + self.different
        return self.equal / judged if judged else None

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {**asdict(self), "different": self.different, "equal_share": self.equal_share, "table": str(self.table)}


def check_settlements(
    settings: Settings, when: date | None, first: date | None = None, last: date | None = None
) -> SettlementsChecked:
    """The settlements from `first` (default: the year's first day) to `last` (the night). Raises FundwatchError for
    days that the night cannot know, CatalogueError for a policy that does not hold, NotReadyError without a night."""
    night = profile_night(settings, when)
    window = window_of(settings, night, first or (last or night).replace(month=1, day=1), last)
    with reading(settings) as place, step("settlements are made again"):
        past = Past(place, night, window)
        inputs = past.inputs({})
        made = resettled(inputs, window.start).filter(F.col("settled_on") >= F.lit(window.start)).localCheckpoint()
        groups = [row.asDict() for row in _grouped(made).collect()]  # a row a kind of difference
        apart = [row.asDict() for row in _apart(made).collect()]  # bounded
    folder = settings.reports_dir / night.isoformat() / _FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    publish(folder, {TABLE: _table(apart)})
    judged = [group for group in groups if group["unknown"] is None]
    return SettlementsChecked(
        night,
        window.start,
        window.end,
        equal=sum(group["count"] for group in judged if group["first_difference"] is None),
        kinds=tuple(_kinds(judged)),
        unknown={group["unknown"]: group["count"] for group in groups if group["unknown"] is not None},
        table=folder / TABLE,
    )


def _grouped(made: DataFrame) -> DataFrame:
    over = F.sum(F.col("fund_amount") - F.col("due_fund")).cast("decimal(20,2)")
    groups = made.groupBy("unknown", "first_difference", "cause")
    return groups.agg(F.count(F.lit(1)).alias("count"), over.alias("fund_over")).orderBy(F.desc("count"), "unknown")


def _apart(made: DataFrame) -> DataFrame:
    """The settlements that are not as due, those with the most money first."""
    apart = made.filter(F.col("first_difference").isNotNull())
    order = (F.desc(F.abs(F.col("fund_amount") - F.col("due_fund"))), "settlement_id")
    return apart.orderBy(*order).limit(_LISTED).select(*_COLUMNS, *(f"step_{name}" for name in STEPS), *STEPS.values())


def _kinds(judged: Sequence[Row]) -> list[DifferenceKind]:
    apart = [group for group in judged if group["first_difference"] is not None]
    return [DifferenceKind(g["first_difference"], g["cause"], g["count"], g["fund_over"]) for g in apart]


def _table(apart: Sequence[Row]) -> bytes:
    """One row a settlement: the step, what was due there and what was paid, why, and the funds' whole."""
    header = ("结算 settlement_id", "机构 institution_id", "结算日 settled_on", "险种 insurance", "类别 kind",
              "级别 level", "步骤 step", "应为 due", "实为 paid", "原因 cause", "基金实付 funds paid",
              "基金应付 funds due")  # fmt: skip
    rows = [
        (
            *(row[name] for name in _COLUMNS[:6]),
            " ".join(STEP_WORDS[row["first_difference"]]),
            row[f"step_{row['first_difference']}"],
            row[STEPS[row["first_difference"]]],
            " ".join(CAUSE_WORDS[row["cause"]]),
            row["fund_amount"],
            row["due_fund"],
        )
        for row in apart
    ]
    return csv_for_people(header, rows).content


def unknown_text(reason: str) -> str:
    """Why nothing is judged, in both languages."""
    return " ".join(UNKNOWN_WORDS[reason])
