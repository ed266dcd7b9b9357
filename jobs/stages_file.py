"""The stages as the DAGs read them: `python -m jobs.stages_file` writes dags/stages.json, for DAGs import nothing of
ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jobs.declared_stages import REPORTS, STAGES, NightReport, Stage, night_stages, verb_of

FILE = Path(__file__).parent.parent / "dags" / "stages.json"


def stages_text(stages: Sequence[Stage] = STAGES, reports: Sequence[NightReport] = REPORTS) -> str:
    """The stages in the order in which they run, those of a night first; commands as people type them."""
    verbs = {stage.name: stage.verb for stage in stages}
    ordered = [*night_stages(stages), *(stage for stage in stages if not stage.is_nightly)]
    content = {
        "made_by": "python -m jobs.stages_file",
        "stages": [
            {"command": stage.verb, "needs": [verbs[need] for need in stage.needs], **asdict(stage.task)}
            for stage in ordered
        ],
        "reports": [
            {"command": report.verb, "needs": [verb_of(report.follows)], **asdict(report.task)} for report in reports
        ],
    }
    return json.dumps(content, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(stages_text(), encoding="utf-8")
