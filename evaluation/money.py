"""The fund's money in what is staged, and how much of it was found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evaluation.labels import COUNTED, to_label_lines

_SUMS = ["fund", "found_fund", "listed_fund", "at_risk"]


def money_by(
    labels: pd.DataFrame, lines: pd.DataFrame, line_hits: pd.DataFrame, keys: Sequence[str] = ()
) -> pd.DataFrame:
    """Grain: one value of `keys`, or all. Fund money (yuan) of staged lines, and of those that were found.

    Staged are the lines that a label of a scheme names: itself, those of its encounter, of its day. The care of a
    labelled person, doctor or institution as a whole is not: most of it did no harm. `lines`: line_id, ids, day, fund;
    `line_hits`: line_id, is_listed, amount_at_risk (the rule's own, no estimate). A line counts once for each value of
    `keys`, with the largest amount that any rule gave it. The fund's part of a line is an upper bound of the harm:
    of an overpriced line only the excess is.
    """
    is_part = labels["entity_type"].isin(["line", "encounter"]) | labels["entity_type"].str.endswith("_day")
    staged = labels[is_part & (labels["state"] == COUNTED) & (labels["kind"] == "scheme")]
    named = to_label_lines(staged, lines).merge(staged[["label", *keys]], on="label")
    of_line = named[[*keys, "line_id"]].drop_duplicates().merge(lines[["line_id", "fund"]], on="line_id")
    best = line_hits.groupby("line_id").agg(at_risk=("amount_at_risk", "max"), is_listed=("is_listed", "max"))
    reported = of_line.join(best, on="line_id")
    reported["found_fund"] = reported["fund"].where(reported["at_risk"].notna(), 0.0)
    reported["listed_fund"] = reported["fund"].where(reported["is_listed"].eq(True), 0.0)
    if not keys:
        return reported[_SUMS].sum().to_frame().T.rename(columns={"fund": "staged_fund"})
    sums = reported.groupby(list(keys), dropna=False)[_SUMS].sum().reset_index()
    return sums.rename(columns={"fund": "staged_fund"})
