"""A store as Arrow asks for it, over the few things that each store does in its own way."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from pyarrow.fs import FileInfo, FileSelector, FileSystemHandler

if TYPE_CHECKING:
    from pyarrow import NativeFile

_IN_MEMORY = 32 * 1024 * 1024


class ArrowFiles(FileSystemHandler):
    """Files and folders by their paths in a store. Problems are OSErrors."""

    name: str

    @abstractmethod
    def find(self, path: str) -> FileInfo:
        """What bears the path, of the type NotFound where nothing does."""

    @abstractmethod
    def listed(self, folder: str, *, deep: bool) -> Iterator[FileInfo]:
        """What lies in a folder; `deep`: in its folders too. Raises FileNotFoundError."""

    @abstractmethod
    def removed(self, path: str, *, deep: bool) -> None:
        """Remove a file, or with `deep` a folder with all it holds. Raises FileNotFoundError."""

    @abstractmethod
    def opened(self, path: str) -> Any:
        """The file, to be read at any place of it. Raises FileNotFoundError."""

    @abstractmethod
    def sent(self, path: str, content: IO[bytes]) -> None:
        """Make a file of the content; one that is there is replaced."""

    def get_type_name(self) -> str:
        return self.name

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[FileInfo]:
        return [self.find(path) for path in paths]

    def get_file_info_selector(self, selector: FileSelector) -> list[FileInfo]:
        try:
            return list(self.listed(selector.base_dir, deep=selector.recursive))
        except FileNotFoundError:
            if selector.allow_not_found:
                return []
            raise

    def delete_dir(self, path: str) -> None:
        self.removed(path, deep=True)

    def delete_file(self, path: str) -> None:
        self.removed(path, deep=False)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool) -> None:
        for info in self.get_file_info_selector(FileSelector(path, allow_not_found=missing_dir_ok)):
            self.removed(info.path, deep=True)

    def delete_root_dir_contents(self) -> None:
        raise PermissionError("nobody empties a whole file system")

    def open_input_stream(self, path: str) -> NativeFile:
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> NativeFile:
        from pyarrow import PythonFile

        return PythonFile(self.opened(path), mode="r")

    def open_output_stream(self, path: str, _metadata: Any) -> NativeFile:
        from pyarrow import PythonFile

        return PythonFile(_Upload(lambda content: self.sent(path, content)), mode="w")

    def open_append_stream(self, path: str, _metadata: Any) -> NativeFile:
        raise PermissionError(f"nothing of a lake is appended to: {path}")


class _Upload(io.RawIOBase):
    """A file in the making, kept here until it is whole: who is interrupted must begin again."""

    def __init__(self, send: Callable[[IO[bytes]], None]) -> None:
        self._send = send
        # it has no name, so nothing of it is left when a run is killed
        self._kept = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed with this)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        return self._kept.write(content)

    def tell(self) -> int:
        return self._kept.tell()

    def close(self) -> None:
        if not self.closed:
            try:
                self._kept.seek(0)
                self._send(self._kept)
            finally:
                self._kept.close()
                super().close()
