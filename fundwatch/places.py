"""Places that people name: folders and files of this machine, and where a lake lies.

Only the standard library: help must be instant.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fundwatch.errors import SettingsError

# two letters or more, for a drive has one; after a path has been read, `//` is `/`
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_NOT_AS_WRITTEN = re.compile(r"%[0-9A-Fa-f]{2}|[\\\x00-\x1f\x7f]")


def address_problem(text: str) -> str:
    """Why the text names no place that is served: so far only folders and files are, and no scheme; an empty text would
    be the working directory. Empty when it may.

    Who serves another scheme says so here, and makes its file system in `fundwatch/lake/files.py`.
    """
    if not text.strip():
        return "an empty text names no place"
    if _ADDRESS.match(text) is None:
        return ""
    return f"'{text}' is an address; fundwatch works on folders that every driver sees under one path, like /data/lake"


def local_path(text: str) -> Path:
    """The path that an option of the command line names. Raises ArgumentTypeError for an address."""
    if problem := address_problem(text):
        raise ArgumentTypeError(problem)
    return Path(text)


def put_file(path: Path, content: str | bytes) -> None:
    """The content (text as UTF-8, its line ends as they are) in a file that appears whole or not at all; its folder is
    made where it is not there yet."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class LakeAddress:
    """Where a lake lies, or a table or a file of it: a text for Spark, delta-rs and people, and no path.

    What is to be done with the files there is done by `fundwatch/lake/`. Raises SettingsError for a scheme that is not
    served.
    """

    text: str

    def __post_init__(self) -> None:
        problem = address_problem(self.text)
        if not problem and _NOT_AS_WRITTEN.search(self.text):  # delta-rs would go to another folder, or to none
            problem = f"{self.text!r}: a lake's folder has no backslash, control character or % before two digits"
        if problem:
            raise SettingsError(problem, where=self.text, do="name a folder")
        object.__setattr__(self, "text", str(PurePosixPath(self.text)))

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """The last part: the name of a table, or of a file."""
        return PurePosixPath(self.text).name

    @property
    def parent(self) -> LakeAddress:
        """The address without its last part."""
        return LakeAddress(str(PurePosixPath(self.text).parent))

    def within(self, *names: str) -> LakeAddress:
        """The address of what lies there under these names, each a part or several with `/` between."""
        return LakeAddress(str(PurePosixPath(self.text, *names)))

    def absolute(self) -> LakeAddress:
        """The same place, named whatever the working directory."""
        return LakeAddress(os.path.abspath(self.text))
