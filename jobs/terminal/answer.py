"""What a command hands back: the typed result of a service, and who prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Generic, TypeVar

from fundwatch.errors import FundwatchError

Result = TypeVar("Result")
Say = Callable[[str], None]  # prints a text; the commands in it become ones that run as printed


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """A result, the function that prints it on a terminal, and a problem to end with once it has been shown."""

    result: Result
    printer: Callable[[Result, Say], None]
    problem: FundwatchError | None = None


def plain(result: Any) -> Any:
    """A result as JSON has it: by its own `as_json`, or else its fields; of a list those of each."""
    if isinstance(result, list):
        return [plain(one) for one in result]
    if hasattr(result, "as_json"):
        return result.as_json()
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
