"""What both DAGs share: a task that runs one `fundwatch` command, as a person would type it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context, RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from fundwatch_airflow import SETTINGS
from fundwatch_command import ErrorLines, RunningCommand
from fundwatch_date import RENDERED_DATE
from fundwatch_notify import NOTIFIERS, notify_all

# exit codes of fundwatch.errors.ExitCode
BUSY, INCOMPLETE = 4, 6
_MEANINGS = {
    2: "it refused its input or its settings: fix what its output names, then clear this task",
    3: "the quality gate stopped the night: a person decides, then clears this task",
    BUSY: "the lake is in use",
    5: "an earlier stage of the night has not run",
    INCOMPLETE: "its result stands, but something that it should rest on does not hold: fix it, then clear this task",
}
FINAL = (2, 3, INCOMPLETE)  # a retry would only meet the same again
_INCOMPLETE_KEY = "incomplete"


class StageFailed(AirflowException):
    """A command ended with an exit code other than 0. Its message holds nothing of the command's output."""

    def __init__(self, command_line: str, exit_code: int, errors: Sequence[str] = ()) -> None:
        self.exit_code, self.errors = exit_code, tuple(errors)
        meaning = _MEANINGS.get(exit_code, "a fault of the machine or of fundwatch")
        super().__init__(f"`{command_line}` ended with {exit_code}: {meaning}")


class ByExitCode(RetryPolicy):
    """Whether and when a command is tried again."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        exit_code = getattr(exception, "exit_code", None)
        if exit_code in FINAL:
            return RetryDecision.fail("a retry would only meet the same again")
        if exit_code == BUSY:
            return RetryDecision.retry(timedelta(minutes=SETTINGS.busy_minutes), "the lake is in use")
        return RetryDecision.default()  # Airflow's own delay holds (core.default_task_retry_delay)


class FundwatchStage(BaseOperator):
    """One `fundwatch <command> --date <business date>`.

    A task that `lets_others_follow` ends green where the result stands but is not complete, because what comes after
    it can be made all the same; the night's VerdictOperator then ends red.
    """

    template_fields = ("command_line",)

    def __init__(self, *, command: str, retries: int = 2, lets_others_follow: bool = False, **kwargs: Any) -> None:
        super().__init__(
            task_id=command,
            do_xcom_push=False,  # what a run did stands in the run ledger, not in Airflow's database
            retries=retries,
            retry_policy=ByExitCode(),
            max_active_tis_per_dag=1,  # nights do not overlap, in a backfill neither
            on_failure_callback=NOTIFIERS,
            **kwargs,
        )
        self.command_line = f"fundwatch {command} --date {RENDERED_DATE}"
        self.lets_others_follow = lets_others_follow
        self._running: RunningCommand | None = None

    def execute(self, context: Context) -> None:
        """Raises StageFailed for any exit code but 0."""
        self.log.info("%s", self.command_line)
        errors = ErrorLines()
        self._running = RunningCommand(self.command_line)
        exit_code = self._running.run(lambda line: self.log.log(errors.level_of(line), "%s", line))
        if exit_code == 0:
            return
        failure = StageFailed(self.command_line, exit_code, errors.last_lines)
        if exit_code != INCOMPLETE or not self.lets_others_follow:
            raise failure
        self.log.error("%s; the stages after this one go on, and the night ends red", failure)
        context["ti"].xcom_push(_INCOMPLETE_KEY, True)
        notify_all(context, failure)

    def on_kill(self) -> None:
        if self._running is not None:
            self._running.stop()


class VerdictOperator(BaseOperator):
    """Ends red when a stage's result stands but is not complete."""

    def __init__(self, *, stages: Sequence[FundwatchStage], **kwargs: Any) -> None:
        super().__init__(task_id="verdict", do_xcom_push=False, retries=0, **kwargs)
        self.stages = [stage.task_id for stage in stages]

    def execute(self, context: Context) -> None:
        """Raises AirflowFailException naming the stages; they have called their notifiers themselves."""
        found = [s for s in self.stages if context["ti"].xcom_pull(task_ids=s, key=_INCOMPLETE_KEY)]
        if found:
            raise AirflowFailException(f"{', '.join(found)}: {_MEANINGS[INCOMPLETE]}")
