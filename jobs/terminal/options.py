"""The options of every command, and what they come to: settings and dates. Only argparse: help must be instant."""

from __future__ import annotations

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from fundwatch.errors import FundwatchError, SettingsError
from fundwatch.places import local_path
from jobs.review.profiles.kinds import PROFILE_KINDS

if TYPE_CHECKING:
    from fundwatch.settings import InForce

_STATES = ("received", "held", "released", "accepted", "refused", "superseded")
LOOKING_ACTIONS = ("list", "show")
SOURCE_ACTIONS = ("check", "draft", "columns")
_RULE_ACTIONS = {
    "list": "all rules of the region (the default)",
    "show": "one rule, whole",
    "test": "play the examples of all rules, or of those named: no lake is read; ends with 1 where one fails",
    "propose": "that a rule, or overlay:REGION, stands as --state from --date on, and why (--reason)",
    "approve": "what is proposed for a rule or an overlay, by another person than proposed it",
    "retire": "a rule, from --date on and for good",
    "classes": "the 88 classes of the national library, each with the rules that implement it",
    "problems": "the national lists of typical problems, each item with what finds it, or why claims cannot show it",
    "plan": "the passes of a scan and their shuffles, without running it",
    "coverage": "what the scan of --date judged and hit, rule by rule, or why it did not run",
    "explain": "why a hit (its id, or the beginning of it) is one: its condition part by part, knowledge, law, money",
    "trial": "a rule with other parameters (--set NAME=3,4,5) on the lake's history, beside the version in force",
    "diff": "the rules in force beside those of --against on the same history: hits gained, lost and kept",
    "export": "active rules that one visit decides, with their knowledge, as one file for other systems (--out)",
    "check": "judge visits (--visit, or the standard input: one JSON, or one a line) by the rules of an exported FILE",
}
RULE_ACTIONS = tuple(_RULE_ACTIONS)
_KNOWLEDGE_ACTIONS = {
    "list": "the classes of knowledge and the editions (the default); with --date as of that night",
    "show": "the points of a class, or all that speaks of a code",
    "import": "sheets (CSV, Excel) as an --edition; nothing of it holds before it is approved",
    "approve": "the newest import of an edition, from --date on, by another person than imported it",
    "withdraw": "an edition, from --date on, and why (--reason)",
    "diff": "what the second of two editions (or EDITION@VERSION) says that the first does not",
    "check": "files and editions: whether all points are there and hold",
}
KNOWLEDGE_ACTIONS = tuple(_KNOWLEDGE_ACTIONS)


def a_date(text: str) -> date:
    """A date as people write it, like 2026-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date like 2026-03-31") from error


def an_amount(text: str) -> Decimal:
    """An amount of money as people write it, like 1,234.50; what it may be is judged where it is used."""
    try:
        amount = Decimal(text.replace(",", "").replace("\uff0c", "").strip())
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not an amount like 1234.50") from error
    if not amount.is_finite():
        raise argparse.ArgumentTypeError(f"'{text}' is not an amount like 1234.50")
    return amount


def common_options(parser: argparse.ArgumentParser) -> None:
    """What every command takes."""
    common = parser.add_argument_group("common options")
    common.add_argument("--date", type=a_date, metavar="DATE", help="the business date, like 2026-03-31")
    common.add_argument("--landing", metavar="DIR", help="where deliveries lie")
    common.add_argument(
        "--lake", metavar="DIR", help="where the tables lie: a folder, hdfs://HOST:PORT/FOLDER or s3a://BUCKET/FOLDER"
    )
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


def settings_of(options: argparse.Namespace) -> InForce:
    """The settings in force for the parsed options. Raises SettingsError."""
    from fundwatch.settings import load_settings  # pydantic takes longer to load than help may take to print

    given: dict[str, Any] = {k: getattr(options, k) for k in ("landing", "lake", "source", "profile", "var")}
    for pair in options.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"'{pair}' is not KEY=VALUE", where="--set", do="write --set list_size=20")
        given[key] = value
    return load_settings(given, file=options.settings)


def values_tried(options: argparse.Namespace) -> list[str]:
    """Takes out of the KEY=VALUE pairs those whose key is no setting: values of a rule's parameters, to be tried."""
    from fundwatch.settings import Settings  # as above

    tried = [pair for pair in options.set if pair.partition("=")[0] not in Settings.model_fields]
    options.set = [pair for pair in options.set if pair not in tried]
    return tried


def night_of(options: argparse.Namespace) -> date:
    """The business date; there is no default, because "today" comes from the run and never from a clock."""
    if options.date is None:
        raise FundwatchError("which night?", where="--date", do="give the business date, like --date 2026-03-31")
    return date.fromisoformat(str(options.date))


def nightly_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch nightly --date D [--to D]`."""
    parser.add_argument("--to", type=a_date, metavar="DATE", help="run every delivered night from --date to this one")


def simulate_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch simulate`: a preset, a scenario file, or plain weekly deliveries."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--preset", metavar="NAME", help="a scenario of conf/scenarios: demo, schemes, city, province-slice"
    )
    which.add_argument("--scenario", type=local_path, metavar="FILE", help="a scenario file of your own")
    parser.add_argument("--lines", type=int, help="about how many fee lines (default 24000, or the scenario's)")
    parser.add_argument(
        "--from",
        dest="start",
        type=a_date,
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


def show_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch show [LEAD]`."""
    parser.add_argument("lead", nargs="?", help="place in the list (1 is first) or lead id; without it: the list")
    parser.add_argument("--top", type=int, default=20, help="how many leads of the list (default 20)")


def profile_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch profile patient|doctor|institution|pharmacy ID`."""
    parser.add_argument("kind", choices=PROFILE_KINDS, help="what kind of person or place it is")
    parser.add_argument("id", metavar="ID", help="its id as the lake has it (a token), or the beginning of it")


def spikes_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch spikes [--item CODE]`."""
    parser.add_argument("--item", default="", metavar="CODE", help="only this item, by its national code")
    parser.add_argument("--days", type=int, default=28, help="how many days the recent period has (default 28)")
    parser.add_argument("--top", type=int, default=15, help="how many are printed (default 15); the table has all")


def settlements_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch settlements [check|explain ID|split ID]`."""
    said = (
        "check: all of some days beside the benefit policy (the default); explain: one, step by step, and other "
        "methods; split: an institution's quotas and budget by department, from three years"
    )
    parser.add_argument("action", nargs="?", choices=("check", "explain", "split"), default="check", help=said)
    parser.add_argument(
        "id", nargs="?", default="", metavar="ID", help="explain: the settlement's id; split: the institution's code"
    )
    parser.add_argument(
        "--budget", type=an_amount, metavar="AMOUNT", help="split: what the funds may pay the institution in a year"
    )
    parser.add_argument(
        "--from", dest="first", type=a_date, metavar="DATE", help="check: first day (default: the year's)"
    )
    parser.add_argument("--to", dest="last", type=a_date, metavar="DATE", help="the last day (default: the night)")


def tables_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch tables [--by NAMES] [--from DATE] [--to DATE] [--institution CODE]`."""
    parser.add_argument(
        "--by", default="month,insurance_type,department,charge_class,person_type", metavar="NAMES",
        help="what the table is split by, with commas: month, insurance_type, department, person_type, care, "
        "institution_id, charge_class",
    )  # fmt: skip
    parser.add_argument("--from", dest="first", type=a_date, metavar="DATE", help="the first day (default: the year's)")
    parser.add_argument("--to", dest="last", type=a_date, metavar="DATE", help="the last day (default: the night)")
    parser.add_argument("--institution", default="", metavar="CODE", help="only this institution, by its public code")


def looking_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch indicators [list|show NAME]`."""
    parser.add_argument("action", nargs="?", choices=LOOKING_ACTIONS, default="list", help="list is the default")
    parser.add_argument("name", nargs="?", default="", help="show: which one")


def rule_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch rules [list|show RULE|test [RULE…]|classes|problems|plan|coverage]`,
    `[explain HIT|trial RULE|diff [RULE…]]`, `[propose|approve|retire] RULE` and `[export|check FILE]`."""
    said = "; ".join(f"{action}: {text}" for action, text in _RULE_ACTIONS.items())
    parser.add_argument("action", nargs="?", choices=RULE_ACTIONS, default="list", help=said)
    parser.add_argument(
        "names", nargs="*", metavar="RULE", help="which rules; explain: which hit; check: the exported file"
    )
    parser.add_argument("--state", default="", help="propose: active or shadow")
    parser.add_argument("--reason", default="", metavar="TEXT", help="propose, retire: why, for the record")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="propose, approve, retire: who you are")
    parser.add_argument(
        "--against", default="", metavar="PLACE",
        help="diff: a region, a conf folder, a region's folder, or a file like rules.yaml that is laid over",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="first", type=a_date, metavar="DATE", help="trial, diff: the first day (default: scan_days back)"
    )
    parser.add_argument("--to", dest="last", type=a_date, metavar="DATE", help="trial, diff: the last day")
    parser.add_argument("--out", type=local_path, metavar="FILE", help="export: the file to write (default: print it)")
    parser.add_argument("--shadow", action="store_true", help="export: rules in shadow too")
    parser.add_argument("--visit", type=local_path, metavar="FILE", help="check: the visits (default: standard input)")


def knowledge_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch knowledge [list|show CLASS|CODE|import FILE…|approve|withdraw EDITION|diff A B|check]`."""
    said = "; ".join(f"{action}: {text}" for action, text in _KNOWLEDGE_ACTIONS.items())
    parser.add_argument("action", nargs="?", choices=KNOWLEDGE_ACTIONS, default="list", help=said)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a class, a code, an edition or two, or files")
    parser.add_argument("--code", default="", help="show CLASS: only what speaks of this code of an item or diagnosis")
    parser.add_argument("--edition", default="", metavar="NAME", help="import: under what name, like GZ-2025-b01")
    parser.add_argument("--region", default="", help="import: where it holds (default: the setting's; CN: the nation)")
    parser.add_argument("--columns", type=local_path, metavar="FILE", help="import: which column is which (YAML)")
    parser.add_argument("--valid-from", type=a_date, metavar="DATE", help="import: first service date, if rows lack it")
    parser.add_argument("--valid-to", type=a_date, metavar="DATE", help="import: last service date, if rows lack it")
    parser.add_argument("--from-source", default="", metavar="TEXT", help="import: what the points are taken from")
    parser.add_argument("--replaces", default="", metavar="EDITION", help="import: what it ends, from --valid-from on")
    parser.add_argument("--reason", default="", metavar="TEXT", help="approve, withdraw: why, for the record")
    parser.add_argument(
        "--as", dest="person", default="", metavar="NAME", help="import, approve, withdraw: who you are"
    )


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch evaluate`."""
    parser.add_argument(
        "--truth", type=local_path, metavar="PATH", help="where labels.csv lies: the simulator's, or labels of your own"
    )
    parser.add_argument(
        "--worlds", type=local_path, metavar="FILE", help="evaluate several worlds (YAML: seeds, lakes); means, spread"
    )
    parser.add_argument("--details", action="store_true", help="every table: by scheme, rule, disguise and model")


def source_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch source check|draft|columns`."""
    parser.add_argument(
        "action",
        choices=SOURCE_ACTIONS,
        help="check: try a mapping on a delivery; draft: propose a mapping from the headers of files; "
        "columns: all that a mapping may fill, and what runs only with it",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=local_path,
        metavar="FILE",
        help="draft: the files: .csv, .txt, .tsv (plain, .gz, .zip), .json, .ndjson, .parquet or .xlsx",
    )
    parser.add_argument("--name", metavar="NAME", help="draft: the source's name (default: the folder's)")
    parser.add_argument(
        "--out", type=local_path, metavar="FILE", help="also write the draft (.yaml) or the check (.md) there"
    )
    parser.add_argument(
        "--mapping", type=local_path, metavar="FILE", help="check: a mapping file, in place of --source"
    )
    parser.add_argument("--sample", type=int, default=10_000, help="check: rows of each file to try (default 10000)")


def deliveries_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch deliveries [list|release|arrived]`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "release", "arrived"),
        default="list",
        help="list (the default); release a held one; or has the night's arrived whole? (ends with 5 when it has not)",
    )
    parser.add_argument("--state", choices=_STATES, help="only deliveries in this state")
    parser.add_argument(
        "--fingerprint",
        "--print",  # its earlier name
        dest="content_fingerprint",
        metavar="FINGERPRINT",
        default="",
        help="which of several held (its fingerprint begins so)",
    )
    signature_options(parser)


def quarantine_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch quarantine list|explain|release|resubmit|withdraw`."""
    actions = ("list", "explain", "release", "resubmit", "withdraw", "decisions")
    parser.add_argument("action", choices=actions, help="what to do with quarantined rows")
    parser.add_argument("--table", metavar="NAME", help="only rows of this canonical table")
    parser.add_argument("--code", metavar="CODE", help="only rows with this error code")
    parser.add_argument("--file", metavar="NAME", help="the file the row was delivered in")
    parser.add_argument("--line", type=int, action="append", default=[], help="its line in the file; may be repeated")
    parser.add_argument("--into", type=date.fromisoformat, metavar="DATE", help="the night that takes the row in")
    parser.add_argument(
        "--value", action="append", default=[], metavar="COLUMN=VALUE", help="a corrected value (resubmit)"
    )
    parser.add_argument(
        "--accept-conflict", action="store_true", help="release this one of several rows with the same key"
    )
    signature_options(parser)


def lake_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch lake check|upgrade`."""
    parser.add_argument(
        "action",
        choices=("check", "upgrade"),
        help="verify files, versions, counts and money; or bring a lake of an earlier version to this one",
    )
    parser.add_argument("--deep", action="store_true", help="check: read every data file through")
    parser.add_argument("--details", action="store_true", help="every check, not only what does not hold")


def models_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch models [list|promote]`."""
    parser.add_argument("action", nargs="?", choices=("list", "promote"), default="list", help="list is the default")
    parser.add_argument("--model", metavar="ENTITY/MODEL", default="", help="which model, like doctor/isolation_forest")
    parser.add_argument(
        "--fingerprint",
        "--print",
        metavar="FINGERPRINT",
        default="",
        help="which of several (its fingerprint begins so)",
    )
    signature_options(parser)


def signature_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="by", metavar="NAME", default="", help="who decides")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the record")
