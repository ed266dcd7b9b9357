"""The job of leads, on a small lake made by hand: publish, publish again, show."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from fundwatch.contracts import TABLES
from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.store import Lake
from fundwatch.settings import load_settings
from jobs.job import Report, run_job
from jobs.publish_leads import JOB
from jobs.review.pages import print_lead, print_list
from jobs.review.read_leads import rows_of, rule_coverage, shadow_hits
from jobs.review.show_lead import find_lead, newest_list, night_list, one_lead
from jobs.workplace import Workplace
from tests.lakes import put
from tests.places import at

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
_HIT = {
    "hit_id": "h1", "rule_id": "DC-03", "tier": "明确违规", "subject_type": "institution", "subject_id": "H1",
    "amount_at_risk": Decimal("60.00"), "is_estimate": False, "reason_zh": "同一明细两次", "reason_en": "twice",
}  # fmt: skip
# rules in shadow: one about somebody else, one about the subject and the line of the lead that an active rule makes
_SHADOW_HIT = _HIT | {"hit_id": "h2", "rule_id": "OP-01", "rule_state": "shadow", "subject_id": "H2"}
_ROWS: dict[str, list[dict[str, Any]]] = {
    "rule_hit": [_HIT, _SHADOW_HIT, _SHADOW_HIT | {"hit_id": "h3", "subject_id": "H1"}],
    "hit_line": [
        {"hit_id": "h1", "line_id": "L1", "settlement_id": "S1", "amount_at_risk": Decimal("60.00")},
        {"hit_id": "h2", "line_id": "L2", "settlement_id": "S2", "amount_at_risk": Decimal("900.00")},
        {"hit_id": "h3", "line_id": "L1", "settlement_id": "S1", "amount_at_risk": Decimal("900.00")},
    ],
    "rule_coverage": [
        {"rule_id": "DC-03", "institution_id": "H1", "state": "run", "judged_count": 9, "hit_count": 1},
        {"rule_id": "OP-01", "rule_state": "shadow", "state": "run", "judged_count": 9, "hit_count": 2},
        {
            "rule_id": "FK-06",
            "institution_id": "",
            "state": "not_run",
            "why_not": "institution.bed_count is not supplied",
        },
    ],
    "score": [
        {"entity_type": "doctor", "entity_id": "", "model": "isolation_forest", "state": "not_run", "why_not": "none"}
    ],
    "score_reason": [],
    "claim_line": [
        {"line_id": "L2", "patient_id": "cd" * 16, "charged_at": datetime(2026, 3, 5, 9)},
        {"line_id": "L1", "patient_id": "ab" * 16, "charged_at": datetime(2026, 3, 4, 23, 30)},
    ],
    "settlement": [
        {"settlement_id": "S1", "fund_amount": Decimal("50.00"), "account_amount": Decimal("0.00")},
        {"settlement_id": "S2", "fund_amount": Decimal("900.00"), "account_amount": Decimal("0.00")},
    ],
    "institution": [{"institution_id": "H1", "institution_name": "平安镇中心卫生院"}],
    "delivery": [{"file_name": "fee_list.csv", "sha256": "e" * 64}],
}

_SILENT = "not run: isolation_forest of doctors: none"
_DETAILS: dict[str, dict[str, Any]] = {
    "rules": {},
    "score": {"incomplete": [_SILENT]},
    "features": {"not_run": {"patient_cash_share_30d": "settlement.cash_amount is not supplied"}},
}


def _lay_out(place: Workplace) -> None:
    """The tables of the earlier stages, written without Spark, which starts no job for them."""
    import pyarrow as pa
    from deltalake import write_deltalake
    from pyspark.sql.pandas.types import to_arrow_schema

    for table, rows in _ROWS.items():
        schema = to_arrow_schema(TABLES[table].schema(), timezone="UTC")
        given = [{"known_from": NIGHT, "business_date": NIGHT} | row for row in rows]
        content = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in given], schema)
        write_deltalake(str(place.lake.table_address(table)), content)
    for stage in ("features", "rules", "score"):
        run_id = place.ledger.start(stage, NIGHT, f"{stage}-print")
        place.ledger.commit(run_id, stage, NIGHT, f"{stage}-print", _DETAILS[stage])


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    settings = load_settings({"var": tmp_path_factory.mktemp("var")}, environment={}).settings
    workplace = Workplace(settings)
    workplace._spark = spark
    _lay_out(workplace)
    return workplace


@pytest.fixture(scope="module")
def report(place: Workplace) -> Report:
    return run_job(JOB, place, NIGHT)


@pytest.mark.slow
def test_the_list_is_published_capped_and_reported_to_mlflow(place: Workplace, report: Report):
    assert (report["leads"], report["amount_at_risk"], report["mlflow"]) == (1, "50.00", "logged")
    assert (place.settings.lists_dir / "2026-03-31" / "leads.xlsx").is_file()
    assert report["not_run"] == 3  # a rule, a model, an indicator
    assert report["incomplete"] == [f"the list of {NIGHT} stands without the model: {_SILENT}"]


@pytest.mark.slow
def test_a_shadow_rule_makes_no_lead_no_evidence_no_case_and_no_money(place: Workplace, report: Report):
    night = ("business_date", "==", NIGHT)
    (lead,) = rows_of(place.lake, "lead", night)
    assert (lead["subject_id"], lead["rule_ids"], lead["hit_count"]) == ("H1", ["DC-03"], 1)
    assert lead["amount_at_risk"] == Decimal("50.00")
    assert {row["line_id"] for row in rows_of(place.lake, "lead_evidence", night)} == {"L1"}
    assert {row["kind"] for row in rows_of(place.lake, "case", night)} == {"DC-03"}


@pytest.mark.slow
def test_every_door_of_the_list_says_which_rules_are_in_shadow_and_what_they_hit(
    place: Workplace, report: Report, capsys: pytest.CaptureFixture[str]
):
    folder = place.settings.lists_dir / NIGHT.isoformat()
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["shadow"] == {"OP-01": 2}
    sheet = openpyxl.load_workbook(folder / "leads.xlsx")["规则 Rules"]
    states = {row[0]: row[3] for row in sheet.iter_rows(values_only=True) if row[0] in ("DC-03", "OP-01")}
    assert states == {"DC-03": "已运行 run", "OP-01": "试运行 shadow: 已运行 run"}
    (page,) = (folder / "evidence").glob("*.html")
    assert "in no lead: OP-01 2" in page.read_text(encoding="utf-8")
    listing = night_list(place.settings, NIGHT)
    assert listing.as_json()["shadow"] == {"OP-01": 2}
    print_list(listing, print)
    assert "in no lead: OP-01 2" in capsys.readouterr().out


def test_a_coverage_of_before_rules_had_states_is_of_active_ones(tmp_path: Path):
    import pyarrow as pa
    from deltalake import write_deltalake

    rows = {"business_date": [NIGHT], "rule_id": ["DC-03"], "institution_id": ["H1"], "state": ["run"],
            "why_not": pa.array([None], pa.string()), "judged_count": [9], "hit_count": [1]}  # fmt: skip
    write_deltalake(str(tmp_path / "rule_coverage"), pa.table(rows))
    (row,) = rule_coverage(Lake(at(tmp_path)), NIGHT)
    assert (row.what, row.hit_count, row.is_shadow) == ("DC-03", 1, False)
    assert shadow_hits(Lake(at(tmp_path)), NIGHT) == {}


@pytest.mark.slow
def test_publishing_again_has_nothing_to_do_until_a_file_is_gone_and_then_gives_the_same_bytes(
    place: Workplace, report: Report
):
    workbook = place.settings.lists_dir / "2026-03-31" / "leads.xlsx"
    wanted = workbook.read_bytes()
    assert run_job(JOB, place, NIGHT)["is_new"] is False
    workbook.unlink()
    again = run_job(JOB, place, NIGHT)
    assert again["is_new"]
    assert again["list_fingerprint"] == report["list_fingerprint"]
    assert workbook.read_bytes() == wanted


@pytest.mark.slow
def test_show_gives_the_list_and_one_lead_without_spark(
    place: Workplace, report: Report, capsys: pytest.CaptureFixture[str]
):
    listing = night_list(place.settings, newest_list(place.settings))
    listed = listing.as_json()
    assert (listed["business_date"], len(listed["leads"])) == (NIGHT, report["leads"])
    assert [(case["kind"], case["state"], case["first_seen"]) for case in listed["cases"]] == [("DC-03", "new", NIGHT)]
    assert "out_of_date" not in listed
    one = one_lead(place.settings, NIGHT, "1")
    shown = one.as_json()
    assert (shown["cases"], [hit["reason_zh"] for hit in shown["hits"]]) == (listed["cases"], ["同一明细两次"])
    assert shown["lead"]["subject_name"] == "平安镇中心卫生院"
    assert shown["evidence"][0]["charged_at"] == datetime(2026, 3, 4, 23, 30)  # as it was written
    assert find_lead(place.settings, NIGHT, shown["lead"]["lead_id"][:8]).place == 1
    assert capsys.readouterr().out == ""
    print_lead(one, print)
    print_list(listing, print)
    printed = capsys.readouterr().out
    assert "未运行的模型 Models not run: doctor isolation_forest: none" in printed
    assert "明确违规" in printed
    assert "DC-03 新增 new(自 since 2026-03-31" in printed
    assert "ab" * 16 not in printed


@pytest.mark.slow
def test_show_refuses_a_night_or_a_lead_that_is_not_there(place: Workplace, report: Report):
    with pytest.raises(NotReadyError, match="no list of 2026-04-01"):
        newest_list(place.settings, date(2026, 4, 1))
    with pytest.raises(FundwatchError, match="no lead of 2026-03-31 named '99'"):
        one_lead(place.settings, NIGHT, "99")


def test_a_place_that_leads_share_names_none_of_them_and_the_refusal_lists_their_ids(tmp_path: Path):
    from jobs.protect.reidentify_tokens import lead_id_of
    from jobs.review.read_leads import listed_leads
    from privacy.access.people import AccessRefusedError

    settings = load_settings({"var": tmp_path}, environment={}).settings
    lake = Lake(settings.lake_address)
    leads = [("1a" * 8, 1), ("2b" * 8, 2), ("3c" * 8, 2), ("4d" * 8, 4)]
    put(lake, "lead", [{"business_date": NIGHT, "lead_id": lead_id, "place": place} for lead_id, place in leads])
    with pytest.raises(FundwatchError) as shown:
        find_lead(settings, NIGHT, "2")
    with pytest.raises(AccessRefusedError) as asked:
        lead_id_of(lake, NIGHT, "2")
    assert {shown.value.do, asked.value.do} == {f"give one of their ids: {'2b' * 8}, {'3c' * 8}"}
    assert find_lead(settings, NIGHT, "3c").lead_id == lead_id_of(lake, NIGHT, "3c" * 8) == "3c" * 8
    assert [lead.place for lead in listed_leads(lake, NIGHT, 2)] == [1, 2, 2]


def test_a_table_whose_newest_commit_is_empty_is_refused(tmp_path: Path):
    import pyarrow as pa
    from deltalake import write_deltalake

    for place in (1, 2):
        write_deltalake(str(tmp_path / "lead"), pa.table({"place": [place]}), mode="append")
    (tmp_path / "lead" / "_delta_log" / f"{1:020d}.json").write_bytes(b"")
    with pytest.raises(DamagedFileError, match="newest commit of the table lead is empty"):
        rows_of(Lake(at(tmp_path)), "lead")
