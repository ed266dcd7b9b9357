"""Unsound indicators are named before models use them: on a page beside the night's, and in the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from intake.quality_page import INDICATORS as PAGE
from jobs.operate.watch_indicators import watch_indicators
from models.quality.states import Unsound
from tests.lakes import FIRST, SECOND, note_committed

COUNT = 200


def add_night(lake: Lake, night: date, **values: Sequence[float | None]) -> None:
    """Indicators of 200 doctors; the ids come in another order each night."""
    order = np.random.default_rng(night.toordinal()).permutation(COUNT)
    columns = {name: [of[n] for n in order] for name, of in values.items()}
    rows = {"business_date": [night] * COUNT, "doctor_id": [f"{n:032x}" for n in order], "peer_group": ["d"] * COUNT}
    types = {name: pa.array(of, pa.float64()) for name, of in columns.items()}
    table = pa.table(rows | types)
    write_deltalake(str(lake.table_address("indicator_doctor")), table, mode="append", partition_by=["business_date"])
    note_committed(lake, "features", night)


def test_the_unsound_are_named_on_the_page_and_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(var=tmp_path / "var")
    lake = Lake(settings.lake_address)
    some = [float(n) for n in range(1, COUNT + 1)]
    slightly = [value + 0.5 for value in some]
    add_night(lake, FIRST, stale=some, sound=some, gone=some, shifted=some)
    assert not any(state.unsound for state in watch_indicators(settings, FIRST))
    gone = [value if n < 40 else None for n, value in enumerate(slightly)]
    add_night(lake, SECOND, stale=some, sound=slightly, gone=gone, shifted=[value * 4 for value in some])
    with caplog.at_level(logging.WARNING):
        found = {state.indicator: state.unsound for state in watch_indicators(settings, SECOND)}
    assert found["sound"] == ()
    assert found["stale"] == (Unsound.STALE,)
    assert Unsound.MISSING in found["gone"]
    assert found["shifted"] == (Unsound.DRIFTED,)
    assert "shifted: 漂移 drifted" in caplog.text
    html = (settings.reports_dir / str(SECOND) / "quality" / PAGE).read_text(encoding="utf-8")
    assert "3 / 4 条指标异常" in html


def test_a_night_without_indicators_has_nothing_to_say(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    Lake(settings.lake_address).make()
    assert watch_indicators(settings, FIRST) == []
    assert not settings.reports_dir.exists()
