"""Tonight's entries of lines and settlements beside those of all nights: what is netted, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from intake.rows.netting import (
    orphans,
    pointers_of,
    roots_of_reversals,
    touched_members,
    versions_of,
    waiting_reversals,
    with_matched_pointers,
)
from intake.source.mapping import ENTRY_OF
from jobs.loading.few_rows import few_rows, row_counts, spread
from jobs.loading.intake_work import IntakeWork

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Netted:
    """Of one table: the versions that follow from tonight's entries, and how many reversals wait (one row; None where
    nothing is reversed). `is_alone`: no version is of another night's key."""

    versions: DataFrame
    is_alone: bool
    waiting: DataFrame | None


@dataclass(frozen=True)
class TableEntries:
    """Entries of one table: all; tonight's; those whose versions are made; and other nights', where not all are."""

    others: DataFrame | None
    entries: DataFrame
    tonight: DataFrame
    changed: DataFrame


def entries_by_table(work: IntakeWork, clean: Mapping[str, DataFrame]) -> dict[str, TableEntries]:
    """Of the tables among `clean`, tonight's accepted rows, that have reversals; before the entries are written."""
    return {table: _entries_of(work, table, rows) for table, rows in clean.items() if table in ENTRY_OF}


def netted_tables(work: IntakeWork, reported: Mapping[str, TableEntries]) -> dict[str, Netted]:
    """What follows from tonight's entries, by table."""
    pointers = {table: work.night.materialize(pointers_of(t.entries, table)) for table, t in reported.items()}
    reversals = {table: work.night.materialize(waiting_reversals(t.tonight, table)) for table, t in reported.items()}
    counts = row_counts({"pointers": pointers, "reversals": reversals})
    netted = {}
    for table, t in reported.items():
        touched = _touched(work, table, t, pointers[table], counts["pointers", table])
        versions = versions_of(t.changed, None if touched is None else (touched, _history(t, touched, table)), table)
        named = few_rows(reversals[table], counts["reversals", table])
        waiting = None if named is None else orphans(named, t.entries, table)
        is_alone = touched is None and t.changed is t.tonight
        netted[table] = Netted(versions, is_alone, waiting)
    return netted


def _entries_of(work: IntakeWork, table: str, rows: DataFrame) -> TableEntries:
    tonight = rows.withColumn("business_date", F.lit(work.date))
    others = work.of_other_nights(ENTRY_OF[table])
    entries = tonight if others is None else others.unionByName(tonight)
    reversal = work.mapping.tables[table].reversal
    if reversal is None:
        return TableEntries(others, entries, tonight, changed=tonight)
    # what matches what by content depends on all entries, so all are netted again
    entries = with_matched_pointers(entries, table, reversal)
    return TableEntries(None, entries, entries.filter(F.col("business_date") == F.lit(work.date)), changed=entries)


def _touched(work: IntakeWork, table: str, reported: TableEntries, pointers: DataFrame, count: int) -> DataFrame | None:
    """The members of groups that tonight touches (see `touched_members`); None without any."""
    few = few_rows(pointers, count)
    if few is None:
        return None
    roots = work.night.materialize(roots_of_reversals(few, table))
    members = work.night.materialize(touched_members(reported.changed, spread(roots, count), table))
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
