"""Job intake: take a night's delivery in. Check, count, gate, then write; before the gate nothing reaches the lake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fundwatch.keys import read_ring
from fundwatch.logs import step
from fundwatch.sealing import read_vault_key
from fundwatch.settings import Settings
from fundwatch.vault import Vault
from intake import gate
from intake.checks import Quality, read_quality
from intake.delivery import Delivery, delivery_hashes, open_delivery
from intake.mapping import CLEAN_TABLES, ENTRY_OF, SourceMapping, read_mapping
from intake.totals import Total
from jobs.intake_work import IntakeWork, history_rows, judged_rows, netted_rows, told_to_vault
from jobs.job import Job, Night, Report, Workplace
from jobs.recall_intake import Before, recall

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_LEDGERS = ("delivery", "control_total", "supplied_column", "quarantine")


def _catalogues(settings: Settings) -> tuple[SourceMapping, Quality]:
    return read_mapping(settings.source, settings.conf), read_quality(settings.quality, settings.conf)


def own_print(place: Workplace, night: date) -> object:
    """The delivery's files, the mapping, the checks and the public name of the first key, which a rotation keeps."""
    mapping, quality = _catalogues(place.settings)
    hashes = delivery_hashes(mapping, place.settings.landing_dir, night)
    return [hashes, mapping.print, quality.print, read_ring(place.settings.key_path).lineage]


def run(night: Night) -> Report:
    """Open, check, count, gate, write. Raises DeliveryError, GateError, MappingError or KeyMissingError."""
    warming = gate.warm_up()
    settings = night.settings
    mapping, quality = _catalogues(settings)
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    work = IntakeWork(night, mapping, quality, read_ring(settings.key_path), vault)
    with TemporaryDirectory(prefix="fundwatch-") as scratch:
        with step(f"{night.date}   files opened and measured") as facts:
            delivery = open_delivery(mapping, settings.landing_dir, night.date, Path(scratch))
            facts["files"] = len(delivery.files)
        before = recall(night, mapping.source)
        before.refuse(delivery, work.ring, settings)
        with step(f"{night.date}   rows mapped, checked, counted"):
            judged = judged_rows(work, delivery)
            totals = _totals(work, judged)
        with step(f"{night.date}   quality gate"):
            warming.join()
            page = _pass_gate(work, delivery, judged, totals)
        with step(f"{night.date}   tables written"):
            waiting = _write(work, delivery, judged, totals, before)
    night.place.lake.clear_staging()
    return _report(totals, waiting, page)


def _totals(work: IntakeWork, judged: Mapping[str, DataFrame]) -> list[Total]:
    """The control totals of all files, in one Spark job."""
    from intake.totals import control_totals, stacked

    excluding = {t: [r.where.code for r in work.mapping.tables[t].rows if r.where is not None] for t in judged}
    frames = [control_totals(r, t, work.quality.money_of(t), excluding[t]) for t, r in judged.items()]
    totals = [Total(**row.asDict()) for row in stacked(frames).collect()]  # a row per file and table
    return sorted(totals, key=lambda t: (t.file_name, t.table_name))


def _pass_gate(work: IntakeWork, delivery: Delivery, judged: Mapping[str, DataFrame], totals: list[Total]) -> Path:
    from intake.totals import code_counts, stacked

    found, page = gate.judge(totals, delivery.files, work.quality, work.date, work.night.settings.reports_dir)
    if found:
        rows = stacked([code_counts(r, t) for t, r in judged.items()]).collect()  # a row per error code
        places = {(r.table_name, r.code): tuple((p[0], p[1]) for p in r.places) for r in rows}
        codes = [gate.CodeCount(r.table_name, r.code, r.rows, places[r.table_name, r.code]) for r in rows]
        raise gate.gate_error(found, codes, page)
    return page


def _write(
    work: IntakeWork, delivery: Delivery, judged: Mapping[str, DataFrame], totals: list[Total], before: Before
) -> int:
    """Everything the night owns; the number of tonight's reversals that wait for their original."""
    from intake.accepting import to_quarantine
    from intake.clean import clean_tables, delivery_rows, supplied_rows, total_rows
    from intake.totals import stacked

    night, source = work.night, work.mapping.source
    # what a token stands for is known before any table holds it
    told_to_vault(work, judged)
    # then the delivery itself: a killed run must be taken up with the same files
    night.write_rows("delivery", delivery_rows(delivery, work.key.key_id))
    tables: dict[str, DataFrame] = {}
    waiting = []
    for table, rows in clean_tables(judged, work.mapping, work.key.key_id).items():
        if table in ENTRY_OF:
            tables[ENTRY_OF[table]], tables[table], orphaned = netted_rows(work, table, rows)
            waiting.append(orphaned)
        else:
            tables[table] = history_rows(work, table, rows)
    rejected = [t for t in judged if any(x.quarantined_lines for x in totals if x.table_name == t)]
    kept = [to_quarantine(judged[t], t, source, work.key.key_id) for t in rejected or list(judged)[:1]]
    tables["quarantine"] = stacked(kept)
    night.write_all(tables)
    night.write_rows("control_total", total_rows(delivery, totals))
    night.write_rows("supplied_column", supplied_rows(delivery, work.mapping, before.supplied))
    return sum(int(row.orphans) for row in stacked(waiting).collect()) if waiting else 0  # a row per table


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
