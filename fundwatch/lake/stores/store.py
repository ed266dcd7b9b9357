"""What every store must do in its own way, because `pyarrow.fs` has no word for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fundwatch.errors import ExitCode, FundwatchError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

DRAFT = ".draft."  # begins the name of a file that is not whole yet
Stamp = tuple[int, ...]


class UnreachableError(FundwatchError):
    """No store answers at an address."""

    exit_code = ExitCode.FAULT


class Store(Protocol):
    """The files of one store by their paths there. Problems are OSErrors."""

    @property
    def system(self) -> FileSystem:
        """What Arrow reads and writes them by."""

    def write_whole(self, path: str, content: bytes) -> None:
        """Write a file that is there whole or not at all, and lasts when this ends."""

    def write_new(self, path: str, content: bytes) -> None:
        """The same for a file that nobody may have made before: of many who try at once one succeeds.

        Raises FileExistsError for the others.
        """

    def read_regular(self, path: str, most_bytes: int) -> bytes:
        """The content, at most one byte more than `most_bytes`, of what is a file itself, and no link or pipe."""

    def stamp(self, path: str) -> Stamp:
        """What differs once a file was changed or replaced."""

    def make_private_folder(self, path: str) -> None:
        """Make a folder that its owner alone may enter; one that is there stays as it is. A store of objects has
        neither folders nor permissions of their own."""

    def mode(self, path: str) -> int | None:
        """The permission bits; None where nothing bears the name, or the store knows of none."""

    def set_mode(self, path: str, mode: int) -> None:
        """Say who may enter a folder or read a file."""

    def may_write(self, path: str) -> bool:
        """Whether this account may make files there, as far as can be known without trying."""
