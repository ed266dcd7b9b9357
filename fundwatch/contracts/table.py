"""Table contracts: the columns, types, keys and way of replacing of every table in the lake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from fundwatch.errors import ContractError, problems

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

# Money, quantity and price as the national interface gives them (N(16,2), N(16,4), N(16,6)).
_TOKEN = re.compile(r"token\((\w+)\)")
_TEXTS = ("code", "catalogue_code", "name")
_PUBLIC_ID = re.compile(r"id\((\w+)\)")
_QUOTING = re.compile(r"quoting\((\S+)\)")
_SKIPPED_BY = {"date", "timestamp", "bigint"}
_SPARK_TYPE = {"money": "decimal(16,2)", "quantity": "decimal(16,4)", "price": "decimal(16,6)"}


class Replaced(Enum):
    """How a write replaces what the table held."""

    BY_NIGHT = "all rows of the business date"
    BY_KEY = "all versions of the keys that are written"
    BY_VERSION = "the version of an edition or of a table asked for that is written"


@dataclass(frozen=True)
class ContractColumn:
    """One column: its name, Spark type and meaning; the domain of the key, if it holds pseudonyms (or may).

    `is_free_text` is what people wrote, `is_quoting` what repeats values of other columns, pseudonyms among them.
    `public_id_of` is whose public id it is (an institution's); a pseudonym's domain says whose that is.
    `text` is "code" for short texts that nobody's name or number has a place in ("catalogue_code" if they come from a
    public catalogue, some of whose codes look like telephones), "name" for what things are called.
    """

    name: str
    type: str
    meaning: str
    domain: str | None = None
    is_free_text: bool = False
    text: str = ""
    is_quoting: bool = False
    public_id_of: str = ""


@dataclass(frozen=True)
class Table:
    """A contract. `is_open` tables take further double columns, one per declared measure.

    `dated` is the date that makes a row old, SQL over the table's columns: erasing by age goes by it. None: rows do not
    age, as of registers, figures, and what goes with another row. `goes_with` are columns with the id of what a row
    belongs to, and the table that owns the id: the row is erased with it.

    `unknown_in_key` are parts of the key that a source may not know: rows in which one is unknown have one key, where
    the other parts are equal.
    """

    name: str
    grain: str
    columns: tuple[ContractColumn, ...]
    key: tuple[str, ...]
    replaced: Replaced
    is_open: bool = False
    sums: tuple[str, ...] = field(default=())
    dated: str | None = None
    goes_with: tuple[tuple[str, str], ...] = ()
    unknown_in_key: tuple[str, ...] = ()

    @property
    def required_key(self) -> tuple[str, ...]:
        """The parts of the key without which a row is nobody's."""
        return tuple(name for name in self.key if name not in self.unknown_in_key)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def names_without(self, *left_out: str) -> list[str]:
        """The columns' names in the contract's order, but for those left out: what a night's frame has, for example."""
        return [name for name in self.column_names if name not in left_out]

    @property
    def token_columns(self) -> tuple[str, ...]:
        """The columns that hold pseudonyms (some of them beside public ids)."""
        return tuple(column.name for column in self.columns if column.domain is not None)

    def ids_of(self, kind: str) -> tuple[str, ...]:
        """The columns that hold ids of the kind: pseudonyms of the domain, or public ids."""
        return tuple(column.name for column in self.columns if kind in (column.domain, column.public_id_of))

    @property
    def free_texts(self) -> tuple[str, ...]:
        """The columns that hold what people wrote: only scrubbed text may fill them."""
        return tuple(column.name for column in self.columns if column.is_free_text)

    @property
    def codes(self) -> tuple[str, ...]:
        """The columns of short codes and numbers: an identifier in one is an error of the row."""
        return tuple(column.name for column in self.columns if column.text in ("code", "catalogue_code"))

    @property
    def catalogue_codes(self) -> tuple[str, ...]:
        """Those of them that come from a public catalogue: eleven digits there are a drug and no telephone."""
        return tuple(column.name for column in self.columns if column.text == "catalogue_code")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of what things are called: an identifier in one is masked."""
        return tuple(column.name for column in self.columns if column.text == "name")

    @property
    def skipping_columns(self) -> tuple[str, ...]:
        """The columns whose least and greatest values are kept for each file, so that reads pass files over.

        Times, and fingerprints for their nulls. Keys, tokens and names lie in every file: nothing is passed over by
        them, and keeping theirs costs a third of a write.
        """
        own = "business_date" if self.replaced is Replaced.BY_NIGHT else None  # a folder each, which says it already
        return tuple(c.name for c in self.columns if c.type in _SKIPPED_BY and c.name != own)

    @property
    def delta_properties(self) -> dict[str, str]:
        """The table properties that Delta gets when the table is created, whichever writer creates it."""
        marks = {"delta.enableDeletionVectors": "true"} if self.replaced is Replaced.BY_KEY else {}
        kept = ",".join(self.skipping_columns)
        return marks | ({"delta.dataSkippingStatsColumns": kept} if kept else {"delta.dataSkippingNumIndexedCols": "0"})

    def spark_type(self, name: str) -> str:
        """The column's type as Spark writes it; raises KeyError for a column the contract has not."""
        return next(c.type for c in self.columns if c.name == name)

    def schema(self) -> StructType:
        """The contract as a Spark schema (all columns nullable: row checks judge nulls, not the writer)."""
        from pyspark.sql.types import StructType, _parse_datatype_string

        schema = _parse_datatype_string(", ".join(f"`{c.name}` {c.type}" for c in self.columns))
        if not isinstance(schema, StructType):
            raise ContractError("the contract is not a row type", where=self.name)
        return schema

    def conform(self, rows: DataFrame) -> DataFrame:
        """The rows in the contract's column order. Raises ContractError naming every column that differs."""
        found = {name: kind.replace("timestamp_ntz", "timestamp") for name, kind in rows.dtypes}
        wrong = [f"{c.name} is missing" for c in self.columns if c.name not in found]
        extra = [name for name in rows.columns if name not in self.column_names]
        if self.is_open:
            wrong += [f"{name} is {found[name]}, a measure is double" for name in extra if found[name] != "double"]
        else:
            wrong += [f"{name} is not in the contract" for name in extra]
        for column in self.columns:
            if column.name in found and found[column.name] != column.type:
                wrong.append(f"{column.name} is {found[column.name]}, the contract says {column.type}")
        if wrong:
            raise ContractError(problems(f"the rows do not fit the table {self.name}", wrong), where=self.name)
        order = [*self.column_names, *(sorted(extra) if self.is_open else ())]
        return rows if rows.columns == order else rows.select(*order)


def arrow_type(spark_type: str) -> Any:
    """The Arrow type of a contract's simple type. Raises ContractError for nested ones: such rows go through Spark."""
    import pyarrow as pa

    simple = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    if spark_type in simple:
        return simple[spark_type]
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", spark_type):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    raise ContractError(f"rows from memory cannot hold {spark_type}", where="contracts.arrow_type")


def declare(
    name: str,
    grain: str,
    columns: str,
    *,
    key: str,
    replaced: Replaced,
    dated: str | None,
    goes_with: Mapping[str, str] | None = None,
    is_open: bool = False,
    sums: str = "",
    unknown_in_key: str = "",
) -> Table:
    """A contract from text: one column a line, `name type meaning…`. `token(<domain>)` is a string of pseudonyms,
    `id(<kind>)` one of public ids, `free_text` what people wrote, which may name anybody; `quoting(<type>)` repeats
    values of other columns; `code` and `name` are strings that should name nobody, and in which an intake looks for
    identifiers (a plain `string` is a key that systems count up).
    """
    parsed = []
    for line in columns.strip().splitlines():
        column, kind, *meaning = line.split(maxsplit=2)
        token = _TOKEN.fullmatch(kind)
        is_free, quoting = kind == "free_text", _QUOTING.fullmatch(kind)
        kind = quoting[1] if quoting else kind
        text = kind if kind in _TEXTS else ""
        public = _PUBLIC_ID.fullmatch(kind)
        spark_type = "string" if token or public or is_free or text else _SPARK_TYPE.get(kind, kind)
        domain, public_id = token[1] if token else None, public[1] if public else ""
        reported = "".join(meaning)
        parsed.append(
            ContractColumn(column, spark_type, reported, domain, is_free, text, quoting is not None, public_id)
        )
    belongs = tuple((goes_with or {}).items())
    own, summed, unknown = (tuple(names.split()) for names in (key, sums, unknown_in_key))
    return Table(name, grain, tuple(parsed), own, replaced, is_open, summed, dated, belongs, unknown)


def nightly(
    name: str,
    grain: str,
    columns: str,
    *,
    key: str,
    dated: str | None = "business_date",
    goes_with: Mapping[str, str] | None = None,
    is_open: bool = False,
) -> Table:
    """A table that jobs make: one night owns its rows, and they are as old as the night unless `dated` says else."""
    return declare(
        name,
        grain,
        "business_date date the night that made the row\n" + columns.strip(),
        key=f"business_date {key}",
        replaced=Replaced.BY_NIGHT,
        dated=dated,
        goes_with=goes_with,
        is_open=is_open,
    )
