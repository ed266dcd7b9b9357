"""A setting that changes the list is one declaration: its own field says which stages it changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from fundwatch.settings import Changes, InForce, Settings, stages_changed, values_that_change
from jobs.declared_stages import PUBLISH, STAGES
from jobs.job import Job, fingerprint_of
from jobs.operate.show_settings import settings_shown
from jobs.stages import job_of
from jobs.workplace import Workplace

SEEN = date(2026, 3, 31)


class WithRings(Settings):
    """Settings with one more."""

    ring_depth: Annotated[int, Changes("rules")] = Field(2, ge=1, description="how many steps a ring may have")


def _print(settings: Settings, stage: str) -> str:
    """The fingerprint of a stage that rests on nothing but settings."""
    job = Job(stage, stage, reads=(), writes=(), run=lambda _night: {}, own_fingerprint=lambda _place, _night: [])
    return fingerprint_of(job, Workplace(settings), SEEN)


def test_a_setting_makes_the_stages_it_names_run_again_and_no_others(tmp_path: Path) -> None:
    two, three = (WithRings(var=tmp_path, ring_depth=depth) for depth in (2, 3))
    changed = {stage.name for stage in STAGES if _print(two, stage.name) != _print(three, stage.name)}
    assert changed == {"rules"}
    assert _print(two, "rules") == _print(WithRings(var=tmp_path), "rules")


def test_a_setting_that_changes_no_list_makes_no_stage_run_again(tmp_path: Path) -> None:
    usual, other = Settings(var=tmp_path), Settings(var=tmp_path, spark_driver_memory="9g", stage_rows=7)
    assert [_print(usual, stage.name) for stage in STAGES] == [_print(other, stage.name) for stage in STAGES]


def test_the_list_states_the_value_of_every_setting_that_changes_it(tmp_path: Path) -> None:
    two, three = (WithRings(var=tmp_path, ring_depth=depth) for depth in (2, 3))
    assert values_that_change(three) == values_that_change(Settings(var=tmp_path)) | {"ring_depth": 3}
    publish = job_of(PUBLISH)
    assert publish.own_fingerprint(Workplace(two), SEEN) != publish.own_fingerprint(Workplace(three), SEEN)
    again = WithRings(var=tmp_path, stage_rows=7)
    assert publish.own_fingerprint(Workplace(two), SEEN) == publish.own_fingerprint(Workplace(again), SEEN)


def test_the_settings_are_shown_with_the_stages_they_change() -> None:
    settings = WithRings()
    shown = {
        one.setting: one.stages
        for one in settings_shown(InForce(settings, dict.fromkeys(WithRings.model_fields, "default"))).settings
    }
    assert shown["ring_depth"] == ("scan", "publish")
    assert shown["list_size"] == ("publish",)
    assert shown["stage_rows"] == ()


def test_every_stage_that_a_setting_names_is_one() -> None:
    named = {stage for stages in stages_changed().values() for stage in stages}
    assert named <= {stage.name for stage in STAGES}
    assert {"intake", "rules", "train", "leads"} <= named
