"""Exports and the privacy report, on a small lake made by hand."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from fundwatch.contracts import TABLES
from fundwatch.errors import CatalogueError, NotReadyError
from fundwatch.settings import load_settings
from intake.source.load import read_mapping
from jobs.protect.export_data import own_rows, write_export
from jobs.protect.report_privacy import delivered_columns, write_report
from jobs.workplace import Workplace
from privacy.release.declared import read_privacy
from privacy.release.exports import Export, ExportRefusedError, read_export

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)


def _encounter(number: int, **given: Any) -> dict[str, Any]:
    return {
        "encounter_id": f"E{number}", "patient_id": f"{number:032x}", "institution_id": "H1", "visit_type": "21",
        "insurance_type": "310", "is_inpatient": True, "region_code": "990102", "started_at": datetime(2026, 3, 4, 9),
        "ended_at": datetime(2026, 3, 9, 9, number), "main_diagnosis_code": f"I1{number % 3}.x00",
        **{name: f"{kind}{number:031x}" for kind, name in (("a", "attending_doctor_id"), ("b", "record_id"))}, **given,
    }  # fmt: skip


def _rows() -> dict[str, list[dict[str, Any]]]:
    encounters = [*(_encounter(n) for n in range(8)), _encounter(8, institution_id="H2", region_code="990201")]
    patients = [
        {"patient_id": e["patient_id"], "sex": "1", "birth_year": 1960, "certificate_id": f"c{n:031x}",
         "contact_id": f"d{n:031x}", "address_id": f"e{n:031x}"} for n, e in enumerate(encounters)
    ]  # fmt: skip
    settlements = [
        {"settlement_id": f"S{n}", "encounter_id": e["encounter_id"], "total_amount": Decimal("120.00"),
         "fund_amount": Decimal("80.00")} for n, e in enumerate(encounters)
    ]  # fmt: skip
    lead = {"lead_id": "ab" * 16, "place": 1, "subject_id": "H1", "reason_zh": "不外传", "rule_ids": ["DC-03"]}
    hits, proofs, lines = _asked()
    found = {"rule_hit": hits, "hit_line": proofs, "claim_line": lines}
    return {"encounter": encounters, "patient": patients, "settlement": settlements, "lead": [lead], **found}


def _asked() -> tuple[list[dict[str, Any]], ...]:
    """Hits of rules on lines of H1 and H2: one of a person, one that is an estimate, one of a shadow rule."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("H1", {}), ("H2", {}), ("H1", {"subject_type": "patient"}), ("H1", {"is_estimate": True}),
        ("H1", {"rule_state": "shadow"}),
    ]  # fmt: skip
    hits: list[dict[str, Any]] = [
        {"hit_id": f"h{n}", "rule_id": "DC-03", "subject_type": "institution", "is_estimate": False,
         "institution_id": where, "rule_state": "active", "patient_id": f"{n:032x}", **kind}
        for n, (where, kind) in enumerate(kinds)
    ]  # fmt: skip
    money = {"amount_at_risk": Decimal("8.00"), "amount_in_question": Decimal("12.00")}
    proofs = [{"hit_id": f"h{n}", "line_id": f"L{n}", "role": "counted", **money} for n in range(len(kinds))]
    proofs.append({"hit_id": "h0", "line_id": "L9", "role": "compared", **money})
    lines = [
        {"line_id": f"L{n}", "encounter_id": f"E{n}", "institution_id": where, "patient_id": f"{n:032x}",
         "ordering_doctor_id": f"f{n:031x}", "item_name": "诊查费", "amount": Decimal("12.00")}
        for n, (where, _) in enumerate([*kinds, *[("H1", {})] * 5])
    ]  # fmt: skip
    return hits, proofs, lines


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    import pyarrow as pa
    from deltalake import write_deltalake
    from pyspark.sql.pandas.types import to_arrow_schema

    settings = load_settings({"var": tmp_path_factory.mktemp("var")}, environment={}).settings
    workplace = Workplace(settings)
    workplace._spark = spark
    for table, rows in _rows().items():
        schema = to_arrow_schema(TABLES[table].schema(), timezone="UTC")
        given = [{"known_from": NIGHT, "business_date": NIGHT} | row for row in rows]
        content = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in given], schema)
        write_deltalake(str(workplace.lake.table_address(table)), content)
    for stage in ("intake", "leads"):
        workplace.ledger.commit(workplace.ledger.start(stage, NIGHT, "p"), stage, NIGHT, "p", {})
    return workplace


def _changed(name: str, **change: Any) -> Export:
    return Export.model_validate(read_export(name).model_dump(by_alias=True) | change)


def _tokens_in(folder: Path) -> set[str]:
    """The lake's tokens that stand in any file of an export, packed or not."""
    tokens = {
        row[name]
        for table, rows in _rows().items()
        for row in rows
        for name in TABLES[table].token_columns
        if name in row
    } - {"H1"}
    texts = [path.read_bytes().decode(errors="replace") for path in folder.iterdir()]
    texts += [str(pq.read_table(path).to_pylist()) for path in folder.glob("*.parquet")]
    return {token for token in tokens if any(token in text for text in texts)}


def test_small_classes_are_left_out_and_the_rest_is_generalised(place, tmp_path):
    reported = write_export(read_export("research_encounters"), place, NIGHT, tmp_path)
    text = (tmp_path / "research_encounters-2026-03-31" / "data.csv").read_bytes()
    assert (reported["rows"], reported["left_out"], reported["after"]["k"], reported["after"]["l"]) == (8, 1, 8, 3)
    assert text.startswith(b"\xef\xbb\xbf")
    assert b"2026-03,65-69,1,9901,True,310,I10,5,100" in text
    assert b"E0" not in text
    assert _tokens_in(tmp_path / "research_encounters-2026-03-31") == set()


def test_five_stays_of_one_patient_are_one_person_to_k(place, tmp_path):
    query = read_export("research_encounters").query.replace("e.patient_id,", "one.patient_id,")
    query += " CROSS JOIN (SELECT min(patient_id) AS patient_id FROM patient) one"
    merged = _changed("research_encounters", query=query, on_violation="refuse")
    with pytest.raises(ExportRefusedError, match=r"k = 1, the limit is 5; 9 rows are in smaller classes"):
        write_export(merged, place, NIGHT, tmp_path)


def test_the_person_that_k_counts_does_not_leave(place, tmp_path):
    write_export(read_export("research_encounters"), place, NIGHT, tmp_path)
    head = (tmp_path / "research_encounters-2026-03-31" / "data.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "patient_id" not in head


def test_records_of_persons_without_the_person_to_count_are_refused(place, tmp_path):
    query = read_export("research_encounters").query.replace("e.patient_id,", "")
    with pytest.raises(CatalogueError, match="k would count rows and not persons"):
        write_export(_changed("research_encounters", query=query), place, NIGHT, tmp_path)


@pytest.mark.parametrize("person", ["e.encounter_id", "concat(e.patient_id, e.encounter_id)", "'one'"])
def test_records_that_count_something_else_than_persons_are_refused(place, tmp_path, person):
    query = read_export("research_encounters").query.replace("e.patient_id,", f"{person} AS patient_id,")
    with pytest.raises(CatalogueError, match="k would count rows and not persons"):
        write_export(_changed("research_encounters", query=query), place, NIGHT, tmp_path)


_TOKENS = [
    "e.patient_id", "concat(p.certificate_id, '')", "substring(e.contact_id, 1, 8)", "p.address_id",
    "coalesce(e.record_id, 'none')", "CASE WHEN e.is_inpatient THEN e.attending_doctor_id END", "upper(e.complaint)",
    "max(e.patient_id) OVER (PARTITION BY e.institution_id)", "array_join(array(e.patient_id), '')",
    "(SELECT min(patient_id) FROM patient)",
]  # fmt: skip


@pytest.mark.parametrize("token", _TOKENS)
def test_no_column_of_an_export_is_made_of_a_token_or_free_text_however_it_is_renamed(place, tmp_path, token):
    for name in ("research_encounters", "institution_month"):
        query = read_export(name).query.replace("p.sex,", f"{token} AS sex,")
        with pytest.raises(CatalogueError, match="sex is made of") as refused:
            write_export(_changed(name, query=query), place, NIGHT, tmp_path)
        assert re.search("tokens|never leaves", refused.value.what)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "measure", ["max(patient_id)", "min_by(patient_id, total_amount)", "count_if(true) || min(patient_id)"]
)
def test_no_measure_is_made_of_a_token_and_counts_of_them_are(place, tmp_path, measure):
    measures = read_export("institution_month").measures | {"encounters": measure}
    with pytest.raises(CatalogueError, match=r"encounters is made of encounter\.patient_id, which holds tokens"):
        write_export(_changed("institution_month", measures=measures), place, NIGHT, tmp_path)


_NO_PERSONS = [
    "count(1)", "sum(1)", "count(encounter_id)", "count(DISTINCT other_id)", "count(DISTINCT patient_id, other_id)",
    "count(DISTINCT patient_id) * 5",
]  # fmt: skip


def test_a_cell_is_not_shown_for_its_rows_however_often_a_join_repeats_them(place, tmp_path):
    given = read_export("institution_month")
    query = given.query.replace("e.encounter_id,", "e.encounter_id, other.encounter_id AS other_id,")
    query += " CROSS JOIN (SELECT encounter_id FROM encounter) other WHERE e.institution_id = 'H2'"
    for counts in _NO_PERSONS:
        measures = {**given.measures, "patients": counts}
        with pytest.raises(CatalogueError, match="patients would count rows and not persons"):
            write_export(_changed("institution_month", query=query, measures=measures), place, NIGHT, tmp_path)
    persons = {**given.measures, "patients": "COUNT(DISTINCT Patient_ID)"}
    with pytest.raises(ExportRefusedError, match="every one of its 1 cells would be hidden"):
        write_export(_changed("institution_month", query=query, measures=persons), place, NIGHT, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_the_query_has_not_is_named_before_anything_runs(place, tmp_path):
    columns = read_export("research_encounters").model_dump(by_alias=True)["columns"] | {"sex": {"of": "gender"}}
    with pytest.raises(CatalogueError, match="sex: names 'gender', and there is no such column"):
        write_export(_changed("research_encounters", columns=columns), place, NIGHT, tmp_path)


def test_an_export_under_its_limits_is_refused_with_the_figures_and_nothing_is_written(place, tmp_path):
    export = _changed("research_encounters", on_violation="refuse")
    with pytest.raises(ExportRefusedError, match=r"k = 1, the limit is 5") as refused:
        write_export(export, place, NIGHT, tmp_path)
    assert "11.11%" in refused.value.where
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_names_every_file_by_its_hash_and_the_versions_read(place, tmp_path):
    folder = tmp_path / "leads_pseudonymous-2026-03-31"
    write_export(read_export("leads_pseudonymous"), place, NIGHT, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != "manifest.json"}
    assert manifest["files"] == hashes
    assert manifest["versions"] == {"lead": 0}
    assert "不外传".encode() not in (folder / "data.csv").read_bytes()


def test_cells_are_shown_once_they_hold_enough_people(place, tmp_path):
    export = _changed(
        "institution_month", query=read_export("institution_month").query + " WHERE e.institution_id = 'H1'"
    )
    reported = write_export(export, place, NIGHT, tmp_path)
    lines = (tmp_path / "institution_month-2026-03-31" / "data.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (reported["rows"], reported["hidden_cells"]) == (1, 0)
    assert lines[1] == "H1,2026-03,65-69,1,8,8,960.00,640.00,False"
    assert _tokens_in(tmp_path / "institution_month-2026-03-31") == set()


def test_where_the_only_other_cell_would_give_a_small_one_away_all_are_hidden_and_it_is_refused(place, tmp_path):
    with pytest.raises(ExportRefusedError, match="every one of its 2 cells would be hidden"):
        write_export(read_export("institution_month"), place, NIGHT, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_a_night_that_has_not_run_is_not_ready(place, tmp_path):
    with pytest.raises(NotReadyError, match="intake has not run"):
        write_export(read_export("research_encounters"), place, date(2026, 4, 1), tmp_path)


def test_the_privacy_report_measures_every_declared_set(place):
    reported = write_report(place, NIGHT)
    assert {name: m["k"] for name, m in reported["sets"].items()} == dict.fromkeys(reported["sets"], 1)
    assert reported["sets"]["as_in_the_lake"]["unique_rows"] == 1
    page = (place.settings.reports_dir / "2026-03-31" / "privacy" / "privacy.html").read_text(encoding="utf-8")
    assert "psn_name" in page


def test_every_delivered_column_has_a_treatment_and_a_level():
    settings = load_settings({}, environment={}).settings
    rows = delivered_columns(read_mapping("national"), read_privacy(settings))
    reported = {(row["file"], row["column"]): (row["treatment"], row["level"]) for row in rows}
    assert reported["psn_info", "psn_no"] == ("token", 4)
    assert reported["psn_info", "psn_name"] == ("sealed", 5)
    assert reported["psn_info", "naty"][0] == "dropped"
    assert reported["psn_info", "brdy"] == ("derived", 4)
    assert reported["psn_info", "certno"] == ("derived", 5)
    assert reported["mdtrt", "vali_flag"] == ("read", 3)
    assert reported["stock_movement", "rx_flag"] == ("dropped", 3)


def test_a_provider_gets_its_own_lines_that_an_active_rule_asks_about_and_no_token(place):
    rows, versions = own_rows(read_export("self_check"), place, NIGHT, "H1")
    (row,) = rows.to_pylist()
    assert (row["line_id"], row["encounter_id"], row["rule_id"]) == ("L0", "E0", "DC-03")
    assert row["amount_in_question"] == Decimal("12.00")
    assert not re.search(r"[0-9a-f]{32}", str(row))
    assert versions.keys() == {"claim_line", "encounter", "rule_hit", "hit_line"}
    assert own_rows(read_export("self_check"), place, NIGHT, "H2' OR '1'='1")[0].num_rows == 0


@pytest.mark.parametrize("column", ["patient_id", "ordering_doctor_id", "note"])
def test_a_provider_s_rows_hold_no_token_and_no_free_text(place, column):
    given = read_export("self_check")
    query = f"SELECT l.institution_id, l.{column} AS asked FROM claim_line l"
    columns = {"institution_id": {"of": "institution_id"}, "asked": {"of": "asked"}}
    changed = Export.model_validate(given.model_dump(by_alias=True) | {"query": query, "columns": columns})
    with pytest.raises(CatalogueError, match="asked is made of claim_line"):
        own_rows(changed, place, NIGHT, "H1")


def test_a_row_of_another_provider_refuses_the_whole(place):
    given = read_export("self_check")
    query = given.query.replace("SELECT l.institution_id", "SELECT l.encounter_id AS institution_id")
    changed = Export.model_validate(given.model_dump(by_alias=True) | {"query": query})
    with pytest.raises(ExportRefusedError, match="would hold rows of 1 others"):
        own_rows(changed, place, NIGHT, "H1")


def test_an_export_for_a_provider_is_made_for_one_at_a_time(place, tmp_path):
    with pytest.raises(ExportRefusedError, match="for one institution at a time"):
        write_export(read_export("self_check"), place, NIGHT, tmp_path)
