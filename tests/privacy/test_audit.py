"""The audit log: every kind of tampering is reported, a killed append does no harm, no line is forged without the
key.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.audit import checkpoint as audit_checkpoint
from privacy.audit.anchors import Anchors
from privacy.audit.chain import GENESIS, Held
from privacy.audit.log import AuditError, AuditLog, ClockError
from privacy.vault.sealing import SealingKey
from tests.places import at

KEY = SealingKey(b"\x05" * 32)


def _log(folder: Path, lines: int = 6) -> AuditLog:
    log = AuditLog(folder, KEY)
    for number in range(lines):
        log.append("export", actor="王", why=f"第{number}次", detail={"rows": str(number)})
    return log


def _lines(log: AuditLog) -> list[bytes]:
    return log.path.read_bytes().splitlines(keepends=True)


def _verdict(log: AuditLog, lines: list[bytes]) -> tuple[str, int]:
    log.path.write_bytes(b"".join(lines))
    verdict = log.verify()
    return verdict.kind, verdict.line


def test_an_untouched_log_holds_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    log = _log(tmp_path / "vault")
    verdict = log.verify()
    assert (verdict.holds, verdict.count, verdict.head) == (True, 6, log.entries()[-1].hash)
    assert [entry.seq for entry in log.entries()] == [1, 2, 3, 4, 5, 6]
    assert {path.stat().st_mode & 0o777 for path in (log.path, log.head_path)} == {0o600}
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700


def test_a_changed_word_is_reported_with_its_line(tmp_path: Path) -> None:
    log = _log(tmp_path)
    lines = _lines(log)
    lines[2] = lines[2].replace(b'"ok"', b'"no"')
    assert _verdict(log, lines) == ("changed", 3)


def test_a_removed_line_is_reported(tmp_path: Path) -> None:
    log = _log(tmp_path)
    lines = _lines(log)
    assert _verdict(log, lines[:2] + lines[3:]) == ("removed", 3)


def test_a_line_put_in_twice_or_made_up_is_reported(tmp_path: Path) -> None:
    log = _log(tmp_path)
    lines = _lines(log)
    assert _verdict(log, [*lines[:3], lines[1], *lines[3:]]) == ("inserted", 4)
    assert _verdict(log, [*lines[:3], b'{"seq":4}\n', *lines[3:]]) == ("inserted", 4)


def test_two_lines_in_the_wrong_order_are_reported(tmp_path: Path) -> None:
    log = _log(tmp_path)
    lines = _lines(log)
    assert _verdict(log, [*lines[:2], lines[3], lines[2], *lines[4:]]) == ("reordered", 3)


@pytest.mark.parametrize("left", [0, 1, 5])
def test_a_cut_tail_is_reported(tmp_path: Path, left: int) -> None:
    log = _log(tmp_path)
    assert _verdict(log, _lines(log)[:left]) == ("cut", left + 1)


def test_a_cut_tail_with_a_head_made_to_fit_is_reported(tmp_path: Path) -> None:
    log = _log(tmp_path)
    kept = log.entries()[:3]
    mac = json.loads(log.head_path.read_text())["mac"]
    log.head_path.write_text(json.dumps({"seq": 3, "hash": kept[-1].hash, "mac": mac}))
    assert _verdict(log, _lines(log)[:3]) == ("changed", 4)


@pytest.mark.parametrize("left", [1, 3, 6])
def test_a_log_without_its_head_is_reported(tmp_path: Path, left: int) -> None:
    log = _log(tmp_path)
    log.head_path.unlink()
    assert _verdict(log, _lines(log)[:left]) == ("cut", left + 1)
    with pytest.raises(AuditError, match="the audit log does not hold"):
        log.append("export", actor="王")


def test_an_append_killed_before_its_first_line_does_no_harm(tmp_path: Path) -> None:
    log = _log(tmp_path, 1)
    log.path.write_bytes(b'{"acc')
    log.head_path.unlink()
    log._note_head(Held(0, GENESIS))
    log.append("export", actor="王")
    assert (log.verify().holds, log.verify().count) == (True, 2)


def test_a_log_put_back_with_its_head_is_reported_by_a_head_that_was_noted(tmp_path: Path) -> None:
    log = _log(tmp_path, 3)
    log_before, head_before = log.path.read_bytes(), log.head_path.read_bytes()
    noted = log.append("export", actor="王")
    assert log.verify((noted.seq, noted.hash)).holds
    log.path.write_bytes(log_before)
    log.head_path.write_bytes(head_before)
    assert log.verify().holds
    assert log.verify((noted.seq, noted.hash)).kind == "rewound"


def test_another_key_cannot_continue_or_verify_the_log(tmp_path: Path) -> None:
    log = _log(tmp_path)
    forger = AuditLog(tmp_path, SealingKey(b"\x06" * 32))
    with pytest.raises(AuditError, match="the audit log does not hold"):
        forger.append("export", actor="李")
    assert forger.verify().kind == "changed"
    assert log.verify().holds


def test_an_append_killed_halfway_is_fixed_by_the_next_and_noted(tmp_path: Path) -> None:
    log = _log(tmp_path, 2)
    with log.path.open("ab") as stream:
        stream.write(b'{"account":"ro')
    assert log.verify().kind == "torn"
    log.append("export", actor="王")
    assert log.verify().holds
    assert [entry.action for entry in log.entries()] == ["export", "export", "log mended", "export"]


def test_an_append_killed_before_its_head_was_written_counts(tmp_path: Path) -> None:
    log = _log(tmp_path, 2)
    before = log.head_path.read_bytes()
    log.append("export", actor="王")
    log.head_path.write_bytes(before)
    assert log.verify().holds
    log.append("export", actor="王")
    assert (log.verify().holds, log.verify().count) == (True, 4)


def test_nothing_is_appended_to_a_log_whose_end_was_tampered_with(tmp_path: Path) -> None:
    log = _log(tmp_path)
    log.path.write_bytes(b"".join(_lines(log)[:-1]))
    with pytest.raises(AuditError, match="the audit log does not hold"):
        log.append("export", actor="王")


def _append_some(folder: str) -> None:
    for _ in range(8):
        AuditLog(Path(folder), KEY).append("export", actor="王")


def test_processes_that_append_at_once_make_one_chain(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        list(pool.map(_append_some, [str(tmp_path)] * 3))
    verdict = AuditLog(tmp_path, KEY).verify()
    assert (verdict.holds, verdict.count) == (True, 24)


NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def _at(folder: Path, time: datetime) -> AuditLog:
    return AuditLog(folder, KEY, clock=lambda: time)


def test_a_clock_put_right_by_minutes_does_not_put_the_log_back(tmp_path: Path) -> None:
    _at(tmp_path, NOON).append("export", actor="王")
    late = _at(tmp_path, NOON - timedelta(minutes=50))
    assert late.append("export", actor="王").at == NOON.isoformat()
    assert late.now() == NOON


@given(st.lists(st.integers(-200, 200), min_size=1, max_size=4))
@settings(max_examples=15)
def test_no_time_that_leaps_enters_the_log_unless_a_person_says_so(days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        known = NOON
        _at(Path(folder), NOON).append("export", actor="王")
        for shift in days:
            log = _at(Path(folder), NOON + timedelta(days=shift))
            leaps = shift < (known - NOON).days or shift - (known - NOON).days > 92
            if leaps:
                with pytest.raises(ClockError, match="the clock says"):
                    log.append("export", actor="王")
                with pytest.raises(ClockError, match="audit clock"):
                    log.now()
                log.set_clock(actor="李", why="the clock is right now")
            else:
                log.append("export", actor="王")
            known = NOON + timedelta(days=shift)
            assert log.entries()[-1].at == known.isoformat()
        assert log.verify().holds


def _anchored(folder: Path) -> AuditLog:
    (folder / "lake").mkdir(exist_ok=True)
    return AuditLog(folder / "vault", KEY, anchors=Anchors(at(folder / "lake"), folder / "reports"))


def _files(log: AuditLog) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in log.folder.iterdir() if path.suffix in (".jsonl", ".head", ".checked")}


def _put_back(log: AuditLog, files: dict[Path, bytes]) -> None:
    for path in log.folder.iterdir():
        path.unlink()
    for path, content in files.items():
        path.write_bytes(content)


@given(back=st.integers(0, 2), more=st.integers(1, 2), aside=st.booleans())
@settings(max_examples=10)
def test_a_log_that_was_put_back_to_any_day_is_reported_and_not_written_on(back: int, more: int, aside: bool) -> None:
    with TemporaryDirectory() as folder:
        log = _anchored(Path(folder))
        days: list[dict[Path, bytes]] = [{}]
        log.append("keys make", actor="王")
        for _ in range(1 + more):
            days.append(_files(log))
            log.append("export", actor="王")
        _put_back(log, days[back])
        verdict = log.verify()
        assert (verdict.kind, verdict.count) == ("rewound", back)
        assert f"line {2 + more} was noted in the lake's audit_anchor" in verdict.reported
        with pytest.raises(AuditError, match="rewound"):
            log.append("export", actor="王")
        assert _files(log).keys() == days[back].keys()
        if aside:
            log.set_aside(actor="李", why="restored from the copy")
            assert log.verify().holds
            log.append("export", actor="王")
            _put_back(log, days[back])
            assert log.verify().kind == "rewound"  # what was set aside once does not cover the next rewind


def test_a_report_tells_a_rewind_where_the_lakes_anchors_are_gone_too(tmp_path: Path) -> None:
    log = _anchored(tmp_path)
    log.append("keys make", actor="王")
    before, last = _files(log), log.append("export", actor="王")
    report = tmp_path / "reports" / "2026-03-31" / "privacy" / "privacy.json"
    report.parent.mkdir(parents=True)
    report.write_text(json.dumps({"audit": {"line": last.seq, "hash": last.hash}}))
    rmtree(tmp_path / "lake" / "audit_anchor")
    assert log.verify().holds
    _put_back(log, before)
    assert (
        log.verify().reported == "line 1: rewound: line 2 was noted in the report of 2026-03-31; the log ends at line 1"
    )


def test_a_new_log_without_anchors_begins_and_one_line_is_noted_once(tmp_path: Path) -> None:
    log = _anchored(tmp_path)
    assert log.verify().holds
    entry = log.append("keys make", actor="王")
    log.anchor()
    assert log.anchors is not None
    assert [(a.seq, a.hash) for a in log.anchors.noted()] == [(1, entry.hash)]
    assert len(list((tmp_path / "lake" / "audit_anchor" / "_delta_log").glob("*.json"))) == 1


def test_anchors_outlive_a_rotation_of_the_vaults_key(tmp_path: Path) -> None:
    old = _anchored(tmp_path)
    old.append("keys make", actor="王")
    secret = old.key.derived("audit line")
    new = replace(old, key=SealingKey(b"\x06" * 32, retiring=old.key.secret, former=(secret,)))
    new.renew_head()
    new.append("keys rotate", actor="王")
    assert new.verify().holds


def test_an_account_that_may_not_write_the_lake_reads_its_anchors_only(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "vault", KEY, anchors=Anchors(at(tmp_path / "no lake"), tmp_path / "reports"))
    log.append("export", actor="王")
    assert log.verify().holds
    assert not (tmp_path / "no lake").exists()


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    """A log whose first lines were verified and noted as such."""
    monkeypatch.setattr(audit_checkpoint, "_WORTH_NOTING", 4)
    log = _log(tmp_path, 9)
    assert log.verify().holds
    assert json.loads((tmp_path / "audit.checked").read_text())["seq"] >= 4
    return log


@pytest.mark.parametrize("line", [1, 3, 7, 9])
def test_a_line_changed_before_or_after_the_checkpoint_is_reported_and_stops_the_next_call(
    checked: AuditLog, line: int
) -> None:
    lines = _lines(checked)
    lines[line - 1] = lines[line - 1].replace(b'"ok"', b'"no"')
    assert _verdict(checked, lines) == ("changed", line)
    with pytest.raises(AuditError, match=f"line {line}: changed"):
        checked.append("export", actor="王")
    assert len(_lines(checked)) == 9


def test_a_checkpoint_that_somebody_made_to_fit_is_not_believed(checked: AuditLog) -> None:
    lines, file = _lines(checked), checked.folder / "audit.checked"
    reported = json.loads(file.read_text())
    lines[2] = lines[2].replace(b'"ok"', b'"no"')
    digest = hashlib.sha256(b"".join(lines)[: reported["size"]]).hexdigest()
    forgeries: list[object] = [reported | {"digest": digest}, {"seq": 9}, []]
    for forged in forgeries:
        file.write_text(json.dumps(forged))
        assert _verdict(checked, lines) == ("changed", 3)


@st.composite
def _edits(draw: st.DrawFn) -> tuple[str, int, int, int]:
    return (
        draw(st.sampled_from(["flip", "drop", "repeat", "swap", "cut bytes", "junk", "blank"])),
        draw(st.integers(0, 5)),
        draw(st.integers(0, 5)),
        draw(st.integers(0, 10_000)),
    )


def _edited(lines: list[bytes], edit: tuple[str, int, int, int]) -> bytes:
    what, one, other, place = edit
    lines = list(lines)
    if what == "drop":
        del lines[one]
    elif what == "repeat":
        lines.insert(other, lines[one])
    elif what == "swap":
        lines[one], lines[other] = lines[other], lines[one]
    elif what in ("junk", "blank"):
        lines.insert(one, b"{}\n" if what == "junk" else b"\n")
    content = b"".join(lines)
    at = place % len(content)
    if what == "flip":
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    return content[:at] if what == "cut bytes" else content


@given(st.lists(_edits(), min_size=1, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_to_the_bytes_is_reported(tmp_path: Path, edits: list[tuple[str, int, int, int]]) -> None:
    log = AuditLog(tmp_path, KEY)
    if not log.path.is_file():
        _log(tmp_path)
        (tmp_path / "whole").write_bytes(log.path.read_bytes())
    whole = (tmp_path / "whole").read_bytes()
    content = whole
    for edit in edits:
        lines = content.splitlines(keepends=True)
        if len(lines) >= 6:
            content = _edited(lines, edit)
    log.path.write_bytes(content)
    assert log.verify().holds == (content == whole)
