from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from intake.rows.netting import (
    ROOT,
    SINCE,
    keys_of_both,
    reversals_of,
    roots_of,
    to_history,
    touched_members,
    versions_of,
    waiting_on,
    with_births,
    with_matched_pointers,
)
from intake.rows.totals import waiting_total
from intake.source.mapping import Reversal
from jobs.operate.netted_accounts import NightOfEntries, Sum, nights_of_entries, nights_of_versions
from tests.lakes import put

FIRST = date(2026, 3, 1)
_REMOVES = 0


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


def rooted(entries: DataFrame) -> DataFrame:
    return with_births(roots_of(reversals_of(entries, "claim_line"), "claim_line"), entries, "claim_line")


def members_of(tonight: DataFrame, entries: DataFrame) -> DataFrame:
    return touched_members(tonight, rooted(entries), "claim_line")


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
        entry("late", 0, 5), entry("late--", 1, -1, "late-"), entry("late-", 2, -1, "late"),
        entry("money", 0, 2), entry("money-", 1, -2, "money", amount=Decimal(-15)),
        entry("rounded", 0, 1, covered_amount=Decimal("-0.01")),
    ) == [
        ("again", 3, night(0), night(1)), ("again+", 3, night(2), None),
        ("early", 2, night(1), None),
        ("free", 0, night(0), None),
        ("late", 3, night(2), None), ("late", 5, night(0), night(2)),
        ("money", 0, night(1), None), ("money", 2, night(0), night(1)),
        ("part", 2, night(2), None), ("part", 3, night(0), night(2)),
        ("plain", 3, night(0), None),
        ("rounded", 1, night(0), None),
        ("whole", 3, night(0), night(1)),
    ]  # fmt: skip


def test_a_positive_line_is_an_original_whatever_its_pointer_says(spark):
    said = ["0", "-", "None", "nan", "无", "its own", "nowhere", "other"]
    lines = [entry(f"L{n}", 0, 2, f"L{n}" if word == "its own" else word) for n, word in enumerate(said)]
    taken_back = [entry("R", 1, -2, "L0"), entry("self-", 0, -2, "self-"), entry("other", 0, 1)]
    versions = netted(spark, *lines, *taken_back)
    held = {line_id: quantity for line_id, quantity, _, known_to in versions if known_to is None}
    assert held == {"other": 1, **{f"L{n}": 2 for n in range(1, len(said))}}
    assert ("L0", 2, night(0), night(1)) in versions


@dataclass(frozen=True)
class NettingCase:
    """Entries (quantity, pointer: the number of another, of itself or of none that comes) and two ways of spreading
    them over nights.
    """

    entries: tuple[tuple[int, int | None], ...]
    spread: tuple[tuple[int, ...], tuple[int, ...]]


@st.composite
def cases(draw: st.DrawFn) -> NettingCase:
    count = draw(st.integers(1, 7))
    pointers = st.one_of(st.none(), st.integers(0, count), st.just(0))  # the last of these never comes
    quantities = st.sampled_from([4, 3, 1, -1, -2, -3, -4])
    entries = [(draw(quantities), draw(pointers)) for _ in range(count)]
    nights = st.tuples(*(st.integers(0, 3) for _ in entries))
    return NettingCase(tuple(entries), (draw(nights), draw(nights)))


def original_of(case: NettingCase, spread: tuple[int, ...], as_of: int, number: int) -> int | None:
    """The number of the original that an entry leads to as known after a night: itself, if it is one."""
    for _ in range(len(case.entries) + 1):
        if number >= len(case.entries) or spread[number] > as_of:
            return None
        quantity, pointer = case.entries[number]
        if quantity >= 0:
            return number
        if pointer is None or pointer == number:
            return None
        number = pointer
    return None


def expected(case: NettingCase, spread: tuple[int, ...], as_of: int) -> tuple[dict[int, int], int]:
    """Net quantities of the originals as known after a night, by counting; and how much waits."""
    groups: dict[int, list[int]] = {}
    waiting = 0
    for number, (quantity, _) in enumerate(case.entries):
        found = original_of(case, spread, as_of, number)
        if found is not None:
            groups.setdefault(found, []).append(quantity)
        elif spread[number] <= as_of:
            waiting += quantity
    return {n: sum(all_of) for n, all_of in groups.items() if sum(all_of) or len(all_of) == 1}, waiting


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.lists(cases(), min_size=60, max_size=60))
def test_any_order_and_batching_of_reversals_ends_in_the_same_state_and_each_night_accounts_for_every_line(
    spark, tmp_path_factory, many
):
    rows = [
        entry(f"{c}/{way}/{i}", spread[i], quantity, None if target is None else f"{c}/{way}/{target}")
        for c, case in enumerate(many)
        for way, spread in enumerate(case.spread)
        for i, (quantity, target) in enumerate(case.entries)
    ]
    versions = netted(spark, *rows)
    waiting = dict.fromkeys(range(4), 0)
    for c, case in enumerate(many):
        for way, spread in enumerate(case.spread):
            mine = [v for v in versions if v[0].startswith(f"{c}/{way}/")]
            for n in range(4):
                held = {
                    int(name.rpartition("/")[2]): quantity
                    for name, quantity, start, end in mine
                    if start <= night(n) and (end is None or end > night(n))
                }
                known, waits = expected(case, spread, n)
                waiting[n] += waits
                assert held == known, (case, way, n)
        assert expected(case, case.spread[0], 3) == expected(case, case.spread[1], 3)
    _assert_the_accounts_hold(Lake(LakeAddress(str(tmp_path_factory.mktemp("lake")))), rows, versions, waiting)


def _assert_the_accounts_hold(
    lake: Lake, rows: list[dict[str, Any]], versions: list[tuple[str, int, date, date | None]], waiting: dict[int, int]
) -> None:
    """What the lake check reckons from the entries is what the versions changed, and nothing is left over."""
    put(lake, "claim_line_entry", rows)
    put(
        lake,
        "claim_line",
        [{"line_id": v[0], "amount": Decimal(v[1] * 10), "known_from": v[2], "known_to": v[3]} for v in versions],
    )
    should, does = nights_of_entries(lake, "claim_line", "claim_line_entry"), nights_of_versions(lake, "claim_line")
    standing = Sum()
    for n in range(4):
        of = should.get(night(n), NightOfEntries(Sum(), Sum(), Sum(), Sum()))
        assert does.get(night(n), Sum()) == of.held
        assert of.accepted - of.held - of.waiting - of.replaced - of.removed == Sum(of.reversed_lines)
        standing = standing + of.waiting
        assert standing.amount == 10 * waiting[n]


def test_a_later_entry_of_a_key_takes_the_place_of_the_earlier_one_and_is_accounted_for(spark, tmp_path):
    rows = [
        entry("settled", 0, 3), entry("settled", 1, 4, settlement_id="S"),
        entry("back", 0, 3), entry("back", 1, 4), entry("back-", 2, -4, "back"),
        entry("part-", 0, -1, "part"), entry("part", 1, 3), entry("part", 2, 5),
        entry("plain", 0, 1),
    ]  # fmt: skip
    entries = frame(spark, "claim_line_entry", rows).localCheckpoint()
    earlier, later = entries.filter(F.col("business_date") < night(2)), entries.filter("line_id <> 'plain'")
    roots = rooted(entries).select("line_id", ROOT, SINCE).unionByName(keys_of_both(earlier, later, "claim_line"))
    members = touched_members(entries, roots, "claim_line").localCheckpoint()
    assert len(members.collect()) == len({tuple(row) for row in members.collect()}), "a member stands once"
    held = versions_of(entries, (members, entries), "claim_line").collect()
    found = sorted((r.line_id, int(r.quantity), r.known_from, r.known_to) for r in held)
    assert found == [
        ("back", 3, night(0), night(1)), ("back", 4, night(1), night(2)),
        ("part", 2, night(1), night(2)), ("part", 4, night(2), None),
        ("plain", 1, night(0), None),
        ("settled", 3, night(0), night(1)), ("settled", 4, night(1), None),
    ]  # fmt: skip
    assert [r.settlement_id for r in held if (r.line_id, r.known_to) == ("settled", None)] == ["S"]
    lake = Lake(LakeAddress(str(tmp_path)))
    _assert_the_accounts_hold(lake, rows, found, {0: -1, 1: 0, 2: 0, 3: 0})
    replaced = [n.replaced for n in nights_of_entries(lake, "claim_line", "claim_line_entry").values()]
    assert replaced == [Sum(), Sum(2, Decimal(60)), Sum(1, Decimal(30))]


def test_whatever_was_put_removed_and_reversed_in_three_nights_is_held_and_accounted_for(spark, tmp_path):
    """Every way of putting 4, putting 2 or removing on each of three nights, and of taking 2 back on one of them."""
    ways = list(product(product((None, 4, 2, _REMOVES), repeat=3), (None, 0, 1, 2)))
    rows, held, waiting = [], set(), dict.fromkeys(range(4), 0)
    for number, (acts, back) in enumerate(ways):
        key = f"L{number}"
        said = [(at, act) for at, act in enumerate(acts) if act is not None]
        rows += [entry(key, at, act or 4, is_removal=act == _REMOVES or None) for at, act in said]
        rows += [entry(f"{key}-", back, -2, key)] if back is not None else []
        for n in range(4):
            known = [act for at, act in said if at <= n]
            taken = 2 if back is not None and back <= n else 0
            waiting[n] -= 0 if known else taken
            if known and known[-1] != _REMOVES and known[-1] - taken:
                held.add((key, n, known[-1] - taken))
    entries = frame(spark, "claim_line_entry", rows).localCheckpoint()
    earlier, later = entries, entries.filter("NOT line_id LIKE '%-'")
    roots = rooted(entries).select("line_id", ROOT, SINCE).unionByName(keys_of_both(earlier, later, "claim_line"))
    members = touched_members(entries, roots, "claim_line").localCheckpoint()
    versions = versions_of(entries, (members, entries), "claim_line").collect()
    found = sorted((r.line_id, int(r.quantity), r.known_from, r.known_to) for r in versions)
    assert held == {
        (key, n, quantity)
        for key, quantity, start, end in found
        for n in range(4)
        if start <= night(n) and (end is None or end > night(n))
    }
    lake = Lake(LakeAddress(str(tmp_path)))
    _assert_the_accounts_hold(lake, rows, found, waiting)
    lines = sum(of.removed.lines for of in nights_of_entries(lake, "claim_line", "claim_line_entry").values())
    assert lines == sum(acts.count(_REMOVES) for acts, _ in ways)


def test_only_the_groups_that_tonight_touches_are_netted_again(spark):
    before = [entry("A", 0, 3), entry("B", 0, 3), entry("B-", 1, -1, "B")]
    tonight = frame(spark, "claim_line_entry", [entry("B--", 2, -1, "B-")])
    entries = frame(spark, "claim_line_entry", before).unionByName(tonight)
    members = members_of(tonight, entries)
    assert sorted((r.line_id, r["_root"]) for r in members.collect()) == [("B", "B"), ("B-", "B"), ("B--", "B")]
    versions = versions_of(tonight, (members, entries), "claim_line").select("line_id", "quantity").collect()
    assert sorted((r.line_id, int(r.quantity)) for r in versions) == [("B", 1), ("B", 2), ("B", 3)]


def test_negative_lines_that_name_no_line_find_the_original_they_are_alike_to(spark):
    alike = {"patient_id": "P", "encounter_id": "E"}
    rows = frame(spark, "claim_line_entry", [
        entry("1", 0, 2, **alike), entry("2", 0, 2, **alike), entry("3", 1, -2, **alike),
        entry("4", 1, -2, **{**alike, "patient_id": "Q"}),
        entry("5", 1, -2, "2", **alike), entry("6", 1, -2, "-", **{**alike, "patient_id": "R"}),
        entry("7", 0, 2, "0", **{**alike, "patient_id": "R"}),
    ])  # fmt: skip
    matched = with_matched_pointers(rows, "claim_line", Reversal(matches=("patient_id", "abs(amount)")))
    matched = matched.localCheckpoint()
    assert versions_from(matched).filter(F.col("known_to").isNull()).collect() == []
    waiting = waiting_total(waiting_on(rooted(matched), F.lit(night(1))), "claim_line", night(1)).first()
    assert waiting.asDict() == {
        "table_name": "claim_line", "lines": 1, "amount": Decimal("-20.00"), "lines_tonight": 1,
        "amount_tonight": Decimal("-20.00"),
    }  # fmt: skip


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
