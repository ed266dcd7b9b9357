"""The vault: sealed, bound to its row, private; and the bridge of a rotation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from deltalake import write_deltalake

from fundwatch.errors import KeyMissingError
from fundwatch.lake.delta_rows import query_rows
from privacy.keys.ring import KeyRing, PseudonymKey
from privacy.tokens.pseudonyms import folded, token_of
from privacy.vault.bridge import build_bridge, drop_bridge, richer
from privacy.vault.sealing import SealingKey, VaultError, make_vault_key, read_vault_key
from privacy.vault.vault import Vault
from tests.places import files_with, folder_of
from tests.privacy.vaults import CANARIES, fill, row

SEALING = SealingKey(b"\x09" * 32)
OLD, NEW = PseudonymKey(b"\x01" * 32), PseudonymKey(b"\x02" * 32)
ROTATING = KeyRing(NEW, OLD, OLD.key_id)
CONTENT = {"value": "P-1", "name": CANARIES["name"], "certificate": CANARIES["certificate"]}


def _token(key: PseudonymKey, value: str, domain: str = "person") -> str:
    return token_of(key, domain, value) or ""


def _vault(folder: Path, *contents: dict[str, str]) -> Vault:
    vault = Vault(folder / "vault", SEALING)
    fill(vault, OLD, *(contents or (CONTENT,)))
    return vault


def test_what_is_sealed_opens_with_its_token_and_key_only() -> None:
    token = _token(OLD, "P-1")
    sealed = SEALING.seal("person", token, CONTENT)
    assert SEALING.open("person", token, sealed) == CONTENT
    for domain, other, key in (
        ("doctor", token, SEALING),
        ("person", _token(OLD, "P-2"), SEALING),
        ("person", token, SealingKey(b"\x08" * 32)),
    ):
        with pytest.raises(VaultError, match="does not open"):
            key.open(domain, other, sealed)


@pytest.mark.parametrize("place", [0, 1, 5, -1])
def test_a_damaged_seal_does_not_open_and_the_error_quotes_no_identity(place: int) -> None:
    token = _token(OLD, "P-1")
    damaged = bytearray(SEALING.seal("person", token, CONTENT))
    damaged[place] ^= 1
    with pytest.raises(VaultError, match="does not open") as refusal:
        SEALING.open("person", token, bytes(damaged))
    assert not any(canary in str(refusal.value) for canary in CANARIES.values())


def test_equal_contents_are_sealed_differently_and_say_how_rich_they_are() -> None:
    one, other = (SEALING.seal("person", _token(OLD, "P-1"), CONTENT) for _ in range(2))
    assert one != other
    assert one[1] == other[1] == 3


def test_the_vaults_key_is_its_owners_alone_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.key"
    key = make_vault_key(path)
    assert (path.stat().st_mode & 0o777, read_vault_key(path, {})) == (0o600, key)
    assert key.secret.hex() not in repr(key)
    line = path.read_text().split("\n")[1]
    assert read_vault_key(tmp_path / "none", {"FUNDWATCH_VAULT_KEY": line}) == key
    path.write_text(path.read_text().replace(line, ("1" if line[0] == "0" else "0") + line[1:]))
    with pytest.raises(KeyMissingError, match="does not fit its check value"):
        read_vault_key(path, {})


def test_the_vault_opens_one_token_and_knows_when_it_holds_none(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    found = vault.open_one("person", _token(OLD, "P-1"))
    assert found is not None
    assert found.content == CONTENT
    assert CANARIES["name"] not in repr(found)
    assert vault.open_one("person", _token(OLD, "P-2")) is None
    assert vault.counts() == {"person": 1}


def test_a_vault_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    assert vault.root.stat().st_mode & 0o777 == 0o700
    vault.root.chmod(0o750)
    with pytest.raises(VaultError, match="others may enter"):
        vault.open_one("person", _token(OLD, "P-1"))


def test_what_is_asked_for_is_one_token_never_a_pattern(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    for asked in ("", "%", "' OR '1'='1", "*", _token(OLD, "P-1")[:8]):
        with pytest.raises(VaultError, match="32 hex digits"):
            vault.open_one("person", asked)


def test_no_file_of_the_vault_shows_an_identity(tmp_path: Path) -> None:
    vault = _vault(tmp_path, CONTENT | CANARIES)
    files = [path for path in vault.root.rglob("*") if path.is_file()]
    assert files
    for canary in CANARIES.values():
        assert not [path for path in files if canary.encode() in path.read_bytes()]


def test_what_is_forgotten_is_gone_from_the_history_and_from_deltas_log_too(tmp_path: Path) -> None:
    vault = _vault(tmp_path, CONTENT, {"value": "P-2"})
    token = _token(OLD, "P-1")
    sealed = query_rows(vault.identity, "identity", f"SELECT sealed FROM identity WHERE token = '{token}'")
    (vault.root / ".staging").mkdir()  # what a killed run left
    (vault.root / ".staging" / "part-0").write_bytes(bytes(sealed[0]["sealed"]))
    assert vault.forget("person", [token, _token(OLD, "P-9")]) == 1
    assert vault.open_one("person", token) is None
    assert vault.counts() == {"person": 1}
    held = b"".join(path.read_bytes() for path in vault.root.rglob("*") if path.is_file())
    assert bytes(sealed[0]["sealed"])[14:30] not in held


@pytest.mark.parametrize("key", [OLD, NEW])
def test_who_is_forgotten_while_a_key_is_rotated_is_in_no_file_under_either_token(
    tmp_path: Path, key: PseudonymKey
) -> None:
    vault = _vault(tmp_path, CONTENT, {"value": "P-2"}, {"value": "P-3"})
    build_bridge(vault, ROTATING, token_of)
    tokens = [_token(which, "P-1") for which in (OLD, NEW)]
    assert all(files_with(vault.root, token) for token in tokens)
    assert vault.forget("person", [_token(key, "P-1")]) == 1
    assert not [file for token in tokens for file in files_with(vault.root, token)]
    assert vault.counts() == {"person": 2}
    assert len(query_rows(vault.bridge_table, "bridge", "SELECT * FROM bridge")) == 2


def test_a_token_that_an_earlier_version_made_of_a_folded_key_is_carried_to_its_own_spelling(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    earlier = row(vault, OLD, {"value": folded("p-7")}).to_pylist()[0]
    earlier |= {"sealed": vault.key.seal("person", earlier["token"], {"value": "p-7"})}
    write_deltalake(str(vault.identity), row(vault, OLD, CONTENT).from_pylist([earlier]), mode="append")
    build_bridge(vault, ROTATING, token_of)
    found = vault.open_one("person", _token(NEW, "p-7"))
    assert found is not None
    assert found.content["value"] == "p-7"


def test_a_bridge_of_the_erased_alone_is_left_empty_and_the_others_are_still_found(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    build_bridge(vault, ROTATING, token_of)
    vault.forget("person", [_token(OLD, "P-1")])
    assert vault.forget("person", [_token(OLD, "P-1")]) == 0
    write_deltalake(str(vault.identity), row(vault, OLD, {"value": "P-3"}), mode="append")
    assert build_bridge(vault, ROTATING, token_of) == 1
    assert vault.open_one("person", _token(OLD, "P-3")) is not None


def test_an_erasure_killed_before_the_bridge_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = _vault(tmp_path, CONTENT, {"value": "P-2"})
    build_bridge(vault, ROTATING, token_of)

    def killed(_: Vault) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "forget_history", killed)
        with pytest.raises(KeyboardInterrupt):
            vault.forget("person", [_token(OLD, "P-1")])
    vault.forget("person", [_token(OLD, "P-1")])
    assert not [file for key in (OLD, NEW) for file in files_with(vault.root, _token(key, "P-1"))]


def test_a_bridge_leads_from_old_tokens_to_new_ones_and_the_vault_is_sealed_under_the_new(tmp_path: Path) -> None:
    vault = _vault(tmp_path, CONTENT, {"value": "P-2"})
    assert build_bridge(vault, ROTATING, token_of) == 2
    bridge = query_rows(vault.bridge_table, "bridge", "SELECT * FROM bridge")
    assert {(b["old_token"], b["new_token"]) for b in bridge} == {
        (_token(OLD, value), _token(NEW, value)) for value in ("P-1", "P-2")
    }
    assert {(b["domain"], b["old_key_id"], b["new_key_id"]) for b in bridge} == {("person", OLD.key_id, NEW.key_id)}
    assert vault.key_ids() == {NEW.key_id: 2}
    for token in (_token(OLD, "P-1"), _token(NEW, "P-1")):
        found = vault.open_one("person", token)
        assert found is not None
        assert found.content == CONTENT


def test_building_the_bridge_again_changes_nothing_and_takes_up_what_came_since(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    build_bridge(vault, ROTATING, token_of)
    assert build_bridge(vault, ROTATING, token_of) == 1
    write_deltalake(str(vault.identity), row(vault, OLD, {"value": "P-3"}), mode="append")
    assert build_bridge(vault, ROTATING, token_of) == 2
    assert vault.key_ids() == {NEW.key_id: 2}


def test_a_person_taken_in_under_both_keys_is_one_row_with_the_richer_content(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    write_deltalake(str(vault.identity), row(vault, NEW, {"value": "P-1"}, date(2026, 4, 7)), mode="append")
    build_bridge(vault, ROTATING, token_of)
    found = vault.open_one("person", _token(NEW, "P-1"))
    assert found is not None
    assert (found.content, found.last_night) == (CONTENT, date(2026, 4, 7))
    assert vault.counts() == {"person": 1}


def test_a_value_that_does_not_give_its_token_stops_the_bridge_before_anything_changes(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    token = _token(OLD, "P-5")
    wrong = row(vault, OLD, {"value": "P-5"}).to_pylist()[0] | {
        "sealed": SEALING.seal("person", token, {"value": "P-6"})
    }
    write_deltalake(str(vault.identity), row(vault, OLD, {"value": "P-5"}).from_pylist([wrong]), mode="append")
    with pytest.raises(VaultError, match="does not give its token"):
        build_bridge(vault, ROTATING, token_of)
    assert not vault.has_bridge
    assert vault.key_ids() == {OLD.key_id: 2}


def test_a_dropped_bridge_leaves_no_file(tmp_path: Path) -> None:
    vault = _vault(tmp_path)
    build_bridge(vault, ROTATING, token_of)
    drop_bridge(vault)
    assert not folder_of(vault.bridge_table).exists()
    assert vault.open_one("person", _token(OLD, "P-1")) is None


def test_of_equally_rich_contents_the_later_stays() -> None:
    nights = [{"first_night": n, "last_night": n, "sealed_night": n, "field_count": 2} for n in (1, 3)]
    assert richer(nights[0], nights[1]) == {"first_night": 1, "last_night": 3, "sealed_night": 3, "field_count": 2}
