"""The first of a ranking beside chance and beside money, inside bands of size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.ranked import by_value, precision_by_subject, size_bands, staged_among, with_bands


def _subjects(count: int, staged: set[int]) -> pd.DataFrame:
    """Patients whose settlements and money grow with their number."""
    rows = pd.DataFrame({"number": range(count)})
    return with_bands(
        pd.DataFrame(
            {
                "subject_type": "patient",
                "subject_id": rows["number"].map("p{:03}".format),
                "settlements": rows["number"] + 1,
                "fund": rows["number"] * 10.0,
                "is_staged": rows["number"].isin(staged),
            }
        )
    )


def _ranking(order: list[int]) -> pd.DataFrame:
    ids = [f"p{n:03}" for n in order]
    return pd.DataFrame({"subject_type": "patient", "subject_id": ids, "place": range(1, len(order) + 1)})


def _cut(rows: pd.DataFrame, cut: str) -> pd.Series:
    return rows[rows["cut"] == cut].iloc[0]


def test_lift_is_over_as_many_drawn_at_random() -> None:
    subjects = _subjects(100, set(range(10)))
    row = _cut(precision_by_subject(subjects, {"forest": _ranking(list(range(100)))}), "10")
    assert (row["k"], row["staged"], row["staged_by_chance"], row["lift"]) == (10, 10, 1.0, 10.0)
    assert row["precision"] == 1


def test_a_ranking_by_money_alone_has_no_lift_over_money() -> None:
    subjects = _subjects(90, {89, 88, 87, 80, 59, 58, 29, 28, 5, 4})
    by_money = [*range(89, 79, -1), *range(59, 49, -1), *range(29, 19, -1)]
    others = [n for n in range(90) if n not in by_money]
    row = _cut(precision_by_subject(subjects, {"money": _ranking(by_money[:20] + others + by_money[20:])}), "20")
    assert row["staged"] == row["staged_by_money"] == 6
    assert row["lift_over_money"] == 1.0


def test_money_is_compared_inside_bands_so_that_size_alone_gives_no_lift() -> None:
    staged = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
    row = _cut(precision_by_subject(_subjects(90, staged), {"few": _ranking(list(range(90)))}), "10")
    assert row["staged_by_money"] == 0  # of the small band the ten dearest, none of whom is staged
    assert row["lift"] == 9.0


def test_leads_are_judged_among_all_subjects_and_a_cut_beyond_them_says_nothing() -> None:
    rows = precision_by_subject(_subjects(100, set(range(10))), {"leads": _ranking([0, 1, 50])})
    assert rows["cut"].tolist() == ["1%", "2%"]
    assert rows["subjects"].tolist() == [100, 100]
    assert rows[["precision", "lift"]].isna().all(axis=None)  # one and two subjects are counts


def test_who_shares_the_last_place_of_a_cut_is_in() -> None:
    ranking = _ranking(list(range(30))).assign(place=[1] * 5 + [6] * 10 + [16] * 15)
    assert _cut(precision_by_subject(_subjects(30, set()), {"forest": ranking}), "10")["k"] == 15


def test_of_subjects_with_the_same_money_as_many_are_staged_as_chance_takes() -> None:
    values, staged = np.array([9.0, 5.0, 5.0, 5.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    assert staged_among(values, staged, 2) == pytest.approx(1 + 1 / 3)
    assert staged_among(values[::-1], staged[::-1], 2) == pytest.approx(1 + 1 / 3)


def test_bands_are_thirds_and_equal_subjects_are_in_one() -> None:
    bands = size_bands(_subjects(9, {1}))
    assert bands["subjects"].tolist() == [3, 3, 3]
    assert bands[["least", "most"]].to_numpy().tolist() == [[1, 3], [4, 6], [7, 9]]
    alike = with_bands(pd.DataFrame({"subject_type": "doctor", "settlements": [1] * 8 + [5]}))
    assert alike["band"].tolist() == ["small"] * 8 + ["large"]


def test_a_ranking_by_value_leaves_out_who_has_none_and_gives_equal_ones_one_place() -> None:
    values = pd.DataFrame(
        {"subject_type": "patient", "subject_id": ["a", "b", "c", "d"], "value": [1.0, 3.0, None, 3.0]}
    )
    places = by_value(values, "value").set_index("subject_id")["place"]
    assert places.to_dict() == {"b": 1.0, "d": 1.0, "a": 3.0}
