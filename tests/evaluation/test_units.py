"""Intervals count instances and subjects, not hits: what is said many times is said once."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.statistics import effective_units, to_units, with_share


def _units(owners: dict[str, list[str]]) -> pd.Series:
    return to_units(pd.DataFrame([(t, o) for t, some in owners.items() for o in some], columns=["thing", "owner"]))


def test_fifty_three_hits_of_three_persons_are_three() -> None:
    units = _units({f"h{n}": [f"person {n % 3}"] for n in range(53)})
    rows = pd.DataFrame({"rule": "ID-04", "unit": units.to_numpy()})
    worth = effective_units(rows, ["rule"]).loc["ID-04"]
    assert worth["units"] == 3
    assert worth["effective"] == pytest.approx(3, abs=0.01)


def test_two_subjects_of_one_instance_are_one_unit() -> None:
    units = _units({"a": ["anna", "ring 1"], "b": ["bert", "ring 1"], "c": ["carl"]})
    assert units["a"] == units["b"] != units["c"]


def test_one_hospital_with_most_of_the_hits_counts_little_more_than_one() -> None:
    rows = pd.DataFrame({"rule": "DC-03", "unit": [0] * 90 + list(range(1, 11))})
    worth = effective_units(rows, ["rule"]).loc["DC-03"]
    assert worth["units"] == 11
    assert 1 < worth["effective"] < 1.3


def _row(part: int, whole: int, units: int, effective: float) -> pd.Series:
    rows = pd.DataFrame({"part": [part], "whole": [whole], "units": [units], "effective": [effective]})
    return with_share(rows, "part", "whole", "share", units="units", effective="effective").iloc[0]


def test_of_fewer_than_ten_units_there_is_no_share_and_no_interval() -> None:
    assert _row(53, 53, 9, 9.0)[["share", "share_low", "share_high"]].isna().all()
    assert _row(53, 53, 10, 10.0)["share"] == 1


def test_of_a_whole_of_fewer_than_ten_there_is_no_share_either() -> None:
    assert pd.isna(_row(3, 4, 40, 40.0)["share"])


def test_an_interval_is_as_wide_as_that_of_its_units() -> None:
    of_units, of_hits = _row(80, 100, 20, 20.0), _row(80, 100, 100, 100.0)
    assert of_units["share"] == of_hits["share"] == 0.8
    assert of_units["share_low"] == pytest.approx(_row(16, 20, 20, 20.0)["share_low"])
    assert of_units["share_high"] - of_units["share_low"] > of_hits["share_high"] - of_hits["share_low"]
