"""Job intake: take a night's delivery in. Check, count, gate, then write; before the gate nothing reaches the lake."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fundwatch.engine.frames import stacked
from fundwatch.lake.decisions import DECIDED, Decisions
from fundwatch.logs import step
from fundwatch.settings import Settings
from intake import gate
from intake.files.batches import Sorted, sort_delivery
from intake.files.delivery import Delivery, delivery_hashes, open_delivery
from intake.files.drift import parked_error_codes
from intake.quarantine.vouching import source_codes
from intake.rows.clean import clean_tables, delivery_rows, supplied_rows, total_rows
from intake.rows.erased import ErasedPersons
from intake.rows.status import to_quarantine
from intake.rows.totals import Total, WaitingTotal, code_counts, control_totals, finding_counts, with_waiting
from intake.source.checks import Quality, read_quality
from intake.source.load import mapping_in_force
from intake.source.mapping import CLEAN_TABLES, ENTRY_OF, SourceMapping
from intake.source.plan_check import refuse_what_shows
from intake.source.usual_size import Figures, judge
from jobs.declared_stages import INTAKE
from jobs.job import Job, Night, Report
from jobs.loading.count_clean import standing_figures
from jobs.loading.find_values import found_times, found_values, having
from jobs.loading.intake_work import IntakeWork, JudgedRows, history_rows, judged_rows, sent_to_vault
from jobs.loading.net_entries import TableEntries, entries_by_table, netted_tables, waiting_totals
from jobs.loading.note_delivery import Course, noted_delivery, scratch_in
from jobs.loading.recall_intake import Before, earlier_totals, recall, usual_figures
from jobs.workplace import Workplace
from privacy.erasure.record import ErasureLog
from privacy.keys.ring import read_ring
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_OWNER_AND_GROUP = 0o750
_LEDGERS = ("delivery", "control_total", "supplied_column", "placeholder", "quarantine")


def _catalogues(settings: Settings) -> tuple[SourceMapping, Quality]:
    return mapping_in_force(settings), read_quality(settings.quality, settings.conf)


def own_fingerprint(place: Workplace, night: date) -> object:
    """The delivery's files, the mapping, the checks, the public name of the first key (which a rotation keeps), and the
    quarantined rows that people decided the night takes in."""
    mapping, quality = _catalogues(place.settings)
    hashes = delivery_hashes(mapping, place.settings.landing_dir, night)
    decided = Decisions(place.lake.address)
    # erasures are not in it: what a night took in before one must not be taken in again because of it
    own = [hashes, mapping.fingerprint, quality.fingerprint, read_ring(place.settings.key_path).lineage]
    return [*own, decided.fingerprint(night)] if decided.into(night) else own


def run(night: Night) -> Report:
    """Open, check, count, gate, write. Raises DeliveryError, GateError, HeldError, MappingError or KeyMissingError."""
    warming = gate.warm_up()
    settings = night.settings
    mapping, quality = _catalogues(settings)
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    ring, marks = read_ring(settings.key_path), ErasureLog(night.place.lake.address).marks()
    erased = ErasedPersons(marks, ring.active, settings.erased_persons == "accept")
    hashes, *_ = cast("list[Any]", night.own_fingerprint)
    decided = Decisions(night.place.lake.address).into(night.date)
    work = IntakeWork(night, mapping, quality, ring, vault, erased, hashes, decided)
    with noted_delivery(work) as course, scratch_in(vault) as scratch:
        with step(f"{night.date}   files opened and measured") as facts:
            delivery = open_delivery(mapping, settings.landing_dir, night.date, scratch, quality, work.hashes)
            facts["files"] = len(delivery.files)
        course.opened(delivery)
        before = recall(night, mapping.source)
        before.refuse(delivery, work.ring, settings)
        files = sort_delivery(delivery, before.files)
        with step(f"{night.date}   rows mapped, checked, counted"):
            _refuse_what_shows(work)
            found = judged_rows(work, delivery, files.fresh)
            judged = found.rows
            clean = clean_tables(judged, mapping, work.key.key_id, night.date)
            reported = entries_by_table(work, clean)
            waiting = waiting_totals(work, reported, judged)
            totals = with_waiting(_totals(work, judged, files), waiting)
            values = found_values(work, judged, totals)
            course.report.placeholders, course.report.shared = values.placeholders, values.shared
        with step(f"{night.date}   quality gate"):
            warming.join()
            course.report.totals, course.report.waiting = totals, waiting
            _pass_gate(work, delivery, judged, course, [*delivery.unclaimed, *_unusual(work, delivery, files, totals)])
        with step(f"{night.date}   tables written"):
            _write(work, Taken(delivery, files, found, clean, reported, totals), before)
            night.write_rows("placeholder", values.as_rows(work))
            course.report.standing = standing_figures(night)
        course.accepted(totals)
        again = _erased_again(work, judged)
    night.place.lake.clear_staging()
    report = _report(work, delivery, files, totals, waiting, course.page)
    return {**report, "notes": [*report["notes"], *map(str, values.shared)], **again}


def _refuse_what_shows(work: IntakeWork) -> None:
    """Raises MappingError before a row is read, whatever way a mapping took that was not seen when it was loaded."""
    refuse_what_shows(work.night.spark, work.mapping)


def _totals(work: IntakeWork, judged: Mapping[str, DataFrame], files: Sorted) -> list[Total]:
    """The control totals of all files, in one Spark job; those of files that are here again from their own night."""
    excluding = {table: _excluded_codes(work, table) for table in judged}
    frames = [control_totals(r, t, work.quality.money_of(t), excluding[t]) for t, r in judged.items()]
    totals = [Total(**row.asDict()) for row in stacked(frames).collect()] if frames else []  # a row per file and table
    tables = {kind: found[0] for kind in work.mapping.files if (found := work.mapping.rows_of(kind)) is not None}
    totals += earlier_totals(work.night, [(f.name, was) for f, was in files.again if f.kind in tables], tables)
    return sorted(totals, key=lambda t: (t.file_name, t.table_name))


def _excluded_codes(work: IntakeWork, table: str) -> list[str]:
    """Codes of rows that are quarantined and no problems: not valid by the source's own word, parked, or too old."""
    stated, parked = source_codes(work.mapping, table), parked_error_codes(work.mapping, work.quality, table)
    return work.erased.no_problems([*sorted(stated), *parked, *work.quality.of(table).apart])


def _pass_gate(
    work: IntakeWork, delivery: Delivery, judged: Mapping[str, DataFrame], course: Course, doubts: list[str]
) -> None:
    """Let the night pass. Raises GateError, or HeldError where a person may let it pass and nobody has yet."""
    report = course.report
    report.expectations = gate.judge(report.totals, delivery.files, work.quality)
    found = gate.findings_of(report.expectations).with_doubts(doubts)
    report.doubts = found.doubts
    report.codes, report.unlisted = _code_counts(judged, report.totals)
    if found.wrong or (found.doubts and not course.is_released):
        raise gate.gate_error(found, report.codes, report.unlisted, course.page, work.date, work.mapping.source)


def _code_counts(
    judged: Mapping[str, DataFrame], totals: Sequence[Total]
) -> tuple[list[gate.CodeCount], list[gate.CodeCount]]:
    """Error codes of quarantined rows, and codes that no list of the mapping has, the commonest first; in one job, of
    tables of which the control totals say that there are such."""
    quarantined = having(judged, totals, lambda total: total.quarantined_lines)
    unlisted = having(judged, totals, lambda total: total.unlisted_lines)
    kinds = {"error": (code_counts, quarantined), "unlisted": (finding_counts, unlisted)}
    frames = [
        count(rows, table).selectExpr("*", f"'{kind}' AS kind")
        for kind, (count, tables) in kinds.items()
        for table, rows in tables.items()
    ]
    if not frames:
        return [], []
    rows = sorted(stacked(frames).collect(), key=lambda r: (-r.rows, r.table_name, r.code))  # a row per code

    def of(kind: str) -> list[gate.CodeCount]:
        return [
            gate.CodeCount(r.table_name, r.code, r.rows, tuple((place[0], place[1]) for place in r.places))
            for r in rows
            if r.kind == kind
        ]

    return of("error"), of("unlisted")


def _unusual(work: IntakeWork, delivery: Delivery, files: Sorted, totals: Sequence[Total]) -> list[str]:
    """Where a delivery is not as large as usual; or, if nobody declared it, that nothing is known to be usual yet."""
    money = {total.file_name: total.delivered_amount for total in totals}
    # a declared file that is here again is known to be a copy, however large it is
    counted = files.fresh if delivery.is_declared else delivery.files
    tonight = [Figures(f.kind, work.date, f.measured.rows, f.measured.byte_count, money.get(f.name)) for f in counted]
    band = work.quality.band
    accepted = usual_figures(work.night, work.mapping.source, band)
    judgement = judge(tonight, accepted, work.date, band, band.declared if delivery.is_declared else None)
    if delivery.is_declared:
        return [reported for reported in judgement.outside if reported.partition(":")[0] in {f.kind for f in counted}]
    if work.mapping.delivery.manifest == "expected" and judgement.unjudged:
        return [*judgement.outside, "no manifest came, and nothing is known to be usual yet", *judgement.unjudged]
    return list(judgement.outside)


@dataclass(frozen=True)
class Taken:
    """What a night takes in: the delivery, its rows judged, the tables they make, and their control totals."""

    delivery: Delivery
    files: Sorted
    found: JudgedRows
    clean: Mapping[str, DataFrame]
    entries: Mapping[str, TableEntries]
    totals: Sequence[Total]


def _write(work: IntakeWork, taken: Taken, before: Before) -> None:
    """Everything the night owns."""
    night, source, judged, clean, totals = work.night, work.mapping.source, taken.found.rows, taken.clean, taken.totals
    # what a token stands for is known before any table holds it
    sent_to_vault(work, judged)
    # then the delivery itself: a killed run must be taken up with the same files
    repeats = {file.name: was.business_date for file, was in taken.files.again}
    night.write_rows("delivery", delivery_rows(taken.delivery, repeats, work.key.key_id))
    new = {table for table in clean if _is_new(work, table, taken.found.new)}
    registers = [table for table in clean if table not in ENTRY_OF]

    def history(table: str) -> DataFrame:
        return history_rows(work, table, clean[table], _most_keys(table, totals), is_new=table in new)

    tables = night.in_parallel(registers, history)
    tables |= {entry: clean[table] for table, entry in ENTRY_OF.items() if table in clean}
    rejected = [t for t in judged if any(x.quarantined_lines for x in totals if x.table_name == t)]
    if judged:
        kept = [to_quarantine(judged[t], t, source, work.key.key_id) for t in rejected or list(judged)[:1]]
        tables["quarantine"] = stacked(kept)
    with ThreadPoolExecutor(1) as beside:
        # what is netted hangs on what earlier nights delivered, and takes several steps; the rest need not wait
        rest = beside.submit(night.write_all, tables, added=new)
        netted = netted_tables(work, taken.entries)
        alone = {table for table, made in netted.items() if made.is_alone}
        night.write_all({table: made.versions for table, made in netted.items()}, added=new & alone)
        rest.result()
    if judged:
        # rejected rows may hold what no check has looked at
        night.place.lake.set_mode("quarantine", _OWNER_AND_GROUP)
    night.write_rows("control_total", total_rows(taken.delivery, totals))
    lenders = work.mapping.lenders_of({file.kind for file in taken.files.fresh})
    lending = (file for file, _ in taken.files.again if file.kind in lenders)
    read, times = replace(taken.delivery, files=(*taken.files.fresh, *lending)), found_times(clean)
    night.write_rows("supplied_column", supplied_rows(read, work.mapping, before.supplied, times))


def _is_new(work: IntakeWork, table: str, unheard: Collection[str]) -> bool:
    """Whether the table holds no version of any key of tonight's, so that nothing of it has to be read."""
    if not work.night.exists(table):
        return True
    return table in unheard and not work.mapping.tables[table].grouped and not work.has_seen(table)


def _most_keys(table: str, totals: Sequence[Total]) -> int:
    """How many keys of the table the night has at most: of one that is grouped from others, as many as lines came."""
    own = [total.accepted_lines for total in totals if total.table_name == table]
    return sum(own) if own else sum(total.delivered_lines for total in totals)


def _erased_again(work: IntakeWork, judged: Mapping[str, DataFrame]) -> Report:
    """How many of the night's rows are of persons whose data were erased; nothing where nobody's were."""
    again = work.erased.again(judged)
    if again is None:
        return {}
    found = again.collect()[0]  # one row
    return {"erased_rows_again": found["rows"], "erased_persons_again": found["persons"]}


def _report(
    work: IntakeWork,
    delivery: Delivery,
    files: Sorted,
    totals: Sequence[Total],
    waiting: Sequence[WaitingTotal],
    page: Path,
) -> Report:
    late = Decisions(work.night.place.lake.address).later_than(work.decided, work.date)
    lines = [t for t in totals if t.table_name == "claim_line"]
    return {
        "files": len({t.file_name for t in totals}),
        "rows": sum(t.delivered_lines for t in totals),
        "accepted": sum(t.accepted_lines for t in totals),
        "quarantined": sum(t.quarantined_lines for t in totals),
        "duplicates": sum(t.duplicate_lines for t in totals),
        "claim_lines": sum(t.delivered_lines for t in lines),
        "claim_amount": str(sum(t.delivered_amount or 0 for t in lines)),
        "reversals_waiting": sum(t.lines_tonight for t in waiting),
        "amount_waiting": {t.table_name: str(t.amount) for t in waiting if t.lines},
        "quality_page": str(page),
        DECIDED: [one.content for one in work.decided],
        "notes": [*files.notes(), *delivery.notes(), *late],
    }


JOB = Job(
    name=INTAKE.name,
    title="intake",
    reads=(),
    optional=(),
    writes=(*_LEDGERS, *CLEAN_TABLES, *ENTRY_OF.values()),
    run=run,
    own_fingerprint=own_fingerprint,
    starts_spark=True,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
