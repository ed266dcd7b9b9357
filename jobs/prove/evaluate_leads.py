"""Compare a night's hits, scores and leads with the simulator's truth; write and show how much was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.labels import JudgedPeriod, to_matches, to_subjects, with_state
from evaluation.report import Evaluation, as_records, write_evaluation
from evaluation.statistics import outlying, score_quality, score_quality_by_peers
from evaluation.tally import (
    NOT_RUN,
    RUN,
    SCHEME,
    SUBJECT,
    NightFindings,
    leads_by_class,
    left_out,
    money_by_scheme,
    own_subjects,
    precision_by_rule,
    precision_of_list,
    recall_by,
    to_hit_classes,
    to_lead_classes,
    with_findings,
    with_rule_state,
)
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.committed_stages import refuse_no_stage
from jobs.prove.read_truth import NightFound, read_found, read_labels, read_seen
from rules.catalogue.load import load_rules

_KS = (5, 10, 20, 50)
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
    """Everything the night found, against everything that was staged and could be seen by then."""
    lake = Lake(settings.lake_address)
    refuse_no_stage(lake, night, "rules")
    labels, made = read_labels(truth, settings, lake, night), read_found(lake, night)
    seen, window = read_seen(lake, labels, made.hit_lines, night), _window(made.coverage)
    labels = with_state(labels, seen, _pair_rules(settings), window)
    proofs = made.hit_lines.merge(seen.lines[["line_id", "encounter_id", "doctor_id"]], on="line_id")
    found = NightFindings(
        hits=made.hits,
        matches=to_matches(labels, made.hits, proofs),
        subjects=to_subjects(labels),
        outliers=_outliers(made, settings.score_share),
        listed=None if made.leads is None else made.leads[made.leads["place"] <= settings.list_size],
        scored_types=frozenset() if made.scores is None else frozenset(_scored(made.scores)["entity_type"]),
    )
    rules = _rule_states(made.coverage)
    findings = with_findings(labels, found, rules)
    classes = to_hit_classes(made.hits, found.matches, labels)
    return Evaluation(
        night=night,
        period=(window.start.date(), window.end.date()),
        schemes=with_rule_state(recall_by(findings, SCHEME), rules),
        left_out=left_out(findings),
        breakdowns=_breakdowns(findings),
        scheme_breakdowns=_breakdowns(findings, "scheme"),
        rules=precision_by_rule(made.hits, classes, rules),
        **_of_list(found, classes, labels),
        money=money_by_scheme(labels, seen.lines, _line_hits(made, found.listed)),
        **_of_scores(made, found, labels, settings),
        not_run=_not_run(made),
    )


def _pair_rules(settings: Settings) -> frozenset[str]:
    return frozenset(rule.id for rule in load_rules(region=region_of(settings)).rules if rule.grain == "encounter_pair")


def _window(coverage: pd.DataFrame) -> JudgedPeriod:
    """The dates of service that any rule of the night judged."""
    return JudgedPeriod.of(coverage["period_start"].min(), coverage["period_end"].max())


def _rule_states(coverage: pd.DataFrame) -> pd.DataFrame:
    """Grain: rule. It ran if it ran anywhere; else why it did not."""
    ran = set(coverage.loc[coverage["state"] == RUN, "rule_id"])
    why_not = coverage.groupby("rule_id")["why_not"].first().fillna("")
    state = [RUN if rule_id in ran else NOT_RUN for rule_id in why_not.index]
    return pd.DataFrame({"state": state, "why_not": why_not}).reset_index()


def _scored(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[(scores["state"] == "scored") & scores["percentile"].notna()]


def _outliers(made: NightFound, share: float) -> pd.DataFrame | None:
    """Subjects that a model's score put into the published share; None when nothing was scored."""
    if made.scores is None or _scored(made.scores).empty:
        return None
    scored = _scored(made.scores)
    return scored[outlying(scored, share)].rename(columns=_AS_SUBJECT)[SUBJECT].drop_duplicates()


def _breakdowns(findings: pd.DataFrame, *also: str) -> dict[str, pd.DataFrame]:
    """Recall of schemes by whatever the truth grades them, where it does, and by the other columns named."""
    staged = findings[findings["kind"] == "scheme"]
    return {name: recall_by(staged, [*also, name]) for name in _BREAKDOWNS if staged[name].notna().any()}


def _of_list(found: NightFindings, classes: pd.Series, labels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    if found.listed is None:
        return {"list_precision": pd.DataFrame(), "list_classes": pd.DataFrame()}
    leads = to_lead_classes(found.listed, found, classes, labels)
    return {"list_precision": precision_of_list(leads, _KS), "list_classes": leads_by_class(leads)}


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


def _not_run(made: NightFound) -> dict[str, str]:
    """Stages and models that did not run, with the reason."""
    reported = {name: "the stage has not run" for name in ("scores", "leads") if getattr(made, name) is None}
    if made.scores is not None:
        missing = made.scores[made.scores["state"] == NOT_RUN].drop_duplicates(["entity_type", "model"])
        names = missing["entity_type"] + " " + missing["model"]
        reported |= dict(zip(names, missing["why_not"].fillna(""), strict=True))
    return reported
