"""A `fundwatch` command in a process group of its own, its output line by line, and which lines tell of an error."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryDirectory

from fundwatch_airflow import SETTINGS

# Airflow kills a task's own process five seconds after it has asked it to end
_SECONDS_TO_END = 3
# and where the task's process is itself killed at once, the kernel asks the command to end
_WITH_ITS_TASK = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()


class RunningCommand:
    """One call of `fundwatch`; `FUNDWATCH_COMMAND` says how it is called where it is not on the PATH."""

    def __init__(self, command_line: str) -> None:
        _, *self._arguments = shlex.split(command_line)
        self._process: subprocess.Popen[str] | None = None

    def run(self, report: Callable[[str], None]) -> int:
        """Run it to its end and give `tell` each line of its output and errors, in order; the exit code.

        The settings are the `FUNDWATCH_…` variables of this process. It works in a folder of its own, so their paths
        are absolute.
        """
        with TemporaryDirectory(prefix="fundwatch_task_") as folder:
            self._process = process = subprocess.Popen(
                [*_WITH_ITS_TASK, *shlex.split(os.environ.get("FUNDWATCH_COMMAND", "fundwatch")), *self._arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=os.environ | {"TZ": SETTINGS.timezone, "PYTHONUNBUFFERED": "1"},
                cwd=folder,
                text=True,
                encoding="utf-8",
                errors="backslashreplace",
                start_new_session=True,
            )
            for line in process.stdout or ():
                report(line.rstrip())
            exit_code = process.wait()
            self._process = None
            return exit_code

    def stop(self) -> None:
        """End it and all that it has started: asked first, and killed soon after. Its work can be done again."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


_ERROR = re.compile(r"fundwatch(?: [a-z]+)*: ")
_TRACE = re.compile(r"Traceback \(most recent call last\):|  File \"")
_JAVA = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:(?P<error>FATAL|ERROR)|WARN) ")
# of an error only what fundwatch says itself: the message of a fault of Spark may quote rows
_OWN_WORDS = re.compile(r"fundwatch(?: [a-z]+)*: |  (?:where|do): |  - ")
_MOST_LINES, _MOST_SIGNS = 20, 500


class ErrorLines:
    """Reads a command's output line by line and keeps what it says of its error, for a person who reads of it."""

    def __init__(self) -> None:
        self._stated: list[str] = []
        self._is_within = False
        self._is_trace = False

    def level_of(self, line: str) -> int:
        """An error's first line and the indented ones that belong to it are errors; progress and results are not."""
        if _ERROR.match(line):
            self._is_within, self._is_trace = True, False
        elif _TRACE.match(line):
            self._is_within, self._is_trace = True, self._is_trace or line.startswith("Traceback")
        elif self._is_within and not line.startswith("  "):
            is_last_of_trace, self._is_within, self._is_trace = self._is_trace, False, False
            if is_last_of_trace:
                return logging.ERROR
        if not self._is_within:
            java = _JAVA.match(line)
            return logging.INFO if java is None else logging.ERROR if java["error"] else logging.WARNING
        if _OWN_WORDS.match(line):
            self._stated.append(line[:_MOST_SIGNS])
        return logging.ERROR

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines of the command's own error messages."""
        return tuple(self._stated[-_MOST_LINES:])
