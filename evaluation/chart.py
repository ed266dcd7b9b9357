"""The picture of an evaluation: schemes found, look-alikes flagged, precision of the list, ranking by score.

In English alone: a plain machine has no Chinese font.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BY_RULE, _BY_LEAD, _LIGHT = "#1f5fa8", "#d9822b", "#8a8f98"


def draw(path: Path, night: date, schemes: pd.DataFrame, of_list: pd.DataFrame, scores: pd.DataFrame) -> None:
    """A PNG in `path`; the same frames give the same bytes."""
    from matplotlib.figure import Figure

    is_staged = (schemes["kind"] == "scheme") & (schemes["instances_counted"] > 0)
    is_lookalike = (schemes["kind"] == "lookalike") & (schemes["instances_counted"] > 0)
    height = 1.8 + 0.32 * max(is_staged.sum(), is_lookalike.sum(), 8)
    figure = Figure(figsize=(20, height), layout="constrained")
    found, flagged, precision, ranking = figure.subplots(1, 4, width_ratios=[2, 2, 1, 1.3])
    _draw_found(found, schemes[is_staged], "Schemes found")
    _draw_found(flagged, schemes[is_lookalike], "Honest look-alikes flagged")
    _draw_precision(precision, of_list)
    _draw_ranking(ranking, scores)
    figure.suptitle(f"Evaluation of {night}: what was staged and could be seen by then (bars: 95 % intervals)")
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})


def _draw_found(axes: Axes, staged: pd.DataFrame, title: str) -> None:
    rules = staged["rule_id"].replace("", "no rule")
    names = staged["scheme"] + " (" + rules + ", n=" + staged["instances_counted"].astype(str) + ")"
    for way, label, colour, shift in (
        ("own_rule", "own rule", _BY_RULE, -0.15),
        ("listed_lead", "listed lead", _BY_LEAD, 0.15),
    ):
        places = [place + shift for place in range(len(staged))]
        _dots(axes, staged, f"{way}_recall", places, colour=colour, label=label)
    axes.set_yticks(range(len(staged)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set(xlim=(-0.02, 1.02), xlabel="share of instances", title=title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, fontsize=8, frameon=False)
    axes.grid(axis="x", color="#e3e5e8")


def _draw_precision(axes: Axes, of_list: pd.DataFrame) -> None:
    axes.set(ylim=(0, 1.02), xlabel="first k leads", title="Precision of the list")
    if of_list.empty:
        return _say(axes, "leads did not run")
    axes.fill_between(of_list["k"], of_list["precision_low"], of_list["precision_high"], color=_BY_LEAD, alpha=0.2)
    axes.plot(of_list["k"], of_list["precision"], "o-", color=_BY_LEAD)
    axes.grid(color="#e3e5e8")
    return None


def _draw_ranking(axes: Axes, scores: pd.DataFrame) -> None:
    axes.set(xlim=(-0.02, 1.02), title="Ranking of staged entities")
    known = scores[scores["auc"].notna()] if len(scores) else scores
    if known.empty:
        return _say(axes, "no scores, or nobody staged among them")
    places = list(range(len(known)))
    _dots(axes, known, "auc", [place - 0.15 for place in places], colour=_BY_RULE, label="AUC")
    _dots(axes, known, "average_precision", [p + 0.15 for p in places], colour=_BY_LEAD, label="average precision")
    axes.axvline(0.5, color=_LIGHT, linestyle=":", linewidth=1)
    names = [f"{row.entity_type}\n{row.model}\n{row.staged} of {row.scored}" for row in known.itertuples()]
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, fontsize=8, frameon=False)
    axes.grid(axis="x", color="#e3e5e8")
    return None


def _dots(axes: Axes, rows: pd.DataFrame, name: str, places: list[float], *, colour: str, label: str) -> None:
    """Shares as dots with their intervals; an unknown one is not drawn."""
    value, low, high = (rows[column].to_numpy(dtype=float) for column in (name, f"{name}_low", f"{name}_high"))
    axes.errorbar(
        value, places, xerr=[value - low, high - value], fmt="o", markersize=4, color=colour, label=label, linewidth=1
    )


def _say(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=_LIGHT)
