"""One canonical value out of what a file says: placeholders are nothing, times and numbers are read by one rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts.table import Table
from fundwatch.expressions.declared import names_in, written
from fundwatch.expressions.tokens import quoted_name, quoted_text
from fundwatch.texts import in_ascii
from intake.rows.listed import flag_value
from intake.rows.normalizing import in_list_form, is_id, is_number_form
from intake.rows.reading import unless_among
from intake.rows.times import as_moment
from intake.source.checks import NUMBER_FORM_CODE
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
    from pyspark.sql import Column, DataFrame

    from intake.rows.privacy import PrivacyFunctions
    from intake.source.checks import Quality
    from intake.source.mapping import SourceMapping

_CARRIED_NUMBER = "decimal(24,6)"  # a carried value has no contract that says its type
_WHOLE_VIA = "decimal(20,4)"  # "30.0" is a whole number too
_HELPER, _DELIVERED, _SOURCE, _VALUE = "_known_", "_delivered_", "_source_", "_value_"
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

    def read(self, rows: DataFrame, filled: Mapping[str, ColumnSource]) -> DataFrame:
        """The file's rows with two columns more for each canonical one: what the file says, and the value made of it.

        Step by step, each in names of the step before: an expression that stands in five places of the next is
        planned five times, and one in those of the next again.
        """
        said = {name: self._said(name, given) for name, given in filled.items()}
        if helpers := self._helpers():
            rows = rows.select("*", *helpers)
        rows = rows.select("*", *(text.alias(_DELIVERED + name) for name, text in said.items()))
        rows = rows.select("*", *(self._source(name, given).alias(_SOURCE + name) for name, given in filled.items()))
        return rows.select("*", *(self._value(name, given).alias(_VALUE + name) for name, given in filled.items()))

    def value(self, name: str) -> Column:
        """The canonical value, of what `read` made."""
        return F.col(_VALUE + name).alias(name)

    def problem(self, name: str, given: ColumnSource) -> Column:
        """The code of a value that is none, of what `read` made; null where there is none."""
        if isinstance(given, Scrub):
            return F.lit(None).cast("string")  # a text that cannot be made safe is dropped: no problem of the row
        is_none = f"{quoted_name(_SOURCE + name)} IS NOT NULL AND {quoted_name(_VALUE + name)} IS NULL"
        code = f"CASE WHEN {is_none} THEN {quoted_text(f'MALFORMED:{name}')} END"
        if not self._may_be_number(name, given):
            return F.expr(code)
        is_number = F.expr(is_none) & self._is_number(name, given)
        return F.when(is_number, F.lit(f"{NUMBER_FORM_CODE}:{name}")).otherwise(F.expr(code))

    def placeholder(self, name: str, given: ColumnSource) -> Column | None:
        """`column<tab>text` where a text stood for nothing, of what `read` made; None where no text is looked for."""
        if not self._listed(name, given):
            return None
        if isinstance(given, Token) and not self._is_name(given.of):
            said = [F.when(F.col(_HELPER + c).isNull(), F.col(quoted_name(c))) for c in self._identifying_in(given.of)]
            text = F.coalesce(*said, F.lit(None).cast("string"))
            return F.when(~is_number_form(text), F.concat(F.lit(f"{name}\t"), text))
        if parts := self._parts(name, given):
            nothing = self._nothing_in_parts(name)
            texts = [F.when(_is_one_of(part, nothing), F.col(quoted_name(part))) for part in parts]
            text = F.coalesce(F.col(_DELIVERED + name), *texts)
            return F.when(F.col(_SOURCE + name).isNull() & text.isNotNull(), F.concat(F.lit(f"{name}\t"), text))
        source, text_of, start = quoted_name(_SOURCE + name), quoted_name(_DELIVERED + name), quoted_text(f"{name}\t")
        return F.expr(f"CASE WHEN {source} IS NULL AND {text_of} IS NOT NULL THEN concat({start}, {text_of}) END")

    def carried(self, given: ColumnSource) -> Column:
        """A value that is carried along for tables grouped from this one, and has no contract."""
        if isinstance(given, Token):
            return self._made(given, None, F.expr(written(given.of, names=self.named(given.of))))
        value = self._made(given, None, self._said("", given))
        return value.try_cast("boolean") if isinstance(given, Expression) and given.as_type == "boolean" else value

    def named(self, sql: str) -> dict[str, str]:
        """What stands in SQL in place of a column's name, for those that identify."""
        return {c: quoted_name(_HELPER + c) for c in self._identifying_in(sql)}

    def _helpers(self) -> list[Column]:
        """The columns that identify, where they say something: for SQL of which a token or a seal is made."""
        listed = self.rules.placeholders.of_codes()
        found = []
        for name in sorted(self.identifying):
            text = F.col(quoted_name(name))
            says = ~is_number_form(text) & ~_is_one_of(name, listed) if listed else ~is_number_form(text)
            found.append(F.when(says, text).alias(_HELPER + name))
        return found

    def _said(self, name: str, given: ColumnSource) -> Column:
        """What the file says in what a canonical column (none: a carried value) is made of."""
        if isinstance(given, str):
            return F.col(quoted_name(given))
        if isinstance(given, Constant):
            return F.lit(given.constant)
        if isinstance(given, Flag):
            return flag_value(given)  # a code that no list has is a finding, and no problem of the row
        if isinstance(given, Value):
            return trimmed(given)
        names = self.named(given.of) if isinstance(given, Token) and not self._is_name(given.of) else {}
        (sql,) = expressions_of(given).values()
        return F.expr(written(sql, names=names or self._telling_parts(name, given)))

    def _source(self, name: str, given: ColumnSource) -> Column:
        """What the file says, or null where that is nothing."""
        return unless_among(_DELIVERED + name, self._listed(name, given))

    def _value(self, name: str, given: ColumnSource) -> Column:
        kind = self.table.spark_type(name)
        value = self._made(given, kind, F.col(_SOURCE + name))
        if self._may_be_number(name, given):
            value = F.when(~F.coalesce(self._is_number(name, given), F.lit(False)), value)
        return typed(in_list_form(name, value), kind, self.rules.zone)

    def _made(self, given: ColumnSource, kind: str | None, source: Column) -> Column:
        """What is made of what the file says, still to be cast (null where that cannot be done)."""
        if isinstance(given, Value):
            return converted(given, kind, source, self.rules.zone)
        if isinstance(given, Token):
            return self.privacy.token(given.token)(source)
        if isinstance(given, Scrub):
            return self.privacy.scrubbed(source, [F.col(quoted_name(name)) for name in given.names])
        return _translated(source, given) if isinstance(given, Codes) else source

    def _listed(self, name: str, given: ColumnSource) -> tuple[str, ...]:
        """The texts that say nothing in a column."""
        if self.table.spark_type(name) == "boolean" and isinstance(given, Expression | Flag):
            return ()  # SQL and flags say yes or no themselves
        return self.rules.placeholders.of(self.table, name, given, self.allowed.get(name, ()))

    def _may_be_number(self, name: str, given: ColumnSource) -> bool:
        return is_id(self.table, name) and not isinstance(given, Constant)

    def _is_number(self, name: str, given: ColumnSource) -> Column:
        """Whether an id was written as a number, by itself or in a part of what it is made of."""
        found = is_number_form(F.col(_SOURCE + name).cast("string"), name)
        sqls = [given] if isinstance(given, str) else list(expressions_of(given).values())
        parts = [] if all(self._is_name(sql) for sql in sqls) else sorted(columns_used(given, self.ids))
        for part in parts:
            found = found | F.coalesce(is_number_form(F.col(quoted_name(part)), name), F.lit(False))
        return found

    def _parts(self, name: str, given: ColumnSource) -> list[str]:
        """The columns that SQL makes an id of: `visit || '-' || number`."""
        if not (isinstance(given, Expression) and name and is_id(self.table, name) and self._nothing_in_parts(name)):
            return []
        return [] if self._is_name(given.expr) else sorted(columns_used(given, self.ids))

    def _telling_parts(self, name: str, given: ColumnSource) -> dict[str, str]:
        """SQL in place of the parts of an id: one that says nothing is null, and makes no id of somebody's."""
        texts = ", ".join(map(quoted_text, self._nothing_in_parts(name) if name else ()))
        quoted = {part: quoted_name(part) for part in self._parts(name, given)}
        return {part: f"(CASE WHEN {column} NOT IN ({texts}) THEN {column} END)" for part, column in quoted.items()}

    def _nothing_in_parts(self, name: str) -> tuple[str, ...]:
        return self.rules.placeholders.of_parts(self.table, name)

    def _identifying_in(self, sql: str) -> list[str]:
        return sorted(names_in(sql, self.identifying))

    def _is_name(self, sql: str) -> bool:
        return sql.strip("`") in self.known


def _is_one_of(name: str, texts: Collection[str]) -> Column:
    """Whether a column is one of the texts, as one SQL: each literal of a list would be a call of its own to Java."""
    return F.expr(f"CAST({quoted_name(name)} AS STRING) IN ({', '.join(map(quoted_text, texts))})")


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
    # what becomes a number has full-width signs in ASCII by now
    return F.nullif(F.trim(F.trim(source, F.lit(given.trim + in_ascii(given.trim)))), F.lit(""))


def converted(given: Value, kind: str | None, source: Column, zone: str) -> Column:
    """What is made of the source text, still to be cast to `kind` (None: a carried value).

    A text that is no number or date of a format becomes a value that cannot be cast, or null; so it is reported as
    malformed and never takes the default, which stands where the file says nothing.
    """
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
    return value


def _moment(source: Column, pattern: str, zone: str) -> Column:
    return as_moment(source, zone) if pattern == ISO else F.try_to_timestamp(source, F.lit(pattern))
