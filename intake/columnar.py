"""Parquet as lines of text: every value a string in ISO form, batch by batch, never row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fundwatch.errors import faults
from intake.unpacking import FileFault

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 16
_FRACTION = r"\.?0+$"  # of a second, where it is zero: "09:00:00.000000"
_NAME = re.compile(r'[^",\r\n\0]+')


def parquet_lines(path: Path, zone: str) -> Iterator[bytes]:
    """The file as CSV in UTF-8, with a header; instants as the local time of `zone`.

    Raises FileFault when the footer or a page is damaged, or a column holds what is no single value.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _refuse_unreadable(file.schema_arrow)
            yield (",".join(file.schema_arrow.names) + "\n").encode()
            for batch in file.iter_batches(BATCH):
                yield _csv(pa.Table.from_arrays([_strings(c, zone) for c in batch.columns], names=batch.schema.names))
    except (pa.ArrowException, OSError, ValueError) as fault:
        # Arrow's own message may quote a value
        raise FileFault(f"is a damaged parquet file, or none ({type(fault).__name__})") from fault


def _refuse_unreadable(schema: pa.Schema) -> None:
    import pyarrow.types as kinds

    single = (
        kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_string, kinds.is_large_string,
        kinds.is_date, kinds.is_timestamp, kinds.is_time, kinds.is_dictionary, kinds.is_null,
    )  # fmt: skip
    found = [
        f"column {n} ('{field.name}') is {field.type}: deliver single values"
        for n, field in enumerate(schema, 1)
        if not any(is_kind(field.type) for is_kind in single)
    ]
    found += [f"column {n}: its name is blank, or not of one line" for n, name in enumerate(schema.names, 1)
              if not _NAME.fullmatch(name)]  # fmt: skip
    if found:
        raise FileFault(faults("is a parquet file with columns of other kinds", found))


def _strings(column: pa.Array, zone: str) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kinds.is_timestamp(column.type):
        if column.type.tz is not None:
            column = pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, zone)))
        text = column.cast(pa.string())
        return text if column.type.unit == "s" else pc.replace_substring_regex(text, _FRACTION, "")
    if kinds.is_decimal(column.type) and column.type.scale < 0:
        column = column.cast(pa.decimal128(38, 0))
    return column.cast(pa.string())


def _csv(table: pa.Table) -> bytes:
    import pyarrow as pa
    from pyarrow import csv

    target = pa.BufferOutputStream()
    csv.write_csv(table, target, csv.WriteOptions(include_header=False))
    return target.getvalue().to_pybytes()
