"""The key ring: damage is reported, rotation keeps what is old readable, shares are useless one by one."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundwatch.errors import KeyMissingError
from fundwatch.settings import load_settings
from privacy.keys.ring import (
    DOMAINS,
    KeyRing,
    KeyRotationError,
    PseudonymKey,
    make_key,
    parse_ring,
    read_key,
    read_ring,
    retire_key,
    rotate_key,
)

ONE, OTHER = PseudonymKey(b"\x01" * 32), PseudonymKey(b"\x02" * 32)
RING = KeyRing(OTHER, ONE, ONE.key_id)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "keys" / "pseudonym.key"
    make_key(made)
    return made


def test_a_key_of_the_first_form_is_a_ring_of_one_with_its_tokens_unchanged(path: Path) -> None:
    path.write_text(ONE.secret.hex() + "\n")
    assert read_ring(path, {}) == KeyRing(ONE, None, ONE.key_id)
    # worked out with the first form's code: a lake's tokens must never change
    assert read_key(path).token("person", "P1") == "022281fe13317fed69b96362995fe976"


def test_a_ring_reads_back_from_its_text_and_from_one_line_of_the_environment() -> None:
    assert parse_ring(RING.text(), "x") == RING
    assert read_ring(Path("none"), {"FUNDWATCH_KEY": RING.text().replace("\n", ";")}) == RING
    assert read_ring(Path("none"), {"FUNDWATCH_KEY": ONE.secret.hex()}).active == ONE


def test_a_key_in_the_environment_is_no_setting_and_shows_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDWATCH_KEY", ONE.secret.hex())
    monkeypatch.setenv("FUNDWATCH_VAULT_KEY", ONE.secret.hex())
    assert ONE.secret.hex() not in repr(load_settings())


def test_a_ring_does_not_show_its_secrets() -> None:
    assert ONE.secret.hex()[:8] not in repr(RING)
    assert repr(RING).count("PseudonymKey(id=") == 2


@given(st.integers(0, 3), st.data())
def test_any_digit_of_a_key_that_is_changed_is_reported_and_never_quoted(line: int, data: st.DataObject) -> None:
    lines = RING.text().split("\n")
    place = data.draw(st.integers(0, len(lines[line]) - 1))
    given_char = data.draw(st.sampled_from("0123456789abcdef").filter(lambda c: c != lines[line][place]))
    lines[line] = lines[line][:place] + given_char + lines[line][place + 1 :]
    with pytest.raises(KeyMissingError) as refusal:
        parse_ring("\n".join(lines), "the ring")
    assert ONE.secret.hex()[:16] not in str(refusal.value)
    assert OTHER.secret.hex()[:16] not in str(refusal.value)


def test_all_problems_of_a_ring_are_reported_at_once() -> None:
    damaged = RING.text().replace("0101", "1010", 1).replace("0202", "2020", 1) + "spare x\n"
    with pytest.raises(KeyMissingError, match=r"line 3.*\n.*line 4.*\n.*line 5"):
        parse_ring(damaged, "the ring")


def test_without_the_key_the_tokens_of_a_small_space_are_not_found_and_with_it_they_are() -> None:
    space = ["".join(digits) for digits in product("0123456789", repeat=3)]
    token = ONE.token("person", "417")
    guessed = {OTHER.token("person", value) for value in space} | {ONE.token("doctor", value) for value in space}
    assert token not in guessed
    assert [value for value in space if ONE.token("person", value) == token] == ["417"]


def test_one_value_has_another_token_in_each_domain() -> None:
    assert len({ONE.token(domain, "X1") for domain in DOMAINS}) == len(DOMAINS) == 9


def test_a_rotation_keeps_the_old_key_the_lineage_and_the_mode(path: Path) -> None:
    first = read_key(path)
    ring = rotate_key(path)
    assert (ring.retiring, ring.lineage) == (first, first.key_id)
    assert ring.key_ids == (read_key(path).key_id, first.key_id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_second_rotation_waits_until_the_first_is_over(path: Path) -> None:
    first = read_key(path)
    second = rotate_key(path).active
    with pytest.raises(KeyRotationError, match="still retiring"):
        rotate_key(path)
    assert retire_key(path) == KeyRing(second, None, first.key_id)
    assert first.secret.hex() not in path.read_text()
    assert rotate_key(path).lineage == first.key_id


def test_a_rotation_that_cannot_be_written_leaves_the_old_ring(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        rotate_key(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_key_from_the_environment_cannot_be_rotated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDWATCH_KEY", ONE.secret.hex())
    with pytest.raises(KeyRotationError, match="FUNDWATCH_KEY"):
        rotate_key(path)


@pytest.fixture
def shares(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a" / "one.share", tmp_path / "b" / "other.share"


def _both(shares: tuple[Path, Path]) -> Path:
    return Path(f"{shares[0]}+{shares[1]}")


def test_two_shares_make_the_key_and_one_alone_tells_nothing(shares: tuple[Path, Path]) -> None:
    key = make_key(_both(shares))
    assert read_key(_both(shares)) == key
    for share in shares:
        assert share.stat().st_mode & 0o777 == 0o600
        assert key.secret.hex() not in share.read_text()
        with pytest.raises(KeyMissingError):
            read_key(share)


def test_shares_rotate_and_a_rotation_killed_between_them_leaves_the_old_key(shares: tuple[Path, Path]) -> None:
    first = make_key(_both(shares))
    before = shares[1].read_bytes()
    rotated = rotate_key(_both(shares))
    assert rotated.retiring == first
    shares[1].write_bytes(before)
    assert read_ring(_both(shares), {}) == KeyRing(first, None, first.key_id)
    assert rotate_key(_both(shares)).retiring == first


def test_a_damaged_or_foreign_share_is_reported(shares: tuple[Path, Path], tmp_path: Path) -> None:
    make_key(_both(shares))
    text = shares[0].read_text()
    shares[0].write_text(text.replace(text.split()[5][:4], "zzzz", 1))
    with pytest.raises(KeyMissingError, match=r"one\.share is no share, or damaged"):
        read_key(_both(shares))
    shares[0].write_text(text)
    foreign = (tmp_path / "c", tmp_path / "d")
    make_key(_both(foreign))
    with pytest.raises(KeyMissingError, match=r"ring|32 bytes"):
        read_key(_both((shares[0], foreign[1])))
    with pytest.raises(KeyMissingError, match="already"):
        make_key(_both(shares))
