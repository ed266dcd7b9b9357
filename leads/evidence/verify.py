"""Which evidence a file says it is: the mark in a page, a paper or a workbook, read without opening the file as such.

Files come from outside: no more than a bound is read, nothing in them is run.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from fundwatch.errors import FundwatchError
from leads.evidence.document import MARK

MOST_BYTES = 64 * 1024 * 1024
_MARKED = re.compile(rb"%s:([0-9a-f]{64})(?![0-9a-f])" % MARK.encode())
_PROPERTIES = ("docProps/core.xml", "xl/sharedStrings.xml")
_KINDS = (".html", ".pdf", ".xlsx")


def marks_in(path: Path) -> list[str]:
    """The fingerprints that stand in the file, each once; none in a file that is no evidence file, or was remade.

    Raises FundwatchError for a file that cannot be read, is of another kind or too large.
    """
    if path.suffix.lower() not in _KINDS:
        raise FundwatchError(f"{path.name} is no evidence file", where=str(path), do="give a .html, .pdf or .xlsx file")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise FundwatchError(
                f"{path.name} has {size:,} bytes, an evidence file at most {MOST_BYTES:,}", where=str(path)
            )
        found = [mark.decode() for text in _texts(path) for mark in _MARKED.findall(text)]
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise FundwatchError(
            f"{path.name} cannot be read: {error}", where=str(path), do="give the file as it was sent"
        ) from error
    return [*dict.fromkeys(found)]


def _texts(path: Path) -> Iterator[bytes]:
    if path.suffix.lower() != ".xlsx":
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as book:
        for name in _PROPERTIES:
            if name in book.namelist():
                with book.open(name) as part:
                    yield part.read(MOST_BYTES)  # what a cell's own size says is not believed
