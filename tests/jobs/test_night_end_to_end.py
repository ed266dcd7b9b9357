"""Two real nights through the real command: the list, the second run, the privacy of it all, and kills."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.canaries import marks_in
from benchmarks.canary_search import search
from fundwatch.errors import ExitCode
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from intake.source.load import read_mapping
from rules.catalogue.load import load_rules
from tests.intake.deliveries import change_manifest
from tests.night import NIGHTS, ROOT, FinishedNight, clean_environment, run_fundwatch, wait_for
from tests.places import at

pytestmark = pytest.mark.slow
LAST = NIGHTS[-1]


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_the_night_publishes_a_ranked_list_with_evidence(finished_night: FinishedNight) -> None:
    with (finished_night.lists / "leads.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) > 5
    assert (finished_night.lists / "leads.xlsx").stat().st_size > 5_000
    lake = Lake(at(finished_night.var / "lake"))
    leads = lake.rows("lead", f"SELECT * FROM lead WHERE business_date = DATE '{LAST}' ORDER BY place")
    # who weighs the same has the same place
    assert all(lead["place"] in (number, before["place"]) for number, (before, lead) in enumerate(pairwise(leads), 2))
    assert leads[0]["place"] == 1
    assert {"明确违规", "可疑", "线索"} >= {lead["tier"] for lead in leads}
    evidence = lake.rows(
        "lead_evidence", f"SELECT DISTINCT lead_id FROM lead_evidence WHERE business_date = DATE '{LAST}'"
    )
    with_evidence = {row["lead_id"] for row in evidence}
    assert {lead["lead_id"] for lead in leads if lead["line_count"]} <= with_evidence <= {x["lead_id"] for x in leads}
    # what is not said by a line or an indicator says a report, or the hit of a rule on indicators itself
    assert all(x["tip_count"] or x["hit_count"] > x["line_count"] for x in leads if x["lead_id"] not in with_evidence)


def test_cases_go_on_from_the_first_night_to_the_second_and_keep_their_ids(finished_night: FinishedNight) -> None:
    lake = Lake(at(finished_night.var / "lake"))
    first, last = (
        {(row["subject_id"], row["kind"]): row for row in lake.rows("case", f"SELECT * FROM case WHERE {of_night}")}
        for of_night in (f"business_date = DATE '{night}'" for night in NIGHTS)
    )
    assert {row["state"] for row in first.values()} == {"new"}
    assert set(first) <= set(last)  # what is gone tonight is there, and says since when
    both = [(first[key], last[key]) for key in first]
    assert all(then["case_id"] == now["case_id"] and now["first_seen"] == NIGHTS[0] for then, now in both)
    assert {now["state"] for _, now in both} >= {"same"}
    assert {row["state"] for key, row in last.items() if key not in first} <= {"new"}
    leads = lake.rows("lead", f"SELECT subject_id, rule_ids FROM lead WHERE business_date = DATE '{LAST}'")
    goes_on = {key for key, row in last.items() if row["faded_since"] is None}
    assert {(lead["subject_id"], rule) for lead in leads for rule in lead["rule_ids"]} <= goes_on
    assert {subject for subject, _ in goes_on} == {lead["subject_id"] for lead in leads}


def test_every_file_balances_in_lines_and_in_money(finished_night: FinishedNight) -> None:
    totals = Lake(at(finished_night.var / "lake")).rows("control_total", "SELECT * FROM control_total")
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
    lake, ledger = Lake(at(finished_night.var / "lake")), Ledger(at(finished_night.var / "lake"))
    for job, table in (("rules", "rule_hit"), ("features", "indicator_patient"), ("leads", "lead")):
        note_committed = ledger.committed(job, LAST)
        assert note_committed is not None
        reported = [
            r["rows"]
            for r in ledger.tables_of(note_committed.run_id)
            if (r["table_name"], r["state"]) == (table, "committed")
        ]
        (found,) = lake.rows(table, f"SELECT count(*) AS rows FROM {table} WHERE business_date = DATE '{LAST}'")
        assert reported == [found["rows"]]
        assert found["rows"] > 0


def test_every_rule_of_whose_kind_something_is_there_ran(finished_night: FinishedNight) -> None:
    lake = Lake(at(finished_night.var / "lake"))
    reported = lake.rows(
        "rule_coverage", f"SELECT rule_id, state, why_not FROM rule_coverage WHERE business_date = DATE '{LAST}'"
    )
    ran = {row["rule_id"] for row in reported if row["state"] == "run"}
    why_not = {row["rule_id"]: row["why_not"] for row in reported if row["state"] == "not_run"}
    assert ran >= {"DC-03", "FK-03", "FK-04", "FK-06", "FQ-01", "FQ-02", "ID-01", "ID-04", "OP-01", "OP-02"}
    # so small a town may have nobody who was in hospital twice, nor an item that a rule's knowledge speaks of, nor
    # twenty peers to compare anybody with; and a night computes the indicators alone that models learn from
    scanned = load_rules().without_shadow().rules
    of_indicators = {rule.id for rule in scanned if rule.indicators}
    nothing_there = re.compile(r"nothing that it judges lies in |no item of [\w, ]+ occurs")
    assert {
        rule_id: why
        for rule_id, why in why_not.items()
        if not nothing_there.match(why) and not (rule_id in of_indicators and "is not computed tonight" in why)
    } == {}
    assert ran | why_not.keys() == {rule.id for rule in scanned}


def test_the_same_command_again_changes_nothing_and_says_so(finished_night: FinishedNight) -> None:
    before = _snapshot(finished_night.var)
    done = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--to", str(LAST), var=finished_night.var)
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stderr
    after = _snapshot(finished_night.var)
    # the figures for a monitor say when a command last ended
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= {"lake/.lock", "metrics/fundwatch.prom"}
    assert {name for name in after if name not in before} == set()


def test_a_planted_person_is_found_nowhere_past_the_landing_zone(finished_night: FinishedNight) -> None:
    assert search(finished_night.var).hits == ()
    assert marks_in(finished_night.output.encode()) == []


def test_every_identifying_column_of_the_mapping_that_can_come_has_come_with_canaries(
    finished_night: FinishedNight,
) -> None:
    mapping, planted, come = read_mapping("national"), set[tuple[str, str]](), set[str]()
    for file in finished_night.var.glob("landing/*/*.csv.gz"):
        kind = file.name.split(".")[0]
        come.add(kind)
        with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
            planted |= {(kind, c) for row in csv.DictReader(rows) for c, v in row.items() if marks_in(v.encode())}
    meant = {(kind, column) for kind in come for column in mapping.files[kind].identifying}
    assert meant - planted == set()
    assert {kind for kind, file in mapping.files.items() if file.identifying} - come <= {"referral"}


def test_no_plan_of_spark_shows_a_planted_person(finished_night: FinishedNight) -> None:
    found = search(finished_night.events)
    assert found.hits == ()
    logged = [file for file in finished_night.events.rglob("events_*") if file.is_file()]
    assert any(b"fee_list" in file.read_bytes() for file in logged), "the log holds no plan that reads the fee lines"


def test_the_error_of_a_refused_night_shows_no_planted_person(finished_night: FinishedNight, tmp_path: Path) -> None:
    finished_night.undone(tmp_path)
    folder = tmp_path / "landing" / str(NIGHTS[0])
    _rewrite(folder, "psn_info", lambda lines: lines[1:])  # the first person stands where the header should
    _rewrite(folder, "fee_list", lambda lines: [_swapped(lines[0], "cnt", "psn_no"), *lines[1:]])
    refused = run_fundwatch("intake", "--date", str(NIGHTS[0]), "--set", "show_faults=true", var=tmp_path)
    assert refused.returncode == ExitCode.REFUSED, refused.stderr
    assert "the header is missing" in refused.stderr
    assert "column 'cnt'" in refused.stderr
    assert marks_in((refused.stdout + refused.stderr).encode()) == []
    assert search(tmp_path).hits == ()


def _rewrite(folder: Path, kind: str, change: Callable[[list[str]], list[str]]) -> None:
    file = folder / f"{kind}.csv.gz"
    lines = change(gzip.decompress(file.read_bytes()).decode("utf-8").splitlines())
    content = gzip.compress("".join(f"{line}\n" for line in lines).encode("utf-8"), mtime=0)
    file.write_bytes(content)
    stated = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "rows": len(lines) - 1}
    change_manifest(folder, kind, **stated)


def _swapped(header: str, one: str, other: str) -> str:
    names = {one: other, other: one}
    return ",".join(names.get(name, name) for name in header.split(","))


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
    _, reported = process.communicate()
    assert reached, f"the run never came to: {point}\n{reported}"
    assert process.returncode == -signal.SIGKILL, f"the run ended before it could be killed at: {point}\n{reported}"


@pytest.mark.long  # a fault at every commit of the intake, in one process, is tests/jobs/test_fault_at_every_commit.py
def test_a_night_killed_in_its_intake_and_run_again_publishes_the_same_bytes(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    """That an intake breaks at each of its commits is proved in test_fault_at_every_commit.py."""
    var = Path(shutil.copytree(finished_night.after_the_first, tmp_path / "var"))
    ledger = Ledger(at(var / "lake"))

    def commits(table: str) -> int:
        return len(list((var / "lake" / table / "_delta_log").glob("*.json")))

    before = commits("encounter")
    _kill_when(var, lambda: commits("encounter") > before, "the second night's intake, after it added to a table")
    assert ledger.committed("leads", NIGHTS[0]) is not None
    assert Ledger(at(var / "lake")).committed("intake", LAST) is None
    again = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--to", str(LAST), var=var)
    assert again.returncode == 0, again.stderr
    assert f"{NIGHTS[0]} intake" in again.stderr
    assert "nothing to do: done before with the same input" in again.stderr
    for night in NIGHTS:
        _same_list(var, finished_night, night)


@pytest.mark.long
def test_a_night_run_with_generated_code_publishes_the_same_bytes(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    """The finished night compiled nothing. Each package has a module of tests that runs compiled."""
    var = Path(shutil.copytree(finished_night.after_the_first, tmp_path / "var"))
    done = run_fundwatch("nightly", "--date", str(LAST), "--profile", "local", var=var)
    assert done.returncode == 0, done.stderr
    _same_list(var, finished_night, LAST)


def _same_list(var: Path, finished: FinishedNight, night: date) -> None:
    made = _snapshot(var / "lists" / night.isoformat())
    assert len(made) > 2
    assert made == _snapshot(finished.var / "lists" / night.isoformat())


def test_two_runs_at_once_are_refused(finished_night: FinishedNight) -> None:
    from fundwatch.lake.lock import held

    with held(at(finished_night.var / "lake")):
        second = run_fundwatch("scan", "--date", str(LAST), var=finished_night.var)
    assert second.returncode == 4
    assert "another run" in second.stderr
