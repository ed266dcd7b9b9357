"""Text of fixed width as lines of CSV: each line is cut where the mapping says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from intake.files.lines import BOM, CODECS, whole_lines
from intake.files.unpacking import FileError
from intake.source.widths import FixedWidth


def cut_lines(blocks: Iterator[bytes], layout: FixedWidth, encoding: str) -> Iterator[bytes]:
    """The text as CSV in its own encoding, with a header before the first line.

    A line of another width has one value too many, and one that would be cut within a sign is one value: by that they
    are known as unreadable. Raises FileError where most lines would be cut so.
    """
    codec = CODECS.get(encoding, encoding)
    try:
        yield _row([name.encode(codec) for name in layout.columns])
    except UnicodeEncodeError as error:
        raise FileError(f"names of its columns cannot be written in {encoding}: give them ASCII names") from error
    cut = _cut_bytes(layout.ends, codec) if layout.count == "bytes" else _cut_signs(layout.ends, codec)
    before = 0
    for block in whole_lines(blocks):
        text = block if before else block.removeprefix(BOM)
        lines = [line.removesuffix(b"\r") for line in text.removesuffix(b"\n").split(b"\n")]
        rows = [cut(line) if line.strip() else None for line in lines]
        within = [number for number, row in enumerate(rows, before + 1) if row is not None and len(row) == 1]
        if 2 * len(within) > len(lines):
            raise FileError(f"line {within[0]}: a column ends within a sign, as in most lines: its places are others")
        before += len(lines)
        yield b"".join(b"\n" if row is None else _row(row) for row in rows)


def _cut_bytes(ends: tuple[int | None, ...], codec: str) -> Callable[[bytes], list[bytes]]:
    begins = _begins(ends)

    def cut(line: bytes) -> list[bytes]:
        parts = [line[begin:end] for begin, end in zip(begins, ends, strict=True)]
        if not _is_whole(len(line), begins, ends):
            parts.append(line[ends[-1] :] if ends[-1] else b"")
        return parts if line.isascii() or not _is_text(line, codec) or _are_texts(parts, codec) else [line]

    return cut


def _are_texts(parts: list[bytes], codec: str) -> bool:
    return all(_is_text(part, codec) for part in parts)


def _is_text(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _cut_signs(ends: tuple[int | None, ...], codec: str) -> Callable[[bytes], list[bytes]]:
    begins = _begins(ends)

    def cut(line: bytes) -> list[bytes]:
        # bytes that are no text stay what they are, and are found by whoever reads the lines
        text = line.decode(codec, "surrogateescape")
        parts = [text[begin:end] for begin, end in zip(begins, ends, strict=True)]
        if not _is_whole(len(text), begins, ends):
            parts.append(text[ends[-1] :] if ends[-1] else "")
        return [part.encode(codec, "surrogateescape") for part in parts]

    return cut


def _begins(ends: tuple[int | None, ...]) -> tuple[int, ...]:
    return (0, *(end for end in ends[:-1] if end is not None))


def _is_whole(width: int, begins: tuple[int, ...], ends: tuple[int | None, ...]) -> bool:
    return width >= begins[-1] if ends[-1] is None else width == ends[-1]


def _row(values: list[bytes]) -> bytes:
    """A line of CSV. Neither a comma nor a quotation mark is a part of a longer sign in any encoding that is read."""
    return b",".join(b'"' + v.replace(b'"', b'""') + b'"' if b'"' in v or b"," in v else v for v in values) + b"\n"
