"""The lake's models as jobs read and write them: the table `model`, the journal of promotions, the data files, and what
the run ledger says training made, so that rows that are lost are missed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake.exceptions import DeltaError

from fundwatch.errors import KeyMissingError
from fundwatch.lake.check import CheckOutcome, LakeFinding, finding
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.content_files import ContentFileError
from fundwatch.lake.journal import Journal
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from fundwatch.settings import Settings
from models.registry.champions import LakeModels, kinds
from models.registry.promotion import ModelStatus
from models.registry.records import (
    FOLDER,
    NOT_TRAINED,
    PROMOTION_COLUMNS,
    PURPOSE,
    ModelRecord,
    Promotion,
    files_of,
    is_model,
)
from privacy.keys.ring import KeyRing, read_ring
from privacy.keys.signing import Signature, Signer

_JOURNAL = "model_promotion"
_MADE = "models"  # where the report of training says what it made
_STATUSES = tuple(status.value for status in ModelStatus)


def lake_models_of(settings: Settings) -> LakeModels:
    """What the lake holds of models. Raises KeyMissingError without the key, by which nothing can be trusted."""
    lake, ring = Lake(settings.lake_address), read_ring(settings.key_path)
    rows, problem = _rows(lake, "model")
    reported, no_journal = _rows(lake, _JOURNAL)
    return LakeModels(
        records=[ModelRecord.of_row(row) for row in rows],
        promotions=[Promotion.of_row(row) for row in reported],
        files=files_of(lake.address),
        signer=Signer(ring, PURPOSE),
        made=_made(lake.address, {row["business_date"] for row in rows}),
        problem=problem or no_journal,
    )


def promotions_in(lake: LakeAddress) -> Journal:
    """The journal of promotions."""
    return Journal(lake, _JOURNAL, PROMOTION_COLUMNS)


def models_report(records: Sequence[ModelRecord]) -> dict[str, Any]:
    """What training reports of the models it made: counts by status, and each by its name."""
    counts = {state: sum(r.state == state for r in records) for state in (*_STATUSES, NOT_TRAINED)}
    made = {"/".join(r.kind): {"fingerprint": r.model_fingerprint, "state": r.state} for r in records if is_model(r)}
    return {**counts, _MADE: made}


def signed_anew(lake: LakeAddress, ring: KeyRing) -> list[ModelRecord]:
    """Every row of the table, signed with the key in force. The signature of one that does not hold is kept under the
    new key's name: it fits as little as before, and the old key can go."""
    signer = Signer(ring, PURPOSE)
    rows, problem = _rows(Lake(lake), "model")
    if problem:
        raise ContentFileError("the table `model` cannot be read", where=problem, do="restore it from a copy")
    return [_signed_anew(ModelRecord.of_row(row), signer) for row in rows]


def _signed_anew(record: ModelRecord, signer: Signer) -> ModelRecord:
    if not record.signature_problem(signer):
        return record.signed(signer)
    kept = None if record.signature is None else Signature(signer.ring.active.key_id, record.signature.mac)
    return replace(record, signature=kept)


def sign_promotions_anew(lake: LakeAddress, ring: KeyRing) -> None:
    """Add to the journal, signed with the key in force, each promotion that holds and is not there so yet."""
    signer, journal = Signer(ring, PURPOSE), promotions_in(lake)
    reported = [Promotion.of_row(row) for row in journal.rows()]
    there = {one.signature for one in reported}
    holding = [one.signed(signer) for one in reported if not one.signature_problem(signer)]
    journal.append([one.row() for one in dict.fromkeys(holding) if one.signature not in there])


def model_findings(settings: Settings) -> Iterator[LakeFinding]:
    """Whether each model of the lake holds: its row, its signature, its data."""
    try:
        lake_models = lake_models_of(settings)
    except KeyMissingError as error:
        yield LakeFinding("models", FOLDER, CheckOutcome.NOT_CHECKED, error.what, error.do)
        return
    wrong = [f"{one.entity} {one.model}: {one.why_not}" for one in lake_models.problems()]
    text = f"{sum(is_model(record) for record in lake_models.records)} models"
    do = "restore the file or table from a copy; or `fundwatch train --date D` for the night it learned from"
    yield finding("models", FOLDER, list(dict.fromkeys(wrong)), text, do)


def _rows(lake: Lake, table: str) -> tuple[list[dict[str, Any]], str]:
    """The table's rows in order, none where it is not made; and why they cannot be read."""
    order = ("at",) if table == _JOURNAL else ("business_date", "entity_type", "model")
    if not lake.exists(table):
        return [], ""
    try:
        rows = lake.rows(table, f"SELECT * FROM {table}")
    except (DamagedFileError, DeltaError, pa.ArrowException, OSError) as error:
        return [], f"{lake.table_address(table)} ({type(error).__name__})"
    return sorted(rows, key=lambda row: [row[name] for name in order]), ""


def _made(lake: LakeAddress, nights_there: set[date]) -> dict[date, Mapping[tuple[str, str], str]]:
    """By night what training made, as the ledger has it. Before models were named in it, only how many there were:
    they are missed where no row of the night is left."""
    made: dict[date, Mapping[tuple[str, str], str]] = {}
    for row in Ledger(lake).run_rows():
        if row["job"] != "train" or row["state"] != "committed":
            continue
        detail, night = json.loads(row["detail"]), row["business_date"]
        if _MADE in detail:
            made[night] = {_kind(name): reported["state"] for name, reported in detail[_MADE].items()}
        elif night not in nights_there and sum(detail.get(state, 0) for state in _STATUSES):
            made[night] = dict.fromkeys(kinds(), ModelStatus.CHAMPION.value)
    return made


def _kind(name: str) -> tuple[str, str]:
    entity, _, model = name.partition("/")
    return entity, model
