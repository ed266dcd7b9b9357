"""The one place that touches a lake's files: what is listed, what a problem leaves, what only a folder can do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pytest
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.fs import FSSpecHandler, PyFileSystem, SubTreeFileSystem

from fundwatch.lake.files import LakeFiles
from fundwatch.lake.parquet.page_checksums import has_page_checksums
from fundwatch.places import LakeAddress
from tests.places import at


def test_files_are_listed_in_order_with_hidden_ones_and_those_of_folders_where_asked(tmp_path: Path) -> None:
    files = LakeFiles(at(tmp_path / "lake"))
    assert (files.has_folder(), files.listed(), files.folders(), files.find("a")) == (False, [], [], None)
    files.make_folder("t/_delta_log")
    for name in ("b", ".a", "t/x", "t/_delta_log/y"):
        files.write_whole(name, name.encode())
    assert [file.name for file in files.listed()] == [".a", "b"]
    assert [file.name for file in files.listed(deep=True)] == [".a", "b", "t/_delta_log/y", "t/x"]
    assert [file.name for file in files.within("t").listed("_delta_log")] == ["_delta_log/y"]
    assert [file.name for file in files.listed("nowhere")] == []
    assert files.folders() == ["t"]
    assert (files.find("t"), files.has_folder("b")) == (None, False)  # a folder is no file, nor the other way round
    found = files.find("t/x")
    assert found is not None
    assert found.changed_ms is not None
    assert (found.size, abs(found.changed_ms / 1000 - time.time()) < 60) == (3, True)


@given(content=st.binary(max_size=200))
def test_what_is_written_whole_is_read_back_and_known_by_its_hash(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = LakeFiles(at(tmp_path_factory.mktemp("files")))
    files.write_whole("one", b"before")
    before = files.stamp("one")
    files.write_whole("one", content)
    files.write_whole("two", content)
    assert (files.read("one"), files.sha256("one")) == (content, files.sha256("two"))
    assert files.stamp("one") != before


def test_a_renamed_file_takes_the_place_of_the_one_there_and_what_is_not_there_need_not_be_removed(
    tmp_path: Path,
) -> None:
    files = LakeFiles(at(tmp_path))
    files.write_whole("new", b"new")
    files.write_whole("old", b"old")
    files.rename("new", "old")
    assert [(file.name, files.read(file.name)) for file in files.listed()] == [("old", b"new")]
    files.remove("gone")
    files.remove_folder("gone")
    with pytest.raises(FileNotFoundError):
        files.read("gone")


def test_a_file_that_is_written_whole_is_whole_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys; from fundwatch.lake.files import LakeFiles; from fundwatch.places import LakeAddress\n"
        "files = LakeFiles(LakeAddress(sys.argv[1]))\n"
        "for n in range(10**6):\n"
        "    files.write_whole('one', bytes([65 + n % 2]) * 3_000_000)\n"
        "    print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    files = LakeFiles(at(tmp_path))
    assert files.read("one") in (b"A" * 3_000_000, b"B" * 3_000_000)
    files.remove_drafts()
    assert [file.name for file in files.listed()] == ["one"]


def test_what_is_private_is_the_owner_s_alone(tmp_path: Path) -> None:
    files = LakeFiles(at(tmp_path))
    files.make_private_folder("lake/.staging")
    assert (tmp_path / "lake" / ".staging").stat().st_mode & 0o777 == files.mode("lake/.staging") == 0o700
    files.set_mode("lake", 0o750)
    assert (files.mode("lake"), files.mode("nowhere")) == (0o750, None)


def test_a_relative_address_is_the_folder_it_is_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = LakeFiles(LakeAddress("lake"))
    files.make_folder()
    files.write_whole("one", b"1")
    assert (tmp_path / "lake" / "one").read_bytes() == b"1"
    assert files.read("one") == b"1"


class _Objects(LakeFiles):
    """The same over a store that is no folder of this machine."""

    @cached_property
    def system(self) -> SubTreeFileSystem:
        return SubTreeFileSystem(f"/store/{self.address}", PyFileSystem(FSSpecHandler(MemoryFileSystem())))


def test_what_is_not_kept_for_folders_works_on_any_store_that_arrow_serves() -> None:
    files = _Objects(LakeAddress("lake"))
    files.make_folder()
    files.make_folder("t/_delta_log")
    rows = pa.table({"n": range(9)})
    with files.parquet_writer("t/.half", rows.schema) as writer:
        writer.write_table(rows)
    files.rename("t/.half", "t/part")
    assert [file.name for file in files.listed(deep=True)] == ["t/part"]
    assert (files.folders(), files.has_folder("t"), files.find("t/.half")) == (["t"], True, None)
    assert has_page_checksums(files, "t/part")
    with files.parquet("t/part") as parquet:
        assert parquet.read().equals(rows)
    assert len(files.sha256("t/part")) == 64
    files.remove("t/part")
    files.remove_folder("t")
    assert files.listed(deep=True) == []
