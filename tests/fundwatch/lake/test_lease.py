"""A lake that several machines reach: one holder at a time, and what a lost one does never counts."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from fundwatch.errors import LakeBusyError
from fundwatch.lake.delta_rows import commit_nothing, commit_properties, query_rows
from fundwatch.lake.journal import Journal
from fundwatch.lake.lease import Lease, LeaseLostError, Word, committing, newest_word
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import leased
from tests.places import at

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
# another machine's run: as nobody can see its processes from here, its end does not show but by its silence
_OTHER = """
import sys
from datetime import date
import fundwatch.lake.lease as lease
from fundwatch.errors import FundwatchError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import leased
from fundwatch.places import LakeAddress
lease.this_machine = lambda: "elsewhere"
lake, lost_after = LakeAddress(sys.argv[1]), float(sys.argv[2])
with leased(lake, every=0.1, lost_after=lost_after):
    Ledger(lake).start("intake", date(2026, 3, 31), "before")
    print("held", flush=True)
    sys.stdin.readline()
    try:
        Ledger(lake).start("intake", date(2026, 3, 31), "late")
        print("wrote", flush=True)
    except FundwatchError as error:
        print(type(error).__name__, flush=True)
"""


def _other_machine(lake: Path, lost_after: float = 60) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _OTHER, str(lake), str(lost_after)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert _said(process) == "held"
    return process


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _go_on(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGCONT)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _fingerprints(lake: Path) -> list[str]:
    return [row["fingerprint"] for row in Ledger(at(lake)).run_rows()]


def _newest_word(lake: Path) -> Word:
    found = newest_word(at(lake))
    assert found is not None
    return found


def test_of_two_machines_one_holds_the_lake_and_the_other_is_told_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _other_machine(tmp_path)
    try:
        with pytest.raises(LakeBusyError, match=rf"process {other.pid} of .* its last word is \d+ s old"):
            Lease.taken(at(tmp_path))
        Journal(at(tmp_path), "outcome", {"case_id": "string"}).append([{"case_id": "1"}])  # people do not wait
        now = time.time()
        with monkeypatch.context() as ahead:  # this machine's clock is; a word's age is between two times of the store
            ahead.setattr(time, "time", lambda: now + 3600)
            with pytest.raises(LakeBusyError):
                Lease.taken(at(tmp_path))
        first = _newest_word(tmp_path).number
        time.sleep(0.5)
        assert _newest_word(tmp_path).number > first  # it says again and again that it is alive
        assert len(list((tmp_path / ".lease").glob("*.json"))) <= 3  # and takes its old words away
        _go_on(other)
        assert _said(other) == "wrote"
        assert other.wait() == 0
    finally:
        other.kill()
    with leased(at(tmp_path)) as lease:
        assert lease.follows is None  # it ended in order: there is nothing to be fenced
        assert lease.fence == _newest_word(tmp_path).fence


def test_a_holder_that_was_lost_and_wakes_again_commits_nothing(tmp_path: Path) -> None:
    other = _other_machine(tmp_path, lost_after=0.6)
    try:
        other.send_signal(signal.SIGSTOP)  # as a machine that stands still
        with pytest.raises(LakeBusyError):
            Lease.taken(at(tmp_path), lost_after=60)
        time.sleep(1)
        with leased(at(tmp_path), lost_after=0.6) as lease:
            assert lease.follows is not None
            assert lease.follows.pid == other.pid
            before = DeltaTable(str(tmp_path / "run")).version()
            _go_on(other)
            assert _said(other) == "LeaseLostError"
            other.wait()
            assert DeltaTable(str(tmp_path / "run")).version() == before
            Ledger(at(tmp_path)).start("intake", NIGHT, "after")
    finally:
        other.kill()
    assert _fingerprints(tmp_path) == ["before", "after"]
    assert _newest_word(tmp_path).fence == lease.fence  # the lost one gave nothing back that is another's


def test_a_commit_that_was_begun_before_the_loss_is_refused_by_the_table_s_log(tmp_path: Path) -> None:
    table = at(tmp_path / "run")
    with leased(at(tmp_path)) as lost:
        Ledger(at(tmp_path)).start("intake", NIGHT, "before")
        begun = DeltaTable(str(table))
        said = commit_properties(table, begun)
        lost.fence += 1  # what the next holder does to every table
        commit_nothing(table)
        with pytest.raises(Exception, match="Failed to commit transaction"):
            begun.create_write_transaction([], "append", begun.schema(), [], None, commit_properties=said)
        lost.fence -= 1
        with pytest.raises(LeaseLostError):
            Ledger(at(tmp_path)).start("intake", NIGHT, "late")
    assert _fingerprints(tmp_path) == ["before"]


def test_a_run_of_this_machine_that_was_killed_is_not_waited_for(tmp_path: Path) -> None:
    script = "import sys; from fundwatch.lake.lease import Lease; from fundwatch.places import LakeAddress\n"
    script += "Lease.taken(LakeAddress(sys.argv[1])); import os; os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with leased(at(tmp_path)) as lease:
        assert lease.follows is not None


@pytest.mark.long
def test_what_spark_merges_for_a_lost_holder_is_passed_over_and_said(spark: SparkSession, tmp_path: Path) -> None:
    table = at(tmp_path / "numbers")
    spark.range(3).write.format("delta").save(str(table))
    merge = f"MERGE INTO delta.`{table}` AS held USING (SELECT 7L AS id) AS new ON held.id = new.id "
    merge += "WHEN NOT MATCHED THEN INSERT *"
    with leased(at(tmp_path)) as lease:
        with committing(spark, table):
            spark.sql(merge)
        assert query_rows(table, "numbers", "SELECT count(*) AS n FROM numbers") == [{"n": 4}]
        lease.fence += 1  # what the next holder does to every table
        commit_nothing(table)
        lease.fence -= 1
        lease._commits = 99
        with pytest.raises(LeaseLostError):
            commit_nothing(table)
        # Spark begins after the check, and finds what the next holder has put into the log meanwhile
        lease.next_commit = lambda _table: lease.fence * (1 << 24) + 99  # type: ignore[assignment,method-assign]
        with pytest.raises(LeaseLostError), committing(spark, table):
            spark.sql(merge.replace("7L", "8L"))
    assert query_rows(table, "numbers", "SELECT count(*) AS n FROM numbers") == [{"n": 4}]
