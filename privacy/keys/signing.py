"""Signatures over what the lake holds and must not be changed there: an HMAC by a key derived from the pseudonymisation
key, which whoever can write into the lake does not have.

A signature names the key that made it. While a key is rotated, both keys of the ring verify; what `keys carry` signs
again outlives the old one.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import date

from privacy.keys.ring import KeyRing, PseudonymKey, keyed

NOT_SIGNED = "没有签名 it is not signed"
OTHER_KEY = "由其他密钥签名 it is signed with a key that is not on the ring"
FORGED = "签名不符,内容被改动 the signature does not fit: it was changed or is not ours"


@dataclass(frozen=True)
class Signature:
    """An HMAC in hex, and the public name of the key that made it."""

    key_id: str
    mac: str


@dataclass(frozen=True)
class Signer:
    """Signs and verifies for one `purpose`: what is signed for one is worth nothing for another."""

    ring: KeyRing
    purpose: str

    def sign(self, content: object) -> Signature:
        """The signature of plain content (texts, numbers, dates, lists, none) with the key in force."""
        return Signature(self.ring.active.key_id, self._mac(self.ring.active, content))

    def problem(self, signature: Signature | None, content: object) -> str:
        """Why the content is not what was signed; nothing, and it is an empty text."""
        if signature is None:
            return NOT_SIGNED
        keys = [key for key in (self.ring.active, self.ring.retiring) if key is not None]
        of_name = next((key for key in keys if key.key_id == signature.key_id), None)
        if of_name is None:
            return OTHER_KEY
        fits = hmac.compare_digest(self._mac(of_name, content).encode(), signature.mac.encode())
        return "" if fits else FORGED

    def _mac(self, key: PseudonymKey, content: object) -> str:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain)
        return keyed(key.of_purpose(self.purpose), text.encode()).hex()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no signature of a {type(value).__name__}")
