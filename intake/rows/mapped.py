"""From one landed file to its texts, with what other files lend: the same way for a night and for a trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from intake.files.delivery import Delivery, LandedFile
from intake.rows.canonical import Columns, columns_of
from intake.rows.joining import with_lookups
from intake.rows.reading import as_strings
from intake.source.mapping import Rows, SourceMapping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def source_rows(
    raw: Callable[[LandedFile], DataFrame],
    mapping: SourceMapping,
    delivery: Delivery,
    file: LandedFile,
    rows: Rows,
    sample: int | None = None,
) -> tuple[DataFrame, Columns]:
    """One row per delivered row (the first `sample`, if given): texts by column, and which columns they come from.

    `raw` reads a file. Files that lend columns are read whole, so that a sample finds its headers.
    """
    # a file has its own columns; what others lend is the delivery's
    headers = delivery.headers() | {file.kind: frozenset(file.header)}
    columns = columns_of(mapping, rows, headers)

    def lenders(kind: str, used: Sequence[str]) -> list[DataFrame]:
        named = frozenset(used)
        files = [one for one in delivery.files if one.kind == kind]
        return [as_strings(raw(f), f, sorted(named & {*f.header}), mapping.delivery.null_texts) for f in files]

    delivered = raw(file) if sample is None else raw(file).limit(sample)
    strings = as_strings(delivered, file, columns.to_read(rows), mapping.delivery.null_texts)
    return with_lookups(strings, mapping, rows, headers, lenders), columns
