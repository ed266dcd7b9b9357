"""Where a subject stands among its peers, and when that is worth a look."""

from __future__ import annotations

from typing import Any

import pytest

from leads.cards import IndicatorCard
from leads.profile.page import by_strangeness
from leads.profile.rows import MIN_PEERS, IndicatorPlace

LADDER = [float(n) for n in range(101)]
MOSTLY_ONE = [1.0] * 97 + [2.0, 2.0, 2.0, 3.0]


def place(value: float | None, **other: Any) -> IndicatorPlace:
    given = {"median": 50.0, "mad": 10.0, "peer_count": 300, "ladder": LADDER, "direction": "high", **other}
    return IndicatorPlace("x", IndicatorCard("x", "x"), value=value, **given)


@pytest.mark.parametrize(
    ("value", "other", "percentile", "is_strange"),
    [
        (99.5, {}, 0.99, True),
        (50.0, {}, 0.49, False),
        (-1.0, {}, 0.0, False),  # low, where only high is strange
        (-1.0, {"direction": "low"}, 0.0, True),
        (-1.0, {"direction": "both"}, 0.0, True),
        (3.0, {"ladder": MOSTLY_ONE, "mad": 0.0}, 0.99, True),  # most are alike, and this one is not
        (1.0, {"ladder": [1.0] * 101, "mad": 0.0, "direction": "both"}, 0.0, False),  # all are alike
        (99.5, {"peer_count": MIN_PEERS - 1}, 0.99, False),
        (99.5, {"ladder": None}, None, False),
        (None, {}, None, False),
    ],
)
def test_a_place_among_peers(
    value: float | None, other: dict[str, Any], percentile: float | None, is_strange: bool
) -> None:
    found = place(value, **other)
    assert (found.percentile, found.is_strange) == (percentile, is_strange)


def test_few_peers_and_peers_that_do_not_differ_have_no_deviations() -> None:
    assert place(80.0).robust_z == 3.0
    assert place(80.0, mad=0.0).robust_z is None
    assert place(80.0, peer_count=3).robust_z is None


def test_the_farthest_out_come_first() -> None:
    far, farther, few = place(97.5), place(400.0), place(400.0, peer_count=3)
    assert by_strangeness([few, far, farther]) == [farther, far, few]
