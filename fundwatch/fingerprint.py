"""Fingerprints of content: the same content has the same fingerprint on every machine, in every run."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path


def _plain(value: object) -> object:
    if isinstance(value, (date, Decimal, Path)):
        return str(value)
    raise TypeError(f"no fingerprint of a {type(value).__name__}")


def fingerprint(*content: object) -> str:
    """Sixteen hex digits of the content's SHA-256 over canonical JSON (keys sorted, no white space)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hex, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
