"""A pass: one projection tags all rules that share its shuffles, one aggregation counts what was judged and hit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import MEASURED
from fundwatch.expressions.declared import all_of, literal
from rules.catalogue.rule import PLACEHOLDER, Rule
from rules.engine.measures import Columns, JudgedRule, Shared, steps
from rules.engine.money import MONEY
from rules.frames.inputs import ScanWindow
from rules.frames.registry import GRAINS

_SEPARATOR = "\x1f"
_SHARE = "decimal(20,10)"
_OF_LINE = ("line_id", "settlement_id")
_PROOF_TYPES = {"service_date": "date", "proof_day": "date", "proof_encounters": "array<string>"}
_BUCKETS = 32
HIT_TYPE = (
    "struct<hit_id:string,rule_id:string,subject_id:string,patient_id:string,institution_id:string,"
    "encounter_id:string,share:decimal(20,10),estimate:decimal(16,2),with_account:boolean,facts:map<string,string>,"
    "compared_line_id:string,service_date:date,"
    "proof_day:date,proof_encounters:array<string>,line_id:string,settlement_id:string>"
)


def seen(rule: Rule) -> str:
    """The column that says whether the rule judges the row, and the row falls into the window."""
    return f"seen__{rule.column}"


def hit(rule: Rule) -> str:
    """The column that says whether the rule hits the row."""
    return f"hit__{rule.column}"


def tag(rows: DataFrame, shared: Shared, rules: Sequence[JudgedRule], window: ScanWindow) -> DataFrame:
    """The rows that some rule judges, with `judged__…`, `seen__…`, `hit__…` and the rules' measures.

    Flags are computed after the first shuffle: a shuffle carries what they are made of anyway.
    """
    judged = " OR ".join(f"({judges})" for judges in _flags(shared, rules).values())
    return measured(rows.filter(judged), shared, rules, window)


def measured(rows: DataFrame, shared: Shared, rules: Sequence[JudgedRule], window: ScanWindow) -> DataFrame:
    """All of the rows with the same columns, those that no rule judges among them."""
    flags, tagged = _flags(shared, rules), rows
    together, flagged = Columns(), False
    for step in steps(rules, shared.keys):
        if step.key != together:
            tagged, together = tagged.repartition(*sorted(step.key)), step.key
        if not flagged:
            tagged, flagged = _with_flags(tagged, flags), True
        tagged = tagged.select("*", *(F.expr(sql).alias(name) for name, sql in step.made.items()))
    tagged = tagged if flagged else _with_flags(tagged, flags)
    dates = f"BETWEEN {literal(window.start)} AND {literal(window.end)}"
    in_window = {seen(r.rule): all_of([r.judged, f"{GRAINS[r.rule.grain].judged_on} {dates}"]) for r in rules}
    tagged = tagged.select("*", *(F.expr(condition).alias(name) for name, condition in in_window.items()))
    hits = {hit(r.rule): all_of([seen(r.rule), r.bound(r.rule.when)]) for r in rules}
    return tagged.select("*", *(F.expr(condition).alias(name) for name, condition in hits.items()))


def _flags(shared: Shared, rules: Sequence[JudgedRule]) -> dict[str, str]:
    """By the columns that say what the rules judge, the conditions that make them."""
    return {flag: judges for judges, flag in shared.flags.items() if flag in {rule.judged for rule in rules}}


def _with_flags(rows: DataFrame, flags: Mapping[str, str]) -> DataFrame:
    return rows.select("*", *(F.expr(judges).alias(flag) for flag, judges in flags.items()))


def fold(tagged: DataFrame, rules: Sequence[JudgedRule]) -> DataFrame:
    """Institution × bucket with `judged` (rule, institution, count of things) and `hits` (a struct per rule and row).

    Counts and hits come out of one pass over the rows. Buckets keep the hits of a big institution in many small rows.
    """
    row = GRAINS[rules[0].rule.grain].frame.row_key
    firsts = {r.rule.id: F.expr(f"{seen(r.rule)} AND {r.is_first}") for r in rules}
    any_hit = F.expr(" OR ".join(hit(r.rule) for r in rules))
    facts = _facts(tagged, rules)
    verdicts = F.array_compact(F.array(*(F.when(F.col(hit(r.rule)), _verdict(r, facts[r.rule.id])) for r in rules)))
    # within a lambda no code is generated: the evidence of all rules would be most of it, for the few rows that hit
    of_hit = F.flatten(F.transform(F.when(any_hit, F.array(F.lit(0))), lambda _: verdicts))
    reported = tagged.select(
        F.col("institution_id").alias("place"),
        F.pmod(F.xxhash64(row), F.lit(_BUCKETS)).alias("bucket"),
        *(first.alias(rule_id) for rule_id, first in firsts.items()),
        of_hit.alias("verdicts"),
    )
    counts = (F.count_if(F.col(f"`{r.rule.id}`")).alias(r.rule.id) for r in rules)
    folded = reported.groupBy("place", "bucket").agg(*counts, F.flatten(F.collect_list("verdicts")).alias("hits"))
    return folded.select(F.array(*(_judged_count(r.rule) for r in rules)).alias("judged"), "hits")


def _judged_count(rule: Rule) -> Column:
    """A thing that spans institutions counts under none."""
    is_of_one = "institution_id" in GRAINS[rule.grain].identifies
    where = F.col("place") if is_of_one else F.lit(None).cast("string")
    fields = {"rule_id": F.lit(rule.id), "institution_id": where, "judged_count": F.col(f"`{rule.id}`")}
    return F.struct(*(value.alias(name) for name, value in fields.items()))


def with_lines(hits: DataFrame, lines: DataFrame) -> DataFrame:
    """Hits with the fee lines of the encounters that prove them. A hit without lines stays, without money."""
    spread = hits.select(
        *(c for c in hits.columns if c not in (*_OF_LINE, "proof_encounters")),
        F.explode("proof_encounters").alias("proof_encounter"),
    )
    proof = lines.select(*_OF_LINE, F.col("encounter_id").alias("_encounter"), F.col("service_date").alias("_day"))
    same_day = F.col("proof_day").isNull() | (F.col("proof_day") == F.col("_day"))
    joined = spread.join(proof, on=(F.col("proof_encounter") == F.col("_encounter")) & same_day, how="left")
    return joined.drop("proof_encounter", "_encounter", "_day")


def hit_id(rule: Rule) -> Column:
    """The fingerprint of rule and thing. That of a variant is its rule's, with the variant's own end."""
    thing = [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in GRAINS[rule.grain].thing]
    of_rule = F.substring(F.sha2(F.concat_ws(_SEPARATOR, F.lit(rule.base_id), *thing), 256), 1, 32)
    return of_rule if rule.id == rule.base_id else F.concat(of_rule, F.lit(rule.id.removeprefix(rule.base_id)))


def _verdict(judged: JudgedRule, facts: Mapping[str, Column]) -> Column:
    rule, grain, subject = judged.rule, GRAINS[judged.rule.grain], MEASURED[judged.rule.subject]
    identity = {
        name: F.col(name) if name in grain.identifies else F.lit(None).cast("string")
        for name in ("patient_id", "institution_id", "encounter_id")
    }
    share = F.least(F.greatest(F.expr(judged.bound(rule.money.share)).cast(_SHARE), F.lit(0)), F.lit(1))
    fields = {
        "hit_id": hit_id(rule),
        "rule_id": F.lit(rule.id),
        "subject_id": F.col(subject.line_id or subject.id_column),
        **identity,
        "share": F.coalesce(share.cast(_SHARE), F.lit(0).cast(_SHARE)),
        "estimate": F.expr(f"try_cast({judged.bound(rule.money.estimate or 'NULL')} AS {MONEY})"),
        "with_account": F.lit(rule.money.account),
        "facts": F.map_from_arrays(F.array(*map(F.lit, facts)), F.array(*facts.values())),
        "compared_line_id": F.expr(judged.bound(rule.compares or "NULL")).cast("string"),
    }
    fields |= _proof(rule)
    return F.struct(*(value.alias(name) for name, value in fields.items()))


def _proof(rule: Rule) -> dict[str, Column]:
    """The row's own fee line, or the encounters that lead to the lines; one shape for all frames."""
    nothing = {**_PROOF_TYPES, **{name: TABLES["claim_line"].spark_type(name) for name in _OF_LINE}}
    proof = {name: F.lit(None).cast(kind) for name, kind in nothing.items()}
    frame = GRAINS[rule.grain].frame
    if frame.proof is None:
        return proof | {name: F.col(name) for name in ("service_date", *_OF_LINE)}
    return proof | {
        "service_date": F.col("service_date"),
        "proof_day": F.col("proof_day"),
        "proof_encounters": F.expr(frame.proof.format(of=rule.money.of)),
    }


def _facts(tagged: DataFrame, rules: Sequence[JudgedRule]) -> dict[str, dict[str, Column]]:
    """By rule the values that its reason names, as texts a person reads."""
    texts = {r.rule.id: {name: _sql_of(r, name) for name in sorted(r.rule.fact_names)} for r in rules}
    values = list(dict.fromkeys(text for named in texts.values() for text in named.values()))
    kinds = [kind for _, kind in tagged.select(*(F.expr(v).alias(f"{n}") for n, v in enumerate(values))).dtypes]
    texts_of = {value: readable(F.expr(value), kind) for value, kind in zip(values, kinds, strict=True)}
    return {rule_id: {name: texts_of[text] for name, text in named.items()} for rule_id, named in texts.items()}


def _sql_of(judged: JudgedRule, name: str) -> str:
    if name in judged.rule.params and name not in judged.rule.facts:
        return literal(judged.rule.params[name])
    return judged.bound(judged.rule.facts.get(name, name))


def readable(value: Column, kind: str) -> Column:
    """Dates without seconds, numbers without idle zeros, a word for the unknown."""
    if kind.startswith("timestamp"):
        text = F.date_format(value, "yyyy-MM-dd HH:mm")
    elif kind.startswith("decimal") and not kind.endswith(",0)"):
        text = F.regexp_replace(value.cast("string"), r"\.?0+$", "")
    else:
        text = value.cast("string")
    return F.coalesce(text, F.lit("?"))


def reason_parts(template: str) -> list[str]:
    """The template cut at its placeholders: texts at even places, names of facts at odd ones."""
    return re.split(PLACEHOLDER, template)


def reason(parts: str) -> Column:
    """The reason out of the column of its parts and the column `facts`."""
    return F.expr(f"array_join(transform({parts}, (part, n) -> IF(n % 2 = 1, coalesce(facts[part], '?'), part)), '')")
