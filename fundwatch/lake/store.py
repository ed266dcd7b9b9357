"""The lake: where tables lie, how they are read as of a night, and how a write replaces exactly what it owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Replaced, Table
from fundwatch.contracts.versions import KNOWN_COLUMNS, known_on
from fundwatch.errors import NotReadyError
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.delta_rows import (
    columns_of,
    commit_rows,
    has_marked_rows,
    is_made,
    live_files,
    opened,
    query_tables,
    replace_night,
    version_of,
)
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.history import STAGING, files_holding
from fundwatch.lake.lease import committing
from fundwatch.lake.parquet.spark_rows import Placement, commit_frame, frame_of
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader
    from pyarrow.dataset import Dataset
    from pyspark.sql import DataFrame, SparkSession

_MERGE_BYTES = 32 * 1024 * 1024  # below it, a replaced file costs less than a merge's planning


@dataclass(frozen=True)
class Written:
    """What one commit did: the table, the Delta version it made and the rows it wrote."""

    table: str
    version: int
    rows: int


@dataclass(frozen=True)
class Lake:
    """Delta tables at an address, one per contract. With `versions` it is the lake as it was: see `pinned`.

    Nobody gets a path of it: what callers want of its files is a method here, or a function of `fundwatch.lake`.
    """

    address: LakeAddress
    versions: Mapping[str, int] | None = None

    def pinned(self) -> Lake:
        """The lake as it is now, whatever is written to it meanwhile: every table at its newest version."""
        made = [name for name in TABLES if self.exists(name)]
        return Lake(self.address, {name: self.version(name) for name in made})

    def as_recorded(self, versions: Mapping[str, int]) -> Lake | None:
        """The lake with these tables alone, at these versions; None where one of them is not there any more."""
        from deltalake.exceptions import DeltaError

        try:
            for table, version in versions.items():
                opened(self.table_address(table), version)
        except (DeltaError, DamagedFileError, OSError):
            return None
        return Lake(self.address, dict(versions))

    @property
    def is_made(self) -> bool:
        """Whether there is a lake at the address, if only an empty one."""
        return self._files.has_folder()

    def make(self) -> None:
        """Make an empty lake where there is none."""
        self._files.make_folder()

    def tables(self) -> list[str]:
        """The names of the Delta tables that lie there, journals among them."""
        return [name for name in self._files.folders() if is_made(self.table_address(name))]

    def table_address(self, table: str) -> LakeAddress:
        """Where the table lies, or would."""
        return self.address.within(table)

    @property
    def _files(self) -> LakeFiles:
        return LakeFiles(self.address)

    def exists(self, table: str) -> bool:
        return is_made(self.table_address(table)) if self.versions is None else table in self.versions

    def version(self, table: str) -> int:
        """The newest Delta version, or the pinned one; read from the log without Spark."""
        return version_of(self.table_address(table)) if self.versions is None else self.versions[table]

    def columns(self, table: str) -> dict[str, Any]:
        """The table's columns and their Arrow types, as it is now and not as its contract says."""
        return columns_of(self.table_address(table))

    def row_count(self, table: str) -> int:
        """The rows of the table's newest version, or the pinned one, as its log says; what no log counts is none."""
        held = delta_table(self.table_address(table), None if self.versions is None else self.versions[table])
        return sum(file.rows or 0 for file in live_files(held))

    def read(self, spark: SparkSession, table: str, version: int | None = None) -> DataFrame:
        """All rows of the table, columns it was made without as nulls.

        Raises NotReadyError when it was never made, DamagedFileError when a file is not what was written.
        """
        return self._read(spark, table, version)

    def _read(
        self, spark: SparkSession, table: str, version: int | None, only: Mapping[str, str] | None = None
    ) -> DataFrame:
        if not self.exists(table):
            raise _not_made(self, table)
        version = self._pin(table) if version is None else version
        return _completed(frame_of(spark, self.table_address(table), version, only), TABLES[table])

    def rows(self, table: str, query: str) -> list[dict[str, Any]]:
        """Few rows, without Spark: `query` is SQL over the table's own name. For look-ups, never for data."""
        return list(self.query(query, table).read_all().to_pylist())

    def batches(self, table: str, query: str) -> RecordBatchReader:
        """The same for many rows: a reader of Arrow batches, for who goes through them and keeps a part."""
        return self.query(query, table)

    def query(self, query: str, *tables: str) -> RecordBatchReader:
        """The same over several tables."""
        for table in tables:
            if not self.exists(table):
                raise _not_made(self, table)
        places = {table: self.table_address(table) for table in tables}
        return query_tables(places, query, {table: self._pin(table) for table in tables})

    def dataset(self, table: str) -> Dataset:
        """The table for Arrow, which skips files by what the log says of them. Raises NotReadyError when it was never
        made, DamagedFileError when a file is not what was written."""
        if not self.exists(table):
            raise _not_made(self, table)
        place = self.table_address(table)
        # Arrow's own file system: threads that are still reading through Python when the process ends would abort it
        return opened(place, self._pin(table)).to_pyarrow_dataset(filesystem=LakeFiles(place).system)

    def _pin(self, table: str) -> int | None:
        return None if self.versions is None else self.versions[table]

    def known(self, spark: SparkSession, table: str, as_of: date) -> DataFrame:
        """Rows of a clean table as they were known after the night of `as_of`, without the version columns."""
        return self.read(spark, table).filter(known_on(as_of)).drop(*KNOWN_COLUMNS)

    def of_night(self, spark: SparkSession, table: str, night: date, version: int | None = None) -> DataFrame:
        """Rows of a derived table that the night of `night` made, without `business_date`."""
        return self._read(spark, table, version, {"business_date": night.isoformat()}).drop("business_date")

    def of_version(self, spark: SparkSession, table: str, version: str) -> DataFrame:
        """Rows of one version of what people imported."""
        return self._read(spark, table, None, {"version": version})

    def write(self, rows: DataFrame, table: str, night: date) -> Written:
        """Replace what the night owns: its business date, or the keys that are written. Atomic, repeatable."""
        contract = TABLES[table]
        conformed = _conformed(rows, contract, night)
        if contract.replaced is Replaced.BY_NIGHT:
            return self._committed(conformed, table, partition="business_date", only=night.isoformat())
        if self.exists(table) and self._is_merged(table):
            return self._merged(self.staged(conformed, table), contract)
        return self._committed(conformed, table, key=contract.key, unknown_in_key=contract.unknown_in_key)

    def add(self, rows: DataFrame, table: str, night: date) -> Written:
        """Append rows whose keys the table does not hold, as the caller has made sure: nothing of it is read. A table
        that is not there yet is made."""
        if TABLES[table].replaced is Replaced.BY_NIGHT:
            return self._committed(_conformed(rows, TABLES[table], night), table, partition="business_date")
        return self._committed(_conformed(rows, TABLES[table], night), table)

    def _committed(self, rows: DataFrame, table: str, **where: Any) -> Written:
        place, properties = self.table_address(table), TABLES[table].delta_properties
        count = commit_frame(rows, place, self.address.within(STAGING), Placement(properties=properties, **where))
        return Written(table, self.version(table), count)

    def replace(self, rows: DataFrame, table: str) -> Written:
        """Replace the whole table by rows made of it. Atomic; what the table held stays among its versions."""
        contract = TABLES[table]
        writer = self.staged(contract.conform(rows), table).write.format("delta").mode("overwrite")
        if contract.replaced is Replaced.BY_NIGHT:
            writer = writer.partitionBy("business_date")
        with committing(rows.sparkSession, self.table_address(table)) if self.exists(table) else nullcontext():
            writer.option("overwriteSchema", "true").save(self.table_address(table).uri)
        return self._last_commit(table)

    def write_version(self, rows: RecordBatchReader, table: str, version: str) -> Written:
        """Put down a version of what people import or ask for, without Spark; the same version again replaces itself.
        Atomic."""
        contract = TABLES[table]
        where: dict[str, Any] = {"partition": "version", "only": version, "properties": contract.delta_properties}
        commit_rows(self.table_address(table), rows, "overwrite", **where)
        count = self.rows(table, f"SELECT count(*) AS n FROM {table} WHERE version = '{version}'")[0]["n"]
        return Written(table, self.version(table), count)

    def write_rows(self, rows: Sequence[tuple[Any, ...]], table: str, night: date) -> Written:
        """Replace what the night owns with a few rows from memory (business date first), without Spark.

        A commit through Spark costs a second or two whatever its size, one through delta-rs some ten milliseconds.
        """
        replace_night(self.table_address(table), TABLES[table], rows, night)
        return Written(table, self.version(table), len(rows))

    def _merged(self, rows: DataFrame, contract: Table) -> Written:
        """Replace keys in a large table: versions that go are marked, not rewritten with all rows beside them.

        Replacing by key copies every file that holds one of the keys (Delta 4.4.0, deletion vectors or not); a merge
        writes the new rows and a mark for each old one, so that a night costs what it changes.
        """
        from pyspark.sql import functions as F

        spark, place = rows.sparkSession, self.table_address(contract.name)
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
        missing = {*names} - {*spark.read.format("delta").load(place.uri).columns}
        same = dict.fromkeys(contract.unknown_in_key, "<=>")  # two unknown parts are equal
        held = {name: "NULL" if name in missing else f"held.{name}" for name in contract.key}
        matches = " AND ".join(f"{held[name]} {same.get(name, '=')} new.{key}" for name, key in pairs)
        clause = "WITH SCHEMA EVOLUTION " if missing else ""
        columns, values = ", ".join(names), ", ".join(f"new.{name}" for name in names)
        with committing(spark, place):
            spark.sql(
                f"MERGE {clause}INTO delta.`{place.uri}` AS held USING {view} AS new ON {matches} "
                "WHEN MATCHED THEN DELETE "
                f"WHEN NOT MATCHED AND new._is_new THEN INSERT ({columns}) VALUES ({values})"
            )
        spark.catalog.dropTempView(view)
        return self._last_commit(contract.name)

    def _is_merged(self, table: str) -> bool:
        """Whether what goes is marked in the table's files: they are large, or have such marks already."""
        held = delta_table(self.table_address(table))
        return has_marked_rows(held) or sum(file.size for file in live_files(held)) > _MERGE_BYTES

    def staged(self, rows: DataFrame, name: str) -> DataFrame:
        """The rows, put down and read back. Replacing by key needs it: it computes its source twice, and fails over
        rows that come from memory (Delta 4.4.0 looks for the files to rewrite by the file name each row came from)."""
        self._files.make_private_folder(STAGING)
        place = self.address.within(STAGING, name).uri
        rows.write.mode("overwrite").parquet(place)
        return rows.sparkSession.read.schema(rows.schema).parquet(place)

    def clear_staging(self) -> None:
        """Remove what was put down, by this run or by one that was killed."""
        self._files.remove_folder(STAGING)

    def staging_left(self) -> LakeAddress | None:
        """Where what was put down lies, while anything does."""
        return self.address.within(STAGING) if self._files.has_folder(STAGING) else None

    def mode(self, table: str) -> int | None:
        """The permission bits of the table's folder; None where there is none."""
        return LakeFiles(self.table_address(table)).mode()

    def set_mode(self, table: str, mode: int) -> None:
        """Say who may enter the table's folder."""
        LakeFiles(self.table_address(table)).set_mode("", mode)

    def holding(self, text: str) -> list[LakeAddress]:
        """The files of all folders of the lake, of tables and of others, in which the text can be found."""
        return [file for folder in self._files.folders() for file in files_holding(self.address.within(folder), text)]

    def _last_commit(self, table: str) -> Written:
        delta = delta_table(self.table_address(table))
        metrics: dict[str, Any] = delta.history(1)[0].get("operationMetrics", {})
        return Written(table, int(delta.version()), int(metrics.get("numOutputRows", 0)))


def _not_made(lake: Lake, table: str) -> NotReadyError:
    return NotReadyError(
        f"the table {table} has not been made yet",
        where=str(lake.table_address(table)),
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
        others = (name for name in rows.columns if name != "business_date")
        rows = rows.select(F.lit(night).alias("business_date"), *others)  # where contracts have it: the order is right
    return contract.conform(rows)
