"""The frames of one check of a mapping, and what is counted over them. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundwatch.engine.frames import stacked
from intake.drafting.trial import column_facts, key_facts, reference_facts, unlisted, untranslated
from intake.files.delivery import Delivery, LandedFile
from intake.files.drift import parked_error_codes
from intake.quarantine.vouching import source_codes
from intake.rows.canonical import source_rows, to_canonical
from intake.rows.clean import clean_tables
from intake.rows.completing import without_completed
from intake.rows.netting import is_removal
from intake.rows.privacy import privacy_of
from intake.rows.status import repeated_keys, with_fingerprints, with_status
from intake.rows.totals import code_counts, control_totals
from intake.rows.values import values_of
from intake.source.checks import Quality
from intake.source.mapping import ENTRY_OF, SourceMapping
from jobs.loading.delivered_rows import delivered_rows
from privacy.keys.ring import PseudonymKey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_IN_PARALLEL = 3


@dataclass
class Trial:
    """The frames of one check, and what is counted over them: few rows each, collected."""

    spark: SparkSession
    mapping: SourceMapping
    quality: Quality
    delivery: Delivery
    sample: int
    key: PseudonymKey

    def map_all(self) -> None:
        """Every sampled row, canonical, with its status; by table. And every table made of them.

        Tables are mapped in parallel: over so few rows nearly all time is planning, which a thread does alone.
        """
        files: dict[str, list[LandedFile]] = {}
        for file in self.delivery.files:
            if (found := self.mapping.rows_of(file.kind)) is not None:
                files.setdefault(found[0], []).append(file)
        with ThreadPoolExecutor(_IN_PARALLEL) as pool:
            mapped = list(pool.map(self._mapped, files, files.values()))
        self.judged = dict(zip(files, (judged for judged, _ in mapped), strict=True))
        self._strange = [frame for _, strange in mapped for frame in strange]
        made = clean_tables(self.judged, self.mapping, self.key.key_id, self.delivery.business_date)
        # what removes a row is no row of the clean table, nor is one that another completes
        self.clean = {
            table: rows.filter(~is_removal()) if table in ENTRY_OF else without_completed(rows, table)
            for table, rows in made.items()
        }

    def _mapped(self, table: str, files: Sequence[LandedFile]) -> tuple[DataFrame, list[DataFrame]]:
        """The table's rows with their status, and the codes of its files that nothing knows."""
        parts = [self._canonical(file, table) for file in files]
        canonical = [rows for rows, _ in parts]
        rows = stacked(canonical, missing_as_null=True)
        rows = with_fingerprints(rows, table).localCheckpoint(eager=False)
        replaces = self.mapping.tables[table].later_replaces
        judged = with_status(
            rows, table, repeated_keys(rows, table, replaces=replaces), None, replaces
        ).localCheckpoint(eager=False)
        return judged, [frame for _, strange in parts for frame in strange]

    def _canonical(self, file: LandedFile, table: str) -> tuple[DataFrame, list[DataFrame]]:
        def raw(one: LandedFile) -> DataFrame:
            return delivered_rows(self.spark, self.mapping, one)

        rows = next(r for r in self.mapping.tables[table].rows if r.source == file.kind)
        checks, privacy = self.quality.of(table), privacy_of(self.key, None)
        values = values_of(self.mapping, self.quality)
        strings, columns = source_rows(
            raw,
            self.mapping,
            self.delivery,
            file,
            table,
            rows,
            self.sample,
            values,
            keep=lambda lenders: lenders.localCheckpoint(eager=False),
        )
        strings = strings.localCheckpoint(eager=False)
        made = to_canonical(strings, table, rows, checks, privacy, columns, self.delivery.business_date, values)
        strange = (untranslated(strings, table, rows, columns), unlisted(made, table, checks))
        return made, [frame for frame in strange if frame]

    def totals(self) -> tuple[dict[str, Any], ...]:
        """A row per file: delivered = accepted + quarantined + duplicates."""
        excluding = {
            table: [
                *sorted(source_codes(self.mapping, table)),
                *parked_error_codes(self.mapping, self.quality, table),
                *self.quality.of(table).apart,
            ]
            for table in self.judged
        }
        money = self.quality.money_of
        found = self._collected([control_totals(r, t, money(t), excluding[t]) for t, r in self.judged.items()])
        return tuple(sorted(found, key=lambda total: str(total["file_name"])))

    def codes(self) -> tuple[dict[str, Any], ...]:
        """A row per error code, with places."""
        return self._collected([code_counts(rows, table) for table, rows in self.judged.items()])

    def columns(self, supplied: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, Any], ...]:
        """A row per canonical column that is filled: of all rows of a file's table, of the groups of a derived one."""
        frames = {**self.clean, **self.judged}
        return self._collected([column_facts(frames[t], t, names) for t, names in supplied.items() if t in frames])

    def strange(self) -> tuple[dict[str, Any], ...]:
        """A row per code that no translation or list knows."""
        return self._collected(self._strange)

    def keys(self) -> tuple[dict[str, Any], ...]:
        """A row per table of rows."""
        return self._collected([key_facts(rows, table) for table, rows in self.judged.items()])

    def references(self, supplied: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, Any], ...]:
        """A row per column that points to another table."""
        found = reference_facts(self.clean, supplied)
        return self._collected([] if found is None else [found])

    def _collected(self, parts: list[DataFrame]) -> tuple[dict[str, Any], ...]:
        return (
            tuple(row.asDict(recursive=True) for row in stacked(parts).collect()) if parts else ()
        )  # a row per figure
