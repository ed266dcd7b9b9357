"""A parser whose errors help: the nearest name for a mistyped one, with the usage of the command that was meant."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from typing import Any


class HelpfulParser(argparse.ArgumentParser):
    """Argparse's parser with suggestions. Sub-parsers made from it are of its kind."""

    def parse_whole(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """The options; what a command does not know ends the process with that command's usage and what is near."""
        options, unknown = self.parse_known_args(argv)
        if unknown:
            command = self._command(options.command)
            known = [option for action in command._actions for option in action.option_strings]
            stated = [f"{word}{_suggestion(word.partition('=')[0], known)}" for word in unknown]
            command.error(f"`{command.prog}` does not know: {', '.join(stated)}")
        return options

    def _command(self, name: str) -> argparse.ArgumentParser:
        found = [a.choices[name] for a in self._actions if isinstance(a, argparse._SubParsersAction)]
        return found[0]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            near = _suggestion(str(value), known)
            raise argparse.ArgumentError(action, f"there is no '{value}'{near or ': choose from ' + ', '.join(known)}")

    def error(self, message: str) -> Any:
        """End the process with the usage, the message and the status for bad usage."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message}\n  do:    see `{self.prog} --help`\n")


def _suggestion(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
