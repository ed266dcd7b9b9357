"""Two real nights through the real command: the list, the second run, the privacy of it all, and kills."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fundwatch.ledger import Ledger
from fundwatch.store import Lake
from tests.night import CANARY, NIGHTS, ROOT, FinishedNight, clean_environment, run_fundwatch, wait_for

pytestmark = pytest.mark.slow
LAST = NIGHTS[-1]


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_the_night_publishes_a_ranked_list_with_evidence(finished_night: FinishedNight) -> None:
    with (finished_night.lists / "leads.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) > 5
    assert (finished_night.lists / "leads.xlsx").stat().st_size > 5_000
    lake = Lake(finished_night.var / "lake")
    leads = lake.rows("lead", f"SELECT * FROM lead WHERE business_date = DATE '{LAST}' ORDER BY place")
    assert [lead["place"] for lead in leads] == list(range(1, len(leads) + 1))
    assert {"明确违规", "可疑", "线索"} >= {lead["tier"] for lead in leads}
    evidence = lake.rows(
        "lead_evidence", f"SELECT DISTINCT lead_id FROM lead_evidence WHERE business_date = DATE '{LAST}'"
    )
    assert {row["lead_id"] for row in evidence} == {lead["lead_id"] for lead in leads}


def test_every_file_balances_in_lines_and_in_money(finished_night: FinishedNight) -> None:
    totals = Lake(finished_night.var / "lake").rows("control_total", "SELECT * FROM control_total")
    assert {row["business_date"] for row in totals} == set(NIGHTS)
    for row in totals:
        lines = row["accepted_lines"] + row["quarantined_lines"] + row["duplicate_lines"]
        assert row["delivered_lines"] == lines, row["file_name"]
        if row["delivered_amount"] is not None:
            money = row["accepted_amount"] + row["quarantined_amount"] + row["duplicate_amount"]
            assert row["delivered_amount"] == money, row["file_name"]
    assert sum(row["quarantined_lines"] for row in totals) > 0
    assert sum(row["duplicate_lines"] for row in totals) > 0


def test_the_ledger_counts_the_rows_that_were_written(finished_night: FinishedNight) -> None:
    lake, ledger = Lake(finished_night.var / "lake"), Ledger(finished_night.var / "lake")
    for job, table in (("rules", "rule_hit"), ("features", "indicator_patient"), ("leads", "lead")):
        stands = ledger.committed(job, LAST)
        assert stands is not None
        told = [
            r["rows"] for r in ledger.tables_of(stands.run_id) if (r["table_name"], r["state"]) == (table, "committed")
        ]
        (found,) = lake.rows(table, f"SELECT count(*) AS rows FROM {table} WHERE business_date = DATE '{LAST}'")
        assert told == [found["rows"]]
        assert found["rows"] > 0


def test_all_twelve_rules_ran(finished_night: FinishedNight) -> None:
    lake = Lake(finished_night.var / "lake")
    told = lake.rows(
        "rule_coverage", f"SELECT rule_id, state, why_not FROM rule_coverage WHERE business_date = DATE '{LAST}'"
    )
    assert {row["rule_id"] for row in told if row["state"] == "run"} == {
        "DC-03", "FK-03", "ID-01", "ID-04", "OP-01", "OP-02", "FQ-02", "FK-04", "FK-02", "SA-02", "FQ-01", "FK-06",
    }  # fmt: skip
    assert [row for row in told if row["state"] == "not_run"] == []


def test_the_same_command_again_changes_nothing_and_says_so(finished_night: FinishedNight) -> None:
    before = _snapshot(finished_night.var)
    done = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--to", str(LAST), var=finished_night.var)
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stderr
    after = _snapshot(finished_night.var)
    assert {name for name in before if before[name] != after.get(name)} <= {"lake/.lock"}
    assert {name for name in after if name not in before} == set()


def test_a_planted_person_is_found_nowhere_past_the_landing_zone(finished_night: FinishedNight) -> None:
    found = [
        f"{place}: {what}"
        for place, text in _everything_written(finished_night.var)
        for what, canary in CANARY.items()
        if canary in text
    ]
    assert found == []
    assert any(CANARY["name"] in text for _, text in _texts(finished_night.var / "landing")), "nothing was planted"


def _everything_written(var: Path) -> Iterator[tuple[str, str]]:
    for folder in sorted(var.iterdir()):
        if folder.name not in ("landing", "truth"):
            yield from _texts(folder)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Every file as text: parquet and databases decoded, archives opened."""
    for file in [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file()):
        if file.suffix == ".parquet":
            yield str(file), json.dumps(pq.read_table(file).to_pylist(), ensure_ascii=False, default=str)
        elif zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    yield f"{file}!{name}", archive.read(name).decode("utf-8", errors="replace")
        elif file.suffix == ".gz":
            import gzip

            yield str(file), gzip.decompress(file.read_bytes()).decode("utf-8", errors="replace")
        elif file.suffix == ".db":
            with sqlite3.connect(file) as database:
                yield str(file), "\n".join(database.iterdump())
        else:
            yield str(file), file.read_bytes().decode("utf-8", errors="replace")


def _night_process(var: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.command_line", "nightly", "--date", str(NIGHTS[0]), "--to", str(LAST)]
    return subprocess.Popen(
        [*command, "--var", str(var)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kill_when(var: Path, condition: Callable[[], bool], point: str) -> None:
    process = _night_process(var)
    reached = wait_for(condition, process)
    process.send_signal(signal.SIGKILL)
    _, told = process.communicate()
    assert reached, f"the run never came to: {point}\n{told}"
    assert process.returncode == -signal.SIGKILL, f"the run ended before it could be killed at: {point}\n{told}"


def test_a_night_killed_anywhere_and_run_again_publishes_the_same_bytes(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    for part in ("landing", "keys"):
        shutil.copytree(finished_night.var / part, tmp_path / part)
    lake = tmp_path / "lake"

    def committed(table: str) -> bool:
        return (lake / table / "_delta_log" / "00000000000000000000.json").exists()

    def stands(job: str, night: object) -> bool:
        return (lake / "run" / "_delta_log").is_dir() and Ledger(lake).committed(job, night) is not None  # type: ignore[arg-type]

    _kill_when(tmp_path, lambda: committed("delivery"), "intake, after the first of its tables")
    assert not committed("claim_line"), "the kill was to fall between two tables' commits"
    assert not stands("intake", NIGHTS[0])
    _kill_when(tmp_path, lambda: committed("rule_hit"), "rules, after the first of its tables")
    assert stands("intake", NIGHTS[0])
    assert not stands("rules", NIGHTS[0])
    _kill_when(tmp_path, lambda: committed("score"), "scoring")
    _kill_when(tmp_path, lambda: committed("lead"), "the leads, before their files")
    assert not stands("leads", NIGHTS[0])
    again = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--to", str(LAST), var=tmp_path)
    assert again.returncode == 0, again.stderr
    for night in NIGHTS:
        undisturbed = _snapshot(finished_night.var / "lists" / night.isoformat())
        recovered = _snapshot(tmp_path / "lists" / night.isoformat())
        assert recovered == undisturbed


def test_two_runs_at_once_are_refused(finished_night: FinishedNight) -> None:
    from fundwatch.lock import held

    with held(finished_night.var / "lake"):
        second = run_fundwatch("rules", "--date", str(LAST), var=finished_night.var)
    assert second.returncode == 4
    assert "another run" in second.stderr
