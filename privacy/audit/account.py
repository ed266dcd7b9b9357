"""Which operating-system account is behind a command.

The vault belongs to one service account, under which all commands on it run (`sudo -u`): the account that counts is the
one that logged in. The kernel keeps it (loginuid) whatever sudo and su do; without it sudo's own word counts.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

_UNSET = 2**32 - 1
_LOGIN_UID = Path("/proc/self/loginuid")


def account_name() -> str:
    """The name of the account that logged in; `uid <n>` for one without a name."""
    login = _login_uid()
    if login is not None:
        return _name(login)
    before_sudo = os.environ.get("SUDO_UID", "")
    return _name(int(before_sudo) if before_sudo.isdecimal() else os.getuid())


def _login_uid() -> int | None:
    try:
        uid = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _UNSET else uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
