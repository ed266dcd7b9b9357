"""Tonight's entries of lines and settlements beside those of all nights: what is netted, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from intake.rows.netting import (
    ROOT,
    SINCE,
    keys_of_both,
    reversals_of,
    roots_of,
    touched_members,
    versions_of,
    waiting_on,
    with_births,
    with_matched_pointers,
)
from intake.rows.status import accepted_rows
from intake.rows.totals import WaitingTotal, waiting_by_file, waiting_total
from intake.source.mapping import ENTRY_OF
from jobs.loading.few_rows import few_rows, row_counts
from jobs.loading.intake_work import IntakeWork

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Netted:
    """Of one table: the versions that follow from tonight's entries. `is_alone`: none is of another night's key."""

    versions: DataFrame
    is_alone: bool


@dataclass(frozen=True)
class TableEntries:
    """Entries of one table: all; tonight's; those whose versions are made; and other nights', where not all are.

    `reversals` are those among all of them, with their roots and the nights these were born (see
    `intake.rows.netting.with_births`); None where there is none.
    """

    others: DataFrame | None
    entries: DataFrame
    tonight: DataFrame
    changed: DataFrame
    reversals: DataFrame | None = None


def entries_by_table(work: IntakeWork, clean: Mapping[str, DataFrame]) -> dict[str, TableEntries]:
    """Of the tables among `clean`, tonight's accepted rows, that have reversals; before the entries are written."""
    reported = {table: _entries_of(work, table, rows) for table, rows in clean.items() if table in ENTRY_OF}
    reversals = {table: work.night.materialize(reversals_of(t.entries, table)) for table, t in reported.items()}
    counts = row_counts({"reversals": reversals})
    return {
        table: replace(t, reversals=_born(work, table, t, few_rows(reversals[table], counts["reversals", table])))
        for table, t in reported.items()
    }


def _born(work: IntakeWork, table: str, reported: TableEntries, reversals: DataFrame | None) -> DataFrame | None:
    if reversals is None:
        return None
    roots = work.night.materialize(roots_of(reversals, table))
    return work.night.materialize(with_births(roots, reported.entries, table))


def waiting_totals(
    work: IntakeWork, reported: Mapping[str, TableEntries], judged: Mapping[str, DataFrame]
) -> list[WaitingTotal]:
    """What waits for its original after tonight, by table: in all, and of tonight's rows by file."""
    waiting = {
        table: waiting_on(t.reversals, F.lit(work.date)) for table, t in reported.items() if t.reversals is not None
    }
    frames = [waiting_total(rows, table, work.date) for table, rows in waiting.items()]
    totals = [WaitingTotal(**row.asDict()) for row in stacked(frames).collect()] if frames else []  # a row per table
    named = [t.table_name for t in totals if t.lines_tonight and t.table_name in judged]
    frames = [waiting_by_file(accepted_rows(judged[t]), waiting[t], t, work.date) for t in named]
    files = stacked(frames).collect() if frames else []  # a row per file
    return [
        replace(t, by_file={r.file_name: (r.lines, r.amount) for r in files if r.table_name == t.table_name})
        for t in totals
    ]


def netted_tables(work: IntakeWork, reported: Mapping[str, TableEntries]) -> dict[str, Netted]:
    """What follows from tonight's entries, by table."""
    netted = {}
    for table, t in reported.items():
        touched = _touched(work, table, t)
        versions = versions_of(t.changed, None if touched is None else (touched, _history(t, touched, table)), table)
        netted[table] = Netted(versions, touched is None and t.changed is t.tonight)
    return netted


def _entries_of(work: IntakeWork, table: str, rows: DataFrame) -> TableEntries:
    tonight = rows.withColumn("business_date", F.lit(work.date))
    others = work.of_other_nights(ENTRY_OF[table])
    entries = tonight if others is None else others.unionByName(tonight)
    reversal = work.mapping.tables[table].reversal
    if reversal is None:
        return TableEntries(others, entries, tonight, changed=tonight)
    # what matches what by content depends on all entries, so all are netted again
    entries = work.night.materialize(with_matched_pointers(entries, table, reversal))
    return TableEntries(None, entries, entries.filter(F.col("business_date") == F.lit(work.date)), changed=entries)


def _touched(work: IntakeWork, table: str, reported: TableEntries) -> DataFrame | None:
    """The members of groups that tonight touches (see `touched_members`); None without any."""
    roots = [] if reported.reversals is None else [reported.reversals.select(TABLES[table].key[0], ROOT, SINCE)]
    if work.replaces(table) is not None and reported.others is not None:
        roots.append(keys_of_both(reported.others, reported.tonight, table))
    if not roots:
        return None
    members = work.night.materialize(touched_members(reported.changed, stacked(roots), table))
    return few_rows(members, row_counts({"members": {table: members}})["members", table])


def _history(reported: TableEntries, members: DataFrame, table: str) -> DataFrame:
    return (
        reported.entries
        if reported.others is None
        else _of_touched_nights(reported.others, reported.tonight, members, table)
    )


def _of_touched_nights(others: DataFrame, tonight: DataFrame, members: DataFrame, table: str) -> DataFrame:
    """Tonight's entries and those of the nights that delivered a member: the others are not read."""
    key = TABLES[table].key[0]
    nights = others.select(key, "business_date").join(members.select(key), key, how="left_semi")
    found = [row.business_date for row in nights.select("business_date").distinct().collect()]  # a row per night
    return others.filter(F.col("business_date").isin(found)).unionByName(tonight) if found else tonight
