"""Files that change while a night reads them: what was hashed is what is read, or the file is refused by name."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from intake.files.delivery import delivery_hashes, open_delivery
from intake.files.staging import staged
from intake.files.unpacking import FileError, stamp_of
from intake.source.load import read_mapping
from tests.intake.deliveries import NIGHT, deliver, line, whole
from tests.intake.forms import TEXT, opened, written

NATIONAL = read_mapping("national")
WAYS = {
    "renamed over": "import os; new = path.with_name('new'); new.write_bytes(content); os.replace(new, path)",
    "overwritten in place": "file = path.open('r+b'); file.write(content); file.truncate(); file.close()",
}


def change(path: Path, content: bytes, way: str) -> None:
    """Let another process put the content in the file's place."""
    code = f"import pathlib, sys; path = pathlib.Path(sys.argv[1]); content = sys.stdin.buffer.read(); {WAYS[way]}"
    subprocess.run([sys.executable, "-c", code, str(path)], input=content, check=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_changes_once_it_was_opened_is_read_as_it_was_hashed(tmp_path, way):
    path = written(tmp_path, TEXT)
    file = opened(path)
    change(path, TEXT.replace(b"1", b"9"), way)
    assert file.measured.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert file.path.read_bytes() == TEXT


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_changes_while_it_is_copied_is_refused(tmp_path, way):
    path = written(tmp_path, TEXT)
    stamp = stamp_of(path)
    change(path, TEXT.replace(b"1", b"9"), way)
    with pytest.raises(FileError, match="changed while it was being read"):
        staged(path, stamp, tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["fee_list.csv.gz", "manifest.json"])
def test_a_file_that_changes_after_the_run_hashed_it_is_refused_by_name(tmp_path, way, name):
    folder = deliver(tmp_path / "landing", whole(fee_list=[line("L1")]))
    hashes = delivery_hashes(NATIONAL, tmp_path / "landing", NIGHT)
    (tmp_path / "scratch").mkdir()
    change(folder / name, (folder / name).read_bytes() + (b"\n" if name.endswith("json") else b"\0"), way)
    with pytest.raises(DeliveryError) as reported:
        open_delivery(NATIONAL, tmp_path / "landing", NIGHT, tmp_path / "scratch", hashes=hashes)
    assert "changed while it was being read" in str(reported.value)
    assert name in str(reported.value)


def test_a_file_that_goes_or_comes_after_the_run_hashed_the_delivery_is_reported(tmp_path):
    folder = deliver(tmp_path / "landing", whole(fee_list=[line("L1")]))
    hashes = delivery_hashes(NATIONAL, tmp_path / "landing", NIGHT) | {"setl.csv": "0" * 64}
    (tmp_path / "scratch").mkdir()
    (folder / "setl.csv").unlink(missing_ok=True)
    with pytest.raises(DeliveryError, match=r"setl\.csv: is gone since the run began"):
        open_delivery(NATIONAL, tmp_path / "landing", NIGHT, tmp_path / "scratch", hashes=hashes)
