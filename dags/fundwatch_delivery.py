"""A delivery that is late is waited for until some hours after its night was due; one of a past night is not."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowSensorTimeout
from airflow.sdk.timezone import utcnow
from fundwatch_airflow import SETTINGS
from fundwatch_command import ErrorLines, RunningCommand
from fundwatch_date import RENDERED_DATE, due
from fundwatch_notify import NOTIFIERS
from fundwatch_stage import ByExitCode, StageFailed

NOT_READY = 5


class DeliveryArrives(BaseSensorOperator):
    """Asks `fundwatch deliveries arrived` from time to time; between two questions nothing runs."""

    template_fields = ("command_line", "date")
    # a run may be asked for in the morning of its own date, but not for a day that is still to come
    _longest = timedelta(hours=SETTINGS.wait_hours + 26)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            task_id="delivery",
            mode="reschedule",
            poke_interval=timedelta(minutes=SETTINGS.poke_minutes),
            timeout=self._longest,
            execution_timeout=timedelta(minutes=10),  # of one question
            do_xcom_push=False,
            retries=2,
            retry_policy=ByExitCode(),
            on_failure_callback=NOTIFIERS,
            **kwargs,
        )
        self.command_line = f"fundwatch deliveries arrived --date {RENDERED_DATE}"
        self.date = RENDERED_DATE
        self._running: RunningCommand | None = None

    def poke(self, context: Context) -> bool:
        """Whether the delivery is there.

        Raises AirflowSensorTimeout with what is missing once the limit has passed, StageFailed when it cannot be
        reported.
        """
        why_not = self._why_not_waited_for(utcnow())
        self.log.info("%s", self.command_line)
        lines, errors = list[tuple[int, str]](), ErrorLines()
        self._running = RunningCommand(self.command_line)
        exit_code = self._running.run(lambda line: lines.append((errors.level_of(line), line)))
        is_waiting = exit_code == NOT_READY and why_not is None
        for level, line in lines:
            self.log.log(logging.INFO if is_waiting else level, "%s", line)  # to wait is not an error
        if exit_code == NOT_READY and why_not is not None:
            raise AirflowSensorTimeout("\n".join([why_not, *errors.last_lines]))
        if exit_code not in (0, NOT_READY):
            raise StageFailed(self.command_line, exit_code, errors.last_lines)
        return exit_code == 0

    def _why_not_waited_for(self, now: datetime) -> str | None:
        until = due(self.date) + timedelta(hours=SETTINGS.wait_hours)
        if now > until:
            return f"no longer waited for since {until:%Y-%m-%d %H:%M}"
        if now + self._longest < until:
            return f"not waited for yet: the night is due on {due(self.date):%Y-%m-%d %H:%M}"
        return None

    def on_kill(self) -> None:
        if self._running is not None:
            self._running.stop()
