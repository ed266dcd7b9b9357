"""Spikes found in small hand-made counts: the planted one first, and what is honest not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.spikes.find import INSTITUTION, Counted, found_spikes, ranked, with_diagnoses
from models.spikes.floors import prior_strength, ratio_floor

PLACES = [f"H{n}" for n in range(1, 9)]
PERIODS = range(4)
PERSONS = 200  # of each place in each period


def counted(**changed: dict[int, int]) -> Counted:
    """Eight like places; item A is had by 20 of 200 persons, item B by 4, unless `item_place={period: persons}`."""
    cells = [
        (INSTITUTION, item, place, "", period, had, had, had * price)
        for place in PLACES
        for period in PERIODS
        for item, usual, price in (("A", 20, 8.0), ("B", 4, 120.0))
        if (had := changed.get(f"{item}_{place}", {}).get(period, usual))
    ]
    base = [(INSTITUTION, place, "", period, PERSONS, 900, 9e4) for place in PLACES for period in PERIODS]
    sums = ["patients", "lines", "amount"]
    likes = pd.DataFrame({"institution_id": PLACES, "like": "hospital|2"})
    where = ["institution_id", "department", "period", *sums]
    return Counted(
        pd.DataFrame(cells, columns=["kind", "item_code", *where]), pd.DataFrame(base, columns=["kind", *where]), likes
    )


def of(spikes: pd.DataFrame) -> dict[tuple[str, str], dict[Any, Any]]:
    """The rows by item and institution, in order."""
    return {(row["item_code"], row["institution_id"]): row for row in spikes.to_dict("records")}


def first_of(spikes: pd.DataFrame) -> list[tuple[str, str]]:
    return [*of(spikes)]


def test_the_planted_spike_is_first_and_honest_places_are_not_listed() -> None:
    spikes = ranked(found_spikes(counted(B_H3={0: 60})))
    assert first_of(spikes) == [("B", "H3")]
    spike = of(spikes)["B", "H3"]
    assert (spike["patients"], spike["past_patients"]) == (60, 12)
    assert spike["expected_past"] == pytest.approx(4, rel=0.05)
    assert 5 < spike["rise"] < 15


def test_few_persons_do_not_shout() -> None:
    spikes = ranked(found_spikes(counted(B_H3={0: 60}, B_H5={0: 9}, A_H6={0: 26})))
    assert first_of(spikes)[0] == ("B", "H3")
    strengths = {key: row["strength"] for key, row in of(spikes).items()}
    assert strengths.get(("B", "H5"), 0.0) < 0.4 * strengths["B", "H3"]
    assert ("A", "H6") not in strengths


def test_what_rises_everywhere_stands_out_nowhere() -> None:
    everywhere = counted(**{f"B_{place}": {0: 60} for place in PLACES})
    assert first_of(ranked(found_spikes(everywhere))) == []


def test_a_large_place_is_no_spike() -> None:
    data = counted()
    for frame in (data.cells, data.base):
        frame.loc[frame["institution_id"] == "H2", ["patients", "lines", "amount"]] *= 30
    assert first_of(ranked(found_spikes(data))) == []


def test_a_place_without_a_past_is_judged_by_its_peers_alone() -> None:
    data = counted(A_H4={0: 120})
    cells, base = (
        frame[(frame["institution_id"] != "H4") | (frame["period"] == 0)] for frame in (data.cells, data.base)
    )
    spike = of(ranked(found_spikes(Counted(cells, base, data.likes))))["A", "H4"]
    assert spike["rise"] == 1.0
    assert spike["stand_out"] > 2


def diagnosed(items: dict[str, int], persons: dict[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Item B by diagnosis: at H3 as given; elsewhere I10 has 2 of 100, E05 40 of 50."""
    had = [("B", "H3", code, True, count) for code, count in items.items()]
    had += [("B", "H1", "I10", False, 2), ("B", "H1", "E05", False, 40)]
    all_of = [("H3", code, True, count) for code, count in persons.items()]
    all_of += [("H1", "I10", False, 100), ("H1", "E05", False, 50), ("H1", "Z99", False, 1)]
    columns = ["institution_id", "diagnosis", "is_recent", "patients"]
    return pd.DataFrame(had, columns=["item_code", *columns]), pd.DataFrame(all_of, columns=columns)


@pytest.mark.parametrize(
    ("items", "persons", "low", "high"),
    [
        ({"I10": 60}, {"I10": 200}, 0.75, 1.0),  # four were to be expected of so many with high blood pressure
        ({"E05": 60}, {"E05": 75, "I10": 125}, 0.0, 0.1),  # a clinic for the thyroid
    ],
)
def test_what_diagnoses_explain_is_no_spike(
    items: dict[str, int], persons: dict[str, int], low: float, high: float
) -> None:
    cells = found_spikes(counted(B_H3={0: 60}))
    spikes = with_diagnoses(cells, *diagnosed(items, persons))
    spike = spikes[(spikes["item_code"] == "B") & (spikes["institution_id"] == "H3")].iloc[0]
    assert spike["known_patients"] == 60
    assert low <= spike["unexplained"] <= high


def test_a_diagnosis_that_others_hardly_know_says_nothing() -> None:
    spikes = with_diagnoses(found_spikes(counted(B_H3={0: 60})), *diagnosed({"Z99": 60}, {"Z99": 60}))
    spike = spikes[(spikes["item_code"] == "B") & (spikes["institution_id"] == "H3")].iloc[0]
    assert np.isnan(spike["unexplained"])


def test_floors_are_below_ratios_and_nearer_to_them_the_more_was_counted() -> None:
    observed, expected = np.array([3.0, 300.0, 0.0, 5.0]), np.array([0.5, 50.0, 2.0, np.nan])
    few, many, none, unknown = ratio_floor(observed, expected, 2.0)
    assert few < 2 < 5 < many < 6
    assert none < 1
    assert unknown == 1


def test_the_prior_is_strong_where_ratios_do_not_spread() -> None:
    expected = np.full(200, 20.0)
    assert prior_strength(np.random.default_rng(1).poisson(20.0, 200).astype(float), expected) > 20
    assert prior_strength(np.tile([2.0, 80.0], 100), expected) < 3
    assert prior_strength(np.array([]), np.array([])) == 1.0
