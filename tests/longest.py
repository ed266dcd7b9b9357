"""The order of the tests' files: the longest first, for one begun last leaves the other worker idle at the end."""

from __future__ import annotations

from collections.abc import Set

# The longest first. The first of them makes the finished night, so that no other may need it: it would wait.
LONGEST = (
    "tests/jobs/test_every_command.py",
    "tests/jobs/test_load_delivery.py",
    "tests/jobs/test_faulty_deliveries.py",
    "tests/jobs/test_fault_at_every_commit.py",
    "tests/rules/test_examples.py",
    "tests/jobs/onboard/test_check_source.py",
    "tests/rules/test_shuffles.py",
    "tests/jobs/protect/test_erased_again.py",
    "tests/jobs/test_build_features.py",
    "tests/dags/test_nights_in_airflow.py",
    "tests/jobs/test_shapes_of_files.py",
    "tests/jobs/test_no_register.py",
)
_PLACES = {file: place for place, file in enumerate(LONGEST)}


def place_of(test: str, slow_files: Set[str]) -> int:
    """After the longest files come others with a slow test, and then all the rest, which fill the end evenly."""
    file = file_of(test)
    return _PLACES.get(file, len(LONGEST) if file in slow_files else len(LONGEST) + 1)


def file_of(test: str) -> str:
    """The file of a test, by the test's id."""
    return test.partition("::")[0]
