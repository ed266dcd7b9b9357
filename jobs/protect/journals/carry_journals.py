"""What people wrote about leads, carried over to the key in force: its tokens, and the ids of cases made of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from jobs.review.outcomes.people_said import journal_in
from jobs.workplace import Workplace
from leads.outcomes.journals import JOURNALS
from leads.ranking.cases import case_id
from privacy.vault.columns import rekeyed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def case_ids(place: Workplace, bridge: DataFrame) -> DataFrame:
    """Grain: case. Its id (`_old_case`) and what its first night would have made with the new key (`_new_case`)."""
    rows = rekeyed(place.lake.read(place.spark, "case"), bridge, ("subject_id",), "")
    made = rows.withColumn("_new_case", case_id("first_seen")).groupBy(F.col("case_id").alias("_old_case"))
    return made.agg(F.min_by("_new_case", "business_date").alias("_new_case"))


def carry_journals(place: Workplace, bridge: DataFrame) -> None:
    """Write each journal again under the new key. What was carried before stays: its tokens and ids are the new ones.

    This comes before the tables, while `case` still has the ids that the journals have; nobody may write meanwhile.
    """
    written = {one.name: (one, journal_in(place.lake.address, one)) for one in JOURNALS if one.tokens}
    rows = {name: journal.rows() for name, (_, journal) in written.items()}
    tokens = {
        row[column]
        for name, (declared, _) in written.items()
        for row in rows[name]
        for column in declared.tokens
        if row[column]
    }
    if not tokens:
        return
    new = _pairs(place, bridge.select(F.col("old_token").alias("old"), F.col("new_token").alias("new")), tokens)
    cases = {row["case_id"] for of_journal in rows.values() for row in of_journal if row.get("case_id")}
    new_case = dict[str, str]()
    if cases and place.lake.exists("case"):
        made = case_ids(place, bridge).select(F.col("_old_case").alias("old"), F.col("_new_case").alias("new"))
        new_case = _pairs(place, made, cases)
    for name, (declared, journal) in written.items():
        renamed = [
            row
            | {column: new.get(row[column], row[column]) for column in declared.tokens}
            | {column: new_case.get(row[column], row[column]) for column in declared.cases}
            for row in rows[name]
        ]
        if renamed != rows[name]:
            journal.replace(renamed)


def _pairs(place: Workplace, pairs: DataFrame, wanted: set[str]) -> dict[str, str]:
    """Of the pairs those that are wanted: as many at most as people wrote of."""
    asked = small_frame(place.spark, "old string", [(one,) for one in sorted(wanted)])
    return {row.old: row.new for row in pairs.join(F.broadcast(asked), on="old", how="inner").collect()}
