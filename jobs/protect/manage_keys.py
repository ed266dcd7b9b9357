"""The keys: make what is missing, check, rotate the pseudonymisation key with a bridge, retire the old one.

With `--vault` it is the vault's own key that is rotated, retired or shared: see rotate_vault.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.protect.rotate_vault import vault_of
from privacy.audit.log import audit_log
from privacy.keys.ring import KeyRing, KeyRotationError, make_key, read_ring, retire_key, rotate_key
from privacy.keys.shares import SEPARATOR, share_paths
from privacy.tokens.pseudonyms import token_of
from privacy.vault.bridge import build_bridge, drop_bridge
from privacy.vault.sealing import VAULT_KEY_VARIABLE, make_vault_key, read_vault_key
from privacy.vault.vault import Vault


@dataclass(frozen=True)
class KeysMade:
    """The keys in force, and the files that were made; `is_shared`: in two files of two custodians."""

    key_id: str
    path: Path
    made: list[Path]
    vault_key_id: str
    is_shared: bool

    def as_json(self) -> dict[str, Any]:
        """Ids and files."""
        return {name: value for name, value in asdict(self).items() if name != "is_shared"}


@dataclass(frozen=True)
class Keys:
    """The ids of the keys in force and of those that retire."""

    key_id: str
    path: Path
    retiring: str | None
    lineage: str
    vault_key_id: str | None
    vault_key_retiring: str | None


@dataclass(frozen=True)
class Rotation:
    """The key in force, the one that retires, and the bridge from its tokens."""

    key_id: str
    retiring: str
    lineage: str
    bridged: int
    bridge: Path
    path: Path


@dataclass(frozen=True)
class KeyRetired:
    """The key in force, and the one that is gone, if any was retiring."""

    key_id: str
    retired: str | None
    path: Path
    lineage: str

    def as_json(self) -> dict[str, Any]:
        """Without the lineage."""
        return {name: value for name, value in asdict(self).items() if name != "lineage"}


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


def make(settings: Settings, person: str, shares: Sequence[Path] | None = None) -> KeysMade:
    """Make the keys that are missing, the pseudonymisation key in two shares where they are named. Raises
    KeyRotationError where it is there already."""
    path = Path(SEPARATOR.join(map(str, shares))) if shares else settings.key_path
    made = make_missing_keys(settings, path)
    if not made or (shares and path not in made):
        make_key(path)  # refuses, and says why
    ring, vault = read_ring(path), vault_of(settings)
    audit_log(settings).append(
        "keys make", actor=person, detail={"key_id": ring.active.key_id, "files": str(len(made))}
    )
    return KeysMade(ring.active.key_id, path, made, vault.key.key_id, bool(shares))


def check(settings: Settings) -> Keys:
    """The keys in force, and those that retire. Raises KeyMissingError without the pseudonymisation key."""
    ring = read_ring(settings.key_path)
    vault_key = read_vault_key(settings.vault_key_path) if _has_vault_key(settings) else None
    return Keys(
        key_id=ring.active.key_id,
        path=settings.key_path,
        retiring=ring.retiring.key_id if ring.retiring else None,
        lineage=ring.lineage,
        vault_key_id=vault_key.key_id if vault_key else None,
        vault_key_retiring=vault_key.old.key_id if vault_key and vault_key.old else None,
    )


def rotate(settings: Settings, person: str) -> Rotation:
    """A new key beside the old one, and the bridge from its tokens. Raises KeyRotationError where tokens of the lake
    could not be carried over."""
    vault = vault_of(settings)
    with held(settings.lake_address):
        audit_log(settings).now()  # nothing is rotated that cannot be logged
        ring = read_ring(settings.key_path)
        lacking = {table: n for table, n in rows_of_keys(Lake(settings.lake_address), ring.key_ids).items() if n}
        if lacking and not vault.key_ids():
            raise KeyRotationError(
                "the vault holds nothing, so no token of the lake could be carried over",
                where=str(vault.root),
                do="take the deliveries in again with the vault in place, or keep the key",
            )
        ring = rotate_key(settings.key_path)
        _note(settings, "keys rotate", person, ring)
        return _bridged(settings, person, vault, ring)


def bridge(settings: Settings, person: str) -> Rotation:
    """Build the bridge again. Raises KeyRotationError where no key is retiring."""
    vault, ring = vault_of(settings), read_ring(settings.key_path)
    if ring.retiring is None:
        raise KeyRotationError("no key is retiring", where=str(settings.key_path), do="`fundwatch keys rotate` first")
    with held(settings.lake_address):
        return _bridged(settings, person, vault, ring)


def _bridged(settings: Settings, person: str, vault: Vault, ring: KeyRing) -> Rotation:
    count = build_bridge(vault, ring, token_of)
    _note(settings, "keys bridge", person, ring, {"tokens": str(count)})
    return Rotation(
        ring.active.key_id, ring.key_ids[-1], ring.lineage, count, Path(str(vault.bridge_table)), settings.key_path
    )


def retire(settings: Settings, person: str) -> KeyRetired:
    """Take the old key away. Raises KeyRotationError while its tokens are in use."""
    vault = vault_of(settings)
    with held(settings.lake_address):
        ring = read_ring(settings.key_path)
        old = ring.retiring
        if old is not None:
            _refuse_held(settings, vault, old.key_id)
        audit_log(settings).now()
        drop_bridge(vault)  # first: while the old key is on the ring, a killed run can be run again
        ring = retire_key(settings.key_path)
        _note(settings, "keys retire", person, ring, {"retired": old.key_id if old else ""})
    return KeyRetired(ring.active.key_id, old.key_id if old else None, settings.key_path, ring.lineage)


def _refuse_held(settings: Settings, vault: Vault, key_id: str) -> None:
    in_use = rows_of_keys(Lake(settings.lake_address), [key_id])
    if waiting := vault.key_ids().get(key_id):
        in_use["the vault"] = waiting
    if in_use:
        text = ", ".join(f"{table} ({n} rows)" for table, n in sorted(in_use.items()))
        raise KeyRotationError(
            f"tokens of the key {key_id} are still in use: {text}",
            where=str(settings.lake_address),
            do="`fundwatch keys carry` (and for the vault `fundwatch keys bridge`), then retire the key",
        )


def rows_of_keys(lake: Lake, key_ids: tuple[str, ...] | list[str]) -> dict[str, int]:
    """By table that has the column `key_id`: how many of its rows were made with one of the keys; none, no entry."""
    among = ", ".join(f"'{key_id}'" for key_id in key_ids)
    found: dict[str, int] = {}
    for table in lake.tables():
        if "key_id" in lake.columns(table):
            rows = lake.rows(table, f'SELECT COUNT(*) AS n FROM "{table}" WHERE key_id IN ({among})')
            found |= {table: int(rows[0]["n"])} if rows[0]["n"] else {}
    return found


def _has_vault_key(settings: Settings) -> bool:
    return bool(os.environ.get(VAULT_KEY_VARIABLE, "").strip()) or _lies_there(settings.vault_key_path)


def _note(settings: Settings, action: str, person: str, ring: KeyRing, detail: Mapping[str, str] | None = None) -> None:
    ids = {"key_ids": ",".join(ring.key_ids), "lineage": ring.lineage}
    audit_log(settings).append(action, actor=person, detail=ids | dict(detail or {}))


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
