"""A failure is reported: to a command, a webhook, by mail; whichever are set.

A notifier that fails or does not end is itself reported in the log. It neither hides the failure nor holds the task:
Airflow calls each by itself and goes on, and a clock ends it.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from typing import Any

from airflow.sdk import Context, conf
from airflow.sdk.exceptions import AirflowException
from fundwatch_airflow import SETTINGS
from fundwatch_date import business_date

log = logging.getLogger(__name__)
Failure = dict[str, Any]
_MOST_SIGNS = 2_000


def failure_of(context: Context, exception: BaseException | str | None) -> Failure:
    """What is reported of a failure: names, date, exit code and the command's own error lines; no rows of data."""
    instance, run = context["ti"], context["dag_run"]
    params = context.get("params") or {}
    return {
        "dag": instance.dag_id,
        "task": instance.task_id,
        "date": business_date(run, params.get("date")),
        "run": instance.run_id,
        "try": instance.try_number,
        "exit_code": getattr(exception, "exit_code", None),
        "what": str(exception or "the task ended without a word")[:_MOST_SIGNS],
        "errors": list(getattr(exception, "errors", ())),
    }


def notify_command(failure: Failure) -> None:
    """Run the command with the failure as JSON on its standard input."""
    process = subprocess.Popen(shlex.split(SETTINGS.notify_command), stdin=subprocess.PIPE, start_new_session=True)
    try:
        process.communicate(json.dumps(failure, ensure_ascii=False).encode())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise RuntimeError(f"the command that is notified of failures ended with {process.returncode}")


def notify_webhook(failure: Failure) -> None:
    """POST the failure as JSON."""
    request = urllib.request.Request(
        SETTINGS.notify_webhook,
        data=json.dumps(failure, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    with urllib.request.urlopen(request, timeout=SETTINGS.notify_seconds):
        pass


def notify_by_mail(failure: Failure) -> None:
    """A mail by Airflow's own SMTP connection (`smtp_default`, or the one that email.email_conn_id names)."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    lines = [f"{name}: {value}" for name, value in failure.items() if name != "errors"]
    with SmtpHook(conf.get("email", "email_conn_id", fallback="smtp_default")) as smtp:
        smtp.send_email_smtp(
            to=[address.strip() for address in SETTINGS.notify_mail.split(",")],
            from_email=smtp.from_email or conf.get("email", "from_email", fallback=None) or "airflow@localhost",
            subject=f"fundwatch: {failure['task']} {failure['date']} failed ({failure['dag']})",
            html_content=f"<pre>{escape(chr(10).join([*lines, *failure['errors']]))}</pre>",
        )


class _ClockRanOut(BaseException):
    """Not an Exception: no library on the way takes it for a fault of its own and tries again."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: object) -> None:
        raise _ClockRanOut

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
    try:
        yield
    except _ClockRanOut:
        raise TimeoutError(f"did not end within {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Notifier:
    """A callback of Airflow: tells one failure in one way."""

    def __init__(self, report: Callable[[Failure], None]) -> None:
        self._report = report

    def __call__(self, context: Context) -> None:
        self.notify(failure_of(context, context.get("exception")))

    def notify(self, failure: Failure) -> None:
        """Raises what the notifier raises, and TimeoutError when it does not end."""
        with _at_most(SETTINGS.notify_seconds):
            self._report(failure)
        log.info("reported the failure: %s", self._report.__name__)


NOTIFIERS = [
    Notifier(report)
    for report, is_set in (
        (notify_command, SETTINGS.notify_command),
        (notify_webhook, SETTINGS.notify_webhook),
        (notify_by_mail, SETTINGS.notify_mail),
    )
    if is_set
]


def notify_all(context: Context, exception: BaseException) -> None:
    """Tell of what did not end the task; a notifier that fails is reported in the log."""
    failure = failure_of(context, exception)
    for notifier in NOTIFIERS:
        try:
            notifier.notify(failure)
        except (OSError, RuntimeError, AirflowException) as error:
            log.error("a notifier failed: %s", error)
