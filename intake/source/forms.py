"""Two forms of the mapping language: a value with unit, default or format; and columns looked up in another file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from fundwatch.declared import Declared

# What one of the unit is worth, as a power of ten of the canonical unit (yuan, or one): exact in decimals.
UNITS: Mapping[str, int] = {
    "fen": -2,
    "jiao": -1,
    "percent": -2,
    "per_mille": -3,
    "thousand": 3,
    "ten_thousand": 4,
}
Unit = Literal["fen", "jiao", "percent", "per_mille", "thousand", "ten_thousand"]
ISO = "iso"  # what a plain column accepts: 2026-03-31, 2026-03-31 14:05:00, 2026-03-31T14:05
_PATTERN_LETTERS = {"y": (2, 4), "M": (1, 2), "d": (1, 2), "H": (1, 2), "m": (1, 2), "s": (1, 2), "S": (1, 9)}
_QUOTED = re.compile(r"'[^']*'")


class Value(Declared):
    """A column (or SQL) whose texts need a conversion.

    In this order: `trim` takes characters off both ends; `unit` says what the numbers count; `format` names the ways in
    which dates are written, tried in turn; `default` stands where the file says nothing (never for a malformed value).
    """

    of: str
    trim: str | None = Field(None, min_length=1)
    unit: Unit | None = None
    format: tuple[str, ...] = ()
    default: str | None = None

    @field_validator("format", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("default", mode="before")
    @classmethod
    def _as_text(cls, given: Any) -> Any:
        """YAML reads 0, true and 2026-03-31 as other things than texts."""
        if isinstance(given, bool):
            return str(given).lower()
        return str(given) if isinstance(given, (int, float, date)) else given

    @model_validator(mode="after")
    def _says_something(self) -> Value:
        if not (self.trim or self.unit or self.format or self.default is not None):
            raise ValueError("give a unit, default, format or trim; for a column as it is write its name alone")
        if self.unit and self.format:
            raise ValueError("a number has a unit, a date has a format: not both")
        wrong = [fault for pattern in self.format for fault in pattern_faults(pattern)]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def faults(self, kind: str) -> Iterator[str]:
        """What does not go with a canonical column of this Spark type."""
        if self.unit and not kind.startswith(("decimal", "int")):
            yield f"a unit goes with a number, and the column is {kind}"
        if self.format and kind not in ("date", "timestamp"):
            yield f"a format goes with a date or a time, and the column is {kind}"
        if self.default is not None and not _is_of(kind, self.default):
            yield f"the default '{self.default}' is no {kind}"


def pattern_faults(pattern: str) -> list[str]:
    """Why a date pattern is none that is understood; empty when it is."""
    if pattern == ISO:
        return []
    bare = _QUOTED.sub("", pattern)
    runs = [found.group() for found in re.finditer(r"([A-Za-z])\1*", bare)]
    allowed = "yyyy yy MM M dd d HH H mm m ss s S, or iso"
    wrong = [f"'{run}' in the format '{pattern}' is none of {allowed}" for run in runs if not _is_allowed(run)]
    missing = [letter for letter in "yMd" if not any(run[0] == letter for run in runs)]
    return wrong + ([f"the format '{pattern}' says no {' '.join(missing)}: a date has y, M and d"] if missing else [])


def _is_allowed(run: str) -> bool:
    lengths = _PATTERN_LETTERS.get(run[0], ())
    return len(run) in (range(1, 10) if run[0] == "S" else lengths)


def _is_of(kind: str, text: str) -> bool:
    try:
        if kind.startswith("decimal"):
            return Decimal(text).is_finite()
        if kind == "int":
            int(text)
        elif kind == "date":
            date.fromisoformat(text)
        elif kind == "timestamp":
            datetime.fromisoformat(text)
    except (ValueError, InvalidOperation):
        return False
    return kind != "boolean" or text in ("true", "false")


class Lookup(Declared):
    """Columns of another file of the same delivery, found by key; `on` and `columns` read `here: there`.

    Each row finds one row there, or becomes a fault: LOOKUP_MISSING (none) or LOOKUP_TWICE (several that differ).
    """

    source: str = Field(alias="from")
    on: dict[str, str] = Field(min_length=1)
    columns: dict[str, str] = Field(min_length=1)
    where: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, given: Any) -> Any:
        """YAML 1.1 reads the key `on` as true."""
        return (
            {"on" if key is True else key: value for key, value in given.items()} if isinstance(given, dict) else given
        )

    @field_validator("on", "columns", mode="before")
    @classmethod
    def _same_names(cls, given: Any) -> Any:
        return {name: name for name in given} if isinstance(given, list) else given
