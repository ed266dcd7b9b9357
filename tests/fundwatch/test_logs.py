"""What libraries say while they ask again is no progress of a run."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import time
from threading import Thread

import pytest

_OPEN = """
import sys
from fundwatch.logs import start_logging
start_logging()
from deltalake import DeltaTable
try:
    DeltaTable(sys.argv[1])
except OSError as error:
    print("ended:", type(error).__name__)
"""


def break_off(server: socket.socket) -> None:
    """Hear what each connection asks, and end it as a machine does that fails."""
    while True:
        connection = server.accept()[0]
        connection.recv(10)
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


@pytest.mark.parametrize("asked", ["", "warn"])
def test_the_client_of_hdfs_is_silent_about_lost_connections_unless_it_is_asked(asked: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=break_off, args=(server,), daemon=True).start()
        address = f"hdfs://127.0.0.1:{server.getsockname()[1]}/table"
        environment = {name: value for name, value in os.environ.items() if name != "RUST_LOG"}
        environment |= {"RUST_LOG": asked} if asked else {}
        done = subprocess.run(
            [sys.executable, "-c", _OPEN, address], env=environment, capture_output=True, text=True, check=True
        )
    assert done.stdout.startswith("ended: ")
    assert ("WARN  hdfs_native" in done.stderr) == bool(asked)
