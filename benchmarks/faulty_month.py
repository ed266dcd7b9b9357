"""A month of daily deliveries in which everything goes wrong once, through the real intake, night by night.

    .venv/bin/python -m benchmarks.faulty_month [--var DIR] [--nights N] [--preset faulty-month]

Canaries stand in every identifying column and free text, from before the deliveries were spoiled. Each night is taken
in as an operator would; then lines and money are balanced against the files, the lake is checked, the privacy report
made, every file written searched for the canaries, and a line of a copy of the audit log changed.
Ends with 1 when a night does not balance, a canary is found, the lake check fails or the changed line passes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.canary_search import search
from benchmarks.faulty_nights import PARTS, NightRun, log_to, make_faulty_deliveries, run_faulty_night
from fundwatch.logs import start_logging
from fundwatch.settings import Settings, load_settings
from jobs.command_line import main as fundwatch
from jobs.protect.report_privacy import write_report
from jobs.workplace import workplace
from privacy.audit.log import audit_log
from simulator.scenario.scenario_file import read_scenario

_ROW = "{:<10}  {:<22} {:>6} {:>6} {:>5} {:>6} {:>4}  {:>14} {:>14} {:>10} {:>13} {:>6}  {}"
_HEAD = ("night", "mishap", "lines", "in", "quar.", "dup.", "diff", "money", "in", "quar.", "dup.", "diff", "outcome")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--var", type=Path, help="an empty folder that keeps what was made")
    parser.add_argument("--nights", type=int, help="only so many, from the first")
    parser.add_argument("--preset", default="faulty-month")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var = (asked.var or Path(scratch)).resolve()
        var.mkdir(parents=True, exist_ok=True)
        output = _Twice(var / "output.txt")
        with contextlib.redirect_stdout(output):
            problems = _month(asked.preset, var, asked.nights)
            print(
                "\n" + "\n".join(f"FAULT: {problem}" for problem in problems)
                if problems
                else "\nnothing to complain of"
            )
    return 1 if problems else 0


def _month(preset: str, var: Path, count: int | None) -> list[str]:
    events = var / "spark-events"
    events.mkdir()
    stated = {"profile": "demo", "var": var}
    demo = load_settings(stated, {}).settings
    conf = demo.spark_conf | {
        "spark.eventLog.enabled": "true",  # its plans are searched like any other file
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
    }
    settings = demo.model_copy(update={"spark_conf": conf})
    scenario = read_scenario(preset)
    make_faulty_deliveries(scenario, var)
    start_logging()
    log_to(var / "logs" / "run.txt")
    nights = scenario.nights[:count]
    print(_ROW.format(*_HEAD))
    runs = []
    with workplace(settings) as place:
        for night in nights:
            runs.append(run_faulty_night(place, night))
            _report(runs[-1])
        privacy = write_report(place, nights[-1])
    print(f"\nprivacy report of {nights[-1]}: {privacy['folder']}")
    for name, measures in privacy["sets"].items():
        print(f"  {name}: {measures}")
    return [*_night_problems(runs), *_lake_problems(settings), *_audit_problems(settings), *_canary_problems(var)]


def _report(run: NightRun) -> None:
    found = run.balance
    if found is None:
        return
    lines, money = [found.lines[p] for p in PARTS], [f"{found.amounts[p]:,.2f}" for p in PARTS]
    outcome = " → ".join(run.outcomes)
    differs = "" if run.is_as_expected else f"   DIFFERS: the truth says {run.expected}"
    cells = [*lines, found.line_difference, *money, f"{found.amount_difference:.2f}", outcome + differs]
    print(_ROW.format(str(run.night), run.mishap or "–", *cells))
    for reported in (*run.reported, *([run.action] if run.action else [])):
        print(f"            {reported}")


def _night_problems(runs: Sequence[NightRun]) -> Iterator[str]:
    differ = [run for run in runs if not run.is_as_expected]
    as_expected = f"{len(runs) - len(differ)} of {len(runs)} nights came out as the truth says"
    print(f"\n{as_expected}" + "".join(f"\n  {r.night} {r.mishap}: {r.outcomes[0]}, not {r.expected}" for r in differ))
    for run in runs:
        if run.balance is None or run.balance.line_difference or run.balance.amount_difference:
            yield f"{run.night} does not balance"


def _lake_problems(settings: Settings) -> Iterator[str]:
    where = ("--var", str(settings.var))
    print("\nfundwatch lake check --deep")
    if fundwatch(["lake", "check", "--deep", "--quiet", *where]):
        yield "the lake check does not hold"
    print("\nfundwatch deliveries")
    if fundwatch(["deliveries", "--quiet", *where]):
        yield "the deliveries cannot be listed"


def _audit_problems(settings: Settings) -> Iterator[str]:
    """Two more lines are logged, and the first of the log is changed in a copy."""
    var = str(settings.var)
    for person in ("李工", "王工"):
        audit_log(settings).append("month looked at", actor=person)
    print("\nfundwatch audit verify")
    if fundwatch(["audit", "verify", "--quiet", "--var", var]):
        yield "the audit log does not hold"
    with tempfile.TemporaryDirectory() as copy:
        for folder in ("vault", "keys"):
            shutil.copytree(settings.var / folder, Path(copy) / folder)
        log = Path(copy) / "vault" / "audit.jsonl"
        log.write_text(log.read_text(encoding="utf-8").replace("李工", "张工", 1), encoding="utf-8")
        print("after 李工 was made 张工 in line 1 of a copy:")
        with contextlib.redirect_stderr(sys.stdout):
            status = fundwatch(["audit", "verify", "--quiet", "--var", copy])
        if not status:
            yield "the audit log holds although a line was changed"


def _canary_problems(var: Path) -> Iterator[str]:
    planted = search(var / "landing", apart=())
    print(f"\ncanaries: planted in {len({hit.split(': ')[0] for hit in planted.hits})} delivered files")
    if not planted.hits:
        yield "no canary was planted"
    found = search(var)
    print(f"searched {found.files:,} files: {found.by_ending}\nhits: {len(found.hits)}")
    yield from (f"canary: {hit}" for hit in found.hits)


class _Twice(io.StringIO):
    """What is printed goes to the standard output and to a file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file, self._out = file.open("w", encoding="utf-8"), sys.stdout

    def write(self, text: str) -> int:
        self._out.write(text)
        self._out.flush()
        self._file.write(text)
        self._file.flush()
        return len(text)


if __name__ == "__main__":
    sys.exit(main())
