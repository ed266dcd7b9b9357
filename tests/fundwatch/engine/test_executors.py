"""What goes to executors refuses to run beside another release, and what they lack is said in one message."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from pyspark import cloudpickle
from pyspark.errors import PySparkRuntimeError
from pyspark.serializers import write_with_length
from pyspark.worker_util import check_python_version

import fundwatch
from fundwatch.engine.executors import of_this_release
from fundwatch.machine_faults import machine_error


def what(error: BaseException) -> str:
    """What a person is shown of the fault."""
    found = machine_error(error, ["hdfs://store/lake"])
    return found.what if found else "nothing"


def test_a_function_runs_where_the_driver_s_release_is_and_refuses_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(text: str) -> str:
        return text * 2

    sent = cloudpickle.dumps(of_this_release(doubled))
    arrived: Callable[[str], str] = cloudpickle.loads(sent)
    assert arrived("a") == "aa"
    monkeypatch.setattr(fundwatch, "__version__", "0.0.9")
    with pytest.raises(RuntimeError, match=r"release 0\.0\.9 on an executor") as other:
        arrived("a")
    assert what(other.value) == "the executors have another release of fundwatch than the driver"


def test_another_python_is_reported_as_such() -> None:
    said = io.BytesIO()
    write_with_length(b"3.9", said)
    said.seek(0)
    with pytest.raises(PySparkRuntimeError) as other:
        check_python_version(said)
    assert what(other.value) == "the executors' Python is another than the driver's"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ModuleNotFoundError: No module named 'privacy'", "the executors' Python lacks what our functions need"),
        ("ModuleNotFoundError: No module named 'pyarrow'", "the executors' Python lacks what our functions need"),
        (
            "Can't get attribute 'once_each' on <module 'privacy.tokens.distinct' from 'distinct.py'>",
            "the executors have another release of fundwatch than the driver",
        ),
        (
            "File /t could only be written to 0 of the 1 minReplication nodes. There are 2 datanode(s) running and 2 "
            "node(s) are excluded in this operation.",
            "no data node of the lake's store takes what is written",
        ),
        (  # of data nodes that are lost or full while a file is written: the client without Java
            "Kernel error -> Generic HdfsObjectStore error\n  data transfer error\n   All DataNodes failed",
            "no data node of the lake's store takes what is written",
        ),
        (  # of a name node that ended while a table was made
            "Kernel error -> Generic HdfsObjectStore error\n  IO error occurred while communicating with HDFS\n   RPC "
            "listener disconnected",
            "the store of the lake does not answer",
        ),
    ],
)
def test_what_executors_and_a_cluster_s_servers_say_is_told_apart(said: str, kind: str) -> None:
    assert what(RuntimeError(said)) == kind
