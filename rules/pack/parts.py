"""What compiled expressions are made of: functions of a row with their types, strict functions, comparison, arithmetic.

A comparison with what is unknown is unknown, and so is a function of it unless it says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from fundwatch.errors import FundwatchError
from rules.pack.values import (
    NOTHING,
    NULL,
    Type,
    as_decimal,
    computed,
    converted,
    digits_of,
    is_number,
    quotient,
    result_type,
    unknown_of,
    whole,
    wider,
)


class NotExportableError(FundwatchError):
    """The evaluator cannot compute an expression."""


class PackRow(Protocol):
    """A fee line: its columns by name, and of the rule that is being judged the measures."""

    measures: dict[str, Any]

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True)
class Compiled:
    """A function of the row and the type of what it gives; `literal` is its value where it is written out."""

    run: Callable[[PackRow], Any]
    type: Type
    literal: Any = None


def constant(value: Any, kind: Type) -> Compiled:
    return Compiled(lambda _row: value, kind, value)


def alike(parts: Sequence[Compiled]) -> tuple[Type, list[Callable[[PackRow], Any]]]:
    """The type that holds what all parts give, and the parts as functions of that type."""
    kind = NOTHING
    for part in parts:
        found = wider(kind, part.type)
        if found is None:
            raise NotExportableError(f"{kind} and {part.type} do not go together")
        kind = found
    return kind, [_as_type(part, kind) for part in parts]


def _as_type(part: Compiled, kind: Type) -> Callable[[PackRow], Any]:
    if part.type in (kind, NOTHING):
        return part.run
    return lambda row: converted(part.run(row), part.type, kind)


def strictly(parts: Sequence[Compiled], kind: Type, compute: Callable[..., Any]) -> Compiled:
    """A function that is unknown as soon as one of its arguments is."""
    runs = [part.run for part in parts]

    def run(row: PackRow) -> Any:
        values = [one(row) for one in runs]
        unknown = unknown_of(values)
        return compute(*values) if unknown is None else unknown

    return Compiled(run, kind)


def comparable(parts: Sequence[Compiled]) -> list[Compiled]:
    """The parts so that their values compare: of one type; a written text beside a date is a date."""
    if {"date"} < {part.type for part in parts} <= {"date", "string"}:
        return [_written_date(part) if part.type == "string" else part for part in parts]
    kinds = {part.type for part in parts} - {NOTHING}
    if all(map(is_number, kinds)) and "double" not in kinds:
        return list(parts)  # whole numbers and decimals compare exactly as they are
    kind, runs = alike(parts)
    return [Compiled(run, kind) for run in runs]


def _written_date(part: Compiled) -> Compiled:
    try:
        return constant(date.fromisoformat(str(part.literal)), "date")
    except ValueError as error:
        raise NotExportableError("a text is compared with a date") from error


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compared(sign: str, args: Sequence[Compiled]) -> Compiled:
    return strictly(comparable(args), "boolean", COMPARISONS[sign])


def regular(pattern: str) -> re.Pattern[str]:
    """A pattern that Java and Python read alike; digits and words are ASCII's, as Java's are."""
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise NotExportableError(f"the pattern '{pattern[:40]}' cannot be read") from error


def arithmetic(sign: str, args: Sequence[Compiled]) -> Compiled:
    """Sums, differences, products and quotients; a quotient by zero is unknown."""
    left, right = args
    if not (is_number(left.type) and is_number(right.type)):
        raise NotExportableError(f"{left.type} {sign} {right.type} is not computed")
    kinds = {left.type, right.type}
    has_decimal = any(digits_of(kind) for kind in kinds)
    if "double" in kinds or (sign == "/" and not has_decimal):
        return strictly(args, "double", lambda a, b: _of_doubles(sign, float(a), float(b)))
    if not has_decimal:
        kind = "bigint" if "bigint" in kinds else "int"
        return strictly(args, kind, lambda a, b: whole({"+": a + b, "-": a - b, "*": a * b}[sign], kind))
    kind = result_type(sign, as_decimal(left.type, left.literal), as_decimal(right.type, right.literal))
    if sign == "/":
        return strictly(args, kind, lambda a, b: quotient(Decimal(a), Decimal(b), kind) if b else NULL)
    return strictly(args, kind, lambda a, b: computed(sign, Decimal(a), Decimal(b), kind))


def _of_doubles(sign: str, a: float, b: float) -> Any:
    if sign == "/":
        return a / b if b else NULL
    return {"+": a + b, "-": a - b, "*": a * b}[sign]
