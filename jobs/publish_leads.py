"""The night's leads: hits and scores fused and ranked, written to the lake, published as files, recorded in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from fundwatch import __version__
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.engine.frames import no_rows, small_frame
from fundwatch.fingerprint import fingerprint
from fundwatch.regions import region_of
from fundwatch.settings import Settings, values_that_change
from fundwatch.tracking import settle, tracking_of
from jobs.author.rules_in_force import rules_scanned
from jobs.declared_stages import PUBLISH
from jobs.job import Job, Night, Report
from jobs.review.evidence.read_facts import evidence_facts
from jobs.review.night_cards import all_cards, knowledge_used
from jobs.review.outcomes.night_standing import (
    SEEN,
    DecisionsSeen,
    NightStanding,
    StandingReader,
    decisions_seen,
    drawn_sample,
)
from jobs.review.read_leads import (
    cases_of,
    cases_that,
    evidence_of,
    faded_cases,
    hits_of,
    institution_names,
    lead_total,
    lines_seen,
    listed_leads,
    minor_leads,
    models_not_run,
    quiet_coverage,
    rows_of,
    rule_coverage,
    sample_of,
    skipped_models,
    standings_of,
)
from jobs.review.value.for_the_night import given_out, learned_for, teams_now, weight_rows
from jobs.workplace import Workplace
from leads.cards import Cards
from leads.ledger.weights import Learned
from leads.outcomes.practice import read_practice
from leads.outcomes.work import Finding
from leads.publishing.list_diff import LeadChange, list_changes
from leads.publishing.lists import Published, is_whole, write_list
from leads.publishing.published import (
    FADED_LISTED,
    HITS_PER_RULE,
    LINES_CARRIED,
    ListContent,
    Provenance,
)
from leads.publishing.rows import CoverageRow, LeadRow
from leads.publishing.track import Note, Sent, outbox, post, send
from leads.ranking.cases import FINDING, CaseNight, cases, judged
from leads.ranking.continued import under_current_ids
from leads.ranking.fuse import FuseOptions, LeadInputs, fuse
from rules.catalogue.rule import RuleState

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MINOR_LISTED = 500


def _run(night: Night) -> Report:
    cards = all_cards(night.settings, night.date)
    seen, standing = _standing(night)
    inputs, learned = _inputs(night, standing), learned_for(night.settings, seen, night.date)
    fused = fuse(inputs, cards, replace(_options(night.settings, night.date), learned=learned.of_kind))
    for frame in fused.shared:
        frame.persist()
    goes_on = _cases(night, fused.findings, inputs, standing)
    night.write_all({"lead": fused.leads, "lead_evidence": fused.evidence, "case": goes_on})
    _write_beside(night, standing)
    for frame in fused.shared:
        frame.unpersist()
    content = _content(night, cards, learned, seen)
    given = [(night.date, *astuple(one)) for one in content.given]
    _write_small(night, {"learned_weight": weight_rows(night.date, learned), "team_lead": given})
    lists = night.settings.lists_dir
    published = write_list(content, lists)
    post(_note(night, content, published), lists)
    sent = send(lists, tracking_of(night.settings))
    return {**_report(content, published, sent), SEEN: dict(seen.until), "incomplete": _incomplete(night)}


def _standing(night: Night) -> tuple[DecisionsSeen, NightStanding]:
    """What people said that this list sees, and how the cases stand by it."""
    lake, earlier = night.place.lake, night.earlier("leads")
    seen = decisions_seen(lake, night.place.ledger, night.date)
    night.versions_read.update({name: lake.version(name) for name in seen.until if lake.exists(name)})
    return seen, StandingReader(lake, night.date, earlier, night.successors.current).of(seen)


def _write_beside(night: Night, standing: NightStanding) -> None:
    """What people said of cases, lines that were recovered, cases that became one, the random sample: small, and no
    work for Spark."""
    rows = {
        "case_status": standing.status_rows(night.date),
        "recovered_line": standing.recovered_rows(night.date),
        "merged_case": [one.row(night.date) for one in standing.merged],
        "inspection_sample": drawn_sample(night.place.lake, night.date, *_sample(night.settings, night.date)),
    }
    _write_small(night, rows)


def _write_small(night: Night, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    """Few rows from memory; a table that would have none is not made."""
    for table, of_night in rows.items():
        if of_night or night.exists(table):
            night.write_rows(table, of_night)


def _sample(settings: Settings, night: date) -> tuple[Mapping[str, int], str]:
    """How many subjects of each type are drawn, and with what."""
    practice = read_practice(region_of(settings), settings.conf)
    return practice.on(night).sample, f"{settings.seed}|{night}"


def _inputs(night: Night, standing: NightStanding) -> LeadInputs:
    return LeadInputs(
        hits=_of_watched(_of_active(night.of_night("rule_hit"))),
        hit_lines=night.of_night("hit_line"),
        scores=night.of_night("score"),
        score_reasons=night.of_night("score_reason"),
        lines=night.known("claim_line"),
        settlements=night.known("settlement"),
        institutions=night.known("institution"),
        doctors=night.known("doctor"),
        tips=night.known("tip"),
        quiet=_findings(night, standing.quiet),
    )


def _findings(night: Night, found: Sequence[Finding]) -> DataFrame | None:
    """A row per finding; None where there is none, which plans nothing."""
    return small_frame(night.spark, ", ".join(f"{name} string" for name in FINDING), found) if found else None


def _of_active(rows: DataFrame) -> DataFrame:
    """Rows of rules of which leads are made; in a night of before there were others the state is null."""
    return rows.where(f"coalesce(rule_state, '{RuleState.ACTIVE}') = '{RuleState.ACTIVE}'")


def _of_watched(hits: DataFrame) -> DataFrame:
    """Hits of whom leads speak: what an indicator says of a drug or a region stays a finding of the scan."""
    return hits.where(F.col("subject_type").isin(*ENTITIES))


def _cases(night: Night, findings: DataFrame, inputs: LeadInputs, standing: NightStanding) -> DataFrame:
    """Tonight's findings beside those of the newest earlier list that is committed."""
    earlier = night.of_earlier_night("case", "leads")
    if earlier is None:
        earlier = _no_rows(night, "case").drop("business_date")
    earlier = under_current_ids(earlier, night.successors)
    looked = judged(_of_active(night.of_night("rule_coverage")), inputs.scores)
    at = CaseNight(night.date, night.settings.case_gap_days)
    return cases(findings, looked, earlier, inputs.institutions, at, _findings(night, standing.recovered))


def _no_rows(night: Night, table: str) -> DataFrame:
    return no_rows(night.spark, TABLES[table].schema())


def _options(settings: Settings, night: date) -> FuseOptions:
    first = night - timedelta(days=settings.scan_days - 1)
    return FuseOptions(first, night, settings.score_share, region_of(settings).currency, settings.letter_amount)


def _content(night: Night, cards: Cards, learned: Learned, seen: DecisionsSeen) -> ListContent:
    """The bounded part of the night's leads that people are given: `list_size` leads, so it fits in memory."""
    lake, listed = night.place.lake, listed_leads(night.place.lake, night.date, night.settings.list_size)
    for table in ("rule_coverage", "delivery"):
        night.versions_read.setdefault(table, lake.version(table))
    evidence = evidence_of(lake, night.date, [lead.lead_id for lead in listed], LINES_CARRIED)
    hits = hits_of(lake, night.date, listed, HITS_PER_RULE)
    facts = evidence_facts(lake, night.date, listed, evidence, hits, cards)
    minor = minor_leads(lake, night.date)
    standings, sample = standings_of(lake, night.date), sample_of(lake, night.date)
    unlisted = cases_that(lake, night.date, [one for one in standings if one.is_quiet], FADED_LISTED)
    ids = [row.institution_id for rows in (evidence, hits, facts.encounters.values()) for row in rows]
    ids += [one.subject_id for one in sample]
    return ListContent(
        leads=listed,
        evidence=evidence,
        coverage=[
            *rule_coverage(lake, night.date),
            *models_not_run(lake, night.date),
            *_indicators_not_run(night),
            *_not_linked(night),
            *quiet_coverage(unlisted),
        ],
        cards=cards,
        provenance=replace(_provenance(night), learned=learned.of_kind),
        lead_total=lead_total(lake, night.date),
        hits=hits,
        cases=cases_of(lake, night.date, listed),
        faded=faded_cases(lake, night.date, FADED_LISTED),
        places=institution_names(lake, night.date, {one for one in ids if one}),
        facts=facts,
        minor=minor[:MINOR_LISTED],
        minor_count=len(minor),
        minor_amount=sum((lead.amount_at_risk + lead.estimated_amount for lead in minor), Decimal("0.00")),
        letter_amount=night.settings.letter_amount,
        given=given_out(night.place, seen, night.date, listed, evidence),
        unlisted=unlisted,
        recovered=cases_that(lake, night.date, [one for one in standings if one.recovered_line_count], FADED_LISTED),
        sample=sample,
        changes=_changes(night, listed),
    )


def _changes(night: Night, listed: Sequence[LeadRow]) -> list[LeadChange]:
    """Beside the earlier list, of which nothing is said where there is none."""
    lake, earlier = night.place.lake, night.earlier("leads")
    if earlier is None:
        return []
    then = listed_leads(lake, earlier, night.settings.list_size)
    cases = cases_of(lake, night.date, [*listed, *then])
    return list_changes(listed, then, cases, region_of(night.settings).currency)


def _indicators_not_run(night: Night) -> list[CoverageRow]:
    committed = night.place.ledger.committed("features", night.date)
    not_run: Mapping[str, str] = {} if committed is None else committed.detail.get("not_run", {})
    return [CoverageRow(name, "not_run", why_not, 0, 0, 0) for name, why_not in sorted(not_run.items())]


def _not_linked(night: Night) -> list[CoverageRow]:
    """What the tables of successors link nobody by, though they were meant to."""
    return [
        CoverageRow(table, "not_run", f"未关联 nobody is linked: {problem}", 0, 0, 0)
        for table, problems in night.successors.problems.items()
        for problem in problems
    ]


def _provenance(night: Night) -> Provenance:
    lake, settings, options = night.place.lake, night.settings, _options(night.settings, night.date)
    models = rows_of(
        lake, "score", ("business_date", "==", night.date), ("state", "==", "scored"),
        columns=["entity_type", "model", "model_fingerprint"],
    )  # fmt: skip
    files = rows_of(
        lake, "delivery", ("business_date", "<=", night.date), columns=["business_date", "file_name", "sha256"]
    )
    reported = sorted((row["business_date"], row["file_name"], row["sha256"]) for row in files)
    of_knowledge, knowledge = knowledge_used(settings, night.date)
    return Provenance(
        business_date=night.date,
        period_start=options.period_start,
        period_end=options.period_end,
        source=settings.source,
        software=f"fundwatch {__version__}",
        rule_set_fingerprint=rules_scanned(settings, night.date).rule_set.fingerprint,
        knowledge_fingerprint=of_knowledge,
        knowledge=knowledge,
        model_fingerprints={f"{row['entity_type']} {row['model']}": row["model_fingerprint"] for row in models},
        models_not_run=skipped_models(lake, night.date),
        settings_fingerprint=fingerprint(values_that_change(settings)),
        data_fingerprint=fingerprint(reported),
        deliveries={name: sha for business_date, name, sha in reported if business_date == night.date},
        earlier_list=night.earlier("leads"),
        lines_seen=lines_seen(night.place.ledger, night.date),
        currency=options.currency,
    )


def _note(night: Night, content: ListContent, published: Published) -> Note:
    summary, reported = content.summary(), content.provenance
    counted = ("lead_total", "listed", "evidence_lines", "ran", "not_run")
    sums = ("amount_at_risk", "estimated_amount")
    written = {table: done.version for table, done in night.tables_written.items()}
    return Note(
        business_date=night.date.isoformat(),
        list_fingerprint=published.list_fingerprint,
        params={
            "rule_set_fingerprint": reported.rule_set_fingerprint,
            "knowledge_fingerprint": reported.knowledge_fingerprint,
            "currency": reported.currency,
            "settings_fingerprint": reported.settings_fingerprint,
            "data_fingerprint": reported.data_fingerprint,
            "software": reported.software,
            "lake": str(night.place.lake.address),
            **{
                f"model_fingerprint.{name.replace(' ', '.')}": mark
                for name, mark in reported.model_fingerprints.items()
            },
            **{name: str(value) for name, value in values_that_change(night.settings).items()},
        },
        metrics={name: float(summary[name]) for name in (*counted, *sums)},
        versions=night.versions_read | written,
    )


def _report(content: ListContent, published: Published, sent: Sent) -> Report:
    summary = content.summary()
    return {
        "leads": content.lead_total,
        "listed": summary["listed"],
        "amount_at_risk": summary["amount_at_risk"],
        "currency": content.provenance.currency,
        "list_fingerprint": published.list_fingerprint,
        "folder": str(published.folder),
        "by_tier": summary["by_tier"],
        "not_run": summary["not_run"],
        "mlflow": "logged" if not sent.waiting else f"waiting: {', '.join(sent.waiting)} ({sent.why_waiting})",
    }


def _incomplete(night: Night) -> list[str]:
    """What the list should rest on and does not: models that were made and do not hold."""
    committed = night.place.ledger.committed("score", night.date)
    reported = [] if committed is None else committed.detail.get("incomplete", [])
    return [f"the list of {night.date} stands without the model: {sentence}" for sentence in reported]


def _own_fingerprint(place: Workplace, night: date) -> object:
    """What the list says of rules, indicators, knowledge and money, and the value of every setting that changes it: it
    states them all, those too that only other stages depend on."""
    cards = all_cards(place.settings, night)
    texts = {rule_id: vars(card) for rule_id, card in cards.rules.items()}
    names = {name: vars(card) for name, card in cards.indicators.items()}
    used = {name: vars(one) for name, one in knowledge_used(place.settings, night)[1].items()}
    saw = decisions_seen(place.lake, place.ledger, night)
    people = (learned_for(place.settings, saw, night).of_kind, *teams_now(place.settings, saw, night))
    seen = saw.fingerprint(night)
    drawn = _sample(place.settings, night)
    return fingerprint(
        texts, names, used, region_of(place.settings).currency, values_that_change(place.settings), seen, drawn, people
    )


def _outputs_exist(place: Workplace, night: date) -> bool:
    """The list's files are whole and MLflow, whose store may have been moved with them, has heard of it."""
    lists = place.settings.lists_dir
    settle(tracking_of(place.settings))
    return is_whole(lists / night.isoformat()) and not (outbox(lists) / f"{night}.json").exists()


JOB = Job(
    name=PUBLISH.name,
    title="leads: fuse, rank, publish",
    reads=(
        "rule_hit", "hit_line", "rule_coverage", "score", "score_reason", "claim_line", "settlement",
        "delivery",
    ),
    optional=("institution", "doctor", "tip", *SUCCESSOR_TABLES),
    writes=(
        "lead", "lead_evidence", "case", "case_status", "recovered_line", "merged_case", "inspection_sample",
        "learned_weight", "team_lead",
    ),
    needs=PUBLISH.needs,
    follows=("leads",),
    run=_run,
    own_fingerprint=_own_fingerprint,
    outputs_exist=_outputs_exist,
)  # fmt: skip

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
