"""Which quarantined rows a person may vouch for, and which corrected values they may be given. Pure, without Spark."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Table
from intake.source.checks import NUMBER_FORM_CODE, TableChecks
from intake.source.mapping import ENTRY_OF, POINTER_OF, REMOVAL, SourceMapping, mapped_columns
from intake.source.unpivot import NO_VALUES

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_CONFLICT, _UNREADABLE = "CONFLICT", "UNREADABLE"
_FREE_TEXT = ("note", "complaint", "content")  # scrubbed on the way in; what a person types by hand is not


@dataclass(frozen=True)
class Rejected:
    """A quarantined row: its codes, its canonical values (None when nothing of it was kept)."""

    table_name: str
    codes: tuple[str, ...]
    values: Mapping[str, Any] | None


def contract_of(table: str) -> Table:
    """The contract that a delivered row of the table must fit: that of its entries where it is netted."""
    return TABLES[ENTRY_OF.get(table, table)]


def source_codes(mapping: SourceMapping, table: str) -> frozenset[str]:
    """The codes by which the source itself calls rows of the table not valid, or says that there is none."""
    how = mapping.tables.get(table)
    rows = () if how is None else how.rows
    stated = {r.where.code for r in rows if r.where is not None}
    return frozenset(stated | {NO_VALUES for r in rows if r.unpivot is not None})


def release_problems(
    row: Rejected, checks: TableChecks, not_valid: Collection[str], *, takes_conflict: bool
) -> list[str]:
    """Why the row cannot be taken in as it stands; nothing when a person may vouch for it."""
    if row.values is None:
        return [f"{_UNREADABLE}: nothing of the row was kept; have it sent again"]
    found = _unkeyed(row) + _disowned(row, not_valid)
    missing = sorted(c for c in checks.required if row.values.get(c) is None and f"MISSING:{c}" in row.codes)
    malformed = sorted(c for c in checks.required if {f"MALFORMED:{c}", f"{NUMBER_FORM_CODE}:{c}"} & {*row.codes})
    found += [f"{c}: the row has no readable value, and the table needs one; resubmit it" for c in malformed + missing]
    if _CONFLICT in row.codes and not takes_conflict:
        found.append("CONFLICT: several rows have this key; say --accept-conflict to choose this one")
    return found


def resubmit_problems(row: Rejected, changes: Mapping[str, str], not_valid: Collection[str]) -> list[str]:
    """Why the row cannot be resubmitted with these values. What the checks say of it is judged by the night."""
    if row.values is None:
        return [f"{_UNREADABLE}: nothing of the row was kept; have it sent again"]
    contract = contract_of(row.table_name)
    found = _unkeyed(row) + _disowned(row, not_valid)
    if _CONFLICT in row.codes:
        found.append("CONFLICT: corrected values would hide which row is right; release one, or have a reversal sent")
    allowed = settable_columns(row.table_name)
    for column, text in changes.items():
        if column not in allowed:
            found.append(f"{column}: is a key, a pseudonym, free text or unknown; one may set {', '.join(allowed)}")
        elif (problem := value_problem(contract.spark_type(column), text)) is not None:
            found.append(f"{column}: {problem}")
    return found


def settable_columns(table: str) -> tuple[str, ...]:
    """The canonical columns a person may correct: no keys, pseudonyms, free text, or pointers of reversals."""
    contract = contract_of(table)
    fixed = {*contract.key, *TABLES[table].key, *contract.token_columns, *_FREE_TEXT, POINTER_OF.get(table), REMOVAL}
    return tuple(column for column in mapped_columns(table) if column not in fixed)


def value_problem(kind: str, text: str) -> str | None:
    """Why a text is no exact value of a contract's type; None when it is one."""
    try:
        if decimal := _DECIMAL.fullmatch(kind):
            return _decimal_problem(Decimal(text), int(decimal[1]), int(decimal[2]))
        if kind in ("int", "bigint"):
            int(text)
        elif kind == "double":
            float(text)
        elif kind == "date":
            date.fromisoformat(text)
        elif kind == "timestamp":
            datetime.fromisoformat(text)
        elif kind == "boolean" and text not in ("true", "false"):
            return f"'{text}' is neither true nor false"
    except (ValueError, InvalidOperation):
        return f"'{text}' is no {kind}"
    return None


def _decimal_problem(value: Decimal, precision: int, scale: int) -> str | None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return "is not a number"
    if -exponent > scale:
        return f"has more than {scale} decimals"
    return f"has more than {precision - scale} digits" if value.adjusted() >= precision - scale else None


def _unkeyed(row: Rejected) -> list[str]:
    values = row.values or {}
    empty = [column for column in TABLES[row.table_name].required_key if values.get(column) is None]
    return [f"{column}: the row has no key, so nobody could find it again; have it sent again" for column in empty]


def _disowned(row: Rejected, not_valid: Collection[str]) -> list[str]:
    reported = sorted(set(row.codes) & set(not_valid))
    return [f"{code}: the source itself calls the row not valid; have a valid one sent" for code in reported]
