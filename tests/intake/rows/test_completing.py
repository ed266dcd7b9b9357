from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from intake.rows.completing import with_completion, without_completed
from intake.rows.netting import to_history

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FIRST, DAY, OTHER = date(2026, 3, 1), date(2026, 2, 10), date(2026, 2, 11)
NINE = datetime(2026, 2, 10, 9)
# what is left open, the day alone, the day and its moment
OPEN, DATED, TIMED = (None, None), (DAY, None), (DAY, NINE)
Said = tuple[date | None, datetime | None]


def procedures(spark: SparkSession, said: Sequence[tuple[str, Said, date | None]]) -> DataFrame:
    """One row per stay, what a delivery says of its one operation, and the night from which it is known."""
    schema = TABLES["procedure"].schema()
    given = (
        {"encounter_id": e, "procedure_code": "A", "performed_on": d, "started_at": t, "known_from": night}
        for e, (d, t), night in said
    )
    return spark.createDataFrame([tuple(one.get(f.name) for f in schema) for one in given], schema)


def test_an_operation_told_without_its_time_and_later_with_it_is_one_in_every_order_of_nights(spark):
    nights = [FIRST + timedelta(days=number) for number in range(3)]
    orders = {f"{number}": order for number, order in enumerate(permutations((OPEN, DATED, TIMED)))}
    said = [(stay, *one) for stay, order in orders.items() for one in zip(order, nights, strict=True)]
    once = with_completion(procedures(spark, said), "procedure")
    found = once.collect()
    for number, night in enumerate(nights):
        known = [r for r in found if r.known_from <= night and (r.known_to is None or r.known_to > night)]
        # the row that says most of what came by then stands alone
        assert sorted(((r.encounter_id, r.performed_on, r.started_at) for r in known), key=str) == [
            (stay, *max(order[: number + 1], key=(OPEN, DATED, TIMED).index)) for stay, order in orders.items()
        ]
    again = with_completion(spark.createDataFrame(found, once.schema), "procedure").collect()
    assert {tuple(row) for row in again} == {tuple(row) for row in found}


def test_what_is_known_otherwise_is_another_operation_and_a_night_alone_knows_what_it_says_itself(spark):
    said: dict[str, list[Said]] = {
        "twice": [DATED, (OTHER, None), OPEN],
        "another day": [(OTHER, None), TIMED],
        "open alone": [OPEN],
        "two moments": [TIMED, (DAY, NINE + timedelta(hours=6)), DATED],
    }
    rows = procedures(spark, [(stay, one, None) for stay, all_of in said.items() for one in all_of])
    rows = rows.drop("known_from", "known_to")
    alone = without_completed(rows, "procedure").withColumn("as", F.lit("a check"))
    first = to_history(None, rows, "procedure", F.lit(FIRST)).filter("known_to IS NULL").withColumn("as", F.lit("lake"))
    found = first.select(*alone.columns).unionByName(alone).collect()
    for where in ("a check", "lake"):
        stand = sorted((r.encounter_id, str(r.performed_on), str(r.started_at)) for r in found if r["as"] == where)
        assert stand == [
            ("another day", "2026-02-10", "2026-02-10 09:00:00"),
            ("another day", "2026-02-11", "None"),
            ("open alone", "None", "None"),
            ("twice", "2026-02-10", "None"),
            ("twice", "2026-02-11", "None"),
            ("two moments", "2026-02-10", "2026-02-10 09:00:00"),
            ("two moments", "2026-02-10", "2026-02-10 15:00:00"),
        ]
