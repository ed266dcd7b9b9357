"""Whether an evidence file is what was published: byte for byte, changed since, or of no list that lies here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.fingerprint import file_sha256
from fundwatch.settings import Settings
from leads.evidence.verify import marks_in
from leads.publishing.lists import SUMMARY


class FileStanding(StrEnum):
    """What a file is beside the lists that lie here."""

    PUBLISHED = "published"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class FileVerified:
    """A file's state, and the night, lead and published file that its mark names."""

    file: str
    state: FileStanding
    sha256: str
    fingerprint: str | None
    night: str | None = None
    lead_id: str | None = None
    published_as: str | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


class NotPublishedError(FundwatchError):
    """The file is not what was published."""

    exit_code = ExitCode.REFUSED


def verify_file(settings: Settings, path: Path) -> FileVerified:
    """Compare a file with the lists. Raises NotPublishedError, saying why, unless it is what was published."""
    found = compared(settings.lists_dir, path)
    if found.state is FileStanding.CHANGED:
        raise NotPublishedError(
            f"{path.name} 内容已改变 was changed: 它带有 {found.night} 线索 {found.lead_id} 的指纹,但不是公布的文件 "
            f"| it bears the mark of lead {found.lead_id} of {found.night}, and is not what was published",
            where=str(path),
            do=f"核对原件 compare it with those in {settings.lists_dir / (found.night or '') / 'evidence'}; a workbook "
            "that was filled in differs too",
        )
    if found.state is FileStanding.UNKNOWN:
        why = (
            "没有证据指纹 it bears no mark" if found.fingerprint is None else f"指纹 its mark {found.fingerprint[:16]}…"
        )
        raise NotPublishedError(
            f"{path.name} 不在已公布的清单中 is in no list here ({why})",
            where=str(path),
            do="清单重新公布后旧文件作废 a list published again makes its former files void: ask for the new one",
        )
    return found


def compared(lists: Path, path: Path) -> FileVerified:
    """What the file is beside the lists in the folder."""
    marks, sha = marks_in(path), file_sha256(path)
    for folder in sorted((p for p in lists.glob("????-??-??") if (p / SUMMARY).is_file()), reverse=True):
        summary = _summary(folder / SUMMARY)
        names = [name for name, known in summary.get("files", {}).items() if known == sha]
        of_mark = {fingerprint: lead_id for lead_id, fingerprint in summary.get("evidence", {}).items()}
        mark = next((one for one in marks if one in of_mark), None)
        if mark is not None or names:
            state = FileStanding.PUBLISHED if names else FileStanding.CHANGED
            lead_id = of_mark.get(mark or "")
            return FileVerified(path.name, state, sha, mark, folder.name, lead_id, names[0] if names else None)
    return FileVerified(path.name, FileStanding.UNKNOWN, sha, marks[0] if marks else None)


def _summary(path: Path) -> dict[str, Any]:
    """The summary of a list; nothing of one that cannot be read, which vouches for no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
