"""Files named by what they hold: the SHA-256 of a file is its name, so nobody can change one unnoticed.

A file is written aside, flushed to the disk and renamed: it is there whole, or not at all. What is hashed is what is
handed out, read once. Files are never changed; writing the same content again fixes one that was damaged.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.files import LakeFiles
from fundwatch.places import LakeAddress

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ContentFileError(FundwatchError):
    """A file is missing, cannot be read, or does not hold what its name says."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class ContentFiles:
    """A folder of such files, none larger than `most_bytes`; `suffix` says to people what they are."""

    folder: LakeAddress
    suffix: str
    most_bytes: int

    @property
    def _files(self) -> LakeFiles:
        return LakeFiles(self.folder)

    def name(self, sha256: str) -> str:
        """What the file is called. Raises ContentFileError for a name that is no SHA-256, whoever wrote it."""
        if not _SHA256.fullmatch(sha256):
            raise ContentFileError("the name of a file is no SHA-256", where=str(self.folder))
        return f"{sha256}{self.suffix}"

    def put(self, content: bytes) -> str:
        """Write the content, unless it is there whole; its SHA-256."""
        if len(content) > self.most_bytes:
            raise ContentFileError(f"{len(content):,} bytes are more than {self.most_bytes:,}", where=str(self.folder))
        sha256 = hashlib.sha256(content).hexdigest()
        if self.problem(sha256):
            self._files.make_folder()
            self._files.write_whole(self.name(sha256), content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises ContentFileError saying what is wrong with the file."""
        name = self.name(sha256)
        where = str(self.folder.within(name))
        try:
            content = self._files.read_regular(name, self.most_bytes)
        except FileNotFoundError as error:
            raise ContentFileError("the file is missing", where=where) from error
        except OSError as error:
            raise ContentFileError(f"the file cannot be read: {error.strerror}", where=where) from error
        if len(content) > self.most_bytes:
            raise ContentFileError(f"the file is larger than {self.most_bytes:,} bytes", where=where)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ContentFileError("the file was changed: it does not have the hash it is named by", where=where)
        return content

    def problem(self, sha256: str) -> str:
        """What is wrong with the file; nothing, and it is an empty text."""
        try:
            self.get(sha256)
        except ContentFileError as error:
            return error.what
        return ""

    def sweep(self) -> None:
        """Remove what killed runs left half written."""
        self._files.remove_drafts()
