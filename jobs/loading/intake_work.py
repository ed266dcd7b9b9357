"""What the steps of one intake work with, and how its rows are read and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.versions import known_on
from fundwatch.engine.frames import stacked
from fundwatch.lake.decisions import Decision
from intake.files.delivery import Delivery, LandedFile
from intake.quarantine.releasing import released_rows
from intake.rows.canonical import source_rows, supplied_columns, to_canonical
from intake.rows.completing import of_the_same
from intake.rows.erased import ErasedPersons
from intake.rows.netting import to_history
from intake.rows.privacy import VAULT, privacy_of
from intake.rows.status import (
    earlier_fingerprints,
    latest_fingerprints,
    repeated_keys,
    shared_fingerprints,
    with_fingerprints,
    with_status,
)
from intake.rows.values import values_of
from intake.source.checks import Quality
from intake.source.mapping import ENTRY_OF, LaterReplaces, SourceMapping
from jobs.job import Night
from jobs.loading.delivered_rows import delivered_rows
from jobs.loading.few_rows import few_rows, row_counts, spread
from privacy.keys.ring import KeyRing, PseudonymKey
from privacy.vault.columns import beside_held, identities, with_earlier
from privacy.vault.vault import Vault

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from intake.rows.privacy import PrivacyFunctions


@dataclass(frozen=True)
class IntakeWork:
    """One run of the job intake; `hashes` are those of the delivery's files by name, on which its fingerprint rests;
    `decided` what people decided that it takes in of earlier nights, read once."""

    night: Night
    mapping: SourceMapping
    quality: Quality
    ring: KeyRing
    vault: Vault
    erased: ErasedPersons
    hashes: Mapping[str, str]
    decided: Sequence[Decision] = ()

    @property
    def date(self) -> date:
        return self.night.date

    @property
    def key(self) -> PseudonymKey:
        """The key in force."""
        return self.ring.active

    def of_other_nights(self, table: str) -> DataFrame | None:
        """Rows of a nightly table that other nights made; None before there are any."""
        if not self.night.exists(table):
            return None
        return self.night.all_rows(table).filter(F.col("business_date") != F.lit(self.date))

    def before_tonight(self, table: str) -> DataFrame | None:
        """A table of versions as it was known before tonight, whatever an earlier run of tonight made of it."""
        if not self.night.exists(table):
            return None
        return self.night.all_rows(table).filter(known_on(self.date - timedelta(days=1)))

    def has_seen(self, table: str) -> bool:
        """Whether tonight or a later night has left its mark on a table of versions: then keys are replaced."""
        mark = f"known_from >= DATE '{self.date}' OR known_to >= DATE '{self.date}'"
        return bool(self.night.rows(table, f"SELECT known_from FROM {table} WHERE {mark} LIMIT 1"))

    def replaces(self, table: str) -> LaterReplaces | None:
        """How later rows of the table replace earlier ones; None where they do not."""
        return self.mapping.tables[table].later_replaces

    def privacy(self) -> PrivacyFunctions:
        """How what identifies a person is made safe."""
        return privacy_of(self.key, self.vault.key)


@dataclass(frozen=True)
class JudgedRows:
    """Every delivered row, canonical, with its status, by table; and the tables none of whose keys was delivered
    before.
    """

    rows: Mapping[str, DataFrame]
    new: frozenset[str]


def judged_rows(work: IntakeWork, delivery: Delivery, fresh: Sequence[LandedFile]) -> JudgedRows:
    """The rows of the delivery's `fresh` files, to which all of them lend columns, and those of earlier nights that
    people released."""
    privacy = work.privacy()
    frames: dict[str, list[DataFrame]] = {}
    sizes: dict[str, int] = {}
    for file in fresh:
        found = work.mapping.rows_of(file.kind)
        if found is not None:
            frames.setdefault(found[0], []).append(_canonical(work, delivery, file, found[0], privacy))
            sizes[found[0]] = sizes.get(found[0], 0) + file.measured.rows
    for table, rows in _released(work, delivery).items():
        frames.setdefault(table, []).append(rows)
        sizes.setdefault(table, 0)
    in_parallel, materialize = work.night.in_parallel, work.night.materialize
    tables = in_parallel(
        frames, lambda t: materialize(with_fingerprints(stacked(frames[t], missing_as_null=True), t), t, sizes[t])
    )
    tables = work.erased.judged(tables)
    repeated = _repeated(work, tables, sizes)
    reported = in_parallel(tables, lambda t: _earlier(work, t, tables[t], sizes[t]))
    earlier = {table: rows for table, rows in reported.items() if rows is not None}
    counts = row_counts({"repeated": repeated, "earlier": earlier})
    judged = {}
    for table, rows in tables.items():
        before = few_rows(earlier[table], counts["earlier", table]) if table in earlier else None
        again = few_rows(repeated[table], counts["repeated", table]) if table in repeated else None
        judged[table] = with_status(rows, table, again, before, work.replaces(table))
    return JudgedRows(judged, frozenset(table for table in tables if not counts.get(("earlier", table))))


def _repeated(work: IntakeWork, tables: Mapping[str, DataFrame], sizes: Mapping[str, int]) -> dict[str, DataFrame]:
    """Keys that tonight tells several times, by table; large tables without any are left out.

    Of large tables 8 bytes a key are moved to find them.
    """
    materialize = work.night.materialize
    large = [table for table in tables if sizes[table] >= work.night.settings.stage_rows]
    shared = work.night.in_parallel(large, lambda t: materialize(shared_fingerprints(tables[t], t)))
    counts = row_counts({"shared": shared})
    among = {table: few_rows(fingerprints, counts["shared", table]) for table, fingerprints in shared.items()}
    some = [table for table in tables if table not in among or among[table] is not None]
    return work.night.in_parallel(
        some, lambda t: materialize(repeated_keys(tables[t], t, among.get(t), work.replaces(t)))
    )


def _released(work: IntakeWork, delivery: Delivery) -> dict[str, DataFrame]:
    """Quarantined rows of earlier nights that people decided tonight takes in, by table."""
    supplied = supplied_columns(work.mapping, delivery.headers())
    found = {}
    for table in sorted({decision.place.table_name for decision in work.decided}):
        checks, filled = work.quality.of(table), supplied.get(table, ())
        rows = work.night.all_rows("quarantine")
        found[table] = released_rows(rows, work.decided, table, checks, filled, work.date, work.key.key_id)
    return {table: rows for table, rows in found.items() if rows is not None}


def _earlier(work: IntakeWork, table: str, rows: DataFrame, count: int) -> DataFrame | None:
    """Fingerprints of what earlier nights delivered of tonight's keys, and of those that may be the same thing."""
    reported = work.of_other_nights(ENTRY_OF[table]) if table in ENTRY_OF else work.before_tonight(table)
    if reported is None:
        return None
    keys = spread(rows.select(*TABLES[table].key), count)
    replaces = work.replaces(table)
    if replaces is not None:
        # what a later night says of a key is not known yet
        before = reported.filter(F.col("business_date") < F.lit(work.date))
        found = of_the_same(before, keys, table)
        return work.night.materialize(latest_fingerprints(found, table, replaces))
    return work.night.materialize(of_the_same(earlier_fingerprints(reported, table), keys, table))


def _canonical(
    work: IntakeWork, delivery: Delivery, file: LandedFile, table: str, privacy: PrivacyFunctions
) -> DataFrame:
    def raw(one: LandedFile) -> DataFrame:
        return delivered_rows(work.night.spark, work.mapping, one)

    rows = next(r for r in work.mapping.tables[table].rows if r.source == file.kind)
    values = values_of(work.mapping, work.quality)
    lending = {lookup.source for lookup in rows.lookup}
    count = max((one.measured.rows for one in delivery.files if one.kind in lending), default=0)
    strings, columns = source_rows(
        raw,
        work.mapping,
        delivery,
        file,
        table,
        rows,
        values=values,
        keep=lambda lenders: work.night.materialize(lenders, row_count=count),
    )
    canonical = to_canonical(strings, table, rows, work.quality.of(table), privacy, columns, work.date, values)
    return work.erased.marked(canonical, table)


def sent_to_vault(work: IntakeWork, judged: Mapping[str, DataFrame]) -> None:
    """Keep what re-identification needs, sealed, in the vault: the richest content of each token, then the latest."""
    reported = [
        rows.filter(F.col(column).isNotNull()).select(f"{column}.*")
        for rows in judged.values()
        for column in rows.columns
        if column.startswith(VAULT)
    ]
    if not reported:
        return
    tonight = identities(stacked(reported), key_id=work.key.key_id, night=work.date)
    held = work.vault.rows(work.night.spark)
    found = work.night.materialize(beside_held(tonight, held))
    kinds = found.groupBy("_is_new").agg(F.count(F.lit(1)).alias("n")).collect()  # two rows: new, and delivered again
    counts = {row["_is_new"]: row["n"] for row in kinds}
    if counts.get(True):
        work.vault.add(found.filter("_is_new"))
    if counts.get(False):
        work.vault.write(with_earlier(found.filter("NOT _is_new"), held))


def history_rows(work: IntakeWork, table: str, rows: DataFrame, count: int, *, is_new: bool) -> DataFrame:
    """All versions of tonight's keys, which are at most `count`, and of those that these complete or that complete
    them; `is_new`: of none is there any yet."""
    if is_new:
        return to_history(None, rows, table, F.lit(work.date))
    keys = spread(rows.select(*TABLES[table].key), count)
    existing = of_the_same(work.night.all_rows(table), keys, table)
    return to_history(existing, rows, table, F.lit(work.date))
