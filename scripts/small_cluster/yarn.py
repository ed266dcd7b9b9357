"""A real YARN on this machine: a resource manager and one node manager, each a process, out of Hadoop's own jars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from scripts.small_cluster.hadoop import NOWHERE, conf_of, configure, server
from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, start, until
from scripts.small_cluster.spark import SPARK

_MANAGERS = ("resourcemanager.ResourceManager", "nodemanager.NodeManager")
_SERVERS = "org.apache.hadoop.yarn.server"
_OF_THE_MANAGER = ("address", "scheduler.address", "resource-tracker.address", "admin.address")
_OF_THE_NODE = ("localizer.address", "collector-service.address")
# one executor beside what asks for it; and what Spark needs stands on every machine
_OF_SPARK = {
    "spark.executor.instances": "1",
    "spark.executor.memory": "1g",
    "spark.yarn.am.memory": "256m",
    "spark.driver.host": "127.0.0.1",
    "spark.yarn.jars": f"local:{SPARK}/jars/*",
}


@dataclass(frozen=True)
class SmallYarn:
    """Where its pages are, and the folder of its configuration."""

    pages: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """By it Spark finds YARN, and what it is to ask of it: the master is then `yarn` and nothing more."""
        conf = str(conf_of(self.folder))
        return {"HADOOP_CONF_DIR": conf, "SPARK_CONF_DIR": conf, "SPARK_LOCAL_IP": "127.0.0.1"}

    def live_nodes(self) -> int:
        """How many node managers it hears; 0 while it does not answer."""
        try:
            with urlopen(f"{self.pages}/ws/v1/cluster/metrics", timeout=20) as answer:
                return int(json.load(answer)["clusterMetrics"]["activeNodes"])
        except (OSError, ValueError, LookupError):
            return 0

    def ended(self) -> list[str]:
        """How each application ended that did."""
        with urlopen(f"{self.pages}/ws/v1/cluster/apps", timeout=20) as answer:
            found = json.load(answer)["apps"] or {}
        return [one["finalStatus"] for one in found.get("app", []) if one["state"] == "FINISHED"]


@contextmanager
def small_yarn(folder: Path) -> Iterator[SmallYarn]:
    """A YARN beside the HDFS of the folder, in whose configuration it is named; it ends with the block."""
    pages = f"127.0.0.1:{free_port()}"
    manager = {f"yarn.resourcemanager.{name}": f"127.0.0.1:{free_port()}" for name in _OF_THE_MANAGER}
    node = {f"yarn.nodemanager.{name}": f"127.0.0.1:{free_port()}" for name in _OF_THE_NODE}
    configure(
        folder, "yarn-site.xml", manager | node | _others(folder) | {"yarn.resourcemanager.webapp.address": pages}
    )
    queue = {"queues": "default", "default.capacity": "100"}
    scheduler = {f"yarn.scheduler.capacity.root.{name}": value for name, value in queue.items()}
    alone = {"yarn.scheduler.capacity.maximum-am-resource-percent": "0.5"}
    configure(folder, "capacity-scheduler.xml", scheduler | alone)
    defaults = "".join(f"{name} {value}\n" for name, value in _OF_SPARK.items())
    (conf_of(folder) / "spark-defaults.conf").write_text(defaults, encoding="utf-8")
    made = SmallYarn(f"http://{pages}", folder)
    commands = {name: server(folder, f"{_SERVERS}.{name}") for name in _MANAGERS}
    started = [start(command, folder / f"{name}.log", {}) for name, command in commands.items()]
    try:
        until(lambda: made.live_nodes() == 1)
        yield made
    finally:
        end(started)


def _others(folder: Path) -> dict[str, str]:
    """What is not an address to be found: where the node works, and how much of the machine it gives away."""
    return {
        "yarn.resourcemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.address": NOWHERE,
        "yarn.nodemanager.webapp.address": NOWHERE,
        "yarn.nodemanager.local-dirs": str(folder / "yarn-local"),
        "yarn.nodemanager.log-dirs": str(folder / "yarn-logs"),
        "yarn.nodemanager.resource.memory-mb": "4096",
        "yarn.nodemanager.resource.cpu-vcores": "4",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99",
        # Java's address space is larger than what it uses
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.scheduler.minimum-allocation-mb": "256",
    }
