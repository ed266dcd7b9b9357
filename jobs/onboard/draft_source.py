"""Propose a mapping from the headers of files and a look at their first rows."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fundwatch.errors import FundwatchError
from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text, open_questions
from intake.source.load import parse_mapping
from jobs.command_line import settings_of

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch source draft FILE… [--name NAME] [--out FILE.yaml]`: values are looked at and never printed."""
    name = options.name or re.sub(r"\W+", "_", options.files[0].resolve().parent.name.lower()).strip("_")
    if not _NAME.fullmatch(name):
        raise FundwatchError(
            f"'{name}' is no name of a source", where="--name", do="small letters, digits, underscores"
        )
    if options.out is not None and options.out.exists():
        raise FundwatchError("the file is there already", where=str(options.out), do="give another --out: none is lost")
    vocabulary = read_vocabulary(settings_of(options).settings.conf)
    files = draft_files([look_at(file) for file in options.files], vocabulary)
    text = draft_text(name, files)
    holds, fault = _parsed(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    if not options.json:
        _tell(text, options.out, fault)
    missing = {file.look.file.name: file.missing_keys for file in files if file.missing_keys}
    return {
        "source": name,
        "holds": holds,
        "missing_keys": missing,
        "to_decide": [*open_questions(files)],
        "draft": text,
    }


def _parsed(text: str) -> tuple[bool, str]:
    """Whether the draft holds as a mapping, and what is against it."""
    with TemporaryDirectory(prefix="fundwatch-") as scratch:
        file = Path(scratch) / "draft.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            parse_mapping(file)
        except FundwatchError as fault:
            return False, fault.what
    return True, ""


def _tell(text: str, out: Path | None, fault: str) -> None:
    if out is None:
        print(text)
    else:
        head = text.splitlines()
        print(f"draft: {out}")
        print("\n".join(line.removeprefix("# ") for line in head if line.startswith("# ?")))
    print(f"# not a whole mapping yet: {fault}".replace("\n", "\n# ") if fault else "# the draft holds as a mapping")
