"""What a person may vouch for: never a row without its key, without its content, or that its own source disowns."""

from __future__ import annotations

import pytest

from intake.quarantine.error_codes import meaning_of
from intake.quarantine.vouching import Rejected, release_problems, resubmit_problems, settable_columns, value_problem
from intake.source.checks import read_quality

CHECKS = read_quality("default").of("claim_line")
VALUES = dict.fromkeys(CHECKS.required, "x")


def line(*codes: str, **values: str | None) -> Rejected:
    return Rejected("claim_line", codes, VALUES | values)


def release(row: Rejected, *, takes_conflict: bool = False) -> list[str]:
    return release_problems(row, CHECKS, {"NOT_VALID"}, takes_conflict=takes_conflict)


def test_a_row_that_fails_a_check_may_be_vouched_for():
    assert release(line("AMOUNT_MISMATCH", "NOT_IN_LIST:coverage_class")) == []


@pytest.mark.parametrize(
    ("row", "reported"),
    [
        (Rejected("claim_line", ("UNREADABLE",), None), "UNREADABLE"),
        (line("MISSING:line_id", line_id=None), "line_id: the row has no key"),
        (line("MALFORMED:quantity", quantity=None), "quantity: the row has no readable value"),
        (line("MISSING:patient_id", patient_id=None), "patient_id: the row has no readable value"),
        (line("NOT_VALID"), "the source itself calls"),
        (line("CONFLICT"), "--accept-conflict"),
    ],
)
def test_a_row_that_nobody_can_vouch_for_is_refused_with_the_reason(row, reported):
    assert [problem for problem in release(row) if reported in problem]


def test_one_of_several_rows_of_a_key_may_be_chosen_expressly():
    assert release(line("CONFLICT"), takes_conflict=True) == []


def test_keys_pseudonyms_and_pointers_cannot_be_set():
    fixed = {"line_id", "patient_id", "ordering_doctor_id", "performing_doctor_id", "original_line_id", "note"}
    assert fixed.isdisjoint(settable_columns("claim_line"))
    assert resubmit_problems(line("X"), {"patient_id": "y", "quantity": "3"}, ())[0].startswith("patient_id: is a key")


def test_a_malformed_required_value_may_be_corrected():
    assert resubmit_problems(line("MALFORMED:quantity", quantity=None), {"quantity": "3"}, ()) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("decimal(16,2)", "1.005"), ("decimal(16,2)", "123456789012345.00"), ("decimal(16,2)", "NaN"), ("int", "3.5"),
        ("date", "2026-02-30"), ("timestamp", "noon"), ("boolean", "yes"),
    ],
)  # fmt: skip
def test_a_value_that_its_column_cannot_hold_exactly_is_refused(kind, text):
    assert value_problem(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("decimal(16,2)", "99999999999999.99"), ("decimal(16,2)", "-0.5"), ("int", "3"), ("date", "2026-02-28"),
     ("timestamp", "2026-02-28T09:00:00"), ("boolean", "true"), ("string", "甲")],
)  # fmt: skip
def test_a_value_that_its_column_can_hold_is_taken(kind, text):
    assert value_problem(kind, text) is None


def test_every_check_of_the_shipped_quality_file_is_explained_in_both_languages():
    quality = read_quality("default")
    codes = {(c.code, name) for name, checks in quality.tables.items() for c in checks.checks}
    unknown = meaning_of("NOBODY_KNOWS_IT", CHECKS).en
    assert codes
    assert [c for c, name in codes if meaning_of(c, quality.of(name)).en == unknown] == []
    assert meaning_of("AMOUNT_MISMATCH", CHECKS).condition.startswith("abs(amount - quantity * unit_price)")
