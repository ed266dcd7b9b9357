"""Who speaks tonight: for each entity type and kind of detector its champion, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from models.detectors import DETECTORS, Detector
from models.positions import ENTITY_TYPES
from models.registry import Registry, registered_name

NO_CHAMPION = "no champion that learned from this night or an earlier one; run `fundwatch train`"


@dataclass(frozen=True)
class Champion:
    """The model that speaks for an entity type and a kind of detector."""

    entity: str
    model: str
    print: str
    detector: Detector


@dataclass(frozen=True)
class NotRun:
    """A model that did not speak, and why not; `detail` may name places of a machine: not for tables."""

    entity: str
    model: str
    why_not: str
    detail: str = ""


def kinds() -> Iterator[tuple[str, str]]:
    """Every pair of entity type and detector, in a fixed order."""
    return ((entity, model) for entity in ENTITY_TYPES for model in DETECTORS)


def registry_of(settings: Settings) -> Registry:
    """The registry that the settings name."""
    return Registry(settings.tracking_uri, settings.artifact_dir if settings.mlflow_uri is None else None)


def champion_prints(settings: Settings, as_of: date | None = None) -> dict[str, str]:
    """The print of each champion by registered name, for the night (None: the newest). Loads no model.

    Raises RegistryError when MLflow does not answer.
    """
    registry, latest = registry_of(settings), as_of or date.max
    names = [registered_name(entity, model) for entity, model in kinds()]
    found = {name: registry.champion(name, latest) for name in names}
    return {name: version.print for name, version in found.items() if version is not None}


def find_champions(registry: Registry, as_of: date) -> tuple[list[Champion], list[NotRun]]:
    """The champions that may score the night, loaded; and, named with its reason, everyone who cannot."""
    speaking: list[Champion] = []
    silent: list[NotRun] = []
    for entity, model in kinds():
        try:
            version = registry.champion(registered_name(entity, model), as_of)
            if version is None:
                silent.append(NotRun(entity, model, NO_CHAMPION))
            else:
                speaking.append(Champion(entity, model, version.print, registry.load(version)))
        except FundwatchError as fault:
            silent.append(NotRun(entity, model, fault.what, fault.where))
    return speaking, silent


def able(champions: list[Champion], measured: dict[str, frozenset[str]]) -> tuple[list[Champion], list[NotRun]]:
    """The champions whose indicators all ran tonight, and those that lack some."""
    speaking: list[Champion] = []
    silent: list[NotRun] = []
    for champion in champions:
        needed = frozenset(champion.detector.reads.indicators)
        missing = sorted(needed - measured.get(champion.entity, frozenset()))
        if missing:
            why = f"tonight's indicators lack {', '.join(missing)}, which the model reads"
            silent.append(NotRun(champion.entity, champion.model, why))
        else:
            speaking.append(champion)
    return speaking, silent
