"""Shares, intervals, precision at k and ranking: what must hold whatever the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.statistics import outlying, precision_at, ranking, score_quality, score_quality_by_peers, with_share


def _known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _wilson(part: int, whole: int) -> tuple[float, float, float]:
    """Low end, share, high end."""
    row = with_share(pd.DataFrame({"part": [part], "whole": [whole]}), "part", "whole", "share").iloc[0]
    return row["share_low"], row["share"], row["share_high"]


counts = st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
flags = st.lists(st.booleans(), min_size=1, max_size=60)


@given(counts)
def test_an_interval_holds_its_share_and_stays_between_zero_and_one(count: tuple[int, int]) -> None:
    low, share, high = _wilson(*count)
    assert 0 <= low <= share <= high <= 1


def test_an_interval_is_the_one_of_the_textbook() -> None:
    assert _wilson(8, 10) == pytest.approx((0.4902, 0.8, 0.9433), abs=1e-4)


def test_of_nothing_there_is_no_share() -> None:
    assert np.isnan(_wilson(0, 0)).all()


def test_an_unknown_count_has_an_unknown_share() -> None:
    rows = pd.DataFrame({"part": pd.array([pd.NA, 1], dtype="Int64"), "whole": [2, 2]})
    assert with_share(rows, "part", "whole", "share")["share"].isna().tolist() == [True, False]


@given(counts, st.integers(2, 9))
def test_more_of_the_same_makes_an_interval_no_wider(count: tuple[int, int], times: int) -> None:
    few, many = (_wilson(count[0] * n, count[1] * n) for n in (1, times))
    assert many[2] - many[0] <= few[2] - few[0] + 1e-12


@given(flags, st.lists(st.integers(-3, 80), max_size=8))
def test_precision_at_k_is_a_share_and_only_of_a_k_within_the_list(truth: list[bool], ks: list[int]) -> None:
    rows = precision_at(np.array(truth), np.arange(1, len(truth) + 1), ks)
    assert set(rows["k"]) == {k for k in ks if 0 < k <= len(truth)}
    assert (rows["precision"].dropna().between(0, 1)).all()
    assert (rows["staged"] <= rows["k"]).all()
    assert (rows["precision"].isna() == (rows["k"] < 10)).all()


@given(st.lists(st.booleans(), min_size=10, max_size=60))
def test_precision_of_the_whole_list_is_its_share_of_staged(truth: list[bool]) -> None:
    places = np.arange(1, len(truth) + 1)
    assert precision_at(np.array(truth), places, [len(truth)])["precision"].item() == pytest.approx(np.mean(truth))


def test_who_shares_a_place_with_the_kth_is_among_the_first_k_too() -> None:
    places, truth = np.array([2, 1, 2, 4]), np.array([True, False, False, True])
    rows = precision_at(truth, places, [1, 2, 3])
    assert rows[["cut", "k", "staged"]].to_numpy().tolist() == [[1, 1, 0], [2, 3, 1]]


def _scores(values: list[int], staged: list[bool]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "entity_type": "patient",
            "entity_id": [f"{n:03}" for n in range(len(values))],
            "model": "forest",
            "score": [value / 10 for value in values],
            "percentile": pd.Series(values).rank(pct=True),
            "peer_count": 40,
            "is_staged": staged,
            "is_lookalike": False,
        }
    )


scored = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(is_staged for _, is_staged in rows) < len(rows)
)


@given(scored)
@settings(max_examples=25)
def test_ranking_agrees_with_scikit_learn_ties_included(rows: list[tuple[int, bool]]) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    values, staged = map(list, zip(*rows, strict=True))
    scores = _scores(values, staged)
    found = ranking(scores, np.array(staged), seed=1)
    assert found.auc.value == pytest.approx(roc_auc_score(staged, scores["percentile"]))
    assert found.average_precision.value == pytest.approx(average_precision_score(staged, scores["percentile"]))


@given(scored, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_rows_changes_nothing(rows: list[tuple[int, bool]], random) -> None:
    values, staged = map(list, zip(*rows, strict=True))
    scores = _scores(values, staged)
    order = random.sample(range(len(rows)), len(rows))
    pd.testing.assert_frame_equal(score_quality(scores, 0.1, 7), score_quality(scores.iloc[order], 0.1, 7))


def test_the_interval_of_a_ranking_holds_its_value_and_follows_the_seed() -> None:
    values, staged = list(range(12)) * 5, [n % 5 == 0 for n in range(60)]
    scores = _scores(values, staged)
    found = ranking(scores, np.array(staged), seed=3)
    assert found == ranking(scores, np.array(staged), seed=3)
    low, value, high = _known(found.auc.low, found.auc.value, found.auc.high)
    assert low <= value <= high


def test_too_few_staged_have_no_interval() -> None:
    found = ranking(_scores([1, 2, 3], [False, False, True]), np.array([False, False, True]), seed=1)
    assert (found.auc.value, found.auc.low) == (1.0, None)


def test_where_nobody_is_staged_nothing_can_be_said() -> None:
    assert ranking(_scores([1, 2], [False, False]), np.array([False, False]), seed=1).auc.value is None


def test_no_more_stand_out_than_the_share_of_all_however_many_small_groups_there_are() -> None:
    scores = _scores(list(range(40)), [False] * 40).assign(percentile=1.0)
    is_out = outlying(scores, 0.05)
    assert is_out.sum() == 2
    assert set(scores.loc[is_out, "entity_id"]) == {"039", "038"}


def test_a_tie_at_the_cut_stands_out_whole_whatever_the_order_of_the_rows() -> None:
    scores = _scores([1] * 36 + [5, 4, 4, 4], [False] * 40).assign(percentile=[0.0] * 36 + [1.0] * 4)
    for rows in (scores, scores.iloc[::-1]):
        is_out = outlying(rows, 0.05)
        assert set(rows.loc[is_out, "entity_id"]) == {"036", "037", "038", "039"}


def test_quality_by_peers_counts_every_entity_in_one_band() -> None:
    scores = _scores(list(range(9)), [True] + [False] * 8).assign(peer_count=[5, 29, 30, 31, 99, 100, 101, 500, 12])
    bands = score_quality_by_peers(scores, 0.2)
    assert dict(zip(bands["peers"], bands["scored"], strict=True)) == {"under 30": 3, "30 to 99": 3, "100 and more": 3}
