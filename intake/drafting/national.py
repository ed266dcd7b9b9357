"""What the national mapping makes of columns, written in the names that a header gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from fundwatch.expressions.declared import names_in, written
from intake.drafting.sampling import Look
from intake.drafting.values import flow, plain_name, sql
from intake.source.columns import ColumnSource, Sealed, columns_meant, columns_needed
from intake.source.load import read_mapping
from intake.source.mapping import Rows, SourceMapping

_TEXTS = ("expr", "of", "scrub")  # the keys that hold SQL


def national_columns(table: str, look: Look) -> dict[str, str]:
    """The YAML of each canonical column that is more than a column's name there and whose columns are all here.

    A column that an expression does not need and that is not here reads NULL.
    """
    found = {}
    for rows, here in _fed(table, look):
        for column, given in rows.columns.items():
            if not isinstance(given, str) and _has(given, here):
                found[column] = flow(_renamed(given, here))
    return found


def national_vault(table: str, look: Look) -> list[str]:
    """The YAML of the entries of the vault whose identifiers are here."""
    return [flow(_renamed(e, here)) for rows, here in _fed(table, look) for e in rows.vault if _has(e, here)]


@lru_cache
def _national() -> SourceMapping:
    return read_mapping("national")


def _fed(table: str, look: Look) -> Iterator[tuple[Rows, Mapping[str, str | None]]]:
    """The rows that feed the table there, if any do, and by each of their columns the header's, None where it is not
    here."""
    feeding = _national().tables.get(table)
    for rows in () if feeding is None else feeding.rows:
        aliases = _national().files[rows.source].names()
        here: dict[str, str | None] = dict.fromkeys(aliases.values())
        # what is always blank would be read as delivered
        here |= {aliases[h]: h for h in look.header if h in aliases and not look.is_blank(h)}
        yield rows, here


def _has(given: ColumnSource | Sealed, here: Mapping[str, str | None]) -> bool:
    known = frozenset(here)
    there = {column for column, header in here.items() if header is not None}
    return bool(columns_meant(given, known) & there) and columns_needed(given, known) <= there


def _renamed(given: ColumnSource | Sealed, here: Mapping[str, str | None]) -> dict[str, Any]:
    """The form as the mapping language has it, its columns under the header's names."""
    if isinstance(given, str):
        return {"of": given}
    form = given.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    form |= {key: _sql(form[key], here) for key in _TEXTS if key in form}
    form.pop("needs", None)  # what is not here reads NULL already
    if "names" in form:
        form["names"] = [plain_name(header) for name in form["names"] if (header := here[name]) is not None]
    if "with" in form:
        form["with"] = {field: _sql(text, here) for field, text in form["with"].items() if _is_here(text, here)}
    return {key: value for key, value in form.items() if value not in ({}, [])}


def _sql(text: str, here: Mapping[str, str | None]) -> str:
    return written(text, names={name: "NULL" if header is None else sql(header) for name, header in here.items()})


def _is_here(text: str, here: Mapping[str, str | None]) -> bool:
    return any(here.get(word) is not None for word in names_in(text))
