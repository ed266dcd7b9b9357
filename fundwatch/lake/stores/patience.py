"""Asking a store that may never answer: HDFS's client has no time limit of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Thread
from typing import TypeVar

Answer = TypeVar("Answer")


def in_time(ask: Callable[[], Answer], seconds: float) -> Answer:
    """Ask, and raise TimeoutError when there is no answer in time; the question then goes on by itself."""
    found: Future[Answer] = Future()

    def answer() -> None:
        try:
            found.set_result(ask())
        except BaseException as error:  # noqa: BLE001 (raised again where it was asked)
            found.set_exception(error)

    Thread(target=answer, daemon=True).start()
    try:
        return found.result(seconds)
    except FutureTimeout:
        raise TimeoutError(f"what listens there has given no answer in {seconds:.0f} s") from None
