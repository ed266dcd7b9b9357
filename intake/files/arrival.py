"""Has a night's delivery arrived whole? A folder that is still being written is not a delivery yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from intake.files.delivery import kinds_in
from intake.files.limits import MOST_MANIFEST
from intake.files.manifest import MANIFEST, Manifest
from intake.source.mapping import SourceMapping

# A folder without a manifest says nothing of its end: it counts as whole when nothing in it has changed for so long.
# Where a manifest is expected, one that is still to come is more likely than one that never comes.
_REST_MINUTES = {"measured": 10, "expected": 60}


def still_missing(mapping: SourceMapping, landing: Path, night: date, now: float) -> list[str]:
    """What of the night's delivery has not arrived, a sentence each; nothing when it can be taken in.

    Whether what has arrived holds is for the intake to say. `now` is seconds since 1970, as of files.
    """
    folder = mapping.delivery.folder_of(landing, night)
    if not folder.is_dir():
        return ["the folder is not there"]
    if mapping.delivery.manifest != "measured" and (folder / MANIFEST).exists():
        return list(_not_as_listed(folder))
    if mapping.delivery.manifest == "required":
        return [f"{MANIFEST} is not there"]
    return list(_not_at_rest(mapping, folder, now))


def _not_as_listed(folder: Path) -> Iterator[str]:
    if (folder / MANIFEST).stat().st_size > MOST_MANIFEST:
        return  # it is there, and the intake says what is wrong with it
    content = (folder / MANIFEST).read_bytes()
    if not content.rstrip().endswith(b"}"):
        yield f"{MANIFEST} is still being written"
        return
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:
        return  # it is there, and the intake says what is wrong with it
    for entry in manifest.files:
        path = folder / entry.name
        if not entry.is_plain_name:
            continue
        if not path.is_file():
            yield f"{entry.name} is not there"
        elif (size := path.stat().st_size) < entry.bytes:
            yield f"{entry.name} has {size:,} of {entry.bytes:,} bytes"


def _not_at_rest(mapping: SourceMapping, folder: Path, now: float) -> Iterator[str]:
    names = kinds_in(mapping, folder)
    if not names:
        yield "the folder holds no file that the mapping reads"
        return
    # the time of the last change of any kind: a copy may keep the time of its content
    try:
        last = max(path.lstat().st_ctime for path in (folder, *(folder / name for name in names)))
    except FileNotFoundError:
        yield "the folder is changing"
        return
    rest, rested = _REST_MINUTES[mapping.delivery.manifest], int((now - last) // 60)
    if rested < rest:
        no_manifest = f"{MANIFEST} is not there, and " if mapping.delivery.manifest == "expected" else ""
        yield f"{no_manifest}the folder changed {rested} minutes ago; without a manifest it is whole after {rest}"
