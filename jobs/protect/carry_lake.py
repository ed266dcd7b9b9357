"""Carry the lake over to the key in force: every token of the retiring key becomes the new key's, table by table.

A run that was killed is run again: a token that the bridge has carried is known as new and stays. The lists that were
published keep their tokens, and the bridge knows those until the old key is retired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from fundwatch.errors import problems
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.logs import log, step
from fundwatch.places import LakeAddress
from fundwatch.settings import Settings
from intake.rows.status import FINGERPRINT_COLUMN, content_fingerprint
from intake.source.columns import Token
from intake.source.load import mapping_in_force
from intake.source.mapping import ENTRY_OF
from jobs.lake_models import sign_promotions_anew, signed_anew
from jobs.protect.journals.carry_journals import carry_journals, case_ids
from jobs.workplace import Workplace, writing
from leads.ranking.cases import case_id
from privacy.audit.log import audit_log
from privacy.keys.ring import KeyRing, KeyRotationError, read_ring
from privacy.vault.columns import rekeyed, unbridged
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_JOB = "carry"
_NETTED = {entry: table for table, entry in ENTRY_OF.items()}
_TEXTS = {"quarantine": ("row_json",)}


@dataclass(frozen=True)
class Carried:
    """Rows by table that were carried over, tokens by column that the vault does not know, the key in force."""

    rows: dict[str, int]
    left: dict[str, int]
    key_id: str


def carry(settings: Settings, person: str, *, leave_unknown: bool = False) -> Carried:
    """Carry the lake's tokens over to the key in force.

    Raises KeyRotationError without a rotation, or when tokens cannot be carried.
    """
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    ring = read_ring(settings.key_path)
    if ring.retiring is None or not vault.has_bridge:
        raise KeyRotationError(
            "no rotation is under way",
            where=str(settings.key_path),
            do="`fundwatch keys rotate` makes the new key and the bridge",
        )
    _newest_night(settings.lake_address)  # before a session is started for nothing
    with writing(settings) as place:
        audit_log(settings).now()  # nothing is carried that cannot be logged
        rows, lost = carried(place, vault, ring, leave_unknown=leave_unknown)
    detail = {"tables": str(len(rows)), "left": str(sum(lost.values())), "key_ids": ",".join(ring.key_ids)}
    audit_log(settings).append("keys carry", actor=person, detail=detail)
    return Carried(rows, lost, ring.active.key_id)


def carried(
    place: Workplace, vault: Vault, ring: KeyRing, *, leave_unknown: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """Rows by table that were carried over, and tokens by column that the vault does not know."""
    made = _tokens_of_source(place)
    tables = {name: columns for name in TABLES if (columns := _columns(place, name, made)) is not None}
    bridge = vault.bridge(place.spark)
    with audit_log(place.settings).turn():  # who writes about leads waits
        carry_journals(place, bridge)
    lost = _unbridged(place, tables, bridge)
    if lost and not leave_unknown:
        texts = [f"{name}: {count:,} tokens" for name, count in sorted(lost.items())]
        raise KeyRotationError(
            problems("the vault does not know what some tokens stand for", texts),
            where=str(vault.root),
            do="--leave-unknown carries all others; whom these stand for will be somebody new to later nights",
        )
    return _replaced(place, ring, tables, bridge), lost


def _newest_night(lake: LakeAddress) -> date:
    """The newest night that was taken in, wholly or by a run that was killed: that one has left tokens too.

    Raises KeyRotationError for a lake without any: it holds nothing to carry.
    """
    refuse_no_lake(lake)
    nights = {row["business_date"] for row in Ledger(lake).run_rows() if row["job"] == "intake"}
    if not nights:
        raise KeyRotationError(
            "no night was taken into this lake, so there is nothing to carry over",
            where=str(lake),
            do="name the lake that the key was rotated for with --var or --lake; if it is this one, "
            "`fundwatch nightly --date DATE` takes its first night in with the new key, then `fundwatch keys retire`",
        )
    return max(nights)


def _columns(place: Workplace, name: str, made: frozenset[str]) -> tuple[str, ...] | None:
    """The table's columns in which tokens stand; None where it is not made, or holds neither tokens nor a key's id."""
    contract = TABLES[name]
    if not place.lake.exists(name):
        return None
    found = [c.name for c in contract.columns if c.domain is not None or c.name in made]
    found += [c.name for c in contract.columns if c.type == "map<string,array<string>>"]
    return tuple(found) if found or "key_id" in contract.column_names else None


def _tokens_of_source(place: Workplace) -> frozenset[str]:
    """Columns that are public by their contract and that the source makes tokens of: a practice may be a person."""
    mapping = mapping_in_force(place.settings)
    return frozenset(
        name
        for how in mapping.tables.values()
        for rows in how.rows
        for name, given in rows.columns.items()
        if isinstance(given, Token)
    )


def _unbridged(place: Workplace, tables: dict[str, tuple[str, ...]], bridge: DataFrame) -> dict[str, int]:
    """By table and column: how many tokens the bridge does not know. Columns that hold public ids too are left out."""
    asked = [
        (name, column.name)
        for name in tables
        for column in TABLES[name].columns
        if column.domain not in (None, "mixed") and "key_id" in TABLES[name].column_names
    ]
    if not asked:
        return {}
    counts = [
        unbridged(place.lake.read(place.spark, name), bridge, column).agg(
            F.lit(f"{name}.{column}").alias("place"), F.count(F.lit(1)).alias("n")
        )
        for name, column in asked
    ]
    return {row.place: int(row.n) for row in stacked(counts).collect() if row.n}  # a row per column


def _replaced(place: Workplace, ring: KeyRing, tables: dict[str, tuple[str, ...]], bridge: DataFrame) -> dict[str, int]:
    """Replace each table whole; rows by table. What killed nights left half done is theirs to fix."""
    night = _newest_night(place.lake.address)
    run_fingerprint = fingerprint(_JOB, list(ring.key_ids))
    run_id = place.ledger.start(_JOB, night, run_fingerprint)
    rows: dict[str, int] = {}
    sign_promotions_anew(place.lake.address, ring)
    # the table by which an intake knows the lake's key goes last: until then no night runs; before it that by which
    # ids of cases are known
    for name in sorted(tables, key=lambda table: (table == "delivery", table == "case", table)):
        with step(f"  {name}"):
            place.ledger.intend(run_id, _JOB, night, name)
            done = place.lake.replace(_carried_rows(place, name, tables[name], bridge, ring), name)
            place.ledger.written(run_id, _JOB, night, done)
            rows[name] = done.rows
    place.ledger.commit(run_id, _JOB, night, run_fingerprint, {"tables": len(rows)})
    place.lake.clear_staging()
    log.info("carried over: %d tables", len(rows))
    return rows


def _carried_rows(place: Workplace, name: str, columns: Sequence[str], bridge: DataFrame, ring: KeyRing) -> DataFrame:
    """The table's rows under the key in force: models are signed again, everything else has new tokens."""
    if name == "model":
        signed = [record.row() for record in signed_anew(place.lake.address, ring)]
        return place.spark.createDataFrame(signed, TABLES[name].schema())
    return _renamed(place, name, columns, bridge, ring.active.key_id)


def _renamed(place: Workplace, name: str, columns: Sequence[str], bridge: DataFrame, key_id: str) -> DataFrame:
    rows = rekeyed(place.lake.read(place.spark, name), bridge, columns, key_id, _TEXTS.get(name, ()))
    if FINGERPRINT_COLUMN in rows.columns:
        rows = rows.withColumn(FINGERPRINT_COLUMN, content_fingerprint(_NETTED[name]))
    for column in ("case_id", "merged_case_id"):
        if name != "case" and column in rows.columns:
            rows = rows.join(case_ids(place, bridge), F.col(column) == F.col("_old_case"), how="left")
            rows = rows.withColumn(column, F.coalesce("_new_case", column)).drop("_old_case", "_new_case")
    if name == "case":  # handed on from night to night: made again as the first night would have with the new key
        of_case = Window.partitionBy("case_id")  # its subject may go on under another id than on its first night
        rows = rows.withColumn("case_id", F.min_by(case_id("first_seen"), "business_date").over(of_case))
    return rows
