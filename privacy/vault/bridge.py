"""A rotation's bridge: every token the vault knows under the old key, with its token under the new one.

Only the vault knows the values, so only who holds it and both keys can carry a lake over. Each step can be killed and
run again: the bridge is written before the vault is sealed under new tokens, and what is sealed so is left alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fundwatch.lake.delta_rows import commit_rows, opened, query_rows, seal
from fundwatch.lake.store import Lake
from privacy.keys.ring import KeyRing, PseudonymKey
from privacy.tokens.pseudonyms import folded
from privacy.vault.sealing import VaultError
from privacy.vault.vault import IDENTITY_COLUMNS, REKEYING, Vault, bridge_schema, identity_schema

TokenOf = Callable[[PseudonymKey, str, str], str | None]
_ALL = ", ".join(IDENTITY_COLUMNS)
_Row = dict[str, Any]


def build_bridge(vault: Vault, ring: KeyRing, token_of: TokenOf) -> int:
    """Write the bridge and seal the vault again under the active key; how many tokens the bridge holds.

    `token_of` normalises and hashes. Nothing is changed without a retiring key. Raises VaultError for a row that does
    not open or whose value does not give its token, before anything is changed.
    """
    old = ring.retiring
    if old is not None and vault.key_ids().get(old.key_id):
        aside = vault.root / REKEYING  # delta-rs cannot write what it is reading: both go through a file
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        _stage(_Work(vault, ring.active, old, token_of), aside / "bridge", aside / "identity")
        _put_bridge(vault, aside / "bridge")
        _put_identities(vault, aside / "identity")
        shutil.rmtree(aside)
    if old is not None and vault.holds_identities:
        vault.forget_history()
    found = query_rows(vault.bridge_table, "bridge", "SELECT COUNT(*) AS n FROM bridge") if vault.has_bridge else []
    return int(found[0]["n"]) if found else 0


def drop_bridge(vault: Vault) -> None:
    """Take the bridge away: with it, tokens of the old key could be joined with the new ones for ever."""
    if vault.has_bridge:
        shutil.rmtree(vault.root / vault.bridge_table.name)


@dataclass(frozen=True)
class _Work:
    """What a row is carried over with."""

    vault: Vault
    active: PseudonymKey
    old: PseudonymKey
    token_of: TokenOf

    def carried(self, row: _Row) -> _Row:
        """The row under the active key: its token, key id and seal are new."""
        domain, token = str(row["domain"]), str(row["token"])
        content = self.vault.key.open(domain, token, bytes(row["sealed"]))
        value = content.get("value", "")
        new_token = self.token_of(self.active, domain, value)
        # tokens of earlier versions were made of the folded value
        made = [self.token_of(self.old, domain, spelled) for spelled in (value, folded(value))]
        if new_token is None or token not in made:
            raise VaultError(
                "a row of the vault holds a value that does not give its token",
                where=f"{domain} {token[:8]}",
                do="restore the vault from its copy, or erase the row; nothing was carried over",
            )
        sealed = self.vault.key.seal(domain, new_token, content)
        return row | {"token": new_token, "key_id": self.active.key_id, "sealed": sealed}

    def bridged(self, row: _Row, carried: _Row) -> _Row:
        return {
            "domain": row["domain"], "old_token": row["token"], "new_token": carried["token"],
            "old_key_id": self.old.key_id, "new_key_id": self.active.key_id,
        }  # fmt: skip


def _batches(vault: Vault, condition: str) -> Iterator[list[_Row]]:
    for batch in Lake(vault.address).batches("identity", f"SELECT {_ALL} FROM identity WHERE {condition}"):
        yield batch.to_pylist()


def _stage(work: _Work, bridge: Path, identity: Path) -> None:
    """Write the bridge and the vault's new content to two Arrow files, batch by batch."""
    import pyarrow as pa

    # rows of nights taken in with the new key before the bridge was built: few, if any
    others = _batches(work.vault, f"key_id <> '{work.old.key_id}'")
    fresh = {(row["domain"], row["token"]): row for rows in others for row in rows}
    with ExitStack() as stack:
        bridges = stack.enter_context(pa.ipc.new_file(str(bridge), bridge_schema()))
        contents = stack.enter_context(pa.ipc.new_file(str(identity), identity_schema()))
        for rows in _batches(work.vault, f"key_id = '{work.old.key_id}'"):
            pairs = [(row, work.carried(row)) for row in rows]
            reported = [work.bridged(row, carried) for row, carried in pairs]
            held = [richer(carried, fresh.pop((carried["domain"], carried["token"]), None)) for _, carried in pairs]
            bridges.write_batch(pa.RecordBatch.from_pylist(reported, schema=bridge_schema()))
            contents.write_batch(pa.RecordBatch.from_pylist(held, schema=identity_schema()))
        contents.write_batch(pa.RecordBatch.from_pylist(list(fresh.values()), schema=identity_schema()))


def richer(row: _Row, other: _Row | None) -> _Row:
    """One row out of two of a token: the richer content, then the later; all nights of both."""
    if other is None:
        return row
    best = max(row, other, key=lambda r: (r["field_count"], r["sealed_night"]))
    first, last = min(row["first_night"], other["first_night"]), max(row["last_night"], other["last_night"])
    return best | {"first_night": first, "last_night": last}


def _put_bridge(vault: Vault, staged: Path) -> None:
    if not vault.has_bridge:
        commit_rows(vault.bridge_table, staged_rows(staged), "overwrite")
        return
    # an earlier run was killed, or a night was taken in with the old key since: add what is not there
    same = "held.domain = staged.domain AND held.old_token = staged.old_token"
    table = opened(vault.bridge_table)
    merge = table.merge(staged_rows(staged), same, source_alias="staged", target_alias="held")
    merge.when_not_matched_insert_all().execute()
    seal(vault.bridge_table)


def _put_identities(vault: Vault, staged: Path) -> None:
    commit_rows(vault.identity, staged_rows(staged), "overwrite", partition="domain")


def staged_rows(path: Path) -> Any:
    """A reader of a file of Arrow batches; it holds one batch at a time."""
    import pyarrow as pa

    file = pa.ipc.open_file(pa.memory_map(str(path)))
    return pa.RecordBatchReader.from_batches(
        file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    )
