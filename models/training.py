"""Training: a bounded sample of one night's positions becomes a detector of each kind, named by content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from fundwatch.fingerprint import fingerprint
from models.detectors.detector import Detector, Matrix, Parameters, Reads
from models.detectors.known import DETECTORS

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

# A forest of trees over 256 rows each learns nothing more from millions; this many rows fit any driver.
SAMPLE_LIMIT = 20_000
# Fewer entities have no usual behaviour to learn.
MIN_ENTITIES = 30


@dataclass(frozen=True, eq=False)
class TrainingSample:
    """Entities of one type as of one night: `robust_z` has one row per id and one column per indicator.

    The rows are in the order of their values: a forest draws rows by number, and an order by ids, which may be tokens,
    would give another forest under another key.
    """

    entity: str
    as_of: date
    ids: tuple[str, ...]
    reads: Reads
    robust_z: Matrix

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the sample's values, bit for bit: who they belong to teaches a detector nothing."""
        digest = hashlib.sha256(np.ascontiguousarray(self.robust_z).tobytes())
        return fingerprint(self.entity, self.as_of, self.reads.indicators, self.reads.directions, digest.hexdigest())

    def columns(self, reads: Reads) -> Matrix | None:
        """The matrix as another detector reads it; None when the sample lacks one of its indicators."""
        if not set(reads.indicators) <= set(self.reads.indicators):
            return None
        places = [self.reads.indicators.index(name) for name in reads.indicators]
        return self.robust_z[:, places]


@dataclass(frozen=True, eq=False)
class Trained:
    """A detector, what it learned from, and the fingerprint of everything that made it what it is."""

    detector: Detector
    sample: TrainingSample
    fingerprint: str

    @property
    def entity(self) -> str:
        return self.sample.entity

    @property
    def model(self) -> str:
        return self.detector.name


@dataclass(frozen=True)
class NotTrained:
    """A detector that was not trained, and why not."""

    entity: str
    model: str
    trained_count: int
    why_not: str


def reads_of(directions: Mapping[str, str], measured: frozenset[str]) -> Reads:
    """The declared indicators that somebody has a value of tonight, by name."""
    names = tuple(sorted(directions.keys() & measured))
    return Reads(names, tuple(directions[name] for name in names))


def to_sample_rows(robust_z: DataFrame, reads: Reads, seed: int) -> DataFrame:
    """At most SAMPLE_LIMIT entities that stand somewhere among their peers, drawn by a hash of their values.

    Unlike a random sample it is the same however the rows are split and whatever the entities are called; the seed
    chooses another.
    """
    is_placed = reduce(or_, (F.col(name).isNotNull() for name in reads.indicators), F.lit(False))
    draw = F.xxhash64(*reads.indicators, F.lit(seed))
    placed = robust_z.filter(is_placed).select("entity_id", *reads.indicators)
    return placed.orderBy(draw, *reads.indicators).limit(SAMPLE_LIMIT)


def to_sample(rows: pd.DataFrame, entity: str, as_of: date, reads: Reads) -> TrainingSample:
    """The collected sample rows, ordered by their values, as a matrix."""
    matrix = rows[list(reads.indicators)].to_numpy(dtype=np.float64)
    order = np.lexsort(matrix.T[::-1]) if reads.indicators else np.arange(len(rows))
    ids = rows["entity_id"].to_numpy()[order]
    return TrainingSample(entity, as_of, tuple(ids), reads, np.ascontiguousarray(matrix[order]))


def train_all(sample: TrainingSample, parameters: Parameters) -> list[Trained | NotTrained]:
    """One detector of each kind, or why there is none."""
    count = len(sample.ids)
    if count < MIN_ENTITIES:
        why = f"{count} entities can be compared with peers; at least {MIN_ENTITIES} are needed"
        return [NotTrained(sample.entity, name, count, why) for name in DETECTORS]
    made: list[Trained | NotTrained] = []
    for name, kind in DETECTORS.items():
        content = fingerprint(name, dict(kind.definition(parameters)), parameters.seed, sample.fingerprint)
        made.append(Trained(kind.learn(sample.reads, sample.robust_z, parameters), sample, content))
    return made
