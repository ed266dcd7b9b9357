"""Ports for servers that must be named before they listen."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

_GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port of this machine on which nothing listens, and that nobody is given who asks for any.

    Of those that the kernel gives out, a connection of another process may have it before the server listens.
    """
    lowest = int(_GIVEN_OUT.read_text().split()[0])
    for port in SystemRandom().sample(range(lowest // 2, lowest), 200):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of 200 ports below {lowest} is free")
