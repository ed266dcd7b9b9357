"""How well a night found what was staged: shares with intervals, precision at k, ranking by score. Pure statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_DRAWS = 400  # bootstrap draws: ends of a 95 percent interval move by about a hundredth beyond that
LEAST_UNITS = 10  # of fewer there are counts alone: a share would move by more than ten points with each of them
_Z = 1.959963984540054  # of the normal distribution, for 95 percent
# Below 30 peers a percentile moves in steps of more than three points; 100 is where a share of 1 percent is a member.
_PEER_BANDS = ((0, 30, "under 30"), (30, 100, "30 to 99"), (100, None, "100 and more"))


@dataclass(frozen=True)
class Estimate:
    """A statistic with the 95 percent interval of a bootstrap; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


_NOTHING = Estimate(None, None, None)


@dataclass(frozen=True)
class Ranking:
    """How a score orders staged before other entities: area under the ROC curve and average precision, 0 to 1."""

    auc: Estimate
    average_precision: Estimate


_UNKNOWN = Ranking(_NOTHING, _NOTHING)


def with_share(
    rows: pd.DataFrame, part: str, whole: str, name: str, *, units: str = "", effective: str = ""
) -> pd.DataFrame:
    """Rows with `<name>`, `<name>_low`, `<name>_high`: the share of two columns of counts; NaN of nothing or unknown.

    The ends are Wilson's score interval of 95 percent (Wilson 1927), which holds for few and for none found too.
    `units` is a column with how many independent things the counts come from: of fewer than ten, or of a whole of
    fewer, there is no share. `effective` is one with how many the interval is as wide as; without it, the whole.
    """
    found, of = _numbers(rows[part]), _numbers(rows[whole])
    of[of <= 0] = np.nan
    if units:
        of[~(np.minimum(_numbers(rows[units]), of) >= LEAST_UNITS)] = np.nan
    drawn = np.minimum(_numbers(rows[effective]), of) if effective else of
    share = np.divide(found, of)
    low, high = _wilson_ends(share, drawn)
    return rows.assign(**{name: share, f"{name}_low": low, f"{name}_high": high})


def _numbers(values: pd.Series) -> Numbers:
    return np.array(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _wilson_ends(share: Numbers, whole: Numbers) -> tuple[Numbers, Numbers]:
    """The ends, of a whole that need not be a whole number, as scipy's interval of a proportion asks."""
    middle = share + _Z**2 / (2 * whole)
    width = _Z * np.sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    low, high = (middle - width) / (1 + _Z**2 / whole), (middle + width) / (1 + _Z**2 / whole)
    return np.minimum(np.maximum(low, 0.0), share), np.maximum(np.minimum(high, 1.0), share)


def to_units(belongs: pd.DataFrame) -> pd.Series:
    """The unit of each thing, by thing: things that share an owner, if only by way of others, are one unit.

    `belongs` is thing × owner (an instance, a subject). Hits of one person, or of one instance, say one thing many
    times; so whoever counts them counts units.
    """
    things, owners = pd.Categorical(belongs["thing"]), pd.Categorical(belongs["owner"])
    size, of_things = len(things.categories) + len(owners.categories), len(things.categories)
    edges = (np.ones(len(belongs)), (things.codes, owners.codes.astype(np.int64) + of_things))
    _, component = connected_components(coo_array(edges, shape=(size, size)), directed=False)
    return pd.Series(component[:of_things], index=pd.Index(things.categories, name="thing"), name="unit")


def effective_units(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Grain: one value of `by`, its index. How many `units` its rows are of, and how many of equal size those are
    worth: `effective` (Kish 1965); where one unit holds most rows, that is little more than one."""
    sizes = rows.groupby([*by, "unit"], dropna=False).size().astype(float).rename("size").reset_index()
    groups = sizes.assign(square=sizes["size"] ** 2).groupby(list(by), dropna=False)
    sums = groups[["size", "square"]].sum()
    return pd.DataFrame({"units": groups.size(), "effective": sums["size"] ** 2 / sums["square"]})


def precision_at(is_true: Flags, places: Places, ks: Sequence[int]) -> pd.DataFrame:
    """Grain: k. How many of the first k are true; a k beyond the list says nothing and is left out.

    Who shares a place with the k-th is among the first too: `k` counts them all, as a list cut at k holds them, and
    `cut` is the least k asked for that cuts there. Of fewer than ten there is a count and no share.
    """
    ordered = np.sort(places)
    cuts: dict[int, int] = {}
    for cut in sorted(k for k in ks if 0 < k <= len(is_true)):
        cuts.setdefault(int((places <= ordered[cut - 1]).sum()), cut)
    staged = [int(is_true[places <= ordered[cut - 1]].sum()) for cut in cuts.values()]
    columns = {"cut": list(cuts.values()), "k": list(cuts), "staged": staged}
    return with_share(pd.DataFrame(columns, columns=[*columns]).astype("int64"), "staged", "k", "precision", units="k")


def outlying(scores: pd.DataFrame, share: float) -> pd.Series:
    """Whether each row (entity × model) stands out, as leads are made: in its peers' top share and the model's.

    Who scores as high as the last of the model's share stands out too. `scores` has entity_type, entity_id, model,
    score, percentile (0 to 1).
    """
    model = [scores["entity_type"], scores["model"]]
    score, is_high = scores["score"].round(6), scores["percentile"] > 1 - share
    budget = np.ceil(score.groupby(model).transform("size") * share)
    place = score.where(is_high).groupby(model).rank(method="min", ascending=False)
    return is_high & (place <= budget)


def ranking(scores: pd.DataFrame, is_staged: Flags, seed: int) -> Ranking:
    """How percentile among peers, then the raw score, ranks the staged; intervals draw staged and others apart.

    Of fewer than ten staged there is a value and no interval. The order of the rows changes nothing.
    """
    if not is_staged.any() or is_staged.all():
        return _UNKNOWN
    steps = scores.assign(is_staged=is_staged).sort_values(["percentile", "score", "is_staged"], ascending=False)
    is_last = (steps[["percentile", "score"]] != steps[["percentile", "score"]].shift(-1)).any(axis=1).to_numpy()
    ends, staged = np.flatnonzero(is_last), steps["is_staged"].to_numpy(dtype=bool)
    value = _quality(np.ones(len(staged)), staged, ends)
    if staged.sum() < LEAST_UNITS:
        return Ranking(Estimate(value[0], None, None), Estimate(value[1], None, None))
    rng = np.random.default_rng(seed)
    drawn = np.array([_quality(_redrawn(rng, staged), staged, ends) for _ in range(_DRAWS)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    auc, average_precision = (Estimate(value[i], float(low[i]), float(high[i])) for i in range(2))
    return Ranking(auc, average_precision)


def _redrawn(rng: np.random.Generator, staged: Flags) -> Numbers:
    """How often each row is drawn when as many staged and as many others as there are come back."""
    times = np.zeros(len(staged))
    for rows in (np.flatnonzero(staged), np.flatnonzero(~staged)):
        times[rows] = np.bincount(rng.integers(0, len(rows), len(rows)), minlength=len(rows))
    return times


def _quality(times: Numbers, staged: Flags, ends: npt.NDArray[np.intp]) -> tuple[float, float]:
    """AUC (ties count half) and average precision of rows in descending order; equal rows end at `ends`."""
    found = np.cumsum(times * staged)[ends]
    wrong = np.cumsum(times * ~staged)[ends]
    new_found, new_wrong = np.diff(found, prepend=0.0), np.diff(wrong, prepend=0.0)
    auc = float(np.sum(new_wrong * (found - new_found / 2)) / (found[-1] * wrong[-1]))
    precision = np.divide(found, found + wrong, out=np.zeros(len(found)), where=found + wrong > 0)
    return auc, float(np.sum(new_found * precision) / found[-1])


def score_quality(scores: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Grain: entity type × model. Staged and look-alike entities in the published share; AUC, average precision.

    Of fewer than ten staged the order is not judged.

    `scores` has a row per entity and model: entity_type, entity_id, model, score, percentile, peer_count,
    is_staged, is_lookalike.
    """
    rows = []
    for (entity_type, model), of_model in _with_outliers(scores, share).groupby(["entity_type", "model"]):
        is_staged = of_model["is_staged"].to_numpy(dtype=bool)
        order = _UNKNOWN if is_staged.sum() < LEAST_UNITS else ranking(of_model, is_staged, seed)
        rows.append({"entity_type": entity_type, "model": model, **_counts(of_model), **_flat(order)})
    return (
        with_share(pd.DataFrame(rows), "staged_published", "published", "precision", units="published")
        if rows
        else pd.DataFrame()
    )


def score_quality_by_peers(scores: pd.DataFrame, share: float) -> pd.DataFrame:
    """Grain: entity type × model × size of the peer group."""
    outlying, parts = _with_outliers(scores, share), []
    for least, most, name in _PEER_BANDS:
        is_in = (outlying["peer_count"] >= least) & (outlying["peer_count"] < (most or np.inf))
        for (entity_type, model), band in outlying[is_in].groupby(["entity_type", "model"]):
            parts.append({"entity_type": entity_type, "model": model, "peers": name, **_counts(band)})
    return (
        with_share(pd.DataFrame(parts), "staged_published", "published", "precision", units="published")
        if parts
        else pd.DataFrame()
    )


def _with_outliers(scores: pd.DataFrame, share: float) -> pd.DataFrame:
    return scores.assign(is_published=outlying(scores, share))


def _counts(rows: pd.DataFrame) -> dict[str, float]:
    published = rows[rows["is_published"]]
    return {
        "scored": len(rows),
        "staged": int(rows["is_staged"].sum()),
        "published": len(published),
        "staged_published": int(published["is_staged"].sum()),
        "lookalike_published": int(published["is_lookalike"].sum()),
        "staged_published_by_chance": len(published) * float(rows["is_staged"].mean()),
    }


def _flat(order: Ranking) -> dict[str, float | None]:
    return {
        f"{name}{end}": value
        for name, found in (("auc", order.auc), ("average_precision", order.average_precision))
        for end, value in (("", found.value), ("_low", found.low), ("_high", found.high))
    }
