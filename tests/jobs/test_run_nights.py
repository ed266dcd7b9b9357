"""The stages of a night: side by side where they do not need each other, never before what they need."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fundwatch.engine import session
from fundwatch.errors import IncompleteError
from fundwatch.settings import Settings
from jobs import run_nights
from jobs.belonging import Belonging
from jobs.declared_stages import Stage
from jobs.stages import NIGHT, incompleteness
from jobs.workplace import Workplace
from privacy.audit.log import audit_log
from privacy.vault.sealing import make_vault_key
from tests.places import folder_of

DATE = date(2026, 3, 31)
_NO_JAVA = SimpleNamespace(_gateway=None)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], list[str]]:
    """Run a night whose stages do what is given; the stages in the order in which they ended."""
    ended: list[str] = []

    def run(act: Callable[[str], None]) -> list[str]:
        def run_stage(stage: Stage, _place: Any, _night: date) -> dict[str, str]:
            act(stage.name)
            ended.append(stage.name)
            return {"stage": stage.name}

        monkeypatch.setattr(run_nights, "run_stage", run_stage)
        monkeypatch.setattr(run_nights, "_report_privacy", lambda *_: None)
        place: Any = None
        reports = run_nights.run_night(place, DATE)
        assert {stage: report["stage"] for stage, report in reports.items()} == {stage: stage for stage in NIGHT}
        return ended

    run.ended = ended  # type: ignore[attr-defined]
    return run


def test_rules_and_scores_run_at_the_same_time(stages: Any) -> None:
    both_there = threading.Barrier(2, timeout=60)
    ended = stages(lambda stage: both_there.wait() if stage in ("rules", "score") else None)
    assert ended[:2] == ["intake", "features"]
    assert set(ended[2:4]) == {"rules", "score"}
    assert ended[-1] == "leads"


@pytest.mark.parametrize(
    ("broken", "ran"),
    [("intake", set()), ("features", {"intake"}), ("rules", {"intake", "features", "score"})],
)
def test_a_problem_stops_what_needs_the_stage_and_is_the_nights_problem(
    stages: Any, broken: str, ran: set[str]
) -> None:
    def act(stage: str) -> None:
        if stage == broken:
            raise ValueError(f"{stage} is broken")

    with pytest.raises(ValueError, match=f"{broken} is broken"):
        stages(act)
    assert set(stages.ended) == ran


def test_what_later_stages_need_is_imported_while_spark_starts_and_not_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    imported: list[str] = []

    def run_night(place: Workplace, night: date) -> dict[str, Any]:
        if night == DATE:
            _ = place.spark
        return {}

    monkeypatch.setattr(run_nights, "refuse_too_early", lambda *_: None)
    monkeypatch.setattr(run_nights, "_warm_up", lambda: imported.append("all"))
    monkeypatch.setattr(run_nights, "run_night", run_night)
    monkeypatch.setattr(Belonging, "mark_lists", lambda *_: None)
    monkeypatch.setattr(session, "start_session", lambda *_: SimpleNamespace(sparkContext=_NO_JAVA, stop=lambda: None))
    run_nights.run_nights(Settings(var=tmp_path), [DATE - timedelta(days=1)])
    assert imported == []
    run_nights.run_nights(Settings(var=tmp_path), [DATE])
    assert imported == ["all"]


def test_a_night_over_an_audit_log_that_was_put_back_stands_and_ends_with_a_code_of_its_own(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    folder_of(settings).mkdir()
    make_vault_key(settings.vault_key_path)
    log = audit_log(settings)
    log.append("keys make", actor="Li")
    report = settings.reports_dir / DATE.isoformat() / "privacy" / "privacy.json"
    report.parent.mkdir(parents=True)
    report.write_text("{}")  # of an earlier run: nothing of the night is new, and the log is looked at all the same
    intake: Future[Any] = Future()
    intake.set_result({"is_new": False})
    assert run_nights._report_privacy(Workplace(settings), DATE, intake) == {"is_new": False, "incomplete": []}
    for path in (log.path, log.head_path):
        path.unlink()
    reported = run_nights._report_privacy(Workplace(settings), DATE, intake)
    problem = incompleteness({"privacy": reported}, {"leads": 3})
    assert isinstance(problem, IncompleteError)
    assert "line 0: rewound: line 1 was noted in the lake's audit_anchor" in problem.what
    assert (problem.exit_code, problem.result) == (6, {"leads": 3})
    assert not log.path.exists(), "no command writes on"
