"""Published lists after an erasure: who was erased leaves them, and a list that cannot be made again says so."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fundwatch.cells import csv_for_people
from fundwatch.fingerprint import file_sha256
from fundwatch.pages import Paragraph, page
from jobs.review.profiles.show_profile import FOLDER as PROFILES
from leads.publishing.lists import SUMMARY
from leads.publishing.rows import TOKEN_SHOWN

MARK = "NOT-REPRODUCIBLE.txt"
_ZH = "已按要求删除:此处内容涉及一名已删除个人信息的人员"
_EN = "erased on request: this named a person whose data were erased"
_NOTE = (
    "本清单已不可重现。\n部分所依据的数据已按规定删除,数据湖中的旧版本亦已清除。\n原因:{why}\n\n"
    "This list can no longer be made again.\nSome of the data it was made from were erased, old versions of the "
    "tables included.\nWhy: {why}\n"
)


def mark_lists(lists: Path, nights: Sequence[date], why: str) -> None:
    """Put the note into each night's folder that is there. The journal of erasures counts; this tells people."""
    for night in nights:
        folder = lists / night.isoformat()
        if folder.is_dir():
            (folder / MARK).write_text(_NOTE.format(why=why), encoding="utf-8", newline="\n")


def redact_lists(lists: Path, token: str) -> list[date]:
    """Take a person out of every published list; the nights whose files were changed.

    The person's line in leads.csv keeps its place and nothing else. A page that names the person becomes a notice, its
    paper and every workbook that does are removed: none can be rewritten in part without the data that were erased.
    """
    changed = []
    for folder in sorted(p for p in lists.glob("????-??-??") if p.is_dir()):
        if _redact(folder, token):
            _rehash(folder)
            changed.append(date.fromisoformat(folder.name))
    return changed


def remove_profiles(reports: Path) -> None:
    """Remove every person's file that was written: any may show who was erased, and each is written again in a second
    from what the lake still holds."""
    for folder in reports.glob(f"????-??-??/{PROFILES}"):
        shutil.rmtree(folder)


def _redact(folder: Path, token: str) -> bool:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in (MARK, SUMMARY)]
    naming = [path for path in files if _names(path, token)]
    for path in naming:
        if path.suffix == ".csv":
            path.write_bytes(_redacted_csv(path.read_bytes(), token))
        elif path.suffix == ".html":
            path.write_text(page(_ZH, [Paragraph(_EN, "text en")]), encoding="utf-8", newline="\n")
            path.with_suffix(".pdf").unlink(missing_ok=True)
        else:
            path.unlink()
    return bool(naming)


def _names(path: Path, token: str) -> bool:
    """Whether a file shows the token, in full or in the short form that people are shown. A paper shows what the page
    of its name shows; its own bytes are packed."""
    needle = token[:TOKEN_SHOWN].encode()
    if path.suffix == ".pdf":
        return False
    if path.suffix != ".xlsx":
        return needle in path.read_bytes()
    with zipfile.ZipFile(path) as book:
        return any(needle in book.read(name) for name in book.namelist())


def _redacted_csv(content: bytes, token: str) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    head, short = rows[0], token[:TOKEN_SHOWN]
    reported = {"place": None, "reason_zh": _ZH, "reason_en": _EN}
    for row in rows[1:]:
        if any(short in cell for cell in row):
            row[:] = [
                (reported[name] or cell) if name in reported else "" for name, cell in zip(head, row, strict=True)
            ]
    return csv_for_people(head, rows[1:]).content


def _rehash(folder: Path) -> None:
    """The summary names the files as they are now: a whole folder is not published again over its mark."""
    path = folder / SUMMARY
    if not path.is_file():
        return
    summary = json.loads(path.read_text(encoding="utf-8"))
    names = [name for name in summary.get("files", {}) if (folder / name).is_file()]
    summary |= {"files": {name: file_sha256(folder / name) for name in names}, "is_reproducible": False}
    text = json.dumps(summary, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
