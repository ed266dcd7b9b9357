"""Can a machine tell staged rows from honest ones without looking at what happened?

It gets technical columns only: digits and order of identifiers, digits of amounts, minutes and seconds, the place
of a row in its file, hash buckets. Each staged row is set against an honest one of the same kind (item, quantity
and visit type for lines; visit type for encounters), so that what was done tells nothing. Instances are kept whole
between training and test. About 0.5 is what should come out; more means that the simulator left its fingerprints.

Needs pandas and scikit-learn; nothing else of the package imports this module.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]
_BUCKETS = 16
_ROWS_A_GROUP = 6  # rows of one instance or person share most identifiers: more of them add no evidence
_LINE_IDS = ("feedetl_sn", "mdtrt_id", "setl_id", "psn_no", "rx_drord_no")
_VISIT_IDS = ("mdtrt_id", "psn_no", "psn_insu_rlts_id", "ipt_otp_no", "mdtrt_cert_no")


@dataclass(frozen=True)
class BlindDelivery:
    """Delivered lines and encounters of all nights in file order, and the labels kept apart from them."""

    lines: pd.DataFrame
    visits: pd.DataFrame
    labels: pd.DataFrame


@dataclass(frozen=True)
class MatchedSample:
    """Matched rows, staged and honest half and half. One row of `features` per delivered row."""

    features: Numbers
    families: tuple[str, ...]  # of each feature: identifiers, order, amounts, clock, position, hash
    names: tuple[str, ...]
    is_staged: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]  # scheme instance or honest person


@dataclass(frozen=True)
class BlindVerdict:
    """Cross-validated AUC with the bootstrap interval (95 %) over instances."""

    auc: float
    low: float
    high: float
    rows: int


def read_delivered(landing: Path, truth: Path) -> BlindDelivery:
    """Everything delivered, as text; `file` and `row` say where a row stood."""

    def table(name: str) -> pd.DataFrame:
        nights = sorted(landing.glob(f"*/{name}.csv*"))
        parts = [pd.read_csv(path, dtype=str, keep_default_na=False).assign(file=n) for n, path in enumerate(nights)]
        return pd.concat([part.assign(row=np.arange(len(part))) for part in parts], ignore_index=True)

    labels = pd.read_csv(truth / "labels.csv", dtype=str, keep_default_na=False)
    return BlindDelivery(table("fee_list"), table("mdtrt"), labels)


def line_sample(delivered: BlindDelivery, seed: int = 0) -> MatchedSample:
    """Staged lines beside honest lines of the same item, quantity and visit type."""
    lines = delivered.lines.drop_duplicates("feedetl_sn")
    staged = _staged(lines, delivered.labels, ("feedetl_sn", "mdtrt_id"))
    kind = lines["med_list_codg"] + "/" + lines["cnt"] + "/" + lines["med_type"]
    chosen, groups = _matched(lines, kind, staged, delivered.labels, seed)
    return _sample(chosen, groups, _line_features(chosen))


def visit_sample(delivered: BlindDelivery, seed: int = 0) -> MatchedSample:
    """Staged encounters beside honest ones of the same visit type."""
    visits = delivered.visits
    staged = _staged(visits, delivered.labels, ("mdtrt_id",))
    chosen, groups = _matched(visits, visits["med_type"], staged, delivered.labels, seed)
    return _sample(chosen, groups, _visit_features(chosen))


def blind_auc(
    sample: MatchedSample, *families: str, seed: int = 0, folds: int = 5, resamples: int = 200
) -> BlindVerdict:
    """How well boosted trees tell the two apart by the features of these families; by all when none is named."""
    wanted = [n for n, family in enumerate(sample.families) if not families or family in families]
    features, scores = sample.features[:, wanted], np.zeros(len(sample.is_staged))
    with threadpool_limits(1):  # more threads than free cores are far slower than one
        for train, test in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(
            features, sample.is_staged, sample.groups
        ):
            trees = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=seed)
            trees.fit(features[train], sample.is_staged[train])
            # ranks within the fold: folds differ in their share of staged rows, which would pull the AUC below a half
            _, rank = np.unique(trees.predict_proba(features[test])[:, 1], return_inverse=True)
            scores[test] = rank / max(1, rank.max())
    low, high = _interval(sample, scores, np.random.default_rng(seed), resamples)
    return BlindVerdict(float(roc_auc_score(sample.is_staged, scores)), low, high, len(scores))


def _interval(sample: MatchedSample, scores: Numbers, rng: np.random.Generator, resamples: int) -> tuple[float, float]:
    """Percentiles of the AUC when whole groups are drawn again: a group's rows come or stay away together."""
    _, group = np.unique(sample.groups, return_inverse=True)
    aucs = []
    for _ in range(resamples):
        drawn = rng.integers(0, group.max() + 1, group.max() + 1)
        weight = np.bincount(drawn, minlength=group.max() + 1)[group]
        aucs.append(roc_auc_score(sample.is_staged, scores, sample_weight=weight))
    return float(np.percentile(aucs, 2.5)), float(np.percentile(aucs, 97.5))


def _staged(rows: pd.DataFrame, labels: pd.DataFrame, keys: tuple[str, ...]) -> pd.Series[str]:
    """For each row the instance whose label names it, '' for none."""
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


def _matched(
    rows: pd.DataFrame, kind: pd.Series[str], staged: pd.Series[str], labels: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Each staged row that has an honest counterpart left, and the counterpart; the group of each."""
    rng = np.random.default_rng(seed)
    cast = set(labels["psn_no"]) | set(labels.loc[labels["mdtrt_id"] != "", "mdtrt_id"])
    is_honest = (staged == "") & ~rows["psn_no"].isin(cast) & ~rows["mdtrt_id"].isin(cast)
    kinds, owners = [str(name) for name in kind], [str(name) for name in staged.where(staged != "", rows["psn_no"])]
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
    return chosen, pd.Series([owners[at] for at in taken], index=chosen.index)


def _sample(rows: pd.DataFrame, groups: pd.Series[str], features: dict[tuple[str, str], Numbers]) -> MatchedSample:
    codes, _ = pd.factorize(groups)
    return MatchedSample(
        np.column_stack(list(features.values())) if features else np.empty((len(rows), 0)),
        tuple(family for family, _ in features),
        tuple(name for _, name in features),
        rows["is_staged"].to_numpy(bool),
        codes.astype(np.int64),
    )


def _line_features(lines: pd.DataFrame) -> dict[tuple[str, str], Numbers]:
    found = _of_ids(lines, _LINE_IDS)
    cents = np.asarray((lines["det_item_fee_sumamt"].astype(float) * 100).round(), dtype=np.float64)
    found["amounts", "last digit"], found["amounts", "last two digits"] = cents % 10, cents % 100
    found["amounts", "first digit"] = np.array([float(f"{abs(value):.0f}"[0]) for value in cents])
    return found | _of_clock(lines, "fee_ocur_time") | _of_place(lines)


def _visit_features(visits: pd.DataFrame) -> dict[tuple[str, str], Numbers]:
    return (
        _of_ids(visits, _VISIT_IDS) | _of_clock(visits, "begntime") | _of_clock(visits, "endtime") | _of_place(visits)
    )


def _of_ids(rows: pd.DataFrame, columns: tuple[str, ...]) -> dict[tuple[str, str], Numbers]:
    """Leading and last digits, and the bucket of a hash."""
    found: dict[tuple[str, str], Numbers] = {}
    for column in columns:
        digits = rows[column].str.replace(r"\D", "", regex=True).str.zfill(12)
        found["identifiers", f"{column} leading"] = np.asarray(digits.str[:6].astype(float), dtype=np.float64)
        found["identifiers", f"{column} last"] = np.asarray(digits.str[-4:].astype(float), dtype=np.float64)
        found["identifiers", f"{column} length"] = np.asarray(rows[column].str.len().astype(float), dtype=np.float64)
        found["hash", column] = np.array([float(zlib.crc32(text.encode()) % _BUCKETS) for text in rows[column]])
    first, second = (found["identifiers", f"{column} leading"] for column in columns[:2])
    found["order", f"{columns[0]} against {columns[1]}"] = first - second
    return found


def _of_clock(rows: pd.DataFrame, column: str) -> dict[tuple[str, str], Numbers]:
    """Minutes and seconds; the hour belongs to what happened."""
    text = rows[column]
    return {
        ("clock", f"{column} minute"): np.asarray(pd.to_numeric(text.str[14:16], errors="coerce"), dtype=np.float64),
        ("clock", f"{column} second"): np.asarray(pd.to_numeric(text.str[17:19], errors="coerce"), dtype=np.float64),
    }


def _of_place(rows: pd.DataFrame) -> dict[tuple[str, str], Numbers]:
    """Where the row stood in its file, without its date: the remainder by small numbers."""
    return {("position", f"row modulo {n}"): np.asarray(rows["row"] % n, dtype=np.float64) for n in (2, 3, 10)}
