"""Makes the archive of Java's classes beside Delta's jars, unless it is there for this Java, Spark and Delta."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.engine.class_archive import ARCHIVE, QUIET
from fundwatch.engine.frames import small_frame
from fundwatch.engine.session import FEW_ROWS, JAVA_OPTIONS, project_jars, start_session
from fundwatch.fingerprint import fingerprint

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_EXIT_SECONDS = 300


def main() -> None:
    """Run by `make setup`; a session without an archive works too, and starts later."""
    jars = project_jars()
    if not jars:
        return
    archive = Path(jars[0]).parent.parent / ARCHIVE
    stamp, made_for = archive.with_suffix(".stamp"), _made_for(jars)
    if archive.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_for:
        return
    print("the archive of Java classes is made anew", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        make_archive(archive, Path(scratch))
    stamp.write_text(made_for, encoding="utf-8")


def _made_for(jars: list[str]) -> str:
    import pyspark

    java = str(Path(os.environ["JAVA_HOME"], "bin", "java")) if "JAVA_HOME" in os.environ else "java"
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    place = str(Path(str(pyspark.__file__)).resolve())
    return fingerprint(version, pyspark.__version__, place, [Path(jar).name for jar in jars])


def make_archive(archive: Path, scratch: Path) -> None:
    """Do a little of all that nights do in a session that notes its classes; it writes them down when it ends."""
    draft = archive.with_name(f".{archive.name}")
    draft.unlink(missing_ok=True)
    options = f"{FEW_ROWS[JAVA_OPTIONS]} -XX:ArchiveClassesAtExit={draft} {QUIET}"
    conf = FEW_ROWS | {JAVA_OPTIONS: options, "spark.sql.warehouse.dir": str(scratch / "warehouse")}
    session = start_session("class archive", conf, "local[2]")
    for is_compiled in ("true", "false"):
        session.conf.set("spark.sql.codegen.wholeStage", is_compiled)
        _work(session, scratch / f"rows-{is_compiled}")
    _end(session)
    draft.replace(archive)


def _end(session: SparkSession) -> None:
    """End Java's process as one that is done: only then it writes the archive."""
    gateway: Any = session.sparkContext._gateway
    process: subprocess.Popen[bytes] = gateway.proc
    session.stop()
    gateway.shutdown()
    if process.stdin is not None:
        process.stdin.close()
    process.wait(_EXIT_SECONDS)


def _work(session: SparkSession, place: Path) -> None:
    """Queries of the kinds that nights ask: files, joins, windows, aggregates, nested values, texts, Arrow."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    ids = session.range(200).select(
        F.col("id").cast("string").alias("id"),
        (F.col("id") % 7).cast("string").alias("key"),
        (F.col("id") / 3).cast("decimal(16,2)").alias("amount"),
        F.date_add(F.lit("2026-03-01").cast("date"), (F.col("id") % 30).cast("int")).alias("day"),
    )
    ids.write.partitionBy("day").parquet(str(place / "parted"))
    ids.write.option("header", True).csv(str(place / "text"))
    texts = session.read.option("header", True).schema("id string, key string, amount string, day string")
    rows = session.read.schema(ids.schema).parquet(str(place / "parted")).filter("day > DATE '2026-03-02'")
    lines = texts.csv(str(place / "text")).select("id", F.col("amount").try_cast("double").alias("as_text"))
    few = small_frame(session, "key string, is_few boolean", [("1", True), ("2", False)])
    by_key = Window.partitionBy("key").orderBy("day", "id")
    joined = (
        rows.join(lines, "id", how="left")
        .join(F.broadcast(few), "key", how="left")
        .select(
            "*",
            F.row_number().over(by_key).alias("place"),
            F.sum("amount").over(by_key.rowsBetween(-3, 0)).alias("sum"),
            F.sha2(F.concat_ws("|", "id", "key"), 256).alias("hash"),
            F.xxhash64("id", "key").alias("print"),
        )
    )
    kept = joined.mapInArrow(lambda batches: batches, joined.schema).localCheckpoint()
    of_keys = kept.groupBy("key").agg(
        F.count_distinct("id").alias("n"),
        F.sort_array(F.collect_list(F.struct("amount", "id"))).alias("all"),
        F.max_by("id", "amount").alias("top"),
        F.percentile("as_text", F.array(F.lit(0.25), F.lit(0.75))).alias("quartiles"),
    )
    spread = of_keys.select("key", "n", F.posexplode("all").alias("at", "one"), F.to_json("quartiles").alias("json"))
    anti = kept.join(spread.filter("at < 2"), "key", how="left_anti").select("key", "id")
    spread.select("key", F.col("one.id").alias("id")).unionByName(anti).distinct().collect()
    session.createDataFrame(kept.toPandas()).createOrReplaceTempView("kept")
    session.sql(
        "SELECT key, count(*) AS n FROM kept WHERE id IN (SELECT id FROM kept WHERE place = 1) GROUP BY key"
    ).collect()


if __name__ == "__main__":
    main()
