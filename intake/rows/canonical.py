"""Source rows to canonical rows: mapped, cast, pseudonymised and checked in one projection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.errors import MappingError
from fundwatch.expressions.declared import names_in, written
from fundwatch.expressions.tokens import quoted_name
from intake.files.delivery import Delivery, LandedFile
from intake.rows.joining import LOOKUP_PROBLEM, lent_columns, with_lookups
from intake.rows.listed import FINDINGS, findings, flag_value, is_among
from intake.rows.netting import is_reversal
from intake.rows.privacy import PrivacyFunctions, sent_to_vault
from intake.rows.reading import FILE_NAME, LINE_NUMBER, UNREADABLE, as_strings
from intake.source.checks import MALFORMED, TableChecks, check_codes
from intake.source.columns import (
    ISO,
    UNITS,
    UNKNOWN_CODE,
    CodeList,
    Codes,
    ColumnSource,
    Constant,
    Expression,
    Flag,
    Scrub,
    Sealed,
    Token,
    Value,
    columns_meant,
    columns_needed,
    columns_used,
)
from intake.source.mapping import ENTRY_OF, Grouped, Rows, SourceMapping, mapped_columns
from privacy.scrubbing.identifiers import grouped_without_identifiers, identifier_codes, without_identifiers

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

CODES = "_codes"
TURNED = "_turned"
PLACE = (FILE_NAME, LINE_NUMBER)
_WHOLE_ROW = "_whole_row"
_IDENTIFIERS = "_identifiers"
_INT_VIA = "decimal(20,4)"  # "30.0" is a whole number too


@dataclass(frozen=True)
class Columns:
    """The columns of one kind of file: those the mapping allows, and those delivered tonight; with what others lend."""

    known: frozenset[str]
    delivered: frozenset[str]
    lent: frozenset[str] = frozenset()

    def fill(self, given: ColumnSource | Sealed | CodeList) -> bool:
        """Whether what the canonical column is made of was delivered. If not, its value is unknown."""
        meant = columns_meant(given, self.known)
        return columns_needed(given, self.known) <= self.delivered and (not meant or bool(meant & self.delivered))

    def to_read(self, rows: Rows) -> tuple[str, ...]:
        """The columns that the mapping makes something of and that stand in the file itself."""
        used = self._used(rows).union(*(lookup.on for lookup in rows.lookup))
        return tuple(sorted((used & self.delivered) - self.lent))

    def absent(self, rows: Rows) -> tuple[str, ...]:
        """Columns that the mapping would make something of and that did not come: nulls, for expressions to name."""
        return tuple(sorted(self._used(rows) - self.delivered))

    def _used(self, rows: Rows) -> frozenset[str]:
        given = [*rows.columns.values(), *rows.carry.values(), *rows.vault, *rows.judged_by().values()]
        return frozenset().union(*(columns_used(g, self.known) for g in given))

    def filled(self, rows: Rows) -> dict[str, ColumnSource]:
        """The canonical columns that the file fills."""
        return {name: given for name, given in rows.columns.items() if self.fill(given)}


def columns_of(mapping: SourceMapping, rows: Rows, headers: Mapping[str, frozenset[str]]) -> Columns:
    """What the rows of a file are made from, given the columns delivered by kind of file."""
    own, delivered = frozenset(mapping.files[rows.source].names().values()), headers[rows.source]
    with_keys = [lookup for lookup in rows.lookup if {*lookup.on} <= delivered]
    lent = frozenset[str]().union(*(lent_columns(lookup, headers) for lookup in with_keys))
    return Columns(own | rows.looked_up(), delivered | lent, lent)


def to_canonical(
    strings: DataFrame,
    table: str,
    rows: Rows,
    checks: TableChecks,
    privacy: PrivacyFunctions,
    delivered: Columns,
    night: date,
) -> DataFrame:
    """One row per delivered row: the table's columns, those carried for grouping, its place, and its error codes.

    What the vault is to keep stands beside it in columns `_vault_<n>` (see privacy.vault.columns.sealed), codes that no
    list of the mapping has in `_findings` (see intake.rows.listed), and `_turned` says whose sums the mapping's `sign`
    made negative.

    Codes: UNREADABLE (the row does not fit the header), the code of the mapping's `where`, UNKNOWN_CODE:<source column>
    (one that its `where` or `sign` does not list), LOOKUP_MISSING and LOOKUP_TWICE (see intake.rows.joining),
    MALFORMED:<column> (a value that is no value of its type), MISSING:<column>, NOT_IN_LIST:<column>,
    IDENTIFIER_IN_CODE:<column> (see privacy.scrubbing.identifiers), and those of the checks.
    Joined by commas; empty for a good row.
    Raises MappingError when an expression cannot be analysed.
    """
    filled = delivered.filled(rows)
    try:
        known = strings.select("*", *(F.lit(None).cast("string").alias(c) for c in delivered.absent(rows)))
        mapped = _mapped_columns(table, rows, filled, delivered, privacy)
        reported = [sent_to_vault(entry, n, privacy) for n, entry in enumerate(rows.vault) if delivered.fill(entry)]
        contract, allowed = TABLES[ENTRY_OF.get(table, table)], checks.identifier_like
        as_delivered = [name for name, given in filled.items() if not isinstance(given, (Codes, Constant, Token))]
        identifiers = identifier_codes(contract, as_delivered, allowed, night.year).alias(_IDENTIFIERS)
        listed = {key: given for key, given in rows.listed().items() if delivered.fill(given)}
        typed = known.select(*PLACE, *mapped, *reported, *_whole_row(rows, listed)).select("*", identifiers)
        typed = _signed(typed, table, listed)
        reported_once = [F.nullif(F.col(name), F.lit("")) for name in (MALFORMED, _IDENTIFIERS)]
        found = F.concat_ws(",", *reported_once, *check_codes(checks, filled, night))
        names = [name for name in typed.columns if name not in (MALFORMED, _WHOLE_ROW, _IDENTIFIERS)]
        fit = without_identifiers(contract, names, _IDENTIFIERS, allowed)
        return typed.select(*fit, F.coalesce(F.col(_WHOLE_ROW), found).alias(CODES))
    except AnalysisException as error:
        raise unanalysable(error, f"tables.{table}, from {rows.source}") from error


def _mapped_columns(
    table: str, rows: Rows, filled: Mapping[str, ColumnSource], delivered: Columns, privacy: PrivacyFunctions
) -> list[Column]:
    """The table's columns, those carried along, and the codes of values that are none of their type."""
    contract = TABLES[ENTRY_OF.get(table, table)]
    columns, malformed = [], []
    for name in mapped_columns(table):
        kind = contract.spark_type(name)
        if name not in filled:
            columns.append(F.lit(None).cast(kind).alias(name))
            continue
        source, value = _value(filled[name], kind, privacy)
        columns.append(value.alias(name))
        malformed.append(F.when(source.isNotNull() & value.isNull(), F.lit(f"MALFORMED:{name}")))
    for name, given in rows.carry.items():
        value = _value(given, None, privacy)[1] if delivered.fill(given) else F.lit(None).cast("string")
        columns.append(value.alias(name))
    return [*columns, F.concat_ws(",", *malformed).alias(MALFORMED)]


def _whole_row(rows: Rows, listed: Mapping[str, CodeList]) -> tuple[Column, Column, Column]:
    """The code of a row that is unreadable, not valid by the source's own word, or of a code that decides and is not
    listed; the findings; whether the sign is turned. What was not delivered decides nothing.
    """
    codes = [F.when(F.col(UNREADABLE), F.lit("UNREADABLE"))]
    deciding = {key: given for key, given in rows.judged_by().items() if key in listed}
    if rows.where is not None and "where" in deciding:
        codes.append(F.when(is_among(rows.where, rows.where.drop), F.lit(rows.where.code)))
    codes += [
        F.when(~is_among(given, given.codes), F.lit(f"{UNKNOWN_CODE}:{given.name or key}"))
        for key, given in deciding.items()
    ]
    if rows.lookup:
        # a condition on what another file lends cannot be judged where that was not found
        is_lent = any(names_in(given.of, rows.looked_up()) for given in deciding.values())
        codes.insert(1 if is_lent else len(codes), F.col(LOOKUP_PROBLEM))
    whole = F.coalesce(*codes)
    counts = F.coalesce(whole.startswith(UNKNOWN_CODE), F.lit(True))
    turned = is_among(rows.sign, rows.sign.minus) if rows.sign is not None and "sign" in deciding else F.lit(False)
    return (
        whole.alias(_WHOLE_ROW),
        F.when(counts, findings(listed)).otherwise(F.array().cast("array<string>")).alias(FINDINGS),
        turned.alias(TURNED),
    )


def _signed(typed: DataFrame, table: str, listed: Mapping[str, CodeList]) -> DataFrame:
    """The rows with sums that are negative wherever the mapping's `sign` says so; `_turned` where they were not."""
    if "sign" not in listed:
        return typed
    sums = TABLES[table].sums
    turned = F.col(TURNED) & ~is_reversal(table)
    minus = {
        name: F.when(turned, -F.col(name)).otherwise(F.col(name)).cast(TABLES[table].spark_type(name)) for name in sums
    }
    return typed.select(
        *(minus[name].alias(name) if name in minus else F.col(name) for name in typed.columns if name != TURNED),
        turned.alias(TURNED),
    )


def _value(given: ColumnSource, kind: str | None, privacy: PrivacyFunctions) -> tuple[Column, Column]:
    """The source value, and the canonical value made of it (null where that cannot be done)."""
    if isinstance(given, str):
        source = value = F.col(quoted_name(given))
    elif isinstance(given, (Expression, Constant)):
        source = value = F.expr(written(given.expr)) if isinstance(given, Expression) else F.lit(given.constant)
    elif isinstance(given, Value):
        source, value = converted(given, kind)
    elif isinstance(given, Token):
        source = F.expr(written(given.of))
        value = privacy.token(given.token)(source)
    elif isinstance(given, Scrub):
        # a text that cannot be made safe is dropped whole: that is no problem of the row
        source = value = privacy.scrubbed(
            F.expr(written(given.scrub)), [F.col(quoted_name(name)) for name in given.names]
        )
    elif isinstance(given, Flag):
        # a code that no list has is a finding, and no problem of the row
        source = value = flag_value(given)
    elif isinstance(given, Codes):
        source = F.expr(written(given.of))
        value = _translated(source, given)
    if kind is None or kind == "string":
        return source, value
    if kind == "int":
        value = value.try_cast(_INT_VIA)
    return source, value.try_cast(kind)


def _translated(source: Column, given: Codes) -> Column:
    value = F.lit(None).cast("string")
    for code, meaning in given.codes.items():
        value = F.when(source == code, F.lit(meaning)).otherwise(value)
    return F.coalesce(value, F.lit(given.otherwise).cast("string"))


def unanalysable(error: AnalysisException, where: str) -> MappingError:
    """Spark names the expression and the columns at hand, never a value."""
    return MappingError(
        f"an expression cannot be read: {error.getCondition()} {error.getMessageParameters()}",
        where=where,
        do="fix it in conf/sources (a mapping's) or conf/quality (a check's)",
    )


def to_grouped(accepted: DataFrame, table: str, grouped: Grouped, night: date) -> DataFrame:
    """One row per group of the parent's accepted rows, with the table's columns. Raises MappingError.

    What is carried for it was looked at by no check: identifiers in codes and names are taken out here.
    """
    contract = TABLES[ENTRY_OF.get(table, table)]
    try:
        rows = accepted
        if grouped.each is not None:
            rows = rows.select("*", F.posexplode(grouped.each.column).alias("position", grouped.each.name))
        if grouped.where is not None:
            rows = rows.filter(F.expr(written(grouped.where)))
        keys, values = (
            [F.expr(written(sql)).try_cast(contract.spark_type(name)).alias(name) for name, sql in columns.items()]
            for columns in (grouped.by, grouped.columns)
        )
        made = rows.groupBy(*keys).agg(*values) if values else rows.select(*keys).distinct()
        made = made.select(*grouped_without_identifiers(contract, made.columns, night.year))
    except AnalysisException as error:
        raise unanalysable(error, f"tables.{table}, grouped from {grouped.parent}") from error
    unknown = [c for c in mapped_columns(table) if c not in {*grouped.by, *grouped.columns}]
    blank = {c: F.lit(None).cast(contract.spark_type(c)) for c in unknown}
    whole = [F.col(c).isNotNull() for c in TABLES[table].key]
    complete = whole[0]
    for condition in whole[1:]:
        complete = complete & condition
    return made.filter(complete).select(*(blank.get(c, F.col(c)).alias(c) for c in mapped_columns(table)))


def supplied_columns(mapping: SourceMapping, headers: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """Of each table that the delivered files feed, the columns that at least one of them fills."""
    supplied: dict[str, set[str]] = {}
    for table, how in mapping.tables.items():
        for rows in how.rows:
            if rows.source in headers:
                supplied.setdefault(table, set()).update(columns_of(mapping, rows, headers).filled(rows))
        for grouped in how.grouped:
            filled = _grouped_columns(mapping, grouped, headers)
            if {*grouped.by} <= filled:
                supplied.setdefault(table, set()).update(filled)
    return {table: tuple(c for c in TABLES[table].column_names if c in names) for table, names in supplied.items()}


def _grouped_columns(mapping: SourceMapping, grouped: Grouped, headers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The columns whose aggregates read only what the parent's files fill tonight: of the unknown nothing is known."""
    known, filled = frozenset(mapped_columns(grouped.parent)), frozenset[str]()
    for rows in mapping.tables[grouped.parent].rows:
        known |= rows.carry.keys()
        if rows.source in headers:
            columns = columns_of(mapping, rows, headers)
            filled |= {*columns.filled(rows), *(name for name, given in rows.carry.items() if columns.fill(given))}
    spread = frozenset() if grouped.each is None else frozenset({grouped.each.name, "position"})
    if not filled or (grouped.each is not None and grouped.each.column not in filled):
        return frozenset()
    lacking = known - filled - spread
    return frozenset(name for name, sql in {**grouped.by, **grouped.columns}.items() if not names_in(sql, lacking))


_CARRIED_NUMBER = "decimal(24,6)"  # a carried value has no contract that says its type


def converted(given: Value, kind: str | None) -> tuple[Column, Column]:
    """The source text, and what is made of it, still to be cast to `kind` (None: a carried value).

    A text that is no number or date of a format becomes a value that cannot be cast, or null; so it is reported as
    malformed and never takes the default.
    """
    source = F.expr(written(given.of)).cast("string")
    if given.trim is not None:
        source = F.nullif(F.trim(F.trim(source, F.lit(given.trim))), F.lit(""))
    value = source
    if given.unit is not None:
        # one rounding, by the cast to the column's own scale: 1250 fen is read as 1250e-2
        value = F.concat(source, F.lit(f"e{UNITS[given.unit]}"))
        value = value.try_cast(_CARRIED_NUMBER) if kind is None else value
    if given.format:
        value = F.coalesce(*(_moment(source, pattern) for pattern in given.format))
    if given.default is not None:
        default = F.lit(given.default)
        default = default.try_cast("timestamp") if given.format else default
        value = F.when(source.isNull(), default).otherwise(value)
    return source, value


def _moment(source: Column, pattern: str) -> Column:
    return source.try_cast("timestamp") if pattern == ISO else F.try_to_timestamp(source, F.lit(pattern))


def source_rows(
    raw: Callable[[LandedFile], DataFrame],
    mapping: SourceMapping,
    delivery: Delivery,
    file: LandedFile,
    rows: Rows,
    sample: int | None = None,
) -> tuple[DataFrame, Columns]:
    """One row per delivered row (the first `sample`, if given): texts by column, and which columns they come from.

    `raw` reads a file. Files that lend columns are read whole, so that a sample finds its headers.
    """
    # a file has its own columns; what others lend is the delivery's
    headers = delivery.headers() | {file.kind: frozenset(file.header)}
    columns = columns_of(mapping, rows, headers)

    def lenders(kind: str, used: Sequence[str]) -> list[DataFrame]:
        named = frozenset(used)
        files = [one for one in delivery.files if one.kind == kind]
        return [as_strings(raw(f), f, sorted(named & {*f.header}), mapping.delivery.null_texts) for f in files]

    delivered = raw(file) if sample is None else raw(file).limit(sample)
    strings = as_strings(delivered, file, columns.to_read(rows), mapping.delivery.null_texts)
    return with_lookups(strings, mapping, rows, headers, lenders), columns
