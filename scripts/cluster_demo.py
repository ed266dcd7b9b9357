"""Two nights on one machine's folder, and the same two on a real HDFS and a Spark cluster: their lists are equal.

Usage: cluster_demo.py [LINES] [FOLDER]   (default: as many fee lines as the demonstration, in var/cluster)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.small_cluster.hdfs import SmallHdfs, small_hdfs
from scripts.small_cluster.spark import Cluster, cluster

PROJECT = Path(__file__).resolve().parent.parent
_NIGHTS = ("2026-03-24", "2026-03-31")
_FIRST_DAY = "2026-01-01"


def fundwatch(*arguments: str, var: Path, environment: dict[str, str] | None = None) -> None:
    """The command as a person types it. Raises CalledProcessError."""
    own = {"FUNDWATCH_PROFILE": "demo", **(environment or {})}
    command = [sys.executable, "-m", "jobs.command_line", *arguments, "--var", str(var)]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **own}, check=True)


def lists(var: Path) -> dict[str, str]:
    """The SHA-256 of each published list."""
    found = sorted((var / "lists").rglob("leads.csv"))
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def demonstrate(lines: int, folder: Path) -> int:
    """Both ways, and a line for each night; 1 where the lists differ."""
    shutil.rmtree(folder, ignore_errors=True)
    local, remote = folder / "local", folder / "remote"
    given = ("--lines", str(lines), "--from", _FIRST_DAY, "--nights", str(len(_NIGHTS)), "--date", _NIGHTS[-1])
    fundwatch("simulate", *given, var=local)
    fundwatch("keys", "make", var=local)
    for part in ("landing", "keys"):  # with the same keys tokens are the same
        shutil.copytree(local / part, remote / part)
    dates = ("--date", _NIGHTS[0], "--to", _NIGHTS[-1])
    began = time.monotonic()
    fundwatch("nightly", *dates, var=local)
    print(f"one machine, a folder: {time.monotonic() - began:.0f} s", flush=True)
    (folder / "spark").mkdir()
    with small_hdfs(folder / "hdfs") as store, cluster(folder / "spark") as workers:
        began = time.monotonic()
        fundwatch("nightly", *dates, *where(store, workers), var=remote, environment=store.environment)
        print(f"a cluster of {len(workers.workers)} workers, {store.address}: {time.monotonic() - began:.0f} s")
        fundwatch("lake", "check", "--deep", *where(store, workers), var=remote, environment=store.environment)
    return _compared(lists(local), lists(remote))


def where(store: SmallHdfs, workers: Cluster) -> tuple[str, ...]:
    """The options that name the lake and the cluster: all that differs."""
    return "--lake", f"{store.address}/lakes/fundwatch", "--set", f"spark_master={workers.address}"


def _compared(local: dict[str, str], remote: dict[str, str]) -> int:
    for night in sorted(local | remote):
        ours, theirs = local.get(night, "none")[:16], remote.get(night, "none")[:16]
        same = "equal" if local.get(night) == remote.get(night) else "DIFFERENT"
        print(f"{night}  {ours} on one machine  {theirs} on the cluster  {same}")
    return int(local != remote or set(local) != set(_NIGHTS))


if __name__ == "__main__":
    asked = sys.argv[1:]
    sys.exit(demonstrate(int(asked[0]) if asked else 24_000, Path(asked[1] if asked[1:] else "var/cluster").resolve()))
