"""One pass per frame: one projection tags every rule, one aggregation counts what was judged and keeps what was hit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.expressions.declared import all_of, literal, names_in, written
from rules.catalogue.rule import PLACEHOLDER, Rule, RuleMeasure, RuleSet
from rules.frames.inputs import ScanWindow
from rules.frames.registry import GRAINS

_SEPARATOR = "\x1f"
_SHARE = "decimal(20,10)"
_OF_LINE = ("line_id", "settlement_id")
_PROOF_TYPES = {"service_date": "date", "proof_day": "date", "proof_encounters": "array<string>"}
_BUCKETS = 32
HIT_TYPE = (
    "struct<hit_id:string,rule_id:string,subject_id:string,patient_id:string,institution_id:string,"
    "encounter_id:string,share:decimal(20,10),with_account:boolean,facts:map<string,string>,"
    "compared_line_id:string,service_date:date,"
    "proof_day:date,proof_encounters:array<string>,line_id:string,settlement_id:string>"
)


def judged(rule: Rule) -> str:
    """The column that says whether the rule judges the row."""
    return f"judged__{rule.id.replace('-', '_')}"


def seen(rule: Rule) -> str:
    """The column that says whether the rule judges the row, and the row falls into the window."""
    return f"seen__{rule.id.replace('-', '_')}"


def hit(rule: Rule) -> str:
    """The column that says whether the rule hits the row."""
    return f"hit__{rule.id.replace('-', '_')}"


def eligibility(rule_set: RuleSet, rule: Rule) -> str:
    """What the rule judges: its `where`, the dates it is in force, and none of its exclusions."""
    dates = [f"service_date >= {literal(rule.valid.from_)}"]
    if rule.valid.to is not None:
        dates.append(f"service_date <= {literal(rule.valid.to)}")
    conditions = (written(rule_set.exclusions[name].condition) for name in rule.exclude)
    spared = [f"NOT coalesce(({condition}), FALSE)" for condition in conditions]
    return all_of([rule.bound(rule.where), *dates, *spared])


def tag(rows: DataFrame, rule_set: RuleSet, rules: Sequence[Rule], window: ScanWindow) -> DataFrame:
    """The rows with `judged__…`, `seen__…` and `hit__…` of every rule, and the rules' measures.

    Measures run over judged rows alone: the flag is part of each window's key.
    """
    tagged = rows.select("*", *(F.expr(eligibility(rule_set, rule)).alias(judged(rule)) for rule in rules))
    for level in _levels(rules):
        tagged = tagged.select("*", *(F.expr(_window(rule, m)).alias(name) for rule, name, m in level))
    dates = f"BETWEEN {literal(window.start)} AND {literal(window.end)}"
    in_window = {r.id: all_of([judged(r), f"{GRAINS[r.grain].judged_on} {dates}"]) for r in rules}
    tagged = tagged.select("*", *(F.expr(in_window[r.id]).alias(seen(r)) for r in rules))
    return tagged.select("*", *(F.expr(all_of([seen(r), r.bound(r.when)])).alias(hit(r)) for r in rules))


def _levels(rules: Sequence[Rule]) -> list[list[tuple[Rule, str, RuleMeasure]]]:
    """The measures, those that look at other measures after these."""
    waiting = [(rule, name, m) for rule in rules for name, m in rule.measures.items()]
    levels: list[list[tuple[Rule, str, RuleMeasure]]] = []
    while waiting:
        names = {name for _, name, _ in waiting}
        ready = [w for w in waiting if not _seen_by(w[2], names - {w[1]})]
        levels.append(ready or waiting)  # measures that look at each other are left to the analyser to refuse
        waiting = [w for w in waiting if w not in levels[-1]]
    return levels


def _seen_by(measure: RuleMeasure, measures: set[str]) -> frozenset[str]:
    return frozenset().union(*(names_in(text, measures) for text in (measure.compute, *measure.by, *measure.order)))


def _window(rule: Rule, measure: RuleMeasure) -> str:
    order, span = ", ".join(map(written, measure.order)), ""
    if measure.over_days is not None:
        days = int(rule.bound(str(measure.over_days)))
        order, span = "unix_date(service_date)", f"RANGE BETWEEN {days - 1} PRECEDING AND CURRENT ROW"
    by = ", ".join((*map(written, measure.by), judged(rule)))
    ordered = f"ORDER BY {order}" if order else ""
    return f"{rule.bound(measure.compute)} OVER (PARTITION BY {by} {ordered} {span})"


def fold(tagged: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """Institution × bucket with `judged` (rule, institution, count of things) and `hits` (a struct per rule and row).

    Counts and hits come out of one pass over the rows. Buckets keep the hits of a big institution in many small rows.
    """
    row = GRAINS[rules[0].grain].frame.row_key
    firsts = {rule.id: F.expr(f"{seen(rule)} AND {_is_first(rule, row)}") for rule in rules}
    any_hit = F.expr(" OR ".join(hit(rule) for rule in rules))
    verdicts = F.array_compact(F.array(*(F.when(F.col(hit(rule)), _verdict(tagged, rule)) for rule in rules)))
    reported = tagged.select(
        F.col("institution_id").alias("place"),
        F.pmod(F.xxhash64(row), F.lit(_BUCKETS)).alias("bucket"),
        *(first.alias(rule_id) for rule_id, first in firsts.items()),
        F.when(any_hit, verdicts).alias("verdicts"),
    )
    counts = (F.count_if(F.col(f"`{rule.id}`")).alias(rule.id) for rule in rules)
    folded = reported.groupBy("place", "bucket").agg(*counts, F.flatten(F.collect_list("verdicts")).alias("hits"))
    return folded.select(F.array(*(_judged_count(rule) for rule in rules)).alias("judged"), "hits")


def _is_first(rule: Rule, row: str) -> str:
    """Whether the row is the one that stands for its thing; the window is one that the rule's measures need anyway."""
    thing = GRAINS[rule.grain].thing
    return "TRUE" if thing == (row,) else f"{row} = min({row}) OVER (PARTITION BY {', '.join((*thing, judged(rule)))})"


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


def _verdict(tagged: DataFrame, rule: Rule) -> Column:
    grain = GRAINS[rule.grain]
    facts = _facts(tagged, rule)
    thing = [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in grain.thing]
    identity = {
        name: F.col(name) if name in grain.identifies else F.lit(None).cast("string")
        for name in ("patient_id", "institution_id", "encounter_id")
    }
    share = F.least(F.greatest(F.expr(rule.bound(rule.money.share)).cast(_SHARE), F.lit(0)), F.lit(1))
    fields = {
        "hit_id": F.substring(F.sha2(F.concat_ws(_SEPARATOR, F.lit(rule.id), *thing), 256), 1, 32),
        "rule_id": F.lit(rule.id),
        "subject_id": F.col(ENTITIES[rule.subject].line_id),
        **identity,
        "share": F.coalesce(share.cast(_SHARE), F.lit(0).cast(_SHARE)),
        "with_account": F.lit(rule.money.account),
        "facts": F.map_from_arrays(F.array(*map(F.lit, facts)), F.array(*facts.values())),
        "compared_line_id": F.expr(rule.bound(rule.compares or "NULL")).cast("string"),
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


def _facts(tagged: DataFrame, rule: Rule) -> dict[str, Column]:
    """The values that the reason names, as texts a person reads."""
    texts = {name: _sql_of(rule, name) for name in sorted(rule.fact_names)}
    kinds = dict(tagged.select(*(F.expr(text).alias(name) for name, text in texts.items())).dtypes)
    return {name: _readable(F.expr(text), kinds[name]) for name, text in texts.items()}


def _sql_of(rule: Rule, name: str) -> str:
    if name in rule.params and name not in rule.facts:
        return literal(rule.params[name])
    return rule.bound(rule.facts.get(name, name))


def _readable(value: Column, kind: str) -> Column:
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
