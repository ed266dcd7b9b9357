"""A lake on a real HDFS: it does what folders do, its machines may fail, and what is wrong is said in one line."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from fundwatch.errors import LakeBusyError
from fundwatch.lake.content_files import ContentFiles
from fundwatch.lake.delta_rows import replace_table, version_of
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.journal import Journal
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held, leased
from fundwatch.lake.parquet.page_checksums import has_page_checksums
from fundwatch.lake.store import Lake
from fundwatch.lake.stores.hdfs import UnreachableError
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


def test_its_files_are_listed_written_replaced_and_removed_as_a_folder_s_are(lake: LakeAddress) -> None:
    files = LakeFiles(lake)
    files.make_private_folder("t/.staging")
    for name in ("b", ".a", "t/x"):
        files.write_whole(name, name.encode())
    files.write_whole("b", b"again")
    with pytest.raises(FileExistsError):
        files.write_new("b", b"not again")
    assert [file.name for file in files.listed(deep=True)] == [".a", "b", "t/x"]
    assert (files.folders(), files.has_folder("t"), files.find("t")) == (["t"], True, None)
    assert (files.read("b"), files.mode("t/.staging"), files.mode("nowhere")) == (b"again", 0o700, None)
    before = files.stamp("b")
    files.rename("t/x", "b")
    assert (files.read("b"), files.stamp("b") != before) == (b"t/x", True)
    files.remove("gone")
    files.remove_folder("t")
    assert [file.name for file in files.listed(deep=True)] == [".a", "b"]
    content = ContentFiles(lake.within("models"), ".bin", 100)
    assert content.get(content.put(b"model")) == b"model"


def test_tables_are_written_and_read_there_without_spark(lake: LakeAddress) -> None:
    journal = Journal(lake, "outcome", {"case_id": "string"})
    for number in range(3):
        journal.append([{"case_id": str(number)}])
    assert [row["case_id"] for row in journal.rows()] == ["0", "1", "2"]
    assert Lake(lake).tables() == ["outcome"]
    parts = [f.name for f in LakeFiles(journal.address).listed() if f.name.endswith(".parquet")]
    assert all(has_page_checksums(LakeFiles(journal.address), name) for name in parts)
    assert replace_table(journal.address, pa.table({"case_id": ["9"]}).to_reader()) == 1
    assert version_of(journal.address) == 3


def test_one_driver_holds_it_and_who_was_killed_elsewhere_is_taken_over_in_time(lake: LakeAddress) -> None:
    script = (
        "import sys, time; import fundwatch.lake.lease as lease; from fundwatch.places import LakeAddress\n"
        "lease.this_machine = lambda: 'elsewhere'\n"
        "lease.Lease.taken(LakeAddress(sys.argv[1]), every=0.2); print('held', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(lake)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(LakeBusyError, match=f"process {other.pid}"), held(lake):
        pass
    Ledger(lake).start("intake", NIGHT, "people's entries do not wait")
    other.send_signal(signal.SIGKILL)
    other.wait()
    time.sleep(2)
    with leased(lake, lost_after=2) as lease:
        assert lease.follows is not None
        assert lease.follows.pid == other.pid


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
        ("s3a://bucket/lake", "", "'s3a://bucket/lake' is an address that is not served"),
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
