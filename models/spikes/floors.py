"""How many times more than expected, said so that few cases do not shout.

An observed count beside an expected one is a ratio; the ratio's own distribution over all places and items is a Gamma,
whose strength is estimated from all of them (empirical Bayes). What is said is the ratio's floor, the 5 % quantile of
its posterior (EB05 of DuMouchel, The American Statistician 53, 1999): 3 against 0.5 expected is no sixfold, 300 against
50 nearly is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

Numbers = NDArray[np.float64]

QUANTILE = 0.05
_WEAKEST, _STRONGEST = 1.0, 50.0  # of the prior, in cases
_LEAST_EXPECTED = 1.0  # cells that expect less say nothing of how ratios spread


def prior_strength(observed: Numbers, expected: Numbers) -> float:
    """How many expected cases the prior is worth: by moments, the spread of ratios beyond that of counts alone.

    Where ratios hardly spread it is strong, and every ratio is drawn towards 1; where they spread widely it is weak.
    """
    known = np.isfinite(expected) & (expected >= _LEAST_EXPECTED)
    if known.sum() < 2:
        return _WEAKEST
    ratio, weight = observed[known] / expected[known], expected[known]
    mean = float(np.average(ratio, weights=weight))
    spread = float(np.average((ratio - mean) ** 2, weights=weight)) - mean / float(weight.mean())
    if spread <= 0:
        return _STRONGEST
    return float(np.clip(mean**2 / spread, _WEAKEST, _STRONGEST))


def ratio_floor(observed: Numbers, expected: Numbers, strength: float) -> Numbers:
    """The floor of observed / expected; 1 where the expectation is unknown, for then nothing is said."""
    known = np.isfinite(expected) & np.isfinite(observed)
    shape = np.where(known, observed, 0.0) + strength
    rate = np.where(known, expected, 0.0) + strength
    return np.where(known, gammaincinv(shape, QUANTILE) / rate, 1.0)


def shrunk_rate(cases: Numbers, of: Numbers, usual: Numbers, worth: float) -> Numbers:
    """A share of cases, drawn towards the usual share as if `worth` further ones had been seen of it."""
    return (cases + worth * usual) / np.maximum(of + worth, 1e-12)
