"""What was found, counted: by scheme, by rule, by lead. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.findings import HONEST, LOOKALIKE, OTHER, RUN, SHADOW, TRUE, WAYS, NightFindings
from evaluation.labels import COUNTED, INSTANCE
from evaluation.population import SUBJECT
from evaluation.statistics import effective_units, precision_at, to_units, with_share

STAGED = "staged"
SCHEME = ["kind", "scheme", "rule_id"]
NO_RULE, UNKNOWN_RULE, NOT_RUN = "no_rule", "unknown_rule", "not_run"
_SEPARATOR = "\x1f"


def with_units(findings: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Findings with `unit`: instances that share an own subject are one. `subjects` is label × own subject."""
    thing = _joined(findings, INSTANCE)
    itself = pd.DataFrame({"thing": thing, "owner": "instance" + _SEPARATOR + thing})
    about = findings[["label"]].assign(thing=thing).merge(subjects, on="label")
    about = pd.DataFrame({"thing": about["thing"], "owner": _joined(about, SUBJECT)})
    return findings.assign(unit=thing.map(to_units(pd.concat([itself, about]).drop_duplicates())))


def _joined(rows: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    text = rows[names[0]].astype(str)
    for name in names[1:]:
        text = text + _SEPARATOR + rows[name].astype(str)
    return text


def recall_by(findings: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Grain: one value of `keys`. Instances and things that count, what was left out, and how many were found.

    For each way: `<way>` instances found of `<way>_of` that it could judge, `<way>_by_chance` how many chance finds so
    (the sum over those instances of each one's probability), `<way>_recall` with its interval; the same with `things_`
    before it for the things of instances, but for chance. A way that did not run is NA. `units` are instances that
    share no subject: of fewer than ten there are counts alone, and intervals are as wide as of that many.
    """
    by = list(keys)
    reported = findings.assign(thing=_things(findings))
    instance = list(dict.fromkeys([*by, *INSTANCE]))
    counted = reported[reported["state"] == COUNTED]
    chances = [f"{way}_chance" for way in WAYS]
    of_thing = counted.groupby([*instance, "thing"], dropna=False)[[*WAYS, *chances, "unit"]].max().reset_index()
    of_instance = of_thing.groupby(instance, dropna=False)[[*WAYS, *chances, "unit"]].max().reset_index()
    rows = pd.DataFrame(
        reported[instance].drop_duplicates().groupby(by, dropna=False).size().rename("instances_in_truth")
    )
    rows = _with_found(rows, of_instance, by, "")
    for way in WAYS:
        expected = of_instance[f"{way}_chance"].where(of_instance[way].notna())
        expected = expected.groupby([of_instance[name] for name in by], dropna=False).sum(min_count=1)
        rows[f"{way}_by_chance"] = expected
    rows = _with_found(rows, of_thing, by, "things_")
    counts = [name for name in rows.columns if name.endswith(("_counted", "_of", "units"))]
    rows[counts] = rows[counts].fillna(0).astype("int64")
    rows = rows.drop(columns=[name for name in rows.columns if name.endswith("effective")] + ["things_units"])
    return rows.assign(instances_left_out=rows["instances_in_truth"] - rows["instances_counted"]).reset_index()


def _with_found(rows: pd.DataFrame, units: pd.DataFrame, by: list[str], prefix: str) -> pd.DataFrame:
    groups = units.groupby(by, dropna=False)
    rows[f"{prefix or 'instances_'}counted"] = groups.size()
    worth = effective_units(units, by)
    rows[f"{prefix}units"], rows[f"{prefix}effective"] = worth["units"], worth["effective"]
    sums, known = groups[list(WAYS)].sum(min_count=1).astype("Int64"), groups[list(WAYS)].count()
    rows = rows.join(sums.add_prefix(prefix)).join(known.add_prefix(prefix).add_suffix("_of"))
    for way in WAYS:
        rows = with_share(
            rows, f"{prefix}{way}", f"{prefix}{way}_of", f"{prefix}{way}_recall",
            units=f"{prefix}units", effective=f"{prefix}effective",
        )  # fmt: skip
    return rows


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


def of_active(rules: pd.DataFrame) -> pd.DataFrame:
    """Rules (rule_id, state, rule_state) as they stand where active ones alone count: one in shadow did not run."""
    return rules.assign(state=rules["state"].mask(rules["rule_state"] == SHADOW, SHADOW))


def with_own_recall(rules: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Rules with `instances` of the schemes that each is made for and could judge, how many of them it `found`, chance
    would find (`found_by_chance`), and the share `recall` with its interval."""
    recall = recall_by(findings[findings["kind"] == "scheme"], ["rule_id"])
    names = {"own_rule_of": "instances", "own_rule": "found", "own_rule_by_chance": "found_by_chance"}
    names |= {f"own_rule_recall{end}": f"recall{end}" for end in ("", "_low", "_high")}
    own = recall[["rule_id", *names]].rename(columns=names)
    return rules.merge(own, on="rule_id", how="left").fillna({"instances": 0}).astype({"instances": "int64"})


def recall_of_rules(findings: pd.DataFrame) -> pd.DataFrame:
    """Grain: rule × kind × scheme that it is made for or must leave alone × disguise, where the truth grades it:
    `instances` that the rule could judge, and how many of them it `found`; of a look-alike each is a false hit."""
    keys = ["rule_id", "kind", "scheme", "disguise"]
    recall = recall_by(findings[findings["rule_id"] != ""], keys)
    found = recall.rename(columns={"own_rule_of": "instances", "own_rule": "found"})
    return found.loc[found["instances"] > 0, [*keys, "instances", "found"]].reset_index(drop=True)


def with_rule_state(schemes: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Schemes with `state` and `why_not` of their own rule."""
    of_rule = rules.set_index("rule_id")
    state = schemes["rule_id"].map(of_rule["state"]).fillna(UNKNOWN_RULE).mask(schemes["rule_id"] == "", NO_RULE)
    return schemes.assign(state=state, why_not=schemes["rule_id"].map(of_rule["why_not"]).fillna(""))


def precision_by_rule(
    found: NightFindings, classes: pd.Series, labels: pd.DataFrame, rules: pd.DataFrame, *, is_whole: bool
) -> pd.DataFrame:
    """Grain: rule. Hits by class, precision with interval; fund money at risk (yuan) in all and of its true hits.

    `false` hits are those on look-alikes and on plain honest care; where labels are not whole (`is_whole`), nobody
    knows what an unlabelled hit is: it is not false, and precision is that of the labelled. Hits of one subject or of
    one instance are one of the `units`: of fewer than ten there is no share. Estimates are kept apart: they rank, and
    are no money found.

    `rules` has rule_id, state and why_not (and what else is to stand beside); a rule that did not run has no counts.
    """
    hits = found.hits
    reported = hits.assign(hit_class=hits["hit_id"].map(classes))
    counts = pd.crosstab(reported["rule_id"], reported["hit_class"]).reindex(columns=[TRUE, OTHER, LOOKALIKE, HONEST])
    is_true, is_estimate = reported["hit_class"] == TRUE, reported["is_estimate"].eq(True)
    sums = {"amount_at_risk": ~is_estimate, "true_amount": is_true & ~is_estimate, "estimated_amount": is_estimate}
    money = [reported[some].groupby("rule_id")["amount_at_risk"].sum().rename(name) for name, some in sums.items()]
    judged = reported if is_whole else reported[reported["hit_class"] != HONEST]
    units = _hit_units(judged, found.matches, labels)
    tallied = pd.concat([counts, *money, units], axis=1).rename_axis(index="rule_id", columns=None)
    rows = rules.set_index("rule_id").join(tallied, how="outer").reset_index()
    numbers = [TRUE, OTHER, LOOKALIKE, HONEST, *sums, "units", "effective"]
    rows[numbers] = rows[numbers].astype("Float64").fillna(0).mask(rows["state"] != RUN)
    rows["hits"] = rows[[TRUE, OTHER, LOOKALIKE, HONEST]].sum(axis=1, min_count=1)
    rows["false"] = rows[LOOKALIKE] + (rows[HONEST] if is_whole else 0)
    rows = rows.assign(any_scheme=rows[TRUE] + rows[OTHER], judged=rows["hits"] - (0 if is_whole else rows[HONEST]))
    shares = with_share(rows, TRUE, "judged", "precision", units="units", effective="effective")
    return shares.drop(columns=["effective", "judged"])


def _hit_units(hits: pd.DataFrame, matches: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Grain: rule. `units` of its hits and the `effective` number of them."""
    rule = hits["rule_id"] + _SEPARATOR
    about = pd.DataFrame({"thing": hits["hit_id"], "owner": rule + _joined(hits, SUBJECT)})
    of_label = matches[["label", "hit_id", "rule_id"]].merge(
        labels[["label", "kind", "scheme", "instance"]], on="label"
    )
    of_label = of_label[of_label["hit_id"].isin(hits["hit_id"])]
    owner = of_label["rule_id"] + _SEPARATOR + _joined(of_label, ["kind", "scheme", "instance"])
    belongs = pd.concat([about, pd.DataFrame({"thing": of_label["hit_id"], "owner": owner})]).drop_duplicates()
    if belongs.empty:
        return pd.DataFrame(columns=["units", "effective"])
    return effective_units(hits.assign(unit=hits["hit_id"].map(to_units(belongs))), ["rule_id"])


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
    """Own subjects of labels that count, by the label's kind."""
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
