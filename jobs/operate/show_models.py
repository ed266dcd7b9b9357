"""Which models speak on a night, and whether they hold; a person's word that another one shall. Without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.settings import Settings
from jobs.lake_models import lake_models_of, promotions_in
from models.registry.champions import Champion, LakeModels, kinds
from models.registry.promotion import ModelStatus
from models.registry.records import ModelRecord, Promotion, is_model


class PromotionError(FundwatchError):
    """A model cannot be promoted."""


@dataclass(frozen=True)
class ModelShown:
    """One model: whether it speaks on the night, the night it learned on, its fingerprint; a note where it does not
    speak.
    """

    model: str
    speaks: bool
    learned_on: date | None
    fingerprint: str | None
    note: str


@dataclass(frozen=True)
class ModelsShown:
    """The models of a night."""

    date: date
    models: tuple[ModelShown, ...]


@dataclass(frozen=True)
class Promoted:
    """From a night on, a model speaks, by somebody's word."""

    model: str
    fingerprint: str
    since: date
    by: str
    learned_on: date

    def as_json(self) -> dict[str, Any]:
        """Without what it learned on."""
        return {"model": self.model, "fingerprint": self.fingerprint, "from": self.since, "by": self.by}


def models_of(settings: Settings, night: date) -> ModelsShown:
    """Which models speak on the night, and every challenger up to it."""
    refuse_no_lake(settings.lake_address)
    return ModelsShown(night, tuple(_shown(lake_models_of(settings), night)))


def _shown(lake_models: LakeModels, night: date) -> Iterator[ModelShown]:
    """Per kind who speaks or why nobody does, and every challenger up to the night."""
    for kind in kinds():
        champion = lake_models.champion(*kind, night)
        name = "/".join(kind)
        if isinstance(champion, Champion):
            yield ModelShown(name, True, champion.learned_on, champion.fingerprint, "")
        else:
            yield ModelShown(name, False, None, None, champion.why_not)
        for record in _of_kind(lake_models, kind, night):
            if record.state == ModelStatus.CHALLENGER.value and record.model_fingerprint != getattr(
                champion, "fingerprint", None
            ):
                note = f"待定 challenger: {record.why_not}"
                yield ModelShown(name, False, record.business_date, record.model_fingerprint, note)


def _of_kind(lake_models: LakeModels, kind: tuple[str, str], night: date) -> list[ModelRecord]:
    return [one for one in lake_models.records if one.kind == kind and is_model(one) and one.business_date <= night]


def promote(settings: Settings, night: date, model: str, content_fingerprint: str, *, by: str, why: str) -> Promoted:
    """From the night on, the model with the fingerprint speaks; recorded in the lake, signed, with who and why."""
    missing = [name for name, value in (("--model", model), ("--as", by), ("--why", why)) if not value]
    if missing:
        raise PromotionError(f"{', '.join(missing)} must be given", do="say which model, who decides, and why")
    refuse_no_lake(settings.lake_address)
    lake_models = lake_models_of(settings)
    record = _meant(lake_models, model, content_fingerprint, night)
    loaded = lake_models.loaded(record)
    if not isinstance(loaded, Champion):
        raise PromotionError(loaded.why_not, where=loaded.detail, do="a model that does not hold cannot speak")
    reported = Promotion(night, *record.kind, loaded.fingerprint, by, why).signed(lake_models.signer)
    promotions_in(settings.lake_address).append([reported.row()])
    return Promoted(model, loaded.fingerprint, night, by, record.business_date)


def _meant(lake_models: LakeModels, name: str, content_fingerprint: str, night: date) -> ModelRecord:
    """The one model of the kind up to the night whose fingerprint begins so; without a fingerprint, the newest."""
    if name not in ["/".join(kind) for kind in kinds()]:
        known = ", ".join("/".join(kind) for kind in kinds())
        raise PromotionError(f"no model is named '{name}'", where="--model", do=f"give one of {known}")
    entity, _, model = name.partition("/")
    found = [
        one
        for one in _of_kind(lake_models, (entity, model), night)
        if str(one.model_fingerprint).startswith(content_fingerprint)
    ]
    if not found or (content_fingerprint and len(found) > 1):
        raise PromotionError(
            f"{len(found)} models of {name} up to {night} have a fingerprint that begins with '{content_fingerprint}'",
            do=f"see them with `fundwatch models --date {night}`",
        )
    return max(found, key=lambda one: one.business_date)
