"""Identifiers in codes and names: found by form and check digit, alike by Spark and by Python; codes are none."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.contracts.table import Table
from privacy.scrubbing.identifiers import (
    grouped_without_identifiers,
    holds_identifier,
    identifier_codes,
    without_identifiers,
)

YEAR = 2026
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def certificate(body: str) -> str:
    """17 digits with their check character."""
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def card(body: str) -> str:
    """Digits with their Luhn digit."""
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def spaced(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


IDENTIFIERS = [
    certificate("99000119800229999"), certificate("11010519491231002"), certificate("33010219990101123").lower(),
    f"RX{'-'}{certificate('44010620010203001')}", "990001 19800229 9993", "990001800229999",
    "15498765432", "154-9876-5432", "+8615498765432", "１５４９８７６５４３２", "0571-88886666", "010-88886666",
    card("622202990000000000"), card("621700990000000"), spaced(card("622202990000000000")), "E12345678", "EA1234567",
    "g12345678", "jinsique@example.org", "欧阳金雀", "王秀芳", "3床 欧阳金雀",
]  # fmt: skip
CODES = [
    "R089069720870", "559-001007", "372-010000", "A03", "C99000000000000000000001007", "001109000010000",
    "XC07ABA164A001010104554", "81000001234567890123", "XN02AJT075A002010101234", "20260331123456", "202603311234567",
    "20260331123456789", "330106202603310001", "3301062603310001", "330106260331001", "620102202603310001",
    "6201022603310012", "620102260331001234", "I10.x00x002", "K35.900", "BZ11B1", "01", "12床", "加3", "外科-12",
    "3302", "H99000100559", "00123456789", "20260331", "1234567890", "154987654321", "12345678901234567890", "", "ICU",
    "2026-03-31", "2026-03-31 17:31:49", "110000-220000", "X-2026-000123", "98765432109",
]  # fmt: skip
NAMES_AND_WHAT_BECOMES_OF_THEM = {
    "李氏砭法刀具": "李氏砭法刀具", "王氏保赤丸": "王氏保赤丸", "公孙树叶": "公孙树叶", "患者安全管理": "患者安全管理",
    "季德胜蛇药片": "季德胜蛇药片", "住院患者静脉血栓栓塞症风险评估": "住院患者静脉血栓栓塞症风险评估",
    "病人高热惊厥": "病人高热惊厥", "康复医学科": "康复医学科", "安宁疗护": "安宁疗护", "全科": "全科",
    "精神病人护理": "精神病人护理", "危重病人抢救": "危重病人抢救", "白带异常": "白带异常",
    "医用手套(M)": "医用手套(M)", "诸葛行军散": "诸葛行军散",
    "急性阑尾炎 患者欧阳金雀,电话15498765432": "急性阑尾炎 患者[姓名],电话[电话]",
    "床位费(患者:王秀芳)": "床位费(患者:[姓名])",
    f"高血压 {certificate('99000119800229999')}": "高血压 [证件]",
    "内科 欧阳金雀": "内科 [姓名]",
    "患者王秀芳电话154-9876-5432": "患者[姓名]电话[电话]",
}  # fmt: skip


def test_identifiers_are_found_and_codes_of_the_field_are_none() -> None:
    assert [text for text in IDENTIFIERS if not holds_identifier(text, YEAR)] == []
    assert [text for text in CODES if holds_identifier(text, YEAR)] == []


def test_numbers_made_of_a_region_a_recent_day_and_a_count_are_no_certificates() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(0, 900, 3)]
    made = [certificate(f"330106{day:%Y%m%d}{n % 1000:03d}") for n, day in enumerate(days)]
    made += [f"330106{day:%y%m%d}{n % 1000:03d}" for n, day in enumerate(days)]
    made += [f"{day:%Y%m%d}{n:0{width}d}" for n, day in enumerate(days) for width in range(4, 11)]
    assert [text for text in made if holds_identifier(text, YEAR)] == []


def _drawn(count: int) -> list[str]:
    """Values near the forms: right and wrong check digits, days, areas, lengths and what stands around them."""
    rng = random.Random(20260331)
    digits: Callable[[int], str] = lambda n: "".join(rng.choices("0123456789", k=n))  # noqa: E731 (drawn in place)
    day: Callable[[], str] = lambda: f"{rng.randint(1, 13):02d}{rng.randint(1, 32):02d}"  # noqa: E731
    forms: Sequence[Callable[[], str]] = (
        lambda: certificate(f"{rng.randint(10, 99)}{digits(4)}{rng.randint(1898, 2031)}{day()}{digits(3)}"),
        lambda: f"{rng.randint(10, 99)}{digits(4)}{rng.randint(1898, 2031)}{day()}{digits(4)}",
        lambda: f"{rng.randint(10, 99)}{digits(4)}{digits(2)}{day()}{digits(3)}",
        lambda: card(f"62{digits(rng.randint(12, 17))}"),
        lambda: f"1{digits(rng.randint(9, 11))}",
        lambda: f"0{digits(rng.randint(2, 3))}-{digits(rng.randint(6, 8))}",
        lambda: f"{rng.choice('EGEAB')}{digits(rng.randint(7, 9))}",
        lambda: rng.choice(["王", "欧阳", "床", "3"]) + "".join(rng.choices("金雀伟芳床科", k=rng.randint(1, 3))),
    )
    around = ("", "", "", "R", "-", " ", "号", "0")
    return [rng.choice(around) + rng.choice(forms)() + rng.choice(around) for _ in range(count)]


def _table() -> Table:
    return TABLES["claim_line_entry"]


def _found(spark: SparkSession, texts: Sequence[str | None]) -> DataFrame:
    rows = [(n, text, None, None) for n, text in enumerate(texts)]
    given = spark.createDataFrame(rows, "n int, order_id string, local_item_code string, item_name string")
    codes = identifier_codes(_table(), ("order_id", "local_item_code"), (), YEAR).alias("codes")
    return given.select("*", codes)


def test_spark_finds_what_python_finds_also_in_full_width_and_null_is_nothing(spark: SparkSession) -> None:
    texts = [*IDENTIFIERS, *CODES, *_drawn(1_500), None]
    reported = [row["codes"] for row in _found(spark, texts).orderBy("n").collect()]
    expected = [t is not None and holds_identifier(t, YEAR) for t in texts]
    assert [bool(code) for code in reported] == expected
    assert sum(expected) > 150
    assert set(reported) == {"", "IDENTIFIER_IN_CODE:order_id"}


def test_a_code_that_holds_an_identifier_is_not_kept_and_a_name_keeps_all_but_what_identifies(
    spark: SparkSession,
) -> None:
    reported = NAMES_AND_WHAT_BECOMES_OF_THEM
    rows = [("15498765432", "A1", name) for name in reported]
    given = spark.createDataFrame(rows, "order_id string, local_item_code string, item_name string")
    codes = identifier_codes(_table(), given.columns, (), YEAR).alias("codes")
    fit = without_identifiers(_table(), given.columns, "codes", ())
    found = given.select("*", codes).select(*fit).collect()
    assert {(row["order_id"], row["local_item_code"]) for row in found} == {(None, "A1")}
    assert [row["item_name"] for row in found] == list(reported.values())
    of_groups = given.select(*grouped_without_identifiers(_table(), given.columns, YEAR)).collect()
    assert [tuple(row) for row in of_groups] == [tuple(row) for row in found]
    kept = given.select(*without_identifiers(_table(), given.columns, "''", ("order_id", "item_name")))
    assert [tuple(row) for row in kept.collect()] == rows  # the quality file says that such are its codes


def test_eleven_digits_of_a_catalogue_are_a_drug_and_a_certificate_among_its_codes_is_found(
    spark: SparkSession,
) -> None:
    rows = [("16714072701", "A"), ("A-11010519491231002X", "B"), ("A", "16714072701")]
    given = spark.createDataFrame(rows, "item_code string, local_item_code string")
    codes = identifier_codes(_table(), given.columns, (), YEAR).alias("codes")
    found = [row["codes"] for row in given.select("*", codes).collect()]
    assert found == ["", "IDENTIFIER_IN_CODE:item_code", "IDENTIFIER_IN_CODE:local_item_code"]


@pytest.mark.parametrize("table", CLEAN, ids=lambda table: table.name)
def test_every_string_of_a_clean_table_is_a_key_or_declared_as_code_or_name(table: Table) -> None:
    plain = [c.name for c in table.columns if c.type == "string" and not (c.text or c.domain or c.is_free_text)]
    assert [name for name in plain if not name.endswith("_id")] == []
