"""A lake on a real HDFS and in an object store: both do what folders do."""

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
from deltalake import CommitProperties
from deltalake.exceptions import CommitFailedError

from fundwatch.errors import LakeBusyError
from fundwatch.lake.content_files import ContentFiles
from fundwatch.lake.delta_rows import commit_nothing, replace_table, version_of
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.history import drop_history
from fundwatch.lake.journal import Journal
from fundwatch.lake.lease import Lease, LeaseLostError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held, leased
from fundwatch.lake.parquet.page_checksums import has_page_checksums
from fundwatch.lake.store import Lake
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import S3, LakeAddress
from scripts import fetch_jars
from scripts.small_cluster.hdfs import small_hdfs
from scripts.small_cluster.object_store import object_store
from tests.night import ROOT, clean_environment

pytestmark = pytest.mark.long
NIGHT = date(2026, 3, 31)
_ONCE = CommitProperties(max_commit_retries=0)


@pytest.fixture(scope="module", params=["hdfs", "s3"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store that this process reaches."""
    folder = tmp_path_factory.mktemp(request.param) / request.param
    if request.param == "hdfs":
        fetch_jars.main(fetch_jars.HDFS)
        with small_hdfs(folder) as made:
            yield made.address
        return
    with object_store(folder) as store, pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment.items():
            patch.setenv(name, value)
        yield store.address


@pytest.fixture
def lake(root: str, request: pytest.FixtureRequest) -> LakeAddress:
    address = LakeAddress(f"{root}/lakes/{request.node.originalname}")
    LakeFiles(address).make_folder()
    return address


def test_its_files_are_listed_written_replaced_and_removed_as_a_folder_s_are(lake: LakeAddress) -> None:
    files = LakeFiles(lake)
    assert (files.has_folder(), files.listed(), files.folders()) == (True, [], [])
    files.make_private_folder("t/.staging")
    for name in ("b", ".a", "t/x", "t/.staging/y", "empty"):
        files.write_whole(name, b"" if name == "empty" else name.encode())
    files.write_whole("b", b"again")
    with pytest.raises(FileExistsError):
        files.write_new("b", b"not again")
    assert [file.name for file in files.listed(deep=True)] == [".a", "b", "empty", "t/.staging/y", "t/x"]
    assert [(file.name, file.size) for file in files.listed()] == [(".a", 2), ("b", 5), ("empty", 0)]
    assert (files.folders(), files.has_folder("t"), files.find("t")) == (["t"], True, None)
    assert (files.read("b"), files.read_regular("b", 2), files.read_regular("empty", 2)) == (b"again", b"aga", b"")
    permissions = {lake.root.startswith(S3): None}.get(True, 0o700)
    assert (files.mode("t/.staging"), files.mode("nowhere")) == (permissions, None)
    before = files.stamp("b")
    files.rename("t/x", "b")
    assert (files.read("b"), files.stamp("b") != before) == (b"t/x", True)
    assert files.find("t/x") is None
    files.remove("gone")
    files.remove_folder("t")
    assert [file.name for file in files.listed(deep=True)] == [".a", "b", "empty"]
    for missing in (lambda: files.read("gone"), lambda: files.stamp("gone"), lambda: files.rename("gone", "b")):
        with pytest.raises(FileNotFoundError):
            missing()
    content = ContentFiles(lake.within("models"), ".bin", 100)
    assert content.get(content.put(b"model")) == b"model"


def test_of_many_who_make_the_same_file_at_once_one_succeeds(lake: LakeAddress) -> None:
    made: list[int] = []

    def tried(number: int) -> None:
        try:
            LakeFiles(lake).write_new("one", str(number).encode())
        except FileExistsError:
            return
        made.append(number)

    threads = [threading.Thread(target=tried, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [LakeFiles(lake).read("one")] == [str(number).encode() for number in made]


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
    drop_history(journal.address)
    assert len([f for f in LakeFiles(journal.address).listed() if f.name.endswith(".parquet")]) == 1


def test_of_two_commits_upon_one_version_the_second_is_refused(lake: LakeAddress) -> None:
    journal = Journal(lake, "outcome", {"case_id": "string"})
    journal.append([{"case_id": "1"}])
    late = delta_table(journal.address)
    with leased(lake):
        commit_nothing(journal.address)
        with pytest.raises(CommitFailedError):
            late.create_write_transaction([], "append", late.schema(), [], None, commit_properties=_ONCE)


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
    time.sleep(3)
    with leased(lake, lost_after=2) as lease:
        assert lease.follows is not None
        assert lease.follows.pid == other.pid


def test_a_lost_holder_that_replaces_the_version_it_meant_to_make_commits_nothing_more(lake: LakeAddress) -> None:
    """Spark on an object store looks, and then writes: what it had looked for may be the next holder's by then."""
    if not lake.root.startswith(S3):
        pytest.skip("HDFS makes a version once")
    journal = Journal(lake, "outcome", {"case_id": "string"})
    lost = Lease.taken(lake, every=60)
    journal.append([{"case_id": "1"}])
    log, meant = LakeFiles(journal.address.within("_delta_log")), version_of(journal.address) + 1
    with leased(lake, lost_after=0):
        assert version_of(journal.address) == meant + 1
    log.write_whole(f"{meant:020d}.json", log.read(f"{meant - 1:020d}.json"))
    with pytest.raises(LeaseLostError):
        lost.next_commit(delta_table(journal.address))


@pytest.mark.parametrize(
    ("own", "lake", "says"),
    [
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "s3a://bureau/lake",
            "no object store answers: Connection refused",
        ),
        ({"AWS_ENDPOINT_URL": "http://nowhere.invalid"}, "s3a://bureau/lake", "no object store answers"),
        ({}, "s3a://another/lake", "there is no such bucket"),
        ({}, "s3a://bureau/nothing", "there is no lake"),
        ({}, "s3a://bureau", "is an address that is not served"),
        ({}, "s3://bureau/lake", "is an address that is not served"),
    ],
)
def test_what_is_wrong_with_an_object_store_is_said_in_one_message(
    tmp_path: Path, own: dict[str, str], lake: str, says: str
) -> None:
    command = [sys.executable, "-m", "jobs.command_line", "lake", "check", "--lake", lake, "--var", str(tmp_path)]
    with object_store(tmp_path / "store") as store:
        done = subprocess.run(
            command, cwd=ROOT, env=clean_environment(store.environment | own), capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
