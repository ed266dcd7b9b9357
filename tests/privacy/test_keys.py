"""The pseudonymisation key: private, never overwritten, never shown; domains cannot be joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.errors import KeyMissingError
from privacy.keys.ring import PseudonymKey, make_key, read_key


def test_a_new_key_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonym.key"
    made = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == made


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(KeyMissingError, match="already"):
        make_key(path)
    assert path.read_bytes() == before


def test_a_missing_open_or_damaged_key_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    with pytest.raises(KeyMissingError, match="missing"):
        read_key(path)
    make_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyMissingError, match="others may read"):
        read_key(path)
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(KeyMissingError, match="32 bytes"):
        read_key(path)


def test_tokens_are_stable_and_differ_between_domains_and_keys() -> None:
    one, other = PseudonymKey(b"\x01" * 32), PseudonymKey(b"\x02" * 32)
    assert one.token("person", "P1") == one.token("person", "P1")
    assert len({one.token("person", "P1"), one.token("doctor", "P1"), other.token("person", "P1")}) == 3


def test_the_key_does_not_show_its_secret() -> None:
    key = PseudonymKey(b"\x07" * 32)
    assert "07" * 8 not in repr(key)
    assert repr(b"\x07" * 8)[2:-1] not in repr(key)


def test_an_undeclared_domain_is_refused() -> None:
    with pytest.raises(KeyMissingError, match="'pet'"):
        PseudonymKey(b"\x01" * 32).token("pet", "x")
