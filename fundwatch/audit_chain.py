"""The chain of the audit log: what a line is, and where and how a log ceases to hold. Pure: bytes in, a verdict out."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace

GENESIS = "0" * 64
_Mac = Callable[[bytes], str]


@dataclass(frozen=True)
class Entry:
    """One line. `at` is UTC in ISO form; `detail` holds texts that name no person."""

    seq: int
    at: str
    actor: str
    account: str
    action: str
    request: str
    lead: str
    outcome: str
    why: str
    detail: Mapping[str, str] = field(default_factory=dict)
    previous: str = GENESIS
    hash: str = ""

    def signed(self, mac: _Mac) -> Entry:
        """The entry with its hash: an HMAC over its canonical JSON without it."""
        return replace(self, hash=mac(self._canonical(without_hash=True)))

    def line(self) -> bytes:
        """The canonical line: sorted keys, no blanks, so that there is one spelling of each entry."""
        return self._canonical(without_hash=False)

    def _canonical(self, *, without_hash: bool) -> bytes:
        told = asdict(self)
        if without_hash:
            del told["hash"]
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Held:
    """A head: the number and hash of the line that was written last."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """How many lines hold, the last of them, and what was done to the first line that does not hold."""

    count: int
    head: str
    kind: str = ""  # changed, inserted, removed, reordered, torn, cut, rewound; empty when all holds
    line: int = 0
    why: str = ""

    @property
    def holds(self) -> bool:
        return self.kind == ""

    @property
    def told(self) -> str:
        if self.holds:
            return f"{self.count} lines hold; head {self.count}:{self.head}"
        return f"line {self.line}: {self.kind}: {self.why}"


def parse_line(line: bytes, macs: Sequence[_Mac]) -> tuple[Entry, int] | None:
    """The entry and which key's mac signed it, if the line is spelled canonically and its hash is right."""
    try:
        told = json.loads(line)
        if not isinstance(told, dict) or told.keys() != {f.name for f in fields(Entry)}:
            return None
        entry = Entry(**told)
        if entry.line() != line:
            return None
        fitting = [n for n, mac in enumerate(macs) if hmac.compare_digest(entry.signed(mac).hash, str(entry.hash))]
    except (ValueError, TypeError, RecursionError):
        return None
    return (entry, fitting[0]) if fitting else None


def read_chain(content: bytes, macs: Sequence[_Mac], head: Held | None) -> tuple[Verdict, list[Entry]]:
    """The verdict on the log's bytes, and the entries before the first line that does not hold.

    `macs` are those of all keys that ever signed lines, the oldest first: after a line of a newer key none of an older
    one holds, so a key that was taken out of force cannot be used to write on.
    """
    *lines, torn = content.split(b"\n")
    parsed = [parse_line(line, macs) for line in lines]
    entries = [None if found is None else found[0] for found in parsed]
    held: list[Entry] = []
    newest = 0
    for entry, signer in (found or (None, 0) for found in parsed):
        last = held[-1].hash if held else GENESIS
        if entry is None or (entry.seq, entry.previous) != (len(held) + 1, last):
            kind, why = _fault(entries, len(held), last)
            return Verdict(len(held), last, kind, len(held) + 1, why), held
        if signer < newest:
            why = "a key that was out of force by then signed it"
            return Verdict(len(held), last, "inserted", len(held) + 1, why), held
        newest = signer
        held.append(entry)
    last = held[-1].hash if held else GENESIS
    kind, why = _fault_of_end(held, head, torn)
    return Verdict(len(held), last, kind, len(held) + 1 if kind else 0, why), held


def _fault(parsed: Sequence[Entry | None], at: int, last: str) -> tuple[str, str]:
    """What happened to the line at this place (from 0): it is not the one that follows the line before."""
    entry, later = parsed[at], parsed[at + 1 :]
    awaited = [e for e in later if e is not None and (e.seq, e.previous) == (at + 1, last)]
    if awaited and (entry is None or entry.seq <= at or parsed[at + 1] in awaited):
        moved = entry is not None and entry.seq > at + 1
        return ("reordered", "it stands before the line it follows") if moved else ("inserted", "it was put in between")
    if awaited:
        return "reordered", "it stands before the line it follows"
    if entry is None:
        return "changed", "its hash is not that of its content"
    if entry.seq > at + 1:
        return "removed", f"{entry.seq - at - 1} lines before it are gone"
    return "inserted", "it stands there a second time, or comes from another log"


def _fault_of_end(held: Sequence[Entry], head: Held | None, torn: bytes) -> tuple[str, str]:
    if head is None and (held or torn):
        return "cut", "the head file is missing"
    known = head or Held(0, GENESIS)
    if known.seq < 0:
        return "changed", "the head file was edited"
    if known.seq > len(held):
        return "cut", f"{known.seq - len(held)} lines at the end are gone"
    if known.seq < len(held) - 1:
        return "changed", "the head file is older than the log"
    if known.seq and held[known.seq - 1].hash != known.hash:
        return "changed", "the head file is not of this log"
    if torn:
        return "torn", f"{len(torn)} bytes of an unfinished line (a killed command leaves one; the next call mends it)"
    return "", ""
