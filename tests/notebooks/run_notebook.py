"""A notebook run from top to bottom, in a kernel of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from nbclient import NotebookClient
from traitlets.config import Config

if TYPE_CHECKING:
    from nbformat import NotebookNode

# far limits: machines are slow
_SECONDS_TO_START, _SECONDS_OF_A_CELL = 600, 3_000


def run_notebook(notebook: NotebookNode, folder: Path, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The outputs of all its cells, run in the folder.

    The kernel is spoken to by sockets that are files: of ports one would be chosen here and opened by the kernel
    seconds later, when another process may have it.
    """
    with TemporaryDirectory(prefix="kernel_") as sockets:  # the path of a socket is 107 bytes long at most
        client = NotebookClient(
            notebook,
            timeout=_SECONDS_OF_A_CELL,
            startup_timeout=_SECONDS_TO_START,
            resources={"metadata": {"path": str(folder)}},
            config=Config({"KernelManager": {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}}),
        )
        client.execute(env=dict(environment))
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
