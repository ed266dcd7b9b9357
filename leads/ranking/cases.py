"""What goes on over nights: a case is one subject's finding of one kind, by a rule or by its scores.

A lead is one night's entry; the cases of its subject say which of its findings are new, have grown, go on, or have
faded since the earlier list. The id of a case is made once, on its first night, and handed on from list to list. A
finding that was gone for longer than the gap and comes back is a new case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from leads.ranking.naming import public_names
from leads.ranking.outliers import SUBJECT
from leads.ranking.tips import TIP_KIND

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SCORE_KIND = "score"
FINDING = (*SUBJECT, "kind")
MONEY = "decimal(16,2)"


class CaseState(StrEnum):
    """A case beside the earlier list. What nobody looked for has not faded: not knowing is not innocence."""

    NEW = "new"
    GROWN = "grown"
    SAME = "same"
    FADED = "faded"
    RECOVERED = "recovered"  # gone with its lines, which were reversed or refunded
    UNJUDGED = "unjudged"


_GONE = (CaseState.FADED, CaseState.RECOVERED)


@dataclass(frozen=True)
class CaseNight:
    """The night that cases are reported for, and for how many days a finding may be gone and still be the same case."""

    night: date
    gap_days: int


def findings(gathered: DataFrame) -> DataFrame:
    """Grain: subject × kind. What fusing gathered, one row for each rule that hit, one for standing out by score and
    one for being tipped off."""
    rule = F.col("rule")
    by_rule = gathered.select(*SUBJECT, F.explode("rules").alias("rule")).select(
        *SUBJECT,
        rule["rule_id"].alias("kind"),
        rule["hits"].cast("bigint").alias("hit_count"),
        rule["money"].cast(MONEY).alias("amount"),
        rule["is_estimate"].alias("is_estimate"),
    )
    by_score = _without_figures(gathered.where("is_standout"), SCORE_KIND)
    by_tip = _without_figures(gathered.where("tip_count > 0"), TIP_KIND)
    return by_rule.unionByName(by_score).unionByName(by_tip)


def _without_figures(subjects: DataFrame, kind: str) -> DataFrame:
    """Grain: subject × kind, of a kind that counts no hits and knows no money."""
    return subjects.select(
        *SUBJECT,
        F.lit(kind).alias("kind"),
        F.lit(0).cast("bigint").alias("hit_count"),
        F.lit(0).cast(MONEY).alias("amount"),
        F.lit(False).alias("is_estimate"),
    )


def quiet_findings(hits: DataFrame, standing_out: DataFrame, tips: DataFrame, quiet: DataFrame) -> DataFrame:
    """Grain: subject × kind. The same of what makes no lead tonight: it is there, and goes on."""
    amount = F.coalesce("amount_at_risk", F.lit(0))
    by_rule = hits.select(*SUBJECT, F.col("rule_id").alias("kind"), amount.alias("amount"), "is_estimate")
    by_score, by_tip = (
        _without_figures(subjects, kind).drop("hit_count")
        for subjects, kind in ((standing_out, SCORE_KIND), (tips, TIP_KIND))
    )
    rows = by_rule.unionByName(by_score).unionByName(by_tip).join(F.broadcast(quiet), on=list(FINDING), how="left_semi")
    is_hit = F.when(~F.col("kind").isin(SCORE_KIND, TIP_KIND), 1)
    return rows.groupBy(*FINDING).agg(
        F.count(is_hit).alias("hit_count"),
        F.sum("amount").cast(MONEY).alias("amount"),
        F.bool_and("is_estimate").alias("is_estimate"),
    )


@dataclass(frozen=True)
class JudgedKinds:
    """What was looked for tonight. `ran`: subject type × kind; `unheard`: subject × kind of whom it says nothing."""

    ran: DataFrame
    unheard: DataFrame


def judged(coverage: DataFrame, scores: DataFrame) -> JudgedKinds:
    """Scores of a type ran when all its models did, and of a subject when all of them scored it: who stood out by one
    that is silent tonight has not faded."""
    types = F.explode(F.array(*(F.lit(name) for name in ENTITIES)))
    rules = coverage.where("state = 'run'").select(types.alias("subject_type"), F.col("rule_id").alias("kind"))
    scored = scores.where("state = 'scored'").select(
        F.col("entity_type").alias("subject_type"), F.lit(SCORE_KIND).alias("kind")
    )
    skipped = scores.where("state = 'not_run'").select(
        F.col("entity_type").alias("subject_type"),
        F.col("entity_id").alias("subject_id"),  # empty: the model says nothing of anybody
        F.lit(SCORE_KIND).alias("kind"),
    )
    of_all = skipped.where("subject_id = ''").select("subject_type").distinct()
    heard = scored.join(of_all, on="subject_type", how="left_anti")
    return JudgedKinds(rules.unionByName(heard).distinct(), skipped.where("subject_id <> ''").distinct())


def cases(
    tonight: DataFrame,
    looked: JudgedKinds,
    earlier: DataFrame,
    names: DataFrame,
    at: CaseNight,
    recovered: DataFrame | None = None,
) -> DataFrame:
    """The table case of the night, without business_date.

    `tonight` are the findings, `looked` what was judged, `earlier` the table's rows of the earlier list (none at
    first), `names` the register of institutions; `recovered` the findings whose lines were reversed meanwhile.
    """
    oldest = F.lit(at.night - timedelta(days=at.gap_days))
    kept = earlier.where((F.col("last_seen") >= oldest) | ~F.col("state").isin(*_GONE, CaseState.UNJUDGED))
    before = kept.select(
        *FINDING, *(F.col(name).alias(f"was_{name}") for name in earlier.columns if name not in FINDING)
    )
    ran = looked.ran.withColumn("is_run", F.lit(True))
    unheard = looked.unheard.withColumn("is_unheard", F.lit(True))
    rows = (
        tonight.withColumn("is_there", F.lit(True))
        .join(before, on=list(FINDING), how="full")
        .join(ran, on=["subject_type", "kind"], how="left")
        .join(unheard, on=list(FINDING), how="left")
        .join(public_names(names), on=list(SUBJECT), how="left")
    )
    is_there, was = F.coalesce("is_there", F.lit(False)), F.col("was_case_id").isNotNull()
    is_recovered = F.lit(False)
    if recovered is not None:
        rows = rows.join(recovered.withColumn("is_recovered", F.lit(True)), on=list(FINDING), how="left")
        is_recovered = F.coalesce("is_recovered", F.lit(False))
    reported = rows.withColumn("state", _state(is_there, was, is_recovered))
    return reported.select(*FINDING, "state", *_columns(is_there, was, F.lit(at.night))).select(
        *TABLES["case"].names_without("business_date")
    )


def _state(is_there: Column, was: Column, is_recovered: Column) -> Column:
    """Beside the earlier list: what had faded and is back has grown from nothing."""
    more_hits = F.col("hit_count") > F.coalesce(_earlier("hit_count", is_there), F.lit(0))
    more_money = F.col("amount") > F.coalesce(_earlier("amount", is_there), F.lit(0))
    is_tip = F.col("kind") == TIP_KIND  # nothing has to run: every night knows the tips of its period
    is_judged = is_tip | (F.col("is_run") & ~F.coalesce("is_unheard", F.lit(False)))
    stays_recovered = is_recovered | (F.col("was_state") == CaseState.RECOVERED)
    gone = F.when(is_judged & stays_recovered, CaseState.RECOVERED).when(is_judged, CaseState.FADED)
    gone = gone.otherwise(CaseState.UNJUDGED)
    grown = F.col("was_state").isin(*_GONE) | more_hits | more_money
    return (
        F.when(~is_there, gone).when(~was, CaseState.NEW).when(F.coalesce(grown, F.lit(False)), CaseState.GROWN)
    ).otherwise(CaseState.SAME)


def _earlier(name: str, is_there: Column) -> Column:
    """The figure that tonight's is compared with. Of what is gone, or was not looked for, that of the last list which
    had it; of what had faded and is back, nothing."""
    unknown = (F.col("was_state") == CaseState.UNJUDGED) | (~is_there & F.col("was_state").isin(*_GONE))
    return F.when(unknown, F.col(f"was_earlier_{name}")).otherwise(F.col(f"was_{name}"))


def _columns(is_there: Column, was: Column, night: Column) -> list[Column]:
    """The dates, names and figures of each case, tonight and before."""
    fades = F.when(F.col("state").isin(*_GONE), night)
    faded_since = F.when(~is_there, F.coalesce("was_faded_since", fades))
    earlier = {name: _earlier(name, is_there) for name in ("hit_count", "amount")}
    return [
        F.coalesce("was_case_id", case_id(night)).alias("case_id"),
        F.coalesce("subject_name", "was_subject_name", F.lit("")).alias("subject_name"),
        F.coalesce("was_first_seen", night).alias("first_seen"),
        F.when(is_there, night).otherwise(F.col("was_last_seen")).alias("last_seen"),
        faded_since.alias("faded_since"),
        F.coalesce("hit_count", F.lit(0)).cast("bigint").alias("hit_count"),
        F.coalesce("amount", F.lit(0)).cast(MONEY).alias("amount"),
        F.coalesce("is_estimate", "was_is_estimate", F.lit(False)).alias("is_estimate"),
        F.when(was, earlier["hit_count"]).cast("bigint").alias("earlier_hit_count"),
        F.when(was, earlier["amount"]).cast(MONEY).alias("earlier_amount"),
    ]


def case_id(first_seen: Column | str) -> Column:
    """The fingerprint of the subject, the kind and the night of `first_seen`: what a carried subject makes again."""
    first = F.date_format(first_seen, "yyyy-MM-dd")
    return F.substring(F.sha2(F.concat_ws("|", *FINDING, first), 256), 1, 16)
