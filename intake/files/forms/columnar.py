"""Parquet as lines of text: every value a string in ISO form, batch by batch, never row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.errors import problems
from intake.files.limits import MOST_BATCH, MOST_ROW_GROUP, MOST_TIMES, SMALL
from intake.files.unpacking import FileError, guarded, refuse_wide

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 16
_FRACTION = r"\.?0+$"  # of a second, where it is zero: "09:00:00.000000"
_NAME = re.compile(r'[^",\r\n\0]+')


def parquet_lines(path: Path, zone: str) -> Iterator[bytes]:
    """The file as CSV in UTF-8, with a header; instants as the local time of `zone`.

    Raises FileError when the footer or a page is damaged, or a column holds what is no single value.
    """
    return guarded(_lines(path, zone), path.stat().st_size)


def _lines(path: Path, zone: str) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, packed = file.schema_arrow, _dictionaries(file.metadata)
            refuse_wide(len(schema))
            _refuse_unreadable(schema)
            _refuse_bomb(file.metadata, path.stat().st_size)
            yield (",".join(schema.names) + "\n").encode()
        # a value that stands in a dictionary once and in a million rows is held once
        with pq.ParquetFile(path, read_dictionary=packed, page_checksum_verification=True) as file:
            for batch in file.iter_batches(BATCH):
                for part in _bounded(batch):
                    columns = [_strings(column, zone) for column in part.columns]
                    yield _csv(pa.Table.from_arrays(columns, names=part.schema.names))
    except (pa.ArrowException, OSError, ValueError) as error:
        # Arrow's own message may quote a value
        raise FileError(f"is a damaged parquet file, or none ({type(error).__name__})") from error


def _refuse_bomb(metadata: Any, size: int) -> None:
    """A row group's columns are unpacked as they are asked for: what it says it unpacks to must be in proportion."""
    most = max(SMALL, MOST_TIMES * size)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        unpacked = sum(group.column(n).total_uncompressed_size for n in range(group.num_columns))
        if unpacked > min(most, MOST_ROW_GROUP):
            raise FileError(
                f"has a row group that unpacks to {unpacked:,} bytes, more than {MOST_ROW_GROUP >> 30} GiB or "
                f"{MOST_TIMES:,} times the file's size: write row groups of some 128 MiB"
            )


def _dictionaries(metadata: Any) -> list[str]:
    """The text columns that are dictionary-encoded somewhere."""
    found = set()
    for group in range(metadata.num_row_groups):
        columns = (metadata.row_group(group).column(n) for n in range(metadata.num_columns))
        found |= {c.path_in_schema for c in columns if c.physical_type == "BYTE_ARRAY" and c.has_dictionary_page}
    return sorted(found)


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch, or parts of it, each of which is text of some size; a row that is more by itself is no line."""
    if (size := sum(map(_text_size, batch.columns))) <= MOST_BATCH:
        yield batch
    elif batch.num_rows == 1:
        raise FileError(f"holds a row of {size:,} bytes: no line of text")
    else:
        half = batch.num_rows // 2
        yield from _bounded(batch.slice(0, half))
        yield from _bounded(batch.slice(half))


def _text_size(column: pa.Array) -> int:
    """How many bytes a column's texts are once each stands in its row; 0 for columns of other kinds."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_dictionary(column.type):
        if not (kinds.is_string(column.type.value_type) or kinds.is_large_string(column.type.value_type)):
            return 0
        lengths = pc.binary_length(column.dictionary).cast("int64")
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
    if kinds.is_string(column.type) or kinds.is_large_string(column.type):
        return int(pc.sum(pc.binary_length(column).cast("int64")).as_py() or 0)
    return 0


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
        raise FileError(problems("is a parquet file with columns of other kinds", found))


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
