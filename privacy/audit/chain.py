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
        reported = asdict(self)
        if without_hash:
            del reported["hash"]
        return json.dumps(reported, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Held:
    """A head: the number and hash of the line that was written last."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Reached:
    """A line up to which all hold: its number and hash, and the place of its key among those that ever signed lines."""

    seq: int = 0
    hash: str = GENESIS
    signer: int = 0


@dataclass(frozen=True)
class ChainVerdict:
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
    def reported(self) -> str:
        if self.holds:
            return f"the log holds, lines: {self.count}; head {self.count}:{self.head}"
        return f"line {self.line}: {self.kind}: {self.why}"


def parse_line(line: bytes, macs: Sequence[_Mac]) -> tuple[Entry, int] | None:
    """The entry and which key's mac signed it, if the line is spelled canonically and its hash is right."""
    try:
        reported = json.loads(line)
        if not isinstance(reported, dict) or reported.keys() != {f.name for f in fields(Entry)}:
            return None
        entry = Entry(**reported)
        if entry.line() != line:
            return None
        fitting = [n for n, mac in enumerate(macs) if hmac.compare_digest(entry.signed(mac).hash, str(entry.hash))]
    except (ValueError, TypeError, RecursionError):
        return None
    return (entry, fitting[0]) if fitting else None


def read_chain(
    content: bytes, macs: Sequence[_Mac], head: Held | None, since: Reached = Reached()
) -> tuple[ChainVerdict, Reached]:
    """The verdict on the log's bytes after the line `since`, and the last line that holds.

    `macs` are those of all keys that ever signed lines, the oldest first: after a line of a newer key none of an older
    one holds, so a key that was taken out of force cannot be used to write on. What problems say of lines before
    `since` is a guess: who needs to know what was done reads the whole log.
    """
    *lines, torn = content.split(b"\n")
    reached, before = since, since
    for at, line in enumerate(lines):
        found = parse_line(line, macs)
        if found is None or (found[0].seq, found[0].previous) != (reached.seq + 1, reached.hash):
            parsed = [None if one is None else one[0] for one in (parse_line(text, macs) for text in lines[at:])]
            kind, why = _problem(parsed, reached.seq, reached.hash)
            return ChainVerdict(reached.seq, reached.hash, kind, reached.seq + 1, why), reached
        entry, signer = found
        if signer < reached.signer:
            why = "a key that was out of force by then signed it"
            return ChainVerdict(reached.seq, reached.hash, "inserted", reached.seq + 1, why), reached
        before, reached = reached, Reached(entry.seq, entry.hash, signer)
    kind, why = _problem_of_end(before, reached, head, torn)
    return ChainVerdict(reached.seq, reached.hash, kind, reached.seq + 1 if kind else 0, why), reached


def _problem(parsed: Sequence[Entry | None], at: int, last: str) -> tuple[str, str]:
    """What happened to the first of these lines, the one after line `at`: it is not the one that follows that."""
    entry, later = parsed[0], parsed[1:]
    awaited = [e for e in later if e is not None and (e.seq, e.previous) == (at + 1, last)]
    if awaited and (entry is None or entry.seq <= at or parsed[1] in awaited):
        moved = entry is not None and entry.seq > at + 1
        return ("reordered", "it stands before the line it follows") if moved else ("inserted", "it was put in between")
    if awaited:
        return "reordered", "it stands before the line it follows"
    if entry is None:
        return "changed", "its hash is not that of its content"
    if entry.seq > at + 1:
        return "removed", f"{entry.seq - at - 1} lines before it are gone"
    return "inserted", "it stands there a second time, or comes from another log"


def _problem_of_end(before: Reached, last: Reached, head: Held | None, torn: bytes) -> tuple[str, str]:
    """What is wrong with the end: the head is of the last line, or of the one `before` it (an append was killed)."""
    if head is None and (last.seq or torn):
        return "cut", "the head file is missing"
    known = head or Held(0, GENESIS)
    if known.seq < 0:
        return "changed", "the head file was edited"
    if known.seq > last.seq:
        return "cut", f"{known.seq - last.seq} lines at the end are gone"
    if known.seq < last.seq - 1:
        return "changed", "the head file is older than the log"
    fitting = [(line.seq, line.hash) for line in (before, last)]
    if (known.seq, known.hash) not in fitting:
        return "changed", "the head file is not of this log"
    if torn:
        return "torn", f"{len(torn)} bytes of an unfinished line (a killed command leaves one; the next call fixes it)"
    return "", ""


def read_entry(line: bytes) -> Entry:
    """A line of a log that was found to hold."""
    return Entry(**json.loads(line))
