"""The vault's own key: rotate it (and seal everything anew), retire the old one, give two custodians a share each.

Each step takes the lake's lock, is in the audit log, and may be killed and run again.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.copying import say
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


def rotate(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """`fundwatch keys rotate --vault`. A rotation that was killed, or is not retired yet, is finished: no third key."""
    from fundwatch.lake.lock import held

    vault = vault_of(settings)
    with held(settings.lake_dir):
        log = audit_log(settings)
        log.now()  # nothing is rotated that cannot be logged
        refuse_environment()
        if vault.key.old is None:
            log.append("keys rotate vault", actor=options.person, detail={"retiring": vault.key.key_id})
            rotate_vault_key(settings.vault_key_path)
            vault = vault_of(settings)
            log = audit_log(settings)
        log.renew_head()
        Lake(settings.lake_dir).clear_staging()  # a killed night's copies hold seals of the old key
        count = reseal(vault)
        old = vault.key.old.key_id if vault.key.old else ""
        told = {"vault_key_id": vault.key.key_id, "retiring": old, "seals": str(count)}
        log.append("keys reseal vault", actor=options.person, detail=told)
    if not options.json:
        print(f"vault key {vault.key.key_id} in force, {old} retiring; {count} seals made anew")
        say(options, "keep a copy of the key where the lake is not, then: `fundwatch keys retire --vault`")
    return {"vault_key_id": vault.key.key_id, "retiring": old, "resealed": count, "path": settings.vault_key_path}


def retire(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """`fundwatch keys retire --vault`. Raises KeyRotationError while the vault has a seal of another key."""
    from fundwatch.lake.lock import held

    vault = vault_of(settings)
    with held(settings.lake_dir):
        refuse_environment()
        log = audit_log(settings)
        log.renew_head()
        if waiting := seals_waiting(vault):
            told = ", ".join(f"{domain} ({count} seals)" for domain, count in waiting.items())
            raise KeyRotationError(
                f"not everything is sealed with the key {vault.key.key_id}: {told}",
                where=str(vault.root),
                do="`fundwatch keys rotate --vault` seals it anew, then retire the old key",
            )
        if vault.holds_identities:
            vault.forget_history()
        old = vault.key.old.key_id if vault.key.old else ""
        log.append("keys retire vault", actor=options.person, detail={"retired": old})
        key = retire_vault_key(settings.vault_key_path)
    if not options.json:
        print(f"vault key {old} is gone" if old else "no vault key was retiring")
        print(f"vault key {key.key_id} in force")
    return {"vault_key_id": key.key_id, "retired": old or None, "path": settings.vault_key_path}


def share(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """`fundwatch keys share --shares A B [--vault]`: two shares of a key that lies in one file, which stays."""
    if not options.shares:
        raise KeyRotationError("which two files are the shares to be?", where="--shares", do="give --shares A B")
    vault_of(settings)  # refuses one that is open to others
    path, what = settings.key_path, "the pseudonymisation key"
    if options.vault:
        path, what = settings.vault_key_path, "the vault's key"
        refuse_environment()
    shares = Path(SEPARATOR.join(map(str, options.shares)))
    log = audit_log(settings)
    log.append("keys share", actor=options.person, detail={"key": what})
    share_secret(path, shares, what)
    setting = "vault_key_file" if options.vault else "key_file"
    rotating = "keys rotate --vault" if options.vault else "keys rotate"
    if not options.json:
        print(f"give each file to one custodian, set {setting}={shares}, and destroy {path}")
        say(options, f"`fundwatch {rotating}` then makes a key that never lay in one file")
    return {"shares": shares, "setting": setting}


def vault_of(settings: Settings) -> Vault:
    """The vault and its key. Raises KeyMissingError without the key, VaultError when others may enter the folder."""
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    vault.refuse_open()
    return vault
