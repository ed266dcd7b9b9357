"""The lake: where tables lie, how they are read as of a night, and how a write replaces exactly what it owns."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Replaced, Table
from fundwatch.contracts.versions import KNOWN_COLUMNS, known_on
from fundwatch.errors import NotReadyError
from fundwatch.lake.delta_rows import is_made, query_rows, read_batches, replace_night, verify_files

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader
    from pyspark.sql import DataFrame, SparkSession

STAGING = ".staging"
_MERGE_BYTES = 32 * 1024 * 1024  # below it, a replaced file costs less than a merge's planning


@dataclass(frozen=True)
class Written:
    """What one commit did: the table, the Delta version it made and the rows it wrote."""

    table: str
    version: int
    rows: int


@dataclass(frozen=True)
class Lake:
    """A folder of Delta tables, one per contract. With `versions` it is the lake as it was: see `pinned`."""

    root: Path
    versions: Mapping[str, int] | None = None

    def pinned(self) -> Lake:
        """The lake as it is now, whatever is written to it meanwhile: every table at its newest version."""
        made = [name for name in TABLES if self.exists(name)]
        return Lake(self.root, {name: self.version(name) for name in made})

    def path(self, table: str) -> Path:
        return self.root / table

    def exists(self, table: str) -> bool:
        return is_made(self.path(table)) if self.versions is None else table in self.versions

    def version(self, table: str) -> int:
        """The newest Delta version, or the pinned one; read from the log without Spark."""
        from deltalake import DeltaTable

        if self.versions is not None:
            return self.versions[table]
        return int(DeltaTable(str(self.path(table))).version())

    def read(self, spark: SparkSession, table: str, version: int | None = None) -> DataFrame:
        """All rows of the table, columns it was made without as nulls.

        Raises NotReadyError when it was never made, DamagedFileError when a file is not what was written.
        """
        if not self.exists(table):
            raise _not_made(self, table)
        reader = spark.read.format("delta")
        version = self._pin(table) if version is None else version
        if version is not None:
            reader = reader.option("versionAsOf", version)
        verify_files(self.path(table), version)
        return _completed(reader.load(str(self.path(table))), TABLES[table])

    def rows(self, table: str, query: str) -> list[dict[str, Any]]:
        """Few rows, without Spark: `query` is SQL over the table's own name. For look-ups, never for data."""
        if not self.exists(table):
            raise _not_made(self, table)
        return query_rows(self.path(table), table, query, self._pin(table))

    def batches(self, table: str, query: str) -> RecordBatchReader:
        """The same for many rows: a reader of Arrow batches, for who goes through them and keeps a part."""
        if not self.exists(table):
            raise _not_made(self, table)
        return read_batches(self.path(table), table, query, self._pin(table))

    def _pin(self, table: str) -> int | None:
        return None if self.versions is None else self.versions[table]

    def known(self, spark: SparkSession, table: str, as_of: date) -> DataFrame:
        """Rows of a clean table as they were known after the night of `as_of`, without the version columns."""
        return self.read(spark, table).filter(known_on(as_of)).drop(*KNOWN_COLUMNS)

    def of_night(self, spark: SparkSession, table: str, night: date, version: int | None = None) -> DataFrame:
        """Rows of a derived table that the night of `night` made, without `business_date`."""
        from pyspark.sql import functions as F

        return self.read(spark, table, version).filter(F.col("business_date") == F.lit(night)).drop("business_date")

    def write(self, rows: DataFrame, table: str, night: date) -> Written:
        """Replace what the night owns: its business date, or the keys that are written. Atomic, repeatable."""
        contract = TABLES[table]
        conformed = _conformed(rows, contract, night)
        if contract.replaced is Replaced.BY_KEY and self.exists(table):
            conformed = self.staged(conformed, table)
            if self._bytes(table) > _MERGE_BYTES:
                return self._merged(conformed, contract)
        writer = conformed.write.format("delta").mode("overwrite")
        # a measure, or a column that the contract did not have when the table was made
        writer = writer.option("mergeSchema", "true")
        if contract.replaced is Replaced.BY_NIGHT:
            writer = writer.partitionBy("business_date")
        if self.exists(table):
            if contract.replaced is Replaced.BY_NIGHT:
                writer = writer.option("replaceWhere", f"business_date = '{night.isoformat()}'")
            else:
                writer = writer.option("replaceUsing", ",".join(contract.key))
        else:
            writer = writer.options(**contract.delta_properties)
        writer.save(str(self.path(table)))
        return self._last_commit(table)

    def add(self, rows: DataFrame, table: str, night: date) -> Written:
        """Append rows whose keys the table does not hold, as the caller has made sure: nothing of it is read. A table
        that is not there yet is made."""
        if not self.exists(table):
            return self.write(rows, table, night)
        writer = _conformed(rows, TABLES[table], night).write.format("delta").mode("append")
        writer.option("mergeSchema", "true").save(str(self.path(table)))
        return self._last_commit(table)

    def replace(self, rows: DataFrame, table: str) -> Written:
        """Replace the whole table by rows made of it. Atomic; what the table held stays among its versions."""
        contract = TABLES[table]
        writer = self.staged(contract.conform(rows), table).write.format("delta").mode("overwrite")
        if contract.replaced is Replaced.BY_NIGHT:
            writer = writer.partitionBy("business_date")
        writer.option("overwriteSchema", "true").save(str(self.path(table)))
        return self._last_commit(table)

    def write_rows(self, rows: Sequence[tuple[Any, ...]], table: str, night: date) -> Written:
        """Replace what the night owns with a few rows from memory (business date first), without Spark.

        A commit through Spark costs a second or two whatever its size, one through delta-rs some ten milliseconds.
        """
        replace_night(self.path(table), TABLES[table], rows, night)
        return Written(table, self.version(table), len(rows))

    def _merged(self, rows: DataFrame, contract: Table) -> Written:
        """Replace keys in a large table: versions that go are marked, not rewritten with all rows beside them.

        Replacing by key copies every file that holds one of the keys (Delta 4.4.0, deletion vectors or not); a merge
        writes the new rows and a mark for each old one, so that a night costs what it changes.
        """
        from pyspark.sql import functions as F

        spark, path = rows.sparkSession, self.path(contract.name)
        names, keys = contract.column_names, [f"_key_{name}" for name in contract.key]
        gone = rows.select(*contract.key).distinct()
        nothing = [F.lit(None).cast(contract.spark_type(name)).alias(name) for name in names]
        pairs = tuple(zip(contract.key, keys, strict=True))
        none = [F.lit(None).cast(contract.spark_type(name)).alias(key) for name, key in pairs]
        replaced = gone.select(*(F.col(name).alias(key) for name, key in pairs), *nothing)
        source = replaced.withColumn("_is_new", F.lit(False)).unionByName(
            rows.select(*none, *names).withColumn("_is_new", F.lit(True))
        )
        view = f"_new_{contract.name}"
        source.createOrReplaceTempView(view)
        matches = " AND ".join(f"held.{name} = new.{key}" for name, key in pairs)
        missing = {*names} - {*spark.read.format("delta").load(str(path)).columns}
        clause = "WITH SCHEMA EVOLUTION " if missing else ""
        columns, values = ", ".join(names), ", ".join(f"new.{name}" for name in names)
        spark.sql(
            f"MERGE {clause}INTO delta.`{path.resolve()}` AS held USING {view} AS new ON {matches} "
            "WHEN MATCHED THEN DELETE "
            f"WHEN NOT MATCHED AND new._is_new THEN INSERT ({columns}) VALUES ({values})"
        )
        spark.catalog.dropTempView(view)
        return self._last_commit(contract.name)

    def _bytes(self, table: str) -> int:
        """How large the table's live files are."""
        import pyarrow as pa
        from deltalake import DeltaTable

        files = pa.table(DeltaTable(str(self.path(table))).get_add_actions(flatten=True))
        return int(sum(files["size_bytes"].to_pylist()))

    def staged(self, rows: DataFrame, name: str) -> DataFrame:
        """The rows, put down and read back. Replacing by key needs it: it computes its source twice, and fails over
        rows that come from memory (Delta 4.4.0 looks for the files to rewrite by the file name each row came from)."""
        (self.root / STAGING).mkdir(parents=True, exist_ok=True, mode=0o700)
        path = str(self.root / STAGING / name)
        rows.write.mode("overwrite").parquet(path)
        return rows.sparkSession.read.schema(rows.schema).parquet(path)

    def clear_staging(self) -> None:
        """Remove what was put down, by this run or by one that was killed."""
        shutil.rmtree(self.root / STAGING, ignore_errors=True)

    def _last_commit(self, table: str) -> Written:
        from deltalake import DeltaTable

        delta = DeltaTable(str(self.path(table)))
        metrics: dict[str, Any] = delta.history(1)[0].get("operationMetrics", {})
        return Written(table, int(delta.version()), int(metrics.get("numOutputRows", 0)))


def _not_made(lake: Lake, table: str) -> NotReadyError:
    return NotReadyError(
        f"the table {table} has not been made yet",
        where=str(lake.path(table)),
        do="run the earlier stages of the night, or `fundwatch nightly`",
    )


def _completed(rows: DataFrame, contract: Table) -> DataFrame:
    """The rows with the contract's columns that the table was made without, as nulls."""
    from pyspark.sql import functions as F

    missing = [c for c in contract.columns if c.name not in rows.columns]
    return rows.select("*", *(F.lit(None).cast(c.type).alias(c.name) for c in missing)) if missing else rows


def _conformed(rows: DataFrame, contract: Table, night: date) -> DataFrame:
    from pyspark.sql import functions as F

    if contract.replaced is Replaced.BY_NIGHT:
        rows = rows.withColumn("business_date", F.lit(night))
    return contract.conform(rows)
