"""What persons were given over a long time: the drug behind a code, what is usual of an item, how far back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from rules.frames.history import HISTORY
from rules.frames.inputs import ScanInputs, ScanWindow
from rules.frames.lines import LINES
from rules.frames.registry import GRAINS, shared_tables
from rules.knowledge.points import load_knowledge
from tests.rules.world import SHIPPED, tables_of, with_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MARCH = ScanWindow(date(2026, 3, 1), date(2026, 3, 31))


def _inputs(spark: SparkSession, **rows: Any) -> ScanInputs:
    return ScanInputs(tables_of(spark, with_rows(SHIPPED.rules[0], **rows)), load_knowledge(), MARCH)


def _by_line(rows: Any, *names: str) -> dict[str, Any]:
    found = rows.select("line_id", *names).collect()
    return {row.line_id.split(":")[1]: row[names[0]] if len(names) == 1 else tuple(row)[1:] for row in found}


@pytest.mark.parametrize("frame", [LINES, HISTORY], ids=["lines", "history"])
def test_makers_and_forms_of_a_drug_have_one_code_and_codes_of_another_shape_have_none(spark, frame):
    codes = {
        "maker": "XC10AAS901A001019900901",
        "other_maker": "XC10AAS901A002029900977",
        "other_drug": "XC10AAS902A001019900902",
        "patent": "ZA12HAS0201019900201",
        "short": "XC10AAS901A00101990090",
        "service": "002503020030000",
        "own": "L77",
        "none": None,
    }
    lines = [{"line_id": name, "item_code": code} for name, code in codes.items()]
    rows = frame.build(_inputs(spark, lines=lines), frozenset({"generic_code"}), 0)
    found = _by_line(rows, "generic_code")
    assert {name: code for name, code in found.items() if code} == {
        "maker": "XC10AAS901", "other_maker": "XC10AAS901", "other_drug": "XC10AAS902", "patent": "ZA12HAS0201",
    }  # fmt: skip
    assert found.keys() == codes.keys()


def test_months_and_groups_of_diagnoses_are_unknown_where_what_they_are_made_of_is(spark):
    lines = [
        {"line_id": "known", "encounter_id": "A"},
        {"line_id": "no_diagnosis", "encounter_id": "B", "charged_at": datetime(2026, 3, 31, 23, 59)},
    ]
    visits = [{"encounter_id": "A", "main_diagnosis_code": "M54.501", "started_at": datetime(2026, 3, 4, 9)}]
    rows = HISTORY.build(_inputs(spark, lines=lines, encounters=visits), frozenset({"month", "diagnosis_group"}), 0)
    assert _by_line(rows, "month", "diagnosis_group") == {
        "known": (date(2026, 3, 1), "M54.5"), "no_diagnosis": (date(2026, 3, 1), None),
    }  # fmt: skip


def test_what_is_usual_of_an_item_is_seen_in_the_window_alone_and_by_known_quantities(spark):
    lines = [
        {"line_id": "usual", "item_code": "A", "quantity": 2, "times": 3},
        {"line_id": "many", "item_code": "A", "quantity": 40},
        {"line_id": "before", "item_code": "A", "quantity": 900, "charged_at": datetime(2026, 2, 1, 9)},
        {"line_id": "taken_back", "item_code": "A", "quantity": 0, "unit_price": 1},
        {"line_id": "no_item", "item_code": None, "quantity": 7},
    ]
    wanted = frozenset({"item_median_quantity", "item_high_quantity", "item_line_count"})
    found = _by_line(LINES.build(_inputs(spark, lines=lines), wanted, 60), *sorted(wanted))
    high, count, median = found["many"]
    assert (count, median) == (4, 2)
    assert 2 < high < 40
    assert found["before"] == found["taken_back"] == found["many"]
    assert found["no_item"] == (None, None, None)


def test_history_looks_back_as_far_as_it_is_asked_to_and_a_line_without_a_time_is_nowhere(spark):
    lines = [
        {"line_id": "now"},
        {"line_id": "back", "charged_at": datetime(2026, 1, 30, 9)},
        {"line_id": "long_ago", "charged_at": datetime(2026, 1, 29, 9)},
    ]
    inputs = _inputs(spark, lines=lines)
    assert _by_line(HISTORY.build(inputs, frozenset({"month"}), 30), "month").keys() == {"now", "back"}
    untimed = inputs.tables["claim_line"].withColumn("charged_at", F.lit(None).cast("timestamp"))
    nowhere = ScanInputs({**inputs.tables, "claim_line": untimed}, inputs.knowledge, MARCH)
    assert HISTORY.build(nowhere, frozenset({"month"}), 30).count() == 0


def test_history_has_no_columns_of_other_registers_and_its_grains_are_of_one_frame():
    sources = {s.split(".")[0] for groups in HISTORY.columns.values() for group in groups for s in group}
    assert sources == {"claim_line", "encounter", "institution", "knowledge"}
    names = {name for name, grain in GRAINS.items() if grain.frame is HISTORY}
    assert names == {"line_of_history", "patient_month", "patient_drug", "patient_doctor"}


def test_fee_lines_are_copied_for_no_frame_though_several_are_made_of_them():
    assert "claim_line" not in shared_tables(GRAINS)
    assert "encounter" in shared_tables(GRAINS)
