"""The pseudonymisation keys: kept outside the lake as a ring, one secret per domain derived from each.

Keyed pseudonyms per domain, HMAC-SHA256, separate keys, so that domains cannot be joined by hash
(GB/T 37964-2019; HIPAA 45 CFR 164.514(c): a code not derived from the person's data alone). Custody and rotation:
GB/T 39725-2020 10.2; PIPL Art. 51 and 73.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fundwatch.errors import FundwatchError, KeyMissingError, problems
from privacy.keys.shares import make_text, read_text, replace_for_good, replace_text

DOMAINS = ("person", "certificate", "doctor", "contact", "address", "employer", "record", "invoice", "device")
KEY_VARIABLE = "FUNDWATCH_KEY"
_HEAD = "fundwatch key ring 1"
_BYTES = 32
_ADVICE = (
    "make one with `fundwatch keys make`, point `key_file` (FUNDWATCH_KEY_FILE) to it, "
    f"or give it in the environment ({KEY_VARIABLE})"
)


class KeyRotationError(FundwatchError):
    """A key cannot be rotated or retired now."""


def keyed(secret: bytes, message: bytes) -> bytes:
    """HMAC-SHA256, the one keyed function that all names, checks and derived keys are made with."""
    return hmac.digest(secret, message, "sha256")


@dataclass(frozen=True)
class PseudonymKey:
    """The master secret. Its text form never shows the secret."""

    secret: bytes

    def __repr__(self) -> str:
        return f"PseudonymKey(id={self.key_id})"

    @property
    def key_id(self) -> str:
        """A public name of the key: it tells keys apart and gives nothing away."""
        return keyed(self.secret, b"fundwatch key id").hex()[:12]

    def of_domain(self, domain: str) -> bytes:
        """The secret of one domain; raises KeyMissingError for a domain nobody declared."""
        if domain not in DOMAINS:
            raise KeyMissingError(f"no pseudonym domain is named '{domain}'", do=f"use one of: {', '.join(DOMAINS)}")
        return _domain_secret(self.secret, domain)

    def of_purpose(self, purpose: str) -> bytes:
        """The secret for something else than pseudonyms, such as signing what the lake holds."""
        return keyed(self.secret, b"purpose\x1f" + purpose.encode())

    def token(self, domain: str, value: str) -> str:
        """The token of one normalised value: 32 hex digits (128 bits)."""
        return keyed(self.of_domain(domain), domain.encode() + b"\x1f" + value.encode()).hex()[:32]


@lru_cache(maxsize=64)
def _domain_secret(secret: bytes, domain: str) -> bytes:
    return keyed(secret, b"domain\x1f" + domain.encode())


@dataclass(frozen=True)
class KeyRing:
    """The key in force, the one that is being replaced (if any), and the id of the first key the lake ever had."""

    active: PseudonymKey
    retiring: PseudonymKey | None
    lineage: str

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the active one first."""
        return tuple(key.key_id for key in (self.active, self.retiring) if key is not None)

    def text(self) -> str:
        """The ring as its file holds it: a head, the lineage, then one key a line, each with a check value."""
        lines = [
            _HEAD,
            f"lineage {self.lineage} {_lineage_check(self.active, self.lineage)}",
            _line("active", self.active),
        ]
        if self.retiring is not None:
            lines.append(_line("retiring", self.retiring))
        return "\n".join([*lines, ""])


def new_ring() -> KeyRing:
    """One random key, the first of its line."""
    key = PseudonymKey(secrets.token_bytes(_BYTES))
    return KeyRing(key, None, key.key_id)


def make_key(path: Path) -> PseudonymKey:
    """A new ring of one random key in `path` (one file, or two shares with a + between), readable by its owner alone.

    Raises KeyMissingError for an existing file, which is never touched.
    """
    try:
        make_text(path, new_ring().text())
    except FileExistsError as error:
        raise KeyMissingError(
            "a key already lies there; a new one would make every token of the lake unreadable",
            where=str(path),
            do="choose another path, or keep the key",
        ) from error
    return read_ring(path, {}).active


def read_key(path: Path) -> PseudonymKey:
    """The active key. Raises KeyMissingError as `read_ring` does."""
    return read_ring(path).active


def read_ring(path: Path, environment: Mapping[str, str] | None = None) -> KeyRing:
    """The ring of the environment variable FUNDWATCH_KEY (; stands for a line break), else of the file or two shares.

    Raises KeyMissingError when it is absent, open to others, damaged or not a key.
    """
    given = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip()
    if given:
        return parse_ring(given.replace(";", "\n"), f"environment {KEY_VARIABLE}")
    return parse_ring(read_text(path, "the pseudonymisation key", _ADVICE), str(path))


def parse_ring(text: str, where: str) -> KeyRing:
    """The ring in a text: the form above, or 64 hex digits alone. Raises KeyMissingError naming every problem."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines or " ".join(lines[0]) != _HEAD:
        key = PseudonymKey(secret_of(text.strip(), where, _ADVICE))
        return KeyRing(key, None, key.key_id)
    wrong: list[str] = []
    keys: dict[str, PseudonymKey] = {}
    lineage, lineage_check = "", ""
    for number, words in enumerate(lines[1:], 2):
        if words[0] == "lineage" and len(words) == 3:
            lineage, lineage_check = words[1:]
        elif words[0] in ("active", "retiring") and len(words) == 3 and words[0] not in keys:
            found = _checked(*words[1:])
            if found is None:
                wrong.append(f"line {number}: the {words[0]} key does not fit its check value: damaged or mistyped")
            else:
                keys[words[0]] = found
        else:
            wrong.append(f"line {number}: not `lineage`, `active` or `retiring` with two words, or a second one")
    if not wrong and ("active" not in keys or lineage_check != _lineage_check(keys["active"], lineage)):
        wrong.append("the active key, or a lineage that fits it, is missing")
    if wrong:
        raise KeyMissingError(problems("the key ring is damaged", wrong), where=where, do="restore it from its copy")
    return KeyRing(keys["active"], keys.get("retiring"), lineage)


def rotate_key(path: Path) -> KeyRing:
    """A new active key beside the old one, which becomes retiring. Raises KeyRotationError while one is retiring."""
    ring = _ring_of_file(path)
    if ring.retiring is not None:
        raise KeyRotationError(
            f"the key {ring.retiring.key_id} is still retiring",
            where=str(path),
            do="run `fundwatch keys carry` and `fundwatch keys retire` first",
        )
    replace_text(path, KeyRing(new_ring().active, ring.active, ring.lineage).text())
    return read_ring(path, {})


def retire_key(path: Path) -> KeyRing:
    """The ring without its retiring key, which nobody can restore but from a copy."""
    ring = _ring_of_file(path)
    # again where nothing is retiring: a killed run may have left the old key in a share's former generation
    replace_for_good(path, KeyRing(ring.active, None, ring.lineage).text())
    return read_ring(path, {})


def secret_of(digits: str, where: str, do: str) -> bytes:
    """32 bytes out of 64 hex digits. Raises KeyMissingError, which never quotes them."""
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise KeyMissingError(f"the key file does not hold {_BYTES} bytes in hex", where=where, do=do)
    return secret


def check_value(secret: bytes) -> str:
    """Eight digits that tell a damaged or mistyped secret; a truncated HMAC, so it gives nothing of it away."""
    return keyed(secret, b"fundwatch key check").hex()[:8]


def _ring_of_file(path: Path) -> KeyRing:
    if os.environ.get(KEY_VARIABLE, "").strip():
        raise KeyRotationError(
            f"the key comes from {KEY_VARIABLE}, which a command cannot replace",
            do=f"unset {KEY_VARIABLE} and rotate the key in its file",
        )
    return read_ring(path, {})


def _checked(digits: str, check: str) -> PseudonymKey | None:
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        return None
    fits = len(secret) == _BYTES and hmac.compare_digest(check_value(secret).encode(), check.encode())
    return PseudonymKey(secret) if fits else None


def _lineage_check(active: PseudonymKey, lineage: str) -> str:
    return keyed(active.secret, b"lineage\x1f" + lineage.encode()).hex()[:8]


def _line(state: str, key: PseudonymKey) -> str:
    return f"{state} {key.secret.hex()} {check_value(key.secret)}"
