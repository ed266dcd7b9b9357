"""What chance finds: the closed form is the count of all draws, and adds up over instances."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.chance import found_by_chance, missed


@given(st.integers(1, 8), st.integers(0, 8), st.integers(0, 8))
def test_the_closed_form_is_the_share_of_all_draws_that_miss(population: int, found: int, own: int) -> None:
    found, own = min(found, population), min(own, population)
    draws = list(combinations(range(population), found))
    expected = sum(not set(draw) & set(range(own)) for draw in draws) / len(draws)
    assert missed(*(np.array([float(n)]) for n in (population, found, own)))[0] == pytest.approx(expected)


def _things(*rows: tuple[int, str, int]) -> pd.DataFrame:
    """An instance with so many things of a kind, each a row."""
    return pd.DataFrame([(instance, kind) for instance, kind, n in rows for _ in range(n)], columns=["instance", "of"])


def test_an_instance_is_missed_only_if_all_kinds_of_its_things_are() -> None:
    drawn = pd.DataFrame({"of": ["patient", "doctor"], "population": [100, 10], "found": [10, 5]})
    found = found_by_chance(
        _things((1, "patient", 1), (2, "patient", 1), (2, "doctor", 1)), drawn, ["of"], ["instance"]
    )
    assert found.to_dict() == pytest.approx({1: 0.1, 2: 1 - 0.9 * 0.5})


def test_where_half_of_a_kind_stands_out_chance_finds_half() -> None:
    drawn = pd.DataFrame({"of": ["institution"], "population": [76], "found": [38]})
    things = _things(*((n, "institution", 1) for n in range(20)))
    assert found_by_chance(things, drawn, ["of"], ["instance"]).sum() == pytest.approx(10)


def test_what_was_not_drawn_from_finds_nothing_and_what_is_all_drawn_finds_all() -> None:
    drawn = pd.DataFrame({"of": ["line", "patient"], "population": [5, 3], "found": [0, 3]})
    found = found_by_chance(_things((1, "line", 2), (2, "patient", 1)), drawn, ["of"], ["instance"])
    assert found.to_dict() == pytest.approx({1: 0.0, 2: 1.0})
