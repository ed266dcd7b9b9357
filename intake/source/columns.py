"""What a column of a canonical table may be made of, and which of a file's columns each form reads and needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from fundwatch.declared import Declared
from fundwatch.expressions.declared import names_in
from intake.source.forms import Value

Domain = Literal["person", "certificate", "doctor", "contact", "address", "employer", "record", "invoice", "device"]


class _Made(Declared):
    """Made of columns: unknown unless all of them were delivered, or all that `needs` names and any of the others."""

    needs: tuple[str, ...] | None = None


class Expression(_Made):
    """SQL over the file's columns, which are all strings; blanks and null texts are null already."""

    expr: str


class Codes(Declared):
    """The codes of a column (or SQL) translated; one not listed becomes `otherwise`, or is an error without it."""

    codes: dict[str, str]
    of: str
    otherwise: str | None = None


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
    found = [form for form in ("expr", "codes", "token", "scrub", "constant") if form in keys]
    if not found and "of" in keys:
        return "of"
    return found[0] if len(found) == 1 else None


ColumnSource = Annotated[
    Annotated[str, Tag("name")]
    | Annotated[Expression, Tag("expr")]
    | Annotated[Codes, Tag("codes")]
    | Annotated[Token, Tag("token")]
    | Annotated[Scrub, Tag("scrub")]
    | Annotated[Constant, Tag("constant")]
    | Annotated[Value, Tag("of")],
    Discriminator(
        _form,
        custom_error_type="column_form",
        custom_error_message="give a column's name, or exactly one of expr, codes, token, scrub, constant, "
        "or of with a unit, default, format or trim",
    ),
]


class Sealed(_Made):
    """What the vault keeps of a row, encrypted, so that an approved request can tell whose token it is."""

    token: Domain
    of: str
    fields: dict[str, str] = Field(default={}, alias="with")


def expressions_of(given: ColumnSource | Sealed) -> Mapping[str, str]:
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


def names_of(given: ColumnSource | Sealed) -> tuple[str, ...]:
    """The columns that a form names outside of SQL."""
    if isinstance(given, str):
        return (given,)
    return (*(getattr(given, "names", ())), *(getattr(given, "needs", None) or ()))


def columns_used(given: ColumnSource | Sealed, known: frozenset[str]) -> frozenset[str]:
    """Which of the file's columns a canonical column is made of, however their names are written in SQL."""
    named = {given} if isinstance(given, str) else {*given.names} if isinstance(given, Scrub) else set()
    return frozenset(named & known).union(*(names_in(sql, known) for sql in expressions_of(given).values()))


def columns_meant(given: ColumnSource | Sealed, known: frozenset[str]) -> frozenset[str]:
    """Which of them its own value is made of: not the names scrubbed from a text, nor what the vault keeps beside."""
    if isinstance(given, Scrub):
        return names_in(given.scrub, known)
    return names_in(given.of, known) if isinstance(given, Sealed) else columns_used(given, known)


def columns_needed(given: ColumnSource | Sealed, known: frozenset[str]) -> frozenset[str]:
    """Which of them must have been delivered."""
    stated = getattr(given, "needs", None)
    return columns_meant(given, known) if stated is None else frozenset(stated)
