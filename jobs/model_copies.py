"""MLflow told of the lake's models, which people look at there: it may be another server, be empty, or not answer."""

from __future__ import annotations

from collections.abc import Sequence

from fundwatch.logs import log
from fundwatch.settings import Settings
from fundwatch.tracking import tracking_of
from models.registry.champions import Champion, Shelf, kinds
from models.registry.promotion import Standing
from models.registry.records import ModelRecord, is_model, registered_name
from models.registry.tracked import Copy, Registry, RegistryError


def tell_mlflow(settings: Settings, shelf: Shelf) -> str:
    """Tell MLflow of every model it does not have, and who stands; what became of it, in a word."""
    models = [record for record in shelf.records if is_model(record) and record.content_sha256]
    try:
        registry = Registry(tracking_of(settings))
        lacking = {*registry.lacks(_named(models))}
        wanted = [record for record, named in zip(models, _named(models), strict=True) if named in lacking]
        copies = [_copy(shelf, record) for record in wanted if isinstance(shelf.loaded(record), Champion)]
        made = registry.tell(copies, _aliases(shelf, models))
    except RegistryError as fault:
        log.warning("MLflow has no copy of the models yet; they hold without it: %s (%s)", fault.what, fault.where)
        return f"not told: {fault.what}"
    return f"told of {made} models"


def has_copies(settings: Settings, records: Sequence[ModelRecord]) -> bool:
    """Whether MLflow has the models' data; one that does not answer cannot be told, and is taken to."""
    try:
        return not Registry(tracking_of(settings)).lacks(_named(records))
    except RegistryError:
        return True


def _named(records: Sequence[ModelRecord]) -> list[tuple[str, str]]:
    return [(registered_name(*record.kind), str(record.model_print)) for record in records]


def _copy(shelf: Shelf, record: ModelRecord) -> Copy:
    sha256 = str(record.content_sha256)
    return Copy(
        name=registered_name(*record.kind),
        print=str(record.model_print),
        as_of=record.business_date,
        standing=record.state,
        note=record.why_not or "",
        content_sha256=sha256,
        content=shelf.files.get(sha256),
        trained_count=record.trained_count,
    )


def _aliases(shelf: Shelf, models: Sequence[ModelRecord]) -> dict[tuple[str, str], str]:
    """By registered name and alias the model's print: who stands now, and the newest that waits."""
    found: dict[tuple[str, str], str] = {}
    newest = max((record.business_date for record in models), default=None)
    for record in sorted(models, key=lambda one: one.business_date):
        if record.state == Standing.CHALLENGER.value:
            found[registered_name(*record.kind), record.state] = str(record.model_print)
    for kind in kinds():
        stands = None if newest is None else shelf.champion(*kind, newest)
        if isinstance(stands, Champion):
            found[registered_name(*kind), Standing.CHAMPION.value] = stands.print
    return found
