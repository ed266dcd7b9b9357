"""The vault's own key over its life: a new one beside the old, the old one taken away, and shares for two custodians.

Custody and rotation: GB/T 39725-2020 10.2; PIPL Art. 51. What the old key sealed is sealed anew in between
(fundwatch.resealing); of a key that is gone only what verifies its lines of the audit log stays.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fundwatch.errors import KeyMissingError
from privacy.keys.ring import KeyRotationError
from privacy.keys.shares import make_text, read_text, replace_for_good, replace_text
from privacy.vault.sealing import VAULT_KEY_VARIABLE, SealingKey, read_vault_key

AUDIT_LINE = "audit line"


def rotate_vault_key(path: Path) -> SealingKey:
    """A new key beside the old one, which becomes retiring. Raises KeyRotationError while one is retiring."""
    refuse_environment()
    key = read_vault_key(path, {})
    if key.old is not None:
        raise KeyRotationError(
            f"the vault key {key.old.key_id} is still retiring",
            where=str(path),
            do="`fundwatch keys rotate --vault` seals anew what is left, `fundwatch keys retire --vault` takes it away",
        )
    former = (*key.former, key.derived(AUDIT_LINE))
    replace_text(path, SealingKey(secrets.token_bytes(32), key.secret, former).text())
    return read_vault_key(path, {})


def retire_vault_key(path: Path) -> SealingKey:
    """The key in force without the retiring one, which nobody can restore but from a copy."""
    refuse_environment()
    key = read_vault_key(path, {})
    # again where nothing is retiring: a killed run may have left the old key in a share's former generation
    replace_for_good(path, SealingKey(key.secret, None, key.former).text())
    return read_vault_key(path, {})


def share_secret(path: Path, shares: Path, what: str) -> None:
    """The text of a key's file in two new shares (`A+B`); the file stays. Raises KeyMissingError, touching nothing."""
    text = read_text(path, what, "name the key's file in the settings")
    try:
        make_text(shares, text)
    except FileExistsError as fault:
        raise KeyMissingError(
            "a share already lies there", where=str(fault), do="name two files that do not exist"
        ) from fault


def refuse_environment() -> None:
    """Raise KeyRotationError when the key is not in a file."""
    if os.environ.get(VAULT_KEY_VARIABLE, "").strip():
        raise KeyRotationError(
            f"the vault's key comes from {VAULT_KEY_VARIABLE}, which a command cannot replace",
            do=f"unset {VAULT_KEY_VARIABLE} and rotate the key in its file",
        )
