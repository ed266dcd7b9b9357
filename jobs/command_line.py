"""The command line: `fundwatch <command>`. Heavy imports wait until a command needs them, so that help is instant."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

from fundwatch import __version__
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.logs import start_logging
from fundwatch.machine_faults import machine_error
from jobs.declared_stages import NOUNS
from jobs.terminal.answer import Answer
from jobs.terminal.commands import COMMANDS, Command
from jobs.terminal.console import print_error, print_note, print_unexpected, show
from jobs.terminal.lead_options import LEAD_ACTIONS
from jobs.terminal.options import RULE_ACTIONS, common_options, settings_of
from jobs.terminal.usage import HelpfulParser

_NOUN_ACTIONS = {*LEAD_ACTIONS, *RULE_ACTIONS}


def parser(every: Sequence[Command] = COMMANDS) -> HelpfulParser:
    """The whole command line."""
    top = HelpfulParser(
        prog="fundwatch",
        description="Finds fraud, waste and abuse in health-insurance claims: "
        "a night's deliveries in, a ranked list of leads out.",
        epilog="A first look: `fundwatch demo`. One night: `fundwatch nightly --date 2026-03-31`. "
        "Exit codes: 0 done, 1 a fault (a retry may help), 2 bad input or settings, 3 the gate stopped the night, "
        "4 the lake is in use, 5 an earlier stage has not run, 6 the result stands, what it rests on does not.",
    )
    top.add_argument("--version", action="version", version=f"fundwatch {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in every:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.options(sub)
        common_options(sub)
        sub.set_defaults(serves=command.serves, stage=command.stage)
    return top


def main(argv: Sequence[str] | None = None, every: Sequence[Command] = COMMANDS) -> int:
    """Run one command; the exit status is an ExitCode."""
    words, note = _in_words_of_today(sys.argv[1:] if argv is None else argv, every)
    options = parser(every).parse_whole(words)
    start_logging(quiet=options.quiet)
    if note and not options.quiet:
        print_note(note)
    try:
        show(serve(options), options)
        sys.stdout.flush()
    except FundwatchError as error:
        print_error(error, options)
        return int(error.exit_code)
    except BrokenPipeError:  # who reads, as `head` does, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except KeyboardInterrupt:
        print_note("stopped; run the same command again to go on")
        return 130
    except Exception as error:  # noqa: BLE001 (the last resort: named, never swallowed; its message may hold data)
        if (known := machine_error(error, *_places(options))) is not None and not _shows_faults(options):
            print_error(known, options)
            return int(known.exit_code)
        print_unexpected(error, in_full=_shows_faults(options))
        return int(ExitCode.FAULT)
    return int(ExitCode.OK)


def serve(options: argparse.Namespace) -> Answer[Any]:
    """What the command that was parsed answers."""
    module, function = options.serves.split(":")
    run: Callable[[argparse.Namespace], Answer[Any]] = getattr(importlib.import_module(module), function)
    return run(options)


def _in_words_of_today(words: Sequence[str], every: Sequence[Command]) -> tuple[list[str], str]:
    """The words with a stage's earlier word replaced by its verb, and what is said about that.

    A word that is a noun today too, like `rules`, ran its stage for a `--date`: it still does, unless it is followed by
    what is to be done with the noun.
    """
    named, *rest = words or [""]
    stage = next((c.stage for c in every if c.stage is not None and c.stage.earlier_word == named != ""), None)
    is_noun = named in NOUNS and ((rest[:1] and rest[0] in _NOUN_ACTIONS) or not _has_date(rest))
    if stage is None or is_noun:
        return list(words), ""
    later = f"; to look at the {named}, type `fundwatch {named} list`" if named in NOUNS else ""
    return [stage.verb, *rest], f"note: `fundwatch {named}` runs the stage `fundwatch {stage.verb}`: type that{later}"


def _has_date(words: Sequence[str]) -> bool:
    return any(word == "--date" or word.startswith("--date=") for word in words)


def _places(options: argparse.Namespace) -> tuple[list[str], str]:
    """Folders that a run writes to, the lake first; and MLflow's store where it is a file."""
    settings = settings_of(options).settings
    local = settings.spark_conf.get("spark.local.dir", tempfile.gettempdir())
    store = settings.tracking_uri
    folders = [settings.lake_address, settings.vault_dir, settings.lists_dir, settings.var, local]
    return list(map(str, folders)), store if store.startswith("sqlite:") else ""


def _shows_faults(options: argparse.Namespace) -> bool:
    return bool(settings_of(options).settings.show_faults)


def main_of_script(path: str) -> None:
    """The entry of a module of jobs/ under spark-submit: the same options as the command whose script it is."""
    stem = PurePath(path).stem
    name = next(command.name for command in COMMANDS if PurePath(command.script).name == stem)
    sys.exit(main([name, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
