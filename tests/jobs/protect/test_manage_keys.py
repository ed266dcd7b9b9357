"""Keys through the command line: made once, rotated with a bridge, retired when nothing needs the old one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake

from fundwatch.lake.delta_rows import query_rows
from fundwatch.lake.lock import held
from jobs.command_line import main
from privacy.audit.log import AuditLog
from privacy.keys.ring import read_ring
from privacy.tokens.pseudonyms import token_of
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault
from tests.jobs.truth_world import TruthWorld
from tests.places import at
from tests.privacy.vaults import CANARIES, NIGHT, fill


def _keys(root: Path, *arguments: str) -> int:
    return main(["keys", *arguments, "--var", str(root), "--quiet", "--json", "--as", "Chen"])


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """The vault of a lake that has one delivery, taken in with the key in place, of one person."""
    world = TruthWorld(tmp_path)
    assert _keys(tmp_path, "make") == 0
    made = Vault(tmp_path / "vault", read_vault_key(tmp_path / "keys" / "vault.key"))
    fill(made, world.key, {"value": "P-1", **CANARIES})
    return made


def _printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_make_makes_both_keys_once_and_never_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _keys(tmp_path, "make") == 0
    reported = _printed(capsys)
    files = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert {"pseudonym.key", "vault.key"} == files.keys()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert _keys(tmp_path, "make") == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == files
    assert _keys(tmp_path, "check") == 0
    assert f'"{reported["key_id"]}"' in capsys.readouterr().out


def test_make_adds_the_vaults_key_to_a_key_of_the_first_form(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonym.key"
    path.parent.mkdir()
    path.write_text("01" * 32 + "\n")
    path.chmod(0o600)
    assert _keys(tmp_path, "check") == 0
    assert _keys(tmp_path, "make") == 0
    assert path.read_text() == "01" * 32 + "\n"
    assert (tmp_path / "keys" / "vault.key").is_file()


def test_make_gives_two_custodians_a_share_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "a.share", tmp_path / "b.share"
    assert _keys(tmp_path, "make", "--shares", str(one), str(other)) == 0
    made = _printed(capsys)["key_id"]
    assert _keys(tmp_path, "check", "--set", f"key_file={one}+{other}") == 0
    assert _printed(capsys)["key_id"] == made


def test_rotate_makes_a_bridge_of_what_the_vault_knows_and_retire_waits_for_the_lake(
    vault: Vault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = read_ring(tmp_path / "keys" / "pseudonym.key", {}).active
    assert _keys(tmp_path, "rotate") == 0
    new = read_ring(tmp_path / "keys" / "pseudonym.key", {}).active
    bridge = query_rows(vault.bridge_table, "bridge", "SELECT old_token, new_token FROM bridge")
    assert bridge == [{"old_token": token_of(old, "person", "P-1"), "new_token": token_of(new, "person", "P-1")}]

    capsys.readouterr()
    assert _keys(tmp_path, "retire") == 2
    assert f"tokens of the key {old.key_id} are still in use: delivery (1 rows)" in capsys.readouterr().err
    carried: dict[str, list[Any]] = {"business_date": [NIGHT], "file_name": ["f"], "key_id": [new.key_id]}
    _replace(tmp_path / "lake" / "delivery", carried)
    assert _keys(tmp_path, "retire") == 0
    assert not vault.has_bridge
    assert read_ring(tmp_path / "keys" / "pseudonym.key", {}).key_ids == (new.key_id,)


def _replace(path: Path, columns: dict[str, list[Any]]) -> None:
    import pyarrow as pa

    write_deltalake(str(path), pa.table(columns), mode="overwrite", schema_mode="overwrite")


def test_a_rotation_killed_before_its_bridge_is_finished_by_bridge(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("jobs.protect.manage_keys.build_bridge", killed)
        assert _keys(tmp_path, "rotate") == 130
    assert _keys(tmp_path, "rotate") == 2
    assert _keys(tmp_path, "retire") == 2
    assert not vault.has_bridge
    assert _keys(tmp_path, "bridge") == 0
    assert vault.has_bridge


def test_a_lake_into_which_no_night_was_taken_has_nothing_to_carry_and_says_so(
    vault: Vault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vault.holds_identities
    assert _keys(tmp_path, "rotate") == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    capsys.readouterr()
    for lake, reported in ((empty, "no night was taken into this lake"), (tmp_path / "typo", "there is no lake")):
        assert _keys(tmp_path, "carry", "--lake", str(lake)) == 2
        output = capsys.readouterr().err
        assert reported in output
        assert str(lake) in output
        assert "--lake" in output


def test_every_step_is_in_the_audit_log_with_public_ids_only(vault: Vault, tmp_path: Path) -> None:
    _keys(tmp_path, "rotate")
    entries = AuditLog(vault.root, vault.key).entries()
    assert [(e.action, e.actor) for e in entries] == [
        ("keys make", "Chen"), ("keys rotate", "Chen"), ("keys bridge", "Chen"),
    ]  # fmt: skip
    ring = read_ring(tmp_path / "keys" / "pseudonym.key", {})
    assert entries[-1].detail["key_ids"] == ",".join(ring.key_ids)
    assert ring.active.secret.hex() not in (vault.root / "audit.jsonl").read_text()


def test_a_lake_whose_vault_is_empty_is_not_rotated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    TruthWorld(tmp_path)
    _keys(tmp_path, "make")
    before = (tmp_path / "keys" / "pseudonym.key").read_bytes()
    assert _keys(tmp_path, "rotate") == 2
    assert "the vault holds nothing" in capsys.readouterr().err
    assert (tmp_path / "keys" / "pseudonym.key").read_bytes() == before


def test_nothing_is_rotated_while_a_night_runs_or_the_log_cannot_be_written(vault: Vault, tmp_path: Path) -> None:
    before = (tmp_path / "keys" / "pseudonym.key").read_bytes()
    with held(at(tmp_path / "lake")):
        assert _keys(tmp_path, "rotate") == 4
    (vault.root / "audit.head").unlink()
    assert _keys(tmp_path, "rotate") == 1
    assert (tmp_path / "keys" / "pseudonym.key").read_bytes() == before


def _identity(root: Path, key_file: Path | None = None) -> str | None:
    vault = Vault(root / "vault", read_vault_key(key_file or root / "keys" / "vault.key"))
    key = read_ring(root / "keys" / "pseudonym.key", {}).active
    found = vault.open_one("person", token_of(key, "person", "P-1") or "")
    return None if found is None else found.content["name"]


def test_the_vaults_own_key_is_rotated_and_retired_and_every_step_is_in_the_log(
    vault: Vault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = vault.key.key_id
    capsys.readouterr()
    assert _keys(tmp_path, "rotate", "--vault") == 0
    reported = _printed(capsys)
    assert (reported["retiring"], reported["resealed"]) == (old, 1)
    assert _identity(tmp_path) == CANARIES["name"]
    assert _keys(tmp_path, "retire", "--vault") == 0
    assert _identity(tmp_path) == CANARIES["name"]
    key = read_vault_key(tmp_path / "keys" / "vault.key")
    assert (key.key_id, key.old) == (reported["vault_key_id"], None)
    log = AuditLog(vault.root, key)
    assert [entry.action for entry in log.entries()] == [
        "keys make", "keys rotate vault", "keys reseal vault", "keys retire vault",
    ]  # fmt: skip
    assert log.verify().holds


@pytest.mark.parametrize("place", ["jobs.protect.rotate_vault.rotate_vault_key", "jobs.protect.rotate_vault.reseal"])
def test_a_rotation_of_the_vaults_key_killed_anywhere_is_finished_by_the_same_command(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, killed)
        assert _keys(tmp_path, "rotate", "--vault") == 130
    assert _identity(tmp_path) == CANARIES["name"]
    assert _keys(tmp_path, "rotate", "--vault") == 0
    made = read_vault_key(tmp_path / "keys" / "vault.key")
    assert made.old is not None
    assert made.old.key_id == vault.key.key_id
    assert _keys(tmp_path, "rotate", "--vault") == 0
    assert read_vault_key(tmp_path / "keys" / "vault.key") == made
    assert _keys(tmp_path, "retire", "--vault") == 0
    assert _identity(tmp_path) == CANARIES["name"]


def test_the_vaults_old_key_is_not_retired_while_a_seal_needs_it(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("jobs.protect.rotate_vault.reseal", lambda _: 0)
        assert _keys(tmp_path, "rotate", "--vault") == 0
    assert _keys(tmp_path, "retire", "--vault") == 2
    assert "person (1 seals)" in capsys.readouterr().err
    assert _identity(tmp_path) == CANARIES["name"]


def test_the_vaults_key_goes_to_two_custodians_and_the_next_one_never_lay_in_one_file(
    vault: Vault, tmp_path: Path
) -> None:
    shares = Path(f"{tmp_path / 'a.share'}+{tmp_path / 'b.share'}")
    assert _keys(tmp_path, "share", "--vault", "--shares", str(tmp_path / "a.share"), str(tmp_path / "b.share")) == 0
    (tmp_path / "keys" / "vault.key").unlink()
    own = ("--set", f"vault_key_file={shares}")
    assert _keys(tmp_path, "rotate", "--vault", *own) == 0
    assert _keys(tmp_path, "retire", "--vault", *own) == 0
    assert _identity(tmp_path, shares) == CANARIES["name"]
    assert _keys(tmp_path, "make", *own) == 2  # both keys lie there: none is made beside them


def test_the_vaults_key_is_made_in_two_shares_at_once_where_the_settings_name_two(tmp_path: Path) -> None:
    shares = Path(f"{tmp_path / 'a.share'}+{tmp_path / 'b.share'}")
    assert _keys(tmp_path, "make", "--set", f"vault_key_file={shares}") == 0
    assert {path.name for path in tmp_path.glob("*.share")} == {"a.share", "b.share"}
    assert not (tmp_path / "keys" / "vault.key").exists()
    assert read_vault_key(shares).key_id != ""


def test_only_what_the_vaults_key_has_is_done_with_it(vault: Vault, tmp_path: Path) -> None:
    before = (tmp_path / "keys" / "pseudonym.key").read_bytes()
    assert _keys(tmp_path, "carry", "--vault") == 2
    assert (tmp_path / "keys" / "pseudonym.key").read_bytes() == before
