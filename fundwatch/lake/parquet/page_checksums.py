"""The check sums of a Parquet file's pages, compared with its bytes without decoding a value.

Readers in Java and in Arrow can verify them while they decode; delta-rs cannot (1.6), so they are verified before it
reads. Nothing here looks into a page: the header says how long it is and what the CRC-32 of its bytes must be
(parquet-format: Thrift's compact protocol, `PageHeader`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from fundwatch.lake.files import LakeFiles

_PACKED_SIZE, _CRC = 3, 4
_DATA_PAGES = (5, 8)  # the fields of a data page of version 1 and of version 2
_VALUES = 1
_BITS = 0xFFFFFFFF


class PageDamage(ValueError):
    """A page is not what was written."""


class _ThriftType(IntEnum):
    """The types of Thrift's compact protocol."""

    TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


@dataclass
class _Header:
    """Reads one header; `at` is where it goes on."""

    raw: bytes
    at: int

    def struct(self) -> dict[int, Any]:
        """The fields of a struct by their ids; what is no number and no struct is passed over."""
        fields: dict[int, Any] = {}
        field = 0
        while byte := self._byte():
            step = byte >> 4
            field = field + step if step else self._number()
            fields[field] = self._value(_ThriftType(byte & 0x0F))
        return fields

    def _value(self, kind: _ThriftType) -> Any:
        if kind in (_ThriftType.TRUE, _ThriftType.FALSE):
            return kind is _ThriftType.TRUE
        if kind in (_ThriftType.I16, _ThriftType.I32, _ThriftType.I64):
            return self._number()
        if kind is _ThriftType.STRUCT:
            return self.struct()
        if kind is _ThriftType.BINARY:
            length = self._unsigned()
            self.at += length
            return None
        raise PageDamage(f"a page's header holds a {kind.name}")

    def _byte(self) -> int:
        self.at += 1
        return self.raw[self.at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _number(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def has_page_checksums(files: LakeFiles, name: str) -> bool:
    """Whether every page of the file was compared with its check sum; False when some page has none.

    Raises PageDamage for a page that differs, a header that cannot be read, or values that are missing.
    """
    import pyarrow as pa

    checked = True
    try:
        with files.opened(name) as stream, files.parquet(name) as file:
            for start, size, values in _chunks(file.metadata):
                stream.seek(start)
                checked &= _chunk_is_checked(stream.read(size), values)
    except (pa.ArrowException, OSError) as error:
        raise PageDamage(f"the footer cannot be read ({type(error).__name__})") from error
    return checked


def _chunks(metadata: Any) -> Iterator[tuple[int, int, int]]:
    """Offset, size and number of values of every column of every row group."""
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for number in range(rows.num_columns):
            column = rows.column(number)
            starts = (column.dictionary_page_offset, column.data_page_offset)
            yield min(s for s in starts if s), column.total_compressed_size, column.num_values


def _chunk_is_checked(raw: bytes, values: int) -> bool:
    at = found = 0
    checked = True
    view = memoryview(raw)
    while at < len(raw):
        header = _Header(raw, at)
        try:
            fields = header.struct()
            size, reported = int(fields[_PACKED_SIZE]), fields.get(_CRC)
            found += sum(int(fields[kind][_VALUES]) for kind in _DATA_PAGES if kind in fields)
        except (IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise PageDamage("a page's header cannot be read") from error
        page = view[header.at : header.at + size] if size >= 0 else view[:0]
        if len(page) != size:
            raise PageDamage("a page ends beyond its column")
        if reported is not None and zlib.crc32(page) != reported & _BITS:
            raise PageDamage("a page differs from its check sum")
        checked &= reported is not None
        at = header.at + size
    if found != values:
        raise PageDamage(f"its pages hold {found:,} values, the footer says {values:,}")
    return checked
