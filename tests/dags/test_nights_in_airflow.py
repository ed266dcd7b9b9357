"""Runs of both DAGs in a real Airflow, with a recorder in fundwatch's place: which commands, dates, retries, levels."""

from __future__ import annotations

import json
import shutil
import socketserver
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from fundwatch.errors import ExitCode
from tests.dags.conftest import SAID, Ran, RunDags

pytestmark = pytest.mark.slow

NIGHT = ["intake", "build", "scan", "score", "publish"]
ERROR = "fundwatch: the source is not what it was"


def scenario(date: str, command: str = "", code: int = 0, times: int = 99, **more: Any) -> dict[str, Any]:
    """A run of a logical date, in which `command` ends with `code` the first `times` that it is called."""
    recorder = {"command": command, "code": code, "times": times}
    return {"logical_date": f"{date}T00:00:00+08:00", "recorder": recorder, **more}


def commands(ran: Ran) -> list[str]:
    """What was called for the night in order; the privacy report may run at any time after the intake."""
    return [call for call in ran.calls if not call.startswith(("privacy ", "deliveries "))]


def lines_at(ran: Ran, level: str) -> list[str]:
    return [line.split("]", 1)[1].strip() for line in ran.log.splitlines() if f"[{level}" in line]


# ------------------------------------------------------------------------------------------------- a night by stage


@pytest.fixture(scope="module")
def by_stage(run_dags: RunDags) -> dict[str, Ran]:
    scenarios = {
        "green": scenario("2026-03-31"),
        "fault": scenario("2026-03-30", "build", ExitCode.FAULT),
        "incomplete": scenario("2026-03-29", "score", ExitCode.INCOMPLETE),
        "training": scenario("2026-03-28", dag="fundwatch_training"),
    }
    return dict(zip(scenarios, run_dags(list(scenarios.values()), {}), strict=True))


def test_airflow_runs_the_commands_of_a_night_for_its_date(by_stage: dict[str, Ran]) -> None:
    ran = by_stage["green"]
    assert ran.state == "success"
    assert ran.calls[0] == "deliveries arrived --date 2026-03-31"
    assert commands(ran) == [f"{stage} --date 2026-03-31" for stage in NIGHT]
    assert ran.calls.count("privacy --date 2026-03-31") == 1


def test_the_training_runs_for_its_date(by_stage: dict[str, Ran]) -> None:
    assert by_stage["training"].state == "success"
    assert list(by_stage["training"].calls) == ["train --date 2026-03-28"]


def test_a_problem_is_retried_and_then_fails_the_night(by_stage: dict[str, Ran]) -> None:
    ran = by_stage["fault"]
    assert ran.state == "failed"
    assert commands(ran) == ["intake --date 2026-03-30", *["build --date 2026-03-30"] * 3]


def test_a_result_that_stands_but_is_not_complete_is_built_upon_and_the_night_ends_red(
    by_stage: dict[str, Ran],
) -> None:
    ran = by_stage["incomplete"]
    assert commands(ran) == [f"{stage} --date 2026-03-29" for stage in NIGHT], "the list is published, with no retry"
    assert ran.state == "failed"
    assert {name for name, state in ran.tasks.items() if state != "success"} == {"verdict"}


def test_an_error_stands_as_an_error_in_the_log_and_progress_does_not(by_stage: dict[str, Ran]) -> None:
    errors = "\n".join(lines_at(by_stage["fault"], "error"))
    assert errors.count(ERROR) == 3
    assert errors.count("where: fee_list.csv") == 3
    assert SAID not in errors
    assert "going on" not in errors
    progress = "\n".join(lines_at(by_stage["fault"], "info"))
    assert progress.count("12:00:01  going on") == 3
    assert lines_at(by_stage["green"], "error") == []


def test_nothing_that_a_command_says_gets_into_airflows_database(by_stage: dict[str, Ran], airflow_home: Path) -> None:
    assert by_stage["green"].state == "success"
    with sqlite3.connect(airflow_home / "airflow.db") as database:
        content = "\n".join(database.iterdump())
        pushed = database.execute("SELECT key, value FROM xcom").fetchall()
    assert "fundwatch_nightly" in content, "the run is not in this database"
    assert SAID not in content
    assert ERROR not in content
    assert set(pushed) <= {("incomplete", "true")}


# ------------------------------------------------------------------ the night as one command; who is notified of
# failures


@dataclass
class Notices:
    """What the webhook, the mail server and the command have received."""

    posted: list[dict[str, Any]] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    commanded: Path = Path()

    def by_command(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.commanded.read_text(encoding="utf-8").splitlines()]


def mail_handler(notices: Notices) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        """As much of SMTP as one mail needs."""

        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    content = b"".join(iter(self.rfile.readline, b".\r\n"))
                    [part] = [p for p in message_from_bytes(content).walk() if not p.is_multipart()]
                    head = message_from_bytes(content)
                    body = part.get_payload(decode=True)
                    notices.mailed.append(f"{head['To']}\n{head['Subject']}\n{body.decode()}")
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    return Handler


def web_handler(notices: Notices) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notices.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the tests' own screen."""

    return Handler


@pytest.fixture(scope="module")
def notices(tmp_path_factory: pytest.TempPathFactory) -> Notices:
    return Notices(commanded=tmp_path_factory.mktemp("notices") / "failures")


@pytest.fixture(scope="module")
def notifiers(notices: Notices) -> Iterator[dict[str, str]]:
    """The settings of a webhook, a mail server and a command that are there."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), web_handler(notices))
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), mail_handler(notices))
    for server in (web, mail):
        Thread(target=server.serve_forever, daemon=True).start()
    script = notices.commanded.with_name("tell.sh")
    script.write_text(f"#!/bin/sh\ncat >> {notices.commanded}\necho >> {notices.commanded}\n", encoding="utf-8")
    plain = "disable_ssl=true&disable_tls=true&from_email=fundwatch%40bureau.example"
    yield {
        "FUNDWATCH_AIRFLOW_NOTIFY_WEBHOOK": f"http://127.0.0.1:{web.server_address[1]}/failures",
        "FUNDWATCH_AIRFLOW_NOTIFY_COMMAND": f"sh {script}",
        "FUNDWATCH_AIRFLOW_NOTIFY_MAIL": "on.call@bureau.example, chief@bureau.example",
        "AIRFLOW_CONN_SMTP_DEFAULT": f"smtp://127.0.0.1:{mail.server_address[1]}/?{plain}",
        "NO_PROXY": "127.0.0.1",
    }
    for server in (web, mail):
        server.shutdown()
        server.server_close()


QUICK = {
    "FUNDWATCH_AIRFLOW_NIGHT": "whole",
    "FUNDWATCH_AIRFLOW_TIMEZONE": "Asia/Urumqi",
    "FUNDWATCH_AIRFLOW_POKE_MINUTES": "0.01",
    "FUNDWATCH_AIRFLOW_BUSY_MINUTES": "0.05",
    "FUNDWATCH_AIRFLOW_WAIT_HOURS": "1000000",
}


@pytest.fixture(scope="module")
def whole(run_dags: RunDags, notifiers: dict[str, str]) -> dict[str, Ran]:
    none = {"logical_date": None, "run_after": "2026-04-01T02:30:00+06:00"}
    scenarios = {
        "late evening in the west": scenario("2026-03-31", logical_date="2026-03-31T01:30:00+08:00"),
        "no logical date": scenario("2026-03-31") | none,
        "date given": scenario("2026-04-02", conf={"date": "2026-03-24"}),
        "refused": scenario("2026-04-03", "nightly", ExitCode.REFUSED),
        "gate": scenario("2026-04-04", "nightly", ExitCode.GATE),
        "incomplete": scenario("2026-04-05", "nightly", ExitCode.INCOMPLETE),
        "busy": scenario("2026-04-06", "nightly", ExitCode.BUSY, times=1),
        "late": scenario("2026-04-07", "deliveries", ExitCode.NOT_READY, times=2),
    }
    return dict(zip(scenarios, run_dags(list(scenarios.values()), QUICK | notifiers), strict=True))


@pytest.mark.parametrize(
    ("run", "date"),
    [("late evening in the west", "2026-03-30"), ("no logical date", "2026-03-31"), ("date given", "2026-03-24")],
)
def test_the_night_is_that_of_the_date_given_or_of_the_bureaus_zone(whole: dict[str, Ran], run: str, date: str) -> None:
    assert whole[run].state == "success"
    assert list(whole[run].calls) == [f"deliveries arrived --date {date}", f"nightly --date {date}"]


@pytest.mark.parametrize("run", ["refused", "gate", "incomplete"])
def test_what_a_retry_cannot_fix_fails_at_once(whole: dict[str, Ran], run: str) -> None:
    assert whole[run].state == "failed"
    assert whole[run].tries["nightly"] == 1


def test_a_lake_in_use_is_tried_again_later(whole: dict[str, Ran]) -> None:
    assert whole["busy"].state == "success"
    assert whole["busy"].tries["nightly"] == 2
    assert "the lake is in use" in whole["busy"].log


def test_a_delivery_that_is_late_is_waited_for_and_that_is_no_error(whole: dict[str, Ran]) -> None:
    ran = whole["late"]
    assert ran.state == "success"
    assert list(ran.calls) == [*["deliveries arrived --date 2026-04-06"] * 3, "nightly --date 2026-04-06"]
    assert "fundwatch: the source" in "".join(lines_at(ran, "info"))
    assert lines_at(ran, "error") == []


def test_a_failure_is_reported_by_webhook_command_and_mail(whole: dict[str, Ran], notices: Notices) -> None:
    assert whole["refused"].state == "failed"
    failures = [failure for failure in notices.posted if failure["exit_code"] == ExitCode.REFUSED]
    [failure] = failures
    assert (failure["dag"], failure["task"], failure["date"]) == ("fundwatch_nightly", "nightly", "2026-04-02")
    assert failure["errors"] == [ERROR, "  where: fee_list.csv"]
    assert notices.by_command() == notices.posted
    assert len(notices.mailed) == len(notices.posted) == 3, "once for each run that failed, never for a retry"
    [mail] = [mail for mail in notices.mailed if "2026-04-02" in mail]
    assert mail.startswith("on.call@bureau.example, chief@bureau.example\nfundwatch: nightly 2026-04-02 failed")
    assert ERROR in mail
    assert SAID not in json.dumps([notices.posted, notices.mailed], ensure_ascii=False)


# --------------------------------------------------------------------------------------------- a limit that has passed


@pytest.fixture(scope="module")
def given_up(run_dags: RunDags, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    hangs = shutil.which("sleep")
    settings = QUICK | {
        "FUNDWATCH_AIRFLOW_WAIT_HOURS": "6",
        "FUNDWATCH_AIRFLOW_NOTIFY_SECONDS": "1",
        "FUNDWATCH_AIRFLOW_NOTIFY_COMMAND": f"{hangs} 300",
        "FUNDWATCH_AIRFLOW_NOTIFY_WEBHOOK": "http://127.0.0.1:9/nobody-is-there",
    }
    [ran] = run_dags([scenario("2026-03-31", "deliveries", ExitCode.NOT_READY)], settings)
    return ran


def test_a_delivery_that_does_not_come_fails_the_night_and_says_what_is_missing(given_up: Ran) -> None:
    assert given_up.state == "failed"
    assert list(given_up.calls) == ["deliveries arrived --date 2026-03-30"], "a past night is not waited for"
    assert "no longer waited for since 2026-03-31 08:00" in given_up.log
    assert ERROR in "\n".join(lines_at(given_up, "error"))


def test_a_notifier_that_hangs_or_fails_neither_hides_the_failure_nor_holds_the_task(given_up: Ran) -> None:
    assert given_up.tasks == {"delivery": "failed", "nightly": "upstream_failed"}
    assert "did not end within 1 s" in given_up.log
    assert "Connection refused" in given_up.log
