"""What lies in a delivery's folder and whose it is: a kind's by its patterns, nobody's business, or unclaimed.

Nothing is passed over without a name: a part, a copy or a file in another form may hold the lines that are missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from intake.source.mapping import SourceMapping

# any of these may stand where a mapping's pattern says .csv
_ENDINGS = (
    ".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".json", ".ndjson", ".jsonl", ".csv.gz", ".txt.gz", ".tsv.gz",
    ".json.gz", ".ndjson.gz", ".jsonl.gz", ".zip",
)  # fmt: skip
# what systems and engines leave beside files, none of which is anybody's data
_LEFT_BEHIND = (".*", "__macosx", "thumbs.db", "desktop.ini", "~$*", "_success", "_committed_*", "_started_*")
_SPARK_PART = "part-*"
_OTHER_FORMS = {
    ".xls": "save it as .xlsx or as text",
    ".rar": "unpack it, or pack it as .zip or .gz",
    ".7z": "unpack it, or pack it as .zip or .gz",
    ".tar.gz": "unpack it, each file by itself",
    ".tgz": "unpack it, each file by itself",
    ".dbf": "export it as text",
}


def entries_in(mapping: SourceMapping, folder: Path) -> list[str]:
    """The files in the folder and in those within it, by their path from it; links among them, so that they are refused
    and not passed over. Left out is what systems leave behind and what the mapping ignores."""
    return sorted(name for name in _walked(folder) if not _is_ignored(mapping, name))


def _walked(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        here = Path(place).relative_to(folder)
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from ((here / name).as_posix() for name in (*files, *linked))


def _is_ignored(mapping: SourceMapping, name: str) -> bool:
    parts = PurePosixPath(name).parts
    if any(fnmatchcase(part.lower(), left) for part in parts for left in _LEFT_BEHIND):
        return True
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(_fits(pattern.lower(), one.lower()) for pattern in mapping.delivery.ignore for one in above)


def kinds_of(mapping: SourceMapping, name: str) -> list[str]:
    """Whose patterns the name fits, as it is or with the ending of text in place of its own; several are a problem.

    Capitals count first: only what fits no pattern as it stands is looked at without them. A file that a pattern names
    in full is that kind's alone.
    """
    written = _written(name)
    for fold in (str, str.lower):
        named = {kind: file.patterns for kind, file in mapping.files.items()}
        full = [k for k, patterns in named.items() if any(fold(p) == fold(name) for p in patterns)]
        fit = [
            k for k, patterns in named.items() if any(_fits(fold(p), fold(one)) for p in patterns for one in written)
        ]
        if full or fit:
            return full or fit
    return []


def _written(name: str) -> list[str]:
    """The names that a pattern may mean by this one. Spark writes a folder of parts where others write a file."""
    path = PurePosixPath(name)
    spark = path.parent.as_posix() if len(path.parts) > 1 and fnmatchcase(path.name.lower(), _SPARK_PART) else None
    found = []
    for one in (name, spark):
        if one is not None:
            stems = [one[: -len(ending)] for ending in _ENDINGS if one.lower().endswith(ending)]
            found += [one, *(f"{stem}.csv" for stem in stems)]
    return found if spark is None or "." in PurePosixPath(spark).name else [*found, f"{spark}.csv"]


def _fits(pattern: str, name: str) -> bool:
    """Whether the name fits, folder by folder: a star stands for no slash."""
    wanted, there = pattern.split("/"), name.split("/")
    return len(wanted) == len(there) and all(fnmatchcase(t, w) for t, w in zip(there, wanted, strict=True))


def unclaimed(mapping: SourceMapping, name: str) -> str:
    """Why nobody reads the file, and what to do: a sentence."""
    low = name.lower()
    for ending, advice in _OTHER_FORMS.items():
        if low.endswith(ending):
            return f"{name}: is in a form that is not read: {advice}"
    stem, advice = PurePosixPath(low).name, "name its pattern under the `name` of its file in the mapping"
    begun = [(_beginning(pattern), kind) for kind, file in mapping.files.items() for pattern in file.patterns]
    near = [(len(beginning), kind) for beginning, kind in begun if beginning and stem.startswith(beginning)]
    if near:
        _, kind = max(near)
        advice = f"if it is of {kind}, add its pattern under files.{kind}.name"
    return f"{name}: no pattern of the mapping takes it; {advice}, or list it under delivery.ignore"


def _beginning(pattern: str) -> str:
    """What a file's name begins with, before its ending or the first sign that stands for others."""
    return PurePosixPath(pattern.lower()).name.split(".")[0].split("*")[0].split("?")[0].split("[")[0]
