"""Every command of the command line: how it is called in earnest over a finished lake, and how wrongly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.command_line import parser, serve
from jobs.terminal.answer import plain
from tests.night import NIGHTS, clean_environment

FUNDWATCH = Path(sys.executable).parent / "fundwatch"
FIRST, SECOND = map(str, NIGHTS)
SIGNED = ("--as", "Wang", "--why", "asked")
# a step with its seconds, or what a command says of itself
_OURS = re.compile(r"\d\d:\d\d:\d\d  |nothing to do: ")


@dataclass(frozen=True)
class CommandCase:
    """`right` and `wrong` are what follows `fundwatch`; `says` stands in what the wrong use is answered.

    `is_new` wants folders of its own; `is_read` reads a lake, so that a mistyped folder is refused and nothing made;
    `is_long` takes a minute or more.
    """

    right: str
    wrong: str
    says: str
    is_new: bool = False
    is_read: bool = True
    is_long: bool = False


CASES = {
    "simulate": CommandCase(
        f"simulate --date {SECOND} --lines 300 --nights 1", "simulate --preset dmeo", "dmeo", is_new=True, is_read=False
    ),
    "intake": CommandCase(f"intake --date {SECOND}", "intake --date 2026-02-30", "'2026-02-30' is not a date"),
    "build": CommandCase(f"build --date {SECOND}", "build", "--date 2026-03-31"),
    "scan": CommandCase(f"scan --date {SECOND}", f"scan --date {SECOND} --set scan_dayz=3", "did you mean 'scan_days'"),
    "train": CommandCase(f"train --date {FIRST}", f"train --date {SECOND} --profile lokal", "cluster, demo, local"),
    "score": CommandCase(f"score --date {SECOND}", f"score --dates {SECOND}", "did you mean '--date'"),
    "publish": CommandCase(f"publish --date {SECOND}", f"publish --date {SECOND} --set list_size=none", "list_size"),
    "nightly": CommandCase(f"nightly --date {SECOND}", "nightly --date 2026-03-30", f"{SECOND}, {FIRST}"),
    "show": CommandCase("show 1", "show 999", "no lead"),
    "leads": CommandCase("leads show 1", "leads show", "name it after `show`"),
    "profile": CommandCase("profile institution H99000100559", "profile doctr 18", "did you mean 'doctor'"),
    "spikes": CommandCase("spikes", "spikes --item 00", "has the item '00'"),
    "tables": CommandCase("tables", "tables --by months", "no table is split by months"),
    "settlements": CommandCase("settlements check", "settlements explain 00", "no settlement '00'"),
    "ledger": CommandCase("ledger", "ledger shw", "did you mean 'show'"),
    "points": CommandCase("points", "points lst", "did you mean 'list'"),
    "credit": CommandCase("credit", "credit derve", "did you mean 'derive'"),
    "metrics": CommandCase("metrics", "metrics --jsno", "did you mean '--json'"),
    "rules": CommandCase("rules show FK-06", "rules show FK-99", "did you mean", is_read=False),
    "indicators": CommandCase("indicators", "indicators show drug_share", "there is no indicator", is_read=False),
    "knowledge": CommandCase(
        "knowledge show frequency", "knowledge show frequence", "did you mean 'frequency'", is_read=False
    ),
    "evaluate": CommandCase(
        f"evaluate --date {SECOND}", f"evaluate --date {SECOND} --truth nowhere", "nowhere/labels.csv"
    ),
    "keys": CommandCase("keys check", "keys chekc", "did you mean 'check'"),
    "reidentify": CommandCase("reidentify list --as Wang", "reidentify list", "--as"),
    "audit": CommandCase("audit verify", "audit verify --noted 1:ab", "N:HASH"),
    "source": CommandCase("source columns", "source check --date 2026-03-30", f"{SECOND}, {FIRST}", is_read=False),
    "models": CommandCase(
        f"models --date {SECOND}",
        f"models promote --date {SECOND} --model doctor/oracle --as Wang --why because",
        "doctor/isolation_forest",
    ),
    "privacy": CommandCase(f"privacy --date {SECOND}", "privacy", "--date 2026-03-31"),
    "export": CommandCase(
        f"export leads_pseudonymous --date {SECOND} --out out",
        f"export lead --date {SECOND} --out out",
        "choose one of",
    ),
    "settings": CommandCase(
        "settings", "settings --lake s3a://name/lake", "'s3a://name/lake' is an address", is_read=False
    ),
    "deliveries": CommandCase("deliveries", "deliveries --date 2026-03-30", f"{SECOND}, {FIRST}"),
    "quarantine": CommandCase(
        f"quarantine list --date {FIRST}", f"quarantine explain --date {FIRST}", "--file, --line"
    ),
    "lake": CommandCase("lake check", "lake chekc", "did you mean 'check'"),
    "erase": CommandCase(
        " ".join(("erase before --date 2020-01-01 --approve Li", *SIGNED)),
        f"erase person --date {SECOND}",
        "--token is missing",
    ),
    "quarter": CommandCase(
        "quarter --nights 1",
        "quarter --date tomorrow",
        "'tomorrow' is not a date",
        is_new=True,
        is_read=False,
        is_long=True,
    ),
    "demo": CommandCase(
        "demo", "demo --date tomorrow", "'tomorrow' is not a date", is_new=True, is_read=False, is_long=True
    ),
}


def run(arguments: str, var: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """`fundwatch …` as it is installed, from a folder that holds nothing of ours."""
    folder.mkdir(exist_ok=True)
    command = [str(FUNDWATCH), *arguments.split(), "--var", str(var)]
    environment = clean_environment() | {"PATH": f"{FUNDWATCH.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


# each with a folder of its own to work in, and with its output and its errors in files, whoever writes them
_IN_TURN = """
import json, os, sys
from jobs.command_line import main

for name, words in json.load(sys.stdin).items():
    os.makedirs(f"{name}/here")
    for stream, kind in ((1, "output"), (2, "errors")):
        file = os.open(f"{name}/{kind}", os.O_CREAT | os.O_WRONLY)
        os.dup2(file, stream)
        os.close(file)
    os.chdir(f"{name}/here")
    status = main(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir("../..")
    with open(f"{name}/status", "w") as file:
        file.write(str(status))
"""


@dataclass(frozen=True)
class Called:
    """What came of a command: its exit status, what it wrote, and what it left in the folder it was called from."""

    returncode: int
    stdout: str
    stderr: str
    left: tuple[str, ...]


def run_in_turn(calls: Mapping[str, str], var: Path, folder: Path) -> dict[str, Called]:
    """The same of several commands in one process, which loads what they share once; by the names of the calls."""
    words = {name: [*arguments.split(), "--var", str(var)] for name, arguments in calls.items()}
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", _IN_TURN], cwd=folder, env=clean_environment(), input=json.dumps(words), text=True,
        check=True,
    )  # fmt: skip

    def of(name: str, kind: str) -> str:
        return (folder / name / kind).read_text(encoding="utf-8")

    return {
        name: Called(int(of(name, "status")), of(name, "output"), of(name, "errors"),
                     tuple(path.name for path in (folder / name / "here").iterdir()))
        for name in calls
    }  # fmt: skip


def answered(*words: str) -> Any:
    """What `fundwatch …` answers, as its JSON, called in this process. Raises its error."""
    answer = serve(parser().parse_whole(words))
    if answer.problem is not None:
        raise answer.problem
    return plain(answer.result)


def foreign_lines(reported: str) -> list[str]:
    """The lines of a command's standard error that are not its own."""
    return [line for line in reported.splitlines() if line and not _OURS.match(line)]
