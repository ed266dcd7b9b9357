"""Unsound indicators: each kind found by itself, and a sound one, few entities or a first night never."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.quality.page import indicators_page
from models.quality.states import IndicatorState, Unsound, Values, stability, state_of

HAND = np.random.default_rng(20260331)
BEFORE = HAND.gamma(2.0, 50.0, 400)


def state(now: Values, before: Values | None = BEFORE) -> IndicatorState:
    size = 0 if before is None else min(now.size, before.size)
    pairs = (now[:size], before[:size]) if before is not None else (now[:0], now[:0])
    return state_of("doctor", "doctor_amount_30d", now, before, pairs)


def some_missing(share: float) -> Values:
    values = BEFORE + 1
    values[: round(share * values.size)] = np.nan
    return values


@pytest.mark.parametrize(
    ("now", "unsound"),
    [
        (HAND.gamma(2.0, 50.0, 400), ()),
        (BEFORE * 1.01, ()),
        (some_missing(0.6), (Unsound.MISSING,)),
        (some_missing(0.3), ()),
        (np.where(np.arange(400) < 398, 7.0, BEFORE), (Unsound.COLLAPSED, Unsound.DRIFTED)),
        (BEFORE.copy(), (Unsound.STALE,)),
        (BEFORE * 3, (Unsound.DRIFTED,)),
        (np.array([1e6] * 20), ()),  # too few to say anything
    ],
    ids=["others", "a little more", "missing", "a few missing", "collapsed", "stale", "drifted", "few"],
)
def test_what_is_unsound_is_found_and_nothing_else(now: Values, unsound: tuple[Unsound, ...]) -> None:
    assert state(now).unsound == unsound


def test_a_first_night_has_nothing_to_be_compared_with() -> None:
    first = state(np.full(400, np.nan), None)
    assert (first.unsound, first.psi, first.missing_share) == ((), None, 1.0)


def test_what_was_always_alike_has_not_collapsed() -> None:
    zeros = np.zeros(400)
    assert state(zeros, zeros).unsound == ()


def test_the_index_is_nothing_for_the_same_and_rises_with_the_shift() -> None:
    psi = [stability(BEFORE, BEFORE + shift)[0] for shift in (0, 10, 40, 120)]
    assert psi[0] == pytest.approx(0, abs=1e-12)
    assert psi == sorted(psi)


def test_samples_of_the_same_are_hardly_ever_a_drift() -> None:
    drifts = [stability(HAND.normal(size=60), HAND.normal(size=60))[1] for _ in range(300)]
    assert sum(drifts) <= 3


def test_the_page_names_the_unsound_first() -> None:
    html = indicators_page(date(2026, 3, 31), date(2026, 3, 24), [state(BEFORE * 3), state(BEFORE * 1.01)])
    assert "1 / 2" in html
    assert html.index("漂移 drifted") < html.index("正常 sound")
