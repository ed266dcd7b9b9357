"""Recurrences: fee lines that a rule hits at an institution where people have upheld what it found before.

They are read off the newest earlier list, so that nothing is known of what came later: a finding that recurs tonight is
seen on the next night.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_UPHELD = ("confirmed", "partly")  # what inspection said of the case
_OF_PLACE = "institution"
_GRAIN = "recurrence"


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Line × hit of a rule that was upheld at the institution: few rows. A recurrence does not recur itself."""
    cases = inputs.table("case_status").filter((F.col("subject_type") == _OF_PLACE) & F.col("status").isin(*_UPHELD))
    upheld = cases.select("subject_id", F.col("kind").alias("rule_id"), F.col("since").alias("upheld_on"))
    hits = inputs.table("rule_hit").filter((F.col("subject_type") == _OF_PLACE) & (F.col("grain") != _GRAIN))
    again = hits.join(upheld, on=["subject_id", "rule_id"], how="inner")
    proofs = inputs.table("hit_line").filter("role = 'counted'").select("hit_id", "line_id", "amount_in_question")
    found = proofs.join(again.select("hit_id", "rule_id", "upheld_on"), on="hit_id", how="inner")
    renamed = found.select(
        "line_id",
        F.col("hit_id").alias("recurring_hit"),
        F.col("rule_id").alias("recurring_rule"),
        "upheld_on",
        F.col("amount_in_question").alias("question_amount"),
    )
    joined = lines.join(renamed, on="line_id", how="inner")
    return joined.select("*", F.concat_ws("|", "line_id", "recurring_hit").alias("row_id"))


RECURRENCES = lines_frame(
    CLASSES.values(),
    "recurrences",
    LineBase(
        _rows,
        {
            "recurring_rule": each_of("rule_hit.rule_id", "case_status.kind"),
            "recurring_hit": each_of("rule_hit.hit_id", "hit_line.hit_id"),
            "upheld_on": each_of("case_status.since", "case_status.status"),
            "question_amount": each_of("hit_line.amount_in_question", "hit_line.line_id"),
        },
        row_key="row_id",
    ),
)
GRAINS = (
    Grain(
        _GRAIN,
        RECURRENCES,
        ("institution_id", "recurring_rule"),
        ("institution_id",),
        needs=each_of("rule_hit.subject_id", "case_status.subject_id"),
    ),
)
