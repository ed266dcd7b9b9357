"""Stores of objects that speak S3, by the client that delta-rs has within too.

There are no folders: one is there while something lies in it, or a mark that it was made. Nothing is renamed: a file is
copied, which happens at once, and then removed. There are no permissions of files: a bucket has rules of its own. What
makes a file that nobody may have made before is a put that fails where the name is taken (`If-None-Match`), which the
store must know.
"""

from __future__ import annotations

import errno
import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from pyarrow.fs import FileInfo, FileType, PyFileSystem

from fundwatch.lake.stores.arrow_files import ArrowFiles
from fundwatch.lake.stores.s3_access import S3Access, s3_access
from fundwatch.lake.stores.store import Stamp, UnreachableError
from fundwatch.places import S3

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config
    from obstore.store import S3Store as Client
    from pyarrow.fs import FileSystem

_PATIENCE = 10.0
_MARK = ".folder"
_TIMEOUTS: ClientConfig = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(minutes=5)}
_AGAIN: RetryConfig = {"max_retries": 8, "retry_timeout": timedelta(minutes=1)}
_READ_AHEAD, _PART = 1 << 20, 16 << 20


@lru_cache(maxsize=8)
def s3_store(root: str) -> S3Files:
    """The store at `s3a://BUCKET`. Raises UnreachableError where nobody answers or there is no such bucket."""
    from obstore.store import S3Store as Client

    bucket = root.removeprefix(S3)
    access = s3_access(bucket)
    try:
        if access.endpoint:
            at = urlsplit(access.endpoint)
            port = at.port or (443 if at.scheme == "https" else 80)
            socket.create_connection((at.hostname or "", port), _PATIENCE).close()
        config = cast("S3Config", {**access.options(), "aws_bucket": bucket})
        client = Client(config=config, client_options=_TIMEOUTS, retry_config=_AGAIN)
        with _problems():
            obstore.list_with_delimiter(client, _MARK)
    except PermissionError:
        raise
    except (OSError, OverflowError, ValueError, BaseError) as error:
        raise _unreachable(root, access, error) from error
    return S3Files(client)


def _unreachable(root: str, access: S3Access, error: Exception) -> UnreachableError:
    why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
    at = access.endpoint or f"Amazon's store in the region {access.region or '(none is named)'}"
    if "NoSuchBucket" in str(error):
        return UnreachableError("there is no such bucket", where=f"{root} at {at}", do="make it, or name another")
    return UnreachableError(
        f"no object store answers: {why}",
        where=f"{root} at {at}",
        do="name it by AWS_ENDPOINT_URL and AWS_REGION, or by fs.s3a.endpoint in HADOOP_CONF_DIR/core-site.xml; see "
        "that it runs, no wall is between, and a key or a role of this machine lets it in",
    )


@contextmanager
def _problems() -> Iterator[None]:
    """All problems of the client as OSErrors, without the trace of its own code."""
    try:
        yield
    except AlreadyExistsError as error:
        raise FileExistsError(errno.EEXIST, _line(error)) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, f"AccessDenied: {_line(error)}") from error
    except BaseError as error:
        code = "NoSuchBucket: " if "NoSuchBucket" in str(error) else ""
        raise OSError(errno.EIO, f"{code}{_line(error)}") from error


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]


class S3Files:
    """See `Store`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def system(self) -> FileSystem:
        return PyFileSystem(_Objects(self._client))

    def write_whole(self, path: str, content: bytes) -> None:
        with _problems():
            obstore.put(self._client, _key(path), content, use_multipart=False)

    def write_new(self, path: str, content: bytes) -> None:
        with _problems():
            obstore.put(self._client, _key(path), content, mode="create", use_multipart=False)

    def read_regular(self, path: str, most_bytes: int) -> bytes:
        with _problems():
            size = obstore.head(self._client, _key(path))["size"]
            return (
                bytes(obstore.get_range(self._client, _key(path), start=0, end=min(size, most_bytes + 1)))
                if size
                else b""
            )

    def stamp(self, path: str) -> Stamp:
        with _problems():
            found = obstore.head(self._client, _key(path))
        tag = hashlib.sha256(str(found["e_tag"]).encode()).digest()
        return found["size"], int(found["last_modified"].timestamp() * 1000), int.from_bytes(tag[:8], "big")

    def make_private_folder(self, path: str) -> None:
        """Nothing is to be made: it is there with the first file in it."""

    def mode(self, _path: str) -> int | None:
        return None

    def set_mode(self, path: str, mode: int) -> None:
        """Nothing is to be set: see `mode`."""

    def may_write(self, _path: str) -> bool:
        return True  # the store alone knows, and refuses who may not


class _Objects(ArrowFiles):
    """The store as Arrow asks for it."""

    name = "s3"

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, path: str) -> FileInfo:
        key = _key(path)
        with _problems():
            try:
                return _told(obstore.head(self._client, key), path) if key else FileInfo(path, FileType.Directory)
            except FileNotFoundError:
                is_folder = any(obstore.list(self._client, key, chunk_size=1))
                return FileInfo(path, FileType.Directory if is_folder else FileType.NotFound)

    def listed(self, folder: str, *, deep: bool) -> Iterator[FileInfo]:
        key, folders = _key(folder), set[str]()
        with _problems():
            if deep:
                objects = [one for chunk in obstore.list(self._client, key) for one in chunk]
            else:
                found = obstore.list_with_delimiter(self._client, key)
                objects, folders = [*found["objects"]], set(found["common_prefixes"])
        if not objects and not folders:
            raise FileNotFoundError(errno.ENOENT, "there is no such folder", folder)
        for one in objects:
            above = one["path"].rpartition("/")[0]
            while deep and len(above) > len(key):
                folders.add(above)
                above = above.rpartition("/")[0]
            if one["path"].rpartition("/")[2] != _MARK and one["path"] != key and not self._is_mark(one):
                yield _told(one, f"/{one['path']}")
        yield from (FileInfo(f"/{name}", FileType.Directory) for name in sorted(folders))

    def _is_mark(self, found: Any) -> bool:
        """Whether an object without content is the mark of a folder that Hadoop's client made: its name ends in a
        slash, which is not told here."""
        return found["size"] == 0 and self.find(found["path"]).type != FileType.File

    def create_dir(self, path: str, _recursive: bool) -> None:
        with _problems():
            obstore.put(self._client, f"{_key(path)}/{_MARK}", b"")

    def removed(self, path: str, *, deep: bool) -> None:
        key = _key(path)
        with _problems():
            if not deep:
                obstore.head(self._client, key)  # what is not there is removed without a word
                obstore.delete(self._client, key)
                return
            names = [one["path"] for chunk in obstore.list(self._client, key) for one in chunk]
            if not names:
                raise FileNotFoundError(errno.ENOENT, "there is no such folder", path)
            obstore.delete(self._client, names)

    def move(self, source: str, target: str) -> None:
        self.copy_file(source, target)
        self.removed(source, deep=False)

    def copy_file(self, source: str, target: str) -> None:
        with _problems():
            obstore.copy(self._client, _key(source), _key(target))

    def opened(self, path: str) -> Any:
        with _problems():
            return _ObjectReader(obstore.open_reader(self._client, _key(path), buffer_size=_READ_AHEAD))

    def sent(self, path: str, content: IO[bytes]) -> None:
        with _problems():
            obstore.put(self._client, _key(path), content, chunk_size=_PART)


class _ObjectReader:
    """A file that is read, whose pieces are bytes as Python knows them."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, count: int = -1) -> bytes:
        with _problems():
            return bytes(self._file.read(count if count >= 0 else None))

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self.closed = True


def _key(path: str) -> str:
    return path.strip("/")


def _told(found: Any, path: str) -> FileInfo:
    """Arrow's word for it, under the name that Arrow asked by."""
    changed = int(found["last_modified"].timestamp() * 1000) * 1_000_000
    return FileInfo(path, FileType.File, size=found["size"], mtime_ns=changed)
