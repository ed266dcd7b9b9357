"""A delivery has arrived when it can be taken in; one that is still being written has not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from intake.files.arrival import still_missing
from intake.source.load import read_mapping
from intake.source.mapping import SourceMapping
from tests.intake.deliveries import NIGHT, deliver, whole

MINUTE = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return deliver(tmp_path, whole())


def mapping_with(manifest: str) -> SourceMapping:
    national = read_mapping("national")
    return national.model_copy(update={"delivery": national.delivery.model_copy(update={"manifest": manifest})})


def missing(folder: Path, manifest: str = "expected", minutes: int = 0) -> list[str]:
    return still_missing(mapping_with(manifest), folder.parent, NIGHT, time.time() + minutes * MINUTE)


def test_a_folder_whose_manifest_and_files_are_there_has_arrived(folder: Path) -> None:
    assert missing(folder, "required") == missing(folder, "expected") == []


def test_a_folder_that_is_not_there_has_not_arrived(tmp_path: Path) -> None:
    assert missing(tmp_path / NIGHT.isoformat()) == ["the folder is not there"]


def test_a_file_that_the_manifest_names_is_waited_for_until_it_has_its_size(folder: Path) -> None:
    file = folder / "setl.csv.gz"
    content = file.read_bytes()
    file.write_bytes(content[:40])
    assert missing(folder) == [f"setl.csv.gz has 40 of {len(content)} bytes"]
    file.unlink()
    assert missing(folder) == ["setl.csv.gz is not there"]


def test_a_manifest_written_by_half_is_waited_for(folder: Path) -> None:
    content = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(content[: len(content) // 2].rstrip(b"}"))
    assert missing(folder) == ["manifest.json is still being written"]


def test_a_manifest_that_is_wrong_has_arrived_and_is_for_the_intake_to_refuse(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"format": 1}')
    assert missing(folder) == []


def test_where_a_manifest_is_required_its_absence_is_never_a_delivery(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert missing(folder, "required", minutes=6_000) == ["manifest.json is not there"]


@pytest.mark.parametrize(("manifest", "rest"), [("measured", 10), ("expected", 60)])
def test_a_folder_without_a_manifest_has_arrived_when_nothing_in_it_changes_any_more(
    folder: Path, manifest: str, rest: int
) -> None:
    (folder / "manifest.json").unlink()
    [sentence] = missing(folder, manifest, minutes=rest - 1)
    assert f"without a manifest it is whole after {rest}" in sentence
    assert missing(folder, manifest, minutes=rest + 1) == []


def test_a_folder_without_a_file_of_the_mapping_has_not_arrived(tmp_path: Path) -> None:
    folder = tmp_path / NIGHT.isoformat()
    folder.mkdir()
    (folder / "readme.pdf").write_text("…")
    assert missing(folder, "measured", minutes=600) == ["the folder holds no file that the mapping reads"]
