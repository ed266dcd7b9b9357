"""What a column of a canonical table may be made of, and which of a file's columns each form reads and needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from fundwatch.declared import Declared
from fundwatch.expressions.declared import names_in
from intake.source.spelling import as_read, translations_as_read

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
ANY = "*"  # the end of a code that stands for all with its beginning
UNKNOWN_CODE = "UNKNOWN_CODE"  # of a row whose code decides of the row, and no list of the mapping has it
ISO = "iso"  # what a plain column accepts: 2026-03-31, 2026-03-31 14:05:00, 2026-03-31T14:05
_PATTERN_LETTERS = {"y": (2, 4), "M": (1, 2, 3, 4), "d": (1, 2), "H": (1, 2), "m": (1, 2), "s": (1, 2), "S": (1, 9)}
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
        wrong = [problem for pattern in self.format for problem in pattern_problems(pattern)]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def problems(self, kind: str) -> Iterator[str]:
        """What does not go with a canonical column of this Spark type."""
        if self.unit and not kind.startswith(("decimal", "int")):
            yield f"a unit goes with a number, and the column is {kind}"
        if self.format and kind not in ("date", "timestamp"):
            yield f"a format goes with a date or a time, and the column is {kind}"
        if self.default is not None and not is_of(kind, self.default):
            yield f"the default '{self.default}' is no {kind}"


def pattern_problems(pattern: str) -> list[str]:
    """Why a date pattern is none that is understood; empty when it is."""
    if pattern == ISO:
        return []
    bare = _QUOTED.sub("", pattern)
    runs = [found.group() for found in re.finditer(r"([A-Za-z])\1*", bare)]
    allowed = "yyyy yy MMMM MMM MM M dd d HH H mm m ss s S, or iso"
    wrong = [f"'{run}' in the format '{pattern}' is none of {allowed}" for run in runs if not _is_allowed(run)]
    missing = [letter for letter in "yMd" if not any(run[0] == letter for run in runs)]
    return wrong + ([f"the format '{pattern}' says no {' '.join(missing)}: a date has y, M and d"] if missing else [])


def _is_allowed(run: str) -> bool:
    lengths = _PATTERN_LETTERS.get(run[0], ())
    return len(run) in (range(1, 10) if run[0] == "S" else lengths)


def is_of(kind: str, text: str) -> bool:
    """Whether a text of the mapping is a value of a Spark type."""
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


Domain = Literal["person", "certificate", "doctor", "contact", "address", "employer", "record", "invoice", "device"]


class _Made(Declared):
    """Made of columns: unknown unless all of them were delivered, or all that `needs` names and any of the others."""

    needs: tuple[str, ...] | None = None


class Expression(_Made):
    """SQL over the file's columns, which are all strings; blanks and null texts are null already.

    A value that is carried, whose type no contract gives, may be cast to `boolean`: it says yes or no and nothing more.
    """

    expr: str
    as_type: Literal["boolean"] | None = Field(None, alias="as")


class Codes(Declared):
    """The codes of a column (or SQL) translated; one not listed becomes `otherwise`, or is an error without it.

    `codes` are written out, or are the name of a code list. A code that ends in `*` stands for all that begin with what
    is before it; of several that fit, the longest holds.
    """

    codes: dict[str, str]
    of: str
    otherwise: str | None = None

    @field_validator("codes", mode="before")
    @classmethod
    def _a_list_by_its_name(cls, given: Any, info: ValidationInfo) -> Any:
        return info.context.read(given) if isinstance(given, str) and info.context is not None else given

    @field_validator("codes")
    @classmethod
    def _as_they_are_read(cls, given: dict[str, str]) -> dict[str, str]:
        return translations_as_read(given)

    @property
    def exact(self) -> dict[str, str]:
        """The translations of whole codes."""
        return {code: meaning for code, meaning in self.codes.items() if not code.endswith(ANY)}

    @property
    def beginnings(self) -> dict[str, str]:
        """The translations by what a code begins with, the longest first."""
        found = {code.removesuffix(ANY): meaning for code, meaning in self.codes.items() if code.endswith(ANY)}
        return {start: found[start] for start in sorted(found, key=lambda start: (-len(start), start))}

    def lists(self, code: str) -> bool:
        """Whether the code has a translation."""
        return code in self.exact or any(code.startswith(start) for start in self.beginnings)


class CodeList(Declared):
    """A column (or SQL) each of whose codes the mapping lists; `""` stands for a blank. Any other code is drift."""

    of: str

    @model_validator(mode="before")
    @classmethod
    def _plain_words(cls, given: Any) -> Any:
        """YAML 1.1 reads the keys `true` and `false` as no texts."""
        if not isinstance(given, dict):
            return given
        return {_word(key): as_read(value) for key, value in given.items()}

    @model_validator(mode="after")
    def _listed_once(self) -> CodeList:
        twice = sorted({code for code in self.codes if self.codes.count(code) > 1})
        if twice:
            raise ValueError(f"listed twice: {', '.join(map(repr, twice))}")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes that are known."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The column's name, as findings and error codes show it; empty for SQL."""
        return self.of.strip("`") if self.of.strip("`").isidentifier() else ""


class Flag(CodeList):
    """A yes or no in the source's codes; unknown for a blank, and for a code that is not listed."""

    true: tuple[str, ...] = Field(min_length=1)
    false: tuple[str, ...] = Field(min_length=1)

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.true, *self.false)


class Where(CodeList):
    """Which rows to keep, and which to drop: these are counted as quarantined with the code, so that totals balance.

    A row with another code is quarantined as UNKNOWN_CODE.
    """

    keep: tuple[str, ...] = Field(min_length=1)
    drop: tuple[str, ...] = ()
    code: str = Field(pattern=r"^[A-Z_]+$")

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.keep, *self.drop)


class Sign(CodeList):
    """Which rows take back what others say, by the source's word: their sums are made negative where they are not.

    A row with another code is quarantined as UNKNOWN_CODE.
    """

    minus: tuple[str, ...] = Field(min_length=1)
    plus: tuple[str, ...] = Field(min_length=1)

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.minus, *self.plus)


class RowAction(CodeList):
    """What a row does under its key: `put` it there, or `remove` what stands there. Such a row needs its key alone.

    A row with another code is quarantined as UNKNOWN_CODE.
    """

    put: tuple[str, ...] = Field(min_length=1)
    remove: tuple[str, ...] = Field(min_length=1)

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.put, *self.remove)


class Token(_Made):
    """A pseudonym of a column (or SQL) in one of the key's domains."""

    token: Domain
    of: str


class Scrub(_Made):
    """Free text without what identifies a person; the values of the columns `names` are taken out of it too."""

    scrub: str
    names: tuple[str, ...] = ()


class Constant(Declared):
    """The same value in every row."""

    constant: str


def _form(value: Any) -> str | None:
    if isinstance(value, str):
        return "name"
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    found = [form for form in ("expr", "codes", "token", "scrub", "constant", "true") if form in {*map(_word, keys)}]
    if not found and "of" in keys:
        return "of"
    return found[0] if len(found) == 1 else None


def _word(key: Any) -> Any:
    return str(key).lower() if isinstance(key, bool) else key


ColumnSource = Annotated[
    Annotated[str, Tag("name")]
    | Annotated[Expression, Tag("expr")]
    | Annotated[Codes, Tag("codes")]
    | Annotated[Token, Tag("token")]
    | Annotated[Scrub, Tag("scrub")]
    | Annotated[Constant, Tag("constant")]
    | Annotated[Flag, Tag("true")]
    | Annotated[Value, Tag("of")],
    Discriminator(
        _form,
        custom_error_type="column_form",
        custom_error_message="give a column's name, or exactly one of expr, codes, token, scrub, constant, "
        "true (with false), or of with a unit, default, format or trim",
    ),
]


class Sealed(_Made):
    """What the vault keeps of a row, encrypted, so that an approved request can tell whose token it is."""

    token: Domain
    of: str
    fields: dict[str, str] = Field(default={}, alias="with")


def expressions_of(given: ColumnSource | Sealed | CodeList) -> Mapping[str, str]:
    """The SQL in a form, by the key it stands at; a column's own name and a constant are none."""
    if isinstance(given, str | Constant):
        return {}
    if isinstance(given, Expression):
        return {"expr": given.expr}
    if isinstance(given, Scrub):
        return {"scrub": given.scrub}
    if isinstance(given, Sealed):
        return {"of": given.of, **{f"with.{field}": sql for field, sql in given.fields.items()}}
    return {"of": given.of}


def names_of(given: ColumnSource | Sealed | CodeList) -> tuple[str, ...]:
    """The columns that a form names outside of SQL."""
    if isinstance(given, str):
        return (given,)
    return (*(getattr(given, "names", ())), *(getattr(given, "needs", None) or ()))


def columns_used(given: ColumnSource | Sealed | CodeList, known: frozenset[str]) -> frozenset[str]:
    """Which of the file's columns a canonical column is made of, however their names are written in SQL."""
    named = {given} if isinstance(given, str) else {*given.names} if isinstance(given, Scrub) else set()
    return frozenset(named & known).union(*(names_in(sql, known) for sql in expressions_of(given).values()))


def columns_meant(given: ColumnSource | Sealed | CodeList, known: frozenset[str]) -> frozenset[str]:
    """Which of them its own value is made of: not the names scrubbed from a text, nor what the vault keeps beside."""
    if isinstance(given, Scrub):
        return names_in(given.scrub, known)
    return names_in(given.of, known) if isinstance(given, Sealed) else columns_used(given, known)


def columns_needed(given: ColumnSource | Sealed | CodeList, known: frozenset[str]) -> frozenset[str]:
    """Which of them must have been delivered."""
    stated = getattr(given, "needs", None)
    return columns_meant(given, known) if stated is None else frozenset(stated)
