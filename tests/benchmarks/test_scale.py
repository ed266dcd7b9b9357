"""From nights of two sizes on one worker and on two, what a stage costs by itself, alone and shared."""

from __future__ import annotations

import pytest

from benchmarks.scale import NightCost, StageCost, grown, reckoned

TRUE = StageCost(fixed=10, alone=40, shared=200)


def night(lines: int, workers: int, cost: StageCost = TRUE) -> NightCost:
    seconds = reckoned({"rules": cost}, lines, workers)
    return NightCost(lines, workers, seconds, {"rules": seconds}, 0, 0, 0)


def test_the_shares_of_a_stage_are_found_again() -> None:
    found = grown([night(lines, workers) for lines in (100_000, 1_000_000) for workers in (1, 2)])["rules"]
    assert (found.fixed, found.alone, found.shared) == pytest.approx((10, 40, 200))


def test_with_one_count_of_workers_nothing_counts_as_shared() -> None:
    found = grown([night(lines, 1) for lines in (100_000, 1_000_000)])["rules"]
    assert (found.fixed, found.alone, found.shared) == pytest.approx((10, 240, 0))


def test_a_larger_night_is_reckoned_from_them() -> None:
    assert reckoned({"rules": TRUE}, 30_000_000, 100) == pytest.approx(10 + 30 * (40 + 2))


def test_a_night_that_took_less_with_more_lines_makes_no_stage_negative() -> None:
    found = grown([night(100_000, 1), night(1_000_000, 1, StageCost(0, 1, 0))])["rules"]
    assert min(found.fixed, found.alone, found.shared) >= 0
