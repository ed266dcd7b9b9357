"""What a night's values say of their source: counted over the judged rows, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intake.rows.times import TimesOfDay, times_in, times_of_tables
from intake.rows.totals import Total
from intake.rows.value_findings import PlaceholderCount, SharedBy, placeholder_counts, shared_tokens
from jobs.loading.intake_work import IntakeWork

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class ValueFindings:
    """Texts that say nothing, by column and institution, and tokens that may stand for nobody."""

    placeholders: tuple[PlaceholderCount, ...] = ()
    shared: tuple[SharedBy, ...] = ()

    def as_rows(self, work: IntakeWork) -> list[tuple[Any, ...]]:
        """Rows of the table `placeholder`."""
        head = (work.date, work.mapping.source)
        return [
            (*head, one.table_name, one.column_name, one.placeholder, one.institution_id, one.row_count)
            for one in self.placeholders
        ]


def found_values(work: IntakeWork, judged: Mapping[str, DataFrame], totals: Sequence[Total]) -> ValueFindings:
    """Both in two Spark jobs at once, of tables of which the control totals do not say that there is none; few rows
    each."""
    limits = work.quality.shared_token
    silent = having(judged, totals, lambda total: total.placeholder_lines)
    many = having(judged, totals, lambda total: total.accepted_lines, limits.institutions)
    frames = {"counts": placeholder_counts(silent), "shared": shared_tokens(many, limits)}
    there = {name: frame for name, frame in frames.items() if frame is not None}
    rows = work.night.in_parallel(there, lambda name: there[name].collect())  # a row per column, text and institution
    counts = sorted((PlaceholderCount(**row.asDict()) for row in rows.get("counts", ())), key=str)
    shared = sorted(
        (SharedBy(**row.asDict()) for row in rows.get("shared", ())), key=lambda one: (-one.rows, one.token)
    )
    return ValueFindings(tuple(counts), tuple(shared))


def having(
    judged: Mapping[str, DataFrame], totals: Sequence[Total], count: Callable[[Total], int], least: int = 1
) -> dict[str, DataFrame]:
    """The tables that have so many such rows, counted over their files."""
    sums = Counter[str]()
    for total in totals:
        sums[total.table_name] += count(total)
    return {table: rows for table, rows in judged.items() if sums[table] >= least}


def found_times(tables: Mapping[str, DataFrame]) -> dict[tuple[str, str], TimesOfDay]:
    """Of the timestamp columns of the night's clean tables, how many values are no midnight; in one Spark job."""
    counted = times_of_tables(tables)
    return {} if counted is None else times_in(counted.collect())  # a row per timestamp column
