"""A command of a task: which of its lines tell of an error, and that nothing of it outlives its task."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from fundwatch_command import ErrorLines, RunningCommand

from jobs.command_line import main
from tests.dags.conftest import DAGS


def split(lines: Sequence[str]) -> tuple[list[str], list[str], tuple[str, ...]]:
    """The lines at error level, the others, and what a person is shown."""
    reader = ErrorLines()
    levels = [(reader.level_of(line), line) for line in lines]
    errors = [line for level, line in levels if level == logging.ERROR]
    return errors, [line for level, line in levels if level != logging.ERROR], reader.last_lines


def lines_of(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    with suppress(SystemExit):
        main(arguments)
    return capsys.readouterr().err.splitlines()


def test_a_refusal_of_the_command_line_is_an_error_with_all_that_belongs_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last_lines = lines_of(["deliveries", "arrived", "--date", "2026-03-31", "--var", str(tmp_path)], capsys)
    errors, others, reported = split(["12:00:00  files opened", *last_lines, "12:00:01  going on"])
    assert errors == last_lines
    assert others == ["12:00:00  files opened", "12:00:01  going on"]
    assert list(reported) == last_lines


def test_wrong_usage_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    errors, _, reported = split(lines_of(["nightly", "--date", "yesterday"], capsys))
    assert errors == list(reported)
    assert errors[0] == "fundwatch nightly: argument --date: 'yesterday' is not a date like 2026-03-31"


def test_the_trace_of_a_problem_is_an_error_and_only_what_fundwatch_says_of_it_is_reported() -> None:
    problem = [
        '  File "/srv/jobs/stages.py", line 60, in serve',
        "    report = run_stage(options.command, place, night)",
        "fundwatch: a fault of fundwatch or of the machine: Py4JJavaError [CAST_INVALID_INPUT]",
        "  [CAST_INVALID_INPUT] The value '欧阳金雀' cannot be cast",
        "  do:    run the same command again",
    ]
    errors, others, reported = split([*problem, "intake 2026-03-31: done"])
    assert (errors, others) == (problem, ["intake 2026-03-31: done"])
    assert list(reported) == [problem[2], problem[4]]


def test_a_trace_of_python_is_an_error_to_its_last_line() -> None:
    trace = ["Traceback (most recent call last):", '  File "x.py", line 1, in <module>', "ImportError: no module"]
    assert split([*trace, "12:00:01  going on"])[:2] == (trace, ["12:00:01  going on"])


def test_what_java_says_keeps_its_level() -> None:
    reader = ErrorLines()
    last_lines = [
        "26/04/01 02:00:00 WARN Utils: x",
        "26/04/01 02:00:00 ERROR Executor: y",
        "26/04/01 02:00:00 INFO X: z",
    ]
    assert [reader.level_of(line) for line in last_lines] == [logging.WARNING, logging.ERROR, logging.INFO]


STUBBORN = """#!/bin/sh
trap '' TERM
sleep 300 &
echo $$ $!
wait
"""


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:  # no such file; or it ended between being opened and being read, which is "no such process"
        return False
    return state != "Z"


def wait_until_gone(pids: Sequence[int]) -> bool:
    deadline = time.monotonic() + 200  # far, and before what they do has ended by itself
    while any(is_there(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(is_there(pid) for pid in pids)


@pytest.fixture
def stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command that does not end when it is asked to, nor does what it has started."""
    script = tmp_path / "stubborn"
    script.write_text(STUBBORN, encoding="utf-8")
    script.chmod(0o700)
    monkeypatch.setenv("FUNDWATCH_COMMAND", str(script))
    return script


def test_a_command_that_is_stopped_takes_all_it_has_started_with_it(stubborn: Path) -> None:
    last_lines: list[str] = []
    running = RunningCommand("fundwatch nightly --date 2026-03-31")
    worker = Thread(target=running.run, args=(last_lines.append,))
    worker.start()
    while not last_lines and worker.is_alive():
        time.sleep(0.01)
    pids = [int(pid) for pid in last_lines[0].split()]
    assert all(is_there(pid) for pid in pids)
    running.stop()
    assert wait_until_gone(pids)
    worker.join(200)
    assert not worker.is_alive()


def test_a_command_whose_task_is_killed_at_once_is_asked_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "patient"
    script.write_text("#!/bin/sh\necho $$\nexec sleep 300\n", encoding="utf-8")
    script.chmod(0o700)
    monkeypatch.setenv("FUNDWATCH_COMMAND", str(script))
    code = "from fundwatch_command import RunningCommand as R; R('fundwatch x').run(lambda l: print(l, flush=True))"
    task = subprocess.Popen([sys.executable, "-c", code], cwd=DAGS, stdout=subprocess.PIPE, text=True)
    assert task.stdout is not None
    pid = int(task.stdout.readline())
    os.kill(task.pid, signal.SIGKILL)
    task.wait()
    assert wait_until_gone([pid])
