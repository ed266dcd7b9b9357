"""What a mapping makes of a sample: columns filled, codes met, keys, references, money, dates. Nothing is written.

Everything here is counts, sums, dates and short codes: no value that could identify a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from fundwatch.expressions.declared import written
from intake.rows.canonical import Columns
from intake.rows.listed import shown_code
from intake.source.checks import TableChecks
from intake.source.columns import Codes
from intake.source.mapping import ENTRY_OF, Rows, SourceFile

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# which table a column points to, beside those whose key has the column's name
_POINTERS = {
    "ordering_doctor_id": ("doctor", "doctor_id"),
    "performing_doctor_id": ("doctor", "doctor_id"),
    "attending_doctor_id": ("doctor", "doctor_id"),
    "operating_doctor_id": ("doctor", "doctor_id"),
    "patient_id": ("patient", "patient_id"),
    "encounter_id": ("encounter", "encounter_id"),
    "settlement_id": ("settlement", "settlement_id"),
    "institution_id": ("institution", "institution_id"),
    "item_code": ("item", "item_code"),
}


@dataclass(frozen=True)
class FileColumns:
    """What the mapping makes of the columns of one file's header."""

    name: str
    kind: str
    read: tuple[str, ...]
    dropped: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    missing_optional: tuple[str, ...]


def file_columns(file: SourceFile, kind: str, name: str, header: Sequence[str]) -> FileColumns:
    """The header's columns sorted by what becomes of them; a header under the mapping's names or the file's own."""
    names = file.names()
    optional = [(c,) if isinstance(c, str) else c for c in file.optional]
    header = file.as_known(header)
    return FileColumns(
        name=name,
        kind=kind,
        read=tuple(c for c in header if c in names),
        dropped=tuple(c for c in header if c not in names and file.is_dropped(c)),
        unknown=tuple(c for c in header if c not in names and not file.is_dropped(c)),
        missing=tuple(" or ".join(a) for a in file.needed() if not {*a} & {*header}),
        missing_optional=tuple(" or ".join(a) for a in optional if not {*a} & {*header}),
    )


def column_facts(rows: DataFrame, table: str, columns: Iterable[str]) -> DataFrame:
    """One row per column: how many rows have a value, whether it is one value only, sums, signs, first and last day."""
    contract = TABLES[ENTRY_OF.get(table, table)]
    facts = [_facts_of(name, contract.spark_type(name)) for name in columns]
    counted = rows.agg(F.count(F.lit(1)).alias("row_count"), F.array(*facts).alias("facts"))
    return counted.select(F.lit(table).alias("table_name"), "row_count", F.inline("facts"))


def _facts_of(name: str, kind: str) -> Column:
    value, nothing = F.col(name), F.lit(None).cast("string")
    is_number, is_day = kind.startswith("decimal"), kind in ("date", "timestamp")
    number = value if is_number else F.lit(None).cast("decimal(1,0)")
    return F.struct(
        F.lit(name).alias("column_name"),
        F.count(value).alias("filled"),
        (F.min(value) == F.max(value)).alias("is_constant"),
        (F.min(value).cast("date").cast("string") if is_day else nothing).alias("first"),
        (F.max(value).cast("date").cast("string") if is_day else nothing).alias("last"),
        (F.sum(number).cast("string") if is_number else nothing).alias("total"),
        F.count_if(number < 0).alias("negative"),
        F.count_if(number == 0).alias("zero"),
    )


def key_facts(rows: DataFrame, table: str) -> DataFrame:
    """One row: how many rows have no whole key, and how many keys stand in more than one row."""
    key = [F.col(name) for name in TABLES[table].key]
    is_whole = reduce(lambda left, right: left & right, (F.col(n).isNotNull() for n in TABLES[table].required_key))
    keys = rows.select(is_whole.alias("is_whole"), F.struct(*key).alias("key")).groupBy("is_whole", "key")
    counted = keys.agg(F.count(F.lit(1)).alias("copies"))
    return counted.agg(
        F.lit(table).alias("table_name"),
        F.sum("copies").alias("row_count"),
        F.coalesce(F.sum(F.when(~F.col("is_whole"), F.col("copies"))), F.lit(0)).alias("without_key"),
        F.coalesce(F.sum(F.when(F.col("is_whole"), F.col("copies") - 1)), F.lit(0)).alias("repeated"),
    )


def references(tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
    """(table, column, table it points to, column there) among the tables with these columns."""
    for table, columns in tables.items():
        for column in columns:
            target, key = _POINTERS.get(column, ("", ""))
            if target in tables and target != table and key in tables[target]:
                yield table, column, target, key


def reference_facts(tables: Mapping[str, DataFrame], supplied: Mapping[str, Sequence[str]]) -> DataFrame | None:
    """One row per reference: rows that have it, and those whose target is in the sample. None without references."""
    found = []
    for table, column, target, key in references({t: c for t, c in supplied.items() if t in tables}):
        there = tables[target].select(F.col(key).alias("_there")).filter("_there IS NOT NULL").distinct()
        pointers = tables[table].select(F.col(column).alias("_here")).filter("_here IS NOT NULL")
        joined = pointers.join(there, on=F.col("_here") == F.col("_there"), how="left")
        counted = (F.count(F.lit(1)).alias("row_count"), F.count("_there").alias("found"))
        found.append(joined.agg(F.lit(f"{table}.{column}").alias("of"), F.lit(target).alias("target"), *counted))
    return stacked(found) if found else None


def untranslated(strings: DataFrame, table: str, rows: Rows, columns: Columns) -> DataFrame | None:
    """Table × column × code × count of source codes that no translation, flag, filter or sign lists. None where codes
    are read by none of them.
    """
    codes = {
        name: (given.of, [*given.exact]) for name, given in columns.filled(rows).items() if isinstance(given, Codes)
    }
    codes |= {key: (given.of, [*given.codes]) for key, given in rows.listed().items() if columns.fill(given)}
    met = [
        F.struct(F.lit(name).alias("column_name"), F.expr(written(sql)).cast("string").alias("code"))
        for name, (sql, _) in codes.items()
    ]
    listed = {name: known for name, (_, known) in codes.items()}
    begun = {n: [*g.beginnings] for n, g in rows.columns.items() if isinstance(g, Codes)}
    return _strange(strings.select(F.explode(F.array(*met)).alias("met")), table, listed, begun) if met else None


def unlisted(rows: DataFrame, table: str, checks: TableChecks) -> DataFrame | None:
    """The same of canonical values that the checks' lists do not hold. None where there is no list."""
    listed = {name: [*values] for name, values in checks.one_of.items()}
    met = [F.struct(F.lit(name).alias("column_name"), F.col(name).alias("code")) for name in listed]
    return _strange(rows.select(F.explode(F.array(*met)).alias("met")), table, listed) if met else None


def _strange(
    rows: DataFrame,
    table: str,
    listed: Mapping[str, Sequence[str]],
    begun: Mapping[str, Sequence[str]] | None = None,
) -> DataFrame:
    """The codes that are not `listed` and begin with none of `begun`, counted by column."""
    name, code = F.col("met.column_name"), F.col("met.code")
    is_known = [(name == column) & code.isin(*codes) for column, codes in listed.items()]
    starts = [(column, start) for column, all_starts in (begun or {}).items() for start in all_starts]
    is_known += [(name == column) & code.startswith(start) for column, start in starts]
    strange = rows.filter(code.isNotNull() & ~reduce(lambda left, right: left | right, is_known))
    counted = strange.groupBy(name.alias("column_name"), shown_code(code).alias("code")).agg(
        F.count(F.lit(1)).alias("row_count")
    )
    return counted.select(F.lit(table).alias("table_name"), "column_name", "code", "row_count")
