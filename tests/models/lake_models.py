"""A small population to train on, and a lake that holds what was learned, without Spark."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from fundwatch.lake.store import Lake
from models.detectors.detector import Parameters, Reads
from models.registry.champions import LakeModels
from models.registry.model_data import to_bytes
from models.registry.promotion import ModelStatus
from models.registry.records import PURPOSE, ModelRecord, files_of
from models.training import Trained, TrainingSample, train_all
from privacy.keys.ring import make_key, read_ring
from privacy.keys.signing import Signer
from tests.places import at

READS = Reads(("a", "b"), ("high", "low"))
FIRST, SECOND, THIRD = date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 24)
CHAMPION, CHALLENGER = (status.value for status in ModelStatus)


def trained(night: date, entity: str = "doctor") -> list[Trained]:
    """The baseline and the forest of 40 invented entities."""
    matrix = np.random.default_rng(night.day).normal(size=(40, 2))
    sample = TrainingSample(entity, night, tuple(f"d{place:02d}" for place in range(40)), READS, matrix)
    return [one for one in train_all(sample, Parameters(seed=7, forest_trees=10)) if isinstance(one, Trained)]


def record_of(lake_models: LakeModels, made: Trained, state: str = CHAMPION) -> ModelRecord:
    """The signed record of a model, its data put into the lake."""
    sha256, night = lake_models.files.put(to_bytes(made.detector)), made.sample.as_of
    reported = ModelRecord(night, made.entity, made.model, made.fingerprint, len(made.sample.ids), state, None, sha256)
    return reported.signed(lake_models.signer)


def no_lake_models(folder: Path) -> LakeModels:
    """A lake without models, and a key."""
    key = folder / "keys" / "pseudonym.key"
    if not key.exists():
        make_key(key)
    return LakeModels([], [], files_of(at(folder / "lake")), Signer(read_ring(key, {}), PURPOSE))


def write_models(folder: Path, *records: ModelRecord) -> None:
    """The records as the lake's table, a commit a night."""
    lake = Lake(at(folder / "lake"))
    for night in sorted({record.business_date for record in records}):
        lake.write_rows([r.row() for r in records if r.business_date == night], "model", night)
