"""One indicator over all entities of a kind, tonight beside an earlier night: four ways in which it may be unsound.

Missing: many have no value who had one. Collapsed: nearly all have the same value. Stale: hardly any value changed, as
if the night had not been computed. Drifted: the values lie elsewhere, by the population stability index (PSI), whose
usual bound is 0.25 (Siddiqi, Credit Risk Scorecards, 2006), and which must be beyond what chance gives in samples so
small: PSI × nm / (n + m) is about chi-square (Yurdakul, Statistical Properties of Population Stability Index, 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Values = NDArray[np.float64]  # NaN: not known

FEWEST = 50  # entities with a value, on each night, below which nothing is compared
_MISSING, _MORE_MISSING = 0.5, 0.2
_SAME, _WAS_SAME = 0.99, 0.95
_UNCHANGED = 0.99
DRIFT, _CHANCE = 0.25, 0.001
_BINS = 10


class Unsound(StrEnum):
    """What is wrong with an indicator."""

    MISSING = "missing"
    COLLAPSED = "collapsed"
    STALE = "stale"
    DRIFTED = "drifted"


UNSOUND_WORDS: Mapping[str, str] = {
    Unsound.MISSING: "缺失 missing",
    Unsound.COLLAPSED: "坍缩 collapsed",
    Unsound.STALE: "陈旧 stale",
    Unsound.DRIFTED: "漂移 drifted",
}


@dataclass(frozen=True)
class IndicatorState:
    """An indicator tonight and on the earlier night; what is null was not compared."""

    entity: str
    indicator: str
    entities: int
    known: int
    missing_share: float
    earlier_missing_share: float | None
    same_share: float | None
    unchanged_share: float | None
    psi: float | None
    unsound: tuple[Unsound, ...]


def state_of(
    entity: str, indicator: str, values: Values, earlier: Values | None, pairs: tuple[Values, Values]
) -> IndicatorState:
    """The state. `values` are tonight's of all entities, `earlier` those of the earlier night (None: there is none),
    `pairs` both nights' values of the entities of both, in the same order."""
    known = values[~np.isnan(values)]
    before = None if earlier is None else earlier[~np.isnan(earlier)]
    missing = _share(np.isnan(values))
    was_missing = None if earlier is None else _share(np.isnan(earlier))
    same = _most_common(known) if known.size >= FEWEST else None
    was_same = None if before is None or before.size < FEWEST else _most_common(before)
    unchanged, psi, drifted = _unchanged(*pairs), None, False
    if before is not None and min(before.size, known.size) >= FEWEST:
        psi, drifted = stability(before, known)
    found = {
        Unsound.MISSING: _is_missing(missing, was_missing, values.size),
        Unsound.COLLAPSED: same is not None and same >= _SAME and was_same is not None and was_same < _WAS_SAME,
        Unsound.STALE: unchanged is not None and unchanged >= _UNCHANGED,
        Unsound.DRIFTED: drifted,
    }
    wrong = tuple(kind for kind, is_so in found.items() if is_so)
    return IndicatorState(entity, indicator, values.size, known.size, missing, was_missing, same, unchanged, psi, wrong)


def stability(before: Values, now: Values) -> tuple[float, bool]:
    """The population stability index over the tenths of the values before, and whether it is a drift.

    A bin that is empty on one night counts as half an entity, so that the index stays finite.
    """
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, of, side="left"), minlength=edges.size + 1) for of in (before, now)]
    shares = [np.maximum(count, 0.5) / count.sum() for count in counts]
    psi = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
    by_chance = chdtri(edges.size, _CHANCE) * (1 / before.size + 1 / now.size)
    return psi, bool(psi >= DRIFT and psi > by_chance)


def _is_missing(missing: float, was_missing: float | None, entities: int) -> bool:
    if entities < FEWEST or was_missing is None:
        return False
    return missing >= _MISSING and missing - was_missing >= _MORE_MISSING


def _most_common(known: Values) -> float:
    return float(np.unique(known, return_counts=True)[1].max() / known.size)


def _unchanged(now: Values, before: Values) -> float | None:
    """The share of entities whose value is the very same on both nights, of those with one that is not zero."""
    comparable = ~np.isnan(now) & ~np.isnan(before) & ((now != 0) | (before != 0))
    if comparable.sum() < FEWEST:
        return None
    return _share(now[comparable] == before[comparable])


def _share(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean()) if holds.size else 0.0
