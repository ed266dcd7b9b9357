"""What executors run in Python: functions that refuse to run beside another release of ours than the driver's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from fundwatch import __version__

Given = ParamSpec("Given")
Made = TypeVar("Made")


def of_this_release(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """The function, which raises RuntimeError where the fundwatch that is installed is not the driver's.

    A function goes to executors without the modules that it calls: these are whatever lies there, and those of another
    release would make other tokens and other scores without a word.
    """
    ours = __version__

    @wraps(function)
    def checked(*given: Given.args, **named: Given.kwargs) -> Made:
        import fundwatch  # where it runs; of this module nothing is asked there, an older release has none

        if fundwatch.__version__ != ours:
            raise RuntimeError(f"fundwatch: release {fundwatch.__version__} on an executor, {ours} on the driver")
        return function(*given, **named)

    return checked
