"""Faults of the machine are reported by place, file and what to do: real full disks, read-only mounts and damaged
files.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.errors import ExitCode
from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Lake
from fundwatch.machine_faults import MachineError, machine_error
from jobs.command_line import main
from tests.lakes import FIRST, SECOND, make_lake
from tests.places import at, folder_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
ROWS = [(NIGHT, "national", "claim_line", f"column_{n}", None) for n in range(20)]


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    """Leave no byte."""
    with (place / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def reported(action: Callable[[], object], place: Path) -> MachineError:
    """What a person is shown of the fault that the action ends in."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 (whatever Java or Python raises is what is translated)
        found = machine_error(error, [str(place)])
        if found is None or "Exception" in str(found) or "column_1" in str(found):  # rows are not quoted
            pytest.fail(f"{error!r} is reported as {found}")
        return found
    pytest.fail("the action did not fail")


def test_a_full_disk_is_reported_with_its_place_at_a_commit_without_spark(small_disk: Path) -> None:
    lake = Lake(at(small_disk / "lake"))
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    fill(small_disk)
    found = reported(lambda: lake.write_rows(ROWS, "supplied_column", NIGHT), folder_of(lake))
    assert (found.what, str(folder_of(lake)) in found.where) == ("the disk is full", True)
    found = reported(
        lambda: Journal(lake.address, "run", {"job": "string"}).append([{"job": "intake"}]), folder_of(lake)
    )
    assert found.what == "the disk is full"
    (small_disk / "filler").unlink()
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    assert lake.rows("supplied_column", "SELECT count(*) AS n FROM supplied_column") == [{"n": 20}]


def test_a_disk_that_fills_while_spark_stages_is_reported_with_its_place(spark: SparkSession, small_disk: Path) -> None:
    lake = Lake(at(small_disk / "lake"))
    many = spark.range(200_000).selectExpr("sha2(cast(id AS string), 256) AS text")
    assert reported(lambda: lake.staged(many, "many"), folder_of(lake)).what == "the disk is full"


def test_a_full_disk_is_reported_with_its_place_where_spark_commits(spark: SparkSession, small_disk: Path) -> None:
    lake = Lake(at(small_disk / "lake"))
    folder_of(lake).mkdir()
    columns = "source string, table_name string, column_name string, has_time boolean"
    few = spark.createDataFrame([row[1:] for row in ROWS], columns)
    fill(small_disk)
    found = reported(lambda: lake.write(few, "supplied_column", NIGHT), folder_of(lake))
    assert (found.what, "run the same command again" in found.do) == ("the disk is full", True)


def test_a_read_only_lake_is_reported_by_a_command(small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = make_lake(small_disk)
    mount("-o", "remount,ro", str(small_disk))
    place = ("--date", str(FIRST), "--file", "fee_list.csv.gz", "--line", "5")
    who = ("--into", str(SECOND + timedelta(days=7)), "--as", "anna", "--why", "as agreed with the hospital")
    ended = main(["quarantine", "release", *place, *who, "--var", str(small_disk)])
    output = capsys.readouterr().err
    assert ended == ExitCode.FAULT
    assert "the place is read-only" in output
    assert str(folder_of(settings)) in output
    assert "Traceback" not in output
    assert "File " not in output


def test_a_damaged_and_a_missing_file_are_reported_by_name_from_spark(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    (file,) = folder_of(lake, "supplied_column").glob("*/*.parquet")
    raw = bytearray(file.read_bytes())
    raw[40] ^= 1

    def read() -> None:
        spark.read.format("delta").load(str(lake.table_address("supplied_column"))).collect()

    file.write_bytes(raw)
    found = reported(read, folder_of(lake))
    assert (found.what, found.where) == ("a file of a table is damaged", str(file))
    file.unlink()
    found = reported(read, folder_of(lake))
    assert (found.what, found.where) == ("a file of a table is missing", str(file))
    assert "fundwatch lake check --deep" in found.do
    assert "--set rebuilt_tables=supplied_column" in found.do


def test_a_log_cut_in_half_is_reported_from_spark(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    for _ in range(2):
        lake.write_rows(ROWS, "supplied_column", NIGHT)
    log = folder_of(lake, "supplied_column") / "_delta_log" / f"{1:020d}.json"
    log.write_bytes(log.read_bytes()[:100])
    found = reported(
        lambda: spark.read.format("delta").load(str(lake.table_address("supplied_column"))).collect(), folder_of(lake)
    )
    assert found.what == "the log of a table is damaged"


def test_a_damaged_journal_is_to_be_restored_and_no_night_is_named_for_it(tmp_path: Path) -> None:
    file = tmp_path / "lake" / "run" / "part-00000.parquet"
    found = machine_error(OSError(f"Parquet error: crc check failed: {file}"), [str(tmp_path)])
    assert found is not None
    assert (found.what, found.where) == ("a file of a table is damaged", str(file))
    assert found.do.endswith("restore it from a copy: no night writes it again")


def test_a_locked_store_is_reported(tmp_path: Path) -> None:
    first, second = (sqlite3.connect(tmp_path / "mlflow.db", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("CREATE TABLE t (a)")
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as locked:
        second.execute("SELECT * FROM t")
    found = machine_error(locked.value, [str(tmp_path)], str(tmp_path / "mlflow.db"))
    assert found is not None
    assert (found.what, found.where) == ("a store is locked by another process", str(tmp_path / "mlflow.db"))


def test_a_fault_of_the_program_is_none_of_the_machine() -> None:
    assert machine_error(KeyError("claim_line"), []) is None
    assert machine_error(ValueError("the disk of a value"), []) is None


def test_a_file_that_this_account_may_not_read_is_reported_by_name(tmp_path: Path) -> None:
    problem = PermissionError(13, os.strerror(13), str(tmp_path / "lake" / "x.json"))
    found = machine_error(problem, [str(tmp_path)])
    assert found is not None
    assert (found.what, found.where) == ("the place is closed to this account", str(tmp_path / "lake" / "x.json"))
