"""What both DAGs share: a task that runs one `fundwatch` command, as a person would type it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

TIMEZONE = "Asia/Shanghai"  # one zone holds in all of China

# Airflow keeps dates in UTC, where a run of the early morning in China bears the day before: not plain `ds`
BUSINESS_DATE = f"{{{{ logical_date.in_timezone('{TIMEZONE}') | ds }}}}"

# refused input, a closed quality gate (fundwatch.errors.ExitCode): a retry would only meet the same again
FINAL_EXIT_CODES = (2, 3)


class FundwatchStage(BashOperator):
    """One `fundwatch <command> --date <business date>` in a process of its own.

    The settings are the `FUNDWATCH_…` variables of Airflow's own process, paths absolute; `FUNDWATCH_COMMAND`
    says how fundwatch is called where it is not on the PATH. Raises AirflowFailException, which ends the
    retries, for the exit codes that a retry cannot mend.
    """

    def __init__(self, *, command: str, outlets: Sequence[Asset] = (), **kwargs: Any) -> None:
        super().__init__(
            task_id=command,
            bash_command=f"${{FUNDWATCH_COMMAND:-fundwatch}} {command} --date {BUSINESS_DATE}",
            skip_on_exit_code=FINAL_EXIT_CODES,
            do_xcom_push=False,  # what a run did stands in the run ledger, not in Airflow's database
            retries=2,  # Airflow's own delay between them holds (core.default_task_retry_delay)
            outlets=list(outlets),
            **kwargs,
        )

    def execute(self, context: Context) -> None:
        try:
            super().execute(context)
        except AirflowSkipException as refused:
            raise AirflowFailException(
                f"`fundwatch {self.task_id}` refused its input or stopped at the quality gate; "
                "its output above says what and where: mend it, then clear this task"
            ) from refused
