"""A Spark standalone cluster on this machine: a master and workers of one core, each a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pyspark

from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, kill, start, until

SPARK = Path(pyspark.__file__).parent
_MEMORY = "2g"


@dataclass
class Cluster:
    """The master's address, and the processes of the workers."""

    address: str
    pages: str
    folder: Path
    python: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def state(self) -> dict[str, list[dict[str, object]]]:
        """What the master says of its workers and applications."""
        with urlopen(f"{self.pages}/json/", timeout=60) as answer:
            return dict(json.load(answer))

    def has_shuffled(self) -> bool:
        """Whether executors hold what a later stage of an application will ask for."""
        return any(self.folder.rglob("shuffle_*.data"))

    def kill_worker(self) -> None:
        """End the first worker and its executors at once, as a machine that fails would."""
        kill(self.workers[0])

    def start_worker(self, number: int = 0) -> None:
        """Start a worker, or the first one again."""
        own = ("--work-dir", str(self.folder / f"worker-{number}"), "--webui-port", str(free_port()))
        each = ("-c", "1", "-m", _MEMORY, "--host", "127.0.0.1", self.address)
        self.workers[number : number + 1] = [_start(self.folder, self.python, "worker.Worker", *own, *each)]
        until(lambda: self.alive() == len(self.workers))

    def alive(self) -> int:
        """How many workers the master hears; 0 while it has no page of its own yet."""
        try:
            return sum(worker["state"] == "ALIVE" for worker in self.state()["workers"])
        except (OSError, ValueError):
            return 0


@contextmanager
def cluster(folder: Path, workers: int = 2, python: Path = Path(sys.executable)) -> Iterator[Cluster]:
    """A cluster whose processes end with the block; `python` is the workers' own."""
    port, pages = free_port(), free_port()
    address = f"spark://127.0.0.1:{port}"
    at = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", str(pages))
    master = _start(folder, python, "master.Master", *at)
    made = Cluster(address, f"http://127.0.0.1:{pages}", folder, python)
    try:
        for number in range(workers):
            made.start_worker(number)
        yield made
    finally:
        end([*made.workers, master])


def _start(folder: Path, python: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
    own = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder), "PYSPARK_PYTHON": str(python)}
    return start(command, folder / f"{name}.log", own)
