"""The files of a lake: listing, reading, replacing and removing them is done here and nowhere else.

Over `pyarrow.fs`, which serves folders of this machine, HDFS and object stores alike (`fundwatch.places` says which
addresses are served). What it has no word for stands apart, at the end of the class, and each store of
`fundwatch/lake/stores/` does it in its own way: permissions, files that are there whole or not at all, a stamp that
tells one content of a file from the next. Nothing here appends to a file, because object storage cannot: journals are
tables, which grow by a commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fundwatch.lake.stores.folder import FolderStore
from fundwatch.lake.stores.store import DRAFT, Stamp, Store
from fundwatch.places import S3, LakeAddress

if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import SubTreeFileSystem
    from pyarrow.parquet import ParquetFile, ParquetWriter


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
        from pyarrow.fs import SubTreeFileSystem

        return SubTreeFileSystem(self.address.absolute().path, self._store.system)

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
        """Give a file another name at once; a file that bore it is replaced. In a store of objects it is copied, and
        then removed: a kill between the two leaves both."""
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

    # What follows each store does in its own way.

    def write_whole(self, name: str, content: bytes) -> None:
        """Write a file that is there whole or not at all, and lasts when this ends. `remove_drafts` removes what a
        killed run left aside."""
        self._store.write_whole(self._path(name), content)

    def write_new(self, name: str, content: bytes) -> None:
        """The same for a file that nobody may have made before. Raises FileExistsError for all but the first."""
        self._store.write_new(self._path(name), content)

    def remove_drafts(self) -> None:
        """Remove what killed runs left half written."""
        for file in self.listed():
            if file.name.startswith(DRAFT):
                self.remove(file.name)

    def read_regular(self, name: str, most_bytes: int) -> bytes:
        """The content, at most one byte more than `most_bytes`, of what is a file itself: neither a link that leads
        elsewhere nor a pipe that never ends."""
        return self._store.read_regular(self._path(name), most_bytes)

    def stamp(self, name: str) -> Stamp:
        """What differs once a file was changed or replaced."""
        return self._store.stamp(self._path(name))

    def make_private_folder(self, name: str) -> None:
        """Make a folder that its owner alone may enter; one that is there stays as it is. Where the store has no
        folders, it is there with its first file."""
        self._store.make_private_folder(self._path(name))

    def mode(self, name: str = "") -> int | None:
        """The permission bits; None where nothing bears the name."""
        return self._store.mode(self._path(name))

    def set_mode(self, name: str, mode: int) -> None:
        """Say who may enter a folder or read a file."""
        self._store.set_mode(self._path(name), mode)

    def may_write(self) -> bool:
        """Whether this account may make files at the address, as far as can be known without trying."""
        return self._store.may_write(self._path(""))

    def lock_handle(self, name: str) -> int:
        """An open file of a folder that the kernel can lock; whoever asks closes it."""
        return FolderStore().lock_handle(self._path(name))

    @cached_property
    def _store(self) -> Store:
        if not self.address.root:
            return FolderStore()
        if self.address.root.startswith(S3):
            # who has no lake there loads no client of it
            from fundwatch.lake.stores.s3 import s3_store

            return s3_store(self.address.root)
        # the same
        from fundwatch.lake.stores.hdfs import hdfs_store

        return hdfs_store(self.address.root)

    def _path(self, name: str) -> str:
        return self.address.within(name).path


def _stored(found: Any) -> StoredFile:
    changed = found.mtime_ns
    return StoredFile(found.path, int(found.size), None if changed is None else changed // 1_000_000)
