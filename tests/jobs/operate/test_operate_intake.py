"""The commands over deliveries and quarantined rows, on a tiny lake and without Spark."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import DeliveryError, ExitCode
from fundwatch.lake.decisions import DECIDED, DecisionError, Decisions
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState, LoggedDelivery
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.review.pages import print_list
from jobs.review.show_lead import night_list
from privacy.erasure.record import ErasureLog, ErasureRequest
from tests.intake.deliveries import deliver, whole
from tests.jobs.commands import answered
from tests.lakes import ANNA, FIRST, SECOND, make_lake, put

ROW = ("--date", str(FIRST), "--file", "fee_list.csv.gz", "--line", "5")
SIGNED = ("--as", "李工", "--why", "confirmed by the hospital")
NEXT = ("--into", "2026-04-07")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_lake(tmp_path)


def quarantine(settings: Settings, *options: str) -> Any:
    return answered("quarantine", *options, "--var", str(settings.var))


def deliveries(settings: Settings, *options: str) -> Any:
    return answered("deliveries", *options, "--var", str(settings.var))


def hold(settings: Settings) -> None:
    log = DeliveryLog(settings.lake_address)
    delivery = LoggedDelivery(SECOND, "national", "B1", "p1", 6, 120, Decimal("1.00"))
    log.note(DeliveryState.RECEIVED, delivery)
    log.note(DeliveryState.HELD, delivery, why="fee_list: 120 rows, usual 590–1,770")


def test_a_held_delivery_is_listed_with_why_and_released_by_name(settings):
    hold(settings)
    [held] = deliveries(settings, "--state", "held")["deliveries"]
    assert (held["why"], held["rows"], held["totals"]) == ("fee_list: 120 rows, usual 590–1,770", 120, {})
    assert deliveries(settings, "release", "--date", str(SECOND), *SIGNED)["state"] == "released"
    assert deliveries(settings, "--state", "held")["deliveries"] == []
    with pytest.raises(DeliveryError, match="no delivery is held"):
        deliveries(settings, "release", "--date", str(SECOND), *SIGNED)


def test_the_command_line_answers_whether_a_delivery_has_arrived(tmp_path, capsys):
    call = ["deliveries", "arrived", "--date", "2026-03-31", "--landing", str(tmp_path)]
    assert main(call) == ExitCode.NOT_READY
    output = capsys.readouterr().err
    assert "fundwatch: the delivery of 2026-03-31 has not arrived: the folder is not there" in output
    assert str(tmp_path / "2026-03-31") in output
    deliver(tmp_path, whole())
    assert main(call) == ExitCode.OK


def test_an_accepted_delivery_is_listed_with_its_control_totals(settings):
    row = {
        "business_date": FIRST,
        "source": "national",
        "batch_id": "B0",
        "file_name": "fee_list.csv.gz",
        "row_count": 5,
    }
    put(Lake(settings.lake_address), "delivery", [row], FIRST)
    [accepted] = deliveries(settings, "--date", str(FIRST))["deliveries"]
    totals = accepted["totals"]
    assert accepted["state"] == "accepted"
    assert (totals["delivered_lines"], totals["quarantined_amount"]) == (5, Decimal("5.00"))


def test_quarantined_rows_are_counted_by_file_table_and_code_with_their_share(settings):
    assert quarantine(settings, "list", "--date", str(FIRST))["groups"] == [
        {"file_name": "fee_list.csv.gz", "table_name": "claim_line", "code": "AMOUNT_MISMATCH", "rows": 1,
         "first_lines": [5], "share": 0.2}
    ]  # fmt: skip
    assert quarantine(settings, "list", "--date", str(FIRST), "--code", "OTHER")["groups"] == []


def test_a_row_is_explained_with_its_check_and_its_values_as_they_are_written(settings):
    [row] = quarantine(settings, "explain", *ROW)["rows"]
    assert row["codes"][0]["condition"] == "abs(amount - quantity * unit_price) <= :tolerance  {'tolerance': 0.02}"
    assert "金额" in row["codes"][0]["zh"]
    assert row["values"]["amount"] == "5.0"


def test_rows_are_released_when_all_that_are_named_are_there(settings):
    with pytest.raises(DecisionError, match="at line 6"):
        quarantine(settings, "release", *ROW, *NEXT, *SIGNED, "--line", "6")
    released = quarantine(settings, "release", *ROW, *NEXT, *SIGNED)["decided"]
    assert [d["action"] for d in released] == ["release"]


def test_a_decision_is_listed_and_can_be_withdrawn(settings):
    quarantine(settings, "resubmit", *ROW, *NEXT, *SIGNED, "--value", "amount=30.00")
    [reported] = quarantine(settings, "decisions")["decisions"]
    assert (json.loads(reported["changes"]), reported["is_taken_in"]) == ({"amount": "30.00"}, False)
    quarantine(settings, "withdraw", *ROW, *SIGNED)
    assert Decisions(settings.lake_address).in_force() == {}


def test_people_decide_while_a_night_holds_the_lake(settings):
    hold(settings)
    with held(settings.lake_address):
        assert len(quarantine(settings, "release", *ROW, *NEXT, *SIGNED)["decided"]) == 1
        assert deliveries(settings, "release", "--date", str(SECOND), *SIGNED)["state"] == "released"


def test_a_decision_that_came_too_late_is_shown_as_that(settings, capsys):
    quarantine(settings, "release", *ROW, *NEXT, *SIGNED)
    ledger, night = Ledger(settings.lake_address), date(2026, 4, 7)
    ledger.commit(ledger.start("intake", night, "p"), "intake", night, "p", {DECIDED: []})
    [reported] = quarantine(settings, "decisions")["decisions"]
    assert (reported["is_taken_in"], reported["is_late"]) == (False, True)
    assert main(["quarantine", "decisions", "--var", str(settings.var), "--quiet"]) == ExitCode.OK
    assert "来迟了" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["patient_id=x", "amount=1.005", "nobody=1"])
def test_a_correction_that_may_not_be_made_is_refused(settings, value):
    with pytest.raises(DecisionError, match=value.split("=")[0]):
        quarantine(settings, "resubmit", *ROW, *NEXT, *SIGNED, "--value", value)


def test_a_command_that_names_no_row_says_what_to_give(settings, capsys):
    status = main(["quarantine", "release", "--date", str(FIRST), "--var", str(settings.var), "--quiet"])
    assert status == ExitCode.REFUSED
    assert "give a date" in capsys.readouterr().err


def test_tables_are_printed_for_people(settings, capsys):
    hold(settings)
    for command in (["deliveries"], ["quarantine", "list", "--date", str(FIRST)], ["quarantine", "explain", *ROW]):
        assert main([*command, "--var", str(settings.var), "--quiet"]) == ExitCode.OK
    output = capsys.readouterr().out
    assert all(text in output for text in ("待放行", "usual 590–1,770", "AMOUNT_MISMATCH", "应满足", "20.00%"))


def test_a_list_that_can_no_longer_be_made_again_is_shown_with_a_note(settings, capsys, monkeypatch):
    monkeypatch.setattr("jobs.review.show_lead.listed_leads", lambda *_: [])
    print_list(night_list(settings, SECOND), print)
    assert "no longer be made again" not in capsys.readouterr().out
    log, request = ErasureLog(settings.lake_address), ErasureRequest("person", "mark", "a", "b", "asked")
    log.done(log.begin(request)[0], request, [SECOND])
    print_list(night_list(settings, SECOND), print)
    output = capsys.readouterr().out
    assert "no longer be made again" in output
    assert ANNA not in output
