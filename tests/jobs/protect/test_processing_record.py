"""The re-link test of exports and the record of processing, on the small lake of the export tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fundwatch.contracts import TABLES
from fundwatch.errors import CatalogueError
from fundwatch.resources import conf_root
from fundwatch.settings import Settings, load_settings
from jobs.protect.export_data import write_export
from jobs.protect.processing_record import record_files
from jobs.protect.report_privacy import write_report
from jobs.protect.verify_audit import AuditState
from jobs.workplace import Workplace
from privacy.release.declared import read_privacy, read_record
from privacy.release.exports import Export, ExportRefusedError, read_export
from tests.jobs.protect.test_export_data import NIGHT, place

__all__ = ["place"]  # the fixture
_BILL = "most: {outside: 0.09}"


def _with_conf(tmp_path: Path, name: str, *changes: tuple[str, str]) -> Path:
    """A folder of conf whose file differs from the shipped one."""
    text = (conf_root() / "privacy" / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "conf" / "privacy").mkdir(parents=True)
    (tmp_path / "conf" / "privacy" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "conf"


def _days_tell_all() -> Export:
    """Each encounter has a length of its own, so that who holds its bill knows it again."""
    export = read_export("research_encounters")
    query = export.query.replace("greatest(datediff(e.ended_at, e.started_at), 0)", "minute(e.ended_at)")
    return Export.model_validate(export.model_dump(by_alias=True) | {"query": query})


def test_an_export_tells_whom_each_attacker_singles_out(place, tmp_path):
    reported = write_export(_days_tell_all(), place, NIGHT, tmp_path)["linkage"]
    assert {name: (a["persons"], a["singled_out"]) for name, a in reported.items()} == {
        "acquaintance": (8, 0), "colleague": (8, 0), "bill_holder": (8, 8),
    }  # fmt: skip
    assert reported["bill_holder"]["alone_in_lake"] == 8
    assert reported["acquaintance"]["knows"] == ["age_band", "sex", "city", "month"]
    page = (tmp_path / "research_encounters-2026-03-31" / "report.html").read_text(encoding="utf-8")
    assert "8 (100.00%)" in page


def test_an_export_that_an_attacker_re_links_beyond_the_limit_is_refused_and_nothing_is_written(place, tmp_path):
    conf = _with_conf(tmp_path, "default", (_BILL, "most: {inside: 0.5, outside: 0.09}"))
    strict = Workplace(place.settings.model_copy(update={"conf": conf}))
    strict._spark = place.spark
    reported = r"who holds a bill singles out 8 of 8 persons \(100.00%\) by age_band, .*; the limit is 50.00%"
    with pytest.raises(ExportRefusedError, match=reported):
        write_export(_days_tell_all(), strict, NIGHT, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_tables_of_cells_and_packs_of_leads_say_that_nobody_attacked_them(place, tmp_path):
    reported = write_export(read_export("leads_pseudonymous"), place, NIGHT, tmp_path)
    page = (tmp_path / "leads_pseudonymous-2026-03-31" / "report.html").read_text(encoding="utf-8")
    assert reported["linkage"] == {}
    assert "No re-link test" in page


def test_the_nightly_report_tells_how_many_persons_stand_alone_and_what_is_over_its_limit(place):
    reported = write_report(place, NIGHT)
    found = {name: (m["singled_out"], m["most"]) for name, m in reported["sets"].items()}
    assert reported["persons"] == 9
    assert found == {"as_in_the_lake": (1, None), "age_bands_and_city": (1, None), "without_institution": (1, 0.05)}
    folder = place.settings.reports_dir / "2026-03-31" / "privacy"
    assert "超出 exceeded" in (folder / "privacy.html").read_text(encoding="utf-8")
    assert "singled out 11.11% &gt; 5.00%" in (folder / "processing.html").read_text(encoding="utf-8")


def _record(settings: Settings) -> dict:
    columns = [{"file": "f", "column": "psn_no", "treatment": "token", "becomes": "patient.patient_id", "level": 4}]
    sets = {"all": {"singled_out": 3, "singled_out_share": 0.3, "most": 0.1}}
    audit = AuditState(True, 3, "a" * 64, "3 lines hold")
    files = record_files(settings, NIGHT, read_privacy(settings), columns, sets, audit)
    assert files.keys() == {"processing.json", "processing.html"}
    erasures = files["processing.html"].decode().split("删除 Erasures")[1].split("</table>")[0]
    assert "无 none" in erasures, "a record without erasures says so"
    return json.loads(files["processing.json"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"var": tmp_path / "var"}, environment={}).settings


def test_the_record_of_processing_tells_of_every_table_and_column_and_how_it_is_kept(settings):
    reported = _record(settings)
    assert {*TABLES} <= {row["table"] for row in reported["tables"]}
    assert len(reported["columns"]) == sum(len(table.columns) for table in TABLES.values())
    tables = {row["table"]: row for row in reported["tables"]}
    assert "patient_id (person)" in tables["claim_line"]["tokens"]
    assert (tables["claim_line"]["free_text"], tables["diagnosis"]["retention"]) == ("note", "随 goes with encounter")
    assert all(row["purpose"] for row in reported["tables"])
    assert reported["said"]["purpose"]["en"].startswith("find signs")


def test_a_columns_level_is_that_of_what_it_is_made_of_or_of_its_tokens(settings):
    levels = {(c["table"], c["column"]): c["level"] for c in _record(settings)["columns"]}
    assert levels["patient", "patient_id"] == 4
    assert (levels["lead_evidence", "patient_id"], levels["claim_line", "ordering_doctor_id"]) == (4, 2)


def test_what_nobody_has_filled_in_or_narrowed_is_reported_as_open(settings):
    points = _record(settings)["open"]
    assert any(point.startswith("record.yaml controller: 待填") for point in points)
    assert any(point.startswith("conf/access approvers") for point in points)
    assert any("30.00% > 10.00%" in point for point in points)


def test_what_the_bureau_fills_in_is_open_no_more(settings, tmp_path):
    conf = _with_conf(tmp_path, "record", ("待填:处理者名称(医疗保障局)", "测试市医疗保障局"))
    reported = _record(settings.model_copy(update={"conf": conf}))
    assert not any(point.startswith("record.yaml controller") for point in reported["open"])


def test_a_record_that_does_not_say_what_a_kind_of_table_is_for_is_refused(settings, tmp_path):
    conf = _with_conf(tmp_path, "record", ("  beside: {zh:", "  besides: {zh:"))
    with pytest.raises(CatalogueError, match=r"besides"):
        read_record(settings.model_copy(update={"conf": conf}))
