"""The life of a rule through the command line: four eyes, one version, and a log that has every call."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fundwatch.settings import Settings
from jobs.author import change_state
from jobs.author.rules_in_force import entries_of, rules_in_force
from jobs.command_line import main
from jobs.scan_rules import own_fingerprint
from privacy.access.people import AccessRefusedError
from privacy.audit.log import AuditLog, audit_log
from privacy.vault.sealing import make_vault_key
from tests.jobs.truth_world import NIGHT, TruthWorld

REASON = ("--reason", "a month in shadow without a false hit")
OFF = "rules:\n  - id: DC-03\n    state: shadow\n"


class Office:
    """A lake, a vault, a region where DC-03 is in shadow, and people with accounts of their own."""

    def __init__(self, root: Path) -> None:
        self.world, self.account = TruthWorld(root), ""
        make_vault_key(self.world.settings.vault_key_path)
        region = root / "conf" / "regions" / "town"
        region.mkdir(parents=True)
        (region / "region.yaml").write_text("zh: 镇\nen: Town\n", encoding="utf-8")
        self.rules = region / "rules.yaml"
        self.rules.write_text(OFF, encoding="utf-8")
        self.root, self.must_approve = root, False

    @property
    def settings(self) -> Settings:
        return Settings(var=self.root, conf=self.root / "conf", region="town", overlay_approval=self.must_approve)

    def call(self, person: str, *words: str) -> int:
        """Run `fundwatch rules` as a person whose account has the same name."""
        self.account = person.lower()
        settings = ["--var", str(self.root), "--set", f"conf={self.root / 'conf'}", "--set", "region=town"]
        return main(["rules", *words, "--as", person, *settings, "--json", "--quiet"])

    def propose(self, person: str = "Wang", rule: str = "DC-03") -> int:
        return self.call(person, "propose", rule, "--state", "active", "--date", str(NIGHT), *REASON)

    def log(self) -> list[tuple[str, str, str]]:
        return [(e.action, e.actor, e.outcome) for e in audit_log(self.settings).entries()]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(tmp_path)

    def as_person(settings: Settings) -> AuditLog:
        return replace(audit_log(settings), account=lambda: made.account)

    monkeypatch.setattr(change_state, "audit_log", as_person)
    return made


def _state(office: Office, capsys: pytest.CaptureFixture[str], night: str) -> str:
    capsys.readouterr()
    assert office.call("Wang", "show", "DC-03", "--date", night) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return str(shown["state"])


def _fingerprint(office: Office) -> object:
    """Of the scan of the night."""
    from jobs.workplace import Workplace

    return own_fingerprint(Workplace(office.settings), NIGHT)


def test_a_rule_is_active_once_another_person_approved_it(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = _fingerprint(office)
    assert office.propose() == 0
    assert _state(office, capsys, str(NIGHT)) == "shadow"
    assert _fingerprint(office) == before
    assert office.call("Li", "approve", "DC-03") == 0
    assert _state(office, capsys, str(NIGHT)) == "active"
    assert _state(office, capsys, "2026-03-30") == "shadow"
    assert _fingerprint(office) != before
    proposed, approved = entries_of(office.settings)
    assert (proposed.entry_id, proposed.rule_version) == (approved.entry_id, approved.rule_version)
    assert (approved.proposed_by, approved.approved_by, approved.from_date) == ("Wang", "Li", NIGHT)
    assert office.log() == [("rules propose", "Wang", "ok"), ("rules approve", "Li", "ok")]


@pytest.mark.parametrize("name", ["Wang", " wang ", "ＷＡＮＧ"])
def test_nobody_approves_a_proposal_of_their_own(office: Office, name: str) -> None:
    office.propose()
    assert office.call(name, "approve", "DC-03") == 2
    assert office.log()[-1] == ("rules approve", name, "refused")
    assert len(entries_of(office.settings)) == 1


def test_nobody_approves_from_the_account_that_proposed(office: Office) -> None:
    office.propose()
    office.account = "wang"
    with pytest.raises(AccessRefusedError, match="same operating-system account"):
        change_state.RuleDesk.of(office.settings).approve(change_state.StateAsked("DC-03", "Li"))


def test_a_changed_rule_is_not_approved_and_an_approval_lapses_with_the_version(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.propose()
    office.rules.write_text(OFF + "    params: {min_amount: 6}\n", encoding="utf-8")
    assert office.call("Li", "approve", "DC-03") == 2
    office.propose()
    assert office.call("Li", "approve", "DC-03") == 0
    assert _state(office, capsys, str(NIGHT)) == "active"
    office.rules.write_text(OFF + "    params: {min_amount: 7}\n", encoding="utf-8")
    assert _state(office, capsys, str(NIGHT)) == "shadow"


def test_a_retired_rule_stays_retired(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.call("Li", "retire", "DC-03", "--date", str(NIGHT), *REASON) == 0
    assert _state(office, capsys, str(NIGHT)) == "retired"
    assert office.propose() == 2
    assert "is retired, and stays so" in capsys.readouterr().err


def test_roles_are_those_of_the_access_file(office: Office) -> None:
    folder = office.root / "conf" / "access"
    folder.mkdir()
    roles = 'requesters: "*"\napprovers: "*"\nrule_authors: [Wang]\nrule_approvers: [Li]\n'
    (folder / "default.yaml").write_text(roles, encoding="utf-8")
    assert office.propose("Zhao") == 2
    assert office.propose("Wang") == 0
    assert office.call("Zhao", "approve", "DC-03") == 2
    assert office.call("Li", "approve", "DC-03") == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("propose", "ID-4", "--state", "active"), "did you mean 'ID-04'"),
        (("propose", "DC-03", "--state", "retired"), "--state takes shadow or active"),
        (("propose", "DC-03", "--state", "active", "--reason", "so"), "--date is missing"),
        (("approve", "DC-03"), "nothing is proposed for DC-03"),
    ],
)
def test_what_is_incomplete_is_refused_and_logged(
    office: Office, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office.call("Wang", *words) == 2
    assert says in capsys.readouterr().err
    assert [outcome for _, _, outcome in office.log()] == ["refused"]
    assert entries_of(office.settings) == []


def _min_amount(office: Office, night: date = NIGHT) -> tuple[object, int]:
    """The parameter of DC-03 on the night, which the town's file sets to 6, and how many overlays wait."""
    standing = rules_in_force(office.settings, night)
    (rule,) = (rule for rule in standing.rule_set.rules if rule.id == "DC-03")
    return rule.params["min_amount"], len(standing.overlays_waiting)


def test_what_a_region_says_holds_once_another_person_approved_it_as_it_is(office: Office) -> None:
    office.rules.write_text(OFF + "    params: {min_amount: 6}\n", encoding="utf-8")
    assert _min_amount(office) == (6, 0)
    office.must_approve = True
    assert _min_amount(office) == (5, 1)
    waiting = _fingerprint(office)
    assert office.propose(rule="overlay:town") == 0
    assert office.call("Wang", "approve", "overlay:town") == 2
    assert _min_amount(office) == (5, 1)
    assert office.call("Li", "approve", "overlay:town") == 0
    assert _min_amount(office) == (6, 0)
    assert _min_amount(office, NIGHT - timedelta(days=1)) == (5, 1)
    assert _fingerprint(office) != waiting
    assert [entry[:2] for entry in office.log() if entry[2] == "ok"] == [
        ("rules propose", "Wang"), ("rules approve", "Li"),
    ]  # fmt: skip
    office.rules.write_text(OFF + "    params: {min_amount: 7}\n", encoding="utf-8")
    assert _min_amount(office) == (5, 1)
    (sentence,) = rules_in_force(office.settings, NIGHT).overlays_waiting
    assert "what town says of rules" in sentence
    assert "`fundwatch rules propose overlay:town --state active`" in sentence


def test_an_overlay_is_neither_put_in_shadow_nor_retired(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("overlay:town", "--date", str(NIGHT), *REASON)
    assert office.call("Wang", "propose", *words, "--state", "shadow") == 2
    assert "--state takes active" in capsys.readouterr().err
    assert office.call("Li", "retire", *words) == 2
    assert "is not retired" in capsys.readouterr().err
