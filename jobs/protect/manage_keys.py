"""The keys: make what is missing, check, rotate the pseudonymisation key with a bridge, retire the old one.

With `--vault` it is the vault's own key that is rotated, retired or shared: see rotate_vault.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.command_line import settings_of
from jobs.copying import say
from jobs.protect import rotate_vault
from jobs.protect.rotate_vault import vault_of
from privacy.audit.log import audit_log
from privacy.keys.ring import KeyRing, KeyRotationError, make_key, read_ring, retire_key, rotate_key
from privacy.keys.shares import SEPARATOR, share_paths
from privacy.vault.bridge import build_bridge, drop_bridge
from privacy.vault.sealing import VAULT_KEY_VARIABLE, make_vault_key, read_vault_key
from privacy.vault.vault import Vault


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch keys make|check|rotate|bridge|carry|retire|share`: prints public ids, never a key.

    Raises KeyRotationError for `--vault` with an action that is not one of the vault's.
    """
    settings = settings_of(options).settings
    actions = _OF_VAULT if options.vault else _ACTIONS
    if options.action not in actions:
        raise KeyRotationError(
            f"`keys {options.action}` is not for the vault's key alone",
            where="--vault",
            do=f"it goes with {', '.join(_OF_VAULT)}; `keys make` and `keys check` see to both keys",
        )
    action: Callable[[argparse.Namespace, Settings], dict[str, Any]] = actions[options.action]
    return action(options, settings)


def make_missing_keys(settings: Settings, path: Path | None = None) -> list[Path]:
    """Make the pseudonymisation key and the vault's, where there is none; the files made. Existing ones are kept."""
    path = path or settings.key_path
    made: list[Path] = []
    if not _lies_there(path):
        make_key(path)
        made.append(path)
    if not _lies_there(settings.vault_key_path):
        make_vault_key(settings.vault_key_path)
        made.append(settings.vault_key_path)
    return made


def _lies_there(path: Path) -> bool:
    return any(part.exists() for part in share_paths(path) or (path,))


def _make(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    path = Path(SEPARATOR.join(map(str, options.shares))) if options.shares else settings.key_path
    made = make_missing_keys(settings, path)
    if not made or (options.shares and path not in made):
        make_key(path)  # refuses, and says why
    ring = read_ring(path)
    vault = vault_of(settings)
    audit_log(settings).append(
        "keys make", actor=options.person, detail={"key_id": ring.active.key_id, "files": str(len(made))}
    )
    if not options.json:
        for file in made:
            print(f"made {file}: readable by its owner alone; keep a copy where the lake is not")
        print(f"key {ring.active.key_id}, vault key {vault.key.key_id}")
        if options.shares:
            print(f"give each file to one custodian, and set key_file={path}")
    return {"key_id": ring.active.key_id, "path": path, "made": made, "vault_key_id": vault.key.key_id}


def _check(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    ring = read_ring(settings.key_path)
    vault_key = read_vault_key(settings.vault_key_path) if _has_vault_key(settings) else None
    if not options.json:
        print(f"key {ring.active.key_id} in force; lineage {ring.lineage}")
        if ring.retiring is not None:
            say(options, f"key {ring.retiring.key_id} retiring: `fundwatch keys carry`, then `fundwatch keys retire`")
        say(options, f"vault key {vault_key.key_id}" if vault_key else "no vault key: `fundwatch keys make` makes one")
        if vault_key is not None and vault_key.old is not None:
            say(options, f"vault key {vault_key.old.key_id} retiring: `fundwatch keys retire --vault`")
    retiring = ring.retiring.key_id if ring.retiring else None
    told = {"key_id": ring.active.key_id, "path": settings.key_path, "retiring": retiring}
    told |= {"lineage": ring.lineage, "vault_key_id": vault_key.key_id if vault_key else None}
    return told | {"vault_key_retiring": vault_key.old.key_id if vault_key and vault_key.old else None}


def _rotate(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    from fundwatch.lake.lock import held

    vault = vault_of(settings)
    with held(settings.lake_dir):
        audit_log(settings).now()  # nothing is rotated that cannot be logged
        ring = read_ring(settings.key_path)
        lacking = {table: n for table, n in rows_of_keys(Lake(settings.lake_dir), ring.key_ids).items() if n}
        if lacking and not vault.key_ids():
            raise KeyRotationError(
                "the vault holds nothing, so no token of the lake could be carried over",
                where=str(vault.root),
                do="take the deliveries in again with the vault in place, or keep the key",
            )
        ring = rotate_key(settings.key_path)
        _noted(options, settings, "keys rotate", ring)
        return _bridged(options, settings, vault, ring)


def _bridge(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    from fundwatch.lake.lock import held

    vault = vault_of(settings)
    ring = read_ring(settings.key_path)
    if ring.retiring is None:
        raise KeyRotationError("no key is retiring", where=str(settings.key_path), do="`fundwatch keys rotate` first")
    with held(settings.lake_dir):
        return _bridged(options, settings, vault, ring)


def _bridged(options: argparse.Namespace, settings: Settings, vault: Vault, ring: KeyRing) -> dict[str, Any]:
    from privacy.tokens.pseudonyms import token_of

    count = build_bridge(vault, ring, token_of)
    _noted(options, settings, "keys bridge", ring, {"tokens": str(count)})
    if not options.json:
        print(f"key {ring.active.key_id} in force, {ring.retiring.key_id if ring.retiring else ''} retiring")
        say(
            options,
            f"bridge of {count} tokens in {vault.bridge_path}: `fundwatch keys carry`, then `fundwatch keys retire`",
        )
    told = {"key_id": ring.active.key_id, "retiring": ring.key_ids[-1], "lineage": ring.lineage}
    return told | {"bridged": count, "bridge": vault.bridge_path, "path": settings.key_path}


def _retire(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    from fundwatch.lake.lock import held

    vault = vault_of(settings)
    with held(settings.lake_dir):
        ring = read_ring(settings.key_path)
        old = ring.retiring
        if old is not None:
            _refuse_held(settings, vault, old.key_id)
        audit_log(settings).now()
        drop_bridge(vault)  # first: while the old key is on the ring, a killed run can be run again
        ring = retire_key(settings.key_path)
        _noted(options, settings, "keys retire", ring, {"retired": old.key_id if old else ""})
    if not options.json:
        print(f"key {old.key_id} and its bridge are gone" if old else "no key was retiring")
        print(f"key {ring.active.key_id} in force; lineage {ring.lineage}")
    return {"key_id": ring.active.key_id, "retired": old.key_id if old else None, "path": settings.key_path}


def _refuse_held(settings: Settings, vault: Vault, key_id: str) -> None:
    held = rows_of_keys(Lake(settings.lake_dir), [key_id])
    if waiting := vault.key_ids().get(key_id):
        held["the vault"] = waiting
    if held:
        told = ", ".join(f"{table} ({n} rows)" for table, n in sorted(held.items()))
        raise KeyRotationError(
            f"tokens of the key {key_id} are still in use: {told}",
            where=str(settings.lake_dir),
            do="`fundwatch keys carry` (and for the vault `fundwatch keys bridge`), then retire the key",
        )


def rows_of_keys(lake: Lake, key_ids: tuple[str, ...] | list[str]) -> dict[str, int]:
    """By table that has the column `key_id`: how many of its rows were made with one of the keys; none, no entry."""
    from deltalake import DeltaTable

    among = ", ".join(f"'{key_id}'" for key_id in key_ids)
    found: dict[str, int] = {}
    for log in sorted(lake.root.glob("*/_delta_log")):
        table = log.parent.name
        if "key_id" in {field.name for field in DeltaTable(str(log.parent)).schema().fields}:
            rows = lake.rows(table, f'SELECT COUNT(*) AS n FROM "{table}" WHERE key_id IN ({among})')
            found |= {table: int(rows[0]["n"])} if rows[0]["n"] else {}
    return found


def _has_vault_key(settings: Settings) -> bool:
    return bool(os.environ.get(VAULT_KEY_VARIABLE, "").strip()) or _lies_there(settings.vault_key_path)


def _noted(
    options: argparse.Namespace, settings: Settings, action: str, ring: KeyRing, detail: dict[str, str] | None = None
) -> None:
    told = {"key_ids": ",".join(ring.key_ids), "lineage": ring.lineage} | (detail or {})
    audit_log(settings).append(action, actor=options.person, detail=told)


def _carry(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    from jobs.protect.carry_lake import carry

    return carry(settings, options)


_ACTIONS = {
    "make": _make, "check": _check, "rotate": _rotate, "bridge": _bridge, "carry": _carry, "retire": _retire,
    "share": rotate_vault.share,
}  # fmt: skip
_OF_VAULT = {"rotate": rotate_vault.rotate, "retire": rotate_vault.retire, "share": rotate_vault.share}


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
