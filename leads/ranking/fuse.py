"""Fuse hits and scores into leads: one subject, one period, its rules, scores, money and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from fundwatch.regions import CURRENCY
from leads.cards import TIERS, WEAKEST_TIER, Cards, looked_up
from leads.ranking.cases import FINDING, SCORE_KIND, findings, quiet_findings
from leads.ranking.money import MONEY, NO_MONEY, once_per_line
from leads.ranking.naming import public_names, with_workplaces
from leads.ranking.outliers import NOTEWORTHY_Z, SUBJECT, outliers, percentiles, strength, strongest_reasons
from leads.ranking.percentiles import said_percentile
from leads.ranking.priority import learned_factor, with_places
from leads.ranking.reasons import lead_texts
from leads.ranking.tips import TIP_KIND, tips_in_period
from leads.words import COMPARED, COUNTED

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True)
class FuseOptions:
    """The period that leads are about, the share of entities whose scores alone may make one (0 to 1), the currency
    of all money, the amount in it below which a lead is not worth a letter, and the weight of each kind of finding by
    what came of earlier ones (of others 1)."""

    period_start: date
    period_end: date
    score_share: float
    currency: str = CURRENCY
    letter_amount: float = 0
    learned: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fused:
    """`leads` and `evidence`: the tables lead and lead_evidence without business_date. `findings`: what cases go on
    from, one row per subject and kind.

    All rest on the `shared` frames: who writes them persists those first, so that they are made once.
    """

    leads: DataFrame
    evidence: DataFrame
    findings: DataFrame
    shared: tuple[DataFrame, ...]


@dataclass(frozen=True)
class LeadInputs:
    """What leads are made of: the night's hits and scores, and the clean tables as known that night, tips (举报)
    among them.

    `quiet` are findings (subject and kind) that make no lead tonight: decided and not grown since, or a rule that is
    quiet for the subject. They are findings all the same.
    """

    hits: DataFrame
    hit_lines: DataFrame
    scores: DataFrame
    score_reasons: DataFrame
    lines: DataFrame
    settlements: DataFrame
    institutions: DataFrame
    doctors: DataFrame
    tips: DataFrame
    quiet: DataFrame | None = None


def fuse(inputs: LeadInputs, cards: Cards, options: FuseOptions) -> Fused:
    """All leads of a night, ranked, and their evidence. Nothing is read or run here."""
    standing_out = outliers(inputs.scores, options.score_share)
    loud = _loud(inputs.hits, F.col("rule_id"), inputs.quiet)
    hits = loud.withColumn("lead_id", _lead_id(options))
    is_compared = F.coalesce(F.col("role") == COMPARED, F.lit(False))
    claims = inputs.hit_lines.where(~is_compared).join(
        hits.select("hit_id", "lead_id", *SUBJECT, "rule_id", "is_estimate"), on="hit_id", how="inner"
    )
    compared = inputs.hit_lines.where(is_compared).join(hits.select("hit_id", "lead_id", "rule_id"), on="hit_id")
    money_lines = once_per_line(claims, inputs.settlements)
    bare = _bare_estimates(hits, inputs.hit_lines)
    tips = tips_in_period(inputs.tips, options.period_start, options.period_end)
    gathered = _gathered(
        _rule_pieces(hits, _counted_by_rule(money_lines, bare)),
        _money_pieces(money_lines, bare),
        percentiles(inputs.scores).withColumn("lead_id", _lead_id(options)),
        _loud(standing_out, F.lit(SCORE_KIND), inputs.quiet).withColumn("lead_id", _lead_id(options)),
        strongest_reasons(inputs.score_reasons).withColumn("lead_id", _lead_id(options)),
        _loud(tips, F.lit(TIP_KIND), inputs.quiet).withColumn("lead_id", _lead_id(options)),
        judged={rule_id: card.indicator for rule_id, card in cards.rules.items() if card.indicator},
    )
    leads = _ranked(gathered, inputs, cards, options)
    evidence = _evidence(_evidence_lines(money_lines, compared, inputs.lines), gathered)
    found = findings(gathered)
    if inputs.quiet is not None:
        found = found.unionByName(quiet_findings(inputs.hits, standing_out, tips, inputs.quiet))
    return Fused(leads, evidence, found, (money_lines, gathered))


def _loud(rows: DataFrame, kind: Column, quiet: DataFrame | None) -> DataFrame:
    """The rows of subjects, but for those whose finding of the kind is quiet."""
    if quiet is None:
        return rows
    columns = rows.columns
    return rows.withColumn("kind", kind).join(F.broadcast(quiet), on=list(FINDING), how="left_anti").select(*columns)


def _lead_id(options: FuseOptions) -> Column:
    """Fingerprint of subject and period: the same subject has the same lead however its hits change."""
    period = F.lit(f"{options.period_start}|{options.period_end}")
    return F.substring(F.sha2(F.concat_ws("|", *SUBJECT, period), 256), 1, 16)


def _rule_pieces(hits: DataFrame, counted: DataFrame) -> DataFrame:
    """Grain: lead × rule. How often, for how much, what of it counts, in which tier, and its dearest hit as example.

    Among hits as dear the earliest is the example, then the first by its text: an id may be a token and says nothing.
    """
    tier_place = F.lit(len(TIERS))
    for place, tier in enumerate(TIERS):
        tier_place = F.when(F.col("tier") == tier, F.lit(place)).otherwise(tier_place)
    amount = F.coalesce("amount_at_risk", F.lit(0))
    # an estimate of nothing is one whose base the night did not compute
    is_priced = ~F.equal_null("money_method", F.lit(NO_MONEY)) & ~(F.col("is_estimate") & (amount == 0))
    example = F.min(F.struct((-amount).alias("order"), "period_start", "reason_zh", "reason_en"))
    rules = hits.groupBy("lead_id", *SUBJECT, "rule_id").agg(
        F.count(F.lit(1)).alias("hits"),
        F.sum(amount).alias("money"),
        F.bool_and("is_estimate").alias("is_estimate"),
        F.bool_or(is_priced).alias("is_priced"),
        example["reason_zh"].alias("example_zh"),
        example["reason_en"].alias("example_en"),
        F.min(tier_place).alias("tier_place"),
    )
    text = ("rule_id", "hits", "money", "counted", "is_estimate", "example_zh", "example_en")
    rule = F.struct((-F.col("money")).alias("order"), *text).alias("rule")
    return (
        rules.join(counted, on=["lead_id", "rule_id"], how="left")
        .withColumn("counted", F.coalesce("counted", F.lit(0)).cast(MONEY))
        .select("lead_id", *SUBJECT, F.col("hits").alias("hit_count"), "is_priced", "tier_place", rule)
    )


def _bare_estimates(hits: DataFrame, hit_lines: DataFrame) -> DataFrame:
    """Grain: hit. Estimates of all that somebody did: they have no line. Two of them may be of the same money, and
    nobody knows how much: of a lead's the greatest counts."""
    bare = hits.where("is_estimate").join(hit_lines, on="hit_id", how="left_anti")
    amount = F.coalesce("amount_at_risk", F.lit(0)).cast(MONEY)
    place = F.row_number().over(Window.partitionBy("lead_id").orderBy(amount.desc(), "rule_id", "hit_id"))
    counted = F.when(place == 1, amount).otherwise(F.lit(0).cast(MONEY))
    return bare.select("lead_id", "rule_id", counted.alias("amount_at_risk"))


def _counted_by_rule(money_lines: DataFrame, bare: DataFrame) -> DataFrame:
    """Grain: lead × rule. What counts for the rule; over a lead's rules it adds up to what counts for the lead."""
    of_lines = money_lines.select("lead_id", F.col("counted_rule_id").alias("rule_id"), "amount_at_risk")
    return of_lines.unionByName(bare).groupBy("lead_id", "rule_id").agg(F.sum("amount_at_risk").alias("counted"))


def _money_pieces(money_lines: DataFrame, bare: DataFrame) -> DataFrame:
    """Grain: lead, in pieces. Firm and estimated money, and the number of lines.

    A firm hit needs lines to prove its money.
    """
    firm = F.when(~F.col("is_estimate"), F.col("amount_at_risk"))
    estimate = F.when(F.col("is_estimate"), F.col("amount_at_risk"))
    in_question = F.when(~F.col("is_estimate"), F.col("amount_in_question"))
    per_lead = money_lines.groupBy("lead_id").agg(
        F.sum(firm).alias("amount_at_risk"),
        F.sum(in_question).alias("amount_in_question"),
        F.sum(estimate).alias("estimated_amount"),
        F.count_distinct("line_id").alias("line_count"),
    )
    per_hit = bare.select("lead_id", F.col("amount_at_risk").cast("decimal(26,2)").alias("estimated_amount"))
    return per_lead.unionByName(per_hit, allowMissingColumns=True)


def _gathered(*pieces: DataFrame, judged: Mapping[str, str]) -> DataFrame:
    """Grain: lead. All that is known of a subject with a hit, a standing-out score or a tip, in one grouping.

    The tier comes from hits alone. A subject that stands out by score keeps all its score's reasons, another one
    only what is noteworthy by itself; neither those whose indicator a rule that hit has `judged`: what is one finding
    is told once.
    """
    rows = stacked(pieces, missing_as_null=True)
    leads = rows.groupBy("lead_id").agg(
        *(F.max(name).alias(name) for name in SUBJECT),
        F.coalesce(F.sum("hit_count"), F.lit(0)).cast("bigint").alias("hit_count"),
        F.min("tier_place").alias("tier_place"),
        F.array_sort(F.collect_list("rule")).alias("rules"),
        F.coalesce(F.sum("amount_at_risk"), F.lit(0)).cast(MONEY).alias("amount_at_risk"),
        F.coalesce(F.sum("amount_in_question"), F.lit(0)).cast(MONEY).alias("amount_in_question"),
        F.coalesce(F.sum("estimated_amount"), F.lit(0)).cast(MONEY).alias("estimated_amount"),
        F.coalesce(F.sum("line_count"), F.lit(0)).cast("bigint").alias("line_count"),
        F.coalesce(F.bool_or("is_priced"), F.lit(False)).alias("is_priced"),
        F.max("score").alias("score"),
        F.max("position").alias("position"),
        F.max_by("score_peers", F.struct("score", "score_peers")).alias("score_peers"),
        F.coalesce(F.bool_or("is_standout"), F.lit(False)).alias("is_standout"),
        F.array_sort(F.collect_list("reason")).alias("reasons"),
        F.coalesce(F.max("tip_count"), F.lit(0)).cast("bigint").alias("tip_count"),
        F.max("tip_newest").alias("tip_newest"),
    )
    told = F.transform("rules", lambda rule: looked_up(judged, rule["rule_id"]))

    def is_reported(reason: Column) -> Column:
        is_shown = F.col("is_standout") | (reason["strength"] >= NOTEWORTHY_Z)
        return is_shown & ~F.array_contains(told, reason["indicator"])

    return (
        leads.where((F.col("hit_count") > 0) | F.col("is_standout") | (F.col("tip_count") > 0))
        .withColumns({"indicators": F.filter("reasons", is_reported), "strength": strength(F.col("reasons"))})
        .drop("reasons")
    )


def _ranked(gathered: DataFrame, inputs: LeadInputs, cards: Cards, options: FuseOptions) -> DataFrame:
    """Grain: lead, with name, tier, texts, priority and place."""
    tiers = F.array(*(F.lit(tier) for tier in TIERS))
    named = gathered.join(public_names(inputs.institutions), on=list(SUBJECT), how="left")
    rows = with_workplaces(named, inputs.doctors, inputs.institutions).withColumns(
        {
            "subject_name": F.coalesce("subject_name", F.lit("")),
            "period_start": F.lit(options.period_start),
            "period_end": F.lit(options.period_end),
            "tier": F.coalesce(F.get(tiers, F.col("tier_place")), F.lit(WEAKEST_TIER)),
            "rule_ids": F.array_sort(F.transform("rules", lambda rule: rule["rule_id"])),
            **lead_texts(cards, options.currency),
        }
    )
    shown = said_percentile("score", "score_peers")
    weighed = rows.withColumn("learned_factor", learned_factor(options.learned))
    placed = with_places(weighed, options.letter_amount)
    return placed.withColumn("score", shown).select(*TABLES["lead"].names_without("business_date"))


def _evidence_lines(money_lines: DataFrame, compared: DataFrame, lines: DataFrame) -> DataFrame:
    """Grain: lead × line, with what the line says; a line that only an estimate rests on counts zero, as does one that
    is there to be compared with."""
    firm = F.when(F.col("is_estimate"), F.lit(0)).otherwise(F.col("amount_at_risk"))
    in_question = F.when(~F.col("is_estimate"), F.col("amount_in_question"))
    beside = compared.select(
        "lead_id",
        "line_id",
        F.array("rule_id").alias("rule_ids"),
        F.lit(True).alias("is_estimate"),
        F.lit(0).cast(MONEY).alias("amount_at_risk"),
        F.lit(0).cast(MONEY).alias("amount_in_question"),
        F.lit(COMPARED).alias("role"),
    )
    rows = money_lines.select(*(c for c in beside.columns if c != "role"), F.lit(COUNTED).alias("role"))
    once = (
        rows.unionByName(beside)
        .groupBy("lead_id", "line_id")
        .agg(
            F.max("role").alias("role"),  # a line that any rule counts is counted
            F.array_sort(F.array_distinct(F.flatten(F.collect_list("rule_ids")))).alias("rule_ids"),
            F.max(firm).cast(MONEY).alias("amount_at_risk"),
            F.coalesce(F.max(in_question), F.lit(0)).cast(MONEY).alias("amount_in_question"),
        )
    )
    shown = lines.select(
        "line_id", "encounter_id", "settlement_id", "patient_id", "institution_id", "charged_at",
        "item_code", "item_name", "quantity", "unit_price", "amount", "covered_amount", "ordering_department",
        "ordering_doctor_id",
    )  # fmt: skip
    return once.join(shown, on="line_id", how="left")


def _evidence(evidence_lines: DataFrame, gathered: DataFrame) -> DataFrame:
    """Grain: lead × line or indicator. Lines come first, the dearest ahead; then indicators by strength."""
    reasons = gathered.select("lead_id", F.explode("indicators").alias("reason")).select("lead_id", "reason.*")
    rows = evidence_lines.withColumn("kind", F.lit("line")).unionByName(
        reasons.withColumn("kind", F.lit("indicator")), allowMissingColumns=True
    )
    order = Window.partitionBy("lead_id").orderBy(
        F.desc("kind"), F.desc("amount_at_risk"), "charged_at", "line_id", "order", "indicator"
    )
    return rows.withColumn("place", F.row_number().over(order)).select(
        *TABLES["lead_evidence"].names_without("business_date")
    )
