"""What a run says while it works: one line per step on standard error, with the seconds it took."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger("fundwatch")
_running: list[str] = []


class _Reworded(logging.Formatter):
    """Lines as the caller wants them worded."""

    def __init__(self, reword: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s  %(message)s", "%H:%M:%S")
        self._reword = reword

    def format(self, record: logging.LogRecord) -> str:
        return self._reword(super().format(record))


def start_logging(*, quiet: bool = False, reword: Callable[[str], str] = str) -> None:
    """Progress to standard error, each line `reword`ed; libraries are heard only when they warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Reworded(reword))
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    hush()


def hush() -> None:
    """Libraries are heard when they err; one that sets its own level on import wants it said again."""
    for noisy in ("py4j", "great_expectations", "mlflow", "alembic", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # of a lost data node delta-rs warns at every connection, hundreds of times; it reads this when it is imported
    os.environ.setdefault("RUST_LOG", "error")


def running_steps() -> tuple[str, ...]:
    """The steps that have begun and not ended, in the order they began."""
    return tuple(_running)


@contextmanager
def step(text: str) -> Iterator[dict[str, object]]:
    """Log the step when it ends, with its seconds and whatever the block puts into the dictionary."""
    begun = time.monotonic()
    facts: dict[str, object] = {}
    _running.append(text)
    try:
        yield facts
    finally:
        _running.remove(text)
    reported = ", ".join(f"{key} {value}" for key, value in facts.items())
    log.info("%-64s %6.1f s  %s", text, time.monotonic() - begun, reported)
