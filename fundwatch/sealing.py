"""The vault's own key, and what it seals: AES-256-GCM over a small JSON, bound to its domain and token.

Sources: PIPL Art. 51 (encryption); GB/T 39725-2020 10.2. Each token has a key of its own, derived from the
vault's: random nonces then never come near their limit of 2^32 messages a key (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fundwatch.errors import ExitCode, FundwatchError, KeyMissingError
from fundwatch.keys import check_value, keyed, secret_of
from fundwatch.secret_files import make_secret, read_secret

VAULT_KEY_VARIABLE = "FUNDWATCH_VAULT_KEY"
# what a sealed content may name; `value` is the identifier as it was delivered
FIELDS = (
    "value",
    "name",
    "certificate",
    "telephone",
    "address",
    "record_number",
    "employer",
    "birth_date",
    "institution",
)
_HEAD = "fundwatch vault key 1"
_FORM = 1
_NONCE = 12
_ADVICE = (
    "make one with `fundwatch keys make`, point `vault_key_file` (FUNDWATCH_VAULT_KEY_FILE) to it, "
    f"or give it in the environment ({VAULT_KEY_VARIABLE})"
)


class VaultError(FundwatchError):
    """The vault is open to others, or holds something that its key does not open."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class SealingKey:
    """The vault's master secret. Its text form never shows the secret."""

    secret: bytes

    def __repr__(self) -> str:
        return f"SealingKey(id={self.key_id})"

    @property
    def key_id(self) -> str:
        """A public name of the key."""
        return keyed(self.secret, b"fundwatch vault key id").hex()[:12]

    def derived(self, purpose: str) -> bytes:
        """A secret for one purpose: 32 bytes that tell nothing of the others."""
        return keyed(self.secret, b"purpose\x1f" + purpose.encode())

    def seal(self, domain: str, token: str, content: Mapping[str, str]) -> bytes:
        """form (1 byte), number of fields (1 byte), nonce (12), ciphertext with its tag. Raises VaultError."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if unknown := sorted(content.keys() - set(FIELDS)):
            raise VaultError(f"the vault has no field {', '.join(unknown)}", do=f"use: {', '.join(FIELDS)}")
        head, nonce = bytes([_FORM, len(content)]), os.urandom(_NONCE)
        plain = json.dumps(dict(content), ensure_ascii=False, sort_keys=True).encode()
        bound = head + f"{domain}|{token}".encode()
        return head + nonce + AESGCM(self._of(domain, token)).encrypt(nonce, plain, bound)

    def open(self, domain: str, token: str, sealed: bytes) -> dict[str, str]:
        """The content, by field. Raises VaultError when it is damaged, of another row or of another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, nonce, rest = sealed[:2], sealed[2 : 2 + _NONCE], sealed[2 + _NONCE :]
        try:
            bound = head + f"{domain}|{token}".encode()
            plain = AESGCM(self._of(domain, token)).decrypt(nonce, rest, bound)
        except (InvalidTag, ValueError) as fault:
            raise VaultError(
                "a row of the vault does not open: it is damaged, moved, or sealed with another key",
                where=f"{domain} {token[:8]}",
                do=f"give the vault's own key (this one is {self.key_id}), or restore the vault from its copy",
            ) from fault
        return {str(name): str(value) for name, value in json.loads(plain).items()}

    def _of(self, domain: str, token: str) -> bytes:
        return self.derived(f"seal\x1f{domain}\x1f{token}")


def make_vault_key(path: Path) -> SealingKey:
    """A new random key in `path`, readable by its owner alone. Raises KeyMissingError for an existing file."""
    secret = secrets.token_bytes(32)
    try:
        make_secret(path, f"{_HEAD}\n{secret.hex()} {check_value(secret)}\n")
    except FileExistsError as fault:
        raise KeyMissingError(
            "a vault key already lies there; with a new one the vault would never open again",
            where=str(path),
            do="choose another path, or keep the key",
        ) from fault
    return SealingKey(secret)


def read_vault_key(path: Path, environment: Mapping[str, str] | None = None) -> SealingKey:
    """The key of FUNDWATCH_VAULT_KEY (the file's second line), else of the file. Raises KeyMissingError."""
    given = (os.environ if environment is None else environment).get(VAULT_KEY_VARIABLE, "").strip()
    where = f"environment {VAULT_KEY_VARIABLE}" if given else str(path)
    lines = [_HEAD, given] if given else read_secret(path, "the vault's key", _ADVICE).strip().split("\n")
    words = lines[1].split() if len(lines) == 2 and lines[0] == _HEAD else []
    if len(words) != 2:
        raise KeyMissingError("this is not a vault key with its check value", where=where, do=_ADVICE)
    secret = secret_of(words[0], where, _ADVICE)
    if not hmac.compare_digest(check_value(secret).encode(), words[1].encode()):
        raise KeyMissingError(
            "the vault's key does not fit its check value: damaged or mistyped",
            where=where,
            do="restore it from its copy",
        )
    return SealingKey(secret)
