"""The lake and its ledger: a write replaces exactly what the night owns; a killed run does not stand."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from fundwatch.contracts import TABLES
from fundwatch.errors import ContractError, NotReadyError
from fundwatch.lake import store
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake, Written
from privacy.erasure.purge import purge
from tests.places import at, folder_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NIGHT, NEXT = date(2026, 3, 30), date(2026, 3, 31)


def test_a_night_replaces_its_own_rows_and_no_others(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    rows = spark.createDataFrame(
        [("national", "claim_line", "line_id", None)],
        "source string, table_name string, column_name string, has_time boolean",
    )
    lake.write(rows, "supplied_column", NIGHT)
    lake.write(rows, "supplied_column", NEXT)
    again = lake.write(rows.unionByName(rows), "supplied_column", NEXT)
    assert again == Written("supplied_column", 2, 2)
    assert lake.of_night(spark, "supplied_column", NIGHT).count() == 1
    assert lake.rows("supplied_column", "SELECT count(*) AS n FROM supplied_column") == [{"n": 3}]


def test_what_was_known_on_a_night_stays_as_it_was_known(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))

    def person(token: str, sex: str, known_from: date, known_to: date | None = None) -> dict[str, object]:
        return {"patient_id": token, "sex": sex, "known_from": known_from, "known_to": known_to}

    schema = TABLES["patient"].schema()
    before = [person("P1", "1", NIGHT), person("P2", "2", NIGHT)]
    after = [person("P1", "1", NIGHT, NEXT), person("P1", "2", NEXT)]
    lake.write(spark.createDataFrame(before, schema), "patient", NIGHT)
    lake.write(spark.createDataFrame(after, schema), "patient", NEXT)
    known = {n: {r.patient_id: r.sex for r in lake.known(spark, "patient", n).collect()} for n in (NIGHT, NEXT)}
    assert known == {NIGHT: {"P1": "1", "P2": "2"}, NEXT: {"P1": "2", "P2": "2"}}


def test_files_tell_their_rows_and_times_and_nothing_of_keys(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    row = {"patient_id": "P1", "insurance_type": "310", "started_on": NIGHT, "region_code": "a", "known_from": NEXT}
    lake.write(spark.createDataFrame([row], TABLES["enrolment"].schema()), "enrolment", NEXT)
    log = (folder_of(lake, "enrolment") / "_delta_log" / f"{0:020}.json").read_text(encoding="utf-8")
    (reported,) = [
        json.loads(action["add"]["stats"]) for line in log.splitlines() if "add" in (action := json.loads(line))
    ]
    assert (reported["numRecords"], reported["minValues"]["known_from"]) == (1, str(NEXT))
    kinds = {TABLES["enrolment"].spark_type(name) for name in reported["nullCount"]}
    assert kinds == {"date"}


def test_rows_from_memory_make_a_table_as_spark_does(tmp_path: Path) -> None:
    lake = Lake(at(tmp_path))
    lake.write_rows([(NIGHT, "national", "claim_line", "line_id", None)], "supplied_column", NIGHT)
    reported = DeltaTable(str(lake.table_address("supplied_column")))
    assert reported.metadata().configuration == TABLES["supplied_column"].delta_properties
    assert [n for n in pa.table(reported.get_add_actions(flatten=True)).column_names if n.startswith("min.")] == []


@pytest.mark.parametrize("limit", [0, 1 << 40])
def test_a_large_table_ends_as_a_small_one_does_and_what_was_replaced_can_be_purged(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(store, "_MERGE_BYTES", limit)
    lake, schema = Lake(at(tmp_path)), TABLES["enrolment"].schema()

    def row(token: str, region: str, known_from: date, known_to: date | None = None) -> dict[str, object]:
        key = {"patient_id": token, "insurance_type": "310", "started_on": NIGHT}
        return key | {"region_code": region, "known_from": known_from, "known_to": known_to}

    lake.write(spark.createDataFrame([row("P1", "a", NIGHT), row("P2", "b", NIGHT)], schema), "enrolment", NIGHT)
    changed = [row("P1", "a", NIGHT, NEXT), row("P1", "moved", NEXT), row("P3", "c", NEXT)]
    for _ in range(2):
        done = lake.write(spark.createDataFrame(changed, schema), "enrolment", NEXT)
    assert done.rows >= 3
    kept = [("P1", "a", NEXT), ("P1", "moved", None), ("P2", "b", None), ("P3", "c", None)]
    for _ in range(2):
        query = "SELECT patient_id, region_code, known_to FROM enrolment ORDER BY 1, 2"
        assert [tuple(r.values()) for r in lake.rows("enrolment", query)] == kept
        found = lake.read(spark, "enrolment").select("patient_id", "region_code", "known_to").collect()
        assert sorted((tuple(r) for r in found), key=str) == sorted(kept, key=str)
        purge(lake.table_address("enrolment"))
    assert sum(pq.ParquetFile(f).metadata.num_rows for f in folder_of(lake, "enrolment").glob("*.parquet")) == 4


@pytest.mark.parametrize("limit", [0, 1 << 40])
def test_unknown_parts_of_a_key_equal_each_other_in_tables_made_before_they_were_declared_too(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(store, "_MERGE_BYTES", limit)
    lake, contract = Lake(at(tmp_path)), TABLES["procedure"]

    def rows(*found: tuple[date | None, datetime | None, str]) -> DataFrame:
        said = [{"encounter_id": "E", "procedure_code": "A", "known_from": NIGHT} for _ in found]
        more = [{"performed_on": day, "started_at": at_, "procedure_name": name} for day, at_, name in found]
        return spark.createDataFrame([{**a, **b} for a, b in zip(said, more, strict=True)], contract.schema())

    morning, noon = datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 12)
    old = rows((NIGHT, None, "old"), (None, None, "old")).drop("started_at", "key_id")
    old.write.format("delta").save(str(lake.table_address("procedure")))
    lake.write(rows((NIGHT, morning, "first"), (NIGHT, noon, "second"), (None, None, "no day")), "procedure", NIGHT)
    query = "SELECT procedure_name FROM procedure ORDER BY 1"
    assert [row["procedure_name"] for row in lake.rows("procedure", query)] == ["first", "no day", "old", "second"]


@pytest.mark.parametrize("table", ["patient", "quarantine", "delivery"])
def test_a_table_made_before_a_column_was_declared_is_read_and_written(
    spark: SparkSession, tmp_path: Path, table: str
) -> None:
    lake, contract = Lake(at(tmp_path)), TABLES[table]
    key = contract.key[-1]
    old = ", ".join(f"{c.name} {c.type}" for c in contract.columns if c.name != "key_id")
    row = {"business_date": NIGHT, "known_from": NIGHT, "table_name": "x", "file_name": "x", "line_number": 1, key: "1"}
    row = {name: 1 if name == "line_number" else value for name, value in row.items() if f"{name} " in f"{old} "}
    writer = spark.createDataFrame([row], old).write.format("delta")
    nightly = "business_date" in contract.column_names
    (writer.partitionBy("business_date") if nightly else writer).save(str(lake.table_address(table)))
    assert [r.key_id for r in lake.read(spark, table).collect()] == [None]
    if table == "delivery":
        lake.write_rows([tuple({**row, "key_id": "k"}.get(c) for c in contract.column_names)], table, NIGHT)
    else:
        new = spark.createDataFrame([{**row, "key_id": "k"}], contract.schema())
        lake.write(new, table, NIGHT)
    assert [r.key_id for r in lake.read(spark, table).collect()] == ["k"]


def test_rows_that_do_not_fit_the_contract_are_refused_with_every_column(spark: SparkSession, tmp_path: Path) -> None:
    rows = spark.createDataFrame([(1, "x")], "source int, surplus string")
    with pytest.raises(ContractError, match=r"table_name is missing(?s:.)*surplus is not in(?s:.)*source is int"):
        Lake(at(tmp_path)).write(rows, "supplied_column", NIGHT)
    assert not Lake(at(tmp_path)).exists("supplied_column")


def test_a_table_not_made_yet_says_what_to_run(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="claim_line has not been made"):
        Lake(at(tmp_path)).known(spark, "claim_line", NIGHT)


def test_a_run_stands_once_committed_and_falls_when_started_again(tmp_path: Path) -> None:
    ledger = Ledger(at(tmp_path))
    run_id = ledger.start("rules", NIGHT, "print")
    assert ledger.committed("rules", NIGHT) is None
    ledger.intend(run_id, "rules", NIGHT, "rule_hit")
    ledger.written(run_id, "rules", NIGHT, Written("rule_hit", 4, 17))
    ledger.commit(run_id, "rules", NIGHT, "print", {"hits": 17})
    committed = Ledger(at(tmp_path)).committed("rules", NIGHT)
    assert committed is not None
    assert (committed.fingerprint, committed.detail) == ("print", {"hits": 17})
    assert {(row["state"], row["version"]) for row in ledger.tables_of(run_id)} == {("intent", None), ("committed", 4)}
    assert ledger.nights("rules") == [NIGHT]
    ledger.start("rules", NIGHT, "print")
    assert Ledger(at(tmp_path)).committed("rules", NIGHT) is None
