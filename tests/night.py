"""A small lake made once per test run by the real commands, with canaries among the persons of its deliveries."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fundwatch.settings import Settings
from jobs.manage_keys import make_missing_keys
from simulator import Scenario, simulate

ROOT = Path(__file__).parent.parent
NIGHTS = (date(2026, 3, 24), date(2026, 3, 31))
LINES = 4_500
SMALL_JAVA = {
    "FUNDWATCH_PROFILE": "demo",
    "FUNDWATCH_SPARK_DRIVER_MEMORY": "2g",
    "FUNDWATCH_SPARK_MASTER": "local[2]",
}

# names, a certificate number and a telephone number that belong to nobody (region and range are not issued)
CANARY = {
    "name": "欧阳金丝雀",
    "certificate": "990001198002299996",
    "phone": "10098765432",
    "address": "金丝雀巷九十九号",
    "note": "患者欧阳金丝雀电话10098765432",
}
_PLANTED = {
    "psn_info": {
        "psn_name": CANARY["name"],
        "certno": CANARY["certificate"],
        "tel": CANARY["phone"],
        "addr": CANARY["address"],
    },
    "mdtrt": {
        "adm_diag_dscr": CANARY["note"],
        "coner_name": CANARY["name"],
        "coner_tel": CANARY["phone"],
        "mdtrt_cert_no": CANARY["certificate"],
        "chfpdr_name": CANARY["name"],
    },
    "fee_list": {"memo": CANARY["note"], "bilg_dr_name": CANARY["name"]},
    "doctor": {"dr_name": CANARY["name"]},
}


@dataclass(frozen=True)
class FinishedNight:
    """The folders of a lake whose nights have run, and what the run said."""

    var: Path
    output: str

    @property
    def lists(self) -> Path:
        return self.var / "lists" / NIGHTS[-1].isoformat()


def run_fundwatch(
    *arguments: str, var: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`fundwatch …` as a person runs it; never raises for a non-zero exit."""
    command = [sys.executable, "-m", "jobs.command_line", *arguments, "--var", str(var)]
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
    scenario = Scenario.for_lines(LINES, history_start=date(2026, 1, 1), nights=NIGHTS)
    simulate(scenario, var / "landing", var / "truth")
    for night in NIGHTS:
        _plant(var / "landing" / night.isoformat())


def make_finished_night(var: Path) -> FinishedNight:
    """Deliveries, then `fundwatch nightly` over both nights. Raises RuntimeError with its words when it fails."""
    make_deliveries(var)
    done = run_fundwatch("nightly", "--date", str(NIGHTS[0]), "--to", str(NIGHTS[-1]), var=var)
    output = done.stdout + done.stderr
    (var / "output.txt").write_text(output, encoding="utf-8")
    if done.returncode != 0:
        raise RuntimeError(f"nightly ended with {done.returncode}:\n{output}")
    return FinishedNight(var, output)


def _plant(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        values = _PLANTED.get(entry["table"])
        if values:
            content = _planted(gzip.decompress((folder / entry["name"]).read_bytes()), values)
            (folder / entry["name"]).write_bytes(content)
            entry["sha256"], entry["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _planted(content: bytes, values: Mapping[str, str]) -> bytes:
    """The file with the canaries in its rows 2 to 40: enough to reach accepted and published rows."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    for row in rows[1:40]:
        row.update(values)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode("utf-8"), mtime=0)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 300) -> bool:
    """Poll until the condition holds; False when the process ends or the time is over before."""
    import time

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        if process.poll() is not None:
            return condition()
        time.sleep(0.01)
    return False
