"""Try a mapping on a sample of a delivery with the intake's own functions: what maps, what does not, what it enables.

Nothing is written to a lake, and no key is needed: identifiers become tokens of a key that lives as long as the check.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.engine.session import FEW_ROWS, start_session, stop_session
from fundwatch.errors import DeliveryError, FundwatchError
from fundwatch.logs import step
from fundwatch.regions import region_of
from fundwatch.scratch import Scratch
from fundwatch.settings import Settings
from intake.drafting.trial import file_columns
from intake.files.delivery import Delivery, delivery_folder, kinds_in, open_delivery
from intake.files.peeking import peek
from intake.files.unpacking import FileError
from intake.rows.canonical import supplied_columns
from intake.source.checks import Quality, read_quality
from intake.source.columns import Constant
from intake.source.load import mapping_for, mapping_in_force
from intake.source.mapping import POINTER_OF, REMOVAL, SourceMapping, mapped_columns
from intake.source.plan_check import refuse_what_shows
from jobs.loading.find_values import found_times
from jobs.onboard.enables import enabled_by
from jobs.onboard.report import as_markdown
from jobs.onboard.sample_report import Report
from jobs.onboard.scan_sample import ScanSettings, scan_sample
from jobs.onboard.trial import Trial
from privacy.keys.ring import PseudonymKey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from intake.drafting.trial import FileColumns

_FEW = 50_000  # rows of each file, below which compiling plans costs more than it saves


@dataclass(frozen=True)
class HeadersSeen:
    """What a mapping makes of the headers of a delivery that is refused; `is_parking`: unknown columns are parked."""

    files: tuple[FileColumns, ...]
    is_parking: bool


class DeliveryRefusedError(DeliveryError):
    """The delivery cannot be opened; `headers` is what could be seen of it nevertheless."""

    def __init__(self, error: DeliveryError, headers: HeadersSeen) -> None:
        super().__init__(error.what, where=error.where, do=error.do, result=error.result)
        self.headers = headers


@dataclass(frozen=True)
class SourceCheck:
    """What a mapping makes of a sample: the report, and its page."""

    report: Report
    page: str

    def as_json(self) -> dict[str, Any]:
        """The report."""
        return self.report.as_json()


def check_source(
    settings: Settings, night: date, mapping_file: Path | None = None, sample: int = 10_000, out: Path | None = None
) -> SourceCheck:
    """Try a mapping file, or the source of the settings, on `sample` rows of each file of a night's delivery; the page
    also goes to `out`. Raises DeliveryRefusedError where the delivery cannot be opened."""
    if sample < 1:
        raise FundwatchError("a sample has at least one row", where="--sample", do="leave it out: 10000 is the default")
    mapping = mapping_for(settings, mapping_file) if mapping_file else mapping_in_force(settings)
    quality = read_quality(settings.quality, settings.conf)
    Scratch(settings.scratch_dir).sweep()
    with Scratch(settings.scratch_dir).folder("source") as scratch:
        try:
            delivery = open_delivery(mapping, settings.landing_dir, night, scratch, quality)
        except DeliveryError as error:
            folder = delivery_folder(mapping, settings.landing_dir, night)
            is_parking = mapping.drift.unknown_columns == "park"
            raise DeliveryRefusedError(error, HeadersSeen(tuple(_headers(mapping, folder)), is_parking)) from error
        report = _with_spark(settings, mapping, quality, delivery, sample, scratch)
    page = as_markdown(report)
    if out is not None:
        out.write_text(page, encoding="utf-8")
    return SourceCheck(report, page)


def _headers(mapping: SourceMapping, folder: Path) -> Iterator[FileColumns]:
    for name, kind in kinds_in(mapping, folder).items():
        try:
            file = mapping.files[kind]
            seen = file_columns(file, kind, name, peek(folder / name, mapping.delivery, file=file).header)
        except FileError:  # reported with the refusal
            continue
        if seen.read or seen.dropped:  # without a header the first person's row would stand here
            yield seen


def _with_spark(
    settings: Settings, mapping: SourceMapping, quality: Quality, delivery: Delivery, sample: int, scratch: Path
) -> Report:
    try:
        conf, master = spark_for(settings, sample)
        with step("Spark starts"):
            spark = start_session("fundwatch source check", conf | {"spark.sql.warehouse.dir": str(scratch)}, master)
        try:
            with step("the sample is mapped"):
                how = ScanSettings(settings.scan_days, region_of(settings))
                return check(spark, mapping, quality, delivery, sample, how)
        finally:
            stop_session(spark)
    finally:
        Scratch(settings.scratch_dir).drop(settings.events_dir)


def spark_for(settings: Settings, sample: int) -> tuple[dict[str, str], str | None]:
    """Spark's options for a sample of so many rows of each file, and its master.

    What suits few rows takes the place of the profile's: Java refuses two collectors of garbage.
    """
    conf, master = settings.spark()
    return Scratch(settings.scratch_dir).spark_conf(conf | (FEW_ROWS if sample <= _FEW else {})), master


def check(
    spark: SparkSession,
    mapping: SourceMapping,
    quality: Quality,
    delivery: Delivery,
    sample: int,
    how: ScanSettings,
) -> Report:
    """Map the first `sample` rows of each file, count what came out and scan it with the rules. Raises MappingError."""
    refuse_what_shows(spark, mapping)
    trial = Trial(spark, mapping, quality, delivery, sample, PseudonymKey(secrets.token_bytes(32)))
    supplied = supplied_columns(mapping, delivery.headers())
    whole = supplied_columns(mapping, {k: frozenset(f.names().values()) for k, f in mapping.files.items()})
    trial.map_all()
    references_of, columns_of = partial(trial.references, supplied), partial(trial.columns, supplied)
    # computes the sampled rows once: side by side, jobs that all come upon them first may wait for each other for ever
    totals = trial.totals()
    counts = (trial.codes, columns_of, trial.strange, trial.keys, references_of)
    with ThreadPoolExecutor() as pool:  # each collects one frame, and plans as long as it computes
        dates_only = pool.submit(_dates_only, trial.clean)
        scanned = pool.submit(
            lambda: scan_sample(trial.clean, _sets(supplied), delivery.business_date, how, dates_only.result())
        )
        codes, columns, strange, keys, references = pool.map(lambda count: count(), counts)
    return Report(
        source=mapping.source,
        night=delivery.business_date,
        sample=sample,
        drift=tuple(delivery.drift.notes()),
        unclaimed=delivery.unclaimed,
        share_limit=quality.quarantine_share,
        files=tuple(file_columns(mapping.files[f.kind], f.kind, f.name, f.header) for f in delivery.files),
        rows_of_files={f.name: f.measured.rows for f in delivery.files},
        totals=totals,
        codes=codes,
        columns=columns,
        constants=_constants(mapping),
        unknown={t: tuple(c for c in _mappable(t) if c not in names) for t, names in supplied.items()},
        strange=strange,
        keys=keys,
        references=references,
        scanned=scanned.result(),
        enabled=tuple(enabled_by(_sets(supplied), _sets(whole), scanned.result().rules, dates_only.result())),
    )


def _dates_only(clean: Mapping[str, DataFrame]) -> frozenset[str]:
    """The times, as `table.column`, that the sample has as dates alone."""
    return frozenset(f"{table}.{name}" for (table, name), t in found_times(clean).items() if t.has_time() is False)


def _sets(supplied: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    return {table: frozenset(names) for table, names in supplied.items()}


def _mappable(table: str) -> tuple[str, ...]:
    return tuple(c for c in mapped_columns(table) if c not in (POINTER_OF.get(table), REMOVAL))


def _constants(mapping: SourceMapping) -> frozenset[tuple[str, str]]:
    """The columns that hold the same constant whichever file their rows come from."""
    return frozenset(
        (table, column)
        for table, how in mapping.tables.items()
        for column in {c for rows in how.rows for c in rows.columns}
        if all(isinstance(given, Constant) for given in (rows.columns.get(column) for rows in how.rows))
        and len({str(rows.columns[column]) for rows in how.rows}) == 1
    )
