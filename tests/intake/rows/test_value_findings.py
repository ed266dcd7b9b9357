"""What a night says of values that say nothing, and of tokens that stand for many."""

from __future__ import annotations

from intake.quality_page import PAGE, QualityReport
from intake.rows.canonical import PLACEHOLDERS
from intake.rows.status import STATUS
from intake.rows.value_findings import PlaceholderCount, SharedBy, placeholder_counts, shared_tokens
from intake.source.checks import SharedToken
from tests.intake.test_quality_page import NIGHT

COLUMNS = f"institution_id string, ordering_doctor_id string, {PLACEHOLDERS} string, {STATUS} string"


def test_what_stood_for_nothing_is_counted_by_column_text_and_institution(spark):
    ward, both = "ordering_department\t/", "ordering_department\t/\nordering_doctor_id\t无"
    lines = [("H1", None, ward, "accepted"), ("H1", None, both, "quarantined"), ("H2", None, ward, "accepted"),
             ("H1", None, ward, "duplicate"), ("H1", "D", None, "accepted")]  # fmt: skip
    persons = spark.createDataFrame([("sex\t-", "accepted")], f"{PLACEHOLDERS} string, {STATUS} string")
    found = placeholder_counts({"claim_line": spark.createDataFrame(lines, COLUMNS), "patient": persons})
    counts = [PlaceholderCount(**row.asDict()) for row in found.collect()]
    assert sorted(counts, key=str) == [
        PlaceholderCount("claim_line", "ordering_department", "/", "H1", 2),
        PlaceholderCount("claim_line", "ordering_department", "/", "H2", 1),
        PlaceholderCount("claim_line", "ordering_doctor_id", "无", "H1", 1),
        PlaceholderCount("patient", "sex", "-", None, 1),
    ]
    page = QualityReport(NIGHT, "s", placeholders=counts).files()[PAGE].decode()
    assert "H1 (2)" in page


def test_a_doctor_with_lines_everywhere_and_far_more_than_others_is_named(spark):
    honest = [(f"H{n % 3}", f"D{n}") for n in range(30)]
    lines = honest + [(f"H{n % 6}", "everyone") for n in range(40)] + [("H1", "busy")] * 90
    nobody: list[tuple[str, str | None]] = [(f"H{n}", None) for n in range(60)]
    rows = [(place, doctor, None, "accepted") for place, doctor in [*lines, *nobody]]
    frame = spark.createDataFrame(rows, COLUMNS)
    frame = frame.selectExpr("*", "CAST(NULL AS string) AS performing_doctor_id")
    found = [SharedBy(**row.asDict()) for row in shared_tokens({"claim_line": frame}, SharedToken()).collect()]
    assert found == [SharedBy("claim_line", "ordering_doctor_id", "everyone", 6, 40, 1)]
