"""Scores and their reasons: every entity of a type by every champion of that type, in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from fundwatch.contracts import TABLES
from fundwatch.engine.executors import of_this_release
from fundwatch.engine.frames import stacked
from models.detectors.detector import Detector, Matrix, Reads
from models.positions import POSITION, to_robust_z, with_percentile
from models.registry.champions import Champion, NotRun

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

# A person reads a handful of reasons, and the strongest come first.
REASON_COUNT = 5
SCORED, NOT_RUN = "scored", "not_run"
NO_POSITION = "no indicator of it can be compared with peers: values unknown, too few peers, or peers all alike"
NO_NUMBER = "a problem of the model: it gave no finite number"

_RAW = "entity_id string, peer_group string, model string, model_fingerprint string, score double, why_not string"


def to_raw_scores(positions: DataFrame, names: Sequence[str], entity: str, champions: Sequence[Champion]) -> DataFrame:
    """One row per entity and champion: entity_type, entity_id, peer_group, model and fingerprint, score, why_not.

    `positions` is what `with_positions` gives for `names`, which hold every indicator that a champion reads.
    """
    speakers = [(c.model, c.fingerprint, c.detector) for c in champions]
    columns = tuple(names)

    def scored(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            for model, model_fingerprint, detector in speakers:
                yield _scored(batch, columns, model, model_fingerprint, detector)

    rows = to_robust_z(positions, names).mapInPandas(of_this_release(scored), _RAW)
    return rows.withColumn("entity_type", F.lit(entity))


def _scored(
    batch: pd.DataFrame, columns: tuple[str, ...], model: str, model_fingerprint: str, detector: Detector
) -> pd.DataFrame:
    places = [columns.index(name) for name in detector.reads.indicators]
    robust_z: Matrix = batch[list(columns)].to_numpy(dtype=np.float64)[:, places]
    score = detector.scores(robust_z) if len(batch) else np.zeros(0)
    is_placed = ~np.isnan(robust_z).all(axis=1)
    is_number = np.isfinite(score)
    problems = pd.Series(np.where(is_placed, NO_NUMBER, NO_POSITION), index=batch.index, dtype=object)
    return pd.DataFrame(
        {
            "entity_id": batch["entity_id"],
            "peer_group": batch["peer_group"],
            "model": model,
            "model_fingerprint": model_fingerprint,
            "score": np.where(is_placed & is_number, score, np.nan),
            "why_not": problems.mask(is_placed & is_number, None),
        }
    )


def to_scores(raw_scores: DataFrame) -> DataFrame:
    """One row per entity and model, as the table `score` holds them.

    `percentile` is the share of the other scored members of the peer group that score lower: where all score
    alike nobody stands out. `peer_count` counts the scored members. An entity without a number is `not_run`.
    """
    state = F.when(F.col("why_not").isNull(), SCORED).otherwise(NOT_RUN)
    raw = raw_scores.withColumn("score", F.nanvl("score", F.lit(None))).withColumn("state", state)
    peers = Window.partitionBy("entity_type", "model", "state", "peer_group")
    is_scored = F.col("state") == SCORED
    fields: dict[str, Column] = {
        "percentile": F.when(is_scored, F.percent_rank().over(peers.orderBy("score"))),
        "peer_count": F.when(is_scored, F.count(F.lit(1)).over(peers)),
    }
    names = TABLES["score"].names_without("business_date")
    return raw.select(*(fields[name].alias(name) if name in fields else F.col(name) for name in names))


def to_reasons(
    positions: DataFrame, peer_statistics: DataFrame, names: Sequence[str], champions: Sequence[Champion]
) -> DataFrame:
    """One row per entity, model and reason: its strongest indicators on their strange side, place 1 first.

    `names` are those of the positions, and the champions are all of one entity type. Models that read the same
    indicators give the same reasons, found once. Raises ValueError without champions: nothing asks for reasons.
    """
    if not champions:
        raise ValueError("no champion, no reason")
    readers: dict[Reads, list[str]] = {}
    for champion in champions:
        readers.setdefault(champion.detector.reads, []).append(champion.model)
    parts = [_reasons(positions, names, reads, models) for reads, models in readers.items()]
    rows = stacked(parts)
    fields: dict[str, Column] = {
        "entity_type": F.lit(champions[0].entity),
        "model": F.explode("models"),
    }
    columns = TABLES["score_reason"].names_without("business_date")
    return with_percentile(rows, peer_statistics, champions[0].entity).select(
        *(fields[name].alias(name) if name in fields else F.col(name) for name in columns)
    )


def _reasons(positions: DataFrame, names: Sequence[str], reads: Reads, models: Sequence[str]) -> DataFrame:
    sides = zip(reads.indicators, reads.directions, strict=True)
    candidates = [_candidate(F.col("positions")[names.index(name)], side) for name, side in sides]
    strongest = F.slice(F.sort_array(F.array(*candidates)), 1, REASON_COUNT)
    ranked = positions.select("entity_id", "peer_group", F.posexplode(strongest).alias("at", "reason"))
    return ranked.filter(F.col("reason.order") < 0).select(
        "entity_id",
        "peer_group",
        (F.col("at") + 1).alias("place"),
        *(F.col(f"reason.position.{field}") for field in POSITION),
        F.array(*(F.lit(model) for model in models)).alias("models"),
    )


def _candidate(position: Column, direction: str) -> Column:
    """A position that sorts the strangest first, equals by the indicator's name, which stands next."""
    robust_z = position["robust_z"]
    strangeness = {"high": robust_z, "low": -robust_z, "both": F.abs(robust_z)}[direction]
    return F.struct(F.coalesce(-strangeness, F.lit(0.0)).alias("order"), position.alias("position"))


def not_run_scores(spark: SparkSession, skipped: Sequence[NotRun]) -> DataFrame:
    """One row with an empty entity_id per model that did not speak, as the table `score` holds it."""
    rows = [(n.entity, "", n.model, NOT_RUN, n.why_not) for n in skipped]
    columns = "entity_type string, entity_id string, model string, state string, why_not string"
    stated = spark.createDataFrame(rows, columns)
    contract = TABLES["score"]
    return stated.select(
        *(
            F.col(c.name) if c.name in stated.columns else F.lit(None).cast(c.type).alias(c.name)
            for c in contract.columns
            if c.name != "business_date"
        )
    )
