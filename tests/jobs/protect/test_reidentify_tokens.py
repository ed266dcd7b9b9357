"""Re-identification through the command line: four eyes, one lead, an end, and a log that has every call."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.command_line import main
from privacy.audit import account
from privacy.vault.vault import Vault
from tests.jobs.desk import RevealFixture
from tests.jobs.truth_world import NIGHT
from tests.privacy.vaults import CANARIES


def test_an_approved_request_gives_the_fields_asked_of_the_leads_tokens_and_no_more(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office.call("Li", "approve", request_id) == 0
    done, tokens = office.reveal("Wang", request_id)
    assert done == 0
    reported = [(t["domain"], t["in_vault"], t.get("name"), t.get("certificate")) for t in tokens]
    assert reported == [
        ("person", True, CANARIES["name"], CANARIES["certificate"]),
        ("person", False, None, None),
        ("doctor", True, "金丝雀医师", None),
    ]
    assert not any("telephone" in token for token in tokens)
    assert (office.root / "answer.json").stat().st_mode & 0o777 == 0o600
    assert CANARIES["name"] not in "".join(capsys.readouterr())
    assert [(e.action, e.actor, e.outcome) for e in office.log()] == [
        ("reidentify request", "Wang", "ok"), ("reidentify approve", "Li", "ok"), ("reidentify reveal", "Wang", "ok"),
    ]  # fmt: skip
    assert {entry.lead for entry in office.log()} == {"a1" * 8}


def test_no_name_or_number_stands_in_the_vaults_files_or_the_log(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id)
    office.reveal("Wang", request_id)
    held = b"".join(path.read_bytes() for path in office.vault.root.rglob("*") if path.is_file())
    assert b"reidentify reveal" in held
    assert not [canary for canary in (*CANARIES.values(), "金丝雀医师") if canary.encode() in held]


@pytest.mark.parametrize("name", ["Wang", " wang ", "ＷＡＮＧ", "W ang"])
def test_nobody_approves_a_request_of_their_own_however_they_spell_themselves(
    office: RevealFixture, request_id: str, name: str
) -> None:
    assert office.call(name, "approve", request_id) == 2
    assert office.last() == ("reidentify approve", "refused")
    assert office.reveal("Wang", request_id) == (2, [])


def test_two_names_from_one_account_are_one_person_unless_a_setting_says_otherwise(
    office: RevealFixture, request_id: str
) -> None:
    office.account = "wang"
    arguments = ["reidentify", "approve", request_id, "--as", "Li", "--var", str(office.root), "--quiet"]
    assert main(arguments) == 2
    assert office.log()[-1].why == "the request came from the same operating-system account"
    assert main([*arguments, "--set", "reidentify_same_account=true"]) == 0


def test_what_nobody_approved_or_somebody_denied_is_not_revealed(office: RevealFixture, request_id: str) -> None:
    assert office.reveal("Wang", request_id) == (2, [])
    assert office.call("Li", "deny", request_id) == 0
    assert office.reveal("Wang", request_id) == (2, [])
    assert office.call("Li", "approve", request_id) == 2
    assert [entry.outcome for entry in office.log()] == ["ok", "refused", "ok", "refused", "refused"]


def test_an_approval_can_be_taken_back(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id)
    assert office.call("Zhao", "deny", request_id) == 0
    assert office.reveal("Wang", request_id) == (2, [])


def test_only_who_asked_sees_the_answer_and_from_the_same_account(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id)
    assert office.reveal("Li", request_id) == (2, [])
    office.account = "mallory"
    arguments = ["reveal", request_id, "--as", "Wang", "--out", str(office.root / "x"), "--var", str(office.root)]
    assert main(["reidentify", *arguments, "--quiet"]) == 2
    assert office.log()[-1].account == "mallory"


def test_an_approval_ends_when_its_days_are_over(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id, "--days", "7")
    office.now += timedelta(days=7, seconds=-1)
    assert office.reveal("Wang", request_id)[0] == 0
    office.now += timedelta(seconds=1)
    assert office.reveal("Wang", request_id, "later.json") == (2, [])
    assert office.log()[-1].why == "the request is expired"


def test_what_nobody_decides_on_ends_too(office: RevealFixture, request_id: str) -> None:
    office.now += timedelta(days=30)
    assert office.call("Li", "approve", request_id) == 2


@pytest.mark.parametrize("days", ["0", "31", "-1"])
def test_no_approval_holds_longer_than_thirty_days(office: RevealFixture, request_id: str, days: str) -> None:
    assert office.call("Li", "approve", request_id, f"--days={days}") == 2
    assert office.last() == ("reidentify approve", "refused")


@pytest.mark.parametrize("lead", ["1,2", "*", "%", "", "1 2", "ab" * 16])
def test_several_leads_a_pattern_or_a_bare_token_cannot_be_asked_for(office: RevealFixture, lead: str) -> None:
    assert office.ask(lead=lead) == 2
    assert office.last() == ("reidentify request", "refused")


def test_a_second_lead_is_not_taken_for_the_first(office: RevealFixture) -> None:
    assert office.ask("Wang", "--lead", "2") == 2
    assert office.log()[-1].why == "a request is for one lead"


def test_a_lead_that_the_night_has_not_is_refused_and_what_was_typed_is_not_logged(office: RevealFixture) -> None:
    assert office.ask(lead=CANARIES["name"]) == 2
    assert office.last() == ("reidentify request", "refused")
    assert CANARIES["name"] not in (office.vault.root / "audit.jsonl").read_text()


def test_a_request_needs_a_purpose_a_basis_and_known_fields_and_is_reported_all_at_once(
    office: RevealFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["request", "--date", str(NIGHT), "--lead", "1", "--purpose", "look", "--fields", "name,everything"]
    assert office.call("Wang", *asked) == 2
    output = capsys.readouterr().err
    assert all(word in output for word in ("--purpose", "--basis", "'everything'"))


def test_a_purpose_that_holds_a_certificate_number_is_refused_and_not_logged(office: RevealFixture) -> None:
    asked = ["request", "--date", str(NIGHT), "--lead", "1", "--fields", "name", "--basis", "Regulation Art. 24"]
    assert office.call("Wang", *asked, "--purpose", f"check {CANARIES['certificate']}") == 2
    assert CANARIES["certificate"] not in (office.vault.root / "audit.jsonl").read_text()


def test_a_lead_with_many_persons_is_served_up_to_the_limit_and_says_so(office: RevealFixture, request_id: str) -> None:
    office.call("Li", "approve", request_id)
    assert (
        office.call("Wang", "reveal", request_id, "--out", str(office.root / "a"), "--set", "reidentify_tokens=1") == 0
    )
    reported = json.loads((office.root / "a").read_text())
    assert (len(reported["tokens"]), reported["left_out"]) == (1, 2)
    office.ask("Wang", "--set", "reidentify_tokens=2")
    assert (office.log()[-1].detail["tokens"], office.log()[-1].detail["left_out"]) == ("2", "1")
    office.call("Li", "approve", office.log()[-1].request)
    assert len(office.reveal("Wang", office.log()[-1].request)[1]) == 2  # the setting may be larger by now


def test_an_answer_is_not_written_into_a_pipe_or_over_a_file(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.call("Li", "approve", request_id)
    assert office.call("Wang", "reveal", request_id) == 2
    (office.root / "answer.json").write_text("{}")
    assert office.call("Wang", "reveal", request_id, "--out", str(office.root / "answer.json")) == 2
    assert [entry.outcome for entry in office.log()[-2:]] == ["refused", "refused"]
    assert CANARIES["name"] not in "".join(capsys.readouterr())


def test_a_terminal_may_show_the_answer(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.call("Li", "approve", request_id)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    capsys.readouterr()
    assert office.call("Wang", "reveal", request_id) == 0
    assert json.loads(capsys.readouterr().out)["tokens"][0]["name"] == CANARIES["name"]


def test_roles_say_who_asks_and_who_approves_and_from_which_account(office: RevealFixture) -> None:
    access = office.root / "conf" / "access"
    access.mkdir(parents=True)
    (access / "default.yaml").write_text("requesters: [Wang]\napprovers: [Li]\naccounts: {Li: chief}\n")
    conf = ["--set", f"conf={office.root / 'conf'}"]
    assert office.ask("Zhao", *conf) == 2
    assert office.ask("Wang", *conf) == 0
    request = office.log()[-1].request
    assert office.call("Zhao", "approve", request, *conf) == 2
    assert office.call("Li", "approve", request, *conf) == 2
    assert [entry.why for entry in office.log() if entry.why] == [
        "not one of the requesters", "not one of the approvers", "this person has another account",
    ]  # fmt: skip


def test_a_problem_is_logged_by_its_kind_alone(
    office: RevealFixture, request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(CANARIES["name"])

    office.call("Li", "approve", request_id)
    monkeypatch.setattr(Vault, "open_one", broken)
    assert office.reveal("Wang", request_id) == (1, [])
    assert (office.log()[-1].outcome, office.log()[-1].why) == ("fault", "OSError")


def test_list_tells_how_requests_stand(
    office: RevealFixture, request_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.call("Li", "approve", request_id)
    office.ask("Zhao", lead="2")
    capsys.readouterr()
    assert office.call("Li", "list") == 0
    output = json.loads(capsys.readouterr().out)
    assert [(r["state"], r["requester"], r["decided_by"]) for r in output] == [
        ("approved", "Wang", "Li"), ("pending", "Zhao", ""),
    ]  # fmt: skip
    assert office.last() == ("reidentify list", "ok")


def test_without_a_name_nothing_is_done_and_that_is_logged(office: RevealFixture) -> None:
    for action in ("list", "request", "approve", "reveal"):
        assert office.call("", action) == 2
        assert office.last() == (f"reidentify {action}", "refused")


def test_the_account_is_the_one_that_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    login = tmp_path / "loginuid"
    monkeypatch.setattr(account, "_LOGIN_UID", login)
    monkeypatch.setenv("SUDO_UID", "0")
    assert account.account_name() == "root"
    login.write_text("987654")
    assert account.account_name() == "uid 987654"
    login.write_text("4294967295")
    assert account.account_name() == "root"
