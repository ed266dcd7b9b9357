"""From delivered rows to judged ones: mapping, checks, duplicates, totals."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from fundwatch.errors import CatalogueError, MappingError
from intake.rows.canonical import CODES, Columns, supplied_columns, to_canonical
from intake.rows.clean import first_reported
from intake.rows.privacy import PrivacyFunctions
from intake.rows.reading import as_strings, read_options, read_schema
from intake.rows.status import (
    earlier_fingerprints,
    repeated_keys,
    shared_fingerprints,
    to_clean,
    to_quarantine,
    with_fingerprints,
    with_status,
)
from intake.rows.totals import control_totals
from intake.source.checks import parse_quality, read_quality
from intake.source.columns import Expression
from intake.source.load import read_mapping
from privacy.keys.ring import PseudonymKey
from privacy.tokens.pseudonyms import token
from privacy.vault.columns import REPORTED_TYPE
from tests.intake.deliveries import (
    LINE,
    NAME,
    NIGHT,
    PHONE,
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


def canonical(spark, tmp_path: Path, content: bytes, rows=ROWS):
    path = tmp_path / File.name
    path.write_bytes(content)
    columns = Columns(frozenset(NATIONAL.files["fee_list"].names().values()), frozenset(File.header))
    raw = spark.read.options(**read_options(NATIONAL)).schema(read_schema(LANDED)).csv(str(path))
    strings = as_strings(raw, LANDED, columns.to_read(rows), NATIONAL.delivery.null_texts)
    checks = QUALITY.of("claim_line")
    made = to_canonical(strings, "claim_line", rows, checks, PRIVACY, columns, NIGHT)
    return with_fingerprints(made, "claim_line")


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
        "NOT_IN_LIST:coverage_class": line("h", chrgitm_lv="7"),
        "BEFORE_FIRST_YEAR": line("k", fee_ocur_time="1999-12-31 23:59:59"),
        "NOT_VALID": line("i", vali_flag="0", cnt="abc"),
    }
    content = csv_bytes([*bad.values(), reversal("j", "L1")], columns_of("fee_list")) + b"only,three,columns\n"
    rows = canonical(spark, tmp_path, content).select("line_id", CODES, "_line_number").collect()
    assert [r[CODES] for r in rows] == [*bad, "", "UNREADABLE"]
    assert [r["_line_number"] for r in rows] == list(range(2, 15))


def test_an_expression_that_cannot_be_read_is_reported_with_its_table(spark, tmp_path):
    wrong = ROWS.model_copy(update={"columns": {**ROWS.columns, "order_id": Expression(expr="get(cnt, 0)")}})
    with pytest.raises(MappingError, match=r"tables\.claim_line, from fee_list"):
        canonical(spark, tmp_path, csv_bytes([LINE], columns_of("fee_list")), wrong)


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
        "IDENTIFIER_IN_CODE:coverage_class,NOT_IN_LIST:coverage_class", "", "",
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
