"""Commands that are printed for people to copy: whole, so that they run as printed where the caller's own ran."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.terminal.commands import COMMANDS

_COMMAND = re.compile(r"`fundwatch (?P<name>[a-z]+)(?P<rest>[^`|]*)`")
_WHERE_AND_HOW = ("settings", "profile", "source", "var", "lake", "landing")
_OF_A_NIGHT = frozenset(command.name for command in COMMANDS if command.is_of_a_night)


def whole(text: str, options: argparse.Namespace) -> str:
    """The text, each `fundwatch …` in it with the caller's options that say where and how, and with its date."""
    return _COMMAND.sub(lambda found: f"`{_program()} {found['name']}{_completed(found, options)}`", text)


def _completed(found: re.Match[str], options: argparse.Namespace) -> str:
    rest = found["rest"]
    if options.date is not None:
        rest = rest.replace("--date DATE", f"--date {options.date}")
        if found["name"] in _OF_A_NIGHT and "--date" not in rest:
            rest += f" --date {options.date}"
    return rest + "".join(f" {given}" for said, given in _given(options) if said not in rest)


def _given(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """What the caller gave: by what a command says it itself, if it does, and the whole of it."""
    for name in _WHERE_AND_HOW:
        if (value := getattr(options, name)) is not None:
            yield f"--{name}", f"--{name} {shlex.quote(str(value))}"
    for pair in options.set:
        yield f"--set {pair.partition('=')[0]}=", f"--set {shlex.quote(pair)}"


def _program() -> str:
    """How the caller's shell finds the command: by its name, or by the path it was started with."""
    started = Path(sys.argv[0])
    return "fundwatch" if shutil.which("fundwatch") or started.name != "fundwatch" else sys.argv[0]
