"""What chance finds: the same number of things, drawn at random from all of their kind.

Drawn without replacement, an instance with `m` of `population` things is missed by `found` drawn ones with the
probability C(population − m, found) / C(population, found) (hypergeometric, in closed form). Things of several kinds
are drawn apart, so what misses an instance misses each kind of its things; the expected number of instances found is
the exact sum over instances.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln

Numbers = npt.NDArray[np.float64]


def missed(population: Numbers, found: Numbers, own: Numbers) -> Numbers:
    """The probability that none of `own` things is among `found` ones drawn from `population`."""
    population = np.maximum(population, own)
    found = np.clip(found, 0, population)
    is_certain = found > population - own
    left = np.where(is_certain, population, population - own)
    ways = gammaln(left + 1) - gammaln(left - found + 1) - gammaln(population + 1) + gammaln(population - found + 1)
    return np.where(is_certain & (own > 0), 0.0, np.exp(ways))


def found_by_chance(things: pd.DataFrame, drawn: pd.DataFrame, by: Sequence[str], instance: Sequence[str]) -> pd.Series:
    """The probability that chance finds an instance, by instance.

    `things` is instance × the things that it can be found by; `drawn` says by the columns `by` (which both have) the
    `population` of things and how many of them were `found`. What was not drawn from finds nothing.
    """
    keys = list(dict.fromkeys([*instance, *by]))
    own = things.groupby(keys, dropna=False).size().rename("own").reset_index().merge(drawn, on=list(by))
    columns = (own[name].to_numpy(dtype=np.float64) for name in ("population", "found", "own"))
    probability = own.assign(missed=missed(*columns)).groupby(list(instance), dropna=False)["missed"].prod()
    return (1.0 - probability).rename("chance")
