"""The desk when something was changed under it: the log, its head, a lead's evidence or the clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs.command_line import main
from tests.jobs.desk import RevealFixture


def test_a_log_that_was_tampered_with_stops_every_call(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id)
    path = office.vault.root / "audit.jsonl"
    edited = path.read_bytes().replace(b"verify the stay", b"verify the star")
    path.write_bytes(edited)
    for arguments in (["list"], ["approve", request_id], ["reveal", request_id, "--out", str(office.root / "x")]):
        assert office.call("Wang", *arguments) == 1
    assert office.ask("Zhao", lead="2") == 1
    assert not (office.root / "x").exists()
    assert path.read_bytes() == edited  # no call writes on


def test_a_log_and_head_that_were_put_back_stop_the_desk_until_a_named_approver_goes_on_from_them(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [office.vault.root / name for name in ("audit.jsonl", "audit.head")]
    before = [file.read_bytes() for file in files]
    office.call("Li", "approve", request_id)
    for file, content in zip(files, before, strict=True):
        file.write_bytes(content)
    assert office.reveal("Wang", request_id) == (1, [])
    assert "line 1: rewound: line 2 was noted in the lake's audit_anchor" in capsys.readouterr().err
    audit = ["--var", str(office.root), "--json", "--quiet"]
    assert main(["audit", "verify", *audit]) == 1
    assert main(["audit", "set-aside", "--as", "Li", *audit]) == 2  # says not why
    assert main(["audit", "set-aside", "--as", "Li", "--why", "restored from the copy of the 30th", *audit]) == 0
    assert main(["audit", "verify", *audit]) == 0
    assert office.reveal("Wang", request_id) == (2, [])  # the approval is gone: ask again
    assert [(e.action, e.actor) for e in office.log()[1:]] == [("audit set aside", "Li"), ("reidentify reveal", "Wang")]


def test_a_log_that_was_deleted_with_its_head_is_reported(office: RevealFixture, request_id: str) -> None:
    for name in ("audit.jsonl", "audit.head"):
        (office.vault.root / name).unlink()
    assert office.ask() == 1
    assert not (office.vault.root / "audit.jsonl").exists()


def test_evidence_that_is_added_after_an_approval_is_not_revealed_and_the_lead_is_asked_for_again(
    office: RevealFixture, request_id: str
) -> None:
    assert office.call("Li", "approve", request_id) == 0
    office.add_evidence(3)
    assert office.reveal("Wang", request_id) == (2, [])
    assert office.log()[-1].why == "the lead's evidence is not what it was when this was asked for"
    assert office.ask() == 0
    anew = office.log()[-1].request
    assert office.log()[-1].detail["tokens"] == "4"
    assert office.call("Li", "approve", anew) == 0
    assert len(office.reveal("Wang", anew)[1]) == 4


def test_evidence_that_is_added_before_the_approval_is_not_approved(office: RevealFixture, request_id: str) -> None:
    office.add_evidence(3)
    assert office.call("Li", "approve", request_id) == 2
    assert office.reveal("Wang", request_id) == (2, [])


def test_a_clock_that_leaps_approves_nothing_and_leaves_no_time_in_the_log(
    office: RevealFixture, request_id: str
) -> None:
    today, office.now = office.now, datetime(2036, 4, 1, tzinfo=UTC)
    assert office.call("Li", "approve", request_id) == 1
    assert office.last() == ("clock refused", "refused")
    office.now = today
    assert office.reveal("Wang", request_id) == (2, [])
    assert {entry.at for entry in office.log()} == {today.isoformat()}


def test_an_approval_of_a_clock_that_was_ahead_for_a_while_ends_when_the_clock_is_put_right(
    office: RevealFixture, request_id: str
) -> None:
    today, office.now = office.now, office.now + timedelta(days=20)
    assert office.call("Li", "approve", request_id) == 0
    office.now = today
    assert office.reveal("Wang", request_id) == (1, [])
    clock = ["audit", "clock", "--why", "the battery was empty", "--var", str(office.root), "--quiet"]
    assert main([*clock, "--as", ""]) == 2
    assert main([*clock, "--as", "Li"]) == 0
    assert office.reveal("Wang", request_id) == (2, [])
    assert office.log()[-1].why == "the request is expired"
    assert office.ask() == 0


def test_after_a_long_silence_an_approver_says_that_the_clock_is_right(office: RevealFixture, request_id: str) -> None:
    office.now += timedelta(days=93)
    assert office.call("Li", "list") == 1
    assert main(["audit", "clock", "--as", "Li", "--why", "nobody asked since spring", "--var", str(office.root)]) == 0
    assert office.call("Li", "list") == 0


def test_audit_verify_tells_the_head_and_later_what_was_changed(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = ["audit", "verify", "--var", str(office.root), "--quiet"]
    assert main([*verify, "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    office.call("Li", "approve", request_id)
    assert main([*verify, "--noted", head]) == 0
    path = office.vault.root / "audit.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert main(verify) == 1
    assert "line 2: cut" in capsys.readouterr().err
    assert main([*verify, "--noted", "1:x"]) == 2
