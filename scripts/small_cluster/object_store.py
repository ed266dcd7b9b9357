"""An object store on this machine that speaks S3: moto's server, one process that keeps all it holds in memory.

It answers one request after the other: of two that make the same object at once it would otherwise let both pass.
Signatures, permissions, several servers and slow answers are what it does not show.

Credentials expire when they are told to.

Usage: object_store.py PORT FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.error import URLError
from urllib.request import Request, urlopen

from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, start, until

BUCKET = "bureau"
_EXPIRED = "expired"
# what Amazon's store answers; which kind of refusal it is stands in the code alone
_REFUSED = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredToken</Code>'
    b"<Message>The provided token has expired.</Message></Error>"
)
_PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class ObjectStore:
    """The address of an empty bucket, and the server's."""

    address: str
    endpoint: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """By it Spark and the client find the store; the credentials are good until they expire."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": f"nobody{_expiries(self.folder)}",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }

    def expire(self) -> None:
        """From now on refuse the credentials that were given out before."""
        (self.folder / _EXPIRED).write_text(str(_expiries(self.folder) + 1))


def _expiries(folder: Path) -> int:
    """How often credentials have expired: those after are named by the number."""
    file = folder / _EXPIRED
    return int(file.read_text()) if file.is_file() else 0


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """A store with one bucket, gone with the block. `folder` keeps its log."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "scripts.small_cluster.object_store", str(port), str(folder)]
    server = start(command, folder / "object_store.log", {"PYTHONPATH": str(_PROJECT)})
    made = ObjectStore(f"s3a://{BUCKET}", f"http://127.0.0.1:{port}", folder)
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


def _serve(port: int, folder: Path) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    moto = DomainDispatcherApplication(create_backend_app)

    def answer(asked: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
        signed = asked.get("HTTP_AUTHORIZATION", "")
        if any(f"nobody{number}/" in signed for number in range(_expiries(folder))):
            begin("400 Bad Request", [("Content-Type", "application/xml")])
            return [_REFUSED]
        return cast("Iterable[bytes]", moto(asked, begin))

    make_server("127.0.0.1", port, answer, threaded=False).serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
