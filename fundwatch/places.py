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
S3 = "s3a://"
_SERVED = re.compile(rf"(hdfs://[A-Za-z0-9._-]+(?::\d{{1,5}})?|{S3}[a-z0-9][a-z0-9.-]+)(/.*)")
_ODD_IN_ADDRESS = re.compile(r"[\s\\%?#\x00-\x1f\x7f]")
_NOT_AS_WRITTEN = re.compile(r"%[0-9A-Fa-f]{2}|[\\\x00-\x1f\x7f]")


def address_problem(text: str) -> str:
    """Why the text names no folder or file: an address of a scheme, or nothing, which would be the working directory.
    Empty when it may."""
    if not text.strip():
        return "an empty text names no place"
    if _ADDRESS.match(text) is None:
        return ""
    return f"'{text}' is an address; fundwatch works on folders that every driver sees under one path, like /data/lake"


def lake_problem(text: str) -> str:
    """Why no lake can lie there; empty when one can.

    Who serves another scheme says so here, and makes its store in `fundwatch/lake/stores/`.
    """
    if not text.strip():
        return "an empty text names no place"
    if _ADDRESS.match(text) is None:
        # delta-rs would go to another folder, or to none
        odd = _NOT_AS_WRITTEN.search(text) is not None
        return f"{text!r}: a lake's folder has no backslash, control character or % before two digits" if odd else ""
    found = _SERVED.fullmatch(text)
    if found is None:
        served = f"hdfs://HOST:PORT/FOLDER or {S3}BUCKET/FOLDER"
        return f"'{text}' is an address that is not served; a lake lies in a folder, or at {served}"
    if _ODD_IN_ADDRESS.search(found[2]) or ".." in found[2].split("/"):
        return f"{text!r}: a lake's address has no blank, backslash, %, ?, # or .."
    return "" if found[2].strip("/") else f"'{text}' is a whole file system; name a folder of it, like {found[1]}/lake"


def local_path(text: str) -> Path:
    """The path that an option of the command line names. Raises ArgumentTypeError for an address."""
    if problem := address_problem(text):
        raise ArgumentTypeError(problem)
    return Path(text)


def local_uri(path: Path) -> str:
    """The path as Spark takes it: a bare one would lie in the file system that a cluster's configuration calls its own.
    Its characters stay as they are, for Hadoop decodes none."""
    return f"file://{path.absolute()}"


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
        if problem := lake_problem(self.text):
            raise SettingsError(problem, where=self.text, do="name a folder, or an address that is served")
        path = re.sub("^//+", "/", self.path) if self.root else self.path  # a path may begin with two, and is another
        object.__setattr__(self, "text", f"{self.root}{PurePosixPath(path)}")

    def __str__(self) -> str:
        return self.text

    @property
    def root(self) -> str:
        """The store of an address, like `hdfs://name-node:8020`, `s3a://bucket`; empty for a folder of this machine."""
        found = _SERVED.fullmatch(self.text)
        return found[1] if found else ""

    @property
    def path(self) -> str:
        """Where it lies in its store."""
        return self.text.removeprefix(self.root)

    @property
    def uri(self) -> str:
        """The address as Spark takes it."""
        return self.text if self.root else local_uri(Path(self.text))

    @property
    def name(self) -> str:
        """The last part: the name of a table, or of a file."""
        return PurePosixPath(self.path).name

    @property
    def parent(self) -> LakeAddress:
        """The address without its last part."""
        return LakeAddress(f"{self.root}{PurePosixPath(self.path).parent}")

    def within(self, *names: str) -> LakeAddress:
        """The address of what lies there under these names, each a part or several with `/` between."""
        return LakeAddress(f"{self.root}{PurePosixPath(self.path, *names)}")

    def absolute(self) -> LakeAddress:
        """The same place, named whatever the working directory."""
        return self if self.root else LakeAddress(os.path.abspath(self.text))
