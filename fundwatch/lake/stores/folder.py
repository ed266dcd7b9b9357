"""Folders of this machine, or such that every machine sees under one path."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from fundwatch.lake.stores.store import DRAFT, Stamp

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_READABLE, _PRIVATE = 0o644, 0o700


class FolderStore:
    """See `Store`. A file is written aside, flushed and renamed; then its folder is flushed."""

    @property
    def system(self) -> FileSystem:
        from pyarrow.fs import LocalFileSystem

        return LocalFileSystem()

    def write_whole(self, path: str, content: bytes) -> None:
        self._put(path, content, os.replace)

    def write_new(self, path: str, content: bytes) -> None:
        def linked(aside: str, target: str) -> None:
            os.link(aside, target)  # fails where the name is taken; a rename would take its place
            os.unlink(aside)

        self._put(path, content, linked)

    def _put(self, path: str, content: bytes, name: Callable[[str, str], None]) -> None:
        handle, aside = tempfile.mkstemp(prefix=DRAFT, dir=os.path.dirname(path))
        try:
            with os.fdopen(handle, "wb") as stream:
                os.fchmod(handle, _READABLE)
                stream.write(content)
                stream.flush()
                os.fsync(handle)
            name(aside, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(aside)
            raise
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)  # a rename is on the disk only once its folder is
        finally:
            os.close(folder)

    def read_regular(self, path: str, most_bytes: int) -> bytes:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "it is no regular file")
            return stream.read(most_bytes + 1)

    def stamp(self, path: str) -> Stamp:
        found = os.stat(path)  # however carefully a file's time was put back, its inode's was not
        return found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    def make_private_folder(self, path: str) -> None:
        os.makedirs(path, exist_ok=True, mode=_PRIVATE)

    def mode(self, path: str) -> int | None:
        try:
            return stat.S_IMODE(os.stat(path).st_mode) & 0o777
        except FileNotFoundError:
            return None

    def set_mode(self, path: str, mode: int) -> None:
        os.chmod(path, mode)

    def may_write(self, path: str) -> bool:
        return os.access(path, os.W_OK | os.X_OK)

    def lock_handle(self, path: str) -> int:
        """An open file that the kernel can lock, made for its owner alone; whoever asks closes it."""
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
