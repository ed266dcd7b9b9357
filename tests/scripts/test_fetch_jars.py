"""Only the jars that jars.lock pins are let in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fundwatch.errors import FundwatchError
from scripts import fetch_jars


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that pins one jar whose content is `good`."""
    digest = hashlib.sha256(b"good").hexdigest()
    (tmp_path / "jars.lock").write_text(f"{digest}  delta.jar\n")
    monkeypatch.setattr(fetch_jars, "PROJECT", tmp_path)
    return tmp_path


def deliver(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    def resolve(into: Path, _wanted: fetch_jars.JarSet) -> None:
        (into / "jars").mkdir(parents=True)
        (into / "jars" / "delta.jar").write_bytes(content)

    monkeypatch.setattr(fetch_jars, "resolve", resolve)


def test_the_pinned_jar_is_let_in(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(monkeypatch, b"good")
    fetch_jars.main()
    assert [jar.name for jar in (project / ".jars" / "jars").iterdir()] == ["delta.jar"]


def test_a_jar_with_another_sum_is_named_and_stays_out(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(monkeypatch, b"evil")
    with pytest.raises(FundwatchError, match=r"delta\.jar has sha256 .*, pinned is "):
        fetch_jars.main()
    assert not (project / ".jars" / "jars").exists()


def test_a_jar_damaged_after_set_up_is_fetched_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars = project / ".jars" / "jars"
    jars.mkdir(parents=True)
    (jars / "delta.jar").write_bytes(b"damaged")
    deliver(monkeypatch, b"good")
    fetch_jars.main()
    assert (jars / "delta.jar").read_bytes() == b"good"


def test_present_jars_are_not_fetched_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(monkeypatch, b"good")
    fetch_jars.main()
    deliver(monkeypatch, b"evil")
    fetch_jars.main()
    assert (project / ".jars" / "jars" / "delta.jar").read_bytes() == b"good"


def test_a_jar_nobody_pinned_is_a_problem(project: Path) -> None:
    (project / "more.jar").write_bytes(b"more")
    assert fetch_jars.problems(project, {}) == ["more.jar is not pinned in jars.lock"]
