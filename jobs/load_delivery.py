"""Job intake: take a night's delivery in. Check, count, gate, then write; before the gate nothing reaches the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fundwatch.keys import PseudonymKey, read_key
from fundwatch.settings import Settings
from intake import gate
from intake.checks import Quality, read_quality
from intake.delivery import Delivery, LandedFile, delivery_hashes, open_delivery
from intake.mapping import CLEAN_TABLES, ENTRY_OF, SourceMapping, read_mapping
from intake.totals import Total
from jobs.job import Job, Night, Report, Workplace
from jobs.recall_intake import Before, recall

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_LEDGERS = ("delivery", "control_total", "supplied_column", "quarantine")


@dataclass(frozen=True)
class _Intake:
    """What one run of the job works with."""

    night: Night
    mapping: SourceMapping
    quality: Quality
    key: PseudonymKey

    @property
    def date(self) -> date:
        return self.night.date

    def keep(self, rows: DataFrame) -> DataFrame:
        """Hold rows that are used more than once; a replacing write alone evaluates its rows several times."""
        return self.night.keep(rows)

    def of_other_nights(self, table: str) -> DataFrame | None:
        """Rows of a nightly table that other nights made; None before there are any."""
        from pyspark.sql import functions as F

        if not self.night.exists(table):
            return None
        return self.night.all_rows(table).filter(F.col("business_date") != F.lit(self.date))


def _catalogues(settings: Settings) -> tuple[SourceMapping, Quality]:
    return read_mapping(settings.source, settings.conf), read_quality(settings.quality, settings.conf)


def own_print(place: Workplace, night: date) -> object:
    """The delivery's files, the mapping, the checks and the key's public name."""
    mapping, quality = _catalogues(place.settings)
    hashes = delivery_hashes(mapping, place.settings.landing_dir, night)
    return [hashes, mapping.print, quality.print, read_key(place.settings.key_path).key_id]


def run(night: Night) -> Report:
    """Open, check, count, gate, write. Raises DeliveryError, GateError, MappingError or KeyMissingError."""
    warming = gate.warm_up()
    settings = night.settings
    mapping, quality = _catalogues(settings)
    work = _Intake(night, mapping, quality, read_key(settings.key_path))
    with TemporaryDirectory(prefix="fundwatch-") as scratch:
        delivery = open_delivery(mapping, settings.landing_dir, night.date, Path(scratch))
        before = recall(night, mapping.source)
        before.refuse(delivery, work.key, settings)
        judged = {table: work.keep(rows) for table, rows in _judged(work, delivery).items()}
        totals = _totals(work, judged)
        warming.join()
        page = _pass_gate(work, delivery, judged, totals)
        waiting = _write(work, delivery, judged, totals, before)
    return _report(totals, waiting, page)


def _judged(work: _Intake, delivery: Delivery) -> dict[str, DataFrame]:
    """Every delivered row, canonical, with its status; by table."""
    from intake.accepting import prints_of, with_status

    frames: dict[str, list[DataFrame]] = {}
    for file in delivery.files:
        found = work.mapping.rows_of(file.kind)
        if found is not None:
            frames.setdefault(found[0], []).append(_canonical(work, file, found[0]))
    judged = {}
    for table, parts in frames.items():
        rows = reduce(lambda upper, lower: upper.unionByName(lower, allowMissingColumns=True), parts)
        others = work.of_other_nights(ENTRY_OF[table]) if table in ENTRY_OF else None
        judged[table] = with_status(rows, table, None if others is None else prints_of(others, table))
    return judged


def _canonical(work: _Intake, file: LandedFile, table: str) -> DataFrame:
    from intake.canonical import Columns, to_canonical
    from intake.pseudonyms import token
    from intake.reading import as_strings, read_options, read_schema

    rows = next(r for r in work.mapping.tables[table].rows if r.source == file.kind)
    columns = Columns(frozenset(work.mapping.files[file.kind].names().values()), frozenset(file.header))
    tokens = lru_cache(lambda domain: token(work.key, domain))
    raw = (
        work.night.spark.read.options(**read_options(work.mapping, file)).schema(read_schema(file)).csv(str(file.path))
    )
    strings = as_strings(raw, file, columns.to_read(rows), work.mapping.delivery.null_texts)
    return to_canonical(strings, table, rows, work.quality.of(table), tokens, columns, work.date)


def _totals(work: _Intake, judged: Mapping[str, DataFrame]) -> list[Total]:
    """The control totals of all files, in one Spark job."""
    from intake.totals import control_totals, stacked

    excluding = {t: [r.where.code for r in work.mapping.tables[t].rows if r.where is not None] for t in judged}
    frames = [control_totals(r, t, work.quality.money_of(t), excluding[t]) for t, r in judged.items()]
    totals = [Total(**row.asDict()) for row in stacked(frames).collect()]  # a row per file and table
    return sorted(totals, key=lambda t: (t.file_name, t.table_name))


def _pass_gate(work: _Intake, delivery: Delivery, judged: Mapping[str, DataFrame], totals: list[Total]) -> Path:
    from intake.totals import code_counts, stacked

    found, page = gate.judge(totals, delivery.files, work.quality, work.date, work.night.settings.reports_dir)
    if found:
        rows = stacked([code_counts(r, t) for t, r in judged.items()]).collect()  # a row per error code
        places = {(r.table_name, r.code): tuple((p[0], p[1]) for p in r.places) for r in rows}
        codes = [gate.CodeCount(r.table_name, r.code, r.rows, places[r.table_name, r.code]) for r in rows]
        raise gate.gate_error(found, codes, page)
    return page


def _write(
    work: _Intake, delivery: Delivery, judged: Mapping[str, DataFrame], totals: list[Total], before: Before
) -> int:
    """Everything the night owns; the number of tonight's reversals that wait for their original."""
    from intake.accepting import to_quarantine
    from intake.clean import clean_tables, delivery_rows, supplied_rows, total_rows
    from intake.totals import stacked

    night, source = work.night, work.mapping.source
    # first of all the delivery itself: a killed run must be taken up with the same files
    night.write_rows("delivery", delivery_rows(delivery, work.key.key_id))
    tables: dict[str, DataFrame] = {}
    waiting = []
    for table, rows in clean_tables(judged, work.mapping).items():
        if table in ENTRY_OF:
            tables[ENTRY_OF[table]], tables[table], orphaned = _netted(work, table, rows)
            waiting.append(orphaned)
        else:
            tables[table] = _history(work, table, rows)
    rejected = [t for t in judged if any(x.quarantined_lines for x in totals if x.table_name == t)]
    kept = [to_quarantine(judged[t], t, source) for t in rejected or list(judged)[:1]]
    tables["quarantine"] = stacked(kept)
    night.write_all(tables)
    night.write_rows("control_total", total_rows(delivery, totals))
    night.write_rows("supplied_column", supplied_rows(delivery, work.mapping, before.supplied))
    return sum(int(row.orphans) for row in stacked(waiting).collect()) if waiting else 0  # a row per table


def _netted(work: _Intake, table: str, rows: DataFrame) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Tonight's entries, the versions of the groups they touch, and how many wait for their original."""
    from pyspark.sql import functions as F

    from intake.netting import net, of_same_groups, orphans, roots_of_reversals, with_matched_pointers, with_roots

    tonight = rows.withColumn("business_date", F.lit(work.date))
    others = work.of_other_nights(ENTRY_OF[table])
    entries = tonight if others is None else others.unionByName(tonight)
    reversal = work.mapping.tables[table].reversal
    if reversal is not None:
        entries = with_matched_pointers(entries, table, reversal)
    roots = work.keep(roots_of_reversals(entries, table))
    if others is None or reversal is not None:
        # what matches what by content depends on all entries, so all are netted again
        rooted = with_roots(entries, roots, table)
    else:
        rooted = of_same_groups(entries, tonight, roots, table)
    tonight_matched = entries.filter(F.col("business_date") == F.lit(work.date))
    return rows, _replacing(work, table, net(rooted, table)), orphans(tonight_matched, entries, table)


def _history(work: _Intake, table: str, rows: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    from intake.netting import to_history

    existing = work.night.all_rows(table) if work.night.exists(table) else None
    return _replacing(work, table, to_history(existing, rows, table, F.lit(work.date)))


def _replacing(work: _Intake, table: str, versions: DataFrame) -> DataFrame:
    return work.keep(versions) if work.night.exists(table) else versions


def _report(totals: list[Total], waiting: int, page: Path) -> Report:
    lines = [t for t in totals if t.table_name == "claim_line"]
    return {
        "files": len({t.file_name for t in totals}),
        "rows": sum(t.delivered_lines for t in totals),
        "accepted": sum(t.accepted_lines for t in totals),
        "quarantined": sum(t.quarantined_lines for t in totals),
        "duplicates": sum(t.duplicate_lines for t in totals),
        "claim_lines": sum(t.delivered_lines for t in lines),
        "claim_amount": str(sum(t.delivered_amount or 0 for t in lines)),
        "reversals_waiting": waiting,
        "quality_page": str(page),
    }


JOB = Job(
    name="intake",
    title="intake",
    reads=(),
    optional=(),
    writes=(*_LEDGERS, *CLEAN_TABLES, *ENTRY_OF.values()),
    run=run,
    own_print=own_print,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_job

    main_of_job("intake")
