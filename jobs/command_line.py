"""The command line: `fundwatch <command>`. Heavy imports wait until a command needs them, so that help is instant."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from fundwatch import __version__
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.machine_faults import machine_error
from fundwatch.places import local_path
from jobs.copying import whole
from jobs.export_options import export_options, privacy_options
from jobs.operating_options import (
    deliveries_options,
    erase_options,
    lake_options,
    models_options,
    quarantine_options,
)
from jobs.privacy_options import audit_options, keys_options, reidentify_options
from jobs.source_options import source_options
from jobs.usage import HelpfulParser


@dataclass(frozen=True)
class Command:
    """One subcommand: its help and the function `module:run` that serves it, taking the parsed options.

    `script` is the file under jobs/, without its ending, that spark-submit starts for it; a command without one needs
    no cluster. A stage's script is the module of its job.
    """

    name: str
    help: str
    serves: str
    options: Callable[[argparse.ArgumentParser], None] = lambda _parser: None
    script: str = ""


def _stage(name: str, help_: str, script: str) -> Command:
    return Command(name, help_, "jobs.stages:serve", script=script)


def _nightly_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=_date, metavar="DATE", help="run every delivered night from --date to this one")


def _simulate_options(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--preset", metavar="NAME", help="a scenario of conf/scenarios: demo, city, province-slice")
    which.add_argument("--scenario", type=local_path, metavar="FILE", help="a scenario file of your own")
    parser.add_argument("--lines", type=int, help="about how many fee lines (default 24000, or the scenario's)")
    parser.add_argument(
        "--from",
        dest="start",
        type=_date,
        metavar="DATE",
        help="first day of service (default: 89 days before the last night, or the scenario's)",
    )
    parser.add_argument(
        "--nights",
        type=int,
        help="how many deliveries, a week apart, ending on --date (default 4, or the scenario's)",
    )
    parser.add_argument("--seed", type=int, help="the seed: same seed, same bytes")
    parser.add_argument("--encoding", choices=("utf-8", "utf-8-sig", "gb18030"), help="how text is encoded")
    parser.add_argument("--compression", choices=("gzip", "zip", "none"), help="how files are packed")
    parser.add_argument(
        "--processes", type=int, default=1, help="on how many processes; the bytes are the same on any (default 1)"
    )


def _show_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lead", nargs="?", help="place in the list (1 is first) or lead id; without it: the list")
    parser.add_argument("--top", type=int, default=20, help="how many leads of the list (default 20)")


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--truth", type=local_path, metavar="DIR", help="where the simulator's labels.csv lies")
    parser.add_argument("--details", action="store_true", help="every table: by scheme, rule, disguise and model")


COMMANDS = (
    Command("simulate", "make labelled synthetic deliveries", "jobs.prove.simulate_claims:serve", _simulate_options),
    _stage("intake", "take one night's delivery in: check, quarantine, net, pseudonymise", "load_delivery"),
    _stage("features", "build daily rollups, indicators and peer statistics", "build_features"),
    _stage("rules", "scan the claims with all detection rules", "scan_rules"),
    _stage("train", "train the detectors on the night's indicators and register them", "train_models"),
    _stage("score", "score every patient, doctor and institution with the champions", "score_entities"),
    _stage("leads", "fuse hits and scores into the ranked list and publish it", "publish_leads"),
    Command(
        "models",
        "show which models speak on a night and whether they hold; promote one",
        "jobs.operate.show_models:serve",
        models_options,
    ),
    Command(
        "nightly",
        "all of a night in order, in one Spark application",
        "jobs.run_nights:serve",
        _nightly_options,
        script="run_nights",
    ),
    Command("show", "show a night's list, or one lead with its evidence", "jobs.review.show_lead:serve", _show_options),
    Command(
        "evaluate",
        "compare a night's hits, scores and leads with the simulator's truth",
        "jobs.prove.evaluate_leads:serve",
        _evaluate_options,
    ),
    Command(
        "keys",
        "make, check, rotate and retire the keys",
        "jobs.protect.manage_keys:serve",
        keys_options,
        script="protect/manage_keys",
    ),
    Command(
        "reidentify",
        "whose tokens a lead holds: request, approve, reveal; every call is logged",
        "jobs.protect.reidentify_tokens:serve",
        reidentify_options,
    ),
    Command("audit", "verify the audit log", "jobs.protect.verify_audit:serve", audit_options),
    Command(
        "source",
        "draft a mapping for a new source from its files, or check one on a delivery",
        "jobs.source_options:serve",
        source_options,
    ),
    Command(
        "privacy",
        "report how anonymous a night's data is",
        "jobs.protect.report_privacy:serve",
        privacy_options,
        script="protect/report_privacy",
    ),
    Command(
        "export",
        "export a night's data as conf/exports declares",
        "jobs.protect.export_data:serve",
        export_options,
        script="protect/export_data",
    ),
    Command("settings", "print the settings in force and where each comes from", "jobs.operate.show_settings:serve"),
    Command(
        "deliveries",
        "show deliveries with state, totals and why; release a held one",
        "jobs.operate.list_deliveries:serve",
        deliveries_options,
    ),
    Command(
        "quarantine",
        "list and explain rejected rows; release them, resubmit them corrected, or withdraw such a decision",
        "jobs.operate.handle_quarantine:serve",
        quarantine_options,
    ),
    Command(
        "lake",
        "verify that the tables' files, versions, counts and money agree",
        "jobs.operate.check_lake:serve",
        lake_options,
    ),
    Command(
        "erase",
        "erase a person's or an old year's data, old versions included",
        "jobs.protect.erase_data:serve",
        erase_options,
    ),
    Command("demo", "simulate a month, run its nights, show the leads", "jobs.prove.run_demo:serve"),
)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date like 2026-03-31") from fault


def _common_options(parser: argparse.ArgumentParser) -> None:
    common = parser.add_argument_group("common options")
    common.add_argument("--date", type=_date, metavar="DATE", help="the business date, like 2026-03-31")
    common.add_argument("--landing", metavar="DIR", help="where deliveries lie")
    common.add_argument("--lake", metavar="DIR", help="where the tables lie")
    common.add_argument("--source", metavar="NAME", help="which mapping of conf/sources/ reads the delivery")
    common.add_argument("--profile", metavar="NAME", help="which settings of conf/profiles/ hold")
    common.add_argument("--var", metavar="DIR", help="where everything made lies, unless set one by one")
    common.add_argument(
        "--settings", type=local_path, metavar="FILE", help="a settings file (default: fundwatch.yaml, if any)"
    )
    common.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any other setting; may be repeated"
    )
    common.add_argument("--json", action="store_true", help="print the result as JSON")
    common.add_argument("--quiet", action="store_true", help="no progress, only the result and errors")


def parser() -> HelpfulParser:
    """The whole command line."""
    top = HelpfulParser(
        prog="fundwatch",
        description="Finds fraud, waste and abuse in health-insurance claims: "
        "a night's deliveries in, a ranked list of leads out.",
        epilog="A first look: `fundwatch demo`. One night: `fundwatch nightly --date 2026-03-31`. "
        "Exit codes: 0 done, 1 fault (a retry may help), 2 bad input or settings, 3 the gate stopped the night, "
        "4 the lake is in use, 5 an earlier stage has not run, 6 the result stands, what it rests on does not.",
    )
    top.add_argument("--version", action="version", version=f"fundwatch {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.options(sub)
        _common_options(sub)
        sub.set_defaults(serves=command.serves)
    return top


def settings_of(options: argparse.Namespace) -> Any:
    """The settings in force for the parsed options. Raises SettingsError."""
    from fundwatch.errors import SettingsError
    from fundwatch.settings import load_settings

    given: dict[str, Any] = {k: getattr(options, k) for k in ("landing", "lake", "source", "profile", "var")}
    for pair in options.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"'{pair}' is not KEY=VALUE", where="--set", do="write --set list_size=20")
        given[key] = value
    return load_settings(given, file=options.settings)


def night_of(options: argparse.Namespace) -> date:
    """The business date; there is no default, because "today" comes from the run and never from a clock."""
    if options.date is None:
        raise FundwatchError("which night?", where="--date", do="give the business date, like --date 2026-03-31")
    return date.fromisoformat(str(options.date))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is an ExitCode."""
    options = parser().parse_whole(argv)
    from fundwatch.logs import start_logging

    start_logging(quiet=options.quiet)
    module, function = options.serves.split(":")
    try:
        result = getattr(importlib.import_module(module), function)(options)
    except FundwatchError as fault:
        _tell(fault, options)
        return int(fault.exit_code)
    except KeyboardInterrupt:
        print("stopped; run the same command again to go on", file=sys.stderr)
        return 130
    except Exception as fault:  # noqa: BLE001 (the last resort: named, never swallowed; its message may hold data)
        if (known := machine_error(fault, *_places(options))) is not None and not _shows_faults(options):
            _tell(known, options)
            return int(known.exit_code)
        _tell_unexpected(fault, in_full=_shows_faults(options))
        return int(ExitCode.FAULT)
    if options.json and result is not None:
        print(json.dumps(result, ensure_ascii=False, indent=2, default=str))
    return int(ExitCode.OK)


def _tell(fault: FundwatchError, options: argparse.Namespace) -> None:
    if options.json:
        told = {**fault.result, "error": fault.what, "where": fault.where, "do": whole(fault.do, options)}
        told["exit_code"] = int(fault.exit_code)
        print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    print(f"fundwatch: {whole(str(fault), options)}", file=sys.stderr)


def _places(options: argparse.Namespace) -> tuple[list[Path], str]:
    """Folders that a run writes to, the lake first; and MLflow's store where it is a file."""
    settings = settings_of(options).settings
    local = settings.spark_conf.get("spark.local.dir", tempfile.gettempdir())
    store = settings.tracking_uri
    folders = [settings.lake_dir, settings.vault_dir, settings.lists_dir, settings.var, Path(local)]
    return folders, store if store.startswith("sqlite:") else ""


def _shows_faults(options: argparse.Namespace) -> bool:
    return bool(settings_of(options).settings.show_faults)


def _tell_unexpected(fault: Exception, *, in_full: bool) -> None:
    """Where it broke and what kind of fault it is. Spark's messages can quote rows, so they are told on demand only."""
    for line in traceback.format_tb(fault.__traceback__):
        print(line, end="", file=sys.stderr)
    condition = getattr(fault, "getCondition", lambda: None)()
    kind = f"{type(fault).__name__}{f' [{condition}]' if condition else ''}"
    print(f"fundwatch: a fault of fundwatch or of the machine: {kind}", file=sys.stderr)
    if in_full or isinstance(fault, (OSError, ImportError, TypeError, AttributeError, NameError)):
        print(f"  {fault}", file=sys.stderr)
    print(
        "  do:    run the same command again: a broken run does no harm; if it breaks again, "
        "--set show_faults=true tells more (it may quote rows of the delivery)",
        file=sys.stderr,
    )


def main_of_script(path: str) -> None:
    """The entry of a module of jobs/ under spark-submit: the same options as the command whose script it is."""
    stem = PurePath(path).stem
    name = next(command.name for command in COMMANDS if PurePath(command.script).name == stem)
    sys.exit(main([name, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
