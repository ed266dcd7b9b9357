"""What several tests of jobs begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fundwatch.settings import Settings
from jobs.protect import reidentify_tokens, verify_audit
from privacy.audit.log import AuditLog, audit_log
from scripts import fetch_jars
from scripts.small_cluster.hdfs import SmallHdfs, small_hdfs
from scripts.small_cluster.spark import Cluster, cluster
from tests.jobs.desk import RevealFixture


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Spark cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHdfs]:
    """An HDFS of two data nodes."""
    fetch_jars.main(fetch_jars.HDFS)
    with small_hdfs(tmp_path_factory.mktemp("hdfs") / "hdfs") as made:
        yield made


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RevealFixture:
    made = RevealFixture(tmp_path)

    def log_of(settings: Settings) -> AuditLog:
        return replace(audit_log(settings), clock=lambda: made.now, account=lambda: made.account)

    for job in (reidentify_tokens, verify_audit):
        monkeypatch.setattr(job, "audit_log", log_of)
    return made


@pytest.fixture
def request_id(office: RevealFixture, capsys: pytest.CaptureFixture[str]) -> str:
    assert office.ask() == 0
    return str(json.loads(capsys.readouterr().out)["request"])
