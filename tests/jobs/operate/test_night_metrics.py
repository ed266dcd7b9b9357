"""A night's figures as a monitor reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from fundwatch.errors import DeliveryError, FundwatchError
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState, LoggedDelivery
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Written
from fundwatch.settings import Settings
from jobs.operate.night_metrics import metrics_kept, night_metrics

EARLIER, NIGHT = date(2026, 3, 30), date(2026, 3, 31)
MIDNIGHT = 1774915200.0  # date -u -d 2026-03-31 +%s
REPORT = {"rows": 7, "claim_amount": "12.50", "note": "as usual", "notes": ["a", "b"], "by_tier": {"可疑": 2}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A lake whose intake ran twice, whose scan was killed and whose second delivery is held."""
    found = Settings(var=tmp_path)
    ledger = Ledger(found.lake_address)
    for night in (EARLIER, NIGHT):
        run = ledger.start("intake", night, "f")
        ledger.intend(run, "intake", night, "patient")
        ledger.written(run, "intake", night, Written("patient", 3, 5))
        ledger.commit(run, "intake", night, "f", REPORT)
    ledger.start("rules", NIGHT, "f")
    log, held = DeliveryLog(found.lake_address), LoggedDelivery(NIGHT, "national", "B1", "abc", 1)
    for state in (DeliveryState.RECEIVED, DeliveryState.HELD):
        log.note(state, held)
    return found


def _samples(text: str) -> dict[tuple[str, ...], float]:
    """By name and label values; the parser takes nothing that the format does not allow."""
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_a_monitor_reads_what_ran_what_is_red_how_many_rows_and_what_is_held(settings: Settings) -> None:
    found = _samples(night_metrics(settings).text())
    assert found["fundwatch_night_timestamp_seconds", "intake"] == MIDNIGHT
    assert (found["fundwatch_stage_committed", "intake"], found["fundwatch_stage_committed", "scan"]) == (1, 0)
    assert found["fundwatch_stage_duration_seconds", "intake"] >= 0
    assert found["fundwatch_stage_usual_duration_seconds", "intake"] >= 0
    assert ("fundwatch_stage_duration_seconds", "scan") not in found  # unknown is no zero
    assert ("fundwatch_stage_usual_duration_seconds", "scan") not in found
    assert found["fundwatch_table_rows", "intake", "patient"] == 5
    assert found["fundwatch_deliveries", "held"] == 1
    assert not [key for key in found if "publish" in key]
    reported = {key[1:]: value for key, value in found.items() if key[0] == "fundwatch_stage_figure"}
    expected = {"rows": 7, "claim_amount": 12.5, "notes": 2, "by_tier.可疑": 2}
    assert {tuple(sorted(key)): value for key, value in reported.items()} == {
        tuple(sorted(("intake", name))): value for name, value in expected.items()
    }


def test_a_night_that_fails_leaves_its_figures_with_the_failure_in_them(settings: Settings) -> None:
    with pytest.raises(DeliveryError), metrics_kept(settings, "nightly"):
        raise DeliveryError("held")
    assert _samples(settings.metrics_file.read_text())["fundwatch_command_succeeded", "nightly"] == 0
    with metrics_kept(settings, "nightly"):
        pass
    assert _samples(settings.metrics_file.read_text())["fundwatch_command_succeeded", "nightly"] == 1
    assert [path.name for path in settings.metrics_file.parent.iterdir()] == ["fundwatch.prom"]


def test_figures_that_cannot_be_written_are_said_and_fail_no_night(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "here").touch()
    with metrics_kept(settings.model_copy(update={"metrics": tmp_path / "here" / "m.prom"}), "nightly"):
        pass
    assert "were not written to" in caplog.text
    with pytest.raises(FundwatchError, match="no lake"):
        night_metrics(Settings(var=tmp_path / "elsewhere"))
