"""Rows of persons whose data were erased: a link that names one of them brings the person back, whichever id it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intake.rows.canonical import CODES
from intake.rows.erased import IS_ERASED, ErasedPersons
from privacy.erasure.record import mark_of
from privacy.keys.ring import PseudonymKey

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KEY = PseudonymKey(bytes(range(32)))


def test_a_link_from_or_to_an_erased_person_is_marked_and_no_other(spark: SparkSession) -> None:
    erased = ErasedPersons(frozenset({mark_of("gone", KEY)}), KEY)
    rows = [
        ("gone", "new", ""),
        ("old", "gone", ""),
        ("old", "new", ""),
        (None, None, ""),
        ("gone", "new", "UNREADABLE"),
    ]
    links = spark.createDataFrame(rows, f"former_patient_id string, patient_id string, `{CODES}` string")
    marked = erased.marked(links, "person_successor").collect()
    assert [row[IS_ERASED] for row in marked] == [True, True, False, False, False]
    counted = erased.again({"person_successor": erased.marked(links, "person_successor")})
    assert counted is not None
    assert counted.collect()[0].asDict() == {"rows": 2, "persons": 0}  # whose the rows are their own tables count
