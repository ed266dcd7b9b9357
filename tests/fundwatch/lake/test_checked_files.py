"""Flipped bits: what a damaged data file holds is never taken for data, whichever writer made it and whoever reads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from fundwatch.contracts import TABLES
from fundwatch.lake.check import CheckOutcome, storage_findings
from fundwatch.lake.checked_files import DamagedFileError, is_checked, ways_back
from fundwatch.lake.delta_rows import commit_rows, live_files, opened, seal
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Lake
from tests.lakes import make_lake
from tests.places import at, folder_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
ROWS = [(NIGHT, "national", f"table_{n % 7}", f"column_{n}", None) for n in range(300)]
QUERY = "SELECT * FROM supplied_column ORDER BY column_name"


def flipped(file: Path, times: int, among: slice = slice(4, None)) -> Iterator[int]:
    """The file with one bit flipped, again and again at other places; whole again at the end."""
    raw, draw = file.read_bytes(), random.Random(20)
    places = range(len(raw))[among]
    for _ in range(times):
        at = draw.choice(places)
        damaged = bytearray(raw)
        damaged[at] ^= 1 << draw.randrange(8)
        file.write_bytes(damaged)
        yield at
    file.write_bytes(raw)


def data_file(lake: Lake, table: str) -> Path:
    (file,) = live_files(DeltaTable(str(lake.table_address(table))))
    return folder_of(lake, table, file.name)


def pages(file: Path) -> slice:
    """Where the pages lie: from the first to the last column of all row groups."""
    footer = int.from_bytes(file.read_bytes()[-8:-4], "little")
    return slice(4, -8 - footer)


def outcomes(file: Path, read: Callable[[], Any], times: int, among: slice) -> dict[str, int]:
    """How often a flipped bit made a reader refuse, read the same, or read other data; it names the file if it does."""
    whole, found = read(), {"refused": 0, "same": 0, "other": 0}
    for _ in flipped(file, times, among):
        try:
            found["same" if read() == whole else "other"] += 1
        except DamagedFileError as error:
            found["refused" if (error.where, "restore" in error.do) == (str(file), True) else "other"] += 1
    assert read() == whole
    return found


def test_a_flipped_bit_anywhere_in_a_file_that_fundwatch_wrote_is_refused_by_name(tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    file = data_file(lake, "supplied_column")
    assert outcomes(file, lambda: lake.rows("supplied_column", QUERY), 60, slice(0, None))["refused"] == 60


def test_what_nights_replace_may_be_run_again_and_what_is_only_added_to_comes_back_from_a_copy_alone(
    tmp_path: Path,
) -> None:
    for name in ("claim_line", "supplied_column", "case"):
        assert f"run the nights that write it again with --set rebuilt_tables={name}" in ways_back(name)
    lake = Lake(make_lake(tmp_path).lake_address)
    journals = {*lake.tables()} - {*TABLES}
    assert {"run", "run_table"} <= journals
    for name in (*journals, "audit_anchor", "model_promotion", "erasure", "identity", "bridge"):
        assert ways_back(name) == "restore it from a copy: no night writes it again"


def test_the_advice_for_a_damaged_journal_is_the_copy_from_every_door(tmp_path: Path) -> None:
    journal = Journal(at(tmp_path), "decision", {"why": "string", "lines": "bigint"})
    journal.append([{"why": "reason", "lines": 1}])
    file = data_file(Lake(at(tmp_path)), "decision")
    for _ in flipped(file, 1):
        with pytest.raises(DamagedFileError) as refused:
            journal.rows()
        (_, deep) = storage_findings(at(tmp_path), "decision", deep=True)
    log = tmp_path / "decision" / "_delta_log" / f"{0:020d}.json"
    log.write_bytes(b"")
    with pytest.raises(DamagedFileError) as emptied:
        journal.rows()
    (of_log, _) = storage_findings(at(tmp_path), "decision", deep=True)
    for reported in (refused.value.do, emptied.value.do, deep.do, of_log.do):
        assert "restore it from a copy" in reported
        assert "run the nights" not in reported


def test_a_flipped_bit_in_a_journal_is_refused_by_name(tmp_path: Path) -> None:
    journal = Journal(at(tmp_path), "decision", {"why": "string", "lines": "bigint"})
    journal.append([{"why": f"reason {n}", "lines": n} for n in range(50)])
    file = data_file(Lake(at(tmp_path)), "decision")
    assert outcomes(file, journal.rows, 60, slice(0, None))["refused"] == 60


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_page_checksums_are_compared_without_decoding(tmp_path: Path, version: str) -> None:
    file = tmp_path / "x.parquet"
    rows = pa.table({"a": [str(n) for n in range(500)], "b": [[n] for n in range(500)], "c": [None] * 500})
    pq.write_table(rows, file, write_page_checksum=True, data_page_version=version, row_group_size=200)
    assert is_checked(LakeFiles(at(file.parent)), file.name)
    for _ in flipped(file, 100, pages(file)):
        try:
            is_checked(LakeFiles(at(file.parent)), file.name)
            found = pq.read_table(file, page_checksum_verification=True)
        except (DamagedFileError, pa.ArrowException, OSError):
            continue
        assert found.equals(rows)  # a bit of a header that says nothing of the rows
    pq.write_table(rows, file, data_page_version=version)
    assert not is_checked(LakeFiles(at(file.parent)), file.name)


def test_spark_and_delta_rs_never_take_a_flipped_bit_of_spark_s_pages_for_data(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(at(tmp_path))
    rows = spark.createDataFrame(ROWS, TABLES["supplied_column"].schema()).drop("business_date").coalesce(1)
    lake.write(rows, "supplied_column", NIGHT)
    file = data_file(lake, "supplied_column")
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)  # a copied or a remote lake has none
    found = outcomes(file, lambda: lake.rows("supplied_column", QUERY), 60, pages(file))
    assert (found["other"], found["refused"] >= 50) == (0, True)
    _refused_by_spark(spark, lake, file, 8)


def test_spark_verifies_the_pages_of_files_that_fundwatch_wrote(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    file = data_file(lake, "supplied_column")
    held = lake.read(spark, "supplied_column")  # its files are whole when it is planned
    assert held.count() == len(ROWS)
    for _ in flipped(file, 1):
        with pytest.raises(DamagedFileError, match="is not what was written"):
            lake.read(spark, "supplied_column")
    _refused_by_spark(spark, lake, file, 3)


def _refused_by_spark(spark: SparkSession, lake: Lake, file: Path, times: int) -> None:
    """Spark itself, without a look before, in its vectorized reader and in the other: it refuses, or reads the same."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    table = str(lake.table_address("supplied_column"))
    name = "spark.sql.parquet.enableVectorizedReader"
    before = str(spark.conf.get(name))
    whole = sorted(spark.read.format("delta").load(table).collect())
    refused = 0
    for reader in ("true", "false"):
        spark.conf.set(name, reader)
        for _ in flipped(file, times, pages(file)):
            try:
                found = spark.read.format("delta").load(table).collect()
            except (PySparkException, Py4JError):
                refused += 1
                continue
            assert sorted(found) == whole
    spark.conf.set(name, before)
    assert refused >= times


def test_rows_that_delta_rs_deleted_or_merged_leave_files_with_checksums_once_sealed(tmp_path: Path) -> None:
    path = tmp_path / "t"
    rows = pa.table({"domain": ["a"] * 3 + ["b"] * 3, "n": range(6)})
    write_deltalake(str(path), rows, partition_by=["domain"])
    DeltaTable(str(path)).delete("n = 1")
    seal(at(path))
    table = opened(at(path))
    assert all(is_checked(LakeFiles(at(path)), file.name) for file in live_files(table))
    assert sorted(row["n"] for row in table.to_pyarrow_table().to_pylist()) == [0, 2, 3, 4, 5]
    version = table.version()
    seal(at(path))
    assert opened(at(path)).version() == version


def test_one_partition_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "t"
    first = pa.table({"domain": ["a", "b", "a"], "n": [1, 2, 3]})
    commit_rows(at(path), first.to_reader(), "overwrite", partition="domain")
    second = pa.table({"domain": ["a"], "n": [9], "new": ["x"]})
    commit_rows(at(path), second.to_reader(), "overwrite", partition="domain", only="a")
    found = opened(at(path)).to_pyarrow_table().to_pylist()
    assert sorted((r["domain"], r["n"], r["new"]) for r in found) == [("a", 9, "x"), ("b", 2, None)]


def test_the_deep_check_names_a_damaged_file_and_counts_those_without_checksums(tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    lake.write_rows(ROWS, "supplied_column", NIGHT)
    write_deltalake(str(tmp_path / "old"), pa.table({"n": [1]}))
    (_, old) = storage_findings(at(tmp_path), "old", deep=True)
    assert (old.outcome, "1 without check sums" in old.figures) == (CheckOutcome.OK, True)
    file = data_file(lake, "supplied_column")
    for _ in flipped(file, 5, pages(file)):
        (_, quick) = storage_findings(at(tmp_path), "supplied_column", deep=False)
        (_, deep) = storage_findings(at(tmp_path), "supplied_column", deep=True)
        assert (quick.outcome, deep.outcome) == (CheckOutcome.OK, CheckOutcome.WRONG)
        assert file.name in deep.figures
