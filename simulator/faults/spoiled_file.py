"""One file of a delivery, spoiled: one function per kind of misdelivery that touches bytes (see misdeliveries)."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from simulator.calibration.delivered import unpacked
from simulator.delivering.delivery import DeliveredFile, pack_whole
from simulator.delivering.rows import joined
from simulator.scenario.layout import Layout

_NEW_LEVEL = 9  # of a file packed again
_PLAIN, _GZIP = ".csv", ".csv.gz"
_NO_CODE = "9"


@dataclass(slots=True)
class SpoiledDelivery:
    """A delivery being spoiled: its folder, what the manifest will say, and the table whose file is spoiled.

    `earlier` is the folder of the delivery it takes from, where it takes from one.
    """

    night: date
    folder: Path
    files: list[DeliveredFile]
    table: str
    layout: Layout
    earlier: Path

    @property
    def stated(self) -> DeliveredFile:
        """What the manifest says of the file."""
        return next(file for file in self.files if file.table == self.table)

    def state(self, file: DeliveredFile) -> None:
        """Say something else of the file."""
        self.files[self.files.index(self.stated)] = file

    def lines(self, folder: Path | None = None) -> list[str]:
        """Header and rows of the file, here or in another delivery, without line ends."""
        with unpacked((folder or self.folder) / f"{self.table}{self.layout.ending}") as content:
            return content.read().decode(self.layout.encoding).splitlines()

    def put(self, content: bytes, name: str, rows: int, cents: int) -> None:
        """These bytes in the place of the file, stated truly."""
        (self.folder / self.stated.name).unlink()
        (self.folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        amount = None if self.stated.amount is None else cents
        self.state(replace(self.stated, name=name, rows=rows, sha256=digest, size=len(content), amount=amount))

    def put_lines(self, lines: Sequence[str], *, is_same_money: bool = True) -> None:
        """These lines in the place of the file, packed as usual, stated truly."""
        content = pack_whole(self.layout, self.stated.name, _text(lines).encode(self.layout.encoding))
        cents = (self.stated.amount or 0) if is_same_money else self.cents_of(lines)
        self.put(content, self.stated.name, len(lines) - 1, cents)

    def cents_of(self, lines: Sequence[str]) -> int:
        """The money of rows under their header, where the manifest states any."""
        if self.stated.amount is None:
            return 0
        return sum(int(Decimal(row[self.stated.amount_column]) * 100) for row in csv.DictReader(lines))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _other_encoding(layout: Layout) -> str:
    return "utf-8" if layout.encoding == "gb18030" else "gb18030"


def _send_again(night: SpoiledDelivery, name: str, content: bytes) -> None:
    """One more file of the same table, with the rows of the earlier delivery."""
    lines = night.lines(night.earlier)
    (night.folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    cents = None if night.stated.amount is None else night.cents_of(lines)
    again = replace(night.stated, name=name, rows=len(lines) - 1, sha256=digest, size=len(content), amount=cents)
    night.files.insert(night.files.index(night.stated) + 1, again)


def _renamed(night: SpoiledDelivery) -> None:
    ending = night.layout.ending
    content = (night.earlier / f"{night.table}{ending}").read_bytes()
    _send_again(night, f"{night.table}_2{ending}", content)


def _repacked(night: SpoiledDelivery) -> None:
    """Another level, and a time in the head of the gzip file, as an archive tool leaves them."""
    text = _text(night.lines(night.earlier)).encode(night.layout.encoding)
    at = (night.night - date(1970, 1, 1)).days * 86_400
    _send_again(night, f"{night.table}_2{_GZIP}", gzip.compress(text, _NEW_LEVEL, mtime=at))


def _in_part(night: SpoiledDelivery) -> None:
    """Every row of the earlier delivery whose number ends in 0, 3 or 6, before the night's own."""
    header, *own = night.lines()
    again = [line for n, line in enumerate(night.lines(night.earlier)[1:]) if n % 10 in (0, 3, 6)]
    night.put_lines([header, *again, *own], is_same_money=False)


def _cut_gzip(night: SpoiledDelivery) -> None:
    """One member, so that the cut falls within it; the manifest states the whole file."""
    text = _text(night.lines()).encode(night.layout.encoding)
    content = gzip.compress(text, night.layout.level, mtime=0)
    night.put(content, night.table + _GZIP, night.stated.rows, night.stated.amount or 0)
    (night.folder / night.stated.name).write_bytes(content[: len(content) * 6 // 10])


def _cut_plain(night: SpoiledDelivery) -> None:
    lines = night.lines()
    whole = _text(lines).encode(night.layout.encoding)
    half = len(lines) // 2
    row = lines[half]
    content = (_text(lines[:half]) + row[: row.index(",", len(row) // 2)]).encode(night.layout.encoding)
    night.put(whole, night.table + _PLAIN, night.stated.rows, night.stated.amount or 0)
    (night.folder / night.stated.name).write_bytes(content)


def _other_file_encoding(night: SpoiledDelivery) -> None:
    content = pack_whole(night.layout, night.stated.name, _text(night.lines()).encode(_other_encoding(night.layout)))
    night.put(content, night.stated.name, night.stated.rows, night.stated.amount or 0)


def _two_encodings(night: SpoiledDelivery) -> None:
    lines = night.lines()
    half = len(lines) // 2
    upper = _text(lines[:half]).encode(night.layout.encoding)
    lower = _text(lines[half:]).encode(_other_encoding(night.layout))
    content = pack_whole(night.layout, night.stated.name, upper + lower)
    night.put(content, night.stated.name, night.stated.rows, night.stated.amount or 0)


Change = Callable[[list[str]], list[str]]


def _changed(night: SpoiledDelivery, header: Change, row: Change) -> None:
    """The file with its header and its rows changed, each value by value."""
    first, *rows = csv.reader(io.StringIO(_text(night.lines())))
    night.put_lines([joined(tuple(header(first))), *(joined(tuple(row(values))) for values in rows)])


def _with_unknown_column(night: SpoiledDelivery) -> None:
    _changed(night, lambda names: [*names, "rsv_fld1"], lambda values: [*values, "0"])


def _without_column(night: SpoiledDelivery) -> None:
    at = _place(night, "cnt")
    _changed(night, lambda names: names[:at] + names[at + 1 :], lambda values: values[:at] + values[at + 1 :])


def _with_renamed_column(night: SpoiledDelivery) -> None:
    _changed(night, lambda names: ["fee_cnt" if name == "cnt" else name for name in names], list)


def _reordered(night: SpoiledDelivery) -> None:
    _changed(night, lambda names: names[::-1], lambda values: values[::-1])


def _retyped(night: SpoiledDelivery) -> None:
    at = _place(night, "fee_ocur_time")

    def written(values: list[str]) -> list[str]:
        day, _, clock = values[at].partition(" ")
        year, month, number = day.split("-")
        return [*values[:at], f"{number}.{month}.{year} {clock}", *values[at + 1 :]]

    _changed(night, list, written)


def _new_code(night: SpoiledDelivery, every: int = 20) -> None:
    at, count = _place(night, "chrgitm_lv"), 0

    def written(values: list[str]) -> list[str]:
        nonlocal count
        count += 1
        return [*values[:at], _NO_CODE, *values[at + 1 :]] if count % every == 1 else values

    _changed(night, list, written)


def _place(night: SpoiledDelivery, column: str) -> int:
    return next(csv.reader(night.lines()[:1])).index(column)


def _empty(night: SpoiledDelivery) -> None:
    night.put(b"", night.stated.name, 0, 0)


def _header_only(night: SpoiledDelivery) -> None:
    night.put_lines(night.lines()[:1], is_same_money=False)


def _tenth(night: SpoiledDelivery) -> None:
    lines = night.lines()
    night.put_lines(lines[: 1 + max(1, (len(lines) - 1) // 10)], is_same_money=False)


def _tenfold(night: SpoiledDelivery) -> None:
    header, *rows = night.lines()
    night.put_lines([header, *(row for row in rows for _ in range(10))], is_same_money=False)


SPOILERS: Mapping[str, Callable[[SpoiledDelivery], None]] = {
    "sent_again_renamed": _renamed,
    "sent_again_repacked": _repacked,
    "sent_again_in_part": _in_part,
    "truncated_gzip": _cut_gzip,
    "half_csv": _cut_plain,
    "mixed_encodings": _other_file_encoding,
    "mixed_encodings_within": _two_encodings,
    "unknown_column": _with_unknown_column,
    "missing_column": _without_column,
    "renamed_column": _with_renamed_column,
    "reordered_columns": _reordered,
    "retyped_column": _retyped,
    "new_code": _new_code,
    "stray_code": partial(_new_code, every=300),
    "empty_file": _empty,
    "header_only": _header_only,
    "tenth_of_size": _tenth,
    "tenfold_size": _tenfold,
}
