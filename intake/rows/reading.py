"""How Spark is to read a landed file: every column a string, broken rows marked, rows numbered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from fundwatch.expressions.tokens import quoted_name, quoted_text
from intake.files.delivery import LandedFile
from intake.files.lines import LINE_COLUMN
from intake.rows.normalizing import is_strange, one_spelling
from intake.source.mapping import SourceMapping
from intake.source.unpivot import Unpivot

UNREADABLE = "_unreadable_row"
LINE_NUMBER = LINE_COLUMN
FILE_NAME = "_file_name"
POSITION = "_position"  # of rows made of one line: the label of theirs; null where the line is one row
BEGINS_LINE = "_begins_line"  # whether a row is the first that was made of its line
_STRANGE = "_is_strange_row"
_ROW, _NUMBER = "_row", "_number"
_ROW_OF_TASK = (1 << 33) - 1  # the lower 33 bits of the id count rows within a task


def read_options(mapping: SourceMapping, file: LandedFile | None = None) -> dict[str, str]:
    """Options of the CSV reader. The header was checked by name already; the schema follows the file's own order."""
    return {
        "header": "true",
        "sep": mapping.delivery.delimiter if file is None else file.delimiter,
        "encoding": "UTF-8",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": UNREADABLE,
        "columnPruning": "false",  # while Spark reads some columns only, it marks no row as broken
        "escape": '"',
        "multiLine": "false",  # an unclosed quote would swallow the rest of the file
    }


def read_schema(file: LandedFile) -> StructType:
    """All columns as strings, in the file's order, and a column for the text of rows that do not fit them."""
    numbers = (LINE_NUMBER,) if file.is_numbered else ()
    return StructType([StructField(name, StringType()) for name in (*numbers, *file.header, UNREADABLE)])


def as_strings(
    raw: DataFrame,
    file: LandedFile,
    used: Sequence[str],
    null_texts: Sequence[str],
    texts_only: Collection[str] = (),
) -> DataFrame:
    """One row per delivered row: the columns used in their one spelling, blanks and null texts as null; file name, line
    number. Columns of `texts_only` keep their full-width signs (see fundwatch.texts).

    A line number is the line of the file, a header being line 1, or the row's number where a form has no lines: as the
    line itself says in a numbered file; counted in the others, each of which begins with a header, is read as one task
    and has no blank lines between its rows.
    """
    texts = {name: F.trim(F.col(name)) for name in used}
    if used and not file.is_plain:
        raw = raw.select("*", is_strange(used).alias(_STRANGE))
        texts = {name: one_spelling(F.col(name), F.col(_STRANGE), is_key=name not in texts_only) for name in used}
    counted = F.monotonically_increasing_id().bitwiseAND(F.lit(_ROW_OF_TASK)) + 2
    spelled = raw.select(
        F.lit(file.name).alias(FILE_NAME),
        (F.col(LINE_NUMBER).cast("bigint") if file.is_numbered else counted).alias(LINE_NUMBER),
        F.col(UNREADABLE).isNotNull().alias(UNREADABLE),
        *(text.alias(name) for name, text in texts.items()),
    )
    said = [unless_among(name, null_texts).alias(name) for name in used]
    return spelled.select(FILE_NAME, LINE_NUMBER, UNREADABLE, *said)


def unless_among(name: str, texts: Collection[str]) -> Column:
    """A column's value, or null where it is one of the texts. As one SQL: each literal of a list, and each step, would
    be a call of its own to Java, and a night has a thousand columns."""
    if not texts:
        return F.col(quoted_name(name))
    listed = ", ".join(map(quoted_text, texts))
    return F.expr(f"CASE WHEN CAST({quoted_name(name)} AS STRING) NOT IN ({listed}) THEN {quoted_name(name)} END")


def place_of(rows: DataFrame) -> tuple[str, ...]:
    """The columns that say where a row came from."""
    return (FILE_NAME, LINE_NUMBER, *([POSITION] if POSITION in rows.columns else []))


def unpivoted(strings: DataFrame, how: Unpivot, nothing: Collection[str]) -> DataFrame:
    """One row for each position of a line that says something, with its label; `_position` is the label, too.

    A line that does not fit its header, or none of whose positions says more than the texts `nothing`, stays one row
    without a position: no line is lost. `_begins_line` is true once a line.
    """
    kept = [name for name in strings.columns if name not in how.columns]
    rows = (_position(strings, F.lit(label).alias(how.label), row, nothing) for label, row in how.rows.items())
    found = F.array_compact(F.array(*rows))
    made = strings.select(*kept, F.posexplode_outer(found).alias(_NUMBER, _ROW))
    return made.select(
        *kept,
        F.col(f"{_ROW}.{how.label}").alias(POSITION),
        (F.coalesce(F.col(_NUMBER), F.lit(0)) == 0).alias(BEGINS_LINE),
        *(F.col(f"{_ROW}.{name}").alias(name) for name in (how.label, *how.values)),
    )


def _position(strings: DataFrame, label: Column, row: Mapping[str, str], nothing: Collection[str]) -> Column:
    """The row of one position behind its label, or null where it says nothing."""
    there = {name: column for name, column in row.items() if column in strings.columns}
    silent = "".join(f", {quoted_text(text)}" for text in nothing)
    # a null is none of the texts, and says nothing either
    says = " OR ".join(f"coalesce({quoted_name(c)} NOT IN (''{silent}), false)" for c in there.values()) or "false"
    unknown = F.lit(None).cast("string")
    values = [(F.col(quoted_name(there[n])) if n in there else unknown).alias(n) for n in sorted(row)]
    return F.when(~F.col(UNREADABLE) & F.expr(says), F.struct(label, *values))
