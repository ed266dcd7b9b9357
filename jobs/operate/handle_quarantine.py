"""Quarantined rows: list them, explain one, and decide on them: release, resubmit corrected, withdraw. No Spark."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.lake.decisions import (
    Action,
    Decision,
    DecisionError,
    Decisions,
    RowPlace,
    decision_of,
    is_taken_in,
)
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from intake.quarantine.error_codes import Meaning, meaning_of
from intake.quarantine.vouching import Rejected, release_problems, resubmit_problems, source_codes
from intake.source.checks import read_quality
from intake.source.load import mapping_in_force
from intake.source.mapping import ENTRY_OF
from jobs.committed_stages import refuse_no_stage

_EXAMPLES = 3
_HEAD = "business_date, source, file_name, table_name, line_number"


@dataclass(frozen=True)
class Chosen:
    """Rows of a night by their file and their lines in it."""

    night: date
    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """Who decides, why, and which night is to take the rows in."""

    by: str
    why: str
    into: date | None = None


@dataclass(frozen=True)
class Groups:
    """Rejected rows counted by file, table and code, with their share of the delivered lines and the first places."""

    business_date: date
    groups: list[dict[str, Any]]


@dataclass(frozen=True)
class Explained:
    """One row: what each of its codes means, and what was decided on it."""

    place: RowPlace
    row: Rejected
    meanings: tuple[Meaning, ...]
    decision: Decision | None


@dataclass(frozen=True)
class ExplainedRows:
    """Rows, each explained."""

    rows: tuple[Explained, ...]

    def as_json(self) -> dict[str, Any]:
        """Place, codes with their meanings, values."""
        return {
            "rows": [
                asdict(one.place) | {"codes": [asdict(m) for m in one.meanings], "values": one.row.values}
                for one in self.rows
            ]
        }


@dataclass(frozen=True)
class Decided:
    """What was noted."""

    decided: tuple[Decision, ...]


@dataclass(frozen=True)
class DecisionsShown:
    """Everything that was decided, the oldest first."""

    decisions: list[dict[str, Any]] = field(default_factory=list)


def groups_of(
    settings: Settings, night: date, table: str | None = None, file: str | None = None, code: str | None = None
) -> Groups:
    """The rejected rows of a night, of a table, a file, with a code; None: of any. Raises NotReadyError where the
    night's intake does not stand."""
    refuse_no_lake(settings.lake_address)
    lake = Lake(settings.lake_address)
    chosen = [f"business_date = DATE '{night}'"]
    chosen += [f"table_name = '{_quoted(table)}'"] if table else []
    chosen += [f"file_name = '{_quoted(file)}'"] if file else []
    rows = f"SELECT {_HEAD}, unnest(error_codes) AS code FROM quarantine WHERE {' AND '.join(chosen)}"
    of_code = f"WHERE code = '{_quoted(code)}'" if code else ""
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
        name, table = group["file_name"], group["table_name"]
        # of a line that became several rows the name says which: fees.csv [2026-02]
        delivered = lines.get((name, table), lines.get((name.rpartition(" [")[0], table)))
        group["share"] = group["rows"] / delivered if delivered else None
    if not groups:
        refuse_no_stage(lake, night, "intake")
    return Groups(night, groups)


def explained(settings: Settings, rows: Chosen) -> ExplainedRows:
    """Each row with its codes' meanings, the checks' conditions and what to do. Raises DecisionError for one that is
    not there."""
    found = _rows(settings, rows)
    quality, in_force = read_quality(settings.quality, settings.conf), Decisions(settings.lake_address).in_force()
    return ExplainedRows(
        tuple(
            Explained(
                place,
                row,
                tuple(meaning_of(code, quality.of(place.table_name)) for code in row.codes),
                in_force.get(place),
            )
            for place, row in found
        )
    )


def release(settings: Settings, rows: Chosen, ruling: Ruling, *, takes_conflict: bool = False) -> Decided:
    """Have a night take the rows in as they are. Raises DecisionError naming every row that cannot be."""
    checks, mapping = read_quality(settings.quality, settings.conf), mapping_in_force(settings)

    def refused(row: Rejected) -> list[str]:
        codes = source_codes(mapping, row.table_name)
        found = release_problems(row, checks.of(row.table_name), codes, takes_conflict=takes_conflict)
        return found + _conflict_problems(settings, row)

    return _decide(settings, rows, ruling, Action.RELEASE, {}, refused)


def resubmit(settings: Settings, rows: Chosen, ruling: Ruling, values: Sequence[str]) -> Decided:
    """Have a night take the rows in with corrected values, each like COLUMN=VALUE. Raises DecisionError."""
    mapping, changes = mapping_in_force(settings), _changes(values)

    def refused(row: Rejected) -> list[str]:
        return resubmit_problems(row, changes, source_codes(mapping, row.table_name))

    return _decide(settings, rows, ruling, Action.RESUBMIT, changes, refused)


def withdraw(settings: Settings, rows: Chosen, ruling: Ruling) -> Decided:
    """Take decisions back. Raises DecisionError where none stands."""
    refuse_no_lake(settings.lake_address)
    in_force = Decisions(settings.lake_address).in_force()
    chosen = [
        d
        for p, d in in_force.items()
        if p.business_date == rows.night and p.file_name == rows.file and p.line_number in rows.lines
    ]
    if not chosen:
        raise DecisionError("no decision stands for these rows", do="see `fundwatch quarantine decisions`")
    return _noted(settings, [Decision(d.place, Action.WITHDRAW, d.into_night, ruling.by, ruling.why) for d in chosen])


def decisions(settings: Settings, night: date | None) -> DecisionsShown:
    """All decisions on the rows of a night, or of all nights."""
    refuse_no_lake(settings.lake_address)
    ledger, made = Ledger(settings.lake_address), Decisions(settings.lake_address)
    in_force, nights = made.in_force(), {*ledger.nights("intake")}
    shown = []
    for row in made.history():
        decision = decision_of(row)
        is_in_force = in_force.get(decision.place) == decision
        taken = is_taken_in(decision, ledger, is_in_force=is_in_force)
        is_late = is_in_force and not taken and decision.into_night in nights
        if night in (None, decision.place.business_date):
            shown.append(row | {"is_taken_in": taken, "is_late": is_late})
    return DecisionsShown(shown)


def _decide(
    settings: Settings,
    chosen: Chosen,
    ruling: Ruling,
    action: Action,
    changes: dict[str, str],
    refused: Callable[[Rejected], list[str]],
) -> Decided:
    refuse_no_lake(settings.lake_address)
    if ruling.into is None:
        raise FundwatchError("which night is to take the rows in?", where="--into", do="give a date, like 2026-04-07")
    rows = _rows(settings, chosen)
    found = [f"{place}: {problem}" for place, row in rows for problem in refused(row)]
    found += _same_key(rows)
    if found:
        raise DecisionError(problems("nothing was decided", found), do="fix what is named; all or none is noted")
    return _noted(settings, [Decision(place, action, ruling.into, ruling.by, ruling.why, changes) for place, _ in rows])


def _noted(settings: Settings, decisions: Sequence[Decision]) -> Decided:
    Decisions(settings.lake_address).decide(decisions, Ledger(settings.lake_address))
    return Decided(tuple(decisions))


def _rows(settings: Settings, rows: Chosen) -> list[tuple[RowPlace, Rejected]]:
    """The quarantined rows that are named. Raises DecisionError when one is not there."""
    refuse_no_lake(settings.lake_address)
    if not rows.file or not rows.lines:
        raise FundwatchError("which rows?", where="--file, --line", do="see `fundwatch quarantine list --date DATE`")
    lines = ", ".join(str(number) for number in rows.lines)
    found = Lake(settings.lake_address).rows(
        "quarantine",
        f"SELECT {_HEAD}, error_codes, row_json FROM quarantine WHERE business_date = DATE '{rows.night}' "
        f"AND file_name = '{_quoted(rows.file)}' AND line_number IN ({lines}) ORDER BY line_number",
    )
    missing = sorted({*rows.lines} - {row["line_number"] for row in found})
    if missing:
        raise DecisionError(
            f"no quarantined row of {rows.night} in {rows.file} at line {', '.join(map(str, missing))}",
            do="see `fundwatch quarantine list --date DATE`",
        )
    return [_place_and_row(row) for row in found]


def _place_and_row(row: dict[str, Any]) -> tuple[RowPlace, Rejected]:
    place = RowPlace(**{name: row[name] for name in RowPlace.__dataclass_fields__})
    # numbers as they are written: as binary fractions they would be shown with other digits
    values = None if row["row_json"] is None else json.loads(row["row_json"], parse_float=str)
    return place, Rejected(place.table_name, tuple(row["error_codes"] or ()), values)


def _conflict_problems(settings: Settings, row: Rejected) -> list[str]:
    """A row whose key the lake has accepted with other content would be a conflict again."""
    table, lake = ENTRY_OF.get(row.table_name), Lake(settings.lake_address)
    if "CONFLICT" not in row.codes or row.values is None or table is None or not lake.exists(table):
        return []
    key = "line_id" if row.table_name == "claim_line" else "settlement_id"
    value = _quoted(str(row.values.get(key)))
    if not lake.rows(table, f"SELECT 1 FROM {table} WHERE {key} = '{value}' LIMIT 1"):
        return []
    return [f"CONFLICT: {key} {value} is in the lake with other content; have a reversal and a new line sent"]


def _same_key(rows: Sequence[tuple[RowPlace, Rejected]]) -> list[str]:
    keys = {"claim_line": "line_id", "settlement": "settlement_id"}
    reported = [(p.table_name, (r.values or {}).get(keys[p.table_name])) for p, r in rows if p.table_name in keys]
    return [
        f"{key}: two of these rows have this key; choose one"
        for key in sorted({str(key) for table, key in reported if reported.count((table, key)) > 1})
    ]


def _changes(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise FundwatchError(f"'{wrong[0]}' is not COLUMN=VALUE", where="--value", do="write --value quantity=3")
    return dict(pair.split("=", 1) for pair in pairs)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
