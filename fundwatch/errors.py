"""The errors fundwatch raises: each says what is wrong, where, and what to do; each has an exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

# A text that a person reads to its end: what is broken more often than this is broken in one way.
_MOST_PROBLEMS, _MOST_NAMES, _LONGEST_PROBLEM = 50, 10, 2_000


class ExitCode(IntEnum):
    """What a command's exit status means; schedulers decide on it whether a retry can help."""

    OK = 0
    FAULT = 1  # a fault of the machine or of fundwatch: a retry may help
    REFUSED = 2  # bad input, settings or usage: a retry cannot help
    GATE = 3  # the quality gate stopped the night: a person decides
    BUSY = 4  # the lake is in use: retry later
    NOT_READY = 5  # an earlier stage of the night has not run
    INCOMPLETE = 6  # the result stands, but something that it should rest on does not hold: a retry cannot help


class FundwatchError(Exception):
    """Something a user can fix. `what` is wrong, `where` it is, what to `do` about it; the `result` that was found
    nevertheless, for who asks for JSON.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, what: str, *, where: str = "", do: str = "", result: Mapping[str, Any] | None = None) -> None:
        self.what, self.where, self.do = what, where, do
        self.result = result or {}
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.do:
            parts.append(f"  do:    {self.do}")
        return "\n".join(parts)


class SettingsError(FundwatchError):
    """A settings file, environment variable or option is not what it may be."""


class KeyMissingError(FundwatchError):
    """The pseudonymisation key is absent, unreadable, too short or not the one the lake was made with."""


class MappingError(FundwatchError):
    """A mapping file in conf/sources does not hold."""


class CatalogueError(FundwatchError):
    """A catalogue of rules, indicators, checks or peer groups does not hold."""


class DeliveryError(FundwatchError):
    """A delivery cannot be taken in: a table or column is missing or unknown, a sum or a hash is wrong."""


class GateError(FundwatchError):
    """The quality gate on the control totals stopped the night."""

    exit_code = ExitCode.GATE


class HeldError(GateError):
    """A delivery is not as usual: it waits for a person, who releases it or has it sent again."""


class LakeBusyError(FundwatchError):
    """Another run is at work in the lake."""

    exit_code = ExitCode.BUSY


class NotReadyError(FundwatchError):
    """What this job reads has not been made yet."""

    exit_code = ExitCode.NOT_READY


class IncompleteError(FundwatchError):
    """All that could run ran and its `result` stands, but something that it should rest on does not hold."""

    exit_code = ExitCode.INCOMPLETE


class ContractError(FundwatchError):
    """Rows about to be written are not what the table's contract says: a fault of fundwatch's own code."""

    exit_code = ExitCode.FAULT


def problems(title: str, found: Sequence[str]) -> str:
    """One text out of several problems, so that a person fixes them all at once; of very many, the first."""
    texts = [f"  - {_clipped(problem)}" for problem in found[:_MOST_PROBLEMS]]
    texts += [f"  - and {len(found) - _MOST_PROBLEMS:,} more"] if len(found) > _MOST_PROBLEMS else []
    return "\n".join([f"{title} ({len(found):,} problem{'s' if len(found) > 1 else ''}):", *texts])


def by_reason(reasons: Mapping[str, str]) -> list[str]:
    """`name, name: reason` for each reason of why something did not run."""
    named: dict[str, list[str]] = {}
    for name, reason in sorted(reasons.items()):
        named.setdefault(reason, []).append(name)
    return [f"{', '.join(names)}: {reason}" for reason, names in named.items()]


def some(names: Sequence[str], most: int = _MOST_NAMES, between: str = ", ") -> str:
    """A list within a sentence: of very many names, the first, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def _clipped(problem: str) -> str:
    return problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}…"
