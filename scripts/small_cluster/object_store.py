"""An object store on this machine that speaks S3: moto's server, one process that keeps all it holds in memory.

It answers one request after the other: of two that make the same object at once it would otherwise let both pass.
Signatures, permissions, several servers and slow answers are what it does not show.

Usage: object_store.py PORT
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, start, until

BUCKET = "bureau"
_PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class ObjectStore:
    """The address of an empty bucket, and the server's."""

    address: str
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """By it Spark and the client find the store."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """A store with one bucket, gone with the block. `folder` keeps its log."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "scripts.small_cluster.object_store", str(port)]
    server = start(command, folder / "object_store.log", {"PYTHONPATH": str(_PROJECT)})
    made = ObjectStore(f"s3a://{BUCKET}", f"http://127.0.0.1:{port}")
    try:
        until(lambda: _makes_bucket(made))
        yield made
    finally:
        end([server])


def _makes_bucket(store: ObjectStore) -> bool:
    try:
        with urlopen(Request(f"{store.endpoint}/{BUCKET}", method="PUT"), timeout=20) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):  # it does not listen yet
        return False


def _serve(port: int) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    make_server("127.0.0.1", port, DomainDispatcherApplication(create_backend_app), threaded=False).serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
