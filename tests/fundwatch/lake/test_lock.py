"""One run at a time in a lake; a killed run leaves no lock."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
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


def test_the_next_run_waits_for_the_java_process_of_a_killed_one(tmp_path: Path) -> None:
    orphan = subprocess.Popen(["sleep", "1.5"])
    script = (
        "import os,sys; from fundwatch.places import LakeAddress; from fundwatch.lake.lock import held\n"
        "with held(LakeAddress(sys.argv[1])) as lock:\n lock.note_process(int(sys.argv[2])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path), str(orphan.pid)], check=False)
    begun = time.monotonic()
    threading.Thread(target=orphan.wait).start()  # a process entry stays until somebody takes its exit status
    with held(at(tmp_path)):
        assert orphan.poll() is not None
    assert time.monotonic() - begun < 20
