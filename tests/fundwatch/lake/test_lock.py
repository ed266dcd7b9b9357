"""One run at a time in a lake; a killed run leaves no lock."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fundwatch.errors import LakeBusyError
from fundwatch.lake.lock import held
from tests.places import at

_HOLDER = """
import sys, time
from fundwatch.lake.lock import held
from fundwatch.places import LakeAddress
with held(LakeAddress(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(lake: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _HOLDER, str(lake)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lake_in_use_is_refused_with_the_holder_named(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    try:
        with pytest.raises(LakeBusyError, match=str(process.pid)), held(at(tmp_path)):
            pass
    finally:
        process.kill()
        process.wait()


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with held(at(tmp_path)):
        assert True


def _killed_run(lake: Path, java: int) -> None:
    """A run that noted a Java process of that number and was killed."""
    script = (
        "import os,sys; from fundwatch.places import LakeAddress; from fundwatch.lake.lock import held\n"
        "with held(LakeAddress(sys.argv[1])) as lock:\n lock.note_process(int(sys.argv[2])); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(lake), str(java)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_the_next_run_waits_until_the_java_process_of_a_killed_one_has_ended(tmp_path: Path) -> None:
    """Nobody has asked how it ended, so its entry is there still: so it is where a container reaps nothing."""
    orphan = subprocess.Popen(["sleep", "600"])
    _killed_run(tmp_path, orphan.pid)
    ending = threading.Timer(0.5, orphan.kill)
    ending.start()
    with held(at(tmp_path)):
        assert Path(f"/proc/{orphan.pid}").exists()
        assert orphan.poll() == -signal.SIGKILL
    ending.join()


def test_a_number_that_another_process_has_by_now_is_not_waited_for(tmp_path: Path) -> None:
    orphan = subprocess.Popen(["sleep", "600"])
    _killed_run(tmp_path, orphan.pid)
    noted = json.loads((tmp_path / ".lock").read_text())
    (tmp_path / ".lock").write_text(json.dumps(noted | {"java_started": "1"}))
    try:
        with held(at(tmp_path)):
            assert orphan.poll() is None
    finally:
        orphan.kill()
        orphan.wait()
