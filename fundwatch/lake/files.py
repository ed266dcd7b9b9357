"""The files of a lake: listing, reading, replacing and removing them is done here and nowhere else.

Over `pyarrow.fs`, which serves folders of this machine, HDFS and object storage alike. So far a lake lies in a folder
(`fundwatch.places` says which addresses are served). What only a folder can do stands apart, at the end of the class:
locks, permissions, flushing to the disk, a stamp that tells one content of a file from the next. An object store has
none of them: it replaces an object whole and for good, and its versions tell contents apart. Nothing here appends to a
file, because object storage cannot: journals are tables, which grow by a commit.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import SubTreeFileSystem
    from pyarrow.parquet import ParquetFile, ParquetWriter

DRAFT = ".draft."
_READABLE, _PRIVATE = 0o644, 0o700
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class StoredFile:
    """A file: its name from where it was asked for, its size in bytes, and when it was last changed.

    That is in ms since 1970, and None where the store does not say.
    """

    name: str
    size: int
    changed_ms: int | None


@dataclass(frozen=True)
class LakeFiles:
    """The files beneath an address, by their names from there, with `/` between folders. Problems are OSErrors."""

    address: LakeAddress

    @cached_property
    def system(self) -> SubTreeFileSystem:
        """What Arrow reads and writes them by; its names are those that are used here."""
        from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

        return SubTreeFileSystem(str(self.address.absolute()), LocalFileSystem())

    def within(self, *names: str) -> LakeFiles:
        """The files of a folder."""
        return LakeFiles(self.address.within(*names))

    def has_folder(self, name: str = "") -> bool:
        """Whether a folder bears the name; without one, whether there is anything at the address itself."""
        return self._kind(name) == "Directory"

    def find(self, name: str) -> StoredFile | None:
        """The file of this name; None where there is none."""
        found = self.system.get_file_info(name)
        return _stored(found) if found.type.name == "File" else None

    def listed(self, folder: str = "", *, deep: bool = False) -> list[StoredFile]:
        """The files of a folder in order, hidden ones too; `deep`: those of the folders in it as well. None where there
        is no such folder."""
        return [_stored(found) for found in self._infos(folder, deep=deep) if found.type.name == "File"]

    def folders(self) -> list[str]:
        """The names of the folders at the address, in order."""
        return [found.path for found in self._infos("", deep=False) if found.type.name == "Directory"]

    def read(self, name: str) -> bytes:
        """All that the file holds."""
        with self.opened(name) as file:
            return bytes(file.read())

    def opened(self, name: str) -> NativeFile:
        """The file, to be read at any place of it and closed."""
        return self.system.open_input_file(name)

    @contextmanager
    def parquet(self, name: str) -> Iterator[ParquetFile]:
        """The file as Parquet, the check sums of its pages verified as they are read.

        Times that Spark wrote as its own kind are read in microseconds: in Arrow's unit for them the year 9999 is none.
        """
        import pyarrow.parquet as pq

        options = {"page_checksum_verification": True, "coerce_int96_timestamp_unit": "us"}
        with pq.ParquetFile(name, filesystem=self.system, **options) as file:
            yield file

    def parquet_writer(self, name: str, schema: Any, **options: Any) -> ParquetWriter:
        """A writer of a Parquet file whose pages bear check sums."""
        import pyarrow.parquet as pq

        return pq.ParquetWriter(name, schema, filesystem=self.system, write_page_checksum=True, **options)

    def sha256(self, name: str) -> str:
        """The SHA-256 of all that the file holds."""
        with self.opened(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def make_folder(self, name: str = "") -> None:
        """Make a folder, and those it lies in; one that is there stays as it is."""
        if name:
            self.system.create_dir(name, recursive=True)
        else:  # a sub-tree does not make itself
            self.system.base_fs.create_dir(self.system.base_path, recursive=True)

    def rename(self, name: str, target: str) -> None:
        """Give a file another name at once; a file that bore it is replaced."""
        self.system.move(name, target)

    def remove(self, name: str) -> None:
        """Remove a file; of one that is not there is nothing to remove."""
        with suppress(FileNotFoundError):
            self.system.delete_file(name)

    def remove_folder(self, name: str) -> None:
        """Remove a folder with all it holds, as far as that can be done: who must be sure looks afterwards."""
        with suppress(OSError):
            self.system.delete_dir(name)

    def _kind(self, name: str) -> str:
        return str(self.system.get_file_info(name).type.name)

    def _infos(self, folder: str, *, deep: bool) -> list[Any]:
        from pyarrow.fs import FileSelector

        found = self.system.get_file_info(FileSelector(folder, allow_not_found=True, recursive=deep))
        return sorted(found, key=lambda info: info.path.split("/"))

    # What follows only a folder of this machine can do.

    def write_whole(self, name: str, content: bytes) -> None:
        """Write a file that is there whole or not at all, and is on the disk when this ends.

        It is written aside, flushed and renamed; then its folder is flushed. `remove_drafts` removes what a killed run
        left aside.
        """
        target = self._path(name)
        handle, aside = tempfile.mkstemp(prefix=DRAFT, dir=os.path.dirname(target))
        try:
            with os.fdopen(handle, "wb") as stream:
                os.fchmod(handle, _READABLE)
                stream.write(content)
                stream.flush()
                os.fsync(handle)
            os.replace(aside, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(aside)
            raise
        folder = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(folder)  # a rename is on the disk only once its folder is
        finally:
            os.close(folder)

    def remove_drafts(self) -> None:
        """Remove what killed runs left half written."""
        for file in self.listed():
            if file.name.startswith(DRAFT):
                self.remove(file.name)

    def read_regular(self, name: str, most_bytes: int) -> bytes:
        """The content, at most one byte more than `most_bytes`, of what is a file itself: neither a link that leads
        elsewhere nor a pipe that never ends."""
        handle = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "it is no regular file")
            return stream.read(most_bytes + 1)

    def stamp(self, name: str) -> Stamp:
        """What differs once a file was changed or replaced, however carefully its time was put back."""
        found = os.stat(self._path(name))
        return found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    def make_private_folder(self, name: str) -> None:
        """Make a folder that its owner alone may enter; one that is there stays as it is."""
        os.makedirs(self._path(name), exist_ok=True, mode=_PRIVATE)

    def mode(self, name: str = "") -> int | None:
        """The permission bits; None where nothing bears the name."""
        try:
            return stat.S_IMODE(os.stat(self._path(name)).st_mode) & 0o777
        except FileNotFoundError:
            return None

    def set_mode(self, name: str, mode: int) -> None:
        """Say who may enter a folder or read a file."""
        os.chmod(self._path(name), mode)

    def may_write(self) -> bool:
        """Whether this account may make files at the address."""
        return os.access(self._path(""), os.W_OK | os.X_OK)

    def lock_handle(self, name: str) -> int:
        """An open file that the kernel can lock, made for its owner alone; whoever asks closes it."""
        return os.open(self._path(name), os.O_RDWR | os.O_CREAT, 0o600)

    def _path(self, name: str) -> str:
        return str(self.address.within(name))


def _stored(found: Any) -> StoredFile:
    changed = found.mtime_ns
    return StoredFile(found.path, int(found.size), None if changed is None else changed // 1_000_000)
