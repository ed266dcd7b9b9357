"""A night of one machine whose tables count as large: what is read again is put down, and the list is the same."""

from __future__ import annotations

from pathlib import Path

from fundwatch.lake.store import Lake
from tests.lake_content import rows_in
from tests.night import NIGHTS, FinishedNight, run_fundwatch
from tests.places import at


def test_what_is_put_down_instead_of_kept_in_memory_changes_no_row(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    var = finished_night.undone(tmp_path / "var")
    done = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--set", "stage_rows=1", var=var)
    assert done.returncode == 0, done.stderr
    name = f"lists/{NIGHTS[0]}/leads.csv"
    assert (var / name).read_bytes() == (finished_night.after_the_first / name).read_bytes()
    theirs, ours = Lake(at(var / "lake")), Lake(at(finished_night.after_the_first / "lake"))
    for table in ("rule_hit", "rule_coverage", "indicator_doctor", "peer_statistic"):
        assert sorted(map(str, rows_in(theirs, table))) == sorted(map(str, rows_in(ours, table))), table
