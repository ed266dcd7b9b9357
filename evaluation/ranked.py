"""How right the first of a ranking are, by kind of subject: beside chance, and beside ranking by money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.population import SUBJECT
from evaluation.statistics import LEAST_UNITS, with_share

FIRST = (10, 20, 50, 100)
PARTS = (0.01, 0.02, 0.05)
BANDS = ("small", "middle", "large")


def with_bands(subjects: pd.DataFrame) -> pd.DataFrame:
    """Subjects with `band`: thirds of the subjects of their kind by settlements in the period; who has as many is in
    the same band, so that bands need not be of one size."""
    of_kind = subjects.groupby("subject_type")["settlements"]
    over = (subjects["settlements"] > of_kind.transform("quantile", q=1 / 3)).astype(int)
    over += (subjects["settlements"] > of_kind.transform("quantile", q=2 / 3)).astype(int)
    return subjects.assign(band=over.map(dict(enumerate(BANDS))))


def size_bands(subjects: pd.DataFrame) -> pd.DataFrame:
    """Grain: subject type × band. The settlements that make the band, and who is in it. `subjects` have band and
    is_staged."""
    rows = subjects.groupby(["subject_type", "band"]).agg(
        least=("settlements", "min"), most=("settlements", "max"), subjects=("subject_id", "size"),
        staged=("is_staged", "sum"), fund=("fund", "sum"),
    )  # fmt: skip
    return rows.reset_index().sort_values(["subject_type", "least"], ignore_index=True)


def precision_by_subject(subjects: pd.DataFrame, rankings: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Grain: subject type × ranking × cut (the first 10 … 100, the first 1 … 5 % of the subjects).

    `subjects` are subject_type, subject_id, band, fund, is_staged, by which all is judged; a ranking has SUBJECT and
    `place` (1 is first; who shares a place with the last of a cut is in). A ranking of models judges among those that
    it ranks, the leads (`leads`) among all subjects of the kind. For each cut: `k` subjects, `staged` of them, their
    share with its interval; `staged_by_chance` of `k` drawn at random, `lift` over it; `staged_by_money`: of as many
    drawn from the same size bands by the fund's money, `lift_over_money`. Of fewer than ten
    staged, or among fewer than ten, there is no lift.
    """
    rows = []
    for name, ranking in rankings.items():
        for kind, ranked in ranking.groupby("subject_type"):
            of_kind = subjects[subjects["subject_type"] == kind]
            ranked = of_kind.merge(ranked[[*SUBJECT, "place"]], on=SUBJECT)
            among = of_kind if name == "leads" else ranked
            rows += [{"subject_type": kind, "ranking": name, **cut} for cut in _cuts(ranked, among)]
    if not rows:
        return pd.DataFrame()
    table = with_share(pd.DataFrame(rows), "staged", "k", "precision", units="k")
    is_enough = (table["staged_in_truth"] >= LEAST_UNITS) & (table["k"] >= LEAST_UNITS)
    for lift, beside in (("lift", "staged_by_chance"), ("lift_over_money", "staged_by_money")):
        table[lift] = (table["staged"] / table[beside].where(table[beside] > 0)).where(is_enough)
    return table


def by_value(subjects: pd.DataFrame, value: str) -> pd.DataFrame:
    """Grain: subject whose value is known. Its `place` among its kind, the highest first; equal ones share it."""
    known = subjects[subjects[value].notna()]
    places = known.groupby("subject_type")[value].rank(method="min", ascending=False)
    return known[SUBJECT].assign(place=places)


def _cuts(ranked: pd.DataFrame, among: pd.DataFrame) -> list[dict[str, object]]:
    asked = [(str(k), k) for k in FIRST] + [(f"{part:.0%}", math.ceil(part * len(among))) for part in PARTS]
    places, found = np.sort(ranked["place"].to_numpy()), []
    for cut, k in asked:
        if not 0 < k <= len(ranked):
            continue
        first = ranked[ranked["place"] <= places[k - 1]]
        found.append(
            {
                "cut": cut,
                "k": len(first),
                "subjects": len(among),
                "staged_in_truth": int(among["is_staged"].sum()),
                "staged": int(first["is_staged"].sum()),
                "staged_by_chance": len(first) * float(among["is_staged"].mean()),
                "staged_by_money": _by_money(first, among),
            }
        )
    return found


def _by_money(first: pd.DataFrame, among: pd.DataFrame) -> float:
    """How many staged are among the dearest of each band, as many of each as the first have of it."""
    return sum(
        staged_among(of_band["fund"].to_numpy(), of_band["is_staged"].to_numpy(dtype=float), int(count))
        for band, count in first["band"].value_counts().items()
        for of_band in [among[among["band"] == band]]
    )


def staged_among(values: Sequence[float] | np.ndarray, is_staged: np.ndarray, count: int) -> float:
    """How many staged are among the `count` highest; of those who share the last value, as many as chance takes."""
    order = np.argsort(-np.asarray(values), kind="stable")
    ordered, staged = np.asarray(values)[order], np.asarray(is_staged)[order]
    if count == 0:
        return 0.0
    is_above, is_last = ordered > ordered[count - 1], ordered == ordered[count - 1]
    left = count - int(is_above.sum())
    return float(staged[is_above].sum() + staged[is_last].mean() * left)
