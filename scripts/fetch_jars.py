"""Bring Delta's two jars into .jars/jars through Spark's own resolver, and check them against jars.lock."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from fundwatch.errors import FundwatchError

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("io.delta:delta-spark_4.2_2.13:4.4.0", "io.delta:delta-storage:4.4.0")
# Spark brings its own, newer, copies of all these; Delta's would stand beside them on the class path
EXCLUDES = (
    "org.apache.hadoop:*",
    "io.delta:delta-kernel*",
    "io.unitycatalog:*",
    "org.apache.parquet:*",
    "com.fasterxml.jackson*:*",
    "org.slf4j:*",
    "org.antlr:*",
    "com.github.ben-manes.caffeine:*",
    "org.scala-lang:*",
    "org.apache.spark:*",
    "org.apache.logging*:*",
    "org.apache.commons:*",
)


def pinned(lock: Path) -> dict[str, str]:
    """File name → sha256 of jars.lock."""
    rows = (line.split() for line in lock.read_text(encoding="ascii").splitlines())
    return {name: digest for digest, name in rows}


def problems(folder: Path, sums: dict[str, str]) -> list[str]:
    """What keeps the jars of `folder` from being exactly the pinned ones; empty when they are."""
    present = {jar.name: jar for jar in folder.glob("*.jar")}
    found = [f"{name} is not pinned in jars.lock" for name in sorted(present.keys() - sums.keys())]
    for name, digest in sums.items():
        if name not in present:
            found.append(f"{name} is missing")
        elif (seen := hashlib.sha256(present[name].read_bytes()).hexdigest()) != digest:
            found.append(f"{name} has sha256 {seen}, pinned is {digest}")
    return found


def resolve(into: Path) -> None:
    """Let Spark download the jars; `into`/jars holds them afterwards."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("fetch-jars")
    conf = {
        "spark.jars.packages": ",".join(PACKAGES),
        "spark.jars.excludes": ",".join(EXCLUDES),
        "spark.jars.ivy": str(into),
        "spark.ui.enabled": "false",
        "spark.driver.memory": "512m",
    }
    for key, value in conf.items():
        builder = builder.config(key, value)
    try:
        builder.getOrCreate().stop()
    except (PySparkException, RuntimeError) as error:
        raise FundwatchError(
            f"Spark could not fetch {', '.join(PACKAGES)}: {error}",
            where=str(into),
            do="open the way to a Maven repository, or put the files jars.lock names into .jars/jars by hand",
        ) from error


def main() -> None:
    """Leave .jars/jars as jars.lock says. Raises FundwatchError when what arrives is something else."""
    folder, sums = PROJECT / ".jars" / "jars", pinned(PROJECT / "jars.lock")
    if not problems(folder, sums):
        print("[setup] Delta's jars: present")
        return
    print("[setup] fetching Delta's jars", flush=True)
    # apart from .jars/jars, which every session loads: only what has been checked may stand there
    incoming = PROJECT / ".jars" / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    resolve(incoming)
    if wrong := problems(incoming / "jars", sums):
        raise FundwatchError(
            "the jars that arrived are not the pinned ones:\n  - " + "\n  - ".join(wrong),
            where=str(incoming / "jars"),
            do="do not use them; find out where they came from, or pin the new ones in jars.lock",
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    (incoming / "jars").replace(folder)
    shutil.rmtree(incoming)


if __name__ == "__main__":
    try:
        main()
    except FundwatchError as problem:
        sys.exit(f"[setup] {problem}")
