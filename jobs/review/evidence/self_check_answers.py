"""An institution's answers, taken in beside its pack: what it admits, what it disputes, what it left open."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256
from fundwatch.pages import as_json
from fundwatch.places import put_file
from leads.self_check.answers import AskedLine, LineAnswer, read_answers
from privacy.scrubbing.scrub import scrub

ANSWERS_FILE = "answers.json"


@dataclass(frozen=True)
class AnswersTaken:
    """How many lines were answered how, of how many, and what the institution will pay back."""

    folder: Path
    asked: int
    by_answer: Mapping[str, int]
    pay_back: Decimal

    def as_json(self) -> dict[str, Any]:
        answered = dict(self.by_answer)
        return {"folder": str(self.folder), "asked": self.asked, "by_answer": answered, "pay_back": self.pay_back}


def take_answers(file: Path, pack: Path) -> AnswersTaken:
    """Read a filled-in book against the pack it belongs to, and put the answers beside it as `answers.json`. Atomic.

    Raises FundwatchError where the folder is no pack, or cells do not fit: then nothing is taken. Texts are scrubbed.
    """
    asked = {(one.rule_id, one.line_id): one for one in _asked(pack)}
    answers = read_answers(file, asked)
    taken = AnswersTaken(
        pack, len(asked), Counter(one.answer for one in answers), sum((a.pay_back for a in answers), Decimal("0.00"))
    )
    content = {
        "file": file.name,
        "file_sha256": file_sha256(file),
        "asked": taken.asked,
        "by_answer": dict(taken.by_answer),
        "pay_back": taken.pay_back,
        "lines": [_kept(one) for one in answers],
    }
    put_file(pack / ANSWERS_FILE, as_json(content))
    return taken


def _kept(answer: LineAnswer) -> dict[str, Any]:
    return asdict(answer) | {"note": scrub(answer.note) or ""}


def _asked(pack: Path) -> list[AskedLine]:
    """The lines that the pack asked about, from its own file of them."""
    path = pack / "lines.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [
                AskedLine(row["rule_id"], row["line_id"], _money(row["amount"]), _money(row["amount_in_question"]))
                for row in csv.DictReader(stream)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise FundwatchError(
            f"{pack} 不是自查包 is no self-check pack",
            where=str(path),
            do="give the folder that `fundwatch leads self-check` wrote, by --pack",
        ) from error


def _money(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
