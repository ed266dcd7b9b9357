"""Texts as delivered to the one spelling of each (see fundwatch.texts), as Spark columns; and codes that are none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts.table import Table
from fundwatch.expressions.declared import names_in
from fundwatch.texts import ASCII_WIDTH, FULL_WIDTH, STRANGE, UNSEEN, WITHIN_ENDS, WRAPPED
from intake.files.value_types import NUMBER_FORM, OF_A_LIST, SHORTENED_FORM
from intake.source.columns import Codes, Scrub, columns_used
from intake.source.mapping import Rows

if TYPE_CHECKING:
    from pyspark.sql import Column

_DIAGNOSIS_CODE = "diagnosis_code"
_DAGGERS, _PLUS = "†‡✝➕＋﹢＊∗﹡⁎", "++++++****"
# the national lists write I10.x00 and A00.100x001: a small x that fills a place, and no chapter's letter
_FILLING_X = "(?<=[0-9.])X(?=[0-9]{2,3}(?:X[0-9]|[^0-9A-Z]|$))"


def is_strange(names: Collection[str]) -> Column:
    """Whether any of a row's texts may have another spelling than its own; in most rows none has."""
    return F.concat_ws("|", *(F.col(name) for name in names)).rlike(STRANGE)


def one_spelling(text: Column, strange: Column, *, is_key: bool) -> Column:
    """The text's one spelling; where the row is `strange` with all that `fundwatch.texts` says, else trimmed."""
    bare = _bare(text)
    if is_key:
        bare = _bare(F.translate(bare, FULL_WIDTH, ASCII_WIDTH))
    return F.when(strange & text.rlike(STRANGE), bare).otherwise(F.trim(text))


def _bare(text: Column) -> Column:
    ends = F.regexp_replace(text, WITHIN_ENDS, "")
    return F.regexp_replace(F.regexp_replace(ends, WRAPPED, "$1"), WITHIN_ENDS, "")


def texts_only(table: Table, rows: Rows, known: frozenset[str]) -> frozenset[str]:
    """The file's columns that nothing but names and free texts are made of: these keep their full-width signs."""
    texts, others = frozenset[str](), frozenset[str]().union(*(lookup.on for lookup in rows.lookup))
    for name, given in [*rows.columns.items(), *rows.carry.items()]:
        used = columns_used(given, known)
        is_name = name in table.names and not name.endswith("department") and not isinstance(given, Codes)
        if isinstance(given, Scrub) or is_name:
            texts |= used
        else:
            others |= used
    for entry in rows.vault:
        texts = texts.union(*(names_in(sql, known) for sql in entry.fields.values()))
        others |= names_in(entry.of, known)
    for deciding in rows.judged_by().values():
        others |= names_in(deciding.of, known)
    return texts - others


def is_id(table: Table, name: str) -> bool:
    """Whether a canonical column holds what things and people are known by, and no values that are computed with."""
    column = next(c for c in table.columns if c.name == name)
    is_key = column.type == "string" and not (column.text or column.is_free_text or column.is_quoting)
    return is_key or name.endswith(("_id", "item_code"))


def computed_columns(table: Table, rows: Rows, known: frozenset[str]) -> frozenset[str]:
    """The file's columns that numbers, dates and yes-or-no are made of: no ids, whatever else reads them."""
    given = [source for name, source in rows.columns.items() if table.spark_type(name) != "string"]
    return frozenset().union(*(columns_used(source, known) for source in given))


def is_number_form(text: Column, name: str = "") -> Column:
    """Whether a text is an id that a program took for a number, 5001.0 or 9.9E+17: without the point it would be
    another's. `name` is the canonical column's, where it is made for one."""
    form = SHORTENED_FORM if name.endswith(OF_A_LIST) else NUMBER_FORM
    return (text.contains(".") | text.contains("+")) & text.rlike(form)


def in_list_form(name: str, value: Column) -> Column:
    """A diagnosis code as the national list writes it (A01.000x005+J17.0*); any other column's value as it is."""
    if not name.endswith(_DIAGNOSIS_CODE):
        return value
    plain = F.regexp_replace(F.translate(value, _DAGGERS + FULL_WIDTH, _PLUS + ASCII_WIDTH), UNSEEN, "")
    return F.regexp_replace(F.upper(plain), _FILLING_X, "x")
