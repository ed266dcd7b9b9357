"""The delivery log: only the very content that was held can be released, by name and with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState, LoggedDelivery
from tests.places import at

NIGHT, NEXT = date(2026, 3, 30), date(2026, 3, 31)


def delivery(content_fingerprint: str = "p1", night: date = NIGHT) -> LoggedDelivery:
    return LoggedDelivery(night, "national", f"B-{content_fingerprint}", content_fingerprint, 6, 100, Decimal("12.34"))


def held(folder: Path, *fingerprints: str) -> DeliveryLog:
    log = DeliveryLog(at(folder))
    for content_fingerprint in fingerprints:
        log.note(DeliveryState.RECEIVED, delivery(content_fingerprint))
        log.note(DeliveryState.HELD, delivery(content_fingerprint), why="120 rows, usual 900–1,500")
    return log


def states(log: DeliveryLog) -> dict[str, DeliveryState]:
    return {noted.delivery.fingerprint: noted.state for noted in log.current()}


def test_a_lake_without_a_log_has_no_deliveries(tmp_path):
    assert DeliveryLog(at(tmp_path)).current() == []


def test_a_delivery_keeps_its_figures_to_the_cent(tmp_path):
    DeliveryLog(at(tmp_path)).note(DeliveryState.RECEIVED, delivery())
    assert [noted.delivery for noted in DeliveryLog(at(tmp_path)).current()] == [delivery()]


def test_accepting_one_delivery_supersedes_the_others_of_its_date_alone(tmp_path):
    log = held(tmp_path, "p1")
    log.note(DeliveryState.RECEIVED, delivery("p2"))
    log.note(DeliveryState.REFUSED, delivery("p2"))
    log.note(DeliveryState.RECEIVED, delivery("next", NEXT))
    log.note(DeliveryState.RECEIVED, delivery("p3"))
    log.note(DeliveryState.ACCEPTED, delivery("p3"))
    assert states(log) == {
        "p1": DeliveryState.SUPERSEDED, "p2": DeliveryState.SUPERSEDED,
        "p3": DeliveryState.ACCEPTED, "next": DeliveryState.RECEIVED,
    }  # fmt: skip


def test_a_released_delivery_says_who_and_why_and_its_content_alone_is_released(tmp_path):
    log = held(tmp_path, "p1")
    log.release(NIGHT, by="李工", why="month end, confirmed by telephone")
    assert log.is_released(NIGHT, "p1")
    assert not log.is_released(NIGHT, "p2")
    assert (log.current()[0].by, log.current()[0].why) == ("李工", "month end, confirmed by telephone")


def test_running_a_held_or_released_delivery_again_does_not_forget_the_decision(tmp_path):
    log = held(tmp_path, "p1")
    assert not log.note(DeliveryState.RECEIVED, delivery("p1"))
    log.release(NIGHT, by="a", why="b")
    assert not log.note(DeliveryState.HELD, delivery("p1"))
    assert log.is_released(NIGHT, "p1")


def test_a_held_delivery_that_passes_under_new_limits_is_accepted(tmp_path):
    log = held(tmp_path, "p1")
    assert log.note(DeliveryState.ACCEPTED, delivery("p1"))
    assert states(log) == {"p1": DeliveryState.ACCEPTED}


def test_what_the_lake_took_in_stays_accepted_whatever_a_later_run_meets(tmp_path):
    log = DeliveryLog(at(tmp_path))
    log.note(DeliveryState.RECEIVED, delivery())
    log.note(DeliveryState.ACCEPTED, delivery())
    assert not log.note(DeliveryState.REFUSED, delivery(), why="the key is missing")
    assert states(log) == {"p1": DeliveryState.ACCEPTED}


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("x", " ")])
def test_a_release_without_a_name_or_a_reason_is_refused(tmp_path, by, why):
    with pytest.raises(DeliveryError, match="a name and a reason"):
        held(tmp_path, "p1").release(NIGHT, by=by, why=why)


def test_only_a_held_delivery_can_be_released(tmp_path):
    log = DeliveryLog(at(tmp_path))
    log.note(DeliveryState.RECEIVED, delivery())
    log.note(DeliveryState.REFUSED, delivery())
    with pytest.raises(DeliveryError, match="no delivery is held for 2026-03-30: p1 refused"):
        log.release(NIGHT, by="a", why="b")


def test_of_several_held_deliveries_one_must_be_named(tmp_path):
    log = held(tmp_path, "p1", "p2")
    with pytest.raises(DeliveryError, match="2 deliveries are held"):
        log.release(NIGHT, by="a", why="b")
    assert log.release(NIGHT, by="a", why="b", content_fingerprint="p2").delivery.fingerprint == "p2"


def test_the_history_tells_every_step(tmp_path):
    log = held(tmp_path, "p1")
    log.release(NIGHT, by="a", why="b")
    assert [row["state"] for row in log.history(NIGHT)] == ["received", "held", "released"]
