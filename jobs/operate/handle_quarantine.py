"""Quarantined rows: list them, explain one, and decide on them: release, resubmit corrected, withdraw. No Spark."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from fundwatch.errors import FundwatchError, faults
from fundwatch.lake.decisions import Action, Decision, DecisionError, Decisions, Place
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held, refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from intake.quarantine.error_codes import meaning_of
from intake.quarantine.vouching import Rejected, release_faults, resubmit_faults, source_codes
from intake.source.checks import read_quality
from intake.source.load import read_mapping
from intake.source.mapping import ENTRY_OF
from jobs.command_line import night_of, settings_of
from jobs.operate.quarantine_pages import print_decisions, print_groups, print_row
from jobs.standing import refuse_no_stage

_EXAMPLES = 3
_HEAD = "business_date, source, file_name, table_name, line_number"


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch quarantine <action> --date D …`."""
    settings = settings_of(options).settings
    refuse_no_lake(settings.lake_dir)
    return _ACTIONS[options.action](settings, options)


def _list(settings: Settings, options: argparse.Namespace) -> Any:
    night, lake = night_of(options), Lake(settings.lake_dir)
    chosen = [f"business_date = DATE '{night}'"]
    chosen += [f"table_name = '{_quoted(options.table)}'"] if options.table else []
    chosen += [f"file_name = '{_quoted(options.file)}'"] if options.file else []
    rows = f"SELECT {_HEAD}, unnest(error_codes) AS code FROM quarantine WHERE {' AND '.join(chosen)}"
    of_code = f"WHERE code = '{_quoted(options.code)}'" if options.code else ""
    groups = lake.rows(
        "quarantine",
        f"SELECT file_name, table_name, code, count(*) AS rows, "
        f"array_slice(array_agg(line_number ORDER BY line_number), 1, {_EXAMPLES}) AS first_lines "
        f"FROM ({rows}) {of_code} GROUP BY file_name, table_name, code ORDER BY rows DESC, file_name, table_name, code",
    )
    query = (
        "SELECT file_name, table_name, delivered_lines AS lines FROM control_total "
        f"WHERE business_date = DATE '{night}'"
    )
    lines = {(r["file_name"], r["table_name"]): r["lines"] for r in lake.rows("control_total", query)}
    for group in groups:
        delivered = lines.get((group["file_name"], group["table_name"]))
        group["share"] = group["rows"] / delivered if delivered else None
    if not groups:
        refuse_no_stage(lake, night, "intake")
    if not options.json:
        print_groups(groups, night)
    return {"business_date": night, "groups": groups}


def _explain(settings: Settings, options: argparse.Namespace) -> Any:
    quality = read_quality(settings.quality, settings.conf)
    told = []
    for place, row in _rows(settings, options):
        meanings = [meaning_of(code, quality.of(place.table_name)) for code in row.codes]
        decided = Decisions(settings.lake_dir).standing().get(place)
        if not options.json:
            print_row(place, row, meanings, decided)
        told.append(asdict(place) | {"codes": [asdict(m) for m in meanings], "values": row.values})
    return {"rows": told}


def _release(settings: Settings, options: argparse.Namespace) -> Any:
    checks, mapping = read_quality(settings.quality, settings.conf), read_mapping(settings.source, settings.conf)

    def refused(row: Rejected) -> list[str]:
        found = release_faults(
            row,
            checks.of(row.table_name),
            source_codes(mapping, row.table_name),
            takes_conflict=options.accept_conflict,
        )
        return found + _conflict_faults(settings, row)

    return _decide(settings, options, Action.RELEASE, {}, refused)


def _resubmit(settings: Settings, options: argparse.Namespace) -> Any:
    mapping, changes = read_mapping(settings.source, settings.conf), _changes(options.value)

    def refused(row: Rejected) -> list[str]:
        return resubmit_faults(row, changes, source_codes(mapping, row.table_name))

    return _decide(settings, options, Action.RESUBMIT, changes, refused)


def _withdraw(settings: Settings, options: argparse.Namespace) -> Any:
    standing = Decisions(settings.lake_dir).standing()
    night = night_of(options)
    chosen = [
        d
        for p, d in standing.items()
        if p.business_date == night and p.file_name == options.file and p.line_number in options.line
    ]
    if not chosen:
        raise DecisionError("no decision stands for these rows", do="see `fundwatch quarantine decisions`")
    gone = [Decision(d.place, Action.WITHDRAW, d.into_night, options.by, options.why) for d in chosen]
    return _note(settings, options, gone)


def _show_decisions(settings: Settings, options: argparse.Namespace) -> Any:
    taken = set(Ledger(settings.lake_dir).nights("intake"))
    told = [
        row | {"is_taken_in": row["state"] == "decided" and row["into_night"] in taken}
        for row in Decisions(settings.lake_dir).history()
        if options.date in (None, row["business_date"])
    ]
    if not options.json:
        print_decisions(told)
    return {"decisions": told}


def _decide(
    settings: Settings,
    options: argparse.Namespace,
    action: Action,
    changes: dict[str, str],
    refused: Callable[[Rejected], list[str]],
) -> Any:
    if options.into is None:
        raise FundwatchError("which night is to take the rows in?", where="--into", do="give a date, like 2026-04-07")
    rows = _rows(settings, options)
    found = [f"{place}: {fault}" for place, row in rows for fault in refused(row)]
    found += _same_key(rows)
    if found:
        raise DecisionError(faults("nothing was decided", found), do="mend what is named; all or none is noted")
    decisions = [Decision(place, action, options.into, options.by, options.why, changes) for place, _ in rows]
    return _note(settings, options, decisions)


def _note(settings: Settings, options: argparse.Namespace, decisions: Sequence[Decision]) -> Any:
    with held(settings.lake_dir):
        Decisions(settings.lake_dir).decide(decisions, Ledger(settings.lake_dir))
    if not options.json:
        for decision in decisions:
            print(f"{decision.action}: {decision.place}, into {decision.into_night}")
    return {"decided": [asdict(decision) for decision in decisions]}


def _rows(settings: Settings, options: argparse.Namespace) -> list[tuple[Place, Rejected]]:
    """The quarantined rows named by --date, --file and --line. Raises DecisionError when one is not there."""
    night = night_of(options)
    if not options.file or not options.line:
        raise FundwatchError("which rows?", where="--file, --line", do="see `fundwatch quarantine list --date DATE`")
    lines = ", ".join(str(number) for number in options.line)
    found = Lake(settings.lake_dir).rows(
        "quarantine",
        f"SELECT {_HEAD}, error_codes, row_json FROM quarantine WHERE business_date = DATE '{night}' "
        f"AND file_name = '{_quoted(options.file)}' AND line_number IN ({lines}) ORDER BY line_number",
    )
    missing = sorted({*options.line} - {row["line_number"] for row in found})
    if missing:
        raise DecisionError(
            f"no quarantined row of {night} in {options.file} at line {', '.join(map(str, missing))}",
            do="see `fundwatch quarantine list --date DATE`",
        )
    return [_place_and_row(row) for row in found]


def _place_and_row(row: dict[str, Any]) -> tuple[Place, Rejected]:
    place = Place(**{name: row[name] for name in Place.__dataclass_fields__})
    # numbers as they are written: as binary fractions they would be shown with other digits
    values = None if row["row_json"] is None else json.loads(row["row_json"], parse_float=str)
    return place, Rejected(place.table_name, tuple(row["error_codes"] or ()), values)


def _conflict_faults(settings: Settings, row: Rejected) -> list[str]:
    """A row whose key the lake has accepted with other content would be a conflict again."""
    table, lake = ENTRY_OF.get(row.table_name), Lake(settings.lake_dir)
    if "CONFLICT" not in row.codes or row.values is None or table is None or not lake.exists(table):
        return []
    key = "line_id" if row.table_name == "claim_line" else "settlement_id"
    value = _quoted(str(row.values.get(key)))
    if not lake.rows(table, f"SELECT 1 FROM {table} WHERE {key} = '{value}' LIMIT 1"):
        return []
    return [f"CONFLICT: {key} {value} is in the lake with other content; have a reversal and a new line sent"]


def _same_key(rows: Sequence[tuple[Place, Rejected]]) -> list[str]:
    keys = {"claim_line": "line_id", "settlement": "settlement_id"}
    told = [(p.table_name, (r.values or {}).get(keys[p.table_name])) for p, r in rows if p.table_name in keys]
    return [
        f"{key}: two of these rows have this key; choose one" for key in {k for _, k in told if told.count((_, k)) > 1}
    ]


def _changes(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise FundwatchError(f"'{wrong[0]}' is not COLUMN=VALUE", where="--value", do="write --value quantity=3")
    return dict(pair.split("=", 1) for pair in pairs)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_ACTIONS = {
    "list": _list,
    "explain": _explain,
    "release": _release,
    "resubmit": _resubmit,
    "withdraw": _withdraw,
    "decisions": _show_decisions,
}
