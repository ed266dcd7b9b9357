"""The lines of a text, checked block by block: encoding, line ends, quotes, headers; counted, hashed, numbered.

Everything here is vectorised over blocks of whole lines; Python looks at single lines only where something is wrong.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from fundwatch.texts import STRANGE_BYTES, STRANGE_WIDE_BYTES
from intake.files.limits import LONGEST_LINE
from intake.files.unpacking import FileError

LINE_COLUMN = "_line_number"
SAMPLED_FIRST, SAMPLED_LATER = 1_000, 50
LAST = 10  # lines at the end that are kept, because a table may have a foot
BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_CONTROL = bytes(n for n in range(32) if n not in b"\t\n\r")  # with tabs looked for apart
_SPACES = bytes(range(33))  # what Spark trims when it looks for blank lines
CODECS = {"big5": "cp950"}
# Of Big5's second bytes two in five are below 0x7f, of simplified Chinese in GBK hardly any are; traditional Chinese in
# GBK begins with bytes that are none of Big5's common ones. Fewer than some twenty characters tell nothing.
_ENOUGH_PAIRS, _MOST_PAIRS, _LOW_SHARE, _COMMON_SHARE = 20, 2_000, 0.2, 0.9
_MIXED = 12  # bytes of four Chinese characters: nobody's GB 18030 reads as UTF-8 for so long by chance
Numbers = npt.NDArray[np.int64]


class Undecodable(FileError):
    """The text is not in this encoding; `is_sure` when what comes before the problem can be in no other."""

    def __init__(self, what: str, is_sure: bool = False) -> None:
        super().__init__(what)
        self.is_sure = is_sure


@dataclass(frozen=True)
class TextScan:
    """What a pass over a text found. `sample` and `last` hold lines with their numbers; `header` is the first line.

    `rows` counts the lines after the header that are not blank; `has_gaps`, whether a blank line lies between others;
    `is_plain`, whether no value can have another spelling than its own (see fundwatch.texts); `blank` counts lines
    of nothing but delimiters, as a spreadsheet leaves them behind.
    """

    header: str
    rows: int
    has_gaps: bool
    content_sha256: str
    sample: tuple[tuple[int, str], ...]
    is_plain: bool = False
    last: tuple[tuple[int, str], ...] = ()
    blank: int = 0


class TextPass:
    """One pass over a text: feed it blocks of whole lines, then ask for what it found.

    `target`, if given, gets the text in UTF-8, each line beginning with its number and the delimiter. `sha256`, if
    given, is the text's own and is not computed again. `header_line` is 0 where the header is none of the file's lines:
    what is counted then is the file's own.
    """

    def __init__(
        self,
        encoding: str,
        delimiter: str,
        target: BinaryIO | None,
        sha256: str | None = None,
        header_line: Literal[0, 1] = 1,
    ) -> None:
        self._header_line = header_line
        # of an object, or of a line that was cut, nobody leaves an empty one behind
        self._silent = _SPACES + (b'"' + delimiter.encode() if header_line else b"")
        self._encoding, self._delimiter, self._target = encoding, delimiter.encode(), target
        self._sha256 = sha256
        self._hash = hashlib.sha256()
        self._offset = self._lines = self._rows = self._blocks = self._wide = 0
        self._first_blank = self._last_row = self._blank = 0
        self._header = b""
        self._is_plain = True
        self._is_big5: bool | None = None
        self._last: list[tuple[int, str]] = []
        self._sample: list[tuple[int, str]] = []

    def run(self, blocks: Iterator[bytes]) -> TextScan:
        """Read all of it. Raises FileError naming offset and line; Undecodable when another encoding may fit."""
        for whole in whole_lines(blocks):
            if self._offset == 0:
                _refuse_other_bom(whole)
            self._take(whole)
        if not self._rows:
            raise FileError("is empty: no header")
        header = self._header.decode()
        has_gaps = 0 < self._first_blank < self._last_row or self._blank > 0
        sha256 = self._sha256 or self._hash.hexdigest()
        sample, last = tuple(self._sample), tuple(self._last)
        return TextScan(header, self._rows - 1, has_gaps, sha256, sample, self._is_plain, last, self._blank)

    def _take(self, raw: bytes) -> None:
        self._refuse_control(raw)
        text = self._in_utf8(raw)
        if self._offset == 0 and text.startswith(BOM):
            text, self._sha256 = text.removeprefix(BOM), None
        self._offset += len(raw)
        self._is_plain = self._is_plain and not self._is_strange(text)
        if not text:
            return
        if self._sha256 is None:
            self._hash.update(text)
        if not text.endswith(b"\n"):
            text += b"\n"
        content = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(content == ord("\n"))
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
        if self._lines == 0:
            self._header = text[: int(ends[0])].removesuffix(b"\r")
            if not self._header.strip(_SPACES):
                raise FileError("is empty: no header" if not text.strip(_SPACES) else "line 1 is blank: no header")
        is_row = self._rows_among(text, content, starts, ends)
        self._refuse_second_header(text, starts, ends)
        self._refuse_open_quote(text, content, starts, ends)
        self._keep_sample(text, starts, ends, is_row)
        self._keep_last(text, starts, ends, is_row)
        if self._target is not None:
            self._target.write(self._numbered(text, ends, is_row))
        self._lines += len(ends)
        self._blocks += 1

    def _is_strange(self, text: bytes) -> bool:
        """Whether a value may have another spelling than its own. It is looked for in the lines' bytes alone."""
        if len(text.translate(None, _CONTROL)) < len(text):
            return True
        signs = STRANGE_BYTES if self._delimiter == b"\t" else (*STRANGE_BYTES, b"\t")
        wide = () if text.isascii() else STRANGE_WIDE_BYTES
        return any(sign in text for sign in (*signs, *wide))

    def _refuse_control(self, raw: bytes) -> None:
        if (at := raw.find(b"\0")) >= 0:
            raise FileError(f"a NUL byte at {self._place(raw, at)}: no text, or text in UTF-16")
        if b"\r" in raw and (lone := _LONE_RETURN.search(raw)):
            raise FileError(f"a lone carriage return at {self._place(raw, lone.start())}: end lines with LF or CRLF")

    def _place(self, raw: bytes, at: int) -> str:
        return f"offset {self._offset + at} (line {self._number(raw.count(bytes([10]), 0, at))})"

    def _number(self, n: int) -> int:
        """The number of the n-th line of the block, counted from 0."""
        return self._lines + n + self._header_line

    def _in_utf8(self, raw: bytes) -> bytes:
        """The lines in UTF-8. A line feed is never part of a longer character, in UTF-8 or in GB 18030."""
        if raw.isascii():
            return raw
        try:
            text = raw.decode(CODECS.get(self._encoding, self._encoding))
        except UnicodeDecodeError as error:
            codec = CODECS.get(self._encoding, self._encoding)
            wide = self._wide + error.start - len(raw[: error.start].decode(codec, "ignore"))
            what = f"byte 0x{raw[error.start]:02x} at {self._place(raw, error.start)} cannot be decoded"
            raise Undecodable(what, is_sure=self._encoding == "utf-8" and wide >= _MIXED) from error
        self._wide += len(raw) - len(text)
        if self._encoding == "utf-8":
            return raw
        self._refuse_utf8_within(raw)
        self._refuse_other_chinese(raw)
        return text.encode()

    def _refuse_other_chinese(self, raw: bytes) -> None:
        """Raise Undecodable where the bytes decode and are another encoding's: what is read would be other words."""
        if self._is_big5 is None:
            self._is_big5 = is_big5(raw)
        if self._is_big5 is not None and self._is_big5 != (self._encoding == "big5"):
            what = "traditional Chinese in Big5; list big5 under delivery.encodings, or send it in UTF-8"
            raise Undecodable(what if self._is_big5 else "its characters are none of Big5's common ones")

    def _refuse_utf8_within(self, raw: bytes) -> None:
        """Raise Undecodable for four Chinese characters of UTF-8 in a row: they may decode, to other characters."""
        content = np.frombuffer(raw, np.uint8)
        if len(content) < _MIXED:
            return
        is_lead = (content - np.uint8(0xE3)) <= 6
        begins = is_lead[:-11] & is_lead[3:-8] & is_lead[6:-5] & is_lead[9:-2]
        for at in np.flatnonzero(begins):
            run = raw[at : at + _MIXED]
            if all(0x80 <= run[n] <= 0xBF for n in range(_MIXED) if n % 3):
                raise Undecodable(f"text in UTF-8 at {self._place(raw, int(at))}: the file mixes encodings")

    def _rows_among(
        self, text: bytes, content: npt.NDArray[np.uint8], starts: Numbers, ends: Numbers
    ) -> npt.NDArray[np.bool_]:
        is_row = np.ones(len(ends), np.bool_)
        silent = np.zeros(256, np.bool_)
        silent[[*self._silent]] = True
        at_ends = (starts, np.minimum(starts + 1, ends), np.maximum(ends - 1, starts))
        for n in np.flatnonzero(np.logical_and.reduce([silent[content[place]] for place in at_ends])):
            line = text[starts[n] : ends[n]]
            is_row[n] = bool(line.strip(self._silent))
            self._blank += not is_row[n] and bool(line.strip(_SPACES))
        blank, full = np.flatnonzero(~is_row), np.flatnonzero(is_row)
        if len(blank) and not self._first_blank:
            self._first_blank = self._lines + int(blank[0]) + 1
        if len(full):
            self._last_row = self._lines + int(full[-1]) + 1
        self._rows += len(full)
        return is_row

    def _refuse_second_header(self, text: bytes, starts: Numbers, ends: Numbers) -> None:
        lengths, header = ends - starts, len(self._header)
        for n in np.flatnonzero((lengths >= header) & (lengths <= header + len(BOM) + 1)):
            line = text[starts[n] : ends[n]].removesuffix(b"\r").removeprefix(BOM)
            if line == self._header and self._lines + n > 0:
                raise FileError(f"line {self._number(int(n))} is the header again: files were put together; send each")

    def _refuse_open_quote(self, text: bytes, content: npt.NDArray[np.uint8], starts: Numbers, ends: Numbers) -> None:
        if b'"' not in text:
            return
        quotes = np.add.reduceat((content == ord('"')).astype(np.int64), starts)
        for n in np.flatnonzero(quotes % 2):
            if is_open(text[starts[n] : ends[n]], self._delimiter):
                what = f"line {self._number(int(n))}: a quoted value is not closed on its line"
                raise FileError(f"{what}; close it, and take line breaks out of values")

    def _keep_sample(self, text: bytes, starts: Numbers, ends: Numbers, is_row: npt.NDArray[np.bool_]) -> None:
        later = self._blocks >= 8 and self._blocks & (self._blocks - 1) == 0  # the 8th, 16th, 32nd … block
        room = SAMPLED_LATER if later else max(0, SAMPLED_FIRST - len(self._sample)) if self._blocks < 8 else 0
        for n in np.flatnonzero(is_row[: room + 1])[:room] if room else ():
            if self._lines + n:
                line = text[starts[n] : ends[n]].decode().removesuffix("\r")
                self._sample.append((self._number(int(n)), line))

    def _keep_last(self, text: bytes, starts: Numbers, ends: Numbers, is_row: npt.NDArray[np.bool_]) -> None:
        rows = [int(n) for n in np.flatnonzero(is_row)[-LAST:] if self._lines + n]
        lines = [(self._number(n), text[starts[n] : ends[n]].decode().removesuffix("\r")) for n in rows]
        self._last = [*self._last, *lines][-LAST:]

    def _numbered(self, text: bytes, ends: Numbers, is_row: npt.NDArray[np.bool_]) -> memoryview:
        """The lines that are not blank, each behind its number."""
        import pyarrow as pa
        import pyarrow.compute as pc

        offsets = np.concatenate([np.zeros(1, np.int64), ends + 1])
        lines = pa.Array.from_buffers(pa.large_binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(text)])
        first = self._number(0)
        numbers = pa.array(np.arange(first, first + len(ends))).cast(pa.large_string()).cast(pa.large_binary())
        if self._lines == 0:
            numbers = pa.concat_arrays([pa.array([LINE_COLUMN.encode()], pa.large_binary()), numbers[1:]])
        joined = pc.binary_join_element_wise(numbers, lines, pa.scalar(self._delimiter, pa.large_binary()))
        kept = joined if is_row.all() else joined.filter(pa.array(is_row))
        _, bounds, values = kept.buffers()
        return memoryview(values)[: int(np.frombuffer(bounds, np.int64)[len(kept)])]


def whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that end where a line ends, except perhaps the last.

    Raises FileError for lines without an end.
    """
    rest = b""
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if not end:
            rest += block
        else:
            yield rest + block[:end]
            rest = block[end:]
        if len(rest) > LONGEST_LINE:
            raise FileError(f"holds a line of more than {LONGEST_LINE >> 20} MiB: no lines of text")
    if rest:
        yield rest


def is_big5(text: bytes) -> bool | None:
    """Whether Chinese text of two bytes a character is in Big5, and not in GBK; None where too little is there."""
    count = low = common = at = 0
    while at < len(text) - 1 and count < _MOST_PAIRS:
        if text[at] < 0x80:
            at += 1
            continue
        count += 1
        low += 0x40 <= text[at + 1] <= 0x7E
        common += 0xA1 <= text[at] <= 0xC6
        at += 2
    if count < _ENOUGH_PAIRS:
        return None
    if low < _LOW_SHARE * count or common < _COMMON_SHARE * count:
        return False
    try:
        text.decode(CODECS["big5"])
    except UnicodeDecodeError:
        return False
    return True


def is_open(line: bytes, delimiter: bytes) -> bool:
    """Whether a value that begins with a quote does not end on this line. Quotes within values are just characters."""
    at = 0
    while True:
        if line.startswith(b'"', at):
            at += 1
            while (close := line.find(b'"', at)) >= 0 and line.startswith(b'"', close + 1):
                at = close + 2
            if close < 0:
                return True
            at = close + 1
        at = line.find(delimiter, at) + 1
        if at == 0:
            return False


def _refuse_other_bom(content: bytes) -> None:
    name = _OTHER_BOMS.get(content[:2])
    if name:
        raise FileError(f"is written in {name}: send it in UTF-8 or GB 18030")
