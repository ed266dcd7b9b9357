"""Deliveries: one folder a night, joined from the spool, with a manifest of what each file holds."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, cast

from simulator.delivering.columns import AMOUNT_COLUMNS, header
from simulator.delivering.rows import batch_id, joined, money
from simulator.delivering.spool import Piece, SpooledBlock, SpoolReader, encoded, packed
from simulator.scenario.layout import ENDINGS, Layout
from simulator.scenario.scenario import Scenario

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
_COPY_BYTES = 1 << 20
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file as the manifest states it; `amount` in cents, None for tables without money."""

    name: str
    table: str
    rows: int
    sha256: str
    size: int
    amount: int | None
    amount_column: str = ""

    def manifest_entry(self) -> dict[str, str | int]:
        """Its entry in manifest.json."""
        entry: dict[str, str | int] = {
            "name": self.name,
            "table": self.table,
            "rows": self.rows,
            "sha256": self.sha256,
            "bytes": self.size,
        }
        if self.amount is not None:
            entry |= {"amount_column": self.amount_column, "amount_total": money(self.amount)}
        return entry


def write_manifest(
    folder: Path, night: date, batch: str, files: Sequence[DeliveredFile], source: str = "national"
) -> None:
    """What the sender says of a night's files."""
    content = {
        "format": MANIFEST_FORMAT,
        "source": source,
        "business_date": str(night),
        "batch_id": batch,
        "files": [file.manifest_entry() for file in files],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def stated_files(folder: Path) -> list[DeliveredFile]:
    """What the manifest of a night's folder says of its files."""
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    return [
        DeliveredFile(
            entry["name"], entry["table"], entry["rows"], entry["sha256"], entry["bytes"],
            int(Decimal(entry["amount_total"]) * 100) if "amount_total" in entry else None,
            entry.get("amount_column", ""),
        )
        for entry in entries
    ]  # fmt: skip


def clear_night(folder: Path, known: Collection[str]) -> None:
    """Take away what an earlier scenario left; `known` are all tables that any scenario may deliver."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for path in [path for table in known for path in folder.glob(f"{table}*.csv*")]:
        path.unlink(missing_ok=True)


def pack_whole(layout: Layout, name: str, text: bytes) -> bytes:
    """A file's whole content, packed as the delivery is."""
    if layout.compression != "zip":
        return packed(layout, text)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=layout.level) as archive:
        archive.writestr(_inside(layout, name), text)
    return content.getvalue()


def _inside(layout: Layout, name: str) -> zipfile.ZipInfo:
    """The only file of a zip file, without a time."""
    inside = zipfile.ZipInfo(name.removesuffix(ENDINGS["zip"]), _NO_TIME)
    inside.compress_type = zipfile.ZIP_DEFLATED
    inside._compresslevel = layout.level  # type: ignore[attr-defined]  # ZipInfo has no public name for it
    return inside


@dataclass(slots=True)
class TableFile:
    """One table's file being joined; made when its first row comes."""

    scenario: Scenario
    table: str
    columns: Sequence[str]
    path: Path
    rows: int = 0
    cents: int = 0
    _file: BinaryIO | None = None
    _zip: zipfile.ZipFile | None = None

    def add(self, piece: Piece) -> None:
        """Append what a block made."""
        if piece.rows:
            self._open().write(piece.content)
            self.rows += piece.rows
            self.cents += piece.cents

    def _open(self) -> BinaryIO:
        if self._file is None:
            layout = self.scenario.layout
            if layout.compression == "zip":
                self._zip = zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED, compresslevel=layout.level)
                inside = _inside(layout, self.path.name)
                self._file = cast(BinaryIO, self._zip.open(inside, "w", force_zip64=True))
            else:
                self._file = self.path.open("wb")
            head = encoded(layout, joined(tuple(self.columns)) + "\n", first=True)
            self._file.write(packed(layout, head))
        return self._file

    def delivered(self) -> DeliveredFile:
        """What the manifest says of it, once it is closed."""
        digest, size = hashlib.sha256(), 0
        with self.path.open("rb") as content:
            while part := content.read(_COPY_BYTES):
                digest.update(part)
                size += len(part)
        column = AMOUNT_COLUMNS.get(self.table, "")
        amount = self.cents if column else None
        return DeliveredFile(self.path.name, self.table, self.rows, digest.hexdigest(), size, amount, column)

    def close(self) -> None:
        """No more rows."""
        for file in (self._file, self._zip):
            if file is not None:
                file.close()


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins spooled blocks into files. `tables` are the spooled tables in order, each with its columns."""

    scenario: Scenario
    tables: dict[str, tuple[str, ...]]
    places: Sequence[SpooledBlock]
    reader: SpoolReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", SpoolReader(len(self.tables)))

    def write_night(self, number: int, folder: Path) -> list[DeliveredFile]:
        """One night's files and, last, its manifest, so that a folder with one is complete."""
        night, layout = self.scenario.nights[number], self.scenario.layout
        folder.mkdir(parents=True, exist_ok=True)
        files = [
            TableFile(self.scenario, table, header(table, columns, layout.names), folder / f"{table}{layout.ending}")
            for table, columns in self.tables.items()
        ]
        self._fill(number, files)
        delivered = [file.delivered() for file in files if file.rows]
        source = "inspection" if layout.is_extract else "national"
        write_manifest(folder, night, batch_id(self.scenario.seed, night), delivered, source)
        return delivered

    def _fill(self, number: int, files: list[TableFile]) -> None:
        try:
            for place in self.places:
                for file, piece in zip(files, self.reader.pieces(place, number), strict=True):
                    file.add(piece)
        finally:
            for file in files:
                file.close()
