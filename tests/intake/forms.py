"""The same small table in every form a sender may choose."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from intake.files.landed import Opened, open_file
from intake.files.unpacking import FileError
from intake.source.mapping import DeliveryForm

SheetRows = Sequence[Sequence[str]]  # the header first


def csv_text(table: SheetRows, delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(table)
    return text.getvalue()


def write_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def write_workbook(path: Path, rows: Sequence[Sequence[object]], sheets: int = 1) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    for _ in range(sheets - 1):
        book.create_sheet()
    book.save(path)
    return path


def write_as(form: str, table: SheetRows, folder: Path) -> Path:
    """The table as a file of the form, which is an ending or, after a space, an encoding: "csv gb18030"."""
    ending, _, encoding = form.partition(" ")
    path = folder / f"table.{ending}"
    if ending == "parquet":
        columns = {name: pa.array([row[n] for row in table[1:]]) for n, name in enumerate(table[0])}
        pq.write_table(pa.table(columns), path)
    elif ending == "xlsx":
        write_workbook(path, table)
    else:
        delimiter, end = ("\t", "\r\n") if ending.startswith("tsv") else (",", "\n")
        content = csv_text(table, delimiter, end).encode(encoding or "utf-8")
        if ending.endswith("gz"):
            half = len(content) // 2
            path.write_bytes(gzip.compress(content[:half]) + gzip.compress(content[half:]))  # two members
        elif ending.endswith("zip"):
            write_zip(path, table__csv=content)
        else:
            path.write_bytes(content)
    return path


FORMS = (
    "csv", "csv utf-8-sig", "csv gb18030", "csv gbk", "csv.gz", "csv.gz gb18030", "csv.zip", "csv.zip utf-8-sig", "txt",
    "tsv", "tsv.gz", "parquet", "xlsx",
)  # fmt: skip

HEADER = ("line", "name", "amount")
ROWS = [("L1", "普通病房床位费", "1.10"), ("L2", 'a "quoted", one', ""), ("000123", "床位", "-3.00")]
TEXT = csv_text([HEADER, *ROWS]).encode()


def opened(path: Path, encodings: tuple[str, ...] = ("utf-8", "gb18030")) -> Opened:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return open_file(path, DeliveryForm.model_validate({"encodings": encodings}), scratch)


def strings(file: Opened) -> list[list[str]]:
    """The rows as Spark is to read them, without the line's number."""
    content = file.path.read_bytes()
    content = gzip.decompress(content) if file.path.suffix == ".gz" else content
    rows = csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=file.delimiter)
    return [row[1:] if file.is_numbered else row for row in rows if row]


def refused(path: Path, encodings: tuple[str, ...] = ("utf-8", "gb18030")) -> str:
    with pytest.raises(FileError) as caught:
        opened(path, encodings)
    return str(caught.value)


def opened_or_error(path: Path) -> Opened | FileError:
    try:
        return opened(path)
    except FileError as error:
        return error


def written(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name
