"""The scan: isolation, not run with a reason, the law of the day, money, stable hits, one job per pass."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.engine.frames import stacked
from fundwatch.engine.successors import Successors
from rules.analysis.indicators import BESIDE_JUDGED
from rules.catalogue.examples import columns_of
from rules.catalogue.rule import RuleSet, RuleState
from rules.engine.measures import Shared, together
from rules.engine.needs import names_used
from rules.engine.passes import fold, tag
from rules.engine.seen import lines_seen
from rules.frames.indicators import AS_OF
from rules.frames.inputs import ScanInputs, ScanWindow
from rules.frames.registry import GRAINS, frames, tables_read
from rules.knowledge.points import load_knowledge
from tests.rules.world import ALL_SUPPLIED, CORE, YEAR, coverage_of, scanned, shipped, tables_of, with_rows

FREE = frozenset(text for table in CLEAN for text in table.free_texts)
TWINS = [{"line_id": 1, "amount": 30}, {"line_id": 2, "amount": 30}]
BED = {"item_code": "001109000010000", "amount": 40}


@pytest.fixture(scope="module")
def all_examples(spark):
    return tables_of(spark, CORE)


def test_a_broken_rule_is_named_and_does_not_stop_the_others(spark):
    good = shipped("DC-03")
    broken = shipped("FK-03", when="no_such_column > 1")
    total = shipped("ID-04", when="count(1) > 1")
    rule_set = RuleSet(rules=(good, broken, total), exclusions=CORE.exclusions)
    found = scanned(spark, with_rows(good, lines=TWINS), rule_set=rule_set)
    coverage = coverage_of(found)
    assert [(row.state, row.hit_count) for row in coverage["DC-03"]] == [("run", 1)]
    for rule_id, word in (("FK-03", "no_such_column"), ("ID-04", "MISSING_GROUP_BY")):
        (row,) = coverage[rule_id]
        assert row.state == "not_run"
        assert word in row.why_not
        assert row.judged_count is None


def test_what_is_not_there_is_reported_and_never_a_zero(spark, all_examples):
    tables = {name: rows for name, rows in all_examples.items() if name != "institution"}
    supplied = ALL_SUPPLIED | {"claim_line": ALL_SUPPLIED["claim_line"] - {"order_id"}}
    supplied["patient"] = ALL_SUPPLIED["patient"] - {"death_date"}
    knowledge = {name: points for name, points in load_knowledge().items() if name != "item_class"}
    knowledge["frequency"] = knowledge["frequency"][-1:]  # an item that no line has
    states = coverage_of(scanned(spark, CORE, tables=tables, supplied=supplied, knowledge=knowledge, window=YEAR))
    reasons = {rule_id: rows[0].why_not for rule_id, rows in states.items()}
    assert reasons["FK-06"] == "the table institution is missing"
    assert reasons["DC-03"] == "claim_line.order_id is not supplied"
    assert reasons["ID-04"] == "patient.death_date is not supplied"
    assert reasons["FK-04"] == "knowledge.item_class is not supplied"
    assert reasons["OP-02"] == "no item of frequency occurs"
    ran = {rule_id for rule_id, why in reasons.items() if why is None}
    assert ran == {"FK-02", "FK-03", "FK-25", "FQ-01", "FQ-02", "ID-01", "OP-01", "SA-02"}
    assert set(states) == {rule.id for rule in CORE.rules}


def test_without_the_account_a_rule_runs_on_the_fund_alone_and_says_so(spark):
    rule = shipped("ID-04")
    shown = RuleSet(rules=(rule,), exclusions=CORE.exclusions)
    tables = tables_of(spark, shown)
    whole = scanned(spark, shown, tables=tables)
    unknown = F.lit(None).cast("decimal(16,2)")
    alone = scanned(
        spark,
        shown,
        tables=tables | {"settlement": tables["settlement"].withColumn("account_amount", unknown)},
        supplied=ALL_SUPPLIED | {"settlement": ALL_SUPPLIED["settlement"] - {"account_amount"}},
    )
    both, fund = ({row.hit_id: row.amount_at_risk for row in found.hits.collect()} for found in (whole, alone))
    assert both.keys() == fund.keys() != set()
    assert {hit: (fund[hit], both[hit]) for hit in both if not fund[hit] <= both[hit]} == {}
    assert 0 < sum(fund.values()) < sum(both.values())
    reported = {(row.state, row.why_not) for row in coverage_of(alone)["ID-04"]}
    assert reported == {
        ("run", "money without the personal account's part: settlement.account_amount not supplied"),
    }


def test_a_scan_in_which_nothing_can_run_still_tells_of_every_rule(spark, all_examples):
    found = scanned(spark, CORE, tables={"patient": all_examples["patient"]})
    assert {rows[0].state for rows in coverage_of(found).values()} == {"not_run"}
    assert found.hits.count() == 0


def test_what_a_scan_returns_fits_the_contracts(spark, all_examples):
    found = scanned(spark, CORE, tables=all_examples)
    for name, rows in (("rule_hit", found.hits), ("hit_line", found.hit_lines), ("rule_coverage", found.coverage)):
        TABLES[name].conform(rows.withColumn("business_date", F.lit(date(2026, 3, 31))))


def test_a_claim_is_judged_by_the_law_of_its_day(spark):
    (point,) = (p for p in load_knowledge()["frequency"] if p.code == BED["item_code"])
    until = point.model_copy(update={"valid_to": date(2026, 3, 9)})
    after = point.model_copy(update={"valid_from": date(2026, 3, 10), "cells": {"value": "2", "unit": "day"}})
    days = [{**BED, "line_id": n, "quantity": 2, "charged_at": day} for n, day in enumerate((DAY_9, DAY_10))]
    rule = shipped("OP-02")
    knowledge = {"frequency": (until, after)}
    hits = scanned(spark, with_rows(rule, lines=days), knowledge=knowledge).hits.collect()
    assert [hit.period_start for hit in hits] == [date(2026, 3, 9)]


DAY_9, DAY_10 = date(2026, 3, 9), date(2026, 3, 10)


def test_a_rule_judges_only_the_days_it_is_in_force_and_did_not_run_where_it_looked_at_nothing(spark):
    valid = shipped("DC-03").valid
    repealed = shipped("DC-03", id="DC-91", valid=valid.model_copy(update={"to": date(2026, 3, 3)}))
    gone = shipped("OP-02", id="DC-92", valid=valid.model_copy(update={"to": date(2025, 12, 31)}))
    coming = shipped("DC-03", id="DC-93", valid=valid.model_copy(update={"from_": date(2027, 1, 1)}))
    idle = shipped("DC-03", id="DC-94", params={"min_amount": 31})
    rules = (repealed, gone, coming, idle, shipped("DC-03"))
    rule_set = RuleSet(rules=rules, exclusions=CORE.exclusions)
    coverage = coverage_of(scanned(spark, with_rows(shipped("DC-03"), lines=TWINS), rule_set=rule_set))
    assert {rule_id: (row.state, row.why_not, row.judged_count) for rule_id, (row,) in coverage.items()} == {
        "DC-91": ("not_run", "nothing that it judges lies in 2026-01-01 to 2026-03-03", None),
        "DC-92": (
            "not_run",
            "in force from 2021-05-01 to 2025-12-31, on no day of the window 2026-01-01 to 2026-12-31",
            None,
        ),
        "DC-93": ("not_run", "in force from 2027-01-01, on no day of the window 2026-01-01 to 2026-12-31", None),
        "DC-94": ("not_run", "nothing that it judges lies in 2026-01-01 to 2026-12-31", None),
        "DC-03": ("run", None, 2),
    }


def test_a_scan_says_how_many_of_the_lakes_lines_lie_in_its_window(spark):
    days = [date(2026, 1, 1), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
    lines = [{"line_id": n, "charged_at": day, "encounter_id": f"E{n}"} for n, day in enumerate(days)]
    lines[2]["settlement_id"] = None
    tables = tables_of(spark, with_rows(shipped("DC-03"), lines=lines))
    (seen,) = lines_seen(tables["claim_line"], ScanWindow(date(2026, 3, 30), date(2026, 3, 31))).collect()
    assert seen.asDict() == {"known": 4, "in_window": 2, "unsettled": 1, "days_to_first": 90}


def test_the_lines_of_a_settlement_add_up_to_what_the_fund_paid(spark):
    lines = [{"line_id": n, "encounter_id": "B", "amount": "33.33"} for n in range(3)]
    stays = [
        {"encounter_id": "A", "is_inpatient": True, "started_at": date(2026, 3, 1), "ended_at": date(2026, 3, 4)},
        {"encounter_id": "B", "is_inpatient": True, "started_at": date(2026, 3, 4), "ended_at": date(2026, 3, 9)},
    ]
    paid = {"settlement_id": "S", "encounter_id": "B", "covered_amount": "99.99", "fund_amount": "70.01"}
    rule_set = with_rows(
        shipped("SA-02"),
        lines=[{**line, "settlement_id": "S"} for line in lines],
        encounters=stays,
        settlements=[paid],
    )
    (hit,) = scanned(spark, rule_set).found.collect()
    assert hit.amount_at_risk == Decimal("70.01")
    assert sorted(line.amount_at_risk for line in hit.lines) == [Decimal("23.33"), Decimal("23.34"), Decimal("23.34")]


def test_a_hit_stays_the_same_hit_on_a_later_night_and_under_another_threshold(spark):
    rule = shipped("DC-03")
    stricter = rule.model_copy(update={"params": {"min_amount": 6}})
    rule_set = with_rows(rule, lines=TWINS)
    tables = tables_of(spark, rule_set)
    first = scanned(spark, rule_set, tables=tables, window=ScanWindow(date(2026, 1, 1), date(2026, 3, 4)))
    later = scanned(
        spark,
        rule_set,
        tables=tables,
        window=ScanWindow(date(2026, 1, 2), date(2026, 3, 5)),
        rule_set=RuleSet(rules=(stricter,), exclusions=CORE.exclusions),
    )
    one, other = first.hits.collect(), later.hits.collect()
    assert [hit.hit_id for hit in one] == [hit.hit_id for hit in other]
    assert one[0].rule_version != other[0].rule_version


def test_a_repeat_outside_the_window_is_not_judged_again(spark):
    rule_set = with_rows(shipped("DC-03"), lines=TWINS)
    assert scanned(spark, rule_set, window=ScanWindow(date(2026, 3, 5), date(2026, 3, 31))).hits.count() == 0


def test_lines_without_a_settlement_are_no_loss_of_the_fund(spark):
    rule_set = with_rows(shipped("DC-03"), lines=[{**line, "settlement_id": None} for line in TWINS])
    assert scanned(spark, rule_set).hits.count() == 0


@pytest.mark.parametrize("name", sorted({GRAINS[rule.grain].frame.name for rule in CORE.rules}))
def test_a_pass_of_all_rules_of_a_frame_is_one_spark_job(spark, job_count, all_examples, name):
    (frame,) = (one for one in frames() if one.name == name)
    rules = [rule for rule in CORE.rules if GRAINS[rule.grain].frame is frame]
    wanted = frozenset().union(*(names_used(CORE, r) | {GRAINS[r.grain].judged_on} for r in rules))
    inputs = ScanInputs(all_examples, load_knowledge(), YEAR)
    threshold = spark.conf.get("spark.sql.autoBroadcastJoinThreshold")
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")  # a broadcast is a job of its own
    try:
        shared = Shared()
        judged = [shared.judge(CORE, rule) for rule in rules]
        rows = frame.build(inputs, wanted, 30)
        passes = [fold(tag(rows, shared, group, YEAR), group) for group in together(judged, shared.keys)]
        assert job_count(stacked(passes).collect) == 1
    finally:
        spark.conf.set("spark.sql.autoBroadcastJoinThreshold", threshold)


MIDNIGHTS = frozenset({"claim_line.charged_at", "encounter.started_at", "encounter.ended_at"})


def _days(first: int, last: int) -> dict[str, date]:
    return {"started_at": datetime(2026, 3, first), "ended_at": datetime(2026, 3, last)}


def test_where_a_source_has_dates_only_a_rule_of_times_does_not_run_and_one_of_days_counts_what_is_sure(spark):
    """A moment of 00:00 that two lines share is none. Stays of 1 to 6 and of 5 to 6 March may have met for an hour."""
    bed = {"is_inpatient": True, "patient_id": "P1"}
    twice = [
        bed | {"encounter_id": f"{name}{n}", "patient_id": name, "institution_id": place} | _days(*days)
        for name, pairs in {
            "hour": [("H1", (1, 6)), ("H2", (5, 6))],
            "days": [("H1", (1, 6)), ("H2", (4, 6))],
            "same": [("H1", (2, 3)), ("H1", (2, 3))],
            "tea": [("H1", (2, 2)), ("H1", (2, 2))],
            "back": [("H1", (2, 4)), ("H1", (4, 6))],
        }.items()
        for n, (place, days) in enumerate(pairs)
    ]
    lines = [{"line_id": n, "charged_at": datetime(2026, 3, 4), "amount": 30} for n in (1, 2)]
    rules = tuple(shipped(rule_id) for rule_id in ("DC-03", "FK-02", "FK-25", "SA-02"))
    shown = with_rows(rules[0], lines=lines, encounters=twice)
    rule_set = RuleSet(rules=rules, exclusions=CORE.exclusions)
    tables = tables_of(spark, shown)

    def found_by(dates_only: frozenset[str]) -> set[tuple[str, str]]:
        found = scanned(spark, shown, rule_set=rule_set, tables=tables, dates_only=dates_only)
        if dates_only:
            (row,) = coverage_of(found)["DC-03"]
            assert (row.state, row.why_not) == ("not_run", "the source has dates only: claim_line.charged_at")
        return {(row.rule_id, str(row.patient_id).rpartition(":")[2]) for row in found.hits.collect()}

    known = {("FK-02", "days"), ("FK-25", "same"), ("SA-02", "back"), ("SA-02", "tea")}
    assert found_by(MIDNIGHTS) == known
    assert found_by(frozenset()) == known | {("DC-03", "P1"), ("FK-02", "hour"), ("FK-25", "tea")}


def test_a_person_in_two_hospitals_at_once_with_an_old_and_a_new_card_is_one_person(spark):
    stay = {"is_inpatient": True, "started_at": "2026-03-01T09:00:00", "ended_at": "2026-03-10T09:00:00"}
    shown = with_rows(
        shipped("FK-02"),
        lines=[
            {"line_id": 1, "encounter_id": "A", "patient_id": "OLD", "amount": 900},
            {"line_id": 2, "encounter_id": "B", "patient_id": "NEW", "institution_id": "H2", "amount": 500},
        ],
        encounters=[
            {"encounter_id": "A", "patient_id": "OLD", **stay},
            {"encounter_id": "B", "patient_id": "NEW", "institution_id": "H2", **stay},
        ],
    )
    tables = tables_of(spark, shown)

    def hits(links: Successors) -> list[tuple[str, str]]:
        known = {name: links.under_current_ids(rows, TABLES[name]) for name, rows in tables.items()}
        return [(row.subject_id, row.patient_id) for row in scanned(spark, shown, tables=known).hits.collect()]

    old, new, here, there = (f"FK-02#1:{name}" for name in ("OLD", "NEW", "H1", "H2"))  # ids of the example
    assert hits(Successors()) == []
    assert hits(Successors({"person": {old: new}})) == [(new, new)]
    assert hits(Successors({"person": {old: new}, "institution": {here: there}})) == []  # one hospital, renamed


def test_a_shadow_rule_is_scanned_and_its_hits_say_so_a_draft_is_not(spark):
    rule = shipped("OP-01")
    shown = with_rows(rule, lines=[{"line_id": 1, "unit_price": 25, "price_limit": 20}])

    def found_as(state: RuleState) -> tuple[list[str], set[tuple[str, str]]]:
        stated = RuleSet(rules=tuple(r.model_copy(update={"state": state}) for r in shown.rules))
        found = scanned(spark, shown, rule_set=stated)
        coverage = {(row.state, row.why_not or "") for rows in coverage_of(found).values() for row in rows}
        return [row.rule_state for row in found.hits.collect()], coverage

    assert found_as(RuleState.SHADOW) == (["shadow"], {("run", "")})
    assert found_as(RuleState.DRAFT) == ([], {("not_run", "the rule is draft")})


def test_no_frame_reads_what_people_wrote_and_its_tables_suffice_for_every_column_that_it_declares(spark):
    tables = {name: spark.createDataFrame([], columns_of(name)) for name in tables_read()}
    # a scan hands the tables of indicators on with the night that they are of
    tables |= {t: rows.withColumn(AS_OF, F.lit(YEAR.end)) for t, rows in tables.items() if t.startswith("indicator_")}
    bare = {name: rows.drop(*TABLES[name].free_texts) for name, rows in tables.items()}
    for frame in frames():
        named = frozenset(frame.columns) - FREE - ({*BESIDE_JUDGED} if frame.judges else set())
        rows = frame.build(ScanInputs(bare, load_knowledge(), YEAR), named, 30)
        assert named <= {*rows.columns}, frame.name
