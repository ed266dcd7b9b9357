"""The scan: all rules over the clean tables of a night, in one pass per grain; what could not run is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import small_frame, stacked
from rules.benefits.policies import Policies
from rules.catalogue.rule import Rule, RuleSet
from rules.engine.measures import JudgedRule, Shared, together
from rules.engine.money import MONEY, with_money
from rules.engine.needs import columns_wanted, done_without, knowledge_needed, why_not
from rules.engine.passes import HIT_TYPE, fold, reason, reason_parts, tag, with_lines
from rules.engine.seen import why_nothing
from rules.frames.inputs import NO_POLICIES, ScanInputs, ScanWindow, settled_lines
from rules.frames.registry import GRAINS, frames
from rules.knowledge.framed import PointsByClass

__all__ = ["Scan", "ScanWindow", "scan"]

_LONGEST_PROBLEM = 300
Materialize = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True)
class Scan:
    """What a scan found. `materialized()` before reading it more than once.

    `parts` are the passes, each with counts of judged things and raw hits; `states` is one row per rule with its
    version, the problem where it did not run, why it did not where it judged nothing, and what it did without; `found`
    is `rule_hit` with an array `lines` of `hit_line`.
    """

    parts: tuple[DataFrame, ...]
    states: DataFrame
    window: ScanWindow
    to_found: Callable[[DataFrame], DataFrame]
    materialized_found: DataFrame | None = None

    @property
    def passes(self) -> DataFrame:
        """The passes of all frames, one under the other."""
        return stacked(self.parts)

    @property
    def found(self) -> DataFrame:
        """One row per hit with its lines inside."""
        return self.to_found(self.passes) if self.materialized_found is None else self.materialized_found

    @property
    def hits(self) -> DataFrame:
        """`rule_hit` without the business date."""
        return self.found.select(*TABLES["rule_hit"].names_without("business_date"))

    @property
    def hit_lines(self) -> DataFrame:
        """`hit_line` without the business date."""
        return self.found.select("hit_id", F.inline("lines")).select(*TABLES["hit_line"].names_without("business_date"))

    @property
    def coverage(self) -> DataFrame:
        """`rule_coverage` without the business date: every rule stands in it, by institution where it looked.

        A rule that looked at nothing did not run: that nothing was found would say too much.
        """
        judged = self.passes.select(F.inline("judged"), F.lit(None).cast("string").alias("hit_id"))
        hits = self.passes.select(F.inline("hits")).select("rule_id", "institution_id", "hit_id")
        counts = judged.unionByName(hits.withColumn("judged_count", F.lit(0)))
        seen = counts.groupBy("rule_id", "institution_id").agg(
            F.sum("judged_count").alias("judged_count"), F.count_distinct("hit_id").alias("hit_count")
        )
        rows = self.states.join(seen.filter("judged_count > 0 OR hit_count > 0"), on="rule_id", how="left")
        unmet = F.when(F.col("judged_count").isNull(), F.col("nothing"))
        reported = rows.withColumn("stopped", F.coalesce(F.nullif("problem", F.lit("")), unmet))
        ran = F.col("stopped").isNull()
        counted = {name: F.when(ran, F.coalesce(name, F.lit(0))) for name in ("judged_count", "hit_count")}
        return reported.select(
            *("rule_id", "rule_version", "rule_state", "institution_id"),
            F.coalesce("stopped", F.nullif("without", F.lit(""))).alias("why_not"),
            F.when(ran, F.lit("run")).otherwise(F.lit("not_run")).alias("state"),
            F.lit(self.window.start).alias("period_start"),
            F.lit(self.window.end).alias("period_end"),
            *(count.cast("bigint").alias(name) for name, count in counted.items()),
        ).select(*TABLES["rule_coverage"].names_without("business_date"))

    def materialized(self, compute: Callable[[Sequence[DataFrame]], Sequence[DataFrame]]) -> Scan:
        """The same, computed once for all that read it; `compute` computes the rows of frames.

        Each pass is computed by itself: a task of all of them together would be sent the expressions of every rule.
        """
        parts = tuple(compute(self.parts))
        (found,) = compute([self.to_found(stacked(parts))])
        return replace(self, parts=parts, materialized_found=found)


def scan(
    rule_set: RuleSet,
    tables: Mapping[str, DataFrame],
    supplied: Mapping[str, frozenset[str]],
    knowledge: PointsByClass,
    window: ScanWindow,
    materialize: Materialize = lambda rows: rows,
    dates_only: frozenset[str] = frozenset(),
    policies: Policies = NO_POLICIES,
) -> Scan:
    """Judge the window's services by every rule that can run.

    `tables` are clean tables as known, by name; `supplied` says which of their columns the source fills, `dates_only`
    of which times (`table.column`) it knows the day alone; `policies` are the benefit policies. A rule that lacks
    something, or that Spark's analyser refuses, is `not_run` in the coverage with the reason. `materialize` computes
    once the rows of a frame that several passes read.
    """
    inputs = ScanInputs(tables, knowledge, window, dates_only, policies)
    there = (tables.keys(), supplied, knowledge, dates_only, policies)
    reasons = {rule.id: why_not(rule_set, rule, *there) for rule in rule_set.rules}
    passes: list[DataFrame] = []
    for frame in frames():
        rules = [r for r in rule_set.rules if GRAINS[r.grain].frame is frame and not reasons[r.id]]
        if rules:
            wanted = frozenset().union(*(columns_wanted(rule_set, rule) for rule in rules))
            rows = frame.build(inputs, wanted, max(memory_days(rule) for rule in rules))
            if len(_groups(rule_set, rules)[1]) > 1:
                rows = materialize(rows)
            folded, broken = _folded(rows, rule_set, rules, window)
            reasons |= broken
            passes += folded
    session = next(iter(tables.values())).sparkSession
    return Scan(
        parts=tuple(passes) or (_nothing(session),),
        states=_states(session, rule_set, reasons, supplied, window),
        window=window,
        to_found=lambda done: _to_hits(done.select(F.inline("hits")), rule_set, inputs, materialize),
    )


def _nothing(session: SparkSession) -> DataFrame:
    """Passes of no rule at all."""
    judged = "judged array<struct<rule_id:string,institution_id:string,judged_count:bigint>>"
    return session.createDataFrame([], f"{judged}, hits array<{HIT_TYPE}>")


def memory_days(rule: Rule) -> int:
    """How many days before the window the rule's measures look back to."""
    return max((int(rule.bound(str(m.over_days))) for m in rule.measures.values() if m.over_days), default=0)


def _folded(
    rows: DataFrame, rule_set: RuleSet, rules: Sequence[Rule], window: ScanWindow
) -> tuple[list[DataFrame], dict[str, str]]:
    """The passes of the rules that Spark's analyser accepts, and what it has against the others. No job runs.

    All are looked at together first; one by one only to find who is at fault.
    """
    folded, problem = _analysed(rows, rule_set, rules, window)
    if not problem:
        return folded, {}
    problems = {rule.id: _analysed(rows, rule_set, [rule], window)[1] for rule in rules}
    fit = [rule for rule in rules if not problems[rule.id]]
    broken = {rule_id: problem for rule_id, problem in problems.items() if problem}
    return (_analysed(rows, rule_set, fit, window)[0] if fit else []), broken


def _analysed(
    rows: DataFrame, rule_set: RuleSet, rules: Sequence[Rule], window: ScanWindow
) -> tuple[list[DataFrame], str]:
    """A pass per group of rules that need the same shuffles, or the problem of one of them."""
    shared, groups = _groups(rule_set, rules)
    try:
        folded = [fold(tag(rows, shared, group, window), group) for group in groups]
        _ = [found.schema for found in folded]  # a Connect session analyses only now
    except AnalysisException as error:
        return [], f"the rule is broken: {str(error).splitlines()[0][:_LONGEST_PROBLEM]}"
    return folded, ""


def _groups(rule_set: RuleSet, rules: Sequence[Rule]) -> tuple[Shared, list[list[JudgedRule]]]:
    """What the rules of a frame share, and the rules of each pass."""
    shared = Shared()
    judged = [shared.judge(rule_set, rule) for rule in rules]
    return shared, together(judged, shared.keys)


def _to_hits(hits: DataFrame, rule_set: RuleSet, inputs: ScanInputs, materialize: Materialize) -> DataFrame:
    """One row per hit with its lines inside; the facts are those of its last day."""
    on_lines = hits.filter(F.col("proof_encounters").isNull()).drop("proof_encounters")
    settled = settled_lines(inputs)
    elsewhere = with_lines(hits.filter(F.col("proof_encounters").isNotNull()), settled)
    lines = materialize(on_lines.unionByName(elsewhere))
    money = ("amount_at_risk", "amount_in_question")
    line = F.struct("line_id", "settlement_id", *money, F.lit("counted").alias("role"))
    identity = ("hit_id", "rule_id", "subject_id", "patient_id", "institution_id", "encounter_id")
    hits = (
        with_money(lines, settled, inputs.table("settlement"))
        .groupBy(*identity)
        .agg(
            F.min("service_date").alias("first_day"),
            F.max("service_date").alias("period_end"),
            (F.sum("amount_at_risk") + F.coalesce(F.max("estimate"), F.lit(0))).cast(MONEY).alias("amount_at_risk"),
            F.max_by("facts", F.struct("service_date", "line_id", F.to_json("facts"))).alias("facts"),
            F.sort_array(F.collect_list(F.when(F.col("line_id").isNotNull(), line))).alias("counted"),
            F.sort_array(F.collect_set("compared_line_id")).alias("compared"),
        )
        .withColumn("lines", F.concat("counted", _compared()))
    )
    reported = hits.join(_rule_rows(hits.sparkSession, rule_set), on="rule_id", how="left")
    since = F.date_sub("first_day", F.col("days_judged") - 1)
    return reported.select(
        "*", since.alias("period_start"), reason("parts_zh").alias("reason_zh"), reason("parts_en").alias("reason_en")
    )


def _compared() -> Column:
    """The lines that a hit's lines are compared with, as lines of the hit that count nothing."""
    others = F.filter("compared", lambda line_id: ~F.exists("counted", lambda line: line["line_id"] == line_id))
    nothing = (
        F.lit(None).cast("string").alias("settlement_id"),
        *(F.lit(0).cast("decimal(16,2)").alias(name) for name in ("amount_at_risk", "amount_in_question")),
        F.lit("compared").alias("role"),
    )
    return F.transform(others, lambda line_id: F.struct(line_id.alias("line_id"), *nothing))


def _rule_rows(session: SparkSession, rule_set: RuleSet) -> DataFrame:
    """One row per rule with what every hit of it says alike."""
    schema = (
        "rule_id string, rule_version string, tier string, rule_state string, grain string, subject_type string, "
        "money_method string, is_estimate boolean, days_judged int, parts_zh array<string>, parts_en array<string>"
    )
    rows = [
        (
            *(rule.id, rule_set.rule_fingerprint(rule), rule.tier.value, rule.state.value, rule.grain, rule.subject),
            *(rule.money.method, rule.money.is_estimate, rule.days_judged),
            *(reason_parts(rule.reason.zh), reason_parts(rule.reason.en)),
        )
        for rule in rule_set.rules
    ]
    return small_frame(session, schema, rows)


def _states(
    session: SparkSession,
    rule_set: RuleSet,
    reasons: Mapping[str, str],
    supplied: Mapping[str, frozenset[str]],
    window: ScanWindow,
) -> DataFrame:
    schema = "rule_id string, rule_version string, rule_state string, problem string, nothing string, without string"
    rows = []
    for rule in rule_set.rules:
        knowledge = ", ".join(sorted(knowledge_needed(rule)))
        reported = (reasons[rule.id], why_nothing(rule, window, knowledge), done_without(rule, supplied))
        rows.append((rule.id, rule_set.rule_fingerprint(rule), rule.state.value, *reported))
    return small_frame(session, schema, rows)
