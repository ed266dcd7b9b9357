"""The pseudonymisation key: kept outside the lake, one secret per domain derived from it.

Brief: keyed pseudonyms per domain, HMAC-SHA256, separate keys, so that domains cannot be joined by hash
(GB/T 37964-2019; HIPAA 45 CFR 164.514(c): a code not derived from the person's data alone).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from fundwatch.errors import KeyMissingError

_DOMAINS = ("person", "certificate", "doctor", "contact", "address", "employer", "record")
_BYTES = 32


@dataclass(frozen=True)
class PseudonymKey:
    """The master secret. Its text form never shows the secret."""

    secret: bytes

    def __repr__(self) -> str:
        return f"PseudonymKey(id={self.key_id})"

    @property
    def key_id(self) -> str:
        """A public name of the key: it tells keys apart and gives nothing away."""
        return hmac.new(self.secret, b"fundwatch key id", hashlib.sha256).hexdigest()[:12]

    def of_domain(self, domain: str) -> bytes:
        """The secret of one domain; raises KeyMissingError for a domain nobody declared."""
        if domain not in _DOMAINS:
            raise KeyMissingError(f"no pseudonym domain is named '{domain}'", do=f"use one of: {', '.join(_DOMAINS)}")
        return hmac.new(self.secret, b"domain\x1f" + domain.encode(), hashlib.sha256).digest()

    def token(self, domain: str, value: str) -> str:
        """The token of one normalised value: 32 hex digits (128 bits)."""
        message = domain.encode() + b"\x1f" + value.encode()
        return hmac.new(self.of_domain(domain), message, hashlib.sha256).hexdigest()[:32]


def make_key(path: Path) -> PseudonymKey:
    """A new random key in `path`, readable by its owner alone. An existing file is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as fault:
        raise KeyMissingError(
            "a key already lies there; a new one would make every token of the lake unreadable",
            where=str(path),
            do="choose another path, or keep the key",
        ) from fault
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(_BYTES) + "\n")
    return read_key(path)


def read_key(path: Path) -> PseudonymKey:
    """The key in `path`. Raises KeyMissingError when it is absent, open to others, or not a key."""
    advice = "make one with `fundwatch keys make`, or point `key_file` (FUNDWATCH_KEY_FILE) to it"
    if not path.is_file():
        raise KeyMissingError("the pseudonymisation key is missing", where=str(path), do=advice)
    if path.stat().st_mode & 0o077:
        raise KeyMissingError("others may read the pseudonymisation key", where=str(path), do=f"chmod 600 {path}")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise KeyMissingError(f"the key file does not hold {_BYTES} bytes in hex", where=str(path), do=advice)
    return PseudonymKey(secret)
