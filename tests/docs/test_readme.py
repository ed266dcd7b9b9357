"""What the README says is so: what the demonstration prints, its figures, and its commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode
from intake.source.load import read_mapping
from jobs.command_line import parser
from jobs.terminal.commands import COMMANDS
from scripts.readme_demo import block, demonstrate, masked, shortened
from simulator.schemes import SCHEMES

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
_PLACEHOLDERS = {"D": "2026-03-31", "DATE": "2026-03-31", "N": "1"}


@pytest.mark.long
def test_the_demonstration_prints_what_the_readme_says(tmp_path: Path) -> None:
    assert masked(shortened(demonstrate(tmp_path / "var"))) == masked(block(TEXT)), "run make readme"


def test_the_demonstration_is_shown_without_what_the_clock_decides() -> None:
    assert re.findall(r"\d s\b|\d\d:\d\d:\d\d", block(TEXT)) == []


def test_the_size_of_the_demonstration_is_that_of_what_it_prints() -> None:
    persons, lines = re.findall(r"persons (\d+), lines (\d+)", block(TEXT))[0]
    assert f"simulates {round(int(lines), -3):,} fee lines of {persons} people" in TEXT


def test_the_counts_of_schemes_are_those_of_the_simulator() -> None:
    kinds = [scheme.kind for scheme in SCHEMES]
    stated = re.search(r"(\d+) kinds of fraud and (\d+) kinds of honest care", TEXT)
    assert stated is not None
    assert [int(number) for number in stated.groups()] == [kinds.count("scheme"), kinds.count("lookalike")]


def test_the_extract_has_as_many_columns_as_the_readme_says() -> None:
    files = read_mapping("tuva_demo").files.values()
    widest = max(len({*file.names(), *file.drop}) for file in files)
    assert f"extract with {widest} columns" in TEXT


def test_every_exit_code_is_reported() -> None:
    reported = re.search(r"Exit codes: (.*?)\. Any job", TEXT, re.S)
    assert reported is not None
    assert [int(number) for number in re.findall(r"(?:^|, )(\d) ", reported[1].replace("\n", " "))] == sorted(ExitCode)


def _in_fences(text: str) -> list[str]:
    """What follows `fundwatch` in the blocks of commands, without the remarks beside them."""
    inside, found = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside and line.startswith("fundwatch "):
            found.append(line.removeprefix("fundwatch ").partition("#")[0].strip())
    return found


def test_every_command_that_a_guide_names_is_one_of_the_command_line() -> None:
    text = "\n".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    named = re.findall(r"`(?:\.venv/bin/)?fundwatch ([a-z]+)\b", text)
    named += [words.split()[0] for words in _in_fences(text)]
    known = {command.name for command in COMMANDS}
    assert len(named) > len(known)
    assert {*named} <= known


def test_the_commands_that_the_readme_shows_whole_can_be_parsed() -> None:
    shown = _in_fences(TEXT) + re.findall(r"`\.venv/bin/fundwatch ([^`]*)`", TEXT)
    assert shown
    for command in shown:
        words = [_PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
        assert parser().parse_whole(words).command == words[0]


def test_every_target_that_the_readme_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert {*re.findall(r"(?:`|^)make ([a-z0-9-]+)", TEXT, re.M)} <= targets
