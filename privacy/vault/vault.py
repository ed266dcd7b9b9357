"""The vault: what re-identification needs, sealed, in a folder of its own that its owner alone may enter.

Sources: PIPL Art. 51 and 73 (what identifies is kept apart); GB/T 39725-2020 10.2. Two Delta tables: `identity` (grain:
domain × token) and, during a rotation of the key, `bridge` (grain: domain × old token; see rekeying).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.lake.delta_rows import is_made, opened, query_rows
from fundwatch.lake.parquet.spark_rows import Placement, commit_frame, frame_of
from fundwatch.places import LakeAddress
from fundwatch.scratch import Scratch
from privacy.erasure.purge import purge
from privacy.keys.ring import DOMAINS
from privacy.vault.sealing import SealingKey, VaultError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

IDENTITY_COLUMNS = (
    "domain", "token", "key_id", "first_night", "last_night", "sealed_night", "field_count", "sealed",
)  # fmt: skip
BRIDGE_COLUMNS = ("domain", "old_token", "new_token", "old_key_id", "new_key_id")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_OTHERS = 0o077
_STAGING, REKEYING, RESEALING = ".staging", ".rekeying", ".resealing"
# no statistics of `sealed`: Delta's log would keep what was erased
_INDEXED = {"delta.dataSkippingNumIndexedCols": "3"}


@dataclass(frozen=True)
class Identity:
    """What the vault holds of one token. Its text form shows none of it."""

    domain: str
    token: str
    key_id: str
    first_night: date
    last_night: date
    content: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Vault:
    """The folder and the key that opens what lies in it."""

    root: Path
    key: SealingKey

    @property
    def address(self) -> LakeAddress:
        """Where its tables lie: they are read and written as the lake's are."""
        return LakeAddress(str(self.root))

    @property
    def identity(self) -> LakeAddress:
        """Where the table `identity` lies."""
        return self.address.within("identity")

    @property
    def bridge_table(self) -> LakeAddress:
        """Where the table `bridge` lies."""
        return self.address.within("bridge")

    @property
    def scratch(self) -> Scratch:
        """Where readable copies of delivered files lie while they are taken in."""
        return Scratch(self.root / "scratch")

    @property
    def holds_identities(self) -> bool:
        return is_made(self.identity)

    @property
    def has_bridge(self) -> bool:
        return is_made(self.bridge_table)

    def prepare(self) -> None:
        """Make the folder (mode 0700) and an empty `identity`. Raises VaultError when others may enter the folder."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.refuse_open()
        if not self.holds_identities:
            from deltalake import DeltaTable

            # by domain: a changed name does not have every invoice number written again
            DeltaTable.create(
                str(self.identity),
                schema=identity_schema(),
                partition_by=["domain"],
                configuration=dict(_INDEXED),
            )

    def refuse_open(self) -> None:
        """Raise VaultError when others than the owner may enter the folder."""
        if self.root.is_dir() and self.root.stat().st_mode & _OTHERS:
            raise VaultError("others may enter the vault", where=str(self.root), do=f"chmod 700 {self.root}")

    def open_one(self, domain: str, token: str) -> Identity | None:
        """What is known of one token; of the old token too while a rotation has its bridge. None: nothing is held."""
        self.refuse_open()
        _refuse_odd(domain, [token])
        for known in (token, *self._bridged(domain, [token]).values()):
            where = f"WHERE domain = '{domain}' AND token = '{known}'"
            found = self._query(self.identity, f"SELECT * FROM identity {where}")
            if found:
                row = found[0]
                content = self.key.open(domain, known, bytes(row["sealed"]))
                return Identity(domain, token, row["key_id"], row["first_night"], row["last_night"], content)
        return None

    def forget(self, domain: str, tokens: Sequence[str]) -> int:
        """Erase rows for good, from the tables' histories too (PIPL Art. 47); how many identities there were.

        While a rotation has its bridge, a token of either key stands for both, and the bridge's row goes as well.
        """
        _refuse_odd(domain, tokens)
        if not tokens:
            return 0
        among = ", ".join(f"'{token}'" for token in sorted({*tokens, *self.tokens_of_both_keys(domain, tokens)}))
        gone = 0
        if self.holds_identities:
            gone = _deleted(self.identity, f"domain = '{domain}' AND token IN ({among})")
            self.forget_history()
        if self.has_bridge:  # last: a run killed before finds the token of the other key in it
            _deleted(self.bridge_table, f"domain = '{domain}' AND (old_token IN ({among}) OR new_token IN ({among}))")
            purge(self.bridge_table)
        return gone

    def tokens_of_both_keys(self, domain: str, tokens: Sequence[str]) -> set[str]:
        """The tokens under both keys of whom a rotation's bridge knows by one of these; none without a bridge."""
        _refuse_odd(domain, tokens)
        among = ", ".join(f"'{token}'" for token in tokens)
        where = f"WHERE domain = '{domain}' AND (old_token IN ({among}) OR new_token IN ({among}))"
        found = self._query(self.bridge_table, f"SELECT old_token, new_token FROM bridge {where}")
        return {str(row[name]) for row in found for name in ("old_token", "new_token")}

    def forget_history(self) -> None:
        """Take away earlier versions, which time travel would read, and what a killed run left.

        The log is folded too: it keeps the least and the greatest token of each file, and what was deleted by.
        """
        for left in (_STAGING, REKEYING, RESEALING):
            shutil.rmtree(self.root / left, ignore_errors=True)
        purge(self.identity)

    def counts(self) -> dict[str, int]:
        """How many tokens of each domain the vault knows."""
        rows = self._query(self.identity, "SELECT domain, COUNT(*) AS n FROM identity GROUP BY domain")
        return {row["domain"]: int(row["n"]) for row in sorted(rows, key=lambda row: str(row["domain"]))}

    def key_ids(self) -> dict[str, int]:
        """How many rows each pseudonymisation key has."""
        rows = self._query(self.identity, "SELECT key_id, COUNT(*) AS n FROM identity GROUP BY key_id")
        return {row["key_id"]: int(row["n"]) for row in rows}

    def rows(self, spark: SparkSession) -> DataFrame:
        """The table `identity`, sealed as it is. Prepares the vault."""
        self.prepare()
        return frame_of(spark, self.identity)

    def bridge(self, spark: SparkSession) -> DataFrame:
        """The table `bridge` of a rotation that is under way."""
        return frame_of(spark, self.bridge_table)

    def write(self, rows: DataFrame) -> None:
        """Replace the rows' keys (domain, token): atomic, repeatable. `rows` come from `with_earlier` (columns)."""
        self.prepare()
        self._commit(rows, Placement("domain", key=("domain", "token"), properties=_INDEXED))

    def add(self, rows: DataFrame) -> None:
        """Append rows whose keys the vault does not hold: nothing that it holds is written again."""
        self.prepare()
        self._commit(rows, Placement("domain", properties=_INDEXED))

    def _commit(self, rows: DataFrame, place: Placement) -> None:
        commit_frame(rows.select(*IDENTITY_COLUMNS), self.identity, self.address.within(_STAGING), place)
        shutil.rmtree(self.root / _STAGING)

    def _bridged(self, domain: str, tokens: Sequence[str]) -> dict[str, str]:
        """The new tokens of those old ones that a rotation's bridge knows."""
        among = ", ".join(f"'{token}'" for token in tokens)
        where = f"WHERE domain = '{domain}' AND old_token IN ({among})"
        found = self._query(self.bridge_table, f"SELECT old_token, new_token FROM bridge {where}")
        return {str(row["old_token"]): str(row["new_token"]) for row in found}

    def _query(self, table: LakeAddress, query: str) -> list[dict[str, Any]]:
        return query_rows(table, table.name, query) if is_made(table) else []


def identity_schema() -> pa.Schema:
    """Grain: domain × token. `sealed_night` is the night whose content is sealed, `field_count` how rich it is."""
    import pyarrow as pa

    nights = [(name, pa.date32()) for name in ("first_night", "last_night", "sealed_night")]
    texts = [(name, pa.string()) for name in ("domain", "token", "key_id")]
    return pa.schema([*texts, *nights, ("field_count", pa.int32()), ("sealed", pa.binary())])


def bridge_schema() -> pa.Schema:
    """Grain: domain × old token."""
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in BRIDGE_COLUMNS])


def _refuse_odd(domain: str, tokens: Sequence[str]) -> None:
    if domain not in DOMAINS or not all(_TOKEN.fullmatch(token) for token in tokens):
        raise VaultError("this is no domain with tokens of 32 hex digits", do=f"domains: {', '.join(DOMAINS)}")


def _deleted(table: LakeAddress, predicate: str) -> int:
    """Delete rows, to be followed by `purge`; how many there were."""
    return int(opened(table).delete(predicate)["num_deleted_rows"])
