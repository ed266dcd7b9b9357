"""The stages that the DAGs run, as `stages.json` beside this file names them: it is generated, so no DAG names one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset
from fundwatch_stage import FundwatchStage

LISTS = Asset("fundwatch_leads")
_FILE = Path(__file__).with_name("stages.json")


@dataclass(frozen=True)
class StageTask:
    """One task: its command, the commands it needs, its DAG, how it is retried, and whether it publishes the lists."""

    command: str
    needs: tuple[str, ...]
    dag: str
    retries: int
    hours: float
    publishes: bool

    def task(self, **more: Any) -> FundwatchStage:
        """The task itself, in the DAG that is being made."""
        return FundwatchStage(
            command=self.command,
            retries=self.retries,
            execution_timeout=timedelta(hours=self.hours),
            outlets=[LISTS] if self.publishes else [],
            **more,
        )


def _read(kind: str) -> list[StageTask]:
    content = json.loads(_FILE.read_text(encoding="utf-8"))
    return [StageTask(**{**entry, "needs": tuple(entry["needs"])}) for entry in content[kind]]


def stages_of(dag: str) -> Sequence[StageTask]:
    """The stages of a DAG, in the order in which they run."""
    return [stage for stage in _read("stages") if stage.dag == dag]


def reports_of(dag: str) -> Sequence[StageTask]:
    """The reports of a DAG: each follows the stages it needs, and nothing waits for it."""
    return [report for report in _read("reports") if report.dag == dag]
