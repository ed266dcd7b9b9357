"""Labels of what is known, set against what could be seen and what was found. Pure pandas, no look at any table.

A label names one thing (a line, an encounter, a person, a person's day …) of one instance of one scheme. Where labels
come from does not matter: the simulator's truth, or inspections, whose cases are instances. The label table:

- `scheme`, `instance`: which case; all rows of one belong together
- `kind`: `scheme` (wrong, to be found) or `lookalike` (lawful, to be left alone: an inspection that found nothing)
- `entity_type`: what the row names: line, encounter, or an entity of the lake (patient …) or its day (patient_day …)
- `line_id`, `encounter_id`, `patient_id` …: the thing itself, in the column of its type, as the lake has it (tokens)
- `service_date`, or `starts_on` and `ends_on`: when
- `rule_id` (may be missing): the rule that is made for it
- `actor_type`, `actor_id` (may be missing): who did it
- `disguise`, `category` (may be missing): grades, by which figures are broken down

Its *own subject* is whom a score can find it by: the entity of its own type; of a line or an encounter the actor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
REQUIRED = ("scheme", "instance", "kind", "entity_type")
KINDS = ("scheme", "lookalike")
_IDS = ("encounter_id", "line_id", *(entity.id_column for entity in ENTITIES.values()))
OPTIONAL = ("rule_id", *_IDS, "service_date", "actor_type", "actor_id", "starts_on", "ends_on", "disguise", "category")
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
    `entities`: by kind, those of the labelled entities of which the lake ever held a line.
    """

    lines: pd.DataFrame
    encounters: pd.DataFrame
    line_fates: pd.Series
    encounter_fates: pd.Series
    entities: Mapping[str, Collection[str]]


def to_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Grain: label, numbered. Columns that are absent become empty ones. Raises FundwatchError naming what is missing
    or has a kind that does not exist, and where there is no label at all."""
    wrong = [f"no column {name}" for name in REQUIRED if name not in rows.columns]
    if "kind" in rows.columns:
        wrong += [f"kind {kind!r}: it is scheme or lookalike" for kind in sorted({*rows["kind"].map(str)} - {*KINDS})]
    if wrong:
        raise FundwatchError(problems("the labels do not hold", wrong), do="name another truth, or label anew")
    if rows.empty:
        raise FundwatchError(
            "there is no label at all: nobody said what is wrong and what is not, so nothing can be judged",
            do="name labels with --truth; a simulated world has some where its `schemes.scale` is above 0",
        )
    labels = rows.reindex(columns=[*REQUIRED, *OPTIONAL]).astype(object)
    labels = labels.where(labels.notna() & (labels != ""), None)
    labels["rule_id"] = labels["rule_id"].fillna("")
    for name in ("service_date", "starts_on", "ends_on"):
        labels[name] = pd.to_datetime(labels[name], errors="coerce")
    return labels.reset_index(drop=True).rename_axis("label").reset_index()


def to_own_subjects(labels: pd.DataFrame) -> pd.DataFrame:
    """Grain: label with an own subject: label, subject_type, subject_id.

    A label of an entity or of its day is about that entity alone, whoever acted: a hospital that stands out finds none
    of its patients. A line or an encounter is about its actor; without one, or with one that is no entity of the lake
    (a ring, an employer), about nobody: who else passes there has done nothing.
    """
    columns, parts = ["label", "subject_type", "subject_id"], []
    for kind in _ENTITY:
        of_kind = labels[labels["entity_type"].isin([kind, f"{kind}_day"])]
        parts.append(of_kind.assign(subject_type=kind, subject_id=of_kind[f"{kind}_id"])[columns])
    acted = labels[labels["entity_type"].isin(["line", "encounter"]) & labels["actor_type"].isin(list(_ENTITY))]
    parts.append(acted.assign(subject_type=acted["actor_type"], subject_id=acted["actor_id"])[columns])
    return pd.concat(parts).dropna(subset=["subject_id"]).drop_duplicates(ignore_index=True)


def begins(labels: pd.DataFrame) -> pd.Series:
    """When each label's instance began, by the earliest date that one of its labels has; NaT where none has one."""
    first = labels["starts_on"].fillna(labels["service_date"])
    return first.groupby([labels[name] for name in INSTANCE], dropna=False).transform("min")


def refuse_foreign(labels: pd.DataFrame, window: JudgedPeriod) -> None:
    """Raise FundwatchError for labels with their states that cannot belong to the night: all of them of another time,
    or none about anything that the lake ever held."""
    first = labels["starts_on"].fillna(labels["service_date"])
    last = labels["ends_on"].fillna(labels["service_date"])
    dated = labels[first.notna() & last.notna()]
    if len(dated) and bool(((last < window.start) | (first > window.end))[dated.index].all()):
        raise FundwatchError(
            f"the labels are of another night: they tell of {first.min():%Y-%m-%d} to {last.max():%Y-%m-%d}, "
            f"and the night judged services of {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}",
            do="name the night that the labels belong to with --date, or other labels with --truth",
        )
    if bool(labels["state"].isin([ABSENT, UNKNOWN]).all()):
        raise FundwatchError(
            f"the labels are of another lake: none of the {len(labels):,} things that they name was ever in this one",
            do="name the labels of this lake with --truth, or their lake with --lake",
        )


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
            known = seen.entities.get(_ENTITY_OF[str(kind)], ())
            state[of_kind.index] = _entity_states(of_kind, lines, str(kind), window, known)
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


def _entity_states(
    labels: pd.DataFrame, lines: pd.DataFrame, kind: str, window: JudgedPeriod, known: Collection[str]
) -> pd.Series:
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
    state = state.mask(~labels[key].isin(list(known)), ABSENT)
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


def with_compared(
    matches: pd.DataFrame, labels: pd.DataFrame, hits: pd.DataFrame, compared: pd.DataFrame
) -> pd.DataFrame:
    """Matches, and those of a scheme's line or encounter with a hit of its own rule that is compared with it.

    Of two equal bills, or two grades of nursing on a day, nobody knows which came second: the hit holds both, and
    counts one. `compared` are the lines that hits are compared with, as proofs are.
    """
    is_thing = labels["entity_type"].isin(["line", "encounter"]) & (labels["kind"] == "scheme")
    named = to_matches(labels[is_thing], hits, compared)
    both = pd.concat([matches, named[named["is_own"]]], ignore_index=True)
    return both.drop_duplicates(["label", "hit_id"], ignore_index=True)


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


def to_label_lines(labels: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Grain: label × fee line that it names: itself, or those of its encounter, of its day, of its entity's span."""
    found = [labels.loc[labels["entity_type"] == kind, ["label", f"{kind}_id"]].merge(lines, on=f"{kind}_id")
             for kind in ("line", "encounter")]  # fmt: skip
    for kind, entity in _ENTITY_OF.items():
        key = f"{entity}_id"
        of_kind = labels.loc[labels["entity_type"] == kind, ["label", key, "service_date", "starts_on", "ends_on"]]
        met = of_kind.merge(lines, on=key)
        if kind in _DAY_OF:
            found.append(met[met["day"] == met["service_date"]])
        else:
            found.append(met[~(met["day"] < met["starts_on"]) & ~(met["day"] > met["ends_on"])])
    rows = pd.concat([part[["label", "line_id"]] for part in found if len(part)] or [found[0][["label", "line_id"]]])
    return rows.drop_duplicates(ignore_index=True)
