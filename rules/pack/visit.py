"""One visit as JSON: rows of canonical tables, read strictly, every value of the type that its column has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from fundwatch.errors import FundwatchError, problems
from rules.pack.document import PackInput
from rules.pack.values import Unknown, digits_of

SINGLE = ("encounter", "patient", "institution")  # of which a visit has one row; of the other tables any number
LISTED = (
    "claim_line", "settlement", "diagnosis", "procedure", "item", "doctor", "enrolment", "chronic_registration",
)  # fmt: skip
TABLES = (*SINGLE, *LISTED)
OF_VISIT = ("encounter_id", "patient_id", "institution_id")  # what lines need not repeat
_MOST_LINES, _MOST_TEXT, _MOST_DIGITS = 20_000, 4_000, 30
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
TypedRow = Mapping[str, Any]


class VisitError(FundwatchError):
    """A visit cannot be judged: it is not of the shape that visits have, or a value is not of its type."""


@dataclass(frozen=True)
class VisitAtHand:
    """The rows of a visit by table. `given` are the sources that it says anything of, and `days_only` the moments of
    which it says the day alone."""

    tables: Mapping[str, Sequence[TypedRow]]
    given: frozenset[str]
    days_only: frozenset[str]

    @property
    def encounter_id(self) -> str:
        return str(self.tables["encounter"][0]["encounter_id"])

    @property
    def is_settled(self) -> bool:
        """Whether the visit says what settlements there are; otherwise it is judged before settlement."""
        return "settlement" in self.tables

    def row(self, table: str) -> TypedRow:
        """The visit's one row of a table; nothing is known where it has none."""
        rows = self.tables.get(table, ())
        return rows[0] if rows else {}


def read_visit(content: object, tables: Mapping[str, Mapping[str, PackInput]], where: str) -> VisitAtHand:
    """The visit that a JSON document holds. Raises VisitError naming everything that is wrong with it."""
    if not isinstance(content, dict):
        raise VisitError("a visit is an object of tables", where=where, do="see docs/rule_pack.md for one that works")
    reading = _VisitReading(tables)
    found = {name: list(reading.rows(name, rows)) for name, rows in content.items() if reading.is_table(name)}
    reading.check_keys(found)
    if reading.wrong:
        raise VisitError(problems("the visit cannot be judged", reading.wrong), where=where, do="fix what is named")
    given = frozenset(f"{table}.{name}" for table, rows in found.items() for row in rows for name in row)
    given |= {f"{table}.{name}" for table, rows in found.items() if not rows for name in tables[table]}
    return VisitAtHand(found, given, frozenset(reading.days_only))


class _VisitReading:
    """Collects rows and what is wrong with them."""

    def __init__(self, tables: Mapping[str, Mapping[str, PackInput]]) -> None:
        self.tables = tables
        self.wrong: list[str] = []
        self.days_only: set[str] = set()

    def is_table(self, name: str) -> bool:
        if name in self.tables:
            return True
        self.wrong.append(f"there is no table '{name[:60]}'{_near(name, self.tables)}")
        return False

    def rows(self, table: str, content: object) -> Iterator[dict[str, Any]]:
        rows = [content] if table in SINGLE else content
        if not isinstance(rows, list):
            self.wrong.append(f"{table}: is a list of rows")
        elif len(rows) > _MOST_LINES:
            self.wrong.append(f"{table}: has {len(rows):,} rows; one visit has at most {_MOST_LINES:,}")
        else:
            for number, row in enumerate(rows, start=1):
                place = table if table in SINGLE else f"{table} {number}"
                if isinstance(row, dict):
                    yield self._row(table, row, place)
                else:
                    self.wrong.append(f"{place}: is an object of columns")

    def _row(self, table: str, row: Mapping[str, Any], place: str) -> dict[str, Any]:
        columns, found = self.tables[table], {}
        for name, value in row.items():
            if name not in columns:
                self.wrong.append(f"{place}: there is no column '{name[:60]}'{_near(name, columns)}")
                continue
            try:
                found[name] = self._value(value, columns[name].type, f"{table}.{name}")
            except (ValueError, OverflowError) as error:
                self.wrong.append(f"{place}: {name}: {error}")
        return found

    def _value(self, value: object, kind: str, source: str) -> Any:
        if value is None:
            return Unknown({source})
        if kind == "timestamp" and isinstance(value, str) and _DATE.fullmatch(value):
            self.days_only.add(source)
            return datetime.fromisoformat(value)
        return _typed(value, kind)

    def check_keys(self, found: dict[str, list[dict[str, Any]]]) -> None:
        """The encounter and its lines must be there and be each other's; lines take from it what they do not repeat."""
        encounter = next(iter(found.get("encounter", ())), {})
        if not isinstance(encounter.get("encounter_id"), str):
            self.wrong.append("encounter: encounter_id is missing")
        lines = found.get("claim_line", [])
        if not lines:
            self.wrong.append("claim_line: a visit has one line at least")
        for number, line in enumerate(lines, start=1):
            for name in OF_VISIT:
                own = encounter.get(name)
                if own is not None and line.setdefault(name, own) != own and isinstance(line[name], str):
                    self.wrong.append(f"claim_line {number}: {name} is another than the encounter's")
            if not isinstance(line.get("line_id"), str):
                self.wrong.append(f"claim_line {number}: line_id is missing")
        settlements = [row.get("settlement_id") for row in found.get("settlement", ())]
        keys = (("claim_line", "line_id", [line.get("line_id") for line in lines]),)
        for table, name, values in (*keys, ("settlement", "settlement_id", settlements)):
            twice = [value for value, times in Counter(values).items() if times > 1 and isinstance(value, str)]
            self.wrong += [f"{table}: {name} '{value}' stands twice" for value in twice]
        named = {line["settlement_id"] for line in lines if isinstance(line.get("settlement_id"), str)}
        if "settlement" in found and (unknown := sorted(named - {*settlements})):
            self.wrong.append(f"claim_line: settlement_id '{unknown[0]}' is none of the visit's settlements")


def _near(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, 1)
    return f": '{near[0]}' may be meant" if near else f"; there are {', '.join(known)}" if len(known) < 20 else ""


def _typed(value: object, kind: str) -> Any:
    """The value as one of the type. Raises ValueError saying what is expected."""
    if kind == "string":
        if not isinstance(value, str):
            raise ValueError("is a text: write it between quotation marks")
        if len(value) > _MOST_TEXT:
            raise ValueError(f"is longer than {_MOST_TEXT:,} characters")
        return value
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ValueError("is true, false or null")
        return value
    if kind in ("int", "bigint"):
        if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
            raise ValueError("is a whole number")
        return value
    return _number(value, kind) if digits_of(kind) else _moment(value, kind)


def _number(value: object, kind: str) -> Decimal:
    precision, scale = digits_of(kind) or (0, 0)
    if isinstance(value, Decimal) and not -_MOST_DIGITS < value.adjusted() < _MOST_DIGITS:
        raise ValueError("is too large or too small")
    text = value if isinstance(value, str) else format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"is a number of at most {precision - scale} digits and {scale} decimals")
    try:
        found = Decimal(text).quantize(Decimal(1).scaleb(-scale))
    except InvalidOperation as error:
        raise ValueError("is too large") from error
    if found != Decimal(text) or found.adjusted() + 1 > precision - scale:
        raise ValueError(f"is a number of at most {precision - scale} digits and {scale} decimals")
    return found


def _moment(value: object, kind: str) -> date:
    example = "2026-03-31" if kind == "date" else "2026-03-31T09:30:00, local time without an offset"
    pattern = _DATE if kind == "date" else _MOMENT
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"is written as {example}")
    try:
        return date.fromisoformat(value) if kind == "date" else datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("is no day of the calendar") from error
