"""Propose a mapping from the headers of files and a look at their first rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text, open_questions
from intake.source.load import parse_mapping
from jobs.onboard.enables import NEEDED_BY_EVERY_RULE

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Draft:
    """A proposed mapping: its text, what is against it, and what a person has yet to decide; `out` is where it was
    written, if anywhere. Without fee lines no rule runs."""

    source: str
    text: str
    problem: str
    has_fee_lines: bool
    missing_keys: Mapping[str, Any]
    to_decide: tuple[Any, ...]
    out: Path | None

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "source": self.source,
            "holds": not self.problem,
            "has_fee_lines": self.has_fee_lines,
            "missing_keys": self.missing_keys,
            "to_decide": [*self.to_decide],
            "draft": self.text,
        }


def draft_source(settings: Settings, files: Sequence[Path], name: str | None = None, out: Path | None = None) -> Draft:
    """Propose a mapping for the files; values are looked at and never shown. Raises FundwatchError for a name that is
    none, and where a file lies at `out` already."""
    name = name or re.sub(r"\W+", "_", files[0].resolve().parent.name.lower()).strip("_")
    if not _NAME.fullmatch(name):
        raise FundwatchError(
            f"'{name}' is no name of a source", where="--name", do="small letters, digits, underscores"
        )
    if out is not None and out.exists():
        raise FundwatchError("the file is there already", where=str(out), do="give another --out: none is lost")
    vocabulary = read_vocabulary(settings.conf)
    drafted = draft_files([look_at(file) for file in files], vocabulary)
    lacking = tuple(_lacking(draft_text(name, drafted)))
    text = draft_text(name, drafted, lacking)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    missing = {file.look.file.name: file.missing_keys for file in drafted.fed if file.missing_keys}
    has_lines = any(file.table == "claim_line" for file in drafted.fed)
    return Draft(name, text, _problem_of(text), has_lines, missing, tuple(open_questions(drafted, lacking)), out)


def _lacking(text: str) -> Iterator[str]:
    """The columns, as `table.column`, that every rule needs and the draft fills by nothing."""
    filled: dict[str, set[str]] = {}
    for table, how in (yaml.safe_load(text)["tables"] or {}).items():
        for part in (*how.get("rows", ()), *how.get("grouped", ())):
            filled.setdefault(table, set()).update(part["columns"] or (), part.get("by", ()))
    for table, columns in NEEDED_BY_EVERY_RULE.items():
        yield from (f"{table}.{column}" for column in columns if column not in filled.get(table, set()))


def _problem_of(text: str) -> str:
    """What is against the draft as a mapping; empty where it holds."""
    with TemporaryDirectory(prefix="fundwatch-") as scratch:
        file = Path(scratch) / "draft.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            parse_mapping(file)
        except FundwatchError as error:
            return error.what
    return ""
