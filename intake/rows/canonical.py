"""Source rows to canonical rows: mapped, cast, pseudonymised and checked in one projection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Table
from fundwatch.errors import MappingError
from fundwatch.expressions.declared import names_in, written
from intake.files.delivery import Delivery, LandedFile
from intake.rows.joining import LOOKUP_PROBLEM, Keep, lookups_made, with_lookups
from intake.rows.listed import FINDINGS, findings, is_among
from intake.rows.netting import is_reversal
from intake.rows.normalizing import computed_columns, texts_only
from intake.rows.privacy import PrivacyFunctions, sent_to_vault
from intake.rows.reading import BEGINS_LINE, POSITION, UNREADABLE, as_strings, place_of, unpivoted
from intake.rows.values import Reader, ValueRules, typed
from intake.source.checks import MALFORMED, NUMBER_FORM_CODE, TableChecks, check_codes
from intake.source.columns import (
    UNKNOWN_CODE,
    CodeList,
    Codes,
    ColumnSource,
    Constant,
    Sealed,
    Token,
    columns_meant,
    columns_needed,
    columns_used,
)
from intake.source.mapping import ENTRY_OF, NOT_MAPPED, REMOVAL, Grouped, Rows, SourceMapping, mapped_columns
from intake.source.mapping_problems import identifying_columns
from intake.source.unpivot import NO_VALUES
from privacy.scrubbing.identifiers import grouped_without_identifiers, identifier_codes, without_identifiers

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

CODES = "_codes"
TURNED = "_turned"
PLACEHOLDERS = "_placeholders"
_WHOLE_ROW = "_whole_row"
_IDENTIFIERS = "_identifiers"


@dataclass(frozen=True)
class Columns:
    """The columns of one kind of file: those the mapping allows, and those delivered tonight; with what others lend,
    and which of them identify somebody."""

    known: frozenset[str]
    delivered: frozenset[str]
    lent: frozenset[str] = frozenset()
    identifying: frozenset[str] = frozenset()
    spread: frozenset[str] = frozenset()  # delivered columns that become rows; those in `delivered` are made of them

    def fill(self, given: ColumnSource | Sealed | CodeList) -> bool:
        """Whether what the canonical column is made of was delivered. If not, its value is unknown."""
        meant = columns_meant(given, self.known)
        return columns_needed(given, self.known) <= self.delivered and (not meant or bool(meant & self.delivered))

    def to_read(self, rows: Rows) -> tuple[str, ...]:
        """The columns that the mapping makes something of and that stand in the file itself."""
        used = self._used(rows).union(*(lookup.on for lookup in rows.lookup))
        made = frozenset[str]() if rows.unpivot is None else rows.unpivot.made
        return tuple(sorted(((used & self.delivered) - self.lent - made) | self.spread))

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
    delivered, spread = headers[rows.source], frozenset[str]()
    if rows.unpivot is not None:
        spread, made = delivered & rows.unpivot.columns, {rows.unpivot.name_of(c) for c in delivered}
        delivered = (delivered - spread) | (rows.unpivot.made & made) | {rows.unpivot.label}
    lent = frozenset[str]().union(*(columns for _, columns in lookups_made(rows, delivered, headers)))
    known = mapping.columns_of(rows) | rows.looked_up()
    return Columns(known, delivered | lent, lent, identifying_columns(mapping, rows), spread)


def to_canonical(
    strings: DataFrame,
    table: str,
    rows: Rows,
    checks: TableChecks,
    privacy: PrivacyFunctions,
    delivered: Columns,
    night: date,
    values: ValueRules | None = None,
) -> DataFrame:
    """One row per delivered row: the table's columns, those carried for grouping, its place, its error codes, and what
    stood where nothing is known (`_placeholders`, see intake.rows.value_findings).

    What the vault is to keep stands beside it in columns `_vault_<n>` (see privacy.vault.columns.sealed), codes that no
    list of the mapping has in `_findings` (see intake.rows.listed), and `_turned` says whose sums the mapping's `sign`
    made negative.

    Codes: UNREADABLE (the row does not fit the header), NO_VALUES (a line that becomes rows says nothing), the code of
    the mapping's `where`, UNKNOWN_CODE:<source column> (one that its `where` or `sign` does not list), LOOKUP_MISSING
    and LOOKUP_TWICE (see intake.rows.joining), MALFORMED:<column> (a value that is no value of its type),
    NUMBER_FORM:<column> (an id that a program wrote as a number), MISSING:<column>, NOT_IN_LIST:<column>,
    IDENTIFIER_IN_CODE:<column> (see privacy.scrubbing.identifiers), and those of the checks.
    Joined by commas; empty for a good row.
    Raises MappingError when an expression cannot be analysed.
    """
    filled = delivered.filled(rows)
    contract, allowed = TABLES[ENTRY_OF.get(table, table)], checks.identifier_like
    read = _reader(contract, rows, checks, privacy, delivered, values or ValueRules())
    try:
        absent = [F.lit(None).cast("string").alias(c) for c in delivered.absent(rows)]
        known = strings.select("*", *absent) if absent else strings
        known = read.read(known, filled)
        mapped = _mapped_columns(rows, filled, delivered, read)
        entries = [(n, entry) for n, entry in enumerate(rows.vault) if delivered.fill(entry)]
        reported = [sent_to_vault(entry, n, privacy, read.named(entry.of)) for n, entry in entries]
        as_delivered = [name for name, given in filled.items() if not isinstance(given, (Codes, Constant, Token))]
        identifiers = identifier_codes(contract, as_delivered, allowed, night.year).alias(_IDENTIFIERS)
        listed = {key: given for key, given in rows.listed().items() if delivered.fill(given)}
        place = [name for name in (*place_of(known), BEGINS_LINE) if name in known.columns]
        made = known.select(*place, *mapped, *reported, *_whole_row(rows, listed, delivered)).select("*", identifiers)
        made = _signed(made, table, listed)
        reported_once = [F.nullif(F.col(name), F.lit("")) for name in (MALFORMED, _IDENTIFIERS)]
        found = F.concat_ws(",", *reported_once, *check_codes(checks, filled, night))
        if rows.action is not None:
            found = F.when(F.col(REMOVAL), _key_problem(TABLES[table].key[0])).otherwise(found)
        names = [name for name in made.columns if name not in (MALFORMED, _WHOLE_ROW, _IDENTIFIERS)]
        fit = without_identifiers(contract, names, _IDENTIFIERS, allowed)
        return made.select(*fit, F.coalesce(F.col(_WHOLE_ROW), found).alias(CODES))
    except AnalysisException as error:
        raise unanalysable(error, f"tables.{table}, from {rows.source}") from error


def _mapped_columns(rows: Rows, filled: Mapping[str, ColumnSource], delivered: Columns, read: Reader) -> list[Column]:
    """The table's columns, those carried along, the codes of values that are none of their type, and what stood where
    nothing is known: `column<tab>text`, a line each.
    """
    columns, malformed, silent = [], [], []
    for name in read.table.column_names:
        if name in NOT_MAPPED:
            continue
        if name == REMOVAL and rows.action is not None:
            columns.append(F.when(_removes(rows, delivered), F.lit(True)).alias(name))
            continue
        if name not in filled:
            columns.append(F.lit(None).cast(read.table.spark_type(name)).alias(name))
            continue
        columns.append(read.value(name))
        malformed.append(read.problem(name, filled[name]))
        if (nothing := read.placeholder(name, filled[name])) is not None:
            silent.append(nothing)
    for name, given in rows.carry.items():
        value = read.carried(given) if delivered.fill(given) else F.lit(None).cast("string")
        columns.append(value.alias(name))
    said_nothing = F.nullif(F.concat_ws("\n", *silent), F.lit("")) if silent else F.lit(None).cast("string")
    return [*columns, F.concat_ws(",", *malformed).alias(MALFORMED), said_nothing.alias(PLACEHOLDERS)]


def _reader(
    contract: Table, rows: Rows, checks: TableChecks, privacy: PrivacyFunctions, delivered: Columns, values: ValueRules
) -> Reader:
    given: list[Token | Sealed] = [g for g in (*rows.columns.values(), *rows.carry.values()) if isinstance(g, Token)]
    made = frozenset().union(*(names_in(one.of, delivered.known) for one in (*given, *rows.vault)))
    sealed = frozenset(entry.of for entry in rows.vault) & delivered.known
    ids = delivered.known - computed_columns(contract, rows, delivered.known)
    identifying = made & (delivered.identifying | sealed)
    return Reader(contract, privacy, values, delivered.known, ids, identifying, checks.one_of)


def _whole_row(rows: Rows, listed: Mapping[str, CodeList], delivered: Columns) -> tuple[Column, Column, Column]:
    """The code of a row that is unreadable, not valid by the source's own word, or of a code that decides and is not
    listed; the findings; whether the sign is turned. What was not delivered decides nothing.
    """
    codes = [F.when(F.col(UNREADABLE), F.lit("UNREADABLE"))]
    if rows.unpivot is not None:
        codes.append(F.when(F.col(POSITION).isNull(), F.lit(NO_VALUES)))
    first = len(codes)
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
        # what removes a row needs its key alone
        problem = F.when(~_removes(rows, delivered), F.col(LOOKUP_PROBLEM))
        codes.insert(first if is_lent else len(codes), problem)
    whole = F.coalesce(*codes)
    counts = F.coalesce(whole.startswith(UNKNOWN_CODE), F.lit(True))
    turned = is_among(rows.sign, rows.sign.minus) if rows.sign is not None and "sign" in deciding else F.lit(False)
    return (
        whole.alias(_WHOLE_ROW),
        F.when(counts, findings(listed)).otherwise(F.array().cast("array<string>")).alias(FINDINGS),
        turned.alias(TURNED),
    )


def _removes(rows: Rows, delivered: Columns) -> Column:
    """Whether a row takes away what stands under its key."""
    decides = rows.action is not None and delivered.fill(rows.action)
    return is_among(rows.action, rows.action.remove) if rows.action is not None and decides else F.lit(False)


def _key_problem(key: str) -> Column:
    """The code of a row that has no key; empty for one that has."""
    is_number = F.find_in_set(F.lit(f"{NUMBER_FORM_CODE}:{key}"), F.col(MALFORMED)) > 0
    missing = F.when(F.col(key).isNull(), F.lit(f"MISSING:{key}")).otherwise(F.lit(""))
    return F.when(is_number, F.lit(f"{NUMBER_FORM_CODE}:{key}")).otherwise(missing)


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


def unanalysable(error: AnalysisException, where: str) -> MappingError:
    """Spark names the expression and the columns at hand, never a value."""
    return MappingError(
        f"an expression cannot be read: {error.getCondition()} {error.getMessageParameters()}",
        where=where,
        do="fix it in conf/sources (a mapping's) or conf/quality (a check's)",
    )


def to_grouped(accepted: DataFrame, table: str, grouped: Grouped, night: date, zone: str) -> DataFrame:
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
            [typed(F.expr(written(sql)), contract.spark_type(name), zone).alias(name) for name, sql in columns.items()]
            for columns in (grouped.by, grouped.columns)
        )
        made = rows.groupBy(*keys).agg(*values) if values else rows.select(*keys).distinct()
        made = made.select(*grouped_without_identifiers(contract, made.columns, night.year))
    except AnalysisException as error:
        raise unanalysable(error, f"tables.{table}, grouped from {grouped.parent}") from error
    unknown = [c for c in mapped_columns(table) if c not in {*grouped.by, *grouped.columns}]
    blank = {c: F.lit(None).cast(contract.spark_type(c)) for c in unknown}
    whole = [F.col(c).isNotNull() for c in TABLES[table].required_key]
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


def source_rows(
    raw: Callable[[LandedFile], DataFrame],
    mapping: SourceMapping,
    delivery: Delivery,
    file: LandedFile,
    table: str,
    rows: Rows,
    sample: int | None = None,
    values: ValueRules | None = None,
    keep: Keep | None = None,
) -> tuple[DataFrame, Columns]:
    """One row per row delivered for the table (of the first `sample` lines, if given): texts by column, and which
    columns they come from.

    `raw` reads a file; `keep` computes rows once that are read more than once. Files that lend columns are read whole,
    so that a sample finds its headers.
    """
    # a file has its own columns; what others lend is the delivery's
    headers = delivery.headers() | {file.kind: frozenset(file.header)}
    columns = columns_of(mapping, rows, headers)

    contract, nulls = TABLES[ENTRY_OF.get(table, table)], mapping.delivery.null_texts
    texts = texts_only(contract, rows, columns.known)
    texts |= frozenset[str]() if rows.unpivot is None else rows.unpivot.columns_of(texts)

    def lenders(kind: str, used: Sequence[str]) -> list[DataFrame]:
        named = frozenset(used)
        lent = {there for one in rows.lookup if one.source == kind for h, there in one.lent.items() if h in texts}
        keys = {there for one in rows.lookup if one.source == kind for there in one.on.values()}
        files = [one for one in delivery.files if one.kind == kind]
        return [as_strings(raw(f), f, sorted(named & {*f.header}), nulls, lent - keys) for f in files]

    delivered = raw(file) if sample is None else raw(file).limit(sample)
    strings, values = as_strings(delivered, file, columns.to_read(rows), nulls, texts), values or ValueRules()
    if rows.unpivot is not None:
        strings = unpivoted(strings, rows.unpivot, values.placeholders.of_all())
    return with_lookups(strings, mapping, rows, headers, lenders, values, keep), columns
