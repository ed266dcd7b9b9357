"""Judged rows to clean tables, and the small tables that account for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from intake.files.delivery import Delivery
from intake.rows.canonical import supplied_columns, to_grouped
from intake.rows.status import FINGERPRINT_COLUMN, content_fingerprint, standing_rows, to_clean
from intake.rows.times import TimesOfDay
from intake.rows.totals import Total
from intake.source.mapping import ENTRY_OF, SourceMapping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Rows = list[tuple[Any, ...]]
Supplied = Mapping[tuple[str, str], bool | None]  # by (table, column): whether a timestamp has times of day


def clean_tables(
    judged: Mapping[str, DataFrame], mapping: SourceMapping, key_id: str, night: date
) -> dict[str, DataFrame]:
    """The accepted rows of each table, those grouped from other tables among them, stamped with the key's id."""
    from pyspark.sql import functions as F

    clean: dict[str, list[DataFrame]] = {table: [to_clean(rows, table)] for table, rows in judged.items()}
    for table, how in mapping.tables.items():
        for grouped in how.grouped:
            if grouped.parent in judged:
                rows = to_grouped(standing_rows(judged[grouped.parent]), table, grouped, night, mapping.delivery.zone)
                if table in ENTRY_OF:
                    rows = rows.withColumn(FINGERPRINT_COLUMN, content_fingerprint(table))
                clean.setdefault(table, []).append(rows)
    return {table: first_reported(parts, table).withColumn("key_id", F.lit(key_id)) for table, parts in clean.items()}


def first_reported(parts: Sequence[DataFrame], table: str) -> DataFrame:
    """The rows of all parts, each key from the first part that tells of it; within a part it stands once."""
    from pyspark.sql import functions as F

    if len(parts) == 1:
        return parts[0]
    key, columns = TABLES[table].key, parts[0].columns
    numbered = stacked([part.withColumn("_part", F.lit(number)) for number, part in enumerate(parts)])
    first = F.min_by(F.struct(*columns), "_part").alias("_first")
    return numbered.groupBy(*key).agg(first).select("_first.*")


def delivery_rows(delivery: Delivery, repeats: Mapping[str, date], key_id: str) -> Rows:
    """Rows of the table `delivery`: one per file. `repeats` names the night that delivered the same content before."""
    head = (delivery.business_date, delivery.source, delivery.batch_id)
    return [
        (
            *head,
            file.name,
            file.kind,
            file.measured.sha256,
            file.measured.content_sha256,
            file.measured.byte_count,
            file.measured.rows,
            repeats.get(file.name),
            key_id,
        )
        for file in delivery.files
    ]


def total_rows(delivery: Delivery, totals: Iterable[Total]) -> Rows:
    """Rows of the table `control_total`: file × canonical table."""
    names = TABLES["control_total"].column_names[2:]
    head = (delivery.business_date, delivery.source)
    return [(*head, *(getattr(total, name) for name in names)) for total in totals]


def supplied_rows(
    delivery: Delivery, mapping: SourceMapping, last: Supplied, times: Mapping[tuple[str, str], TimesOfDay]
) -> Rows:
    """Rows of the table `supplied_column`; tables not delivered tonight keep those columns they had last.

    Of a column of which the night has too few times to tell, what was known of it before goes on.
    """
    supplied = supplied_columns(mapping, delivery.headers())
    found = {pair: has_time for pair, has_time in last.items() if pair[0] not in supplied}
    for pair in ((table, column) for table, columns in supplied.items() for column in columns):
        found[pair] = times[pair].has_time(last.get(pair)) if pair in times else last.get(pair)
    return [(delivery.business_date, delivery.source, *pair, has_time) for pair, has_time in sorted(found.items())]
