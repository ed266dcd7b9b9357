"""The vault's own key, and what it seals: AES-256-GCM over a small JSON, bound to its domain and token.

Sources: PIPL Art. 51 (encryption); GB/T 39725-2020 10.2. Each token has a key of its own, derived from the
vault's: random nonces then never come near their limit of 2^32 messages a key (NIST SP 800-38D, 8.3). Each seal names
the key that made it, so that two keys can stand side by side while the vault is sealed again (see rotation).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fundwatch.errors import ExitCode, FundwatchError, KeyMissingError, problems
from privacy.keys.ring import check_value, keyed, secret_of
from privacy.keys.shares import make_text, read_text

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
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)  # `json.dumps` would make one for each row
_HEAD = "fundwatch vault key 1"
_FORM = 2  # form 1, which earlier versions made, does not name its key
_KEY_NAME = slice(2, 8)
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
    """The vault's master secret in force, and what is left of those before it. Its text form never shows a secret.

    `retiring` is the secret that is being replaced; `former` are the secrets with which former keys signed lines of the
    audit log, the oldest first: they verify these lines and open nothing.
    """

    secret: bytes
    retiring: bytes | None = None
    former: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"SealingKey(id={self.key_id})"

    @property
    def key_id(self) -> str:
        """A public name of the key."""
        return self._name.hex()

    @property
    def in_force(self) -> SealingKey:
        """The key without those before it: all that sealing needs."""
        return SealingKey(self.secret)

    @property
    def old(self) -> SealingKey | None:
        """The key that is being replaced."""
        return None if self.retiring is None else SealingKey(self.retiring)

    @property
    def head(self) -> tuple[bytes, bytes]:
        """What a seal of this key has at its places 0 and 2 to 7: the form and the key's name."""
        return bytes([_FORM]), self._name

    def derived(self, purpose: str) -> bytes:
        """A secret for one purpose: 32 bytes that tell nothing of the others."""
        return keyed(self.secret, b"purpose\x1f" + purpose.encode())

    def seal(self, domain: str, token: str, content: Mapping[str, str]) -> bytes:
        """form (1 byte), fields (1 byte), key's name (6), nonce (12), ciphertext with its tag. Raises VaultError."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if unknown := sorted(content.keys() - set(FIELDS)):
            raise VaultError(f"the vault has no field {', '.join(unknown)}", do=f"use: {', '.join(FIELDS)}")
        head, nonce = bytes([_FORM, len(content)]) + self._name, os.urandom(_NONCE)
        plain = _JSON.encode(dict(content)).encode()
        bound = head + f"{domain}|{token}".encode()
        return head + nonce + AESGCM(self._of(domain, token)).encrypt(nonce, plain, bound)

    def open(self, domain: str, token: str, sealed: bytes) -> dict[str, str]:
        """The content, by field. Raises VaultError when it is damaged, of another row or of another key."""
        keys = [key for key in (self, self.old) if key is not None]
        if sealed[:1] == bytes([_FORM]):
            keys = [key for key in keys if key.head[1] == sealed[_KEY_NAME]]
        for key in keys:
            content = key._opened(domain, token, sealed)
            if content is not None:
                return content
        named = sealed[_KEY_NAME].hex() if sealed[:1] == bytes([_FORM]) else "a key it does not name"
        raise VaultError(
            "a row of the vault does not open: it is damaged, moved, or sealed with another key",
            where=f"{domain} {token[:8]}: sealed with {named}",
            do=f"give the vault's own key (this one is {self.key_id}), or restore the vault from its copy",
        )

    def text(self) -> str:
        """The key as its file holds it: a head, then a secret a line, each with a check value; the one in force first.

        Lines after the second start with `retiring` or `former`.
        """
        reported = [("retiring", self.retiring)] if self.retiring is not None else []
        reported += [("former", secret) for secret in self.former]
        lines = [f"{state} {secret.hex()} {check_value(secret)}" for state, secret in reported]
        return "\n".join([_HEAD, f"{self.secret.hex()} {check_value(self.secret)}", *lines, ""])

    @cached_property
    def _name(self) -> bytes:
        return keyed(self.secret, b"fundwatch vault key id")[:6]

    def _opened(self, domain: str, token: str, sealed: bytes) -> dict[str, str] | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        size = 8 if sealed[:1] == bytes([_FORM]) else 2
        head, nonce, rest = sealed[:size], sealed[size : size + _NONCE], sealed[size + _NONCE :]
        bound = head + f"{domain}|{token}".encode()
        try:
            plain = AESGCM(self._of(domain, token)).decrypt(nonce, rest, bound)
        except (InvalidTag, ValueError):
            return None
        return {str(name): str(value) for name, value in json.loads(plain).items()}

    def _of(self, domain: str, token: str) -> bytes:
        return self.derived(f"seal\x1f{domain}\x1f{token}")


def make_vault_key(path: Path) -> SealingKey:
    """A new random key in `path` (one file, or two shares with a + between), readable by its owner alone.

    Raises KeyMissingError for an existing file, which is never touched.
    """
    key = SealingKey(secrets.token_bytes(32))
    try:
        make_text(path, key.text())
    except FileExistsError as error:
        raise KeyMissingError(
            "a vault key already lies there; with a new one the vault would never open again",
            where=str(path),
            do="choose another path, or keep the key",
        ) from error
    return key


def read_vault_key(path: Path, environment: Mapping[str, str] | None = None) -> SealingKey:
    """The key of FUNDWATCH_VAULT_KEY (the file's lines after its head, ; for line breaks), else of the file or shares.

    Raises KeyMissingError when it is absent, open to others, damaged or not a key.
    """
    given = (os.environ if environment is None else environment).get(VAULT_KEY_VARIABLE, "").strip()
    where = f"environment {VAULT_KEY_VARIABLE}" if given else str(path)
    text = "\n".join([_HEAD, *given.split(";")]) if given else read_text(path, "the vault's key", _ADVICE)
    head, *lines = [line.split() for line in text.splitlines() if line.strip()] or [[]]
    if " ".join(head) != _HEAD or not lines or len(lines[0]) != 2:
        raise KeyMissingError("this is not a vault key with its check value", where=where, do=_ADVICE)
    found: dict[str, list[bytes]] = {"active": [], "retiring": [], "former": []}
    wrong: list[str] = []
    for number, words in enumerate([["active", *lines[0]], *lines[1:]], 2):
        if len(words) != 3 or words[0] not in found or (words[0] != "former" and found[words[0]]):
            wrong.append(f"line {number}: not `retiring` or `former` with two words, or a second one")
            continue
        secret = secret_of(words[1], where, _ADVICE)
        if not hmac.compare_digest(check_value(secret).encode(), words[2].encode()):
            wrong.append(f"line {number}: it does not fit its check value: damaged or mistyped")
        found[words[0]].append(secret)
    if wrong:
        raise KeyMissingError(problems("the vault's key is damaged", wrong), where=where, do="restore it from its copy")
    return SealingKey(found["active"][0], next(iter(found["retiring"]), None), tuple(found["former"]))
