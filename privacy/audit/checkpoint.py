"""How far the audit log was verified: a prefix that is byte for byte the one that held need not be verified again.

The checkpoint carries the SHA-256 of the prefix under a MAC of the vault's key. It proves nothing by itself: without
it, or where it does not fit, the whole log is verified. A log of 100,000 lines costs 0.1 s of a core so, not 8.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from privacy.audit.chain import GENESIS, Reached
from privacy.keys.ring import keyed
from privacy.keys.secret_files import replace_secret
from privacy.vault.sealing import SealingKey

_WORTH_NOTING = 500  # lines: so many are verified in less time than a file takes to be on the disk


@dataclass(frozen=True)
class Checkpoint:
    """The line reached, how many bytes of the log end with it, and their SHA-256."""

    seq: int
    hash: str
    signer: int
    size: int
    digest: str

    @property
    def reached(self) -> Reached:
        return Reached(self.seq, self.hash, self.signer)

    def fits(self, content: bytes) -> bool:
        """Whether the log begins with the very bytes that were verified."""
        return len(content) >= self.size and _digest(content, self.size) == self.digest

    def mac(self, key: SealingKey) -> str:
        return keyed(key.derived("audit checkpoint"), json.dumps(asdict(self), sort_keys=True).encode()).hex()


NOTHING_CHECKED = Checkpoint(0, GENESIS, 0, 0, hashlib.sha256(b"").hexdigest())


def read_checkpoint(path: Path, key: SealingKey, content: bytes) -> Checkpoint:
    """The checkpoint on file, if it was made with the key and the log begins as it says; else that of an empty log."""
    try:
        reported = json.loads(path.read_text(encoding="utf-8"))
        mac = str(reported.pop("mac"))
        found = Checkpoint(**reported)
        is_ours = hmac.compare_digest(mac, found.mac(key))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return NOTHING_CHECKED
    return found if is_ours and found.fits(content) else NOTHING_CHECKED


def note_checkpoint(path: Path, key: SealingKey, content: bytes, reached: Reached, last: Checkpoint) -> None:
    """Keep how far the log holds, where that saves the next reader some time."""
    if reached.seq - last.seq < _WORTH_NOTING:
        return
    size = content.rfind(b"\n") + 1
    found = Checkpoint(reached.seq, reached.hash, reached.signer, size, _digest(content, size))
    replace_secret(path, json.dumps(asdict(found) | {"mac": found.mac(key)}) + "\n")


def _digest(content: bytes, size: int) -> str:
    return hashlib.sha256(memoryview(content)[:size]).hexdigest()
