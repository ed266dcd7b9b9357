"""Airflow as `make airflow` starts it: on the port that is set, for this machine alone; nights, kills and backfills."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from fundwatch.lake.ledger import Ledger
from scripts.small_cluster.ports import free_port
from tests.dags.conftest import PROJECT, airflow_environment
from tests.night import NIGHTS, SMALL_JAVA, FinishedNight
from tests.places import at


def environment_of(settings: Mapping[str, str], home: Path) -> dict[str, str]:
    """What the scripts make of the settings."""
    script = f"source {PROJECT}/scripts/airflow_env.sh && env -0"
    environment = airflow_environment(home) | dict(settings)
    done = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True)
    return dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)


@pytest.mark.parametrize(
    ("settings", "execution_api"),
    [
        ({}, "http://127.0.0.1:8080/execution/"),
        ({"AIRFLOW__API__PORT": "8081"}, "http://127.0.0.1:8081/execution/"),
        ({"AIRFLOW__API__HOST": "0.0.0.0", "AIRFLOW__API__PORT": "8081"}, "http://127.0.0.1:8081/execution/"),
        ({"AIRFLOW__API__HOST": "10.1.2.3"}, "http://10.1.2.3:8080/execution/"),
        ({"AIRFLOW__API__HOST": "::1"}, "http://[::1]:8080/execution/"),
        ({"AIRFLOW__API__BASE_URL": "https://bureau.example/flow/"}, "http://127.0.0.1:8080/flow/execution/"),
    ],
)
def test_workers_are_reported_where_the_api_server_listens(
    tmp_path: Path, settings: dict[str, str], execution_api: str
) -> None:
    made = environment_of(settings, tmp_path)
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == execution_api
    assert made["AIRFLOW__API__PORT"] == settings.get("AIRFLOW__API__PORT", "8080")


def test_one_zone_holds_for_airflow_and_our_dags(tmp_path: Path) -> None:
    assert environment_of({}, tmp_path)["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Asia/Shanghai"
    made = environment_of({"FUNDWATCH_AIRFLOW_TIMEZONE": "Asia/Urumqi"}, tmp_path)
    assert made["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Asia/Urumqi"


@dataclass
class Service:
    """A running Airflow, spoken to as its pages do."""

    environment: dict[str, str]
    process: subprocess.Popen[str]
    output: Path
    token: str = ""
    parts: frozenset[int] = frozenset()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environment['AIRFLOW__API__PORT']}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def log_in(self) -> None:
        passwords = Path(self.environment["AIRFLOW_HOME"], "simple_auth_manager_passwords.json.generated")
        person = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        self.token = self.call("POST", "/auth/token", person)["access_token"]

    def is_up(self) -> bool:
        try:
            health = self.call("GET", "/api/v2/monitor/health")
            self.log_in()
            has_dags = self.call("GET", "/api/v2/dags")["total_entries"] == 2
        except (URLError, OSError, KeyError, ValueError):
            return False
        return has_dags and all(part["status"] == "healthy" for part in health.values())

    def runs(self) -> dict[str, dict[str, Any]]:
        found = self.call("GET", "/api/v2/dags/fundwatch_nightly/dagRuns?limit=100")["dag_runs"]
        return {run["dag_run_id"]: run for run in found}

    def trigger(self, run: str, night: date) -> None:
        body = {"dag_run_id": run, "logical_date": None, "conf": {"date": str(night)}}
        self.call("POST", "/api/v2/dags/fundwatch_nightly/dagRuns", body)

    def script(self, *arguments: str) -> str:
        done = subprocess.run(
            ["bash", *arguments], env=self.environment, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def processes(self) -> list[int]:
        """All that runs in the sessions of its parts, and the commands of its tasks."""
        listed = subprocess.run(["ps", "-eo", "pid=,sid="], capture_output=True, text=True, check=True).stdout
        found = [int(pid) for pid, sid in map(str.split, listed.splitlines()) if int(sid) in self.parts]
        home = f"AIRFLOW_HOME={self.environment['AIRFLOW_HOME']}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if home in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found


def wait_until(condition: Callable[[], object], seconds: float = 1_800) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(1)


HELD = 600  # for so many seconds; what is to end it has half of them
# records each call, and holds the one that a file beside the record names
WRAPPER = """#!/bin/bash
echo "$*" >> {record}
if [ -e {record}.hold ] && [[ "$*" == "$(cat {record}.hold)" ]]; then echo $$ > {record}.held; exec sleep {held}; fi
exec {fundwatch} "$@"
"""


@pytest.fixture(scope="module")
def service(finished_night: FinishedNight, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`make airflow` over a lake whose two nights have run, its nights as one task."""
    base = tmp_path_factory.mktemp("service")
    shutil.copytree(finished_night.var, base / "var")
    wrapper, settings = base / "wrapper", base / "settings.yaml"
    settings.write_text("scan_days: 90\n")
    wrapper.write_text(WRAPPER.format(record=base / "calls", held=HELD, fundwatch=PROJECT / ".venv/bin/fundwatch"))
    wrapper.chmod(0o700)
    environment = airflow_environment(base / "home") | SMALL_JAVA
    environment |= {
        "AIRFLOW__API__PORT": str(free_port()),
        "FUNDWATCH_VAR": str(base / "var"),
        "FUNDWATCH_SETTINGS": str(settings),
        "FUNDWATCH_COMMAND": str(wrapper),
        "FUNDWATCH_AIRFLOW_NIGHT": "whole",
        "FUNDWATCH_AIRFLOW_WAIT_HOURS": "0",  # the run that the schedule brings by itself ends at once
    }
    output = base / "output"
    with output.open("w") as reported:
        process = subprocess.Popen(
            ["bash", str(PROJECT / "scripts" / "airflow.sh")],
            env=environment,
            cwd=base,
            stdout=reported,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # a suite in the background ignores it, and what ignores it from its start cannot be ended so
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    running = Service(environment, process, output)
    try:
        wait_until(running.is_up)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout
        running.parts = frozenset(int(pid) for pid in children.split())
        running.call("PATCH", "/api/v2/dags/fundwatch_nightly", {"is_paused": False})
        yield running
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.wait(600)
    wait_until(lambda: running.processes() == [], HELD / 2)  # nothing outlives Ctrl-C


@pytest.mark.long
def test_airflow_listens_on_this_machine_alone_and_on_its_port(service: Service) -> None:
    listed = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = {f"pid={pid}," for pid in service.processes()}
    addresses = {line.split()[3] for line in listed if ours & set(re.findall(r"pid=\d+,", line))}
    assert addresses == {f"127.0.0.1:{service.environment['AIRFLOW__API__PORT']}"}


@pytest.mark.long
def test_a_range_of_nights_runs_again_in_order_after_a_change(service: Service) -> None:
    base = service.output.parent
    backfills = "/api/v2/backfills?dag_id=fundwatch_nightly"

    def run_again() -> tuple[list[str], dict[str, str]]:
        """The nights that were run, in order; and the state of every date's run.

        A try that SQLite cuts short may have begun with the first night, which then runs twice.
        """
        (base / "calls").write_text("")
        before = len(service.call("GET", backfills)["backfills"])
        service.script("scripts/airflow_backfill.sh", str(NIGHTS[0]), str(NIGHTS[-1]))

        def is_done() -> bool:
            found = service.call("GET", backfills)["backfills"]
            return len(found) > before and all(each["completed_at"] for each in found)

        wait_until(is_done)
        calls = (base / "calls").read_text().splitlines()
        runs = [run for run in service.runs().values() if run["run_type"] == "backfill"]
        states = {run["logical_date"][:10]: run["state"] for run in runs}  # 02:00 in Shanghai is the day before in UTC
        return [call for call, _ in groupby(call for call in calls if call.startswith("nightly "))], states

    def committed_runs() -> dict[str, list[str]]:
        ledger = Ledger(at(base / "var" / "lake"))
        stages = ("intake", "features", "rules", "score", "leads")
        runs = {stage: [ledger.committed(stage, night) for night in NIGHTS] for stage in stages}
        return {stage: [run.run_id if run else "" for run in found] for stage, found in runs.items()}

    in_order = [f"nightly --date {night}" for night in NIGHTS]
    first = committed_runs()
    calls, states = run_again()
    assert calls == in_order
    assert [states[day] for day in ("2026-03-23", "2026-03-30")] == ["success", "success"]
    assert {states[f"2026-03-{day}"] for day in range(24, 30)} == {"failed"}, "nothing was delivered for them"
    assert committed_runs() == first, "both ran again and found nothing to do"

    (base / "settings.yaml").write_text("scan_days: 60\n")
    calls, _ = run_again()
    assert calls == in_order
    again = committed_runs()
    assert again["intake"] == first["intake"]
    for stage in ("rules", "leads"):
        assert "" not in again[stage]
        assert not set(again[stage]) & set(first[stage]), f"{stage} was made again for each night"


@pytest.mark.long
def test_a_task_marked_failed_takes_its_command_with_it(service: Service) -> None:
    held = service.output.with_name("calls.held")
    service.output.with_name("calls.hold").write_text(f"deliveries arrived --date {NIGHTS[0]}")
    service.trigger("to_be_killed", NIGHTS[0])
    wait_until(lambda: held.exists() and held.read_text().strip())
    pid = int(held.read_text())
    path = "/api/v2/dags/fundwatch_nightly/dagRuns/to_be_killed/taskInstances/delivery"
    service.call("PATCH", path, {"new_state": "failed"})
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), HELD / 2)
    service.output.with_name("calls.hold").unlink()
