"""A lake on a real HDFS: its machines may fail, and what is wrong is said in one line."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from fundwatch.lake.files import LakeFiles
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import leased
from fundwatch.lake.stores.store import UnreachableError
from fundwatch.places import LakeAddress
from scripts import fetch_jars
from scripts.small_cluster.hdfs import SmallHdfs, small_hdfs
from scripts.small_cluster.processes import until
from tests.night import ROOT, clean_environment

pytestmark = pytest.mark.long
NIGHT = date(2026, 3, 31)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHdfs]:
    fetch_jars.main(fetch_jars.HDFS)
    with small_hdfs(tmp_path_factory.mktemp("hdfs") / "hdfs") as made:
        yield made


@pytest.fixture
def lake(store: SmallHdfs, request: pytest.FixtureRequest) -> LakeAddress:
    address = LakeAddress(f"{store.address}/lakes/{request.node.name}")
    LakeFiles(address).make_folder()
    return address


def test_a_data_node_that_is_lost_loses_nothing_and_the_name_node_may_be_away_for_a_while(
    store: SmallHdfs, lake: LakeAddress
) -> None:
    """The holder says nothing meanwhile, and holds the lake afterwards: while it is away nobody can take it over."""
    with leased(lake, every=0.5, lost_after=2) as lease:
        Ledger(lake).start("intake", NIGHT, "before")
        store.stop_name_node()
        back = threading.Timer(10, store.start_name_node)
        back.start()
        time.sleep(5)
        back.join()
        until(lambda: store.live_data_nodes() == 2)
        Ledger(lake).start("intake", NIGHT, "after")
        lease.refuse_lost()
        store.kill_data_node()
        until(lambda: store.live_data_nodes() == 1)
        Ledger(lake).start("intake", NIGHT, "on one")
        assert [row["fingerprint"] for row in Ledger(lake).run_rows()] == ["before", "after", "on one"]


@pytest.mark.parametrize(
    ("address", "user", "says"),
    [
        ("hdfs://127.0.0.1:1/lake", "", "no name node answers: Connection refused"),
        ("hdfs://nowhere.invalid:8020/lake", "", "no name node answers"),
        ("hdfs://bureau/lake", "", "no name node answers"),
        ("PAGES/lake", "", "no name node answers: what listens there has given no answer"),
        ("ADDRESS/lakes", "stranger", "closed to this account"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_one_message(
    store: SmallHdfs, tmp_path: Path, address: str, user: str, says: str
) -> None:
    address = address.replace("PAGES", store.pages.replace("http", "hdfs")).replace("ADDRESS", store.address)
    own = {"HADOOP_USER_NAME": user} if user else {}
    command = [sys.executable, "-m", "jobs.command_line", "lake", "check", "--lake", address]
    LakeFiles(LakeAddress(f"{store.address}/lakes")).make_folder()
    done = subprocess.run(
        [*command, "--var", str(tmp_path)], cwd=ROOT, env=clean_environment(own), capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_port_is_no_name_node(store: SmallHdfs) -> None:
    with pytest.raises(UnreachableError, match="name node"):
        LakeFiles(LakeAddress(f"{store.pages.replace('http', 'hdfs')}/lake")).has_folder()
