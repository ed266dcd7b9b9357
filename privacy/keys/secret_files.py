"""Files that hold secrets: for their owner alone, never overwritten by accident, replaced as a whole or not at all.

Source: GB/T 39725-2020 10.2 (keys are kept apart from the data); file mode 0600.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from fundwatch.errors import KeyMissingError

_OTHERS = 0o077


def make_secret(path: Path, text: str) -> None:
    """A new file of mode 0600 in a folder made for it. Raises FileExistsError rather than touch an existing one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    _settle(path.parent)


def replace_secret(path: Path, text: str) -> None:
    """New content in one step: written aside, flushed to the disk, renamed. The mode stays, or is 0600."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # of mode 0600 from its first byte
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), mode)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    _settle(path.parent)


def read_secret(path: Path, what: str, do: str) -> str:
    """The text. Raises KeyMissingError when the file is absent, open to others, or out of this account's reach."""
    try:
        if not path.is_file():
            raise KeyMissingError(f"{what} is missing", where=str(path), do=do)
        if path.stat().st_mode & _OTHERS:
            raise KeyMissingError(f"others may read {what}", where=str(path), do=f"chmod 600 {path}")
        return path.read_text(encoding="utf-8", errors="replace")
    except PermissionError as error:
        raise KeyMissingError(
            f"this account may not read {what}", where=str(path), do="run the command as the account that owns it"
        ) from error


def _settle(folder: Path) -> None:
    """A rename is on the disk only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
