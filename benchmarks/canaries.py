"""Canaries: invented marks planted wherever a delivery may identify a person, and the search for them afterwards.

What is planted follows the mapping, so that a column it gains is covered at once: every column under `identifying`
(those that a delivery lacks are added), every free text, every column under `drop`; and, in few rows, the columns of
which the lake's codes and names are made. The marks belong to nobody: the region 990001 and the ranges 1009 and 154 are
not issued.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from fundwatch.contracts import TABLES
from intake.source.columns import Scrub, Token, columns_used
from intake.source.mapping import ENTRY_OF, Rows, SourceMapping
from simulator.delivering.delivery import MANIFEST

NAME, CERTIFICATE, PHONE, ADDRESS = "欧阳金雀", "990001198002299996", "10098765432", "金丝雀巷九十九号"
# what stands for the values of a domain whose values have a form of their own; the others only get a mark before them
_FORMS = {"certificate": CERTIFICATE, "contact": PHONE, "address": ADDRESS}
_CODE, _DROPPED, _NOTE = "JINSIQUE", "弃用金丝雀", f"患者{NAME},电话{PHONE},身份证号{CERTIFICATE}"
# in codes: with the right check digit, and of a form that a telephone has
_IN_CODES = ("990001198002299993", "15498765432", NAME)
_IN_NAMES = f"患者{NAME},电话{_IN_CODES[1]},{_IN_CODES[0]}"
_ONE_ROW_IN, _ONE_CODE_IN = 16, 499  # rows with an identifier in a code are quarantined, and too many stop the night
_SHORTEST = 6  # bytes: fewer stand in a packed file by chance
_TIP = "tip"  # which small worlds hardly have
MARKS: Mapping[str, str] = {
    "name": NAME,
    "part of a name": NAME[2:],  # what is left when the surname alone was taken out
    "certificate": CERTIFICATE,
    "telephone": PHONE,
    "certificate in a code": _IN_CODES[0],
    "telephone in a code": _IN_CODES[1],
    "address": ADDRESS,
    "a code that is made a token": f"{_CODE}-",
    "a column that is never read": _DROPPED,
}


@dataclass(frozen=True)
class Planter:
    """What goes into which column: the domain of columns that become tokens, by name; free texts, by file and name; and
    "code", "catalogue_code" or "name" for columns that become such, by file and name."""

    mapping: SourceMapping
    domains: Mapping[str, str]
    texts: frozenset[tuple[str, str]]
    kinds: Mapping[tuple[str, str], str]

    def columns(self, kind: str) -> tuple[str, ...]:
        """The columns of a kind of file that identify."""
        return self.mapping.files[kind].identifying if kind in self.mapping.files else ()

    def plant(self, folder: Path) -> None:
        """Put canaries into a night's files, UTF-8 in gzip, and state what they are now in the manifest."""
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for entry in manifest["files"]:
            if entry["table"] in self.mapping.files:
                content = self._planted(entry["table"], gzip.decompress((folder / entry["name"]).read_bytes()))
                (folder / entry["name"]).write_bytes(content)
                entry["sha256"], entry["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
        if _TIP in self.mapping.files and _TIP not in {entry["table"] for entry in manifest["files"]}:
            manifest["files"].append(_tip(folder))
        (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")

    def _planted(self, kind: str, content: bytes) -> bytes:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8")))
        whole = [*header, *(column for column in self.columns(kind) if column not in header)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(whole)
        for number, row in enumerate(rows):
            row_fingerprint = hashlib.sha256("\x1f".join(row).encode()).hexdigest()
            # by its content alone, so that a line that comes again is the same line; registers may be small
            is_chosen = int(row_fingerprint, 16) % _ONE_ROW_IN == 0 or (number == 0 and self._is_register(kind))
            values = [*row, *([""] * (len(whole) - len(header)))]
            if len(row) != len(header):
                writer.writerow(row)
                continue
            if len(rows) > _ONE_CODE_IN:  # of few rows one is too many for the gate
                values = [self._coded(kind, c, v, row_fingerprint) for c, v in zip(whole, values, strict=True)]
            chosen = row_fingerprint if is_chosen else ""
            writer.writerow([self._value(kind, c, v, chosen) for c, v in zip(whole, values, strict=True)])
        return gzip.compress(text.getvalue().encode("utf-8"), mtime=0)

    def _coded(self, kind: str, column: str, value: str, row_fingerprint: str) -> str:
        """What stands in a column of codes or names now: of the rows that are chosen, each has one in one of them."""
        columns = [name for (file, name) in self.kinds if file == kind]
        place = int(row_fingerprint, 16)
        if (kind, column) not in self.kinds or place % _ONE_CODE_IN or columns[place % len(columns)] != column:
            return value
        text = self.kinds[kind, column]
        if text == "name":
            return f"{value} {_IN_NAMES}".strip()
        forms = _IN_CODES[:1] if text == "catalogue_code" else _IN_CODES  # a telephone may be a catalogue's code
        return forms[place // _ONE_CODE_IN % len(forms)]

    def _is_register(self, kind: str) -> bool:
        fed = self.mapping.rows_of(kind)
        return fed is None or fed[0] not in ENTRY_OF

    def _value(self, kind: str, column: str, value: str, row_fingerprint: str) -> str:
        """What stands in the column now; `row_fingerprint` is empty for rows that were not chosen."""
        file = self.mapping.files[kind]
        domain = self.domains.get(column)
        if column in file.drop and domain is None:
            return _DROPPED if row_fingerprint else value
        if column not in file.identifying and column not in file.drop:
            return value
        if domain is not None and domain not in _FORMS:
            # one and the same person or doctor has one and the same code in all files of all nights
            code = value or row_fingerprint[:12]
            return code and f"{_CODE}-{code}"
        if not row_fingerprint:
            return value
        if (kind, column) in self.texts:
            return f"{value} {_NOTE}".strip()
        return NAME if domain is None else _FORMS[domain]


def planter_of(mapping: SourceMapping, *, in_codes: bool = False) -> Planter:
    """What a mapping says of the columns of its files. What is planted `in_codes` has some rows quarantined."""
    domains: dict[str, str] = {}
    texts = set()
    kinds: dict[tuple[str, str], str] = {}
    for kind, file in mapping.files.items():
        fed = mapping.rows_of(kind)
        if fed is None:
            continue
        known = frozenset(file.names().values())
        domains |= {column: domain for column, domain in _tokens(fed[1], known) if column in file.identifying}
        scrubs = [given for given in fed[1].columns.values() if isinstance(given, Scrub)]
        named = {name for given in scrubs for name in given.names}
        texts |= {(kind, c) for given in scrubs for c in columns_used(given, known) - named}
        kinds |= {(kind, column): text for column, text in _codes_and_names(*fed) if in_codes}
    return Planter(mapping, domains, frozenset(texts), kinds)


def _codes_and_names(table: str, rows: Rows) -> Iterator[tuple[str, str]]:
    """The columns of a file that become codes or names of the lake as they are; not those that a row is known by."""
    contract = TABLES[ENTRY_OF.get(table, table)]
    for column in contract.columns:
        given = rows.columns.get(column.name)
        if isinstance(given, str) and column.text and column.name not in contract.key:
            yield given, column.text


def _tip(folder: Path) -> dict[str, object]:
    """A tip of the night, given by a canary about a canary; its entry in the manifest."""
    header = "tip_id,tip_date,fixmedins_code,tip_way,tip_content"
    row = f'T{folder.name},{folder.name},H990001001,1,"举报人{NAME}反映:{_NOTE}"'
    content = gzip.compress(f"{header}\n{row}\n".encode(), mtime=0)
    (folder / "tip.csv.gz").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return {"name": "tip.csv.gz", "table": _TIP, "rows": 1, "sha256": digest, "bytes": len(content)}


def _tokens(rows: Rows, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    for given in rows.columns.values():
        if isinstance(given, Token):
            yield from ((column, given.token) for column in columns_used(given, known))


def marks_in(content: bytes) -> list[str]:
    """What of the canaries stands in the bytes, in any of the ways a program writes text."""
    return [what for what, forms in _WRITTEN.items() if any(form in content for form in forms)]


def _ways_to_write(text: str) -> frozenset[bytes]:
    numbered = text.encode("ascii", errors="xmlcharrefreplace")
    ways = {
        text.encode("utf-8"), text.encode("gb18030"), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode(),
        quote(text).encode(), numbered, escape(text).encode(),
    }  # fmt: skip
    return frozenset(way for way in ways if len(way) >= _SHORTEST)


_WRITTEN = {what: _ways_to_write(text) for what, text in MARKS.items()}
