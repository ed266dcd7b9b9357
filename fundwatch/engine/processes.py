"""Processes of this machine: told apart from others that bear their number, here or elsewhere, now or later."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


def started(pid: int) -> str:
    """When the process started, as the kernel counts; empty when there is none: tells a reused number apart.

    One that has ended is none, though its entry stays until its parent asks how it ended; in a container nobody may.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        has_ended = state in "ZX" and int(fields[16]) <= 1  # its first thread may end before its others do
        return "" if has_ended else fields[18]
    except (OSError, IndexError):
        return ""


@cache
def this_machine() -> str:
    """This boot of this machine, and which processes are seen here: in containers numbers and names are the same."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"
