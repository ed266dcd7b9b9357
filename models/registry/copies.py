"""The lake's models registered in MLflow, which people look at there: it may be another server, be empty, or not
answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from fundwatch.logs import log
from fundwatch.tracking import Tracking
from models.registry.champions import Champion, LakeModels, kinds
from models.registry.promotion import ModelStatus
from models.registry.records import ModelRecord, is_model, registered_name
from models.registry.tracked import Copy, Registry, RegistryError


def register_in_mlflow(tracking: Tracking, lake_models: LakeModels) -> str:
    """Tell MLflow of every model it does not have, and who stands; what became of it, in a word."""
    models = [record for record in lake_models.records if is_model(record) and record.content_sha256]
    try:
        registry = Registry(tracking)
        lacking = {*registry.lacks(_named(models))}
        wanted = [record for record, named in zip(models, _named(models), strict=True) if named in lacking]
        copies = [_copy(lake_models, record) for record in wanted if isinstance(lake_models.loaded(record), Champion)]
        made = registry.report(copies, _aliases(lake_models, models))
    except RegistryError as error:
        log.warning("MLflow has no copy of the models yet; they hold without it: %s (%s)", error.what, error.where)
        return f"not registered: {error.what}"
    return f"{made} models registered"


def has_copies(tracking: Tracking, records: Sequence[ModelRecord]) -> bool:
    """Whether MLflow has the models' data; one that does not answer cannot be asked, and is taken to."""
    try:
        return not Registry(tracking).lacks(_named(records))
    except RegistryError:
        return True


def _named(records: Sequence[ModelRecord]) -> list[tuple[str, str]]:
    return [(registered_name(*record.kind), str(record.model_fingerprint)) for record in records]


def _copy(lake_models: LakeModels, record: ModelRecord) -> Copy:
    sha256 = str(record.content_sha256)
    return Copy(
        name=registered_name(*record.kind),
        fingerprint=str(record.model_fingerprint),
        as_of=record.business_date,
        status=record.state,
        note=record.why_not or "",
        content_sha256=sha256,
        content=lake_models.files.get(sha256),
        trained_count=record.trained_count,
    )


def _aliases(lake_models: LakeModels, models: Sequence[ModelRecord]) -> dict[tuple[str, str], str]:
    """By registered name and alias the model's fingerprint: the champion now, and the newest that waits."""
    found: dict[tuple[str, str], str] = {}
    newest = max((record.business_date for record in models), default=None)
    for record in sorted(models, key=lambda one: one.business_date):
        if record.state == ModelStatus.CHALLENGER.value:
            found[registered_name(*record.kind), record.state] = str(record.model_fingerprint)
    for kind in kinds():
        champion = None if newest is None else lake_models.champion(*kind, newest)
        if isinstance(champion, Champion):
            found[registered_name(*kind), ModelStatus.CHAMPION.value] = champion.fingerprint
    return found
