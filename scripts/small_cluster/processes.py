"""Servers of a small cluster: each a process of its own session, which ends with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

_PATIENCE = 600.0


def start(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a server that writes what it says to the end of a file."""
    with log.open("ab") as said:
        return subprocess.Popen(
            [*command], stdout=said, stderr=said, env={**os.environ, **environment}, cwd=log.parent,
            start_new_session=True,
        )  # fmt: skip


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a server and its children at once, as a machine that fails would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask those to end that still run, and wait."""
    running = [process for process in processes if process.poll() is None]
    for process in running:
        os.killpg(process.pid, signal.SIGTERM)
    for process in running:
        process.wait(timeout=_PATIENCE)


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the cluster did not become what is waited for")
        time.sleep(0.2)
