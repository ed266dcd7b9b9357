"""Hadoop's own servers as processes of this machine: their configuration, and what starts them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyspark

from scripts.fetch_jars import HDFS, YARN, folder_of

# Java does not open its own classes to what YARN makes of them by reflection
_JAVA = (
    "java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--add-opens", "java.base/java.lang=ALL-UNNAMED",
)  # fmt: skip
_BESIDE = ("hadoop-client-api-*", "hadoop-client-runtime-*", "slf4j-api-*", "log4j-*", "javax.servlet-api-*")
NOWHERE = "127.0.0.1:0"


def conf_of(folder: Path) -> Path:
    """Where a cluster of this folder has its configuration: what HADOOP_CONF_DIR names."""
    return folder / "conf"


def configure(folder: Path, name: str, values: Mapping[str, str]) -> None:
    """Write one file of the configuration."""
    rows = (f"<property><name>{key}</name><value>{value}</value></property>" for key, value in values.items())
    (conf_of(folder) / name).write_text(f"<configuration>{''.join(rows)}</configuration>\n", encoding="utf-8")


def server(folder: Path, name: str, own: Mapping[str, str] | None = None) -> list[str]:
    """The command of a server, on what Spark brings of Hadoop; `own` it has beside the configuration."""
    spark = Path(pyspark.__file__).parent / "jars"
    jars = [jar for jars in (HDFS, YARN) for jar in folder_of(jars).glob("*.jar")]
    jars += [jar for pattern in _BESIDE for jar in spark.glob(f"{pattern}.jar")]
    options = [part for key, value in (own or {}).items() for part in ("-D", f"{key}={value}")]
    return [*_JAVA, "-cp", ":".join([str(conf_of(folder)), *map(str, sorted(jars))]), name, *options]
