"""The Spark session: one place that knows Spark's and Delta's settings, each with its reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fundwatch.engine.class_archive import options_with_archive
from fundwatch.engine.java_output import JavaVoice
from fundwatch.errors import SettingsError
from fundwatch.resources import conf_root

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_BASE = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",  # the law's local times are kept as they were written
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # HotSpot never compiles methods over 8,000 bytes of bytecode; Spark's own limit lets such through, interpreted
    "spark.sql.codegen.hugeMethodLimit": "8000",
    "spark.databricks.delta.properties.defaults.enableChangeDataFeed": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # each sort, window and sum of a task holds a page at least, whatever its rows: of a thirtieth of the heap each, a
    # plan of twenty left none to the last (all indicators of a million lines: UNABLE_TO_ACQUIRE_MEMORY)
    "spark.buffer.pageSize": "2m",
    # every query's plan is written out for listeners, whether anybody listens or not: the short form costs least
    "spark.sql.ui.explainMode": "simple",
    # what Spark remembers of queries that have ended is for its pages: a thousand plans, copied at each garbage run
    "spark.sql.ui.retainedExecutions": "20",
    "spark.ui.retainedJobs": "200",
    "spark.ui.retainedStages": "200",
    "spark.ui.retainedTasks": "500",
    # looks for a class that is not there, in every jar and once a column; no table here has variants
    "spark.sql.variant.pushVariantIntoScan": "false",
    # a plain Python function over a Parquet scan hangs in Spark 4.2.0 when Arrow carries it (SPARK-58241)
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",
    # Spark writes a check sum with every page; without this it never looks at it, and a flipped bit is other data
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
    # letters of codes are ASCII: the Unicode library took a seventh of the processor time of indicators for upper()
    "spark.sql.icu.caseMappings.enabled": "false",
    # what a plan's filters imply of each of its columns is worked out anew at every step, once for every other column
    # that it was renamed from: of a scan by 566 rules, ten minutes of planning without its end; four seconds without
    "spark.sql.constraintPropagation.enabled": "false",
    # where in Python a column was made is asked of Java four times for each of a night's thousands of columns, and
    # would be said in errors that are ours to word
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # for so long Java waits until Python takes what it asked for, and the other way round: beside others that take all
    # cores, or while memory is cleared, the default of 15 s may not do
    "spark.python.authenticate.socketTimeout": "300s",
    # times as every reader knows them and as files keep statistics of; Spark's own kind has none
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # a file cut short must fail, not lose its rows
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}


# for a process that runs a hundred plans once each over few rows: nothing of it is worth compiling well (measured on
# two cores, a check of 4,356 rows in eight files: 42 s of Java's time without these, 22 s with them)
FEW_ROWS = {
    # without room for its code, which is 48 MB by itself, Java throws compiled methods away and compiles them again
    JAVA_OPTIONS: "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC "
    "-XX:MetaspaceSize=600m -Xmn800m",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # without generated code, what expressions share is looked up in a cache that costs more than it saves
    "spark.sql.subexpressionElimination.enabled": "false",
    # what is gathered or sent takes whole pages: by default megabytes for a handful of rows, a hundred times a plan
    "spark.buffer.pageSize": "256k",
    "spark.broadcast.blockSize": "64k",
    # from so many groups on, what gathers lists sorts all rows anew: 128 otherwise
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "1000000",
}


def project_jars() -> list[str]:
    """Delta's jars in the project's folder; empty where the cluster provides them."""
    return sorted(str(jar) for jar in _jars_folder().glob("*.jar"))


def object_store_jars() -> list[str]:
    """The jars of object stores, which lie beside Delta's; empty where nobody fetched them."""
    return sorted(str(jar) for jar in (_jars_folder().parent / "s3").glob("*.jar"))


def _jars_folder() -> Path:
    return Path(os.environ.get("FUNDWATCH_JARS", Path(__file__).parent.parent.parent / ".jars" / "jars"))


def _java_options(jars: Sequence[str], asked: str) -> str:
    """Java's options: what is asked; log settings where conf/ is a folder, for warnings of libraries are no progress;
    and the archive of classes, unless one is being made."""
    config = conf_root() / "spark" / "log4j2.properties"
    log = f"-Dlog4j2.configurationFile={config}" if isinstance(config, Path) else ""
    archive = options_with_archive(Path(jars[0]).parent) if jars and "ArchiveClasses" not in asked else ""
    return " ".join(option for option in (log, archive, asked) if option)


def start_session(app: str, conf: dict[str, str], master: str | None) -> SparkSession:
    """A session with our settings under the user's. With `master` None (spark-submit) the launcher's holds.

    Where Spark runs in this process already, it is a session beside the one that is there. End it by `stop_session`.
    """
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        return _beside(SparkSession.builder.getOrCreate(), _BASE | conf)
    spark_conf = {"spark.app.name": app}
    if master is not None:
        spark_conf["spark.master"] = master
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers of the driver's environment, not of the PATH
    jars = project_jars()
    if jars:
        spark_conf["spark.jars"] = ",".join(jars)
    spark_conf |= _BASE | conf | {JAVA_OPTIONS: _java_options(jars, conf.get(JAVA_OPTIONS, ""))}
    java = JavaVoice()
    try:
        java.start(spark_conf)
        session = SparkSession.builder.config(map={**spark_conf}).getOrCreate()
    except (RuntimeError, OSError) as error:
        raise SettingsError(
            "\n".join([f"Spark did not start: {error}", *java.words()]),
            do="is Java 17 or 21 installed? `make setup` installs what is missing",
        ) from error
    session.sparkContext.setLogLevel("FATAL")
    return session


def _beside(running: SparkSession, asked: Mapping[str, str]) -> SparkSession:
    """A session of the same Java, which has what is asked of queries for itself alone."""
    session = running.newSession()
    for name, value in asked.items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)
    return session


def stop_session(session: SparkSession) -> None:
    """End a session, and Spark with it, unless that was there before the session."""
    from pyspark.sql import SparkSession

    if session is SparkSession._instantiatedSession:
        session.stop()
