"""A secret text in two shares of two custodians: each alone is random bytes, their XOR is the text.

A share file keeps the last two generations, one line each: a replacement that was killed between the two files leaves
one generation that both hold.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from fundwatch.errors import KeyMissingError, problems
from privacy.keys.secret_files import make_secret, read_secret, replace_secret

SEPARATOR = "+"
_HEAD = "fundwatch key share 1"
_Generations = dict[int, bytes]


def share_paths(path: Path) -> tuple[Path, Path] | None:
    """The two files that `path` names with a + between them; None for the name of one file."""
    first, plus, second = str(path).partition(SEPARATOR)
    if not plus or not first or not second or path.exists():
        return None
    return Path(first), Path(second)


def make_shares(paths: tuple[Path, Path], text: str) -> None:
    """Two new files. Raises FileExistsError rather than touch an existing one."""
    if taken := [str(p) for p in paths if p.exists()]:
        raise FileExistsError(", ".join(taken))
    for path, part in zip(paths, _split(text), strict=True):
        make_secret(path, _written({1: part}))


def read_shares(paths: tuple[Path, Path], do: str) -> str:
    """The secret text of the newest generation that both files hold. Raises KeyMissingError naming every problem."""
    first, second = _read(paths, do)
    both = first.keys() & second.keys()
    if not both:
        raise KeyMissingError("the two shares are not of one key", where=_joined_paths(paths), do=do)
    one, other = first[max(both)], second[max(both)]
    return bytes(a ^ b for a, b in zip(one, other, strict=False)).decode(errors="replace")


def replace_shares(paths: tuple[Path, Path], text: str) -> None:
    """A new generation in both files; the one in force stays beside it until the next replacement."""
    generations = _read(paths, "")
    now = max(generations[0].keys() & generations[1].keys())
    for path, held, part in zip(paths, generations, _split(text), strict=True):
        replace_secret(path, _written({now: held[now], now + 1: part}))


def make_text(path: Path, text: str) -> None:
    """A secret text in a new file, or in two new shares. Raises FileExistsError rather than touch an existing one."""
    shares = share_paths(path)
    if shares is not None:
        make_shares(shares, text)
    else:
        make_secret(path, text)


def read_text(path: Path, what: str, do: str) -> str:
    """The secret text of a file, or of two shares. Raises KeyMissingError as `read_secret` does."""
    shares = share_paths(path)
    return read_shares(shares, do) if shares is not None else read_secret(path, what, do)


def replace_text(path: Path, text: str) -> None:
    """New content of a file, or of two shares, which keep what was there before beside it."""
    shares = share_paths(path)
    if shares is not None:
        replace_shares(shares, text)
    else:
        replace_secret(path, text)


def replace_for_good(path: Path, text: str) -> None:
    """New content; shares, which keep two generations, are replaced twice, so that neither holds what was there."""
    replace_text(path, text)
    if share_paths(path) is not None:
        replace_text(path, text)


def _split(text: str) -> tuple[bytes, bytes]:
    plain = text.encode()
    one = secrets.token_bytes(len(plain))
    return one, bytes(a ^ b for a, b in zip(plain, one, strict=True))


def _written(parts: _Generations) -> str:
    return "\n".join([_HEAD, *(f"{n} {part.hex()} {_check(n, part.hex())}" for n, part in parts.items()), ""])


def _check(generation: int, share: str) -> str:
    """Tells which of two shares is damaged; a share is random, so the check gives nothing of the key away."""
    return hashlib.sha256(f"{generation} {share}".encode()).hexdigest()[:8]


def _read(paths: tuple[Path, Path], do: str) -> tuple[_Generations, _Generations]:
    found: list[_Generations] = []
    wrong: list[str] = []
    for path in paths:
        lines = read_secret(path, "a share of the key", do).split("\n")
        parts = [line.split() for line in lines[1:] if line]
        if lines[0] != _HEAD or not parts or not all(_holds(part) for part in parts):
            wrong.append(f"{path} is no share, or damaged")
            continue
        found.append({int(n): bytes.fromhex(share) for n, share, _ in parts})
    if wrong:
        raise KeyMissingError(problems("the key cannot be put together", wrong), where=_joined_paths(paths), do=do)
    return found[0], found[1]


def _holds(part: list[str]) -> bool:
    return len(part) == 3 and part[0].isdecimal() and part[2] == _check(int(part[0]), part[1])


def _joined_paths(paths: tuple[Path, Path]) -> str:
    return SEPARATOR.join(map(str, paths))
