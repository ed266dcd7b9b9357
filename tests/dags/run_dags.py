"""Run in a process of its own, because Airflow makes its home when it is imported: the committed runs on standard
input, one after the other, as `airflow dags test` does; what became of each is written to the file given."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.settings import Session

DAGS = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def parsed() -> BundleDagBag:
    """The DAGs parsed again: a run in this process leaves what it was given in them."""
    bag = BundleDagBag(DAGS, bundle_path=Path(DAGS), bundle_name="dags-folder")
    if bag.import_errors:
        sys.exit(str(bag.import_errors))
    return bag


def run(scenario: dict[str, Any], calls: Path) -> dict[str, Any]:
    recorder = {f"RECORDER_{name.upper()}": str(value) for name, value in scenario.get("recorder", {}).items()}
    os.environ.update({"RECORDER_CALLS": str(calls), "RECORDER_COMMAND": "", **recorder})
    print("=== the next run", flush=True)
    done = (
        parsed()
        .dags[scenario.get("dag", "fundwatch_nightly")]
        .test(
            logical_date=instant(scenario["logical_date"]),
            run_after=instant(scenario.get("run_after")),
            run_conf=scenario.get("conf"),
        )
    )
    sys.stdout.flush()
    instances = done.get_task_instances(session=Session())
    return {
        "state": str(done.state),
        "tasks": {instance.task_id: str(instance.state) for instance in instances},
        "tries": {instance.task_id: instance.try_number for instance in instances},
        "calls": calls.read_text().splitlines() if calls.exists() else [],
    }


def main(results: Path) -> None:
    scenarios = json.load(sys.stdin)
    reported = [run(each, results.with_name(f"calls_{number}")) for number, each in enumerate(scenarios)]
    results.write_text(json.dumps(reported), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
