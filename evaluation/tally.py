"""What was found, counted: by scheme, by rule, by lead. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.labels import COUNTED, INSTANCE
from evaluation.statistics import precision_at, with_share

WAYS = ("own_rule", "any_rule", "score", "listed_lead")
TRUE, OTHER, LOOKALIKE, HONEST = "true", "other_scheme", "lookalike", "honest"
STAGED = "staged"
SCHEME = ["kind", "scheme", "rule_id"]
SUBJECT = ["subject_type", "subject_id"]
NO_RULE, UNKNOWN_RULE, RUN, NOT_RUN = "no_rule", "unknown_rule", "run", "not_run"


@dataclass(frozen=True)
class NightFindings:
    """What a night found. `outliers` and `listed` are subjects; None when the stage did not run.

    `hits` is rule_hit, `matches` are label × hit, `subjects` label × subject. Of `scored_types` there are scores.
    """

    hits: pd.DataFrame
    matches: pd.DataFrame
    subjects: pd.DataFrame
    outliers: pd.DataFrame | None
    listed: pd.DataFrame | None
    scored_types: frozenset[str] = frozenset()


def with_findings(labels: pd.DataFrame, found: NightFindings, rules: pd.DataFrame) -> pd.DataFrame:
    """Labels with one flag per way of being found; both halves of a pair are found together. NA: did not run.

    `rules` has rule_id and state.
    """
    matches = found.matches
    by_own = labels["label"].isin(matches.loc[matches["is_own"], "label"]).astype("boolean")
    reported = labels.assign(
        own_rule=by_own.mask(~labels["rule_id"].isin(rules.loc[rules["state"] == RUN, "rule_id"])),
        any_rule=labels["label"].isin(matches["label"]),
        score=_by_score(labels, found),
        listed_lead=_by_lead(labels, found),
    )
    whole = reported.groupby(INSTANCE, dropna=False)[list(WAYS)].transform("max")
    return reported.assign(
        **{way: reported[way].mask(reported["is_pair"], whole[way]).astype("boolean") for way in WAYS}
    )


def _by_score(labels: pd.DataFrame, found: NightFindings) -> pd.Series:
    """NA too where the label is about nobody who is scored."""
    about = found.subjects[found.subjects["subject_type"].isin(list(found.scored_types))]
    on_top = about.iloc[:0] if found.outliers is None else about.merge(found.outliers, on=SUBJECT)
    is_found = labels["label"].isin(on_top["label"]).astype("boolean")
    return is_found.mask(~labels["label"].isin(about["label"]))


def _by_lead(labels: pd.DataFrame, found: NightFindings) -> pd.Series:
    """A lead finds a label by a hit on it, or because its subject is on the list for its score."""
    if found.listed is None:
        return pd.Series(pd.NA, index=labels.index, dtype="boolean")
    on_list = found.hits[["hit_id", *SUBJECT]].merge(found.listed[SUBJECT], on=SUBJECT)["hit_id"]
    by_hit = found.matches.loc[found.matches["hit_id"].isin(on_list), "label"]
    is_found = labels["label"].isin(by_hit)
    if found.outliers is not None:
        listed = found.outliers[SUBJECT].merge(found.listed[SUBJECT], on=SUBJECT)
        is_found |= labels["label"].isin(found.subjects.merge(listed, on=SUBJECT)["label"])
    return is_found.astype("boolean")


def recall_by(findings: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Grain: one value of `keys`. Instances and things that count, what was left out, and how many were found.

    For each way: `<way>` instances found of `<way>_of` that it could judge, `<way>_recall` with its interval; the
    same with `things_` before it for the things of instances. A way that did not run is NA.
    """
    by = list(keys)
    reported = findings.assign(thing=_things(findings))
    instance = list(dict.fromkeys([*by, *INSTANCE]))
    counted = reported[reported["state"] == COUNTED]
    of_thing = counted.groupby([*instance, "thing"], dropna=False)[list(WAYS)].max().reset_index()
    of_instance = of_thing.groupby(instance, dropna=False)[list(WAYS)].max().reset_index()
    rows = pd.DataFrame(
        reported[instance].drop_duplicates().groupby(by, dropna=False).size().rename("instances_in_truth")
    )
    for prefix, units in (("", of_instance), ("things_", of_thing)):
        groups = units.groupby(by, dropna=False)
        rows[f"{prefix or 'instances_'}counted"] = groups.size()
        sums, known = groups[list(WAYS)].sum(min_count=1).astype("Int64"), groups[list(WAYS)].count()
        rows = rows.join(sums.add_prefix(prefix)).join(known.add_prefix(prefix).add_suffix("_of"))
        for way in WAYS:
            rows = with_share(rows, f"{prefix}{way}", f"{prefix}{way}_of", f"{prefix}{way}_recall")
    counts = [name for name in rows.columns if name.endswith(("_counted", "_of"))]
    rows[counts] = rows[counts].fillna(0).astype("int64")
    return rows.assign(instances_left_out=rows["instances_in_truth"] - rows["instances_counted"]).reset_index()


def _things(findings: pd.DataFrame) -> pd.Series:
    """A pair is one thing, numbered by its first label."""
    first = findings.groupby(INSTANCE, dropna=False)["label"].transform("min")
    return findings["label"].mask(findings["is_pair"], first)


def left_out(findings: pd.DataFrame) -> pd.DataFrame:
    """Grain: scheme × reason. Labelled things that could not be judged, and instances with none that could."""
    any_in = (findings["state"] == COUNTED).groupby([findings[name] for name in INSTANCE], dropna=False)
    reported = findings.assign(is_out=~any_in.transform("any"), things=1)[findings["state"] != COUNTED]
    by = [*SCHEME, "state"]
    things = reported.groupby(by, dropna=False)["things"].sum()
    first = reported[reported["is_out"]].drop_duplicates(
        INSTANCE
    )  # an instance is reported once, for its first thing's reason
    rows = pd.DataFrame(things).join(first.groupby(by, dropna=False).size().rename("instances"))
    return rows.fillna({"instances": 0}).astype("int64").reset_index().rename(columns={"state": "reason"})


def with_rule_state(schemes: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Schemes with `state` and `why_not` of their own rule."""
    of_rule = rules.set_index("rule_id")
    state = schemes["rule_id"].map(of_rule["state"]).fillna(UNKNOWN_RULE).mask(schemes["rule_id"] == "", NO_RULE)
    return schemes.assign(state=state, why_not=schemes["rule_id"].map(of_rule["why_not"]).fillna(""))


def to_hit_classes(hits: pd.DataFrame, matches: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """The class of each hit, by hit_id: of its own scheme first, then another's, then its look-alike, else honest."""
    reported = matches.merge(labels[["label", "kind"]], on="label")
    is_scheme = reported["kind"] == "scheme"
    classes = pd.Series(HONEST, index=pd.Index(hits["hit_id"], name="hit_id"), dtype=object)
    of_lookalike = (reported["kind"] == "lookalike") & reported["is_own"]
    for is_class, name in ((of_lookalike, LOOKALIKE), (is_scheme, OTHER), (is_scheme & reported["is_own"], TRUE)):
        classes[classes.index.isin(reported.loc[is_class, "hit_id"])] = name
    return classes


def precision_by_rule(hits: pd.DataFrame, classes: pd.Series, rules: pd.DataFrame) -> pd.DataFrame:
    """Grain: rule. Hits by class, precision with interval; fund money at risk (yuan) in all and of its true hits.

    Estimates are kept apart: they rank, and are no money found.

    `rules` has rule_id, state and why_not; a rule that did not run has no counts.
    """
    reported = hits.assign(hit_class=hits["hit_id"].map(classes))
    counts = pd.crosstab(reported["rule_id"], reported["hit_class"]).reindex(columns=[TRUE, OTHER, LOOKALIKE, HONEST])
    is_true, is_estimate = reported["hit_class"] == TRUE, reported["is_estimate"].eq(True)
    sums = {"amount_at_risk": ~is_estimate, "true_amount": is_true & ~is_estimate, "estimated_amount": is_estimate}
    money = [reported[some].groupby("rule_id")["amount_at_risk"].sum().rename(name) for name, some in sums.items()]
    found = pd.concat([counts, *money], axis=1).rename_axis(index="rule_id", columns=None)
    rows = rules.set_index("rule_id").join(found, how="outer").reset_index()
    numbers = [TRUE, OTHER, LOOKALIKE, HONEST, *sums]
    rows[numbers] = rows[numbers].astype("Float64").fillna(0).mask(rows["state"] != RUN)
    rows["hits"] = rows[[TRUE, OTHER, LOOKALIKE, HONEST]].sum(axis=1, min_count=1)
    return with_share(rows.assign(any_scheme=rows[TRUE] + rows[OTHER]), TRUE, "hits", "precision")


def to_lead_classes(
    leads: pd.DataFrame, found: NightFindings, classes: pd.Series, labels: pd.DataFrame
) -> pd.DataFrame:
    """Leads with `lead_class`: staged by a hit or by its subject, else look-alike likewise, else honest."""
    of_hit = found.hits[["hit_id", *SUBJECT]].assign(hit_class=found.hits["hit_id"].map(classes))
    about = own_subjects(labels, found.subjects)
    reported = leads.assign(lead_class=HONEST)
    for hit_classes, kind, name in (([LOOKALIKE], "lookalike", LOOKALIKE), ([TRUE, OTHER], "scheme", STAGED)):
        subjects = pd.concat([of_hit.loc[of_hit["hit_class"].isin(hit_classes), SUBJECT], about[kind]])
        is_in = pd.MultiIndex.from_frame(reported[SUBJECT]).isin(pd.MultiIndex.from_frame(subjects[SUBJECT]))
        reported.loc[is_in, "lead_class"] = name
    return reported


def own_subjects(labels: pd.DataFrame, subjects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Entities that are themselves labelled and count, by the label's kind."""
    counted = labels.loc[labels["state"] == COUNTED, ["label", "kind"]]
    own = subjects.merge(counted, on="label")
    return {kind: own.loc[own["kind"] == kind, SUBJECT].drop_duplicates() for kind in ("scheme", "lookalike")}


def precision_of_list(leads: pd.DataFrame, ks: Sequence[int]) -> pd.DataFrame:
    """Grain: k. Precision among the first k of the list, with all who share the k-th place."""
    is_staged, places = (leads["lead_class"] == STAGED).to_numpy(dtype=bool), leads["place"].to_numpy(dtype=np.int64)
    return precision_at(is_staged, places, [*ks, len(leads)])


def leads_by_class(leads: pd.DataFrame) -> pd.DataFrame:
    """Grain: whether hits or a score alone made the lead × class. Leads and their fund money at risk (yuan)."""
    made_by = leads["hit_count"].gt(0).map({True: "hits", False: "score alone"})
    groups = leads.assign(made_by=made_by).groupby(["made_by", "lead_class"])
    return groups.agg(leads=("place", "size"), amount_at_risk=("amount_at_risk", "sum")).reset_index()


def money_by_scheme(labels: pd.DataFrame, lines: pd.DataFrame, line_hits: pd.DataFrame) -> pd.DataFrame:
    """Grain: scheme whose labels are lines. Fund money (yuan) of its staged lines, and of those that were found.

    `lines`: line_id, fund; `line_hits`: line_id, is_listed, amount_at_risk (the rule's own, no estimate). A line counts
    once, with the largest amount that any rule gave it. The fund's part of a line is an upper bound of the harm:
    of an overpriced line only the excess is.
    """
    is_line = (labels["entity_type"] == "line") & (labels["state"] == COUNTED) & (labels["kind"] == "scheme")
    staged = labels.loc[is_line, [*SCHEME, "line_id"]].drop_duplicates().merge(lines[["line_id", "fund"]], on="line_id")
    best = line_hits.groupby("line_id").agg(at_risk=("amount_at_risk", "max"), is_listed=("is_listed", "max"))
    reported = staged.join(best, on="line_id")
    reported["found_fund"] = reported["fund"].where(reported["at_risk"].notna(), 0.0)
    reported["listed_fund"] = reported["fund"].where(reported["is_listed"].eq(True), 0.0)
    sums = reported.groupby(SCHEME, dropna=False)[["fund", "found_fund", "listed_fund", "at_risk"]].sum().reset_index()
    return sums.rename(columns={"fund": "staged_fund"})
