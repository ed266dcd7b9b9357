"""Temporary files of a run: in a folder of its own that its owner alone may enter, gone with the run.

What a killed run left is swept by the next, which knows by the process's number and start that nobody is at work in it.
On a cluster this holds for the driver; the executors' local folders are the cluster's to keep private and to sweep.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from fundwatch.engine.processes import started

_RUN = re.compile(r"run-(\d+)-(\d+)")
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_EVENTS = "spark.eventLog.dir"


@dataclass(frozen=True)
class Scratch:
    """A place for temporary files: a folder per process in it, of mode 0700 as it is itself."""

    root: Path

    def own(self) -> Path:
        """This process's folder, made where it is not there yet."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)  # it may have been there before
        self._folder.mkdir(exist_ok=True, mode=0o700)
        return self._folder.resolve()

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A new folder in this process's, gone with the block."""
        made = Path(mkdtemp(prefix=f"{name}-", dir=self.own()))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
            self._leave()

    def left(self) -> list[Path]:
        """What killed runs left: their folders, and nothing that others put here."""
        there = sorted(self.root.iterdir()) if self.root.is_dir() else []
        return [path for path in there if _RUN.fullmatch(path.name) and not _is_at_work(path.name)]

    def sweep(self) -> None:
        """Remove it."""
        for path in self.left():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def spark_conf(self, conf: Mapping[str, str]) -> dict[str, str]:
        """Spark's settings with its temporary files in this process's folder; event logs too, until the run has ended
        (see `drop`), unless a place for them is set. They quote literals of every query."""
        places = {name: self.own() / name for name in ("spark", "java")}
        if conf.get("spark.eventLog.enabled") == "true" and _EVENTS not in conf:
            places["events"] = self.own() / "events"
        for place in places.values():
            place.mkdir(exist_ok=True, mode=0o700)
        java = f'{conf.get(_JAVA_OPTIONS, "")} "-Djava.io.tmpdir={places["java"]}"'.strip()
        set_here = {"spark.local.dir": str(places["spark"]), **conf, _JAVA_OPTIONS: java}
        return set_here | ({_EVENTS: places["events"].as_uri()} if "events" in places else {})

    def drop(self, events: Path) -> None:
        """Remove this process's folder once its session has ended; finished event logs go to `events`."""
        logs = sorted((self._folder / "events").glob("*"))
        if logs:
            events.mkdir(parents=True, exist_ok=True, mode=0o700)
        for log in logs:
            shutil.move(log, events / log.name)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self.root / f"run-{os.getpid()}-{started(os.getpid()) or 0}"

    def _leave(self) -> None:
        """Remove this process's folder when nothing is in it any more."""
        with suppress(OSError):  # something else of this process is at work in it, or it is gone
            self._folder.rmdir()


def _is_at_work(name: str) -> bool:
    found = _RUN.fullmatch(name)
    return found is not None and started(int(found[1])) == found[2]
