"""A lake of an earlier version: refused by every command, upgraded in place, again and killed harmless."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import tarfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode
from fundwatch.lake.delta_rows import commit_rows, query_rows
from fundwatch.lake.journal import Journal
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.upgrade import RENAMED, OldLakeError, old_tables, rename_columns
from fundwatch.settings import Settings
from fundwatch.tracking import tracking_of
from jobs.command_line import main
from jobs.operate.upgrade_lake import upgrade_lake
from leads.publishing.track import Note, outbox, send
from tests.places import at

ROOT = Path(__file__).parents[3]
NIGHT = date(2026, 3, 31)
STATISTICS = "delta.dataSkippingStatsColumns"
EARLIER = "d6a67357c22c"  # the last commit whose lakes have the earlier names
RUN = {"run_id": "string", "job": "string", "business_date": "date", "state": "string", "print": "string"}


@pytest.fixture
def old_lake(tmp_path: Path) -> Path:
    """A lake with the earlier names in a parted table, a table and two journals."""
    root = tmp_path / "lake"
    root.mkdir()
    entries = pa.table({"business_date": [NIGHT, date(2026, 3, 24)], "line_id": ["1", "2"], "content_print": [7, None]})
    properties = {STATISTICS: "content_print"}
    commit_rows(
        at(root / "claim_line_entry"), entries.to_reader(), "append", partition="business_date", properties=properties
    )
    scores = pa.table({"entity_id": ["d1"], "model_print": ["abc"], "score": [0.5]})
    commit_rows(at(root / "score"), scores.to_reader(), "append")
    state = {"batch_id": "b1", "state": "accepted", "print": "p1"}
    Journal(at(root), "delivery_state", dict.fromkeys(state, "string")).append([state])
    run = {"run_id": "r1", "job": "intake", "business_date": NIGHT, "print": "f1", "detail": "{}"}
    journal = Journal(at(root), "run", RUN | {"detail": "string"})
    journal.append([run | {"state": "started"}])
    journal.append([run | {"state": "committed"}])
    return root


def _settings(lake: Path) -> Settings:
    return Settings(var=lake.parent)


def _versions(lake: Path) -> dict[str, int]:
    return {name: DeltaTable(str(lake / name)).version() for name in sorted(os.listdir(lake)) if name[0] != "."}


def test_every_command_names_the_upgrade_for_an_old_lake(old_lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["lake", "check"], ["deliveries", "list"], ["models", "--date", "2026-03-31"], ["show"]):
        assert main([*command, "--var", str(old_lake.parent)]) == ExitCode.REFUSED
        output = capsys.readouterr().err
        assert "this lake was made by an earlier version" in output
        assert "lake upgrade" in output
    with pytest.raises(OldLakeError), held(at(old_lake)):
        pass


def test_an_upgrade_changes_names_and_no_rows(old_lake: Path) -> None:
    assert upgrade_lake(_settings(old_lake)).tables == {
        "claim_line_entry": 2, "score": 1, "delivery_state": 1, "run": 2,
    }  # fmt: skip
    query = "SELECT line_id, business_date, content_fingerprint FROM claim_line_entry ORDER BY line_id"
    assert query_rows(at(old_lake / "claim_line_entry"), "claim_line_entry", query) == [
        {"line_id": "1", "business_date": NIGHT, "content_fingerprint": 7},
        {"line_id": "2", "business_date": date(2026, 3, 24), "content_fingerprint": None},
    ]
    scores = query_rows(at(old_lake / "score"), "score", "SELECT * FROM score")
    assert scores == [{"entity_id": "d1", "model_fingerprint": "abc", "score": 0.5}]
    entries = DeltaTable(str(old_lake / "claim_line_entry")).metadata()
    assert entries.partition_columns == ["business_date"]
    assert entries.configuration[STATISTICS] == "content_fingerprint", "Delta refuses a name that is no column"
    with held(at(old_lake)):
        assert Ledger(at(old_lake)).committed("intake", NIGHT).fingerprint == "f1"


def test_the_ledger_knows_the_upgrade_and_the_versions_it_made(old_lake: Path) -> None:
    upgrade_lake(_settings(old_lake))
    run = Ledger(at(old_lake)).committed("upgrade", NIGHT)
    assert run is not None
    assert run.detail == {"tables": {"claim_line_entry": 2, "delivery_state": 1, "score": 1}}
    committed = {r["table_name"]: r["version"] for r in Ledger(at(old_lake)).tables_of(run.run_id) if r["version"]}
    assert committed == {name: _versions(old_lake)[name] for name in ("claim_line_entry", "score")}


def test_a_lake_that_is_upgraded_stays_as_it_is(old_lake: Path) -> None:
    upgrade_lake(_settings(old_lake))
    before = _versions(old_lake)
    assert upgrade_lake(_settings(old_lake)).tables == {}
    assert _versions(old_lake) == before


def test_a_note_that_waits_for_mlflow_can_be_sent_afterwards(old_lake: Path) -> None:
    """It holds what MLflow should hear of a list, in the words of the version that published the list."""
    lists = _settings(old_lake).lists_dir
    outbox(lists).mkdir(parents=True)
    note = {"business_date": "2026-03-31", "params": {}, "metrics": {}, "versions": {}}
    (outbox(lists) / "2026-03-31.json").write_text(json.dumps(note | {"list_print": "abc"}))
    for _ in range(2):
        upgrade_lake(_settings(old_lake))
        assert Note(**json.loads((outbox(lists) / "2026-03-31.json").read_text())).list_fingerprint == "abc"


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_note_that_holds_nothing_stops_neither_an_upgrade_nor_others(old_lake: Path, content: str) -> None:
    lists = _settings(old_lake).lists_dir
    outbox(lists).mkdir(parents=True)
    (outbox(lists) / "2026-03-31.json").write_text(content)
    assert upgrade_lake(_settings(old_lake)).tables
    assert send(lists, tracking_of(_settings(old_lake))).logged == ()


def test_rows_under_both_names_come_together(old_lake: Path) -> None:
    """A writer of today's that was let into a lake of earlier names would have made both columns."""
    later = pa.table({"entity_id": ["d2"], "model_fingerprint": ["def"], "score": [0.7]})
    commit_rows(at(old_lake / "score"), later.to_reader(), "append")
    upgrade_lake(_settings(old_lake))
    rows = query_rows(at(old_lake / "score"), "score", "SELECT * FROM score ORDER BY entity_id")
    assert [(row["entity_id"], row["model_fingerprint"]) for row in rows] == [("d1", "abc"), ("d2", "def")]
    assert {*rows[0]} == {"entity_id", "model_fingerprint", "score"}


def test_a_lake_is_old_while_any_of_its_tables_is(old_lake: Path) -> None:
    for table in ("run", "delivery_state"):
        rename_columns(at(old_lake), table)
    with pytest.raises(OldLakeError), held(at(old_lake)):
        pass


KILLED = """
import os, signal, sys
from jobs.operate import upgrade_lake as upgrade
from fundwatch.settings import Settings
from pathlib import Path

rename, begun = upgrade.rename_columns, []
def until(root, table, more=()):
    begun.append(table)
    if len(begun) > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(root, table, more)
upgrade.rename_columns = until
upgrade.upgrade_lake(Settings(var=Path(sys.argv[1])))
"""


@pytest.mark.parametrize("done", [0, 1, 3])
def test_an_upgrade_that_was_killed_is_completed_by_the_next(old_lake: Path, done: int) -> None:
    """The ledger's own table comes last: until then the lake is refused as an old one."""
    argv = [sys.executable, "-c", KILLED, str(old_lake.parent), str(done)]
    assert subprocess.run(argv, cwd=ROOT, check=False, capture_output=True).returncode == -signal.SIGKILL
    assert len(old_tables(at(old_lake))) == 4 - done
    with pytest.raises(OldLakeError), held(at(old_lake)):
        pass
    assert len(upgrade_lake(_settings(old_lake)).tables) == 4 - done
    assert old_tables(at(old_lake)) == []
    assert Ledger(at(old_lake)).committed("upgrade", NIGHT) is not None
    assert Ledger(at(old_lake)).committed("intake", NIGHT).fingerprint == "f1"


def test_what_a_killed_upgrade_had_begun_to_write_goes(old_lake: Path) -> None:
    draft = old_lake / "score" / ".half-made-1"
    draft.write_bytes(b"rows of persons")
    upgrade_lake(_settings(old_lake))
    assert not draft.exists()


def test_what_a_column_is_renamed_to_is_in_the_contract() -> None:
    for table, renames in RENAMED.items():
        if table in TABLES:
            assert {*renames.values()} <= {*TABLES[table].column_names}
            assert not {*renames} & {*TABLES[table].column_names}


@pytest.mark.long
def test_a_lake_that_the_earlier_version_built_is_upgraded_and_its_list_is_made_again(tmp_path: Path) -> None:
    """The earlier version itself, from the repository's history, runs the demonstration; this one goes on with it."""
    tree, var = tmp_path / "earlier", tmp_path / "var"
    tree.mkdir()
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", EARLIER], check=False, capture_output=True)
    if archive.returncode:
        pytest.skip(f"the history of this repository does not reach {EARLIER}, whose lakes have the earlier names")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(tree, filter="data")
    (tree / ".jars").symlink_to(ROOT / ".jars")
    (tree / "isal").mkdir()  # what it packed deliveries with, and this version no longer installs
    (tree / "isal" / "__init__.py").write_text("import zlib as isal_zlib\n", encoding="utf-8")
    asked = ["--var", str(var), "--profile", "demo"]
    _fundwatch(tree, "demo", *asked)
    listed = _listed(var)

    _fundwatch(ROOT, "lake", "upgrade", *asked)
    found = json.loads(_fundwatch(ROOT, "lake", "check", "--deep", "--json", *asked))
    assert {finding["outcome"] for finding in found["findings"]} == {"ok"}
    for night in ("2026-03-24", "2026-03-31"):
        _fundwatch(ROOT, "nightly", "--date", night, *asked)
    assert _listed(var) == listed


def _listed(var: Path) -> list[dict[str, str]]:
    """The leads of the list without their sentences, which a later version may word otherwise."""
    with (var / "lists" / "2026-03-31" / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [{k: v for k, v in row.items() if not k.endswith(("_zh", "_en"))} for row in csv.DictReader(file)]
    assert len(rows) > 5
    return rows


def _fundwatch(tree: Path, *words: str) -> str:
    argv = [sys.executable, "-m", "jobs.command_line", *words]
    done = subprocess.run(
        argv, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
