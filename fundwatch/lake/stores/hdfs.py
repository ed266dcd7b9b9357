"""HDFS, by the client that delta-rs uses too: it needs no Java, and takes its settings and credentials from the
cluster's own configuration (`HADOOP_CONF_DIR`, `HADOOP_USER_NAME`, Kerberos tickets)."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pyarrow.fs import FileInfo, FileSelector, FileSystemHandler, FileType, PyFileSystem

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.stores.store import DRAFT, Stamp

if TYPE_CHECKING:
    from hdfs_native import Client, FileStatus
    from pyarrow import NativeFile
    from pyarrow.fs import FileSystem

_PATIENCE = 10.0
_FOLDER, _PRIVATE = 0o755, 0o700


class UnreachableError(FundwatchError):
    """No name node answers at an address."""

    exit_code = ExitCode.FAULT


@lru_cache(maxsize=8)
def hdfs_store(root: str) -> HdfsStore:
    """The store at `hdfs://HOST:PORT`, or at the name of a service that the cluster's configuration knows. Raises
    UnreachableError."""
    from hdfs_native import Client

    _refuse_silent(root)
    return HdfsStore(Client(root))


def _refuse_silent(root: str) -> None:
    """The client asks for ever where nobody answers; a name without a port is the configuration's to resolve."""
    host, _, port = root.partition("://")[2].partition(":")
    if not port:
        return
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except OSError as error:
        raise UnreachableError(
            f"no name node answers: {error.strerror or error}",
            where=root,
            do="give the host and port of the name node's RPC (8020 or 9000 as a rule, not that of its pages), or the "
            "name of a service of HADOOP_CONF_DIR without a port; see that it runs and no wall is between",
        ) from error


class HdfsStore:
    """See `Store`. A file is written aside and renamed, which the name node does at once and for one alone."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def system(self) -> FileSystem:
        return PyFileSystem(_Handler(self._client))

    def write_whole(self, path: str, content: bytes) -> None:
        self._put(path, content, overwrite=True)

    def write_new(self, path: str, content: bytes) -> None:
        self._put(path, content, overwrite=False)

    def _put(self, path: str, content: bytes, *, overwrite: bool) -> None:
        folder = path.rpartition("/")[0]
        aside = f"{folder}/{DRAFT}{uuid.uuid4().hex}"
        try:
            with self._client.create(aside) as stream:
                stream.write(content)
                stream.hsync()
            self._client.rename(aside, path, overwrite)
        except BaseException:
            self._client.delete(aside)
            raise

    def read_regular(self, path: str, most_bytes: int) -> bytes:
        return bytes(self._client.read(path).read(most_bytes + 1))  # there are no links and no pipes

    def stamp(self, path: str) -> Stamp:
        found = self._client.get_file_info(path)  # a closed file is never changed, only replaced
        return found.length, found.modification_time

    def make_private_folder(self, path: str) -> None:
        if self.mode(path) is None:
            self._client.mkdirs(path.rpartition("/")[0], _FOLDER, True)
            self._client.mkdirs(path, _PRIVATE, True)

    def mode(self, path: str) -> int | None:
        try:
            return self._client.get_file_info(path).permission & 0o777
        except FileNotFoundError:
            return None

    def set_mode(self, path: str, mode: int) -> None:
        self._client.set_permission(path, mode)

    def may_write(self, _path: str) -> bool:
        return True  # the name node alone knows, and refuses who may not


class _Handler(FileSystemHandler):
    """The file system as Arrow asks for it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get_type_name(self) -> str:
        return "hdfs"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> FileInfo:
        try:
            return _told(self._client.get_file_info(path), path)
        except FileNotFoundError:
            return FileInfo(path, FileType.NotFound)

    def get_file_info_selector(self, selector: FileSelector) -> list[FileInfo]:
        return list(self._listed(selector))

    def _listed(self, selector: FileSelector) -> Iterator[FileInfo]:
        try:
            for status in self._client.list_status(selector.base_dir, selector.recursive):
                yield _told(status, status.path)
        except FileNotFoundError:
            if not selector.allow_not_found:
                raise

    def create_dir(self, path: str, recursive: bool) -> None:
        self._client.mkdirs(path, _FOLDER, recursive)

    def delete_dir(self, path: str) -> None:
        self._deleted(path, recursive=True)

    def delete_file(self, path: str) -> None:
        self._deleted(path, recursive=False)

    def _deleted(self, path: str, *, recursive: bool) -> None:
        if not self._client.delete(path, recursive):
            raise FileNotFoundError(path)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool) -> None:
        for info in self._listed(FileSelector(path, allow_not_found=missing_dir_ok)):
            self._deleted(info.path, recursive=True)

    def delete_root_dir_contents(self) -> None:
        raise PermissionError("nobody empties a whole file system")

    def move(self, source: str, target: str) -> None:
        self._client.rename(source, target, True)

    def copy_file(self, source: str, target: str) -> None:
        with self._client.create(target) as written:
            for piece in self._client.read(source):
                written.write(piece)

    def open_input_stream(self, path: str) -> NativeFile:
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> NativeFile:
        from pyarrow import PythonFile

        return PythonFile(self._client.read(path), mode="r")

    def open_output_stream(self, path: str, _metadata: Any) -> NativeFile:
        from hdfs_native import WriteOptions
        from pyarrow import PythonFile

        return PythonFile(self._client.create(path, WriteOptions(overwrite=True)), mode="w")

    def open_append_stream(self, path: str, _metadata: Any) -> NativeFile:
        raise PermissionError(f"nothing of a lake is appended to: {path}")


def _told(status: FileStatus, path: str) -> FileInfo:
    """Arrow's word for it, under the name that Arrow asked by."""
    if status.isdir:
        return FileInfo(path, FileType.Directory)
    return FileInfo(path, FileType.File, size=status.length, mtime_ns=status.modification_time * 1_000_000)
