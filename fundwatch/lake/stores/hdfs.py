"""HDFS, by the client that delta-rs uses too: it needs no Java, and takes its settings and credentials from the
cluster's own configuration (`HADOOP_CONF_DIR`, `HADOOP_USER_NAME`, Kerberos tickets)."""

from __future__ import annotations

import errno
import re
import socket
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from pyarrow.fs import FileInfo, FileType, PyFileSystem

from fundwatch.lake.stores.arrow_files import ArrowFiles
from fundwatch.lake.stores.patience import in_time
from fundwatch.lake.stores.store import DRAFT, Stamp, UnreachableError

if TYPE_CHECKING:
    from hdfs_native import Client, FileStatus
    from pyarrow.fs import FileSystem

_PATIENCE = 10.0
_SAID = re.compile(r'Error\([^,"]*"[^"]*", "((?:[^"\\]|\\[^nt])*)')  # up to the trace that follows
_TICKET = re.compile(r'GSSAPIError.*, "([^"]+)"')  # the sentence after the codes
_PAUSES = (1, 5, 10)  # seconds; a name node knows of a lost data node within half a minute to ten
_PIECE = 4 * 1024 * 1024
_FOLDER, _PRIVATE = 0o755, 0o700


@lru_cache(maxsize=8)
def hdfs_store(root: str) -> HdfsStore:
    """The store at `hdfs://HOST:PORT`, or at the name of a service that the cluster's configuration knows. Raises
    UnreachableError: the client itself asks for ever where nobody answers, or somebody who is no name node."""
    host, _, port = root.partition("://")[2].partition(":")
    try:
        if port:  # a name without one is the configuration's to resolve
            socket.create_connection((host, int(port)), _PATIENCE).close()
        client = _Asked.at(root)
        in_time(lambda: client.get_file_info("/"), _PATIENCE)
    except (OSError, OverflowError) as error:
        if said := _TICKET.search(str(error)):
            raise UnreachableError(
                f"the name node asks for a Kerberos ticket: {said[1]}",
                where=root,
                do="take one where this process finds it (`kinit -k -t KEYTAB ACCOUNT`; KRB5CCNAME, KRB5_CONFIG), and "
                "let a service renew it where nights are longer than tickets",
            ) from error
        raise UnreachableError(
            f"no name node answers: {getattr(error, 'strerror', None) or error}",
            where=root,
            do="give the host and port of the name node's RPC (8020 or 9000 as a rule, not that of its pages), or the "
            "name of a service of HADOOP_CONF_DIR without a port; see that it runs and no wall is between",
        ) from error
    return HdfsStore(client)


class _Asked:
    """The client, all problems of which are OSErrors; what it lists is listed at once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def at(cls, root: str) -> _Asked:
        from hdfs_native import Client

        try:
            return cls(Client(root))
        except RuntimeError as error:
            raise _problem(error) from error

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._client, name)

        def asked(*given: Any) -> Any:
            try:
                return list(ask(*given)) if name == "list_status" else ask(*given)
            except RuntimeError as error:
                raise _problem(error) from error

        return asked


def _problem(error: RuntimeError) -> OSError:
    """What the name node says, without the trace of its own code."""
    said = _SAID.search(str(error))
    what = said[1] if said else str(error).partition("\n")[0]
    what = what.replace('\\"', '"')
    return PermissionError(errno.EACCES, what) if "AccessControlException" in str(error) else OSError(errno.EIO, what)


class HdfsStore:
    """See `Store`. A file is written aside and renamed, which the name node does at once and for one alone."""

    def __init__(self, client: _Asked) -> None:
        self._client = client

    @property
    def system(self) -> FileSystem:
        return PyFileSystem(_HdfsFiles(self._client))

    def write_whole(self, path: str, content: bytes) -> None:
        self._put(path, content, overwrite=True)

    def write_new(self, path: str, content: bytes) -> None:
        self._put(path, content, overwrite=False)

    def _put(self, path: str, content: bytes, *, overwrite: bool) -> None:
        folder = path.rpartition("/")[0]
        aside = f"{folder}/{DRAFT}{uuid.uuid4().hex}"
        try:
            _upload(self._client, aside, BytesIO(content))
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


class _HdfsFiles(ArrowFiles):
    """The file system as Arrow asks for it."""

    name = "hdfs"

    def __init__(self, client: _Asked) -> None:
        self._client = client

    def find(self, path: str) -> FileInfo:
        try:
            return _told(self._client.get_file_info(path), path)
        except FileNotFoundError:
            return FileInfo(path, FileType.NotFound)

    def listed(self, folder: str, *, deep: bool) -> Iterator[FileInfo]:
        for status in self._client.list_status(folder, deep):
            yield _told(status, status.path)

    def create_dir(self, path: str, recursive: bool) -> None:
        self._client.mkdirs(path, _FOLDER, recursive)

    def removed(self, path: str, *, deep: bool) -> None:
        if not self._client.delete(path, deep):
            raise FileNotFoundError(path)

    def move(self, source: str, target: str) -> None:
        self._client.rename(source, target, True)

    def copy_file(self, source: str, target: str) -> None:
        with self._client.create(target) as written:
            for piece in self._client.read(source):
                written.write(piece)

    def opened(self, path: str) -> Any:
        return self._client.read(path)

    def sent(self, path: str, content: IO[bytes]) -> None:
        _upload(self._client, path, content)


def _upload(client: _Asked, path: str, content: IO[bytes]) -> None:
    """Write a file; once it is closed it lies on every node that is to hold it. When a node is lost meanwhile, the file
    is written again, on others."""
    from hdfs_native import WriteOptions

    for pause in (*_PAUSES, None):
        content.seek(0)
        try:
            with client.create(path, WriteOptions(overwrite=True)) as stream:
                while piece := content.read(_PIECE):
                    stream.write(piece)
            return
        except (FileNotFoundError, PermissionError):
            raise
        except (OSError, RuntimeError) as error:
            if pause is None:
                raise OSError(errno.EIO, str(error).partition("\n")[0]) from error
            time.sleep(pause)


def _told(status: FileStatus, path: str) -> FileInfo:
    """Arrow's word for it, under the name that Arrow asked by."""
    if status.isdir:
        return FileInfo(path, FileType.Directory)
    return FileInfo(path, FileType.File, size=status.length, mtime_ns=status.modification_time * 1_000_000)
