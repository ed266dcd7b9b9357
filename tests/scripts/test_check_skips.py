"""The gate that a test which must run did run."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_skips import not_run

CASES = {
    "ran": '<testcase name="test_a"/>',
    "skipped": '<testcase name="test_a"><skipped message="no data"/></testcase>',
    "one case of two skipped": '<testcase name="test_a[x]"/><testcase name="test_a[y]"><skipped/></testcase>',
    "another test ran": '<testcase name="test_ab"/>',
}


@pytest.mark.parametrize(
    ("case", "reported"),
    [
        ("ran", []),
        ("skipped", ["test_a: skipped, no data"]),
        ("one case of two skipped", ["test_a: skipped, no reason given"]),
        ("another test ran", ["test_a: no such test was collected"]),
    ],
)
def test_a_wanted_test_that_did_not_run_is_named_with_its_reason(
    tmp_path: Path, case: str, reported: list[str]
) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(f"<testsuites><testsuite>{CASES[case]}</testsuite></testsuites>")
    assert not_run(report, ["test_a"]) == reported
