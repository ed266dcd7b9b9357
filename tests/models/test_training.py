from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.detectors.detector import Parameters, Reads
from models.registry.promotion import ModelStatus, judge, rank_agreement
from models.training import NotTrained, Trained, TrainingSample, reads_of, to_sample, to_sample_rows, train_all

NIGHT = date(2026, 3, 31)
READS = Reads(("a", "b"), ("high", "high"))
PARAMETERS = Parameters(seed=7, forest_trees=20)


def sample_of(count: int, *, night: date = NIGHT, shift: float = 0.0) -> TrainingSample:
    matrix = np.random.default_rng(3).normal(size=(count, 2)) + shift
    return TrainingSample("doctor", night, tuple(f"d{place:03d}" for place in range(count)), READS, matrix)


def trained_on(sample: TrainingSample, parameters: Parameters = PARAMETERS) -> list[Trained]:
    return [one for one in train_all(sample, parameters) if isinstance(one, Trained)]


def test_too_few_entities_train_nothing_and_say_so():
    made = train_all(sample_of(29), PARAMETERS)
    assert all(isinstance(one, NotTrained) and "29 entities" in one.why_not for one in made)


def test_a_fingerprint_names_data_night_and_parameters():
    def fingerprints(sample, parameters=PARAMETERS):
        return [one.fingerprint for one in trained_on(sample, parameters)]

    first = fingerprints(sample_of(40))
    assert fingerprints(sample_of(40)) == first
    others = [
        fingerprints(sample_of(41)),
        fingerprints(sample_of(40, night=date(2026, 4, 7))),
        fingerprints(sample_of(40, shift=1e-9)),
        fingerprints(sample_of(40), Parameters(seed=8, forest_trees=20)),
    ]
    assert not set(first) & {one for many in others for one in many}


def test_only_declared_and_measured_indicators_are_read():
    assert reads_of({"b": "low", "a": "high", "c": "both"}, frozenset({"a", "b", "x"})) == Reads(
        ("a", "b"), ("high", "low")
    )


def test_the_sample_is_the_same_however_the_rows_are_split(spark, monkeypatch):
    monkeypatch.setattr("models.training.SAMPLE_LIMIT", 5)
    rows = [(f"d{place:02d}", "g", float(place), None) for place in range(20)] + [("unknown", "g", None, None)]
    robust_z = spark.createDataFrame(rows, "entity_id string, peer_group string, a double, b double")

    def drawn(rows, seed=7):
        return to_sample(to_sample_rows(rows, READS, seed).toPandas(), "doctor", NIGHT, READS)

    whole, split, other = drawn(robust_z), drawn(robust_z.repartition(7, "a")), drawn(robust_z, seed=8)
    assert len(whole.ids) == 5
    assert (whole.ids, whole.fingerprint) == (split.ids, split.fingerprint)
    assert other.ids != whole.ids
    assert "unknown" not in whole.ids


def test_a_sample_and_what_learns_from_it_do_not_depend_on_what_the_entities_are_called():
    draw = np.random.default_rng(3)
    rows = pd.DataFrame(
        {"entity_id": [f"d{n:02d}" for n in range(60)], "a": draw.normal(size=60), "b": draw.integers(3)}
    )
    rows.loc[::7, "a"] = np.nan
    other = rows.assign(entity_id=[f"t{n:02d}" for n in draw.permutation(60)]).sort_values("entity_id")
    ours, theirs = (to_sample(one, "doctor", NIGHT, READS) for one in (rows, other))
    assert ours.fingerprint == theirs.fingerprint
    forests = [trained_on(one)[1] for one in (ours, theirs)]
    assert forests[0].fingerprint == forests[1].fingerprint
    scored = [forest.detector.scores(ours.robust_z).tobytes() for forest in forests]
    assert scored[0] == scored[1]


@dataclass(frozen=True)
class Opposite:
    """A champion that ranks the other way round."""

    name = "opposite"
    reads: Reads = READS

    def scores(self, robust_z):
        return -robust_z.sum(axis=1)


def test_the_first_is_champion_a_like_one_follows_and_an_unlike_one_waits():
    baseline, forest = trained_on(sample_of(60))
    assert judge(forest, None).status is ModelStatus.CHAMPION
    assert judge(forest, forest.detector).status is ModelStatus.CHAMPION
    assert judge(forest, Opposite()).status is ModelStatus.CHALLENGER  # type: ignore[arg-type]
    gone = replace(Opposite(), reads=Reads(("x",), ("high",)))
    assert judge(baseline, gone).status is ModelStatus.CHAMPION  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs", "agreement"),
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 1, 3], [1, 2, 3], 0.8660254),
        ([0, 0], [1, 2], 0.0),
    ],
)
def test_rank_agreement_is_spearmans(ours, theirs, agreement):
    assert rank_agreement(np.array(ours, float), np.array(theirs, float)) == pytest.approx(agreement)
