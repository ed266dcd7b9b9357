"""Labels of what was staged, set against what could be seen and what was found. Pure pandas, no look at any table.

A label names one thing (a line, an encounter, a person, a person's day …) of one instance of one scheme.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pandas as pd

from fundwatch.contracts.entities import ENTITIES
from fundwatch.errors import FundwatchError, problems

COUNTED = "counted"
LATER, TAKEN_BACK, ABSENT = "delivered on a later night", "taken back", "not delivered or not accepted"
UNSETTLED, OUTSIDE = "not settled", "outside the window"
NOT_SEEN, HALF = "no settled care in the window", "half of a pair is missing"
UNKNOWN = "a kind of thing that cannot be compared"

INSTANCE = ["kind", "scheme", "rule_id", "instance"]
REQUIRED = ("scheme", "instance", "kind", "rule_id", "entity_type")
_IDS = ("patient_id", "encounter_id", "line_id", "institution_id", "doctor_id")
OPTIONAL = (*_IDS, "service_date", "actor_type", "actor_id", "starts_on", "ends_on", "disguise", "category")
_ENTITY = {kind: kind for kind in ENTITIES}
_DAY_OF = {f"{kind}_day": kind for kind in _ENTITY}
_ENTITY_OF = _ENTITY | _DAY_OF


@dataclass(frozen=True)
class JudgedPeriod:
    """The service dates that the rules judged, both included."""

    start: pd.Timestamp
    end: pd.Timestamp

    @staticmethod
    def of(start: date, end: date) -> JudgedPeriod:
        return JudgedPeriod(pd.Timestamp(start), pd.Timestamp(end))


@dataclass(frozen=True)
class Seen:
    """What the lake holds of the labelled things, as known after the night.

    `lines`: line_id, encounter_id, patient_id, doctor_id, institution_id, day, is_settled, fund (yuan that the fund
    paid for it). `encounters`: encounter_id, ended_on. `line_fates`, `encounter_fates`: why an id is not known, by id.
    """

    lines: pd.DataFrame
    encounters: pd.DataFrame
    line_fates: pd.Series
    encounter_fates: pd.Series


def to_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Grain: label, numbered. Columns that are absent become empty ones; raises FundwatchError without the needed."""
    missing = [f"no column {name}" for name in REQUIRED if name not in rows.columns]
    if missing:
        raise FundwatchError(problems("the truth lacks columns", missing), do="simulate again, or name another folder")
    labels = rows.reindex(columns=[*REQUIRED, *OPTIONAL]).astype(object)
    labels = labels.where(labels.notna() & (labels != ""), None)
    labels["rule_id"] = labels["rule_id"].fillna("")
    for name in ("service_date", "starts_on", "ends_on"):
        labels[name] = pd.to_datetime(labels[name], errors="coerce")
    return labels.reset_index(drop=True).rename_axis("label").reset_index()


def to_subjects(labels: pd.DataFrame) -> pd.DataFrame:
    """Grain: label × whom it is about: label, subject_type, subject_id.

    A label of an entity or of its day is about that entity, and every label about its actor. A line or an encounter
    without an actor is about nobody: who else passes there has done nothing.
    """
    columns, parts = ["label", "subject_type", "subject_id"], []
    for kind in _ENTITY:
        of_kind = labels[labels["entity_type"].isin([kind, f"{kind}_day"])]
        parts.append(of_kind.assign(subject_type=kind, subject_id=of_kind[f"{kind}_id"])[columns])
    actors = labels[labels["actor_type"].isin(list(_ENTITY))]
    parts.append(actors.assign(subject_type=actors["actor_type"], subject_id=actors["actor_id"])[columns])
    return pd.concat(parts).dropna(subset=["subject_id"]).drop_duplicates(ignore_index=True)


def with_state(labels: pd.DataFrame, seen: Seen, pairs: Collection[str], window: JudgedPeriod) -> pd.DataFrame:
    """Labels with `state`: counted, or why the label cannot be judged on that night.

    `pairs` are the rules that compare two encounters: `is_pair` marks their labels.
    """
    state = pd.Series(UNKNOWN, index=labels.index, dtype=object)
    lines = seen.lines.assign(is_inside=seen.lines["day"].between(window.start, window.end))
    for kind, of_kind in labels.groupby("entity_type"):
        if kind == "line":
            state[of_kind.index] = _line_states(of_kind, lines, seen.line_fates)
        elif kind == "encounter":
            state[of_kind.index] = _encounter_states(of_kind, seen, lines, window)
        elif kind in _ENTITY_OF:
            state[of_kind.index] = _entity_states(of_kind, lines, str(kind), window)
    is_lawful_reversal = (labels["kind"] == "lookalike") & (state == TAKEN_BACK)
    labels = labels.assign(state=state.mask(is_lawful_reversal, COUNTED))
    return _with_pairs_whole(labels, pairs)


def _line_states(labels: pd.DataFrame, lines: pd.DataFrame, fates: pd.Series) -> pd.Series:
    known = lines.set_index("line_id")[["is_settled", "is_inside"]].reindex(labels["line_id"]).set_index(labels.index)
    state = labels["line_id"].map(fates).fillna(ABSENT)
    state = state.mask(known["is_settled"].eq(True), OUTSIDE).mask(known["is_settled"].eq(False), UNSETTLED)
    return state.mask(known["is_settled"].eq(True) & known["is_inside"].eq(True), COUNTED)


def _encounter_states(labels: pd.DataFrame, seen: Seen, lines: pd.DataFrame, window: JudgedPeriod) -> pd.Series:
    ended = labels["encounter_id"].map(seen.encounters.set_index("encounter_id")["ended_on"])
    is_settled = labels["encounter_id"].isin(lines.loc[lines["is_settled"], "encounter_id"])
    is_known = labels["encounter_id"].isin(seen.encounters["encounter_id"])
    state = labels["encounter_id"].map(seen.encounter_fates).fillna(ABSENT).mask(is_known, UNSETTLED)
    state = state.mask(is_known & is_settled, OUTSIDE)
    return state.mask(is_known & is_settled & ended.between(window.start, window.end), COUNTED)


def _entity_states(labels: pd.DataFrame, lines: pd.DataFrame, kind: str, window: JudgedPeriod) -> pd.Series:
    """An entity counts with settled care in the window (and in the label's span), a day with care on that day."""
    key = f"{_ENTITY_OF[kind]}_id"
    days = lines.loc[lines["is_settled"] & lines["is_inside"], [key, "day"]].dropna().drop_duplicates()
    met = labels[["label", key, "service_date", "starts_on", "ends_on"]].merge(days, on=key)
    if kind in _DAY_OF:
        met = met[met["day"] == met["service_date"]]
    else:
        met = met[~(met["day"] < met["starts_on"]) & ~(met["day"] > met["ends_on"])]
    state = pd.Series(NOT_SEEN, index=labels.index, dtype=object)
    if kind in _DAY_OF:
        state = state.mask(~labels["service_date"].between(window.start, window.end), OUTSIDE)
    return state.mask(labels["label"].isin(met["label"]), COUNTED)


def _with_pairs_whole(labels: pd.DataFrame, pairs: Collection[str]) -> pd.DataFrame:
    """A rule that compares two encounters needs both, and one of them in the window."""
    is_pair = labels["rule_id"].isin(list(pairs)) & (labels["entity_type"] == "encounter")
    reported = labels.assign(is_in=labels["state"] == COUNTED, is_there=labels["state"].isin([COUNTED, OUTSIDE]))
    of_instance = reported.groupby(INSTANCE, dropna=False)
    whole, any_in = of_instance["is_there"].transform("all"), of_instance["is_in"].transform("any")
    state = labels["state"].mask(is_pair & whole & any_in, COUNTED).mask(is_pair & ~whole & any_in, HALF)
    return labels.assign(state=state, is_pair=is_pair)


def to_matches(labels: pd.DataFrame, hits: pd.DataFrame, proofs: pd.DataFrame) -> pd.DataFrame:
    """Grain: label × hit that touches it: label, hit_id, rule_id, is_own (a hit of the label's own rule).

    `hits` is rule_hit; `proofs` are its lines: hit_id, line_id, encounter_id, doctor_id. A hit of another rule touches
    an entity only if it is about that entity, not for one line somewhere in its care.
    """
    of_hit = hits.rename(columns={"rule_id": "hit_rule"})
    named = of_hit[["hit_id", "hit_rule"]]
    by_line = proofs[["hit_id", "line_id"]].merge(named, on="hit_id")
    by_encounter = pd.concat([proofs[["hit_id", "encounter_id"]], of_hit[["hit_id", "encounter_id"]]])
    by_encounter = by_encounter.dropna().drop_duplicates().merge(named, on="hit_id")
    found = [
        labels[labels["entity_type"] == "line"].merge(by_line.drop_duplicates(), on="line_id"),
        labels[labels["entity_type"] == "encounter"].merge(by_encounter, on="encounter_id"),
        *(_entity_matches(labels, of_hit, proofs, kind) for kind in _ENTITY_OF),
    ]
    pairs = pd.concat([rows[["label", "hit_id", "hit_rule", "rule_id"]] for rows in found])
    pairs = pairs.assign(is_own=pairs["hit_rule"] == pairs["rule_id"]).drop_duplicates(["label", "hit_id"])
    return pairs.drop(columns="rule_id").rename(columns={"hit_rule": "rule_id"}).reset_index(drop=True)


def _entity_matches(labels: pd.DataFrame, hits: pd.DataFrame, proofs: pd.DataFrame, kind: str) -> pd.DataFrame:
    entity = _ENTITY_OF[kind]
    key, of_kind = f"{entity}_id", labels[labels["entity_type"] == kind]
    about = hits[["hit_id", "hit_rule", "subject_type", "subject_id", "period_start", "period_end"]]
    ids = hits[["hit_id", key]] if key in hits.columns else proofs[["hit_id", key]].drop_duplicates()
    own_ids = hits.loc[hits["subject_type"] == entity, ["hit_id", "subject_id"]].rename(columns={"subject_id": key})
    touched = pd.concat([ids, own_ids]).dropna().drop_duplicates().merge(about, on="hit_id")
    touched["is_about"] = (touched["subject_type"] == entity) & (touched["subject_id"] == touched[key])
    if kind == "institution_day":
        touched["is_about"] &= touched["hit_id"].isin(hits.loc[hits["patient_id"].isna(), "hit_id"])
    if kind == "patient_day":
        touched["is_about"] = True
    met = of_kind[["label", "rule_id", key, "service_date", "starts_on", "ends_on"]].merge(touched, on=key)
    first = met["starts_on"] if kind in _ENTITY else met["service_date"]
    last = met["ends_on"] if kind in _ENTITY else met["service_date"]
    meets = ~(met["period_end"] < first) & ~(met["period_start"] > last)
    return met[meets & (met["is_about"] | (met["hit_rule"] == met["rule_id"]))]
