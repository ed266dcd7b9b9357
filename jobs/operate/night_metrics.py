"""The newest night's figures for a bureau's monitor: is it late, slow or red, how many rows, what is held.

They are read from the lake's ledger and delivery log, without Spark, and written as a text that Prometheus and whatever
reads its format take: after every stage, whether it ended well or not, and by `fundwatch metrics` at any time. Nothing
in them is of a person. Format: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from statistics import median
from typing import TYPE_CHECKING, Any

from fundwatch import __version__
from fundwatch.errors import FundwatchError
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState
from fundwatch.lake.journal import wall_clock
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.logs import log
from fundwatch.places import put_file
from fundwatch.settings import Settings
from jobs.declared_stages import night_stages, verb_of

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily, Metric

_USUAL_OF = 14
_MONEY = re.compile(r"-?\d+\.\d\d")  # as reports write amounts
Samples = Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True)
class StageRan:
    """The last run of a stage. Without `ended_at` it is running, or was killed or refused."""

    stage: str
    night: date
    started_at: datetime
    ended_at: datetime | None
    usual_seconds: float | None  # the median of its last runs for other nights
    figures: Mapping[str, float]  # what it reported, each number by its name
    rows: Mapping[str, int]  # what it wrote, by table

    @property
    def seconds(self) -> float | None:
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class LastCommand:
    """How the command ended that wrote the figures."""

    verb: str
    succeeded: bool
    at: datetime


@dataclass(frozen=True)
class NightMetrics:
    """The last run of every stage of a night, and how many deliveries are in which state."""

    stages: tuple[StageRan, ...]
    deliveries: Mapping[str, int]
    last: LastCommand | None = None

    def as_json(self) -> list[dict[str, Any]]:
        """Every sample: its name, labels and value."""
        return [
            {"name": sample.name, "labels": sample.labels, "value": sample.value}
            for family in self.collect()
            for sample in family.samples
        ]

    def text(self) -> str:
        """The figures as OpenMetrics has them."""
        from prometheus_client.openmetrics.exposition import generate_latest

        return str(generate_latest(self).decode("utf-8"))

    def collect(self) -> Iterator[Metric]:
        """The families of figures; prometheus_client asks for them under this name."""
        from prometheus_client.core import InfoMetricFamily

        yield InfoMetricFamily("fundwatch", "The release that wrote this.", {"version": __version__})
        ended = [(one, one.ended_at) for one in self.stages if one.ended_at is not None]
        yield _gauge(
            "fundwatch_night_timestamp_seconds",
            "The business date of a stage's last run, as its midnight in UTC.",
            ("stage",),
            [((one.stage,), datetime.combine(one.night, time(), UTC).timestamp()) for one in self.stages],
        )
        yield _gauge(
            "fundwatch_stage_committed",
            "1 where a stage's last run is committed; 0 while it runs, and where it was killed or refused.",
            ("stage",),
            [((one.stage,), float(one.ended_at is not None)) for one in self.stages],
        )
        yield _gauge(
            "fundwatch_stage_end_timestamp_seconds",
            "When a stage's last run was committed.",
            ("stage",),
            [((one.stage,), at.timestamp()) for one, at in ended],
        )
        yield _gauge(
            "fundwatch_stage_duration_seconds",
            "How long a stage's last run took.",
            ("stage",),
            [((one.stage,), one.seconds) for one in self.stages if one.seconds is not None],
        )
        yield _gauge(
            "fundwatch_stage_usual_duration_seconds",
            f"How long a stage usually takes: the median of its last {_USUAL_OF} nights before.",
            ("stage",),
            [((one.stage,), one.usual_seconds) for one in self.stages if one.usual_seconds is not None],
        )
        yield _gauge(
            "fundwatch_stage_figure",
            "What a stage's last run reported.",
            ("stage", "figure"),
            [((one.stage, name), value) for one in self.stages for name, value in one.figures.items()],
        )
        yield _gauge(
            "fundwatch_table_rows",
            "The rows that a stage's last run wrote.",
            ("stage", "table"),
            [((one.stage, name), float(rows)) for one in self.stages for name, rows in one.rows.items()],
        )
        yield _gauge(
            "fundwatch_deliveries",
            "Deliveries by state; one that is held waits for a person.",
            ("state",),
            [((str(state),), float(self.deliveries.get(state, 0))) for state in DeliveryState],
        )
        if self.last is not None:
            verb = ("command",)
            yield _gauge(
                "fundwatch_command_succeeded",
                "1 where the command that wrote this ended well.",
                verb,
                [((self.last.verb,), float(self.last.succeeded))],
            )
            yield _gauge(
                "fundwatch_command_end_timestamp_seconds",
                "When the command that wrote this ended.",
                verb,
                [((self.last.verb,), self.last.at.timestamp())],
            )


def night_metrics(settings: Settings, last: LastCommand | None = None) -> NightMetrics:
    """The figures as the lake has them now. Raises FundwatchError where there is no lake."""
    refuse_no_lake(settings.lake_address)
    ledger = Ledger(settings.lake_address)
    runs, tables = ledger.run_rows(), ledger.table_rows()
    found = (_last_run(stage.name, runs, tables) for stage in night_stages())
    states = Counter(str(noted.state) for noted in DeliveryLog(settings.lake_address).current())
    return NightMetrics(tuple(one for one in found if one is not None), states, last)


@contextmanager
def metrics_kept(settings: Settings, verb: str) -> Iterator[None]:
    """Afterwards the settings' file holds the figures and how the block ended. What cannot be written is said, and is
    no reason to fail."""
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        try:
            metrics = night_metrics(settings, LastCommand(verb, succeeded, wall_clock()))
            put_file(settings.metrics_file, metrics.text())
        except (FundwatchError, OSError) as error:
            log.warning("the night's figures for a monitor were not written to %s: %s", settings.metrics_file, error)


def _last_run(stage: str, runs: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> StageRan | None:
    own = [row for row in runs if row["job"] == stage]
    started = [row for row in own if row["state"] == "started"]
    if not started:
        return None
    begun, ends = started[-1], {row["run_id"]: row for row in own if row["state"] == "committed"}
    end = ends.get(begun["run_id"])
    earlier = {
        row["business_date"]: (ends[row["run_id"]]["at"] - row["at"]).total_seconds()
        for row in started
        if row["run_id"] in ends and row["business_date"] != begun["business_date"]
    }
    written = (row for row in tables if row["run_id"] == begun["run_id"] and row["state"] == "committed")
    return StageRan(
        verb_of(stage),
        begun["business_date"],
        begun["at"],
        None if end is None else end["at"],
        median([*earlier.values()][-_USUAL_OF:]) if earlier else None,
        {} if end is None else dict(_numbers(json.loads(end["detail"]))),
        {row["table_name"]: row["rows"] for row in written if row["rows"] is not None},
    )


def _numbers(report: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a report, those within others under both names; of a list how many there are."""
    for name, value in report.items():
        named = f"{before}{name}"
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{named}.")
        elif isinstance(value, list):
            yield named, float(len(value))
        elif isinstance(value, int | float) or (isinstance(value, str) and _MONEY.fullmatch(value)):
            yield named, float(value)


def _gauge(name: str, meaning: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    unit = "seconds" if name.endswith("_seconds") else ""
    family = GaugeMetricFamily(name, meaning, labels=labels, unit=unit)
    for values, value in samples:
        family.add_metric(values, value)
    return family
