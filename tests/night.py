"""A small lake made once per test run by the real commands, with canaries among the persons of its deliveries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.canaries import planter_of
from fundwatch.settings import Settings, load_settings
from intake.source.load import read_mapping
from jobs.command_line import main
from jobs.protect.manage_keys import make_missing_keys
from simulator import scenario_for_lines, simulate

ROOT = Path(__file__).parent.parent
NIGHTS = (date(2026, 3, 24), date(2026, 3, 31))
LINES = 6_000
SMALL_JAVA = {
    "FUNDWATCH_PROFILE": "demo",
    "FUNDWATCH_SPARK_DRIVER_MEMORY": "2g",
    "FUNDWATCH_SPARK_MASTER": "local[2]",
}


@dataclass(frozen=True)
class FinishedNight:
    """The folders of a lake whose nights have run, and what the run said."""

    var: Path
    output: str

    @property
    def events(self) -> Path:
        """Spark's event log of the run: every plan and every query."""
        return _events_of(self.var)

    @property
    def lists(self) -> Path:
        return self.var / "lists" / NIGHTS[-1].isoformat()

    @property
    def after_the_first(self) -> Path:
        """All folders as they stood between the two nights."""
        return _after_the_first(self.var)

    def undone(self, var: Path) -> Path:
        """Its deliveries and keys in a folder of their own, no night run: with the same key tokens are the same."""
        for part in ("landing", "keys"):
            shutil.copytree(self.var / part, var / part)
        return var


def _events_of(var: Path) -> Path:
    return var.parent / f"{var.name}_events"


def _after_the_first(var: Path) -> Path:
    return var.parent / f"{var.name}_after_the_first"


def run_fundwatch(
    *arguments: str, var: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`fundwatch …` as a person runs it; never raises for a non-zero exit."""
    return _run([sys.executable, "-m", "jobs.command_line", *arguments, "--var", str(var)], environment)


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=clean_environment(environment), capture_output=True, text=True, check=False
    )


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("FUNDWATCH_") or k == "FUNDWATCH_JARS"}
    return ours | SMALL_JAVA | dict(extra or {})


def make_deliveries(var: Path) -> None:
    """Deliveries of about LINES fee lines over NIGHTS with canaries planted, and a key."""
    make_missing_keys(Settings(var=var))
    scenario = scenario_for_lines(LINES, history_start=date(2026, 1, 1), nights=NIGHTS)
    simulate(scenario, var / "landing", var / "truth")
    planter = planter_of(read_mapping("national"), in_codes=True)
    for night in NIGHTS:
        planter.plant(var / "landing" / night.isoformat())


def make_finished_night(var: Path) -> FinishedNight:
    """Deliveries, then `fundwatch nightly` for each night. Raises RuntimeError with its words when one fails."""
    make_deliveries(var)
    done = _run([sys.executable, "-m", "tests.night", str(var), str(_settings_with_events(var))])
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise RuntimeError(f"nightly ended with {done.returncode}:\n{output}")
    (var / "output.txt").write_text(output, encoding="utf-8")
    return FinishedNight(var, output)


def _night_after_night(var: Path, settings: str) -> int:
    """The command once for each night, in this process: Java starts once, and half of a small night is its warming up.

    Each has a session of its own, and nothing of it is open while the folders are copied.
    """
    for night in NIGHTS:
        status = main(["nightly", "--date", str(night), "--settings", settings, "--var", str(var)])
        if status != 0:
            return status
        if night == NIGHTS[0]:
            shutil.copytree(var, _after_the_first(var))
    return 0


def _settings_with_events(var: Path) -> Path:
    """A settings file that switches Spark's event log on, the profile's other settings kept."""
    demo = load_settings({"profile": "demo"}, {}).settings.spark_conf
    _events_of(var).mkdir(parents=True)
    stated = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": _events_of(var).as_uri(),
        "spark.eventLog.compress": "false",
    }
    file = _events_of(var) / "settings.yaml"
    file.write_text(json.dumps({"spark_conf": demo | stated}), encoding="utf-8")  # JSON is YAML
    return file


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 1_200) -> bool:
    """Poll until the condition holds; False when the process ends before. The time limit is far: machines are slow."""
    import time

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        if process.poll() is not None:
            return condition()
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    sys.exit(_night_after_night(Path(sys.argv[1]), sys.argv[2]))
