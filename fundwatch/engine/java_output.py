"""Java's process for Spark, and what of its words on standard error people get to read.

What Java says while it starts are warnings of modules and libraries, unless it does not come up: then they say why.
Whatever it says later is passed on: a process that dies says there why it did.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Mapping
from threading import Thread
from typing import IO, Any

_USUAL = ("WARNING: Using incubator modules:",)
_LAST_WORDS = 5
# PySpark calls these by their bare names; unless they are known, each call looks through every jar for others of the
# name, which was a twentieth of all that Java did in a small night
_CALLED_BY_NAME = (
    "org.apache.spark.sql.functions",
    "org.apache.spark.api.python.PythonUtils",
    "org.apache.spark.sql.api.python.PythonSQLUtils",
)


def keep_names(gateway: Any) -> None:
    """Have Python ask Java once, and not at each call, whether there is such a class and such a function in it: of
    three questions that a column costs, two."""
    from py4j.java_gateway import JavaClass, JavaMember

    class KnownClass(JavaClass):  # type: ignore[misc, unused-ignore]
        def __getattr__(self, name: str) -> Any:
            found = super().__getattr__(name)
            if isinstance(found, JavaMember):
                self.__dict__[name] = found
            return found

    for name in _CALLED_BY_NAME:
        known = KnownClass(name, gateway._gateway_client)
        for asked in (name, name.rpartition(".")[2]):  # PySpark uses both
            gateway.jvm.__dict__[asked] = known


class JavaVoice:
    """Starts Java's process for a session, unless there is one already."""

    def __init__(self) -> None:
        self._stated: deque[str] = deque(maxlen=_LAST_WORDS)
        self._is_up = False
        self._listening: Thread | None = None

    def start(self, options: Mapping[str, str]) -> None:
        """Start the process. Where spark-submit has started it, its words are spark-submit's."""
        from py4j.java_gateway import java_import
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway

        if SparkContext._gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ:
            return
        conf = SparkConf(loadDefaults=False).setAll([(key, str(value)) for key, value in options.items()])
        reading, writing = os.pipe()
        self._listening = Thread(target=self._pass_on, args=(os.fdopen(reading, "rb"),), daemon=True)
        self._listening.start()
        try:
            gateway = launch_gateway(conf, {"stderr": writing})
        finally:
            os.close(writing)
        self._is_up = True
        for name in _CALLED_BY_NAME:
            java_import(gateway.jvm, name)
        keep_names(gateway)
        SparkContext._ensure_initialized(gateway=gateway)

    def words(self) -> list[str]:
        """The last words of a process that did not come up."""
        if self._listening is not None:
            self._listening.join(timeout=30)  # its end is at hand: the process that wrote has ended
        return list(self._stated)

    def _pass_on(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                text = line.decode(errors="replace")
                if text.startswith(_USUAL):
                    continue
                self._stated.append(text.rstrip())
                if self._is_up:
                    sys.stderr.write(text)
                    sys.stderr.flush()
