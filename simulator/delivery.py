"""Deliveries: one folder a night, joined from the spool, with a manifest of what each file holds."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from simulator.columns import AMOUNT_COLUMNS, header
from simulator.layout import ENDINGS
from simulator.rows import batch_id, joined, money
from simulator.scenario import Scenario
from simulator.spool import Piece, Place, SpoolReader, encoded, packed

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
                inside = zipfile.ZipInfo(self.path.name.removesuffix(ENDINGS["zip"]), _NO_TIME)
                inside.compress_type = zipfile.ZIP_DEFLATED
                inside._compresslevel = layout.level  # type: ignore[attr-defined]  # ZipInfo has no public name for it
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
    places: Sequence[Place]
    reader: SpoolReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", SpoolReader(len(self.tables)))

    def write_night(self, number: int, landing: Path, known: Collection[str]) -> list[DeliveredFile]:
        """One night's folder; the manifest last, so that a folder with one is complete.

        `known` are all tables that any scenario may deliver: what an earlier one left of them goes.
        """
        night, layout = self.scenario.nights[number], self.scenario.layout
        folder = landing / str(night)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").unlink(missing_ok=True)
        for name in [f"{table}.csv{ending}" for table in known for ending in ENDINGS.values()]:
            (folder / name).unlink(missing_ok=True)
        files = [
            TableFile(self.scenario, table, header(table, columns, layout.names), folder / f"{table}{layout.ending}")
            for table, columns in self.tables.items()
        ]
        self._fill(number, files)
        delivered = [file.delivered() for file in files if file.rows]
        content = {
            "format": MANIFEST_FORMAT,
            "source": "national",
            "business_date": str(night),
            "batch_id": batch_id(self.scenario.seed, night),
            "files": [file.manifest_entry() for file in delivered],
        }
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        return delivered

    def _fill(self, number: int, files: list[TableFile]) -> None:
        try:
            for place in self.places:
                for file, piece in zip(files, self.reader.pieces(place, number), strict=True):
                    file.add(piece)
        finally:
            for file in files:
                file.close()
