"""Bring jars into .jars/ through Spark's own resolver, and let in only what their lock pins: Delta's two for every
session; with the argument `s3` those that Spark needs for a lake in an object store; with `hdfs` Hadoop's, out of which
a small cluster's HDFS is made; with `yarn` what its YARN needs besides.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from fundwatch.errors import FundwatchError

PROJECT = Path(__file__).resolve().parent.parent
_OF_DELTA = ("io.delta:delta-spark_4.2_2.13:4.4.0", "io.delta:delta-storage:4.4.0")
# Spark brings its own, newer, copies of all these; Delta's would stand beside them on the class path
_BESIDE_DELTA = (
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


@dataclass(frozen=True)
class JarSet:
    """Jars that come together: from where, without what, what pins them, and the folder of .jars/ that takes them."""

    title: str
    packages: tuple[str, ...]
    excludes: tuple[str, ...]
    lock: str
    folder: str


DELTA = JarSet("Delta's jars", _OF_DELTA, _BESIDE_DELTA, "jars.lock", "jars")
# what it rests on besides Spark brings: it wants tests' libraries that its servers do without
_BESIDE_HDFS = (
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.xerial.snappy:*",
    "org.slf4j:*",
    "org.apache.logging*:*",
    "org.mockito:*",
    "net.bytebuddy:*",
    "org.objenesis:*",
    "org.hamcrest:*",
    "junit:*",
    "org.junit*:*",
)
_OF_HDFS = ("org.apache.hadoop:hadoop-client-minicluster:3.5.0", "commons-logging:commons-logging:1.3.5")
HDFS = JarSet("HDFS's jars", _OF_HDFS, _BESIDE_HDFS, "hdfs_jars.lock", "hdfs")
# what YARN's resource manager has besides
_OF_YARN = tuple(f"org.bouncycastle:{part}-jdk18on:1.82" for part in ("bcprov", "bcpkix", "bcutil"))
YARN = JarSet("YARN's jars", _OF_YARN, (), "yarn_jars.lock", "yarn")
# Hadoop's client of object stores names the whole of Amazon's SDK, 600 MB: these are the parts that it uses
_SDK = "2.35.4"  # what Hadoop 3.5.0 was built with
_PARTS = ("s3", "s3-transfer-manager", "sts", "apache-client", "netty-nio-client")
_OF_S3 = ("org.apache.hadoop:hadoop-aws:3.5.0", *(f"software.amazon.awssdk:{part}:{_SDK}" for part in _PARTS))
_BESIDE_S3 = (
    "software.amazon.awssdk:bundle",
    "software.amazon.awssdk.crt:*",
    "com.github.ben-manes.caffeine:*",
    "org.wildfly.openssl:*",
    "io.netty:*",
    "org.apache.httpcomponents:*",
    "commons-logging:*",
    "commons-codec:*",
    "org.slf4j:*",
)
S3 = JarSet("the jars of object stores", _OF_S3, _BESIDE_S3, "s3_jars.lock", "s3")
BY_NAME = {"hdfs": HDFS, "s3": S3, "yarn": YARN}


def folder_of(jars: JarSet) -> Path:
    """Where they lie once they are checked."""
    return PROJECT / ".jars" / jars.folder


def pinned(lock: Path) -> dict[str, str]:
    """File name → sha256 of jars.lock."""
    rows = (line.split() for line in lock.read_text(encoding="ascii").splitlines())
    return {name: digest for digest, name in rows}


def problems(folder: Path, sums: dict[str, str], lock: str = DELTA.lock) -> list[str]:
    """What keeps the jars of `folder` from being exactly the pinned ones; empty when they are."""
    present = {jar.name: jar for jar in folder.glob("*.jar")}
    found = [f"{name} is not pinned in {lock}" for name in sorted(present.keys() - sums.keys())]
    for name, digest in sums.items():
        if name not in present:
            found.append(f"{name} is missing")
        elif (seen := hashlib.sha256(present[name].read_bytes()).hexdigest()) != digest:
            found.append(f"{name} has sha256 {seen}, pinned is {digest}")
    return found


def resolve(into: Path, wanted: JarSet) -> None:
    """Let Spark download the jars; `into`/jars holds them afterwards."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("fetch-jars")
    conf = {
        "spark.jars.packages": ",".join(wanted.packages),
        "spark.jars.excludes": ",".join(wanted.excludes),
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
            f"Spark could not fetch {', '.join(wanted.packages)}: {error}",
            where=str(into),
            do="open the way to a Maven repository, or put by hand into "
            f".jars/{wanted.folder} the files that {wanted.lock} names",
        ) from error


def main(wanted: JarSet = DELTA) -> None:
    """Leave the jars' folder as their lock says. Raises FundwatchError when what arrives is something else."""
    folder, sums = folder_of(wanted), pinned(PROJECT / wanted.lock)
    if not problems(folder, sums, wanted.lock):
        print(f"[setup] {wanted.title}: present")
        return
    print(f"[setup] fetching {wanted.title}", flush=True)
    # apart from .jars/jars, which every session loads: only what has been checked may stand there
    incoming = PROJECT / ".jars" / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    resolve(incoming, wanted)
    if wrong := problems(incoming / "jars", sums, wanted.lock):
        raise FundwatchError(
            "the jars that arrived are not the pinned ones:\n  - " + "\n  - ".join(wrong),
            where=str(incoming / "jars"),
            do=f"do not use them; find out where they came from, or pin the new ones in {wanted.lock}",
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    (incoming / "jars").replace(folder)
    shutil.rmtree(incoming)


if __name__ == "__main__":
    try:
        main(BY_NAME[sys.argv[1]] if sys.argv[1:] else DELTA)
    except FundwatchError as problem:
        sys.exit(f"[setup] {problem}")
