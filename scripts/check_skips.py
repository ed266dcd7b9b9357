"""Fail when a test that must run was skipped, or is not in the report at all.

Usage: check_skips.py REPORT TEST...   (REPORT is pytest's junit xml, TEST the name of a test function)
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def not_run(report: Path, wanted: list[str]) -> list[str]:
    """One line for each wanted test that is absent or was skipped; each parametrised case must run."""
    cases = ElementTree.parse(report).findall(".//testcase")
    found = []
    for name in wanted:
        skips = [case.find("skipped") for case in cases if case.get("name", "").split("[")[0] == name]
        if not skips:
            found.append(f"{name}: no such test was collected")
        reasons = [skip.get("message", "no reason given") for skip in skips if skip is not None]
        found.extend(f"{name}: skipped, {reason}" for reason in reasons)
    return found


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if missing := not_run(Path(sys.argv[1]), sys.argv[2:]):
        sys.exit("tests that must run did not:\n  " + "\n  ".join(missing))
