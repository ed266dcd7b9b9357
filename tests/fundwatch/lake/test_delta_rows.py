"""Rows that delta-rs commits, whatever their number of partitions; and addresses that it would read otherwise."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fundwatch.errors import SettingsError
from fundwatch.lake.delta_rows import commit_rows, is_made, query_rows
from fundwatch.lake.parquet import data_files
from fundwatch.places import LakeAddress
from tests.places import at


def test_more_partitions_than_files_may_be_open_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "_OPEN_FILES", 2)
    nights = [f"n{number % 5}" for number in range(23)]
    rows = pa.table({"night": nights, "row": list(range(23))})
    batches = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(max_chunksize=4))
    commit_rows(at(tmp_path / "score"), batches, "append", partition="night")
    found = query_rows(at(tmp_path / "score"), "score", "SELECT night, row FROM score ORDER BY row")
    assert found == rows.to_pylist()


@pytest.mark.parametrize("text", ["", " ", "my%20lake", "a\\b", "a\nb"])
def test_an_address_that_names_another_folder_or_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="name a folder"):
        LakeAddress(text)
    assert LakeAddress("/data/湖 50% a%b").name == "湖 50% a%b"


def test_a_table_whose_making_was_killed_is_made_by_the_next(tmp_path):
    """The log's folder is there, and no commit in it yet."""
    log = tmp_path / "t" / "_delta_log"
    log.mkdir(parents=True)
    (log / "_commit_1.json.tmp").write_text("{}")
    assert not is_made(at(tmp_path / "t"))
    commit_rows(at(tmp_path / "t"), pa.table({"a": [1]}).to_reader(), "append")
    assert is_made(at(tmp_path / "t"))
