"""A rotation of the vault's own key: every seal is opened with the key that it names and made again with the new one.

One domain at a time, each in one commit: a run that was killed leaves domains that are done and domains that are as
they were, and both open, because the old key is kept until nothing needs it. What is put down on the way is sealed.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.errors import KeyMissingError
from fundwatch.lake.delta_rows import commit_rows
from fundwatch.lake.store import Lake
from privacy.keys.ring import KeyRotationError
from privacy.keys.shares import make_text, read_text, replace_for_good, replace_text
from privacy.vault.bridge import staged_rows
from privacy.vault.sealing import VAULT_KEY_VARIABLE, SealingKey, VaultError, read_vault_key
from privacy.vault.vault import IDENTITY_COLUMNS, RESEALING, Vault, identity_schema

if TYPE_CHECKING:
    import pyarrow as pa

AUDIT_LINE = "audit line"


def rotate_vault_key(path: Path) -> SealingKey:
    """A new key beside the old one, which becomes retiring. Raises KeyRotationError while one is retiring."""
    refuse_environment()
    key = read_vault_key(path, {})
    if key.old is not None:
        raise KeyRotationError(
            f"the vault key {key.old.key_id} is still retiring",
            where=str(path),
            do="`fundwatch keys rotate --vault` seals what is left, `keys retire --vault` removes the old key",
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
    except FileExistsError as error:
        raise KeyMissingError(
            "a share already lies there", where=str(error), do="name two files that do not exist"
        ) from error


def refuse_environment() -> None:
    """Raise KeyRotationError when the key is not in a file."""
    if os.environ.get(VAULT_KEY_VARIABLE, "").strip():
        raise KeyRotationError(
            f"the vault's key comes from {VAULT_KEY_VARIABLE}, which a command cannot replace",
            do=f"unset {VAULT_KEY_VARIABLE} and rotate the key in its file",
        )


_ALL = ", ".join(IDENTITY_COLUMNS)


def seals_waiting(vault: Vault) -> dict[str, int]:
    """By domain: how many seals were made with another key than the one in force. Domains without any are left out."""
    import pyarrow as pa

    found: dict[str, int] = {}
    if not vault.counts():  # it refuses a damaged table too
        return found
    for batch in Lake(vault.address).batches("identity", "SELECT domain, sealed FROM identity"):
        domains = batch.column("domain").cast(pa.string()).filter(_is_old(vault.key, batch.column("sealed")))
        for reported in domains.value_counts().to_pylist():
            found[reported["values"]] = found.get(reported["values"], 0) + reported["counts"]
    return dict(sorted(found.items()))


def reseal(vault: Vault) -> int:
    """Make every seal of another key again with the one in force, old versions taken away; how many there were.

    Raises VaultError for a row that does not open, before anything of its domain is changed.
    """
    vault.refuse_open()
    aside = vault.root / RESEALING  # delta-rs cannot write what it is reading: the rows go through a file
    waiting = seals_waiting(vault)
    for domain in waiting:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        _put(vault, domain, _staged(vault, domain, aside / domain))
    if vault.holds_identities:
        vault.forget_history()
    return sum(waiting.values())


def _staged(vault: Vault, domain: str, path: Path) -> Path:
    """The domain's rows with seals of the key in force, in a file of Arrow batches."""
    import pyarrow as pa

    written = 0
    with pa.ipc.new_file(str(path), identity_schema()) as file:
        query = f"SELECT {_ALL} FROM identity WHERE domain = '{domain}'"
        for batch in Lake(vault.address).batches("identity", query):
            rows = [_again(vault.key, row) for row in batch.to_pylist()]
            file.write_batch(pa.RecordBatch.from_pylist(rows, schema=identity_schema()))
            written += len(rows)
    if written != vault.counts()[domain]:
        raise VaultError(
            f"{written} rows of the domain {domain} were read, and it has {vault.counts()[domain]}",
            where=str(vault.identity),
            do="nothing of it was changed: see that nobody writes to the vault, and run the command again",
        )
    return path


def _put(vault: Vault, domain: str, staged: Path) -> None:
    commit_rows(vault.identity, staged_rows(staged), "overwrite", partition="domain", only=domain)


def _again(key: SealingKey, row: dict[str, Any]) -> dict[str, Any]:
    """The row with a seal of the key in force; as it is where it has one."""
    domain, token, sealed = str(row["domain"]), str(row["token"]), bytes(row["sealed"])
    if (sealed[:1], sealed[2:8]) == key.head:
        return row
    return row | {"sealed": key.seal(domain, token, key.open(domain, token, sealed))}


def _is_old(key: SealingKey, sealed: pa.Array) -> pa.Array:
    """Whether another key made each seal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = sealed.cast(pa.binary())
    form, name = key.head
    is_ours = pc.and_(pc.equal(pc.binary_slice(plain, 0, 1), form), pc.equal(pc.binary_slice(plain, 2, 8), name))
    return pc.invert(is_ours)
