"""Which hospitals and shops of the town are partly crooked, and who in them takes part.

It depends on their codes alone, so that everybody who asks knows the same ones.
"""

from __future__ import annotations

from simulator.streams import number_of

_CROOKED, _MOST_WEIGHT = 0.3, 3.0  # share of places; how much rather the worst of them is chosen
STRAIGHT_WEIGHT = 0.12
_TAKE_PART = 0.5  # of the doctors of a crooked hospital


def weight_of(place: str) -> float:
    """How readily schemes are played at the place of this code."""
    drawn = _drawn("crooked place", place)
    return STRAIGHT_WEIGHT + (_MOST_WEIGHT * (1 - drawn / _CROOKED) if drawn < _CROOKED else 0.0)


def takes_part(doctor: str) -> bool:
    """Whether the doctor of this code would, at a crooked hospital."""
    return _drawn("crooked doctor", doctor) < _TAKE_PART


def _drawn(what: str, code: str) -> float:
    return number_of(what, code) / 2**63
