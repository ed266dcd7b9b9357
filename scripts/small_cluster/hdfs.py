"""A real HDFS on this machine: a name node and data nodes, each a process, out of Hadoop's own jars."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from scripts.small_cluster.hadoop import NOWHERE, conf_of, configure, server
from scripts.small_cluster.kerberos import Realm
from scripts.small_cluster.ports import free_port
from scripts.small_cluster.processes import end, kill, start, until

_NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
_DATA_NODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
_ALL_THERE_IS = str(1 << 60)
_ADDRESSES = ("dfs.datanode.address", "dfs.datanode.http.address", "dfs.datanode.ipc.address")


@dataclass
class SmallHdfs:
    """The address, the configuration's folder, and the processes: the name node's and the data nodes'."""

    address: str
    pages: str
    folder: Path
    realm: Realm | None
    name_node: subprocess.Popen[bytes]
    data_nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """By it Spark and the client find the configuration, and the tickets where there is a realm."""
        return {"HADOOP_CONF_DIR": str(conf_of(self.folder)), **_environment(self.realm)}

    def live_data_nodes(self) -> int:
        """How many data nodes the name node hears; 0 while it does not answer."""
        return int(self._said("FSNamesystemState").get("NumLiveDataNodes", 0))

    def takes_writes(self) -> bool:
        """Whether the name node answers and has left its safe mode."""
        return self._said("NameNodeInfo").get("Safemode") == ""

    def _said(self, bean: str) -> dict[str, Any]:
        """What the name node says of itself; nothing while it does not answer."""
        try:
            with urlopen(f"{self.pages}/jmx?qry=Hadoop:service=NameNode,name={bean}", timeout=20) as answer:
                return dict(json.load(answer)["beans"][0])
        except (OSError, ValueError, LookupError):
            return {}

    def kill_data_node(self) -> None:
        """End the first data node at once."""
        kill(self.data_nodes[0])

    def start_data_node(self) -> None:
        """Start it again over the blocks that it had."""
        self.data_nodes[0] = self._data_node(0, {})
        until(lambda: self.live_data_nodes() == len(self.data_nodes))

    def fill(self) -> None:
        """Let no data node have room: each starts again, and keeps its whole disk for others."""
        self._restart({"dfs.datanode.du.reserved": _ALL_THERE_IS})
        until(lambda: self.live_data_nodes() == len(self.data_nodes) and self._room() == 0)

    def make_room(self) -> None:
        """Let each have its disk again."""
        self._restart({})
        until(lambda: self.live_data_nodes() == len(self.data_nodes) and self._room() > 0 and self.takes_writes())

    def _restart(self, own: Mapping[str, str]) -> None:
        for number, process in enumerate(self.data_nodes):
            kill(process)
            self.data_nodes[number] = self._data_node(number, own)

    def _data_node(self, number: int, own: Mapping[str, str]) -> subprocess.Popen[bytes]:
        place = {"dfs.datanode.data.dir": str(self.folder / f"data-{number}")}
        command = server(self.folder, _DATA_NODE, {**place, **dict.fromkeys(_ADDRESSES, NOWHERE), **own})
        return start(command, self.folder / f"data_node_{number}.log", _environment(self.realm))

    def _room(self) -> int:
        """The bytes that are left on all data nodes; -1 while the name node does not answer."""
        return int(self._said("FSNamesystemState").get("CapacityRemaining", -1))

    def stop_name_node(self) -> None:
        """End the name node at once."""
        kill(self.name_node)

    def start_name_node(self) -> None:
        """Start it again over what it had noted."""
        self.name_node = _name_node(self.folder, self.realm)
        until(self.takes_writes)


@contextmanager
def small_hdfs(folder: Path, data_nodes: int = 2, realm: Realm | None = None) -> Iterator[SmallHdfs]:
    """An empty HDFS whose processes end with the block. `folder` keeps its blocks, its journal and its logs; with a
    realm of Kerberos it lets in who has a ticket."""
    address, pages = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    conf_of(folder).mkdir(parents=True)
    _configure(folder, address, pages, realm)
    command = [*server(folder, _NAME_NODE), "-format", "-nonInteractive"]
    formatted = start(command, folder / "format.log", _environment(realm))
    if formatted.wait() != 0:
        raise RuntimeError((folder / "format.log").read_text(encoding="utf-8"))
    made = SmallHdfs(f"hdfs://{address}", f"http://{pages}", folder, realm, _name_node(folder, realm))
    try:
        for number in range(data_nodes):
            made.data_nodes.append(made._data_node(number, {}))
        until(lambda: made.live_data_nodes() == data_nodes and made.takes_writes())
        yield made
    finally:
        end([*made.data_nodes, made.name_node])


def _configure(folder: Path, address: str, pages: str, realm: Realm | None) -> None:
    secure = realm.of_core_site() if realm else {}
    configure(folder, "core-site.xml", {"fs.defaultFS": f"hdfs://{address}", **secure})
    own = {
        "dfs.namenode.name.dir": str(folder / "name"),
        "dfs.namenode.http-address": pages,
        "dfs.replication": "2",
        # a data node that is gone is known to be within seconds, not within ten minutes
        "dfs.heartbeat.interval": "1",
        "dfs.namenode.heartbeat.recheck-interval": "2000",
    }
    configure(folder, "hdfs-site.xml", {**own, **(realm.of_hdfs_site() if realm else {})})


def _name_node(folder: Path, realm: Realm | None) -> subprocess.Popen[bytes]:
    return start(server(folder, _NAME_NODE), folder / "name_node.log", _environment(realm))


def _environment(realm: Realm | None) -> dict[str, str]:
    return realm.environment if realm else {}
