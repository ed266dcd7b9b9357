"""What a mapping's columns are made of, on the plan that Spark makes of it over no rows at all: milliseconds, no job.

The mapping was read name by name when it was loaded (intake.source.mapping_problems). Here Spark itself says which of
the file's columns an expression reads, and where it would cast one so that a bad value ends the night and stands in its
message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from fundwatch.engine.frames import no_rows
from fundwatch.engine.lineage import made_of, strictly_read
from fundwatch.errors import MappingError, problems
from fundwatch.expressions.declared import written
from fundwatch.expressions.tokens import quoted_name
from intake.rows.canonical import unanalysable
from intake.source.columns import ColumnSource, Scrub, Sealed, Token, expressions_of
from intake.source.mapping import Rows, SourceMapping
from intake.source.mapping_problems import identifying_columns, is_yes_or_no

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


_HELD = set[str]()  # the fingerprints of mappings that held


def refuse_what_shows(spark: SparkSession, mapping: SourceMapping) -> None:
    """Raises MappingError naming every column that would show what identifies a person.

    A mapping that held is not looked at again by the same process: its plan is made of nothing else.
    """
    if mapping.fingerprint in _HELD:
        return
    entries = [
        _Entry(mapping, table, rows, f"tables.{table}.rows[{number}]")
        for table, how in mapping.tables.items()
        for number, rows in enumerate(how.rows)
        if identifying_columns(mapping, rows)
    ]
    found = list(_problems(spark, {str(number): entry for number, entry in enumerate(entries)}))
    if found:
        raise MappingError(
            problems("the mapping does not hold", found), where=f"the source {mapping.source}", do="fix what is named"
        )
    _HELD.add(mapping.fingerprint)


def _problems(spark: SparkSession, entries: Mapping[str, _Entry]) -> Iterator[str]:
    """All entries in one frame, the columns of each behind its number: Spark's analyser is asked once."""
    texts = {(n, key): sql for n, entry in entries.items() for key, sql in entry.texts()}
    if not texts:
        return
    columns = [StructField(_at(n, c), StringType()) for n, entry in entries.items() for c in entry.columns]
    names = {n: {c: quoted_name(_at(n, c)) for c in entry.columns} for n, entry in entries.items()}
    try:
        frame = no_rows(spark, StructType(columns)).select(
            *(F.expr(written(sql, names=names[n])).alias(_at(n, key)) for (n, key), sql in texts.items())
        )
    except AnalysisException as error:
        raise unanalysable(error, ", ".join(entry.where for entry in entries.values())) from error
    identifying = {_at(n, c): c for n, entry in entries.items() for c in entry.identifying}
    made = {name: {b.column for b in m.of} & identifying.keys() for name, m in made_of(frame).items()}
    reading = [(n, key) for n, key in texts if made[_at(n, key)]]
    for n, key in reading:
        if key in entries[n].shown():
            for column in sorted(identifying[c] for c in made[_at(n, key)]):
                yield f"{entries[n].where}.{key}: '{column}' identifies a person; make it a token or scrub it"
    strict = strictly_read(frame, [_at(n, key) for n, key in reading], identifying)
    for n, key in reading:
        for column in sorted(identifying[c] for c in strict.get(_at(n, key), ())):
            yield (
                f"{entries[n].where}.{key}: '{column}' is read as a number or a date: a value that is none would end "
                "the night and be reported; use try_cast(… AS …)"
            )


def _at(entry: str, column: str) -> str:
    return f"{entry} {column}"


class _Entry:
    """One entry of `rows`: where it stands, the columns of its file, and its expressions."""

    def __init__(self, mapping: SourceMapping, table: str, rows: Rows, where: str) -> None:
        self.table, self.rows, self.where = table, rows, where
        self.identifying = identifying_columns(mapping, rows)
        self.columns = sorted(mapping.columns_of(rows) | rows.looked_up())

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every expression that is more than the name of a column, by its key."""
        given: dict[str, ColumnSource | Sealed] = {**self.rows.columns, **self.rows.carry}
        given |= {f"vault[{number}]": entry for number, entry in enumerate(self.rows.vault)}
        for name, form in given.items():
            for key, sql in expressions_of(form).items():
                if sql not in self.columns:
                    yield (name if len(expressions_of(form)) == 1 else f"{name}.{key}"), sql
        for key, listed in self.rows.judged_by().items():
            if listed.of not in self.columns:
                yield key, listed.of

    def shown(self) -> frozenset[str]:
        """The columns that hold what their expression gives, as it is; what lists codes shows those that it has not."""
        return frozenset(self.rows.listed()).union(
            name
            for name, given in {**self.rows.columns, **self.rows.carry}.items()
            if not isinstance(given, Token | Scrub) and not is_yes_or_no(self.table, name, given)
        )
