"""Compare a night's hits, scores and leads with labels: the simulator's truth, or what inspections found; write and
show how much was found, beside what chance would have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.files import write_evaluation
from evaluation.findings import (
    RUN,
    SHADOW,
    NightFindings,
    score_by_subject,
    to_hit_classes,
    with_findings,
    without_right_hits,
)
from evaluation.labels import (
    ABSENT,
    JudgedPeriod,
    Seen,
    begins,
    refuse_foreign,
    to_matches,
    to_own_subjects,
    with_compared,
    with_state,
)
from evaluation.money import money_by
from evaluation.population import SUBJECT, Population, base_rates, count_settlements, with_rates
from evaluation.ranked import by_value, precision_by_subject, size_bands, with_bands
from evaluation.report import Evaluation, as_records
from evaluation.statistics import outlying, score_quality, score_quality_by_peers
from evaluation.tally import (
    NOT_RUN,
    SCHEME,
    leads_by_class,
    left_out,
    of_active,
    own_subjects,
    precision_by_rule,
    precision_of_list,
    recall_by,
    recall_of_rules,
    to_lead_classes,
    with_own_recall,
    with_rule_state,
    with_units,
)
from fundwatch.contracts.entities import ENTITIES
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.committed_stages import refuse_no_stage
from jobs.prove.read_truth import (
    Labels,
    NightFound,
    learned_until,
    read_found,
    read_labels,
    read_population,
    read_seen,
)
from rules.catalogue.load import load_rules

_KS = (5, 10, 20, 50, 100)
_BREAKDOWNS = ("disguise", "category")
_AS_SUBJECT = {"entity_type": "subject_type", "entity_id": "subject_id"}


@dataclass(frozen=True)
class Evaluated:
    """A night's evaluation, and the folder of its files."""

    evaluation: Evaluation
    folder: Path

    def as_json(self) -> dict[str, Any]:
        """Every table as records."""
        return {**as_records(self.evaluation), "folder": self.folder}


def evaluate_night(settings: Settings, night: date, truth: Path) -> Evaluated:
    """Evaluate the night and write its files."""
    evaluation = evaluate(settings, night, truth)
    folder = settings.var / "evaluation" / night.isoformat()
    write_evaluation(evaluation, folder)
    return Evaluated(evaluation, folder)


def evaluate(settings: Settings, night: date, truth: Path) -> Evaluation:
    """Everything the night found, against the labels in `truth`."""
    lake = Lake(settings.lake_address)
    refuse_no_stage(lake, night, "rules")
    return evaluate_labels(settings, night, read_labels(truth, settings, lake, night))


def evaluate_labels(settings: Settings, night: date, given: Labels) -> Evaluation:
    """Everything the night found, against everything that is labelled and could be seen by then."""
    lake = Lake(settings.lake_address)
    made_by_all = read_found(lake, night)
    made = _without_shadow(made_by_all)
    hit_lines = pd.concat([made_by_all.hit_lines["line_id"], made_by_all.compared["line_id"]]).dropna()
    seen, window = read_seen(lake, given.rows, set(hit_lines), night), _window(made.coverage)
    labels = with_state(given.rows, seen, _pair_rules(settings), window)
    refuse_foreign(labels, window)
    population, rules = read_population(lake, night, window), _rule_states(made.coverage)
    found = _found(made, labels, seen, population, settings)
    judged = _judged(found, labels, of_active(rules))
    classes, findings = judged.classes, judged.findings
    inside = seen.lines[seen.lines["day"].between(window.start, window.end)]
    settlements = count_settlements(labels, inside, found.proofs, found.population)
    learned = learned_until(lake, night)
    if made_by_all is not made:
        judged = _judged(_found(made_by_all, labels, seen, population, settings), labels, rules)
    staged = findings[findings["kind"] == "scheme"]
    return Evaluation(
        night=night,
        period=(window.start.date(), window.end.date()),
        is_whole=given.is_whole,
        totals=recall_by(findings, ["kind"]),
        schemes=with_rule_state(recall_by(findings, SCHEME), of_active(rules)),
        left_out=left_out(findings),
        breakdowns=_breakdowns(findings),
        scheme_breakdowns=_breakdowns(findings, "scheme"),
        learned_until=learned,
        out_of_time=_out_of_time(staged, learned),
        settlements=settlements,
        rules=with_rates(_of_rules(judged, labels, rules, is_whole=given.is_whole), settlements),
        rule_schemes=recall_of_rules(judged.findings),
        **_of_list(found, classes, labels),
        **_of_money(labels, seen, _line_hits(made, found.listed)),
        score_by_subject=score_by_subject(findings, found),
        **_of_subjects(made, found, labels),
        **_of_scores(made, found, labels, settings),
        not_run=_not_run(made),
        notes=_notes(labels, given, learned, night),
    )


def _without_shadow(made: NightFound) -> NightFound:
    """The same without the hits of rules in shadow; itself where no rule is. Figures of the night are of these."""
    if not (made.coverage["rule_state"] == SHADOW).any():
        return made
    hits = made.hits[made.hits["rule_state"] != SHADOW].reset_index(drop=True)
    lines = made.hit_lines[made.hit_lines["hit_id"].isin(hits["hit_id"])].reset_index(drop=True)
    return replace(made, hits=hits, hit_lines=lines)


@dataclass(frozen=True)
class _Judged:
    """What was found, the class of each hit, and the labels with how each was found."""

    found: NightFindings
    classes: pd.Series
    findings: pd.DataFrame


def _judged(found: NightFindings, labels: pd.DataFrame, rules: pd.DataFrame) -> _Judged:
    classes = to_hit_classes(found.hits, found.matches, labels)
    wronged = replace(found, matches=without_right_hits(found.matches, classes, labels))
    return _Judged(found, classes, with_units(with_findings(labels, wronged, rules), found.subjects))


def _of_rules(judged: _Judged, labels: pd.DataFrame, rules: pd.DataFrame, *, is_whole: bool) -> pd.DataFrame:
    """Grain: rule, those in shadow too. What it hit, rightly and wrongly, and what of its own schemes it found."""
    of_rules = precision_by_rule(judged.found, judged.classes, labels, rules, is_whole=is_whole)
    return with_own_recall(of_rules, judged.findings)


def _found(
    made: NightFound, labels: pd.DataFrame, seen: Seen, population: Population, settings: Settings
) -> NightFindings:
    ids = ["encounter_id", *(entity.id_column for entity in ENTITIES.values()), "day"]
    proofs, compared = (
        rows.merge(seen.lines[["line_id", *ids]], on="line_id") for rows in (made.hit_lines, made.compared)
    )
    scored = pd.DataFrame(columns=SUBJECT) if made.scores is None else _subjects_of(_scored(made.scores))
    return NightFindings(
        hits=made.hits,
        proofs=proofs,
        matches=with_compared(to_matches(labels, made.hits, proofs), labels, made.hits, compared),
        subjects=to_own_subjects(labels),
        scored=scored,
        outliers=_outliers(made, settings.score_share),
        listed=None if made.leads is None else made.leads[made.leads["place"] <= settings.list_size],
        population=population,
    )


def _pair_rules(settings: Settings) -> frozenset[str]:
    return frozenset(rule.id for rule in load_rules(region=region_of(settings)).rules if rule.grain == "encounter_pair")


def _window(coverage: pd.DataFrame) -> JudgedPeriod:
    """The dates of service that any rule of the night judged."""
    return JudgedPeriod.of(coverage["period_start"].min(), coverage["period_end"].max())


def _rule_states(coverage: pd.DataFrame) -> pd.DataFrame:
    """Grain: rule. It ran if it ran anywhere; else why it did not. `rule_state` is where it stands in its life."""
    ran = set(coverage.loc[coverage["state"] == RUN, "rule_id"])
    by_rule = coverage.groupby("rule_id")
    why_not, rule_state = by_rule["why_not"].first().fillna(""), by_rule["rule_state"].first()
    state = [RUN if rule_id in ran else NOT_RUN for rule_id in why_not.index]
    return pd.DataFrame({"state": state, "why_not": why_not, "rule_state": rule_state}).reset_index()


def _scored(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[(scores["state"] == "scored") & scores["percentile"].notna()]


def _outliers(made: NightFound, share: float) -> pd.DataFrame | None:
    """Subjects that a model's score put into the published share; None when nothing was scored."""
    if made.scores is None or _scored(made.scores).empty:
        return None
    scored = _scored(made.scores)
    return _subjects_of(scored[outlying(scored, share)])


def _subjects_of(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.rename(columns=_AS_SUBJECT)[SUBJECT].drop_duplicates(ignore_index=True)


def _breakdowns(findings: pd.DataFrame, *also: str) -> dict[str, pd.DataFrame]:
    """Recall of schemes by whatever the truth grades them, where it does, and by the other columns named."""
    staged = findings[findings["kind"] == "scheme"]
    return {name: recall_by(staged, [*also, name]) for name in _BREAKDOWNS if staged[name].notna().any()}


def _out_of_time(staged: pd.DataFrame, learned: date | None) -> pd.DataFrame:
    """Recall of what began after the models that scored the night were made, and of what began before; of instances
    without a date nothing is known."""
    if learned is None:
        return pd.DataFrame()
    began = begins(staged)
    is_after = began > pd.Timestamp(learned)
    name = is_after.map({True: "after", False: "before"}).mask(began.isna(), "unknown")
    return recall_by(staged.assign(began=name), ["began"])


def _of_list(found: NightFindings, classes: pd.Series, labels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    if found.listed is None:
        return {"list_precision": pd.DataFrame(), "list_classes": pd.DataFrame()}
    leads = to_lead_classes(found.listed, found, classes, labels)
    return {"list_precision": precision_of_list(leads, _KS), "list_classes": leads_by_class(leads)}


def _of_money(labels: pd.DataFrame, seen: Seen, line_hits: pd.DataFrame) -> dict[str, pd.DataFrame]:
    graded = labels[labels["disguise"].notna()]
    return {
        "money": money_by(labels, seen.lines, line_hits, SCHEME),
        "money_in_all": money_by(labels, seen.lines, line_hits),
        "money_by_disguise": money_by(graded, seen.lines, line_hits, ["disguise"]),
    }


def _line_hits(made: NightFound, listed: pd.DataFrame | None) -> pd.DataFrame:
    """Grain: hit × line with `is_listed`: whether a lead of the list holds the hit. Of an estimate no money."""
    on_list = pd.DataFrame(columns=SUBJECT) if listed is None else listed[SUBJECT]
    hit_ids = made.hits[["hit_id", *SUBJECT]].merge(on_list, on=SUBJECT)["hit_id"]
    estimates = made.hits.loc[made.hits["is_estimate"].eq(True), "hit_id"]
    lines = made.hit_lines
    firm = lines["amount_at_risk"].mask(lines["hit_id"].isin(estimates), 0.0)
    return lines.assign(is_listed=lines["hit_id"].isin(hit_ids), amount_at_risk=firm.fillna(0.0))


def _of_scores(
    made: NightFound, found: NightFindings, labels: pd.DataFrame, settings: Settings
) -> dict[str, pd.DataFrame]:
    if found.outliers is None or made.scores is None:
        return {"scores": pd.DataFrame(), "scores_by_peers": pd.DataFrame()}
    rows, about = _scored(made.scores), own_subjects(labels, found.subjects)
    entities = pd.MultiIndex.from_frame(rows[["entity_type", "entity_id"]].rename(columns=_AS_SUBJECT))
    for kind, name in (("scheme", "is_staged"), ("lookalike", "is_lookalike")):
        rows = rows.assign(**{name: entities.isin(pd.MultiIndex.from_frame(about[kind]))})
    unscored = about["scheme"].groupby("subject_type").size().rename("staged_in_truth")
    quality = score_quality(rows, settings.score_share, settings.seed)
    return {
        "scores": quality.join(unscored, on="entity_type").fillna({"staged_in_truth": 0}),
        "scores_by_peers": score_quality_by_peers(rows, settings.score_share),
    }


def _of_subjects(made: NightFound, found: NightFindings, labels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Base rates, and how right the first of each ranking are, by kind of subject."""
    staged = own_subjects(labels, found.subjects)["scheme"]
    subjects = with_bands(found.population.subjects.merge(staged.assign(is_staged=True), on=SUBJECT, how="left"))
    subjects = subjects.assign(is_staged=subjects["is_staged"].eq(True))
    return {
        "base_rates": base_rates(found.population, staged, found.outliers),
        "size_bands": size_bands(subjects),
        "first_by_subject": precision_by_subject(subjects, _rankings(made, found.population)),
    }


def _rankings(made: NightFound, population: Population) -> dict[str, pd.DataFrame]:
    """The leads in their order, the subjects by the fund's money and by each index of what like patients cost, and by
    each model: percentile among peers, then score."""
    rankings = {} if made.leads is None else {"leads": made.leads[[*SUBJECT, "place"]]}
    rankings["money"] = by_value(population.subjects, "fund")
    rankings |= {name: by_value(values, "value") for name, values in made.indexes.items()}
    if made.scores is None:
        return rankings
    for model, of_model in _scored(made.scores).rename(columns=_AS_SUBJECT).groupby("model"):
        order = of_model.sort_values(["percentile", "score", *SUBJECT], ascending=[False, False, True, True])
        step = order[["subject_type", "percentile", "score"]].ne(order[["subject_type", "percentile", "score"]].shift())
        number = order.assign(step=step.any(axis=1).cumsum())
        rankings[str(model)] = number.assign(place=number.groupby("subject_type")["step"].rank(method="min"))
    return rankings


def _notes(labels: pd.DataFrame, given: Labels, learned: date | None, night: date) -> Sequence[str]:
    """What a reader of the figures must know of the labels."""
    notes, absent = [], int((labels["state"] == ABSENT).sum())
    if absent:
        notes.append(f"不在湖中,未计入 labelled things not in the lake, left out: {absent:,} of {len(labels):,}")
    if not given.is_whole:
        notes.append("标签不完整,未标注者不算误报 labels are not whole: the unlabelled is not false")
    if learned is not None and learned >= night:
        notes.append(f"模型训练于 models made on {learned}: 无从作时间外检验 nothing is out of time")
    return notes


def _not_run(made: NightFound) -> dict[str, str]:
    """Stages and models that did not run, with the reason."""
    reported = {name: "the stage has not run" for name in ("scores", "leads") if getattr(made, name) is None}
    if made.scores is not None:
        missing = made.scores[made.scores["state"] == NOT_RUN].drop_duplicates(["entity_type", "model"])
        names = missing["entity_type"] + " " + missing["model"]
        reported |= dict(zip(names, missing["why_not"].fillna(""), strict=True))
    return reported
