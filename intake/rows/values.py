"""One canonical value out of what a file says: placeholders are nothing, times and numbers are read by one rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts.table import Table
from fundwatch.expressions.declared import names_in, written
from fundwatch.expressions.tokens import quoted_name
from intake.rows.listed import flag_value
from intake.rows.moments import as_moment
from intake.rows.normalizing import in_list_form, is_id, is_number_form
from intake.source.columns import (
    ISO,
    UNITS,
    Codes,
    ColumnSource,
    Constant,
    Expression,
    Flag,
    Scrub,
    Token,
    Value,
    columns_used,
    expressions_of,
)
from intake.source.placeholders import Placeholders

if TYPE_CHECKING:
    from pyspark.sql import Column

    from intake.rows.privacy import PrivacyFunctions
    from intake.source.checks import Quality
    from intake.source.mapping import SourceMapping

_CARRIED_NUMBER = "decimal(24,6)"  # a carried value has no contract that says its type
_WHOLE_VIA = "decimal(20,4)"  # "30.0" is a whole number too
_HELPER = "_said_"
_NUMBERS = ("decimal", "int", "bigint", "double")
# 1,234.50 and ￥30元: certain; 1,23 or 1.234,50 are not, and are refused
_MONEY_SIGNS = r"^([+-]?)[¥￥] ?|(?<=[0-9]) ?元$"
_GROUPED = r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?$"


@dataclass(frozen=True)
class ValueRules:
    """How a source writes its values: on which clock, and which texts stand for nothing."""

    zone: str = "Asia/Shanghai"
    placeholders: Placeholders = field(default_factory=Placeholders)


def values_of(mapping: SourceMapping, quality: Quality) -> ValueRules:
    """The rules of a source under the checks in force."""
    return ValueRules(mapping.delivery.zone, Placeholders(quality.placeholders, mapping.placeholders))


@dataclass(frozen=True)
class Made:
    """A canonical value, the source's own that it was made of (null where it says nothing), and what stood there.

    `placeholder` is the text that stood for nothing, `is_number_form` whether an id was written as a number.
    """

    source: Column
    value: Column
    placeholder: Column | None = None
    is_number_form: Column | None = None


@dataclass(frozen=True)
class Reader:
    """How the canonical columns of one file's rows are made.

    `ids` are the file's columns of which nothing is computed, `identifying` those that name somebody, `allowed` the
    values that the checks list, by canonical column.
    """

    table: Table
    privacy: PrivacyFunctions
    rules: ValueRules
    known: frozenset[str]
    ids: frozenset[str]
    identifying: frozenset[str]
    allowed: Mapping[str, Collection[str]]

    def made(self, name: str, given: ColumnSource) -> Made:
        """The value of the table's column `name`."""
        kind = self.table.spark_type(name)
        listed = self.rules.placeholders.of(self.table, name, given, self.allowed.get(name, ()))
        if kind == "boolean" and isinstance(given, Expression):
            listed = ()  # SQL says yes or no itself
        source, value = self._parts(given, kind, listed)
        number = None
        if is_id(self.table, name) and not isinstance(given, Constant):
            number = self._is_number(given, source)
            value = F.when(~F.coalesce(number, F.lit(False)), value)
        stood = [F.when(text.isin(*listed), text) for text in self._texts(given)] if listed else []
        found = F.coalesce(*stood) if stood else None
        return Made(source, typed(in_list_form(name, value), kind, self.rules.zone), found, number)

    def carried(self, given: ColumnSource) -> Column:
        """A value that is carried along for tables grouped from this one, and has no contract."""
        value = self._parts(given, None, self.rules.placeholders.of_codes() if isinstance(given, Token) else ())[1]
        return value.try_cast("boolean") if isinstance(given, Expression) and given.as_type == "boolean" else value

    def helpers(self, columns: Collection[str]) -> list[Column]:
        """The file's `columns` that identify, where they say something: for SQL of which a token or a seal is made."""
        listed = self.rules.placeholders.of_codes()
        found = []
        for name in sorted(columns):
            text = F.col(quoted_name(name))
            says = ~is_number_form(text) & ~text.isin(*listed) if listed else ~is_number_form(text)
            found.append(F.when(says, text).alias(_HELPER + name))
        return found

    def named(self, sql: str) -> dict[str, str]:
        """What stands in SQL in place of a column's name, for those that identify."""
        return {c: quoted_name(_HELPER + c) for c in names_in(sql, self.identifying)}

    def _parts(self, given: ColumnSource, kind: str | None, listed: Collection[str]) -> tuple[Column, Column]:
        """The source value, and what is made of it, still to be cast (null where that cannot be done)."""

        def known(text: Column) -> Column:
            return F.when(~text.cast("string").isin(*listed), text) if listed else text

        if isinstance(given, str):
            source = value = known(F.col(quoted_name(given)))
        elif isinstance(given, Constant):
            source = value = F.lit(given.constant)
        elif isinstance(given, Expression):
            source = value = known(F.expr(written(given.expr)))
        elif isinstance(given, Value):
            source, value = converted(given, kind, self.rules.zone, known)
        elif isinstance(given, Token):
            names = {} if self._is_name(given.of) else self.named(given.of)
            source = known(F.expr(written(given.of, names=names)))
            value = self.privacy.token(given.token)(source)
        elif isinstance(given, Flag):
            # a code that no list has is a finding, and no problem of the row
            source = value = flag_value(given)
        elif isinstance(given, Scrub):
            # a text that cannot be made safe is dropped whole: that is no problem of the row
            named = [F.col(quoted_name(name)) for name in given.names]
            source = value = self.privacy.scrubbed(known(F.expr(written(given.scrub))), named)
        else:
            source = known(F.expr(written(given.of)))
            value = _translated(source, given)
        return source, value

    def _texts(self, given: ColumnSource) -> list[Column]:
        """What the file says where a placeholder may stand."""
        if isinstance(given, Token) and not self._is_name(given.of):
            return [F.col(quoted_name(c)) for c in sorted(names_in(given.of, self.identifying))]
        if isinstance(given, Value):
            return [trimmed(given)]
        sql = given if isinstance(given, str) else next(iter(expressions_of(given).values()))
        return [F.col(quoted_name(sql)) if isinstance(given, str) else F.expr(written(sql)).cast("string")]

    def _is_plain(self, given: ColumnSource) -> bool:
        """Whether a column is made of one of the file's alone."""
        sqls = [given] if isinstance(given, str) else list(expressions_of(given).values())
        return all(self._is_name(sql) for sql in sqls)

    def _is_name(self, sql: str) -> bool:
        return sql.strip("`") in self.known

    def _is_number(self, given: ColumnSource, source: Column) -> Column:
        """Whether an id was written as a number, by itself or in a part of what it is made of."""
        text = source.cast("string")
        found = is_number_form(text)
        for part in [] if self._is_plain(given) else sorted(columns_used(given, self.ids)):
            found = found | F.coalesce(is_number_form(F.col(quoted_name(part))), F.lit(False))
        return found


def typed(value: Column, kind: str, zone: str) -> Column:
    """The value as one of its column's type; null where it is none."""
    if kind == "string":
        return value
    if kind in ("date", "timestamp"):
        return as_moment(value.cast("string"), zone).cast(kind)
    if kind.split("(")[0] not in _NUMBERS:
        return value.try_cast(kind)
    if kind in ("int", "bigint"):
        whole = _number(value, _WHOLE_VIA)
        return F.when(whole % 1 == 0, whole).try_cast(kind)
    return _number(value, kind)


def _number(value: Column, kind: str) -> Column:
    """A number with the signs of money or of thousands that people write, where these leave no doubt."""
    return F.coalesce(value.try_cast(kind), _bare_number(value.cast("string")).try_cast(kind))


def _bare_number(text: Column) -> Column:
    bare = F.regexp_replace(text, _MONEY_SIGNS, "$1")
    return F.when(bare.rlike(_GROUPED), F.regexp_replace(bare, ",", "")).otherwise(bare)


def _translated(source: Column, given: Codes) -> Column:
    value = F.lit(given.otherwise).cast("string")
    for start, meaning in reversed(given.beginnings.items()):
        value = F.when(source.startswith(start), F.lit(meaning)).otherwise(value)
    for code, meaning in given.exact.items():
        value = F.when(source == code, F.lit(meaning)).otherwise(value)
    return value


def trimmed(given: Value) -> Column:
    """What the file says, without what `trim` takes off its ends."""
    source = F.expr(written(given.of)).cast("string")
    if given.trim is None:
        return source
    return F.nullif(F.trim(F.trim(source, F.lit(given.trim))), F.lit(""))


def converted(
    given: Value, kind: str | None, zone: str = "Asia/Shanghai", known: Callable[[Column], Column] = lambda text: text
) -> tuple[Column, Column]:
    """The source text, and what is made of it, still to be cast to `kind` (None: a carried value).

    A text that is no number or date of a format becomes a value that cannot be cast, or null; so it is reported as
    malformed and never takes the default, which stands where the file says nothing.
    """
    source = known(trimmed(given))
    value = source
    if given.unit is not None:
        # one rounding, by the cast to the column's own scale: 1250 fen is read as 1250e-2
        value = F.concat(_bare_number(source), F.lit(f"e{UNITS[given.unit]}"))
        value = value.try_cast(_CARRIED_NUMBER) if kind is None else value
    if given.format:
        value = F.coalesce(*(_moment(source, pattern, zone) for pattern in given.format))
    if given.default is not None:
        default = F.lit(given.default)
        default = default.try_cast("timestamp") if given.format else default
        value = F.when(source.isNull(), default).otherwise(value)
    return source, value


def _moment(source: Column, pattern: str, zone: str) -> Column:
    return as_moment(source, zone) if pattern == ISO else F.try_to_timestamp(source, F.lit(pattern))
