"""A delivery that is late is waited for until some hours after its night was due; one of a past night is not."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowSensorTimeout
from airflow.sdk.timezone import utcnow
from fundwatch_airflow import SETTINGS
from fundwatch_command import ErrorLines, RunningCommand
from fundwatch_date import RENDERED_DATE, due
from fundwatch_notify import NOTIFIERS
from fundwatch_stage import ByExitCode, StageFailed

_NOT_READY = 5


class DeliveryArrives(BaseSensorOperator):
    """Asks `fundwatch deliveries arrived` from time to time; between two questions nothing runs."""

    template_fields = ("command_line", "date")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            task_id="delivery",
            mode="reschedule",
            poke_interval=timedelta(minutes=SETTINGS.poke_minutes),
            timeout=timedelta(hours=SETTINGS.wait_hours + 24),  # a run may be asked for in the morning of its own date
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
        self._missing: tuple[str, ...] = ()

    def poke(self, context: Context) -> bool:
        """Whether the delivery is there. Raises StageFailed when that cannot be told."""
        is_last = utcnow() > due(self.date) + timedelta(hours=SETTINGS.wait_hours)
        self.log.info("%s", self.command_line)
        lines, errors = list[tuple[int, str]](), ErrorLines()
        self._running = RunningCommand(self.command_line)
        exit_code = self._running.run(lambda line: lines.append((errors.level_of(line), line)))
        for level, line in lines:  # to wait is not an error
            self.log.log(logging.INFO if exit_code == _NOT_READY and not is_last else level, "%s", line)
        self._missing = errors.said
        if exit_code not in (0, _NOT_READY):
            raise StageFailed(self.command_line, exit_code, errors.said)
        if exit_code == _NOT_READY and is_last:
            raise AirflowSensorTimeout("the limit has passed")
        return exit_code == 0

    def execute(self, context: Context) -> Any:
        """Raises AirflowSensorTimeout with what is missing once the limit has passed."""
        try:
            return super().execute(context)
        except AirflowSensorTimeout as late:
            limit = (
                f"not there {SETTINGS.wait_hours:g} h after the night of {self.date} was due, and no longer waited for"
            )
            raise AirflowSensorTimeout("\n".join([limit, *self._missing])) from late

    def on_kill(self) -> None:
        if self._running is not None:
            self._running.stop()
