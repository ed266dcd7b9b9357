"""Folders of tests as lakes, and the folders of lakes: tests look at files and damage them, which no other code may."""

from __future__ import annotations

from pathlib import Path

from fundwatch.lake.content_files import ContentFiles
from fundwatch.lake.history import files_holding
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from fundwatch.settings import Settings


def at(folder: Path) -> LakeAddress:
    """The folder as the address of a lake, or of a table."""
    return LakeAddress(str(folder))


def folder_of(place: Lake | Settings | LakeAddress, *names: str) -> Path:
    """The folder of a lake, or of what lies in it under these names."""
    if isinstance(place, Settings):
        place = place.lake_address
    elif isinstance(place, Lake):
        place = place.address
    return Path(str(place), *names)


def stored(files: ContentFiles, sha256: str) -> Path:
    """The file that is named by its content."""
    return folder_of(files.folder, files.name(sha256))


def files_with(folder: Path, text: str) -> list[Path]:
    """The files beneath the folder in which the text can be found, Parquet decoded."""
    return [folder_of(file) for file in files_holding(at(folder), text)]
