"""Files named by what they hold: the SHA-256 of a file is its name, so nobody can change one unnoticed.

A file is written aside, flushed to the disk and renamed: it is there whole, or not at all. What is hashed is what is
handed out, read once. Files are never changed; writing the same content again mends one that was damaged.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fundwatch.errors import ExitCode, FundwatchError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRAFT = ".draft."


class ContentFileError(FundwatchError):
    """A file is missing, cannot be read, or does not hold what its name says."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class ContentFiles:
    """A folder of such files, none larger than `most_bytes`; `suffix` says to people what they are."""

    folder: Path
    suffix: str
    most_bytes: int

    def path(self, sha256: str) -> Path:
        """Where the file lies. Raises ContentFileError for a name that is no SHA-256, whoever wrote it."""
        if not _SHA256.fullmatch(sha256):
            raise ContentFileError("the name of a file is no SHA-256", where=str(self.folder))
        return self.folder / f"{sha256}{self.suffix}"

    def put(self, content: bytes) -> str:
        """Write the content, unless it is there whole; its SHA-256."""
        if len(content) > self.most_bytes:
            raise ContentFileError(f"{len(content):,} bytes are more than {self.most_bytes:,}", where=str(self.folder))
        sha256 = hashlib.sha256(content).hexdigest()
        if self.fault(sha256):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(self.path(sha256), content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises ContentFileError saying what is wrong with the file."""
        path = self.path(sha256)
        try:
            content = self._read(path)
        except FileNotFoundError as fault:
            raise ContentFileError("the file is missing", where=str(path)) from fault
        except OSError as fault:
            raise ContentFileError(f"the file cannot be read: {fault.strerror}", where=str(path)) from fault
        if len(content) > self.most_bytes:
            raise ContentFileError(f"the file is larger than {self.most_bytes:,} bytes", where=str(path))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ContentFileError("the file was changed: it does not have the hash it is named by", where=str(path))
        return content

    def fault(self, sha256: str) -> str:
        """What is wrong with the file; nothing, and it is an empty text."""
        try:
            self.get(sha256)
        except ContentFileError as fault:
            return fault.what
        return ""

    def sweep(self) -> None:
        """Remove what killed runs left half written."""
        for draft in self.folder.glob(f"{_DRAFT}*"):
            draft.unlink(missing_ok=True)

    def _read(self, path: Path) -> bytes:
        # neither a link that leads elsewhere nor a pipe that never ends
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "it is no regular file")
            return stream.read(self.most_bytes + 1)

    def _write(self, path: Path, content: bytes) -> None:
        handle, aside = tempfile.mkstemp(prefix=_DRAFT, dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                os.fchmod(handle, 0o644)
                stream.write(content)
                stream.flush()
                os.fsync(handle)
            os.replace(aside, path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # a rename is on the disk only once its folder is
        finally:
            os.close(folder)
