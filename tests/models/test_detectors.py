from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fundwatch.errors import CatalogueError
from models.detectors.detector import Z_LIMIT, Parameters, Reads
from models.detectors.known import DETECTORS
from models.detectors.robust_peer import RobustPeer
from models.registry.model_data import of_bytes, to_bytes

READS = Reads(("a", "b", "c"), ("high", "low", "both"))
PARAMETERS = Parameters(seed=7, forest_trees=30)
NUMBERS = st.floats(-50, 50) | st.just(float("nan"))


@pytest.fixture(scope="module")
def sample():
    return np.random.default_rng(1).normal(size=(200, 3))


def test_the_baseline_adds_up_what_exceeds_two_on_the_strange_side():
    robust_z = np.array([[5.0, 9.0, 0.0], [-9.0, -4.0, -3.0], [np.nan, 0.0, 2.0], [1e9, 0.0, 0.0]])
    assert RobustPeer(READS).scores(robust_z).tolist() == [3.0, 3.0, 0.0, Z_LIMIT - 2.0]


@given(rows=arrays(np.float64, (6, 3), elements=NUMBERS))
def test_strangeness_is_bounded_and_nothing_unknown_is_strange(rows):
    strange = READS.strangeness(rows)
    assert ((strange >= 0) & (strange <= Z_LIMIT)).all()
    assert (strange[np.isnan(rows)] == 0).all()
    assert (strange[:, 0][rows[:, 0] < 0] == 0).all()
    assert (strange[:, 1][rows[:, 1] > 0] == 0).all()


@pytest.mark.parametrize("name", DETECTORS)
def test_the_usual_side_makes_nobody_strange(name, sample):
    detector = DETECTORS[name].learn(READS, sample, PARAMETERS)
    usual, strange_side, usual_side = detector.scores(np.array([[0.0, 0, 0], [9.0, -9, 0], [-9.0, 9, 0]]))
    assert usual_side == usual < strange_side


@pytest.mark.parametrize("name", DETECTORS)
def test_a_score_does_not_depend_on_the_rows_beside_it(name, sample):
    detector = DETECTORS[name].learn(READS, sample, PARAMETERS)
    alone = np.concatenate([detector.scores(sample[place : place + 1]) for place in range(20)])
    assert alone.tobytes() == detector.scores(sample)[:20].tobytes()


@pytest.mark.parametrize("name", DETECTORS)
def test_learning_twice_and_writing_between_gives_the_same_scores_bit_for_bit(name, sample):
    first, second = (DETECTORS[name].learn(READS, sample, PARAMETERS) for _ in range(2))
    loaded = of_bytes(to_bytes(first))
    assert loaded.reads == READS
    assert first.scores(sample).tobytes() == second.scores(sample).tobytes() == loaded.scores(sample).tobytes()


def test_a_direction_nobody_knows_is_refused_by_name():
    with pytest.raises(CatalogueError, match="b: direction 'up'"):
        Reads(("a", "b"), ("high", "up"))
