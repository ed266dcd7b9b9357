"""Can a machine tell staged rows from honest ones without looking at what happened?

Each staged row of a table is set against an honest one of the same kind (item, quantity and visit type for lines;
age and sex for persons), so that what was done tells nothing, and boosted trees are asked for the difference. About
0.5 is what should come out; more means that the simulator left its fingerprints. Whatever belongs to one person, and
all persons of one instance, stay together between training and test.

Needs pandas and scikit-learn; nothing of the package outside `calibration` imports this module.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]
LIMIT = 0.55
_ENOUGH_ROWS, _ENOUGH_GROUPS = 3000, 1000  # from which on a value counts without its interval
_ROWS_A_GROUP = 6  # rows of one instance or person share most identifiers: more of them add no evidence
_TREES = 20
_UNKNOWN = -1.0  # below every number a column can be
_FEWEST_GROUPS = 50  # of either side, to ask at all


@dataclass(frozen=True)
class MatchedSample:
    """Matched rows, staged and honest half and half. One row of `features` per delivered row."""

    features: Numbers
    families: tuple[str, ...]  # of each feature: the part of a column that it belongs to
    names: tuple[str, ...]
    is_staged: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]  # scheme instance or honest person

    @property
    def is_large_enough(self) -> bool:
        """Enough groups on both sides to learn from some and to ask about others."""
        sides = (len(set(self.groups[self.is_staged == side])) for side in (True, False))
        return min(sides) >= _FEWEST_GROUPS


@dataclass(frozen=True)
class BlindVerdict:
    """Cross-validated AUC with the bootstrap interval (95 %) over groups."""

    auc: float
    low: float
    high: float
    rows: int
    groups: int

    @property
    def gives_away(self) -> bool:
        """Above the limit for sure: with the interval's low end, or by its value where rows are many."""
        has_enough = self.rows >= _ENOUGH_ROWS and self.groups >= _ENOUGH_GROUPS
        return self.auc > LIMIT and (self.low > LIMIT or has_enough)


def blind_auc(
    sample: MatchedSample,
    *families: str,
    seed: int = 0,
    folds: int = 5,
    resamples: int = 200,
    more: Numbers | None = None,
) -> BlindVerdict:
    """How well boosted trees tell the two apart by the features of these families; by all when none is named.

    `more` are further columns of features that belong to the families together.
    """
    wanted = [n for n, family in enumerate(sample.families) if not families or family in families]
    features, scores = sample.features[:, wanted], np.zeros(len(sample.is_staged))
    if more is not None:
        features = np.column_stack([features, more])
    with threadpool_limits(1):  # more threads than free cores are far slower than one
        for train, test in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(
            features, sample.is_staged, sample.groups
        ):
            trees = HistGradientBoostingClassifier(max_iter=_TREES, max_leaf_nodes=8, random_state=seed)
            trees.fit(features[train], sample.is_staged[train])
            # ranks within the fold: folds differ in their share of staged rows, which would pull the AUC below a half
            _, rank = np.unique(trees.predict_proba(features[test])[:, 1], return_inverse=True)
            scores[test] = rank / max(1, rank.max())
    low, high = _interval(sample, scores, np.random.default_rng(seed), resamples)
    _, place = np.unique(scores, return_inverse=True)
    auc = _auc(place, sample.is_staged, np.ones(len(scores), dtype=np.int64))
    return BlindVerdict(auc, low, high, len(scores), len(set(sample.groups)))


def _interval(sample: MatchedSample, scores: Numbers, rng: np.random.Generator, resamples: int) -> tuple[float, float]:
    """Percentiles of the AUC when whole groups are drawn again: a group's rows come or stay away together."""
    _, group = np.unique(sample.groups, return_inverse=True)
    _, place = np.unique(scores, return_inverse=True)
    aucs = []
    for _ in range(resamples):
        drawn = rng.integers(0, group.max() + 1, group.max() + 1)
        weight = np.bincount(drawn, minlength=group.max() + 1)[group]
        aucs.append(_auc(place, sample.is_staged, weight))
    return float(np.percentile(aucs, 2.5)), float(np.percentile(aucs, 97.5))


def _auc(place: npt.NDArray[np.int64], is_staged: npt.NDArray[np.bool_], weight: npt.NDArray[np.int64]) -> float:
    """Share of pairs of a staged and an honest row that the order of scores gets right; equal scores count half."""
    staged = np.bincount(place, weights=weight * is_staged)
    honest = np.bincount(place, weights=weight * ~is_staged)
    below = np.cumsum(honest) - honest / 2
    pairs = staged.sum() * honest.sum()
    return float(np.dot(staged, below) / pairs) if pairs else 0.5


def staged_instances(rows: pd.DataFrame, labels: pd.DataFrame, keys: Sequence[str]) -> pd.Series[str]:
    """For each row the instance whose label names it, '' for none; earlier keys go first."""
    schemes = labels[labels["kind"] == "scheme"]
    instance = schemes["scheme"] + "/" + schemes["instance"]
    found = pd.Series("", index=rows.index)
    for key in keys:
        is_grain = schemes[key] != ""
        if key == "mdtrt_id" and "feedetl_sn" in rows:  # a label of a line says nothing of its neighbours
            is_grain &= schemes["feedetl_sn"] == ""
        named = dict(zip(schemes.loc[is_grain, key], instance[is_grain], strict=True))
        found = found.where(found != "", rows[key].map(named).fillna(""))
    return found


def matched(
    rows: pd.DataFrame, kind: pd.Series[str], staged: pd.Series[str], labels: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Each staged row that has an honest counterpart left, and the counterpart, marked `is_staged`; the group of each.

    Of people, encounters, doctors and places that any label names, a look-alike's too, no row counts as honest.
    """
    rng = np.random.default_rng(seed)
    is_honest = staged == ""
    for key in ("psn_no", "mdtrt_id") if {"psn_no", "mdtrt_id"} & set(rows) else ("dr_code", "fixmedins_code"):
        if key in rows:
            is_honest &= ~rows[key].isin(set(labels[key]) - {""})
            if key == "dr_code":
                break  # a doctor's hospital may have others that are honest
    kinds, owners = [str(name) for name in kind], _owners(rows, staged, labels)
    pool: dict[str, list[int]] = defaultdict(list)
    for at in rng.permutation(np.flatnonzero(is_honest.to_numpy())).tolist():
        pool[kinds[at]].append(at)
    used: Counter[str] = Counter()
    taken: list[int] = []
    for at in rng.permutation(np.flatnonzero((staged != "").to_numpy())).tolist():
        if used[owners[at]] == _ROWS_A_GROUP:
            continue
        while (like := pool[kinds[at]]) and used[owners[like[-1]]] == _ROWS_A_GROUP:
            like.pop()
        if like:
            taken += [at, like.pop()]
            used.update((owners[at], owners[taken[-1]]))
    chosen = rows.assign(is_staged=staged != "").iloc[taken]
    return chosen, pd.Series([owners[at] for at in taken], index=chosen.index, dtype=object)


def _owners(rows: pd.DataFrame, staged: pd.Series[str], labels: pd.DataFrame) -> list[str]:
    """What stays together: a person's rows; and the persons of an instance, each with the first that names him."""
    key = next((name for name in ("psn_no", "mdtrt_id", "dr_code", "fixmedins_code") if name in rows), None)
    if key is None:
        return [str(name) for name in staged]
    named = labels[(labels["kind"] == "scheme") & (labels[key] != "")].drop_duplicates(key)
    first = dict(zip(named[key], named["scheme"] + "/" + named["instance"], strict=True))
    own = rows[key].map(first)
    return [str(name) for name in own.fillna(staged.where(staged != "", rows[key]))]


def sample_of(rows: pd.DataFrame, groups: pd.Series[str], features: dict[tuple[str, str], Numbers]) -> MatchedSample:
    """The sample of matched rows with these features, each by its family and name."""
    codes, _ = pd.factorize(groups)
    return MatchedSample(
        np.nan_to_num(np.column_stack(list(features.values())), nan=_UNKNOWN) if features else np.empty((len(rows), 0)),
        tuple(family for family, _ in features),
        tuple(name for _, name in features),
        rows["is_staged"].to_numpy(bool),
        codes.astype(np.int64),
    )
