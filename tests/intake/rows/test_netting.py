from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from intake.rows.netting import (
    orphans,
    pointers_of,
    roots_of_reversals,
    to_history,
    touched_members,
    versions_of,
    waiting_reversals,
    with_matched_pointers,
)
from intake.source.mapping import Reversal

FIRST = date(2026, 3, 1)


def night(number: int) -> date:
    return FIRST + timedelta(days=number)


def frame(spark: SparkSession, table: str, rows: list[dict[str, Any]]) -> DataFrame:
    schema = TABLES[table].schema()
    return spark.createDataFrame([tuple(row.get(f.name) for f in schema) for row in rows], schema)


def entry(line_id: str, at: int, quantity: int, original: str | None = None, **other: Any) -> dict[str, Any]:
    amount = Decimal(quantity * 10)
    return {
        "line_id": line_id, "original_line_id": original, "business_date": night(at), "quantity": Decimal(quantity),
        "amount": amount, "covered_amount": amount, "item_code": "X", **other,
    }  # fmt: skip


def versions_from(entries: DataFrame) -> DataFrame:
    return versions_of(entries, (members_of(entries, entries), entries), "claim_line")


def members_of(tonight: DataFrame, entries: DataFrame) -> DataFrame:
    roots = roots_of_reversals(pointers_of(entries, "claim_line"), "claim_line")
    return touched_members(tonight, roots, "claim_line")


def netted(spark: SparkSession, *entries: dict[str, Any]) -> list[tuple[str, int, date, date | None]]:
    versions = versions_from(frame(spark, "claim_line_entry", list(entries)))
    found = versions.select("line_id", "quantity", "known_from", "known_to").collect()
    return sorted((r.line_id, int(r.quantity), r.known_from, r.known_to) for r in found)


def test_reversals_change_or_end_the_version_of_their_original_from_their_own_night(spark):
    assert netted(
        spark,
        entry("plain", 0, 3),
        entry("part", 0, 3), entry("part-", 2, -1, "part"),
        entry("whole", 0, 3), entry("whole-", 1, -3, "whole"),
        entry("same", 0, 3), entry("same-", 0, -3, "same"),
        entry("early-", 0, -3, "early"), entry("early", 1, 5),
        entry("lonely-", 0, -3, "never delivered"),
        entry("again", 0, 3), entry("again-", 1, -3, "again"), entry("again+", 2, 3, "again-"),
        entry("nobody-", 0, -3),
        entry("free", 0, 0),
    ) == [
        ("again", 3, night(0), night(1)), ("again", 3, night(2), None),
        ("early", 2, night(1), None),
        ("free", 0, night(0), None),
        ("part", 2, night(2), None), ("part", 3, night(0), night(2)),
        ("plain", 3, night(0), None),
        ("whole", 3, night(0), night(1)),
    ]  # fmt: skip


@dataclass(frozen=True)
class NettingCase:
    """A group of entries (quantity, whom it reverses) and two ways of spreading them over nights."""

    entries: tuple[tuple[int, int | None], ...]
    spread: tuple[tuple[int, ...], tuple[int, ...]]


@st.composite
def cases(draw: st.DrawFn) -> NettingCase:
    reversals = draw(st.lists(st.tuples(st.integers(-4, -1), st.booleans()), max_size=7))
    entries: list[tuple[int, int | None]] = [(draw(st.integers(1, 4)), None)]
    for quantity, of_the_last in reversals:
        target = len(entries) - 1 if of_the_last else 0
        entries.append((quantity if entries[target][0] > 0 else -quantity, target))
    nights = st.tuples(*(st.integers(0, 3) for _ in entries))
    return NettingCase(tuple(entries), (draw(nights), draw(nights)))


def expected(case: NettingCase, spread: tuple[int, ...], as_of: int) -> int | None:
    """The net quantity as known after a night, by counting; None when the line is not there."""
    there = [i for i, at in enumerate(spread) if at <= as_of]
    total = sum(case.entries[i][0] for i in there)
    return total if 0 in there and not (total == 0 and len(there) > 1) else None


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.lists(cases(), min_size=60, max_size=60))
def test_any_order_and_batching_of_reversals_ends_in_the_same_state_and_each_night_knows_its_own(spark, many):
    rows = [
        entry(f"{c}/{way}/{i}", spread[i], quantity, None if target is None else f"{c}/{way}/{target}")
        for c, case in enumerate(many)
        for way, spread in enumerate(case.spread)
        for i, (quantity, target) in enumerate(case.entries)
    ]
    versions = netted(spark, *rows)
    for c, case in enumerate(many):
        for way, spread in enumerate(case.spread):
            mine = [v for v in versions if v[0] == f"{c}/{way}/0"]
            for n in range(4):
                held = [q for _, q, start, end in mine if start <= night(n) and (end is None or end > night(n))]
                known = expected(case, spread, n)
                assert held == ([] if known is None else [known]), (case, way, n)
        assert expected(case, case.spread[0], 3) == expected(case, case.spread[1], 3)


def test_only_the_groups_that_tonight_touches_are_netted_again(spark):
    before = [entry("A", 0, 3), entry("B", 0, 3), entry("B-", 1, -1, "B")]
    tonight = frame(spark, "claim_line_entry", [entry("B--", 2, -1, "B-")])
    entries = frame(spark, "claim_line_entry", before).unionByName(tonight)
    members = members_of(tonight, entries)
    assert sorted((r.line_id, r["_root"]) for r in members.collect()) == [("B", "B"), ("B-", "B"), ("B--", "B")]
    versions = versions_of(tonight, (members, entries), "claim_line").select("line_id", "quantity").collect()
    assert sorted((r.line_id, int(r.quantity)) for r in versions) == [("B", 1), ("B", 2), ("B", 3)]


def test_negative_lines_without_a_pointer_find_the_original_they_are_alike_to(spark):
    alike = {"patient_id": "P", "encounter_id": "E"}
    rows = frame(spark, "claim_line_entry", [
        entry("1", 0, 2, **alike), entry("2", 0, 2, **alike), entry("3", 1, -2, **alike),
        entry("4", 1, -2, **{**alike, "patient_id": "Q"}),
    ])  # fmt: skip
    matched = with_matched_pointers(
        rows, "claim_line", Reversal(when="amount < 0", matches=("patient_id", "abs(amount)"))
    )
    versions = versions_from(matched).filter(F.col("known_to").isNull())
    reversals = waiting_reversals(matched, "claim_line")
    waiting = orphans(reversals, matched, "claim_line").withColumnRenamed("table_name", "line_id")
    found = versions.select("line_id", F.lit(0).cast("bigint").alias("orphans")).unionByName(waiting).collect()
    assert sorted((r.line_id, r.orphans) for r in found) == [("2", 0), ("claim_line", 1)]


def test_history_gets_a_new_version_only_for_changed_content_and_a_rerun_changes_nothing(spark):
    def known(rows: list[dict[str, Any]]) -> DataFrame:
        return frame(spark, "patient", rows).drop("known_from", "known_to")

    first: list[dict[str, Any]] = [{"patient_id": "same", "sex": "1"}, {"patient_id": "dies", "sex": "1"}]
    second: list[dict[str, Any]] = [
        {"patient_id": "same", "sex": "1"},
        {"patient_id": "dies", "sex": "1", "death_date": night(1)},
    ]
    made = to_history(None, known(first), "patient", F.lit(night(0)))
    after = to_history(made, known(second), "patient", F.lit(night(2)))
    again = to_history(after, known(second), "patient", F.lit(night(2)))
    dies = again.filter("patient_id = 'dies'")
    between = to_history(dies, known([{"patient_id": "dies", "sex": "2"}]), "patient", F.lit(night(1)))
    found = after.withColumn("run", F.lit(1)).unionByName(again.withColumn("run", F.lit(2)))
    found = found.unionByName(between.withColumn("run", F.lit(3)))
    rows = sorted((r.run, r.patient_id, r.known_from, r.known_to or date.max, r.sex) for r in found.collect())
    reported = [
        ("dies", night(0), night(2), "1"),
        ("dies", night(2), date.max, "1"),
        ("same", night(0), date.max, "1"),
    ]
    assert [r[1:] for r in rows if r[0] == 1] == reported
    assert [r[1:] for r in rows if r[0] == 2] == reported
    assert [r[1:] for r in rows if r[0] == 3] == [
        ("dies", night(0), night(1), "1"),
        ("dies", night(1), night(2), "2"),
        ("dies", night(2), date.max, "1"),
    ]
