"""A model is data: the same to the bit as scikit-learn's forest, and refused unless every part of it can be one."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detectors.detector import Parameters, Reads
from models.detectors.isolation_forest import IsolationForest
from models.detectors.known import DETECTORS
from models.detectors.trees import ModelDataError
from models.registry.model_data import of_bytes, to_bytes

READS = Reads(("a", "b", "c"), ("high", "low", "both"))
SAMPLE = np.random.default_rng(1).normal(size=(300, 3)) * 3
BYTES = {name: to_bytes(kind.learn(READS, SAMPLE, Parameters(7, 5))) for name, kind in DETECTORS.items()}
FOREST = json.loads(BYTES["isolation_forest"])


@given(seed=st.integers(0, 2**31), rows=st.integers(30, 400), columns=st.integers(1, 9), trees=st.integers(1, 20))
@settings(max_examples=15)
def test_our_forest_scores_as_scikit_learn_bit_for_bit_also_after_it_was_written_and_read(seed, rows, columns, trees):
    from sklearn.ensemble import IsolationForest as Grown

    draw = np.random.default_rng(seed)
    reads = Reads(tuple(f"i{n}" for n in range(columns)), tuple(("high", "low", "both")[n % 3] for n in range(columns)))
    sample = np.where(draw.random((rows, columns)) < 0.1, np.nan, draw.normal(size=(rows, columns)).round(1) * 4)
    theirs = Grown(n_estimators=trees, random_state=7, n_jobs=1).fit(reads.strangeness(sample))
    ours = IsolationForest.learn(reads, sample, Parameters(7, trees))
    wanted = -theirs.score_samples(reads.strangeness(sample))
    assert ours.scores(sample).tobytes() == wanted.tobytes()
    assert of_bytes(to_bytes(ours)).scores(sample).tobytes() == wanted.tobytes()


@pytest.mark.parametrize("name", DETECTORS)
def test_the_same_detector_gives_the_same_bytes(name):
    assert to_bytes(of_bytes(BYTES[name])) == BYTES[name]


def _in_tree(name: str, place: int, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(FOREST)
    changed["detector"]["trees"][3][name][place] = value
    return changed


def _with(**parts: Any) -> dict[str, Any]:
    return copy.deepcopy(FOREST) | parts


INNER = next(n for n, left in enumerate(FOREST["detector"]["trees"][3]["left"]) if left > 0)
HOSTILE = {
    "a child before its parent": _in_tree("left", INNER, 0),
    "a child that is its own parent": _in_tree("right", INNER, INNER),
    "a child beyond the tree": _in_tree("right", INNER, 900),
    "a node with one child": _in_tree("left", INNER, -1),
    "a child below -1": _in_tree("left", INNER, -2),
    "a column out of range": _in_tree("column", INNER, 3),
    "a negative column": _in_tree("column", INNER, -1),
    "a column beyond 64 bits": _in_tree("column", INNER, 2**80),
    "a column that is no count": _in_tree("column", INNER, 1.0),
    "a column that is true": _in_tree("column", INNER, True),
    "a threshold that is text": _in_tree("threshold", INNER, "1"),
    "a threshold beyond all numbers": _in_tree("threshold", INNER, 1e999),
    "a threshold that is a list": _in_tree("threshold", INNER, [[1.0]]),
    "a depth out of bounds": _in_tree("depth", INNER, -1.0),
    "a list that is shorter": _with(
        detector={**FOREST["detector"], "trees": [{**FOREST["detector"]["trees"][0], "left": []}]}
    ),
    "a tree of too many nodes": _with(
        detector={"usual_depth": 9.0, "trees": [{k: [-1] * 5_000 for k in FOREST["detector"]["trees"][0]}]}
    ),
    "a billion trees": _with(detector={"usual_depth": 9.0, "trees": [0] * 3_000}),
    "no tree": _with(detector={"usual_depth": 9.0, "trees": []}),
    "a usual depth of nothing": _with(detector={**FOREST["detector"], "usual_depth": 0.0}),
    "a part more": _with(detector={**FOREST["detector"], "code": "import os"}),
    "a model more": _with(loader_module="os"),
    "another format": _with(format=2),
    "a kind nobody knows": _with(model="oracle"),
    "a kind that is no text": _with(model=["isolation_forest"]),
    "indicators that are one text": _with(reads={"indicators": "abc", "directions": ["high"] * 3}),
    "an indicator twice": _with(reads={"indicators": ["a", "a", "b"], "directions": ["high"] * 3}),
    "a direction nobody knows": _with(reads={"indicators": ["a", "b", "c"], "directions": ["up"] * 3}),
    "fewer directions": _with(reads={"indicators": ["a", "b", "c"], "directions": ["high"]}),
    "no indicator": _with(reads={"indicators": [], "directions": []}),
    "a list": [FOREST],
    "nothing": None,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_data_that_are_no_model_are_refused_with_a_reason(what):
    with pytest.raises(ModelDataError) as raised:
        of_bytes(json.dumps(HOSTILE[what]).encode())
    assert len(raised.value.what) < 200


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1" * 10_000, b'{"format": NaN}', b'{"a": 1}' * 2, b"\x80\x04\x95pickle"],
)
def test_bytes_that_are_no_json_are_refused(content):
    with pytest.raises(ModelDataError):
        of_bytes(content)


@pytest.mark.parametrize("floor", [-1.0, 11.0, 2, "2", None, True, [2.0]])
def test_a_floor_that_is_none_is_refused(floor):
    content = json.loads(BYTES["robust_peer"]) | {"detector": {"floor": floor}}
    with pytest.raises(ModelDataError):
        of_bytes(json.dumps(content).encode())


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(where=st.sampled_from(["format", "model", "reads", "detector"]), what=_json)
@settings(max_examples=40)
def test_whatever_stands_in_a_part_it_is_a_model_or_refused_and_nothing_else_happens(where, what):
    try:
        detector = of_bytes(json.dumps(_with(**{where: what})).encode())
    except ModelDataError:
        return
    assert np.isfinite(detector.scores(np.zeros((2, 3)))).all()
