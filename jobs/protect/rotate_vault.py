"""The vault's own key: rotate it (and seal everything again), retire the old one, give two custodians a share each.

Each step takes the lake's lock, is in the audit log, and may be killed and run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from privacy.audit.log import audit_log
from privacy.keys.ring import KeyRotationError
from privacy.keys.shares import SEPARATOR
from privacy.vault.rotation import (
    refuse_environment,
    reseal,
    retire_vault_key,
    rotate_vault_key,
    seals_waiting,
    share_secret,
)
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault


@dataclass(frozen=True)
class VaultRotation:
    """The vault's key in force, the one that retires, and how many seals were made again."""

    vault_key_id: str
    retiring: str
    resealed: int
    path: Path


@dataclass(frozen=True)
class VaultKeyRetired:
    """The vault's key in force, and the one that is gone, if any was retiring."""

    vault_key_id: str
    retired: str | None
    path: Path


@dataclass(frozen=True)
class Shares:
    """Two files that hold a key's shares, the setting that names them, and the file where the key lies whole."""

    shares: Path
    setting: str
    whole: Path

    def as_json(self) -> dict[str, Any]:
        """Files and setting."""
        return {name: value for name, value in asdict(self).items() if name != "whole"}


def rotate(settings: Settings, person: str) -> VaultRotation:
    """Rotate the vault's key and seal everything again. A rotation that was killed, or is not retired yet, is finished:
    there is never a third key."""
    vault = vault_of(settings)
    with held(settings.lake_address):
        log = audit_log(settings)
        log.now()  # nothing is rotated that cannot be logged
        refuse_environment()
        if vault.key.old is None:
            log.append("keys rotate vault", actor=person, detail={"retiring": vault.key.key_id})
            rotate_vault_key(settings.vault_key_path)
            vault = vault_of(settings)
            log = audit_log(settings)
        log.renew_head()
        Lake(settings.lake_address).clear_staging()  # a killed night's copies hold seals of the old key
        count = reseal(vault)
        old = vault.key.old.key_id if vault.key.old else ""
        reported = {"vault_key_id": vault.key.key_id, "retiring": old, "seals": str(count)}
        log.append("keys reseal vault", actor=person, detail=reported)
    return VaultRotation(vault.key.key_id, old, count, settings.vault_key_path)


def retire(settings: Settings, person: str) -> VaultKeyRetired:
    """Take the vault's old key away. Raises KeyRotationError while the vault has a seal of another key."""
    vault = vault_of(settings)
    with held(settings.lake_address):
        refuse_environment()
        log = audit_log(settings)
        log.renew_head()
        if waiting := seals_waiting(vault):
            text = ", ".join(f"{domain} ({count} seals)" for domain, count in waiting.items())
            raise KeyRotationError(
                f"not everything is sealed with the key {vault.key.key_id}: {text}",
                where=str(vault.root),
                do="`fundwatch keys rotate --vault` seals it again, then retire the old key",
            )
        if vault.holds_identities:
            vault.forget_history()
        old = vault.key.old.key_id if vault.key.old else ""
        log.append("keys retire vault", actor=person, detail={"retired": old})
        key = retire_vault_key(settings.vault_key_path)
    return VaultKeyRetired(key.key_id, old or None, settings.vault_key_path)


def share(settings: Settings, person: str, files: Sequence[Path] | None, *, of_vault: bool) -> Shares:
    """Two shares of a key that lies in one file, which stays: of the vault's, or of the pseudonymisation key."""
    if not files:
        raise KeyRotationError("which two files are the shares to be?", where="--shares", do="give --shares A B")
    vault_of(settings)  # refuses one that is open to others
    path, what = settings.key_path, "the pseudonymisation key"
    if of_vault:
        path, what = settings.vault_key_path, "the vault's key"
        refuse_environment()
    shares = Path(SEPARATOR.join(map(str, files)))
    log = audit_log(settings)
    log.append("keys share", actor=person, detail={"key": what})
    share_secret(path, shares, what)
    return Shares(shares, "vault_key_file" if of_vault else "key_file", path)


def vault_of(settings: Settings) -> Vault:
    """The vault and its key. Raises KeyMissingError without the key, VaultError when others may enter the folder."""
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    vault.refuse_open()
    return vault
