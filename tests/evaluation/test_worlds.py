"""Means and spread of several worlds."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.worlds import spread, worlds_page


def test_a_figure_has_its_mean_and_spread_over_the_worlds_that_know_it() -> None:
    figures = spread({"seed 1": {"any_rule_share": 0.2, "new": None}, "seed 2": {"any_rule_share": 0.4}})
    row = figures.set_index("figure").loc["any_rule_share"]
    assert (row["worlds"], row["least"], row["most"]) == (2, 0.2, 0.4)
    assert (row["mean"], row["spread"]) == pytest.approx((0.3, 0.141421), abs=1e-6)
    unknown = figures.set_index("figure").loc["new"]
    assert unknown["worlds"] == 0
    assert pd.isna(unknown["mean"])


def test_a_share_is_drawn_beside_what_chance_finds() -> None:
    worlds = {f"seed {n}": {"score_share": 0.1 * n, "score_chance_share": 0.1} for n in (1, 3)}
    text = worlds_page("", worlds, spread(worlds))
    assert text.count('<rect class="bar"') == 1
    assert "20% [10%–30%], n=2" in text
    assert 'class="beside" x1="366.0"' in text


def test_of_one_world_there_is_no_spread() -> None:
    assert spread({"seed 1": {"instances": 15.0}})["spread"].isna().all()


def test_the_page_says_means_and_each_world() -> None:
    worlds = {"seed 1": {"instances": 15.0}, "seed 2": {"instances": 18.0}}
    text = worlds_page("five seeds", worlds, spread(worlds))
    assert "欺诈实例 staged instances" in text
    assert all(name in text for name in ("seed 1", "seed 2", "16.500"))
