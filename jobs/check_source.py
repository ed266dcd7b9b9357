"""Try a mapping on a sample of a delivery with the intake's own functions: what maps, what does not, what it enables.

Nothing is written to a lake, and no key is needed: identifiers become tokens of a key that lives as long as the check.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fundwatch.errors import DeliveryError, FundwatchError
from fundwatch.keys import PseudonymKey
from fundwatch.logs import step
from fundwatch.settings import Settings
from intake.checks import Quality, read_quality
from intake.column_forms import Constant
from intake.delivery import Delivery, LandedFile, delivery_folder, open_delivery
from intake.landed import FileFault, read_header
from intake.mapping import SourceMapping, parse_mapping, read_mapping
from jobs.command_line import night_of, settings_of
from jobs.source_enables import enabled_by
from jobs.source_report import Report, as_markdown

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from intake.trying import FileColumns


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch source check --source NAME|--mapping FILE --landing DIR --date DATE`."""
    if options.sample < 1:
        raise FundwatchError("a sample has at least one row", where="--sample", do="leave it out: 10000 is the default")
    settings, night = settings_of(options).settings, night_of(options)
    mapping = parse_mapping(options.mapping) if options.mapping else read_mapping(settings.source, settings.conf)
    with TemporaryDirectory(prefix="fundwatch-") as scratch:
        delivery = _opened(mapping, settings, night, Path(scratch), tell=not options.json)
        report = _with_spark(settings, mapping, delivery, options.sample, Path(scratch))
    page = as_markdown(report)
    if options.out is not None:
        options.out.write_text(page, encoding="utf-8")
    if not options.json:
        print(page)
    return report.as_json()


def _opened(mapping: SourceMapping, settings: Settings, night: date, scratch: Path, *, tell: bool) -> Delivery:
    """The delivery. Where it would be refused, its headers are told before the error goes on."""
    try:
        return open_delivery(mapping, settings.landing_dir, night, scratch)
    except DeliveryError:
        if tell:
            for file in _headers(mapping, delivery_folder(mapping, settings.landing_dir, night)):
                print(f"{file.name} as {file.kind}: {len(file.read)} columns read, {len(file.dropped)} dropped")
                for text, columns in (("unknown", file.unknown), ("missing", file.missing)):
                    if columns:
                        print(f"  {text}: {', '.join(columns)}")
        raise


def _headers(mapping: SourceMapping, folder: Path) -> Iterator[FileColumns]:
    from fnmatch import fnmatchcase

    from intake.trying import file_columns

    for path in sorted(folder.iterdir()):
        for kind, file in mapping.files.items():
            if fnmatchcase(path.name, file.name):
                try:
                    yield file_columns(file, kind, path.name, read_header(path, mapping.delivery.delimiter))
                except (FileFault, UnicodeDecodeError):  # the refusal itself tells what is wrong with the bytes
                    continue


def _with_spark(settings: Settings, mapping: SourceMapping, delivery: Delivery, sample: int, scratch: Path) -> Report:
    from fundwatch.session import start_session

    conf, master = settings.spark()
    with step("Spark starts"):
        spark = start_session("fundwatch source check", conf | {"spark.sql.warehouse.dir": str(scratch)}, master)
    try:
        with step("the sample is mapped"):
            return check(spark, mapping, read_quality(settings.quality, settings.conf), delivery, sample)
    finally:
        spark.stop()


def check(spark: SparkSession, mapping: SourceMapping, quality: Quality, delivery: Delivery, sample: int) -> Report:
    """Map the first `sample` rows of each file and count what came out. Raises MappingError."""
    from intake.canonical import supplied_columns
    from intake.trying import file_columns

    trial = _Trial(spark, mapping, quality, delivery, sample, PseudonymKey(secrets.token_bytes(32)))
    supplied = supplied_columns(mapping, delivery.headers())
    whole = supplied_columns(mapping, {k: frozenset(f.names().values()) for k, f in mapping.files.items()})
    trial.map_all()
    return Report(
        source=mapping.source,
        night=delivery.business_date,
        sample=sample,
        share_limit=quality.quarantine_share,
        files=tuple(file_columns(mapping.files[f.kind], f.kind, f.name, f.header) for f in delivery.files),
        rows_of_files={f.name: f.measured.rows for f in delivery.files},
        totals=trial.totals(),
        codes=trial.codes(),
        columns=trial.columns(supplied),
        constants=_constants(mapping),
        unknown={t: tuple(c for c in _mappable(t) if c not in names) for t, names in supplied.items()},
        strange=trial.strange(),
        keys=trial.keys(),
        references=trial.references(supplied),
        enabled=tuple(enabled_by(_sets(supplied), _sets(whole))),
    )


def _sets(supplied: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    return {table: frozenset(names) for table, names in supplied.items()}


def _mappable(table: str) -> tuple[str, ...]:
    from intake.mapping import POINTER_OF, mapped_columns

    return tuple(c for c in mapped_columns(table) if c != POINTER_OF.get(table))


def _constants(mapping: SourceMapping) -> frozenset[tuple[str, str]]:
    """The columns that hold the same constant whichever file their rows come from."""
    return frozenset(
        (table, column)
        for table, how in mapping.tables.items()
        for column in {c for rows in how.rows for c in rows.columns}
        if all(isinstance(given, Constant) for given in (rows.columns.get(column) for rows in how.rows))
        and len({str(rows.columns[column]) for rows in how.rows}) == 1
    )


@dataclass
class _Trial:
    """The frames of one check, and what is counted over them: few rows each, collected."""

    spark: SparkSession
    mapping: SourceMapping
    quality: Quality
    delivery: Delivery
    sample: int
    key: PseudonymKey

    def map_all(self) -> None:
        """Every sampled row, canonical, with its status; by table. And every table made of them."""
        from intake.accepting import repeated_keys, with_prints, with_status
        from intake.clean import clean_tables

        self._strange: list[DataFrame] = []
        frames: dict[str, list[DataFrame]] = {}
        for file in self.delivery.files:
            found = self.mapping.rows_of(file.kind)
            if found is not None:
                frames.setdefault(found[0], []).append(self._canonical(file, found[0]))
        self.judged = {}
        for table, parts in frames.items():
            rows = reduce(lambda upper, lower: upper.unionByName(lower, allowMissingColumns=True), parts)
            rows = with_prints(rows, table).localCheckpoint(eager=False)
            judged = with_status(rows, table, repeated_keys(rows, table), None)
            self.judged[table] = judged.localCheckpoint(eager=False)
        self.clean = clean_tables(self.judged, self.mapping, self.key.key_id)

    def _canonical(self, file: LandedFile, table: str) -> DataFrame:
        from intake.canonical import to_canonical
        from intake.mapped import source_rows
        from intake.privacy import privacy_of
        from intake.reading import read_options, read_schema
        from intake.trying import unlisted, untranslated

        def raw(one: LandedFile) -> DataFrame:
            return (
                self.spark.read.options(**read_options(self.mapping, one)).schema(read_schema(one)).csv(str(one.path))
            )

        rows = next(r for r in self.mapping.tables[table].rows if r.source == file.kind)
        checks, privacy = self.quality.of(table), privacy_of(self.key, None)
        strings, columns = source_rows(raw, self.mapping, self.delivery, file, rows, self.sample)
        strings = strings.localCheckpoint(eager=False)
        made = to_canonical(strings, table, rows, checks, privacy, columns, self.delivery.business_date)
        self._strange += [f for f in (untranslated(strings, table, rows, columns), unlisted(made, table, checks)) if f]
        return made

    def totals(self) -> tuple[dict[str, Any], ...]:
        """A row per file: delivered = accepted + quarantined + duplicates."""
        from intake.totals import control_totals

        excluding = {t: [r.where.code for r in self.mapping.tables[t].rows if r.where] for t in self.judged}
        money = self.quality.money_of
        found = self._collected([control_totals(r, t, money(t), excluding[t]) for t, r in self.judged.items()])
        return tuple(sorted(found, key=lambda total: str(total["file_name"])))

    def codes(self) -> tuple[dict[str, Any], ...]:
        """A row per error code, with places."""
        from intake.totals import code_counts

        return self._collected([code_counts(rows, table) for table, rows in self.judged.items()])

    def columns(self, supplied: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, Any], ...]:
        """A row per canonical column that is filled: of all rows of a file's table, of the groups of a derived one."""
        from intake.trying import column_facts

        frames = {**self.clean, **self.judged}
        return self._collected([column_facts(frames[t], t, names) for t, names in supplied.items() if t in frames])

    def strange(self) -> tuple[dict[str, Any], ...]:
        """A row per code that no translation or list knows."""
        return self._collected(self._strange)

    def keys(self) -> tuple[dict[str, Any], ...]:
        """A row per table of rows."""
        from intake.trying import key_facts

        return self._collected([key_facts(rows, table) for table, rows in self.judged.items()])

    def references(self, supplied: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, Any], ...]:
        """A row per column that points to another table."""
        from intake.trying import reference_facts

        found = reference_facts(self.clean, supplied)
        return self._collected([] if found is None else [found])

    def _collected(self, parts: list[DataFrame]) -> tuple[dict[str, Any], ...]:
        from intake.totals import stacked

        return tuple(row.asDict(recursive=True) for row in stacked(parts).collect()) if parts else ()
