"""Which labels a night found, in which way, and what chance would have found in the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from evaluation.chance import found_by_chance
from evaluation.labels import COUNTED, INSTANCE
from evaluation.population import SUBJECT, Population
from fundwatch.contracts.entities import ENTITIES

WAYS = (
    "own_rule", "any_rule", "score", "score_itself",
    "listed_by_rule", "listed_by_score", "listed_by_score_itself", "listed_lead", "listed_itself",
)  # fmt: skip
TRUE, OTHER, LOOKALIKE, HONEST = "true", "other_scheme", "lookalike", "honest"
RUN, SHADOW = "run", "shadow"
_POPULATION = ["population", "found"]


@dataclass(frozen=True)
class NightFindings:
    """What a night found. `outliers` and `listed` are subjects; None when the stage did not run.

    `hits` is rule_hit; `proofs` are the lines of hits: hit_id, line_id and the ids of what the line belongs to, day;
    `matches` are label × hit, `subjects` label × own subject; `scored` are all subjects with a score.
    """

    hits: pd.DataFrame
    proofs: pd.DataFrame
    matches: pd.DataFrame
    subjects: pd.DataFrame
    scored: pd.DataFrame
    outliers: pd.DataFrame | None
    listed: pd.DataFrame | None
    population: Population

    @property
    def listed_outliers(self) -> pd.DataFrame | None:
        if self.outliers is None or self.listed is None:
            return None
        return self.outliers[SUBJECT].merge(self.listed[SUBJECT].drop_duplicates(), on=SUBJECT)

    @property
    def listed_hits(self) -> pd.DataFrame | None:
        """Those of which a lead of the list is made."""
        if self.listed is None:
            return None
        return self.hits.merge(self.listed[SUBJECT].drop_duplicates(), on=SUBJECT)


def to_hit_classes(hits: pd.DataFrame, matches: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """The class of each hit, by hit_id: of its own scheme first, then another's, then a look-alike's, else honest.

    A look-alike that any rule hits is a false hit, not only one that the rule which it resembles hits.
    """
    reported = matches.merge(labels[["label", "kind"]], on="label")
    is_scheme = reported["kind"] == "scheme"
    classes = pd.Series(HONEST, index=pd.Index(hits["hit_id"], name="hit_id"), dtype=object)
    for is_class, name in ((~is_scheme, LOOKALIKE), (is_scheme, OTHER), (is_scheme & reported["is_own"], TRUE)):
        classes[classes.index.isin(reported.loc[is_class, "hit_id"])] = name
    return classes


def without_right_hits(matches: pd.DataFrame, classes: pd.Series, labels: pd.DataFrame) -> pd.DataFrame:
    """Matches, of look-alikes those alone that are false hits: a hit that is right about a scheme wrongs nobody."""
    lookalikes = labels.loc[labels["kind"] == "lookalike", "label"]
    is_right = matches["hit_id"].map(classes).isin([TRUE, OTHER])
    return matches[~(matches["label"].isin(lookalikes) & is_right)]


def with_findings(labels: pd.DataFrame, found: NightFindings, rules: pd.DataFrame) -> pd.DataFrame:
    """Labels with one flag per way of being found; both halves of a pair are found together. NA: did not run, or, by
    score, the label has no own subject of a kind that is scored. By `score_itself` only what the label itself names is
    found, and no line or encounter by whoever acted; `listed_itself` is the list without actors. `<way>_chance` is the
    probability that chance finds the instance so.

    `rules` has rule_id and state; a rule whose hits are not among those found, as one in shadow, is none that ran.
    """
    by_own = labels["label"].isin(found.matches.loc[found.matches["is_own"], "label"]).astype("boolean")
    by_list = _listed_by_rule(labels, found)
    by_score, listed_by_score = (_by_score(labels, found, some) for some in (found.outliers, found.listed_outliers))
    itself = replace(found, subjects=_without_actors(labels, found.subjects))
    listed_itself = _by_score(labels, itself, found.listed_outliers)
    reported = labels.assign(
        own_rule=by_own.mask(~labels["rule_id"].isin(rules.loc[rules["state"] == RUN, "rule_id"])),
        any_rule=labels["label"].isin(found.matches["label"]),
        score=by_score,
        score_itself=_by_score(labels, itself, found.outliers),
        listed_by_rule=by_list,
        listed_by_score=listed_by_score,
        listed_by_score_itself=listed_itself,
        listed_lead=by_list | listed_by_score.fillna(False),
        listed_itself=by_list | listed_itself.fillna(False),
    )
    whole = reported.groupby(INSTANCE, dropna=False)[list(WAYS)].transform("max")
    flags = {way: reported[way].mask(reported["is_pair"], whole[way]).astype("boolean") for way in WAYS}
    return _with_chance(reported.assign(**flags), found)


def _without_actors(labels: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Own subjects that are what the label names, not who acted on a line or an encounter."""
    acted = labels.loc[labels["entity_type"].isin(["line", "encounter"]), "label"]
    return subjects[~subjects["label"].isin(acted)]


def _by_score(labels: pd.DataFrame, found: NightFindings, some: pd.DataFrame | None) -> pd.Series:
    """Whether the label's own subject is among them; NA where it has none whose kind is scored."""
    about = found.subjects[found.subjects["subject_type"].isin(set(found.scored["subject_type"]))]
    hit = about.iloc[:0] if some is None else about.merge(some[SUBJECT].drop_duplicates(), on=SUBJECT)
    is_found = labels["label"].isin(hit["label"]).astype("boolean")
    return is_found.mask(~labels["label"].isin(about["label"]) | (some is None))


def score_by_subject(findings: pd.DataFrame, found: NightFindings) -> pd.DataFrame:
    """Grain: kind × subject type. Instances with an own subject of the type that could be scored (`instances`), found
    by such a subject's score (`score`), and by chance (`score_by_chance`); the same of the list (`listed_by_score`).

    An instance may have own subjects of several types, so that these add up to more than all.
    """
    drawn = {"score": found.outliers, "listed_by_score": found.listed_outliers}
    counted = findings.loc[findings["state"] == COUNTED, [*INSTANCE, "label"]]
    own = counted.merge(found.subjects, on="label").merge(found.scored[SUBJECT], on=SUBJECT)
    own = own.drop_duplicates([*INSTANCE, *SUBJECT]).drop(columns="label")
    instance = [*INSTANCE, "subject_type"]
    rows = own[instance].drop_duplicates().groupby(["kind", "subject_type"]).size().rename("instances").to_frame()
    for way, some in drawn.items():
        hit = own.iloc[:0] if some is None else own.merge(some[SUBJECT].drop_duplicates(), on=SUBJECT)
        groups = hit[instance].drop_duplicates().groupby(["kind", "subject_type"])
        rows[way] = groups.size().reindex(rows.index).fillna(0).astype("int64")
        things = own.assign(thing_kind=own["subject_type"])
        chance = found_by_chance(things, _outlying(found.scored, some), ["thing_kind"], instance).reset_index()
        rows[f"{way}_by_chance"] = chance.groupby(["kind", "subject_type"])["chance"].sum()
    return rows.reset_index()


def _listed_by_rule(labels: pd.DataFrame, found: NightFindings) -> pd.Series:
    if found.listed_hits is None:
        return pd.Series(pd.NA, index=labels.index, dtype="boolean")
    by_hit = found.matches.loc[found.matches["hit_id"].isin(found.listed_hits["hit_id"]), "label"]
    return labels["label"].isin(by_hit).astype("boolean")


def _with_chance(findings: pd.DataFrame, found: NightFindings) -> pd.DataFrame:
    """By a rule: as many things of the label's kind as hits touch, at random among all such things. By score: as many
    subjects of the own subject's kind as stand out, at random among all that are scored."""
    counted = findings[findings["state"] == COUNTED]
    things = counted[[*INSTANCE, "label", "entity_type"]].rename(columns={"entity_type": "thing_kind"})
    own = counted[[*INSTANCE, "label"]].merge(found.subjects, on="label").merge(found.scored[SUBJECT], on=SUBJECT)
    subjects = own.drop_duplicates([*INSTANCE, *SUBJECT]).rename(columns={"subject_type": "thing_kind"})
    itself = _without_actors(findings, own)
    itself = itself.drop_duplicates([*INSTANCE, *SUBJECT]).rename(columns={"subject_type": "thing_kind"})
    rules = findings[["rule_id"]].drop_duplicates()
    touched, listed = _touched(found.hits, found.proofs), _touched(found.listed_hits, found.proofs)
    of_rule = _touched(found.hits, found.proofs, own=True).merge(rules, on="rule_id")
    drawn = {
        "own_rule": (things, _drawn(of_rule, found.population, ["thing_kind", "rule_id"]), ["thing_kind", "rule_id"]),
        "any_rule": (things, _drawn(touched, found.population, ["thing_kind"]), ["thing_kind"]),
        "listed_by_rule": (things, _drawn(listed, found.population, ["thing_kind"]), ["thing_kind"]),
        "score_itself": (itself, _outlying(found.scored, found.outliers), ["thing_kind"]),
        "score": (subjects, _outlying(found.scored, found.outliers), ["thing_kind"]),
        "listed_by_score": (subjects, _outlying(found.scored, found.listed_outliers), ["thing_kind"]),
        "listed_by_score_itself": (itself, _outlying(found.scored, found.listed_outliers), ["thing_kind"]),
    }
    instances = pd.MultiIndex.from_frame(findings[INSTANCE])
    for way, (of, some, by) in drawn.items():
        probability = found_by_chance(of, some, by, INSTANCE).reindex(instances).fillna(0.0)
        findings[f"{way}_chance"] = probability.to_numpy()
    by_rule = 1 - findings["listed_by_rule_chance"]
    return findings.assign(
        listed_lead_chance=1 - by_rule * (1 - findings["listed_by_score_chance"]),
        listed_itself_chance=1 - by_rule * (1 - findings["listed_by_score_itself_chance"]),
    )


def _drawn(touched: pd.DataFrame, population: Population, by: list[str]) -> pd.DataFrame:
    rows = touched.groupby(by)["thing"].nunique().rename("found").reset_index()
    return rows.assign(population=rows["thing_kind"].map(population.things).fillna(0))[[*by, *_POPULATION]]


def _outlying(scored: pd.DataFrame, outliers: pd.DataFrame | None) -> pd.DataFrame:
    population = scored.groupby("subject_type").size().rename("population")
    some = scored.iloc[:0] if outliers is None else outliers[SUBJECT].drop_duplicates()
    rows = population.to_frame().join(some.groupby("subject_type").size().rename("found")).fillna({"found": 0})
    return rows.reset_index().rename(columns={"subject_type": "thing_kind"})[["thing_kind", *_POPULATION]]


def _touched(hits: pd.DataFrame | None, proofs: pd.DataFrame, *, own: bool = False) -> pd.DataFrame:
    """Grain: rule × thing that its hits touch: rule_id, thing_kind, thing. A rule touches the entities that its hits
    are about, the one that is made for a scheme those too in whose care its hits lie (`own`)."""
    columns = ["rule_id", "thing_kind", "thing"]
    if hits is None:
        return pd.DataFrame(columns=columns)
    of_hit = proofs.merge(hits[["hit_id", "rule_id"]], on="hit_id")
    parts = [of_hit.assign(thing_kind=kind, thing=of_hit[f"{kind}_id"]) for kind in ("line", "encounter")]
    parts.append(hits.assign(thing_kind="encounter", thing=hits["encounter_id"]))
    parts.append(hits.assign(thing_kind=hits["subject_type"], thing=hits["subject_id"]))
    for entity in ENTITIES:
        thing = of_hit[f"{entity}_id"]
        parts.append(of_hit.assign(thing_kind=f"{entity}_day", thing=thing + " " + of_hit["day"].astype(str)))
        parts += [of_hit.assign(thing_kind=entity, thing=thing)] if own else []
    return pd.concat([part[columns] for part in parts]).dropna().drop_duplicates(ignore_index=True)
