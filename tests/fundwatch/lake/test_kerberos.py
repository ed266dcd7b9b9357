"""A lake on an HDFS that asks for Kerberos tickets: Debian's KDC, the client without Java, and Spark."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import fetch_jars
from scripts.small_cluster.hdfs import SmallHdfs, small_hdfs
from scripts.small_cluster.kerberos import KDC, Realm, realm
from tests.night import ROOT, clean_environment

pytestmark = [pytest.mark.long, pytest.mark.skipif(not KDC.is_file(), reason="Debian's krb5-kdc is not installed here")]
# a table as people's entries are written, without Spark, and the same table read and written by Spark
_WORK = """
import sys
from fundwatch.engine.session import start_session
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.journal import Journal
from fundwatch.places import LakeAddress

lake = LakeAddress(sys.argv[1])
LakeFiles(lake).make_folder()
journal = Journal(lake, "outcome", {"case_id": "string"})
journal.append([{"case_id": "1"}])
spark = start_session("kerberos", {}, "local[1]")
read = spark.read.format("delta").load(str(journal.address))
read.write.format("delta").mode("append").save(str(journal.address))
print("ROWS", len(journal.rows()))
"""


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    with realm(tmp_path_factory.mktemp("realm") / "realm") as made:
        yield made


@pytest.fixture(scope="module")
def store(tickets: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHdfs]:
    fetch_jars.main(fetch_jars.HDFS)
    with small_hdfs(tmp_path_factory.mktemp("hdfs") / "hdfs", realm=tickets) as made:
        yield made


def run(store: SmallHdfs, *words: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(store.environment)
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900
    )


def test_with_a_ticket_tables_are_written_and_read_by_both_clients(store: SmallHdfs, tickets: Realm) -> None:
    tickets.take_ticket(of_server=True)  # the account of HDFS itself, which may write everywhere
    done = run(store, "-c", _WORK, f"{store.address}/lakes/kerberos")
    assert done.stdout.endswith("ROWS 2\n"), done.stdout + done.stderr


def test_another_account_s_ticket_opens_nothing_that_is_closed_to_it(store: SmallHdfs, tickets: Realm) -> None:
    tickets.take_ticket()
    done = run(store, "-c", _WORK, f"{store.address}/elsewhere/kerberos")
    assert done.returncode != 0
    assert "Permission denied: user=fundwatch" in done.stderr


@pytest.mark.parametrize("is_expired", [False, True], ids=["none", "expired"])
def test_without_a_ticket_that_is_good_one_message_says_so(
    store: SmallHdfs, tickets: Realm, tmp_path: Path, *, is_expired: bool
) -> None:
    tickets.drop_ticket()
    if is_expired:
        tickets.take_ticket(seconds=1)
        time.sleep(2)
    check = ("-m", "jobs.command_line", "lake", "check", "--lake", f"{store.address}/lakes/kerberos")
    done = run(store, *check, "--var", str(tmp_path))
    assert done.returncode != 0
    assert "the name node asks for a Kerberos ticket" in done.stderr
    assert "Traceback" not in done.stderr
