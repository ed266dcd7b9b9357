from __future__ import annotations

import gzip
import hashlib
import json
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.contracts import TABLES
from fundwatch.errors import DeliveryError, GateError, HeldError, KeyMissingError
from fundwatch.lake.check import CheckOutcome
from fundwatch.resources import conf_root
from fundwatch.settings import Settings
from jobs.job import Night, run_job
from jobs.load_delivery import JOB
from jobs.operate.accounts import Accounts
from jobs.protect.manage_keys import make_missing_keys
from jobs.workplace import Workplace
from privacy.keys.ring import make_key
from tests.intake.deliveries import (
    CERTIFICATE,
    DIAGNOSIS,
    INSTITUTION,
    LINE,
    NAME,
    PERSON,
    PHONE,
    SETTLEMENT,
    VISIT,
    change_manifest,
    columns_of,
    csv_bytes,
    deliver,
    line,
    make_files_optional,
    reversal,
    whole,
)
from tests.lake_content import content_of, known_in, rows_in
from tests.places import folder_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)
# marked as a refund, with positive amounts
TAKEN_BACK = {
    **SETTLEMENT, "setl_id": "S2", "init_setl_id": "S1", "refd_setl_flag": "1", "setl_time": "2026-03-31 08:00:00"
}  # fmt: skip


def new_place(
    spark: SparkSession, root: Path, quarantine_share: str | None = None, stage_rows: int = 300_000
) -> Workplace:
    """A lake of its own that uses the tests' session; small deliveries may need a wider limit of faulty lines."""
    overlay = root / "conf"
    if quarantine_share is not None:
        (overlay / "quality").mkdir(parents=True)
        shipped = (conf_root() / "quality" / "default.yaml").read_text(encoding="utf-8")
        changed = shipped.replace("_share: 0.02", f"_share: {quarantine_share}")
        (overlay / "quality" / "default.yaml").write_text(changed, encoding="utf-8")
    place = Workplace(Settings(var=root, conf=overlay, stage_rows=stage_rows))
    place._spark = spark
    make_missing_keys(place.settings)
    return place


def tables_in(place: Workplace) -> set[str]:
    return {p.name for p in folder_of(place.settings).iterdir() if p.name in TABLES}


@pytest.fixture(scope="module")
def two_nights(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Night one: lines good, bad, twice, of no validity, in GB18030. Night two: reversals, a resent line, a death."""
    place = new_place(spark, tmp_path_factory.mktemp("nights"), "0.9")
    lines = [LINE, line("L2"), line("L2"), line("L3", cnt="abc"), line("L4", vali_flag="0")]
    lines += [line("L5", init_feedetl_sn="0")]
    folder = deliver(place.settings.landing_dir, whole(fee_list=lines), FIRST)
    chinese = gzip.compress(csv_bytes(lines, columns_of("fee_list"), "gb18030"))
    (folder / "fee_list.csv.gz").write_bytes(chinese)
    change_manifest(folder, "fee_list", sha256=hashlib.sha256(chinese).hexdigest(), bytes=len(chinese))
    run_job(JOB, place, FIRST)
    second = {
        "psn_info": [{**PERSON, "die_date": "2026-03-20"}],
        "mdtrt": [VISIT],
        "setl": [TAKEN_BACK],
        "fee_list": [reversal("L1-", "L1"), reversal("L2-", "L2", 1), lines[-1], reversal("L9-", "L9")],
        "diag": [DIAGNOSIS],
        "medins": [INSTITUTION],
    }
    deliver(place.settings.landing_dir, second, SECOND)
    run_job(JOB, place, SECOND)
    return place


def test_lines_and_money_delivered_are_accepted_quarantined_or_duplicates_to_the_cent(two_nights):
    totals = rows_in(two_nights.lake, "control_total", "table_name = 'claim_line'")
    found = {
        t["business_date"]: [
            (t[f"{kind}_lines"], t[f"{kind}_amount"]) for kind in ("delivered", "accepted", "quarantined", "duplicate")
        ]
        for t in totals
    }
    money = Decimal
    assert found == {
        FIRST: [(6, money("540.00")), (3, money("270.00")), (2, money("180.00")), (1, money("90.00"))],
        SECOND: [(4, money("-120.00")), (3, money("-210.00")), (0, money("0.00")), (1, money("90.00"))],
    }


def test_a_reversal_that_waits_is_told_with_its_money_of_its_night_and_file(two_nights):
    totals = rows_in(two_nights.lake, "control_total", "table_name IN ('claim_line', 'settlement')")
    waiting = {(t["business_date"], t["table_name"]): (t["waiting_lines"], t["waiting_amount"]) for t in totals}
    none = (0, Decimal("0.00"))
    assert waiting == {
        (FIRST, "claim_line"): none, (FIRST, "settlement"): none, (SECOND, "settlement"): none,
        (SECOND, "claim_line"): (1, Decimal("-90.00")),
    }  # fmt: skip
    detail = two_nights.ledger.committed("intake", SECOND).detail
    assert detail["amount_waiting"] == {"claim_line": "-90.00"}
    assert "-90.00" in Path(detail["quality_page"]).read_text(encoding="utf-8")
    accounts = [f for f in Accounts(two_nights.lake, None).findings() if f.check.startswith("delivered = in")]
    assert {(f.outcome, f.figures.partition(": ")[2]) for f in accounts if str(SECOND) == f.subject} == {
        (CheckOutcome.OK, "4 (-120.00) delivered = -1 (-120.00) in claim_line + 3 reversed + 1 (-90.00) waiting "
                     "+ 1 (90.00) quarantined or duplicates"),
        (CheckOutcome.OK, "1 (-90.00) delivered = -1 (-90.00) in settlement + 2 reversed + 0 (0.00) waiting"),
    }  # fmt: skip


def test_lines_that_no_settlement_pays_stand_on_the_page_with_their_money(two_nights):
    def standing(night: date) -> list[tuple[str, int, str]]:
        page = Path(two_nights.ledger.committed("intake", night).detail["quality_page"]).parent / "quality.json"
        return [(s["en"], s["lines"], s["amount"]) for s in json.loads(page.read_text())["standing"]]

    assert standing(FIRST) == []
    gone = "fee lines whose settlement has not come, waits, or was taken back"
    assert standing(SECOND) == [(gone, 2, "150.00")]


def test_rejected_rows_lie_in_quarantine_with_their_place_and_codes(two_nights):
    rows = rows_in(two_nights.lake, "quarantine", order="line_number")
    assert [(r["file_name"], r["line_number"], r["error_codes"]) for r in rows] == [
        ("fee_list.csv.gz", 5, ["MALFORMED:quantity"]),
        ("fee_list.csv.gz", 6, ["NOT_VALID"]),
    ]


def test_a_reversal_of_the_next_night_withdraws_the_line_and_the_first_night_still_knows_it(two_nights):
    def known(as_of: date) -> dict[object, object]:
        return {r["line_id"]: r["amount"] for r in known_in(two_nights.lake, "claim_line", as_of)}

    assert known(FIRST) == {"L1": Decimal(90), "L2": Decimal(90), "L5": Decimal(90)}
    assert known(SECOND) == {"L2": Decimal(60), "L5": Decimal(90)}
    assert known_in(two_nights.lake, "settlement", SECOND) == []


def test_a_register_row_gets_a_new_version_only_when_it_changed(two_nights):
    patients = rows_in(two_nights.lake, "patient", order="known_from")
    reported = [(p["known_from"], p["known_to"], p["death_date"], p["birth_year"]) for p in patients]
    assert reported == [(FIRST, SECOND, None, 1980), (SECOND, None, date(2026, 3, 20), 1980)]
    assert patients[0]["is_identity_sex_consistent"]
    assert len(rows_in(two_nights.lake, "encounter")) == 1


def test_what_the_source_supplies_says_whether_its_times_are_times(two_nights):
    rows = rows_in(two_nights.lake, "supplied_column", f"business_date = DATE '{SECOND}'")
    found = {(row["table_name"], row["column_name"]): row["has_time"] for row in rows}
    assert (found["claim_line", "charged_at"], found["claim_line", "amount"]) == (True, None)


def test_chinese_text_of_a_gb18030_file_is_read_right(two_nights):
    assert {row["item_name"] for row in rows_in(two_nights.lake, "claim_line_entry")} == {"普通病房床位费"}


def test_the_report_counts_what_was_done_and_reversals_that_wait(two_nights):
    detail = two_nights.ledger.committed("intake", SECOND).detail
    assert (detail["claim_lines"], detail["duplicates"], detail["reversals_waiting"]) == (4, 4, 1)
    assert Path(detail["quality_page"]).is_file()


def test_no_table_and_no_page_shows_a_direct_identifier(two_nights):
    pages = [p.read_text(errors="ignore") for p in two_nights.settings.reports_dir.rglob("*.html")]
    texts = [*chain(*content_of(two_nights.lake).values()), *pages]
    assert len(texts) > 20
    assert not [text for text in texts for secret in (NAME, PHONE, CERTIFICATE, "'P1'", "'D1'") if secret in text]


def test_the_same_night_again_is_skipped_and_when_forced_changes_nothing(two_nights):
    before = content_of(two_nights.lake)
    assert run_job(JOB, two_nights, FIRST)["is_new"] is False
    JOB.run(Night(JOB, two_nights, FIRST, "forced"))
    assert content_of(two_nights.lake) == before


@pytest.mark.parametrize(
    "new",
    [("claim_line",), pytest.param(("encounter", "settlement", "claim_line", "diagnosis"), marks=pytest.mark.long)],
    ids=["persons and lines", "all"],
)
def test_a_night_of_new_keys_is_appended_and_taken_in_once_more_changes_nothing(spark, tmp_path, new):
    def replaces(table: str) -> bool:
        commit = folder_of(place.lake, table) / "_delta_log" / f"{place.lake.version(table):020}.json"
        return '{"remove":' in commit.read_text(encoding="utf-8")

    place = new_place(spark, tmp_path, stage_rows=1)  # every table goes the way of large ones
    make_files_optional(place.settings)
    first = whole(fee_list=[LINE, LINE])
    second = {
        "psn_info": [{**PERSON, "die_date": "2026-03-20"}],
        "mdtrt": [{**VISIT, "mdtrt_id": "E2"}],
        "setl": [{**SETTLEMENT, "setl_id": "S2", "mdtrt_id": "E2"}],
        "fee_list": [line("L2", mdtrt_id="E2", setl_id="S2")],
        "diag": [{**DIAGNOSIS, "mdtrt_id": "E2"}],
    }
    kinds = ("psn_info", "fee_list") if len(new) == 1 else tuple(first)
    deliver(place.settings.landing_dir, {kind: first[kind] for kind in kinds}, FIRST)
    assert run_job(JOB, place, FIRST)["duplicates"] == 1
    deliver(place.settings.landing_dir, {kind: second[kind] for kind in kinds if kind in second}, SECOND)
    run_job(JOB, place, SECOND)
    assert {table: replaces(table) for table in new} == dict.fromkeys(new, False)
    assert replaces("patient")  # a person reported before
    taken_in = content_of(place.lake)
    assert len(taken_in["claim_line"]) == 2
    JOB.run(Night(JOB, place, SECOND, "forced"))
    JOB.run(Night(JOB, place, FIRST, "forced"))
    assert content_of(place.lake) == taken_in


def test_a_line_that_comes_again_settled_takes_its_own_place_from_that_night_on(spark, tmp_path):
    place = new_place(spark, tmp_path)
    make_files_optional(place.settings)
    mapping = tmp_path / "conf" / "sources" / "national.yaml"
    settles = 'later_replaces: {order: ["settlement_id IS NOT NULL"]}'
    shipped = mapping.read_text(encoding="utf-8")
    mapping.write_text(shipped.replace("  claim_line:\n", f"  claim_line:\n    {settles}\n"), encoding="utf-8")
    unsettled = line("L1", setl_id="")
    deliver(place.settings.landing_dir, {"fee_list": [unsettled, line("L2")]}, FIRST)
    run_job(JOB, place, FIRST)
    deliver(place.settings.landing_dir, {"fee_list": [unsettled, LINE]}, SECOND)
    assert run_job(JOB, place, SECOND)["duplicates"] == 1
    versions = rows_in(place.lake, "claim_line", order="line_id, known_from")
    assert [(v["line_id"], v["settlement_id"], v["known_from"], v["known_to"]) for v in versions] == [
        ("L1", None, FIRST, SECOND), ("L1", "S1", SECOND, None), ("L2", "S1", FIRST, None),
    ]  # fmt: skip
    accounts = [f for f in Accounts(place.lake, None).findings() if f.check.startswith("delivered = in claim_line")]
    assert [(f.outcome, f.figures) for f in accounts] == [
        (CheckOutcome.OK, "national: 2 (180.00) delivered = 2 (180.00) in claim_line + 0 reversed + 0 (0.00) waiting"),
        (CheckOutcome.OK, "national: 2 (180.00) delivered = 0 (0.00) in claim_line + 0 reversed + 0 (0.00) waiting "
                     "+ 1 (90.00) replaced + 1 (90.00) quarantined or duplicates"),
    ]  # fmt: skip
    before = content_of(place.lake)
    JOB.run(Night(JOB, place, FIRST, "forced"))
    assert content_of(place.lake) == before


def test_another_delivery_for_a_night_and_another_key_are_refused(two_nights, spark, tmp_path):
    other = tmp_path / "landing"
    deliver(other, whole(fee_list=[line("L8")]), SECOND)
    changed = Workplace(two_nights.settings.model_copy(update={"landing": other}))
    changed._spark = spark
    with pytest.raises(
        DeliveryError, match=r"another delivery was taken in for 2026-03-31(.|\n)*fee_list.csv.gz differs"
    ):
        run_job(JOB, changed, SECOND)
    make_key(tmp_path / "other.key")
    rekeyed = Workplace(two_nights.settings.model_copy(update={"key_file": tmp_path / "other.key"}))
    rekeyed._spark = spark
    with pytest.raises(KeyMissingError, match="the lake was made with the key"):
        run_job(JOB, rekeyed, SECOND)


def test_a_wrong_total_and_a_wrong_type_throughout_stop_the_night_before_the_lake(spark, tmp_path):
    place = new_place(spark, tmp_path)
    make_files_optional(place.settings)
    faulty = {"setl": [SETTLEMENT], "fee_list": [line("L1", cnt="three"), line("L2", cnt="two")]}
    folder = deliver(place.settings.landing_dir, faulty)
    change_manifest(folder, "setl", amount_total="91.00")
    with pytest.raises(GateError) as caught:
        run_job(JOB, place, SECOND)
    reported = str(caught.value)
    assert "setl.csv.gz (settlement): money read 90.00, declared 91.00" in reported
    assert "fee_list.csv.gz (claim_line): 100.00% of the lines are faulty, the limit is 2.00%" in reported
    said = "the value of quantity is no value of its type"
    assert f"claim_line: MALFORMED:quantity in 2 rows, such as fee_list.csv.gz line 2, 3 ({said})" in reported
    assert tables_in(place) == set()


def test_a_refused_delivery_and_a_missing_key_leave_the_lake_as_it_was(spark, tmp_path):
    place = new_place(spark, tmp_path)
    folder = deliver(place.settings.landing_dir, whole())
    change_manifest(folder, "fee_list", rows=9)
    with pytest.raises(DeliveryError, match="rows: has 1, the manifest says 9"):
        run_job(JOB, place, SECOND)
    place.settings.key_path.unlink()
    with pytest.raises(KeyMissingError):
        run_job(JOB, place, SECOND)
    assert tables_in(place) == set()


def test_a_file_that_no_pattern_takes_holds_the_delivery_by_its_name_and_values_that_say_nothing_are_counted(
    two_nights,
):
    night = date(2026, 4, 1)
    lines = [line("L7", bilg_dr_code="无"), line("L8", bilg_dr_code="无", bilg_dept_codg="/")]
    folder = deliver(two_nights.settings.landing_dir, whole(fee_list=lines), night)
    (folder / "manifest.json").unlink()
    (folder / "fee_list_2.csv").write_bytes(b"anything")
    with pytest.raises(HeldError, match=r"fee_list_2\.csv: no pattern of the mapping takes it; if it is of fee_list"):
        run_job(JOB, two_nights, night)
    (page,) = (two_nights.settings.reports_dir / str(night)).rglob("quality.json")
    found = json.loads(page.read_text(encoding="utf-8"))["placeholders"]
    assert [(one["column_name"], one["placeholder"], one["institution_id"], one["row_count"]) for one in found] == [
        ("ordering_department", "/", "H1", 1), ("ordering_doctor_id", "无", "H1", 2),
    ]  # fmt: skip


@pytest.mark.long
def test_a_tenth_and_the_tenfold_of_the_usual_are_held_although_their_manifests_are_true(spark, tmp_path):
    place = new_place(spark, tmp_path, "0.9")
    checks = tmp_path / "conf" / "quality" / "default.yaml"
    known_soon = checks.read_text(encoding="utf-8").replace("minimum_nights: 5", "minimum_nights: 2")
    checks.write_text(known_soon.replace("days: 14, rows: 200", "days: 0, rows: 2"), encoding="utf-8")

    def night_of(count: int, day: int) -> None:
        night = date(2026, 4, day)
        lines = [line(f"N{day}-{n}", fee_ocur_time="2026-03-30 09:00:00") for n in range(count)]
        deliver(place.settings.landing_dir, whole(fee_list=lines), night)
        run_job(JOB, place, night)

    night_of(20, 1)
    night_of(20, 2)
    with pytest.raises(HeldError, match=r"fee_list: 2 rows, usual 4–100 \(median 20 of 2 nights\)") as tenth:
        night_of(2, 3)
    assert "deliveries release --date 2026-04-03" in str(tenth.value)
    with pytest.raises(HeldError, match=r"fee_list: 200 rows, usual 4–100"):
        night_of(200, 4)
    night_of(19, 5)
