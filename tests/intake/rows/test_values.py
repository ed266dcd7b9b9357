"""From delivered texts to canonical values: spelling, placeholders, times, numbers, ids. Small rows, exact values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from fundwatch.texts import key_spelling, tidied
from intake.files.delivery import open_delivery
from intake.files.lines import SAMPLED_FIRST
from intake.rows.canonical import CODES, PLACEHOLDERS, source_rows, to_canonical
from intake.rows.normalizing import in_list_form, is_number_form, is_strange, one_spelling
from intake.rows.privacy import PrivacyFunctions
from intake.rows.reading import LINE_NUMBER, read_options, read_schema
from intake.rows.times import as_moment
from intake.rows.values import typed, values_of
from intake.source.checks import read_quality
from intake.source.load import parse_mapping
from privacy.tokens.pseudonyms import normalised
from privacy.vault.columns import REPORTED_TYPE
from tests.fundwatch.test_texts import SPELLINGS

NIGHT = date(2026, 3, 31)
QUALITY = read_quality("default")
MAPPING = """
source: small
delivery: {manifest: measured}
placeholders: {add: {claim_line.item_code: ["XX"]}, keep: {claim_line.order_id: ["0"]}}
files:
  lines:
    name: lines.csv
    columns:
      [id, visit, part, person, doctor, ward, bed, hospital, order, item, name, class, count, fee, at, days, out, herb]
    identifying: [person, doctor, bed]
tables:
  claim_line:
    rows:
      - from: lines
        where: {of: order, keep: ["O1", "0", "12.50", "（补）"], code: NOT_VALID}
        columns:
          line_id: id
          is_discharge_drug: {of: out, true: ["是（带药）"], false: ["否"]}
          herb_use: {codes: {"单味（一）": "1"}, of: herb}
          encounter_id: {expr: "visit || '-' || part"}
          patient_id: {token: person, of: person}
          institution_id: hospital
          charged_at: at
          order_id: order
          item_code: item
          item_name: name
          item_type: {codes: {"-": "101", "药": "101"}, of: class, otherwise: "201"}
          quantity: {of: count, default: 1}
          amount: fee
          days_supplied: days
          ordering_department: ward
          ordering_doctor_id: {token: doctor, of: doctor}
          performing_doctor_id: {token: doctor, of: "hospital || '/' || bed", needs: [hospital, bed]}
        vault: [{token: person, of: person, with: {name: name}}]
"""
GOOD = {
    "id": "L1", "visit": "V1", "part": "1", "person": "P1", "doctor": "D1", "ward": "A03", "bed": "B1",
    "hospital": "H1", "order": "O1", "item": "I1", "name": "床位费", "class": "药", "count": "3", "fee": "90.00",
    "at": "2026-03-02 09:00:00", "days": "7", "out": "", "herb": "",
}  # fmt: skip
PRIVACY = PrivacyFunctions(
    token=lambda _domain: lambda column: column,
    scrubbed=lambda text, _names: text,
    sealed=lambda _domain, of, _fields: F.when(of.isNotNull(), F.lit(None).cast(REPORTED_TYPE)),
)


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory):
    """Rows of a real file, mapped: what the canonical row holds, its codes and its placeholders."""
    root = tmp_path_factory.mktemp("values")
    file = root / "small.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    mapping = parse_mapping(file)

    def rows_of(changes: list[dict[str, str]]) -> list[Any]:
        folder: Path = root / NIGHT.isoformat()
        folder.mkdir(exist_ok=True)
        # the odd ones stand behind the lines that are looked at before Spark reads a row
        rows = [GOOD] * SAMPLED_FIRST + [{**GOOD, **change} for change in changes]
        quoted = [",".join(_quoted(value) for value in row.values()) for row in rows]
        (folder / "lines.csv").write_text("\n".join([",".join(GOOD), *quoted, ""]), encoding="utf-8")
        delivery = open_delivery(mapping, root, NIGHT, root)
        (landed,) = delivery.files
        how = mapping.tables["claim_line"].rows[0]

        def raw(one):
            return spark.read.options(**read_options(mapping, one)).schema(read_schema(one)).csv(str(one.path))

        strings, columns = source_rows(raw, mapping, delivery, landed, "claim_line", how)
        checks, values = QUALITY.of("claim_line"), values_of(mapping, QUALITY)
        canonical = to_canonical(strings, "claim_line", how, checks, PRIVACY, columns, NIGHT, values)
        return canonical.filter(F.col(LINE_NUMBER) > SAMPLED_FIRST + 1).orderBy(LINE_NUMBER).collect()

    return rows_of


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


CASES: list[tuple[dict[str, str], dict[str, Any], str]] = [
    ({}, {"line_id": "L1", "encounter_id": "V1-1", "amount": Decimal("90.00"), "days_supplied": 7}, ""),
    ({"id": "\u3000Ｌ９", "person": '="P1"', "name": "病房（三人间）\u200b"},
     {"line_id": "L9", "patient_id": "P1", "item_name": "病房（三人间）"}, ""),
    ({"person": "p1", "ward": "内科（一）", "item": "'０01"},
     {"patient_id": "p1", "ordering_department": "内科(一)", "item_code": "001"}, ""),
    # ids that a program took for numbers, by themselves and in parts, in every row
    ({"person": "5001.0"}, {"patient_id": None}, "NUMBER_FORM:patient_id"),
    ({"person": "9.90001E+17"}, {"patient_id": None}, "NUMBER_FORM:patient_id"),
    ({"visit": "88.0"}, {"encounter_id": None}, "NUMBER_FORM:encounter_id"),
    ({"item": "1E+05"}, {"item_code": None}, "NUMBER_FORM:item_code"),
    ({"hospital": "H1.0", "order": "12.50"}, {"institution_id": "H1.0", "order_id": "12.50"}, ""),
    # as Java writes numbers of ten millions and more
    ({"person": "1.0000001E7"}, {"patient_id": None}, "NUMBER_FORM:patient_id"),
    ({"person": "12E5"}, {"patient_id": "12E5"}, ""),
    # codes in whichever width they are written, in the file and in the mapping
    ({"order": "（补）", "out": "是（带药）", "herb": "单味(一)"},
     {"order_id": "(补)", "is_discharge_drug": True, "herb_use": "1"}, ""),
    # an id of which a part says nothing is nobody's; 0 may be the first of a count
    ({"visit": "无"}, {"encounter_id": None}, "MISSING:encounter_id"),
    ({"part": "-"}, {"encounter_id": None}, "MISSING:encounter_id"),
    ({"part": "0"}, {"encounter_id": "V1-0"}, ""),
    # a date that stands for none is no old archive
    ({"at": "1900-01-01 00:00:00"}, {"charged_at": datetime(1900, 1, 1)}, "CHARGED_OUT_OF_RANGE,BEFORE_FIRST_YEAR"),
    # nothing is known
    ({"doctor": "无", "ward": "/", "name": "不详", "days": "null", "bed": "-"},
     {"ordering_doctor_id": None, "ordering_department": None, "item_name": None, "days_supplied": None,
      "performing_doctor_id": None}, ""),
    ({"person": "9999999"}, {"patient_id": None}, "MISSING:patient_id"),
    ({"fee": "--", "at": "9999-12-31 23:59:59"}, {"amount": None, "charged_at": None},
     "MISSING:charged_at,MISSING:amount"),
    ({"count": "N/A"}, {"quantity": Decimal(1)}, ""),
    ({"class": "-"}, {"item_type": "101"}, ""),  # a translation lists it
    ({"class": "/"}, {"item_type": "201"}, ""),
    ({"order": "0", "item": "xx"}, {"order_id": "0", "item_code": None}, "MISSING:item_code"),  # as the mapping says
    ({"days": "0", "count": "0", "fee": "0"}, {"days_supplied": 0, "quantity": 0, "amount": 0}, ""),
    # times
    ({"at": "2026-03-02T00:30:00+08:00"}, {"charged_at": datetime(2026, 3, 2, 0, 30)}, ""),
    ({"at": "14:05"}, {"charged_at": None}, "MALFORMED:charged_at"),
    ({"at": "2026-03"}, {"charged_at": None}, "MALFORMED:charged_at"),
    # numbers
    ({"fee": "￥1,234.50", "count": "1,000"}, {"amount": Decimal("1234.50"), "quantity": 1000}, ""),
    ({"days": "2.5"}, {"days_supplied": None}, "MALFORMED:days_supplied"),
    ({"days": "7.0"}, {"days_supplied": 7}, ""),
]  # fmt: skip


PARTS = [n for n, (change, *_) in enumerate(CASES) if change.get("visit") == "无" or change.get("part") == "-"]


def test_each_text_becomes_the_value_it_is_or_a_code_that_says_why_not(made):
    rows = made([change for change, *_ in CASES])
    found = [
        ({name: row[name] for name in expected}, row[CODES]) for row, (_, expected, _) in zip(rows, CASES, strict=True)
    ]
    assert found == [(expected, codes) for _, expected, codes in CASES]
    silent = {n: row[PLACEHOLDERS] for n, row in enumerate(rows) if row[PLACEHOLDERS]}
    silent, parts = {n: said for n, said in silent.items() if n not in PARTS}, [silent.get(n) for n in PARTS]
    assert parts == ["encounter_id\t无", "encounter_id\t-"]
    first = min(silent)
    assert sorted(silent[first].split("\n")) == [
        "days_supplied\tnull", "item_name\t不详", "ordering_department\t/", "ordering_doctor_id\t无",
        "performing_doctor_id\t-",
    ]  # fmt: skip
    assert [n - first for n in silent] == [0, 1, 2, 3, 5, 6]


def test_spark_spells_every_text_as_python_does(spark):
    texts = [text for written in SPELLINGS.values() for text in written] + ['="="1""', "'a'", "x\u00a0y"]
    rows = spark.createDataFrame([(n, t, t) for n, t in enumerate(texts)], "n int, key string, text string")
    rows = rows.select("*", is_strange(["key", "text"]).alias("odd"))
    spelled = rows.select(
        "n",
        one_spelling(F.col("key"), F.col("odd"), is_key=True),
        one_spelling(F.col("text"), F.col("odd"), is_key=False),
    )
    found = {row[0]: row[1:] for row in spelled.collect()}
    assert [found[n] for n in range(len(texts))] == [(key_spelling(t), tidied(t)) for t in texts]


MOMENTS: dict[str, datetime | None] = {
    "2026-03-31": datetime(2026, 3, 31),
    "2026-3-1 7:05": datetime(2026, 3, 1, 7, 5),
    "2026-03-31T14:05:06.5": datetime(2026, 3, 31, 14, 5, 6, 500000),
    "2026-03-31T00:30:00+08:00": datetime(2026, 3, 31, 0, 30),
    "2026-03-31 00:30:00 +0800": datetime(2026, 3, 31, 0, 30),
    "2026-03-30T23:00:00Z": datetime(2026, 3, 31, 7, 0),
    "2026-03-31 07:00:00+09": datetime(2026, 3, 31, 6, 0),
    "2026年3月2日": datetime(2026, 3, 2),
    "2026年3月2日 14:05": datetime(2026, 3, 2, 14, 5),
    **dict.fromkeys(
        ["14:05", "14:05:00", "2026", "2026-03", "46082", "46082.5", "2026-02-30", "2026-03-31 25:00", "2026-03-31 14",
         "2026年3月", "20260331", "T14:05", "now", "2026-03-31 14:05:00 Asia/Shanghai", "+2026-03-31", "12026-03-31"]
    ),
}  # fmt: skip


def test_a_time_is_read_on_the_deliverys_clock_and_what_is_no_day_is_none(spark):
    rows = spark.createDataFrame(list(enumerate(MOMENTS)), "n int, text string")
    found = {row.n: row.at for row in rows.select("n", as_moment(F.col("text"), "Asia/Shanghai").alias("at")).collect()}
    assert {text: found[n] for n, text in enumerate(MOMENTS)} == MOMENTS


NUMBERS: dict[str, tuple[Decimal | None, int | None]] = {
    "30": (Decimal("30.00"), 30),
    "30.0": (Decimal("30.00"), 30),
    "-1,234,567.89": (Decimal("-1234567.89"), None),
    "¥30": (Decimal("30.00"), 30),
    "-￥1,000元": (Decimal("-1000.00"), 1000 * -1),
    "1,23": (None, None),
    "1.234,50": (None, None),
    "12 34": (None, None),
    "$30": (None, None),
    "2.5": (Decimal("2.50"), None),
}


def test_numbers_are_read_with_the_signs_of_money_only_where_these_leave_no_doubt(spark):
    rows = spark.createDataFrame(list(enumerate(NUMBERS)), "n int, text string")
    money, whole = (typed(F.col("text"), kind, "UTC") for kind in ("decimal(16,2)", "int"))
    found = {row[0]: (row[1], row[2]) for row in rows.select("n", money, whole).collect()}
    assert {text: found[n] for n, text in enumerate(NUMBERS)} == NUMBERS


DIAGNOSES = {
    "I10.x00": "I10.x00", "i10.X00": "I10.x00", "Ｉ１０．ｘ００": "I10.x00", " A00.100X001 ": "A00.100x001",
    "A01.000x005† J17.0＊": "A01.000x005+J17.0*", "a01.000X005＋j17.0*": "A01.000x005+J17.0*",
    "T14.X00X001": "T14.x00x001",
    "X59.900": "X59.900", "S525XXA": "S525XXA", "J44 .900": "J44.900",
}  # fmt: skip


def test_codes_of_a_published_list_may_end_in_zeros_and_ids_may_not(spark):
    rows = spark.createDataFrame(list(enumerate(["250.00", "38.0", "5.0E+02"])), "n int, code string")
    code = F.col("code")
    found = {
        r[0]: r[1:] for r in rows.select("n", is_number_form(code, "procedure_code"), is_number_form(code)).collect()
    }
    assert [found[n] for n in range(3)] == [(False, True), (False, True), (True, True)]


def test_a_diagnosis_has_one_form_as_the_national_list_writes_it(spark):
    rows = spark.createDataFrame(list(enumerate(DIAGNOSES)), "n int, code string")
    form = in_list_form("main_diagnosis_code", F.col("code"))
    found = {
        row[0]: (row[1], row[2]) for row in rows.select("n", form, in_list_form("item_code", F.col("code"))).collect()
    }
    assert [found[n] for n in range(len(DIAGNOSES))] == [(form, code) for code, form in DIAGNOSES.items()]


@pytest.mark.parametrize("domain", ["person", "doctor", "record", "employer", "invoice"])
def test_keys_of_other_case_or_other_signs_are_of_others_and_certificates_alone_fold(domain):
    assert len({normalised(domain, key) for key in ("ab1", "AB1", "a-b1", "50010", "5001.0")}) == 5
    assert normalised(domain, "\u3000'ＡB1\u200b") == "AB1"
    assert normalised("certificate", "1101-0519 491231002x") == normalised("certificate", "11010519491231002X")
