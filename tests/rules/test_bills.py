"""The frame of bills: what an encounter's lines come to, and what stays unknown where a line does not say."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rules.catalogue.examples import columns_of, example_worlds
from rules.catalogue.rule import Example, RuleSet
from rules.frames.bills import BILLS
from rules.frames.inputs import ScanInputs
from rules.knowledge.points import load_knowledge
from tests.rules.world import YEAR, shipped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

ALL = frozenset(BILLS.columns)
STAY = {"is_inpatient": True, "started_at": datetime(2026, 3, 4, 9), "ended_at": datetime(2026, 3, 10, 9)}
_DAY = {"charge_class": "01", "amount": 40}


def _line(line_id: str, stay: str, **more: Any) -> dict[str, Any]:
    return {"line_id": line_id, "encounter_id": stay, "charged_at": datetime(2026, 3, 4, 10), **_DAY, **more}


def _stay(name: str, **more: Any) -> dict[str, Any]:
    return {"encounter_id": name, "main_diagnosis_code": "H61.200", **STAY, **more}


LINES = [
    _line("a1", "whole", charge_class="09", amount=100, item_code="XJ01DDS001A001010100001"),
    _line("a2", "whole", charge_class="0999", amount=1),  # no class of the standard: in no sum but the total
    _line("a3", "whole", charge_class="06", amount=50, settlement_id=None),
    _line("a4", "whole", charge_class="07", amount=30, item_code="001201000030000", settlement_id="of whole"),
    _line("b1", "unclassed", charge_class=None, amount=7),
    _line("b2", "unclassed", charge_class="09", amount=8, item_code=None),
    _line("c1", "undated", charged_at=datetime(2026, 3, 5, 10)),
    _line("c2", "undated", charge_class="05", charged_at=datetime(2026, 3, 6, 10)),
    _line("d1", "unpriced", amount=5),
    _line("e1", "unsettled", settlement_id=None),
    _line("f1", "open"),
    _line("g1", "early"),
    *(_line(f"q{n}", "quiet", charged_at=datetime(2026, 3, n, 10)) for n in (4, 5, 6, 8)),
    _line("q9", "quiet", charge_class="05", charged_at=datetime(2026, 3, 4, 11)),
]
STAYS = [
    _stay("whole"),
    *(_stay(name) for name in ("unclassed", "undated", "unpriced", "unsettled", "quiet", "empty")),
    _stay("open", ended_at=None),
    _stay("early", started_at=datetime(2025, 11, 4), ended_at=datetime(2025, 12, 4)),
    _stay("nobody's", main_diagnosis_code=None, patient_id=None, institution_id=None),
]


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """The bills with all of their columns."""
    example = Example(
        says="bills", hits=[], lines=[*LINES, _line("n1", "nobody's", patient_id=None)], encounters=STAYS,
        institutions=[{"institution_id": "H1", "institution_level": "2"}],
        patients=[{"patient_id": "P1", "birth_year": 1950}],
        tables={
            "diagnosis": [
                {"encounter_id": "whole", "diagnosis_code": "A41.900", "is_main": False, "diagnosis_kind": "1"},
                {"encounter_id": "whole", "diagnosis_code": "J96.000", "is_main": False},
                {"encounter_id": "unclassed", "diagnosis_code": "J96.000", "is_main": False},
                {"encounter_id": "quiet", "diagnosis_code": "J96.000", "is_main": None},
            ],
            "procedure": [
                {"encounter_id": "whole", "procedure_code": "96.7201", "is_main": None},
                {"encounter_id": "whole", "procedure_code": "47.0100x001", "is_main": True},
            ],
        },
    )  # fmt: skip
    rows = example_worlds(RuleSet(rules=(shipped("DC-03", examples=[example]),))).rows
    tables = {name: spark.createDataFrame(found, columns_of(name)) for name, found in rows.items()}
    lines = tables["claim_line"].selectExpr(
        *(
            {
                "charged_at": "IF(endswith(line_id, ':c2'), NULL, charged_at) AS charged_at",
                "amount": "IF(endswith(line_id, ':d1'), NULL, amount) AS amount",
            }.get(name, name)
            for name in tables["claim_line"].columns
        )
    )
    inputs = ScanInputs(tables | {"claim_line": lines}, load_knowledge(), YEAR)
    return BILLS.build(inputs, ALL, 0)


@pytest.fixture(scope="module")
def bills(frame: DataFrame) -> dict[str, Row]:
    """The bills by the name of their encounter."""
    return {row.encounter_id.split(":")[1]: row for row in frame.collect()}


def test_no_part_of_a_bill_is_joined_with_the_bills_themselves(frame: DataFrame) -> None:
    reads = frame._jdf.queryExecution().analyzed().collectLeaves().size()
    assert 20 < reads < 60  # each such join would double what is below it: five of them read 1,260 times


def test_a_bill_is_one_row_of_an_ended_encounter_of_the_window_of_which_a_line_was_settled(
    bills: dict[str, Row],
) -> None:
    assert sorted(bills) == ["nobody's", "quiet", "unclassed", "undated", "unpriced", "whole"]


def test_its_sums_go_over_all_lines_and_what_is_charged_to_the_fund_over_the_settled(bills: dict[str, Row]) -> None:
    whole = bills["whole"]
    assert (whole.total_amount, whole.drug_amount, whole.surgery_amount) == (181, 100, 50)
    assert (whole.covered_amount, whole.high_nursing_amount, whole.depth_monitoring_amount) == (131, 30, 0)
    assert (whole.days, whole.days_band, whole.diagnosis_stem, whole.diagnosis_chapter) == (6, "5-9", "H61", "H6")
    assert (whole.institution_level, whole.age_at_least, whole.age_at_most) == ("2", 75, 76)


def test_a_line_that_lacks_its_class_makes_the_sums_by_class_unknown_and_not_the_total(bills: dict[str, Row]) -> None:
    unclassed = bills["unclassed"]
    assert (unclassed.total_amount, unclassed.drug_amount, unclassed.surgery_amount) == (15, None, None)
    assert (unclassed.care_kinds, unclassed.is_severe, unclassed.unsupported_diagnoses) == (None, None, None)


def test_a_line_without_an_amount_makes_all_sums_unknown(bills: dict[str, Row]) -> None:
    unpriced = bills["unpriced"]
    assert (unpriced.total_amount, unpriced.drug_amount, unpriced.daily_amount) == (None, None, None)


def test_a_line_without_a_day_may_lie_on_any_and_no_day_is_known_to_be_quiet(bills: dict[str, Row]) -> None:
    assert (bills["undated"].quiet_days, bills["undated"].longest_quiet_run) == (None, None)
    quiet = bills["quiet"]
    assert (quiet.quiet_days, quiet.longest_quiet_run, quiet.quiet_amount) == (3, 2, 120)
    assert (bills["whole"].quiet_days, bills["whole"].longest_quiet_run) == (0, 0)


def test_only_further_diagnoses_of_a_known_rank_can_lack_their_care(bills: dict[str, Row]) -> None:
    assert bills["whole"].unsupported_diagnoses == ["J96.000"]  # an antibacterial goes with the sepsis
    assert bills["quiet"].unsupported_diagnoses is None


def test_operations_are_told_by_the_list(bills: dict[str, Row]) -> None:
    whole = bills["whole"]
    assert (whole.main_procedure_code, whole.procedure_count) == ("47.0100x001", 2)
    assert whole.procedure_group == "47.01 96.72"
    assert whole.unsupported_operations == ["96.7201"]  # surgery was charged, ventilation was not
    assert (bills["quiet"].main_procedure_code, bills["quiet"].procedure_count) == (None, 0)


def test_an_encounter_of_nobody_knows_nothing_of_a_person_or_a_place(bills: dict[str, Row]) -> None:
    nobody = bills["nobody's"]
    assert (nobody.institution_level, nobody.age_at_most, nobody.diagnosis_stem) == (None, None, None)
    assert (nobody.diagnosis_chapter, nobody.ambulatory_diagnosis) == (None, None)


def test_past_bills_lend_their_rows_only_as_far_back_as_asked(spark: SparkSession) -> None:
    example = Example(says="past", hits=[], lines=[_line("g1", "early")], encounters=[STAYS[8]])
    rows = example_worlds(RuleSet(rules=(shipped("DC-03", examples=[example]),))).rows
    tables = {name: spark.createDataFrame(found, columns_of(name)) for name, found in rows.items()}
    inputs = ScanInputs(tables, load_knowledge(), YEAR)
    assert BILLS.build(inputs, frozenset(), 27).count() == 0
    (row,) = BILLS.build(inputs, frozenset(), 28).collect()
    assert row.ended_on == date(2025, 12, 4)
