"""From delivered rows to judged ones: mapping, checks, duplicates, totals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from fundwatch.errors import CatalogueError, MappingError
from intake.rows.canonical import CODES, Columns, supplied_columns, to_canonical
from intake.rows.clean import first_reported
from intake.rows.listed import FINDINGS
from intake.rows.netting import reversals_of, roots_of, waiting_on, with_births
from intake.rows.privacy import PrivacyFunctions
from intake.rows.reading import UNREADABLE, as_strings, read_options, read_schema
from intake.rows.status import (
    STATUS,
    earlier_fingerprints,
    latest_fingerprints,
    repeated_keys,
    shared_fingerprints,
    to_clean,
    to_quarantine,
    with_fingerprints,
    with_status,
)
from intake.rows.totals import Total, control_totals, finding_counts
from intake.source.checks import parse_quality, read_quality
from intake.source.columns import Expression
from intake.source.load import read_mapping
from intake.source.mapping import LaterReplaces, Rows
from privacy.keys.ring import PseudonymKey
from privacy.tokens.pseudonyms import token
from privacy.vault.columns import REPORTED_TYPE
from tests.intake.deliveries import (
    DIAGNOSIS,
    LINE,
    NAME,
    NIGHT,
    PHONE,
    SETTLEMENT,
    columns_of,
    csv_bytes,
    line,
    reversal,
)

KEY = PseudonymKey(bytes(range(32)))
NATIONAL, QUALITY = read_mapping("national"), read_quality("default")
ROWS = NATIONAL.tables["claim_line"].rows[0]
PRIVACY = PrivacyFunctions(
    token=lambda domain: token(KEY, domain),
    scrubbed=lambda text, names: F.lit("scrubbed"),
    sealed=lambda domain, of, fields: F.lit(None).cast(REPORTED_TYPE),
)


class File:
    """What reading needs to know of a landed file."""

    name = "fee_list.csv"
    header = tuple(columns_of("fee_list"))
    is_numbered = False
    is_plain = False


LANDED: Any = File


@dataclass(frozen=True)
class Headed:
    """The same of rows that no file holds."""

    name: str = "sent.csv"
    header: tuple[str, ...] = ()
    is_numbered: bool = False
    is_plain: bool = True


def canonical(spark, tmp_path: Path, content: bytes, rows=ROWS):
    path = tmp_path / File.name
    path.write_bytes(content)
    raw = spark.read.options(**read_options(NATIONAL)).schema(read_schema(LANDED)).csv(str(path))
    return made_of(raw, "claim_line", rows, LANDED)


def made_of(raw, table: str, rows: Rows, landed: Any):
    columns = Columns(frozenset(NATIONAL.files[rows.source].names().values()), frozenset(landed.header))
    strings = as_strings(raw, landed, columns.to_read(rows), NATIONAL.delivery.null_texts)
    made = to_canonical(strings, table, rows, QUALITY.of(table), PRIVACY, columns, NIGHT)
    return with_fingerprints(made, table)


def canonical_of(spark, table: str, delivered: list[dict[str, str]], rows: Rows | None = None):
    """Rows of a small delivery of the table's first file, without a file."""
    rows = NATIONAL.tables[table].rows[0] if rows is None else rows
    landed = replace(Headed(), header=tuple(columns_of(rows.source)))
    schema = ", ".join(f"`{name}` string" for name in (*landed.header, UNREADABLE))
    raw = spark.createDataFrame([(*(row.get(n, "") for n in landed.header), None) for row in delivered], schema)
    return made_of(raw.coalesce(1), table, rows, landed)


def judged_rows(tonight, before=None, table: str = "claim_line", *, are_many: bool = False):
    earlier = None if before is None else earlier_fingerprints(before, table)
    among = shared_fingerprints(tonight, table) if are_many else None
    return with_status(tonight, table, repeated_keys(tonight, table, among), earlier)


def test_each_kind_of_bad_row_gets_its_own_code_and_good_ones_none(spark, tmp_path):
    bad = {
        "": LINE,
        "MALFORMED:quantity": line("a", cnt="abc"),
        "MISSING:patient_id": line("b", psn_no=" "),
        "MISSING:encounter_id": line("c", mdtrt_id="NULL"),
        "MALFORMED:charged_at": line("d", fee_ocur_time="2026-02-30 08:00:00"),
        "AMOUNT_MISMATCH": line("e", pric="31"),
        "CHARGED_OUT_OF_RANGE": line("f", fee_ocur_time="2026-04-01 00:00:00"),
        "SIGNS_DIFFER": line("g", cnt="-3", pric=""),
        "MALFORMED:coverage_class": line("h", chrgitm_lv="7"),
        "BEFORE_FIRST_YEAR": line("m", fee_ocur_time="1999-12-31 23:59:59"),
        "NOT_VALID": line("i", vali_flag="0", cnt="abc"),
        "UNKNOWN_CODE:vali_flag": line("k", vali_flag="01", cnt="abc"),
    }
    content = csv_bytes([*bad.values(), reversal("j", "L1")], columns_of("fee_list")) + b"only,three,columns\n"
    rows = canonical(spark, tmp_path, content).select("line_id", CODES, "_line_number").collect()
    assert [r[CODES] for r in rows] == [*bad, "", "UNREADABLE"]
    assert [r["_line_number"] for r in rows] == list(range(2, 16))


def test_an_expression_that_cannot_be_read_is_reported_with_its_table(spark, tmp_path):
    wrong = ROWS.model_copy(update={"columns": {**ROWS.columns, "order_id": Expression(expr="get(cnt, 0)")}})
    with pytest.raises(MappingError, match=r"tables\.claim_line, from fee_list"):
        canonical(spark, tmp_path, csv_bytes([LINE], columns_of("fee_list")), wrong)


def test_a_filter_names_what_it_keeps_and_drops_and_every_other_code_is_told_by_value_and_count(spark):
    flags = ["1", "0", "01", "1.0", "Y", "Y", "true", "", "张三三", "20260331"]
    rows = canonical_of(spark, "claim_line", [line(f"L{n}", vali_flag=flag) for n, flag in enumerate(flags)])
    judged = judged_rows(rows).localCheckpoint()
    unknown = "UNKNOWN_CODE:vali_flag"
    assert [r[CODES] for r in judged.sort("_line_number").collect()] == ["", "NOT_VALID", *[unknown] * 8]
    found = {r.code: (r.rows, r.places[0][1]) for r in finding_counts(judged, "claim_line").collect()}
    hidden = "vali_flag=(not shown: no short code)"
    assert found == {
        "vali_flag=01": (1, 4), "vali_flag=1.0": (1, 5), "vali_flag=Y": (2, 6), "vali_flag=true": (1, 8),
        hidden: (2, 10),
    }  # fmt: skip
    total = control_totals(judged, "claim_line", "amount", ["NOT_VALID"]).first()
    assert (total.delivered_lines, total.accepted_lines, total.quarantined_lines, total.excluded_lines) == (10, 1, 9, 1)
    assert total.unlisted_lines == sum(rows for rows, _ in found.values())


def test_a_filter_on_a_column_that_was_not_delivered_drops_nothing(spark):
    assert "vali_flag" not in columns_of("diag")
    (row,) = canonical_of(spark, "diagnosis", [DIAGNOSIS]).collect()
    assert (row[CODES], row.is_main) == ("", True)


def test_a_flag_is_unknown_where_its_code_is_not_listed_and_the_code_is_a_finding(spark):
    said = ["1", "0", "2", "是", ""]
    delivered = [{**DIAGNOSIS, "diag_code": f"I1{n}", "maindiag_flag": flag} for n, flag in enumerate(said)]
    rows = canonical_of(spark, "diagnosis", delivered).sort("_line_number").collect()
    assert [r.is_main for r in rows] == [True, False, None, None, None]
    assert [r[CODES] for r in rows] == [""] * 5
    assert [r[FINDINGS] for r in rows] == [
        [], [], ["maindiag_flag=2"], ["maindiag_flag=(not shown: no short code)"], [],
    ]  # fmt: skip


def test_a_settlement_marked_as_a_refund_takes_back_whatever_its_sign_and_the_money_it_states_is_as_declared(spark):
    def paid(key: str, flag: str, sign: str = "", original: str = "") -> dict[str, str]:
        amounts = {"medfee_sumamt": "282.61", "inscp_amt": "272.61", "fund_pay_sumamt": "200.00", "hifp_pay": "200.00"}
        parts = {"psn_pay": "82.61", "acct_pay": "82.61", "cash_payamt": "0"}
        said = {n: f"{sign}{v}" for n, v in {**amounts, **parts, "fulamt_ownpay_amt": "10.00"}.items()}
        return {**SETTLEMENT, "setl_id": key, "refd_setl_flag": flag, "init_setl_id": original, **said}

    delivered = [
        paid("A", "0"), paid("A-", "1", original="A"),
        paid("B", ""), paid("B-", "1", "-", original="B"),
        paid("C-", "1"), paid("D", "2"),
    ]  # fmt: skip
    judged = judged_rows(canonical_of(spark, "settlement", delivered), table="settlement").localCheckpoint()
    found = {r.settlement_id: (r[CODES], str(r.total_amount)) for r in judged.collect()}
    assert found == {
        "A": ("", "282.61"), "A-": ("", "-282.61"), "B": ("", "282.61"), "B-": ("", "-282.61"),
        "C-": ("", "-282.61"), "D": ("UNKNOWN_CODE:refd_setl_flag", "282.61"),
    }  # fmt: skip
    [row] = control_totals(judged, "settlement", "total_amount", []).collect()
    total = Total(**row.asDict())
    assert (total.delivered_amount, total.stated_amount) == (Decimal(0), Decimal("1130.44"))
    entries = to_clean(judged, "settlement").withColumn("business_date", F.lit(NIGHT))
    born = with_births(roots_of(reversals_of(entries, "settlement"), "settlement"), entries, "settlement")
    waiting = waiting_on(born, F.lit(NIGHT)).collect()
    assert [(r.settlement_id, r["_money"]) for r in waiting] == [("C-", Decimal("-282.61"))]


@pytest.mark.parametrize("are_many", [False, True])
def test_duplicates_and_conflicts_are_told_apart_and_lines_and_money_balance(spark, tmp_path, are_many):
    delivered = [
        line("once"), line("twice"), line("twice"), line("differs"), line("differs", cnt="1", det_item_fee_sumamt="30"),
        line("bad and good", cnt="abc"), line("bad and good"), line("earlier, same"),
        line("earlier, other", cnt="2", det_item_fee_sumamt="60"),
    ]  # fmt: skip
    earlier_lines = csv_bytes([line("earlier, same"), line("earlier, other")], columns_of("fee_list"))
    (tmp_path / "before").mkdir()
    before = canonical(spark, tmp_path / "before", earlier_lines)
    tonight = canonical(spark, tmp_path, csv_bytes(delivered, columns_of("fee_list")))
    judged = judged_rows(tonight, before, are_many=are_many).persist()
    found = {(r["line_id"], r["_line_number"]): (r["_status"], r[CODES]) for r in judged.collect()}
    assert found == {
        ("once", 2): ("accepted", ""),
        ("twice", 3): ("accepted", ""),
        ("twice", 4): ("duplicate", ""),
        ("differs", 5): ("quarantined", "CONFLICT"),
        ("differs", 6): ("quarantined", "CONFLICT"),
        ("bad and good", 7): ("quarantined", "MALFORMED:quantity"),
        ("bad and good", 8): ("accepted", ""),
        ("earlier, same", 9): ("duplicate", ""),
        ("earlier, other", 10): ("quarantined", "CONFLICT"),
    }
    total = control_totals(judged, "claim_line", "amount", ["NOT_VALID"]).first()
    assert (total.delivered_lines, total.accepted_lines, total.quarantined_lines, total.duplicate_lines) == (9, 3, 4, 2)
    amounts = (total.accepted_amount, total.quarantined_amount, total.duplicate_amount)
    assert amounts == (Decimal("270.00"), Decimal("270.00"), Decimal("180.00"))
    assert total.delivered_amount == Decimal("720.00")
    judged.unpersist()


def test_a_later_line_replaces_an_earlier_one_where_the_mapping_says_so_and_nothing_else_does(spark):
    unsettled = {"setl_id": ""}
    before = [
        line("settles", **unsettled), line("stale"), line("same"), line("other"), reversal("taken-", "x"),
    ]  # fmt: skip
    tonight = [
        line("settles"), line("stale", **unsettled), line("same"), line("other", setl_id="S2"),
        line("taken-", cnt="1", det_item_fee_sumamt="30"),
        line("tonight", **unsettled), line("tonight"), line("both", setl_id="S1"), line("both", setl_id="S2"),
    ]  # fmt: skip
    replaces = LaterReplaces(order=("settlement_id IS NOT NULL",))
    entries = canonical_of(spark, "claim_line", before).withColumn("business_date", F.lit(NIGHT))
    rows = canonical_of(spark, "claim_line", tonight).localCheckpoint()
    repeated = repeated_keys(rows, "claim_line", replaces=replaces)
    earlier = latest_fingerprints(entries, "claim_line", replaces)
    judged = with_status(rows, "claim_line", repeated, earlier, replaces)
    found = [(r.line_id, r[STATUS], r[CODES]) for r in judged.sort("_line_number").collect()]
    assert found == [
        ("settles", "accepted", ""), ("stale", "duplicate", ""), ("same", "duplicate", ""), ("other", "accepted", ""),
        ("taken-", "quarantined", "CONFLICT"),
        ("tonight", "duplicate", ""), ("tonight", "accepted", ""),
        ("both", "quarantined", "CONFLICT"), ("both", "quarantined", "CONFLICT"),
    ]  # fmt: skip


def test_neither_clean_rows_nor_the_quarantine_hold_a_name_or_a_number_of_a_person(spark, tmp_path):
    content = csv_bytes([LINE, line("bad", cnt=PHONE + "x")], columns_of("fee_list"))
    content += f"{NAME},{PHONE}\n".encode()
    judged = judged_rows(canonical(spark, tmp_path, content))
    clean = to_clean(judged, "claim_line").select(F.to_json(F.struct("*")).alias("text"))
    kept = to_quarantine(judged, "claim_line", "national", "k").select(F.to_json(F.struct("*")).alias("text"))
    texts = [r.text for r in clean.unionByName(kept).collect()]
    assert len(texts) == 3
    assert not any(secret in text for text in texts for secret in (NAME, PHONE, '"P1"', '"D1"'))


def test_a_number_of_a_person_in_a_code_is_quarantined_and_kept_nowhere_and_in_a_name_it_is_masked(spark, tmp_path):
    number, certificate = "15498765432", "990001198002299993"
    lines = [
        line("phone", rx_drord_no=number), line("certificate", med_list_codg=f"A-{certificate}"),
        line("list", chrgitm_lv=number), line("name", hilist_name=f"床位费 {NAME}"), line("good"),
    ]  # fmt: skip
    rows = canonical(spark, tmp_path, csv_bytes(lines, columns_of("fee_list")))
    reported = [row.asDict() for row in rows.collect()]
    assert [row[CODES] for row in reported] == [
        "IDENTIFIER_IN_CODE:order_id", "IDENTIFIER_IN_CODE:item_code",
        "MALFORMED:coverage_class", "", "",
    ]  # fmt: skip
    assert reported[3]["item_name"] == "床位费 [姓名]"
    assert not any(secret in str(reported) for secret in (number, certificate, NAME))


def test_a_column_that_was_not_delivered_is_not_supplied():
    some = frozenset(columns_of("fee_list"))
    supplied = supplied_columns(NATIONAL, {"fee_list": some})["claim_line"]
    assert "price_limit" not in supplied
    assert "quantity" in supplied
    assert "price_limit" in supplied_columns(NATIONAL, {"fee_list": some | {"pric_uplmt_amt"}})["claim_line"]


def test_problems_of_the_checks_are_reported_at_once(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_text(
        "quarantine_share: 0.5\ntables:\n"
        "  patient: {required: [height], checks: [{code: X, holds: 'birth_year > :old'}]}\n"
    )
    with pytest.raises(CatalogueError) as caught:
        parse_quality(file)
    assert "there is no column 'height'" in str(caught.value)
    assert "no value for the parameter old" in str(caught.value)


def test_a_key_that_two_sources_tell_of_is_taken_from_the_first_of_them(spark):
    def institutions(*rows: tuple[str, str]):
        return spark.createDataFrame(rows, "institution_id string, institution_type string")

    parts = [institutions(("A", "hospital")), institutions(("A", "pharmacy"), ("B", "pharmacy"))]
    found = first_reported(parts, "institution").collect()
    assert sorted((row.institution_id, row.institution_type) for row in found) == [("A", "hospital"), ("B", "pharmacy")]


def test_rows_before_the_lakes_first_year_are_counted_apart_from_faults(spark):
    rows = [
        ("f", "BEFORE_FIRST_YEAR", "quarantined"),
        ("f", "MALFORMED:quantity", "quarantined"),
        ("f", "", "accepted"),
    ]
    frame = spark.createDataFrame(rows, f"_file_name string, {CODES} string, _status string")
    (total,) = control_totals(frame, "claim_line", None, QUALITY.of("claim_line").apart).collect()
    assert (total.delivered_lines, total.quarantined_lines, total.excluded_lines) == (3, 2, 1)
