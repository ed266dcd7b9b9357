"""The stages of a night: side by side where they do not need each other, never before what they need."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jobs import run_nights
from jobs.stages import NIGHT

DATE = date(2026, 3, 31)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], list[str]]:
    """Run a night whose stages do what is given; the stages in the order in which they ended."""
    ended: list[str] = []

    def run(act: Callable[[str], None]) -> list[str]:
        def run_stage(stage: str, _place: Any, _night: date) -> dict[str, str]:
            act(stage)
            ended.append(stage)
            return {"stage": stage}

        monkeypatch.setattr(run_nights, "run_stage", run_stage)
        monkeypatch.setattr(run_nights, "_report_privacy", lambda *_: None)
        place: Any = None
        reports = run_nights.run_night(place, DATE)
        assert {stage: report["stage"] for stage, report in reports.items()} == {stage: stage for stage in NIGHT}
        return ended

    run.ended = ended  # type: ignore[attr-defined]
    return run


def test_indicators_and_rules_run_at_the_same_time(stages: Any) -> None:
    both_there = threading.Barrier(2, timeout=20)
    ended = stages(lambda stage: both_there.wait() if stage in ("features", "rules") else None)
    assert ended[0] == "intake"
    assert set(ended[1:3]) <= {"features", "rules", "score"}
    assert ended[-1] == "leads"


@pytest.mark.parametrize(
    ("broken", "ran"),
    [("intake", set()), ("features", {"intake", "rules"}), ("rules", {"intake", "features", "score"})],
)
def test_a_fault_stops_what_needs_the_stage_and_is_the_nights_fault(stages: Any, broken: str, ran: set[str]) -> None:
    def act(stage: str) -> None:
        if stage == broken:
            raise ValueError(f"{stage} is broken")

    with pytest.raises(ValueError, match=f"{broken} is broken"):
        stages(act)
    assert set(stages.ended) == ran
