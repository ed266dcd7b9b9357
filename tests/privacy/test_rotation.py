"""A new vault key: everything is sealed again, nothing is lost on the way, and the old key is then good for nothing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from deltalake import DeltaTable, write_deltalake

from fundwatch.errors import KeyMissingError
from fundwatch.lake.delta_rows import query_rows
from privacy.audit.log import AuditError, AuditLog
from privacy.keys.ring import KeyRotationError, PseudonymKey, keyed
from privacy.tokens.pseudonyms import token_of
from privacy.vault import rotation
from privacy.vault.rotation import reseal, retire_vault_key, rotate_vault_key, seals_waiting, share_secret
from privacy.vault.sealing import SealingKey, VaultError, make_vault_key, read_vault_key
from privacy.vault.vault import Vault
from tests.privacy.vaults import CANARIES, fill, row

KEY = PseudonymKey(b"\x01" * 32)
OLD = SealingKey(b"\x09" * 32)
NEW = SealingKey(b"\x0a" * 32, retiring=OLD.secret, former=(OLD.derived("audit line"),))
RETIRED = replace(NEW, retiring=None)
PERSONS = [{"value": f"P-{n}", **CANARIES} for n in range(3)]
DOCTORS = [{"value": f"D-{n}", "name": CANARIES["name"]} for n in range(2)]


def _old_mac(message: bytes) -> str:
    return keyed(OLD.derived("audit line"), message).hex()


class RotationKilledError(Exception):
    """Stands for a process killed on the way."""


def _vault(folder: Path, key: SealingKey = OLD) -> Vault:
    vault = Vault(folder / "vault", key)
    fill(vault, KEY, *PERSONS)
    fill(vault, KEY, *DOCTORS, domain="doctor")
    return vault


def _name(vault: Vault, number: int = 1) -> str | None:
    found = vault.open_one("person", token_of(KEY, "person", f"P-{number}") or "")
    return None if found is None else found.content["name"]


def _seals(vault: Vault) -> set[bytes]:
    return {bytes(r["sealed"]) for r in query_rows(vault.identity, "identity", "SELECT sealed FROM identity")}


def _bytes_of(vault: Vault) -> bytes:
    return b"".join(path.read_bytes() for path in vault.root.rglob("*") if path.is_file())


def _of_first_form(key: SealingKey, domain: str, token: str, content: dict[str, str]) -> bytes:
    """A seal as versions made it whose seals did not name their key."""
    head, nonce = bytes([1, len(content)]), os.urandom(12)
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    bound = head + f"{domain}|{token}".encode()
    return head + nonce + AESGCM(key.derived(f"seal\x1f{domain}\x1f{token}")).encrypt(nonce, plain, bound)


def test_a_seal_says_which_key_made_it_and_an_error_names_the_key_that_is_wanted() -> None:
    sealed = OLD.seal("person", "t", {"value": "1"})
    assert sealed[2:8].hex() == OLD.key_id
    with pytest.raises(VaultError, match="does not open") as refusal:
        RETIRED.open("person", "t", sealed)
    assert OLD.key_id in refusal.value.where


def test_both_keys_open_what_they_sealed_while_one_is_retiring() -> None:
    for key in (OLD, NEW):
        assert NEW.open("person", "t", key.seal("person", "t", {"value": "1"})) == {"value": "1"}
    assert NEW.open("person", "t", _of_first_form(OLD, "person", "t", {"value": "1"})) == {"value": "1"}


def test_every_row_is_sealed_again_and_the_old_key_opens_nothing_any_more(tmp_path: Path) -> None:
    old = _vault(tmp_path)
    new = replace(old, key=NEW)
    assert seals_waiting(new) == {"doctor": 2, "person": 3}
    assert reseal(new) == 5
    assert seals_waiting(new) == {}
    assert _name(replace(old, key=RETIRED)) == CANARIES["name"]
    with pytest.raises(VaultError, match="does not open"):
        _name(old)
    assert old.counts() == {"doctor": 2, "person": 3}


def test_only_what_another_key_sealed_is_sealed_again(tmp_path: Path) -> None:
    new = replace(_vault(tmp_path), key=NEW)
    reseal(new)
    before = _seals(new)
    write_deltalake(str(new.identity), row(replace(new, key=OLD), KEY, {"value": "P-9"}), mode="append")
    assert reseal(new) == 1
    assert before < _seals(new)


def test_seals_that_do_not_name_their_key_are_sealed_again_too(tmp_path: Path) -> None:
    vault = _vault(tmp_path, NEW)
    token = token_of(KEY, "person", "P-7") or ""
    earlier = row(vault, KEY, {"value": "P-7", **CANARIES}).to_pylist()[0]
    earlier |= {"sealed": _of_first_form(OLD, "person", token, {"value": "P-7", **CANARIES})}
    write_deltalake(str(vault.identity), row(vault, KEY, PERSONS[0]).from_pylist([earlier]), mode="append")
    assert seals_waiting(vault) == {"person": 1}
    reseal(vault)
    assert _name(replace(vault, key=RETIRED), 7) == CANARIES["name"]


def test_killed_between_two_domains_everything_opens_and_the_rerun_does_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = replace(_vault(tmp_path), key=NEW)
    put = rotation._put
    done: list[object] = []

    def killed(*given: object) -> None:
        if done:
            raise RotationKilledError
        put(*given)  # type: ignore[arg-type]
        done.append(given)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "_put", killed)
        with pytest.raises(RotationKilledError):
            reseal(vault)
    assert [_name(vault, n) for n in range(3)] == [CANARIES["name"]] * 3
    assert seals_waiting(vault) == {"person": 3}
    assert reseal(vault) == 3
    assert vault.counts() == {"doctor": 2, "person": 3}


def test_no_old_seal_and_no_plain_text_is_left_in_any_file_of_the_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = replace(_vault(tmp_path), key=NEW)
    before = _seals(vault)
    assert all(seal[20:] in _bytes_of(vault) for seal in before)
    seen: list[bytes] = []
    put = rotation._put

    def looked_at(vault: Vault, domain: str, staged: Path) -> None:
        seen.append(_bytes_of(vault))
        put(vault, domain, staged)

    monkeypatch.setattr(rotation, "_put", looked_at)
    reseal(vault)
    after = _bytes_of(vault)
    assert not [seal for seal in before if seal[20:] in after]
    assert len(seen) == 2
    assert not [canary for canary in CANARIES.values() for held in (*seen, after) if canary.encode() in held]
    assert DeltaTable(str(vault.identity)).history(5)[-1]["version"] > 0


def test_a_row_that_does_not_open_stops_it_before_its_domain_is_changed(tmp_path: Path) -> None:
    vault = replace(_vault(tmp_path), key=NEW)
    write_deltalake(
        str(vault.identity),
        row(replace(vault, key=SealingKey(b"\x0b" * 32)), KEY, {"value": "P-9"}),
        mode="append",
    )
    with pytest.raises(VaultError, match="does not open"):
        reseal(vault)
    assert seals_waiting(vault) == {"person": 4}
    assert _name(vault) == CANARIES["name"]


def test_a_key_file_rotates_once_and_keeps_of_a_retired_key_what_verifies_the_log_alone(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    first = make_vault_key(path)
    second = rotate_vault_key(path)
    assert (second.old, second.former) == (first, (first.derived("audit line"),))
    with pytest.raises(KeyRotationError, match="still retiring"):
        rotate_vault_key(path)
    assert retire_vault_key(path) == SealingKey(second.secret, None, second.former)
    assert first.secret.hex() not in path.read_text()
    line = ";".join(path.read_text().splitlines()[1:])
    assert read_vault_key(tmp_path / "none", {"FUNDWATCH_VAULT_KEY": line}) == read_vault_key(path, {})


def test_a_key_file_with_a_damaged_or_unknown_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    make_vault_key(path)
    rotate_vault_key(path)
    text = path.read_text()
    another_digit = "1" if text[-2] == "0" else "0"
    for damaged in (
        text.replace("retiring", "resigning"),
        text + text.splitlines()[2] + "\n",
        text[:-2] + another_digit + "\n",
    ):
        path.write_text(damaged)
        with pytest.raises(KeyMissingError, match="vault's key is damaged"):
            read_vault_key(path, {})


def test_a_key_in_two_shares_rotates_and_neither_share_keeps_what_was_retired(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    first = make_vault_key(path)
    shares = Path(f"{tmp_path / 'a'}+{tmp_path / 'b'}")
    share_secret(path, shares, "the vault's key")
    assert read_vault_key(shares, {}) == first
    second = rotate_vault_key(shares)
    retire_vault_key(shares)
    assert read_vault_key(shares, {}).secret == second.secret
    halves = [file.read_text().splitlines()[1:] for file in (tmp_path / "a", tmp_path / "b")]
    texts = [
        bytes(x ^ y for x, y in zip(bytes.fromhex(one.split()[1]), bytes.fromhex(other.split()[1]), strict=False))
        for one, other in zip(*halves, strict=True)
    ]
    assert len(texts) == 2
    assert not [text for text in texts if first.secret.hex().encode() in text]


def test_the_log_goes_on_under_the_new_key_and_verifies_after_the_old_one_is_gone(tmp_path: Path) -> None:
    AuditLog(tmp_path, OLD).append("before", actor="王")
    during = AuditLog(tmp_path, NEW)
    assert during.verify().holds  # killed before the head was signed again
    during.append("after", actor="王")
    assert [entry.action for entry in AuditLog(tmp_path, RETIRED).entries()] == ["before", "after"]


def test_the_old_key_cannot_write_the_log_on(tmp_path: Path) -> None:
    AuditLog(tmp_path, OLD).append("before", actor="王")
    AuditLog(tmp_path, NEW).append("after", actor="王")
    with pytest.raises(AuditError, match="the audit log does not hold"):
        AuditLog(tmp_path, OLD).append("forged", actor="王")


def test_a_line_of_an_older_key_after_one_of_a_newer_is_reported(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, NEW)
    first = log.append("after", actor="王")
    forged = replace(first, seq=2, previous=first.hash, action="forged").signed(_old_mac)
    log.path.write_bytes(log.path.read_bytes() + forged.line() + b"\n")
    verdict = log.verify()
    assert (verdict.kind, verdict.line, verdict.why) == (
        "inserted", 2, "a key that was out of force by then signed it",
    )  # fmt: skip


def test_a_head_that_the_old_key_signed_counts_only_until_it_is_retired(tmp_path: Path) -> None:
    AuditLog(tmp_path, OLD).append("before", actor="王")
    assert AuditLog(tmp_path, NEW).verify().holds
    assert not AuditLog(tmp_path, RETIRED).verify().holds
    AuditLog(tmp_path, NEW).renew_head()
    assert AuditLog(tmp_path, RETIRED).verify().holds
