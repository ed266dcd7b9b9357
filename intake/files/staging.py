"""A landed file, copied once into a private folder and hashed while it is copied: what is hashed is what is read.

A file in the landing folder may be replaced, or written to, at any moment; a run that reads it twice may read two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fundwatch.fingerprint import fingerprint
from intake.files.limits import BLOCK
from intake.files.unpacking import CHANGED, FileError, Stamp, refuse_changed

_KEPT = (".zip", ".parquet", ".xlsx", ".ndjson", ".jsonl", ".json")  # endings that say how to read; others are text


@dataclass(frozen=True)
class Staged:
    """The copy, whose name is ours (Spark hides some names and takes others for patterns), and the SHA-256 of it."""

    path: Path
    sha256: str
    byte_count: int


def staged(path: Path, stamp: Stamp, scratch: Path) -> Staged:
    """The file in `scratch`, its ending in small letters. Raises FileError when it changes meanwhile."""
    target = scratch / f"{fingerprint(path.as_posix())}{_ending(path.name.lower())}"
    hashed, size = hashlib.sha256(), 0
    with path.open("rb") as source, target.open("wb") as copy:
        while block := source.read(BLOCK):
            hashed.update(block)
            size += len(block)
            copy.write(block)
    refuse_changed(path, stamp)
    if size != stamp.size:
        raise FileError(CHANGED)
    return Staged(target, hashed.hexdigest(), size)


def _ending(name: str) -> str:
    packed = ".gz" if name.endswith(".gz") else ""
    bare = name.removesuffix(".gz")
    return next((kind for kind in _KEPT if bare.endswith(kind)), ".csv") + packed
