"""All settled care of the judged period, of which labels are a part: base rates and chance are measured against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evaluation.labels import COUNTED, to_label_lines
from evaluation.statistics import LEAST_UNITS

SUBJECT = ["subject_type", "subject_id"]
PER = 1_000


@dataclass(frozen=True)
class Population:
    """`subjects`: subject_type, subject_id, settlements, fund (yuan paid). `things`: how many lines, encounters,
    entities and days of entities there are, by kind. Of all of it only what is settled in the period.
    """

    subjects: pd.DataFrame
    things: Mapping[str, int]
    settlements: int
    fund: float


@dataclass(frozen=True)
class SettlementCounts:
    """Settlements of the period: all, those that a counted label of a scheme names or touches, and those with a hit."""

    settlements: int
    staged: int
    hit: int

    @property
    def honest(self) -> int:
        return self.settlements - self.staged


def count_settlements(
    labels: pd.DataFrame, lines: pd.DataFrame, proofs: pd.DataFrame, population: Population
) -> SettlementCounts:
    """Staged is every settlement with a line that a counted label of a scheme names, if only as the care of a labelled
    person, doctor or institution in the label's span. `lines` are those of the period among the known ones of labels
    and hits: line_id, settlement_id and ids; `proofs` the lines of hits."""
    of_scheme = labels[(labels["state"] == COUNTED) & (labels["kind"] == "scheme")]
    settled = lines[lines["is_settled"]]
    named = to_label_lines(of_scheme, settled).merge(settled[["line_id", "settlement_id"]], on="line_id")
    hit = settled.loc[settled["line_id"].isin(proofs["line_id"]), "settlement_id"]
    return SettlementCounts(population.settlements, named["settlement_id"].nunique(), hit.nunique())


def with_rates(rules: pd.DataFrame, counts: SettlementCounts) -> pd.DataFrame:
    """Rules with `false_per_1000`: false hits per 1,000 honest settlements, and `alerts_per_1000`: hits per 1,000
    settlements; NA where a rule did not run."""
    of_honest = rules["false"].astype("Float64") * PER / max(counts.honest, 1)
    of_all = rules["hits"].astype("Float64") * PER / max(counts.settlements, 1)
    return rules.assign(false_per_1000=of_honest, alerts_per_1000=of_all)


def base_rates(population: Population, staged: pd.DataFrame, outliers: pd.DataFrame | None) -> pd.DataFrame:
    """Grain: subject type. Subjects with settled care, how many of them are staged, and what a random choice among them
    would hit: `base_rate`; `outliers` among the subjects and how many of those are staged, and would be by chance.

    `staged` are own subjects of counted labels of schemes. Of fewer than ten staged there is no rate."""
    known = population.subjects.merge(staged.assign(is_staged=True), on=SUBJECT, how="left")
    known["is_staged"] = known["is_staged"].eq(True)
    if outliers is not None:
        known = known.merge(outliers[SUBJECT].drop_duplicates().assign(is_out=True), on=SUBJECT, how="left")
        known["is_out"] = known["is_out"].eq(True)
    else:
        known["is_out"] = False
    known["is_both"] = known["is_staged"] & known["is_out"]
    rows = known.groupby("subject_type").agg(
        subjects=("subject_id", "size"), staged=("is_staged", "sum"), outliers=("is_out", "sum"),
        staged_outliers=("is_both", "sum"),
    ).reset_index()  # fmt: skip
    share = rows["staged"] / rows["subjects"]
    return rows.assign(
        base_rate=share.where(rows["staged"] >= LEAST_UNITS), staged_outliers_by_chance=rows["outliers"] * share
    )
