"""Which items rose or stand out, by region, institution and department: counted persons against three expectations.

A person counts once in a period however many lines there are, so that neither a large place nor a dear item passes for
a strange one. Periods are as long as the recent one. What is expected of a cell (an item in a place) is

- by its own past: the persons seen now × the share of persons who had the item before, raised by as much as the item
  rose elsewhere;
- by its peers: × the share among those of like places now;
- by the diagnoses: each diagnosis's persons × the share who had the item with that diagnosis in other institutions. A
  diagnosis that others hardly know expects nothing and counts nothing: what is unknown convicts nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.spikes.floors import prior_strength, ratio_floor, shrunk_rate

REGION, INSTITUTION, DEPARTMENT = "region", "institution", "department"
KINDS = (REGION, INSTITUTION, DEPARTMENT)
LEAST_PERSONS = 5  # with the item in the recent period: fewer are no matter for a special inspection
_WORTH = 20.0  # persons that the usual share is worth beside a place's own
_KNOWN_DIAGNOSIS, _DIAGNOSIS_WORTH = 10, 5.0  # persons in other institutions; persons the item's usual share is worth
_UNKNOWN_WEIGHT = 0.5  # of a cell whose diagnoses explain nothing for they are not known
_PLACE = ["institution_id", "department"]
_SUMS = ["patients", "lines", "amount"]


@dataclass(frozen=True)
class Counted:
    """What was counted. Every frame has `kind`, `institution_id` and `department` ('' where it is not by such).

    `cells`: by item and period, patients, lines, amount; `base`: the same of all items; period 0 is the recent one, 1
    the one before. `likes`: by institution_id what it is like.
    """

    cells: pd.DataFrame
    base: pd.DataFrame
    likes: pd.DataFrame


def found_spikes(counted: Counted) -> pd.DataFrame:
    """A row for each cell with enough persons now: counts, ratios and floors against its own past and its peers."""
    cells = _beside(_recent_and_past(counted.cells, ["kind", "item_code", *_PLACE]), counted)
    found = [_with_floors(cells[cells["kind"] == kind]) for kind in KINDS]
    return pd.concat(found, ignore_index=True).reset_index(drop=True)


def _recent_and_past(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The sums of the recent period, and those of all before it, beside each other."""
    is_recent = rows["period"] == 0
    recent = rows[is_recent].groupby(keys)[_SUMS].sum()
    past = rows[~is_recent].groupby(keys)[_SUMS].sum().add_prefix("past_")
    return recent.join(past, how="outer").fillna(0.0).reset_index()


def _beside(cells: pd.DataFrame, counted: Counted) -> pd.DataFrame:
    """The cells with what their place had in all, and what their place is like."""
    base = _recent_and_past(counted.base, ["kind", *_PLACE])
    renamed = {name: f"all_{name}" for name in base.columns if name not in ("kind", *_PLACE)}
    joined = cells.merge(base.rename(columns=renamed), on=["kind", *_PLACE], how="left")
    joined = joined.merge(counted.likes, on="institution_id", how="left")
    joined["like"] = joined["like"].fillna("")
    by_name = joined["kind"] == DEPARTMENT  # a department's peers are those of its name in like institutions
    joined.loc[by_name, "like"] = joined["like"] + "|" + joined["department"]
    return joined


def _with_floors(cells: pd.DataFrame) -> pd.DataFrame:
    """Expectations and floors of the cells of one kind."""
    if cells.empty:
        return cells.assign(expected_past=[], expected_peers=[], rise=[], stand_out=[])
    of_item = cells.groupby("item_code")[["patients", "past_patients", "all_patients", "all_past_patients"]]
    item, total = of_item.transform("sum"), _totals(cells)
    rest, rest_all = item["patients"] - cells["patients"], total["all_patients"] - cells["all_patients"]
    rest_past = item["past_patients"] - cells["past_patients"]
    rest_past_all = total["all_past_patients"] - cells["all_past_patients"]
    usual_past = _share(item["past_patients"], total["all_past_patients"])
    own = shrunk_rate(_array(cells["past_patients"]), _array(cells["all_past_patients"]), usual_past, _WORTH)
    rose = _share(rest + 1, rest_all + 1) / np.maximum(_share(rest_past + 1, rest_past_all + 1), 1e-12)
    has_rest, has_past = _array(rest_past_all) > 0, _array(cells["all_past_patients"]) > 0
    trend = np.where(has_rest, np.maximum(rose, 1.0), 1.0)
    expected_past = np.where(has_past, _array(cells["all_patients"]) * np.minimum(own * trend, 1.0), np.nan)
    expected_peers = _by_peers(cells, _share(rest, rest_all))
    observed = _array(cells["patients"])
    return cells.assign(
        expected_past=expected_past,
        expected_peers=expected_peers,
        rise=ratio_floor(observed, expected_past, prior_strength(observed, expected_past)),
        stand_out=ratio_floor(observed, expected_peers, prior_strength(observed, expected_peers)),
    )


def _totals(cells: pd.DataFrame) -> pd.DataFrame:
    """All persons of all places, whether they had the item or not: a place without the item has no cell of it."""
    places = cells.drop_duplicates(_PLACE)[["all_patients", "all_past_patients"]].sum()
    return pd.DataFrame({name: np.full(len(cells), places[name]) for name in places.index}, index=cells.index)


def _by_peers(cells: pd.DataFrame, of_rest: np.ndarray) -> np.ndarray:
    """Persons expected by the share among those of like places; unknown where there are none."""
    places = cells.drop_duplicates(_PLACE).groupby("like")["all_patients"].sum()
    like_all = _array(cells["like"].map(places)) - _array(cells["all_patients"])
    like_item = _array(cells.groupby(["item_code", "like"])["patients"].transform("sum")) - _array(cells["patients"])
    share = shrunk_rate(like_item, like_all, of_rest, _WORTH)
    return np.where(like_all > 0, _array(cells["all_patients"]) * share, np.nan)


def with_diagnoses(cells: pd.DataFrame, items: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """The institutions' cells with `known_patients`, `expected_diagnoses` and `unexplained`, the share of the known
    persons beyond what their diagnoses expect (by the floor of the ratio); null for other kinds.

    `items`: item_code, institution_id, diagnosis, is_recent, patients; `persons`: the same of who had the diagnosis.
    """
    of_all = persons.groupby(["institution_id", "diagnosis"])[["patients"]].sum().reset_index()
    of_item = items.groupby(["item_code", "institution_id", "diagnosis"])[["patients"]].sum().reset_index()
    rows = [
        {"index": index, **_explained(cell, of_item, of_all, items, persons)}
        for index, cell in cells[cells["kind"] == INSTITUTION].iterrows()
    ]
    explained = pd.DataFrame(rows, columns=["index", "known_patients", "expected_diagnoses"]).set_index("index")
    joined = cells.join(explained)
    observed, expected = _array(joined["known_patients"]), _array(joined["expected_diagnoses"])
    floor = ratio_floor(observed, expected, prior_strength(observed, expected))
    unexplained = np.where(np.isfinite(expected), np.clip(1 - 1 / np.maximum(floor, 1e-12), 0.0, 1.0), np.nan)
    return joined.assign(unexplained=unexplained)


def _explained(
    cell: pd.Series, of_item: pd.DataFrame, of_all: pd.DataFrame, items: pd.DataFrame, persons: pd.DataFrame
) -> dict[str, float]:
    """The persons of a cell whose diagnoses other institutions know, and how many of them those expect."""
    code, place = cell["item_code"], cell["institution_id"]
    elsewhere = of_all[of_all["institution_id"] != place].groupby("diagnosis")["patients"].sum()
    with_item = of_item[(of_item["item_code"] == code) & (of_item["institution_id"] != place)]
    had = with_item.groupby("diagnosis")["patients"].sum().reindex(elsewhere.index, fill_value=0)
    known = elsewhere[elsewhere >= _KNOWN_DIAGNOSIS].index
    if known.empty:
        return {"known_patients": np.nan, "expected_diagnoses": np.nan}
    usual = had.sum() / elsewhere.sum()
    share = (had + _DIAGNOSIS_WORTH * usual) / (elsewhere + _DIAGNOSIS_WORTH)
    now = persons[(persons["institution_id"] == place) & persons["is_recent"]].set_index("diagnosis")["patients"]
    mine = items[(items["item_code"] == code) & (items["institution_id"] == place) & items["is_recent"]]
    observed = mine[mine["diagnosis"].isin(known)]["patients"].sum()
    expected = (now.reindex(known, fill_value=0) * share.reindex(known)).sum()
    if expected <= 0:
        return {"known_patients": np.nan, "expected_diagnoses": np.nan}
    return {"known_patients": float(observed), "expected_diagnoses": float(expected)}


def ranked(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with `strength` and `place` within their kind, the strongest first.

    Strength is how often the floors double what was expected, by the past and by peers together, weighed with the share
    that diagnoses do not explain; half of it where these are unknown.
    """
    doubled = sum(np.log2(np.maximum(_array(cells[name]), 1.0)) for name in ("rise", "stand_out"))
    unexplained = cells["unexplained"] if "unexplained" in cells else pd.Series(np.nan, index=cells.index)
    weight = _UNKNOWN_WEIGHT + (1 - _UNKNOWN_WEIGHT) * unexplained.fillna(0.0)
    weight = weight.where(unexplained.isna(), unexplained)
    strong = cells.assign(strength=doubled * _array(weight))
    strong = strong[(strong["strength"] > 0) & (strong["patients"] >= LEAST_PERSONS)]
    order = ["kind", "strength", "amount", "item_code", *_PLACE]
    strong = strong.sort_values(order, ascending=[True, False, False, True, True, True]).reset_index(drop=True)
    return strong.assign(place=strong.groupby("kind").cumcount() + 1)


def _share(part: pd.Series, whole: pd.Series) -> np.ndarray:
    return _array(part) / np.maximum(_array(whole), 1e-12)


def _array(values: pd.Series) -> np.ndarray:
    return values.to_numpy(dtype=float)
