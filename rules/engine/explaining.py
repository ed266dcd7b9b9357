"""One hit played again: the row that it was judged by, with what any expression of the rule comes to there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.catalogue.rule import Rule, RuleSet
from rules.engine.measures import Columns, JudgedRule, Shared
from rules.engine.needs import columns_wanted
from rules.engine.passes import hit, hit_id, measured, readable
from rules.engine.scan import memory_days
from rules.frames.inputs import ScanInputs
from rules.frames.registry import GRAINS

_MADE = ("judged__", "measure__")


@dataclass(frozen=True)
class HitPlace:
    """Which thing the hit is about: its id, and whom it names of those that its grain identifies."""

    hit_id: str
    named: Mapping[str, str]


def hit_row(
    rule_set: RuleSet, rule: Rule, inputs: ScanInputs, place: HitPlace, asked: Sequence[str], columns: Collection[str]
) -> DataFrame:
    """One row, that of the hit's thing which its reason was made of: `is_hit`, `is_judged` and `service_date`; `said`,
    what each expression asked for comes to there, a `?` for the unknown; and those of `columns` that
    the grain has, with an underscore before their names.

    Rows that the thing's measures do not look at are left out as soon as the engine can.
    """
    grain = GRAINS[rule.grain]
    further = ({*columns} & grain.columns.keys()) - rule.indicator_names.keys()
    rows = grain.frame.build(inputs, columns_wanted(rule_set, rule) | further, memory_days(rule))
    shared = Shared()
    judged = shared.judge(rule_set, rule)
    together = _keys(judged) & place.named.keys() & {*rows.columns}
    near = [F.col(name) == F.lit(place.named[name]) for name in sorted(together)]
    rows = rows.filter(reduce(lambda one, other: one & other, near)) if near else rows
    tagged = measured(rows, shared, [judged], inputs.window).filter(hit_id(rule) == F.lit(place.hit_id))
    texts = [judged.bound(text) for text in asked]
    kinds = [kind for _, kind in tagged.select(*(F.expr(text).alias(str(n)) for n, text in enumerate(texts))).dtypes]
    first = (hit(rule), judged.judged, "service_date", grain.frame.row_key)
    said = (readable(F.expr(text), kind) for text, kind in zip(texts, kinds, strict=True))
    of_thing = tagged.orderBy(*(F.desc_nulls_last(name) for name in first)).limit(1)
    return of_thing.select(
        F.col(hit(rule)).alias("is_hit"),
        F.col(judged.judged).alias("is_judged"),
        "service_date",
        F.array(*said).alias("said"),
        *(F.col(name).cast("string").alias(f"_{name}") for name in sorted(further)),
    )


def _keys(judged: JudgedRule) -> Columns:
    """The columns that all windows of the rule bring rows together by; of a rule without any, whatever a thing has."""
    over = [Columns(name for name in window.over if not name.startswith(_MADE)) for window in judged.windows]
    return reduce(lambda one, other: one & other, over) if over else Columns(GRAINS[judged.rule.grain].identifies)
