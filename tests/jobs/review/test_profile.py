"""One person, one file (一人一档): whom an id means, what the file holds, and that it stays small and names nobody."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fundwatch.errors import ExitCode, FundwatchError, NotReadyError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import find_subject
from jobs.review.profiles.show_profile import ProfileShown, show_profile
from tests.lakes import ANNA, BERT, FIRST, SECOND, line, make_lake, note_committed, put

KNOWN = {"known_from": FIRST}
DOCTOR, OTHER = "d" * 32, "d1" + "e" * 30
BUSY = "b0" * 16
LADDER = [float(n) for n in range(101)]


def with_columns(lake: Lake, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows of an open table, with columns of their own."""
    write_deltalake(str(lake.table_address(table)), pa.Table.from_pylist(rows), partition_by=["business_date"])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The tiny lake with a doctor, a hospital and a shop, indicators of one patient, and a doctor of 100,000 lines."""
    settings = make_lake(tmp_path_factory.mktemp("profile") / "var")
    lake = Lake(settings.lake_address)
    put(lake, "institution", [
        {"institution_id": "H1", "institution_name": "平安镇<b>卫生院", "institution_type": "hospital", **KNOWN},
        {"institution_id": "P1", "institution_name": "平安大药房", "institution_type": "pharmacy", **KNOWN},
    ])  # fmt: skip
    put(
        lake,
        "doctor",
        [{"doctor_id": d, "institution_id": "H1", "department": "内科", **KNOWN} for d in (DOCTOR, OTHER)],
    )
    at, stay = datetime(2026, 3, 10, 9), {"is_inpatient": True, "ended_at": datetime(2026, 3, 14)}
    put(lake, "encounter", [
        {"encounter_id": "V1", "patient_id": ANNA, "institution_id": "H1", "started_at": at, **KNOWN, **stay},
        {"encounter_id": "V2", "patient_id": ANNA, "institution_id": "P1", "started_at": at, **KNOWN},
        {"encounter_id": "V3", "patient_id": ANNA, "institution_id": "H1", "started_at": datetime(2026, 3, 20),
         "is_inpatient": True, "ended_at": datetime(9999, 1, 1), **KNOWN},
    ])  # fmt: skip
    own = {
        "ordering_doctor_id": DOCTOR,
        "institution_id": "H1",
        "charge_class": "09",
        "item_code": "X",
        "item_name": "=cmd",
    }
    put(lake, "claim_line", [line("L4", ANNA, "5.50", **own, **KNOWN)])
    _busy_doctor(lake)
    night = {"business_date": SECOND}
    with_columns(lake, "indicator_patient", [
        {**night, "patient_id": ANNA, "peer_group": "patient|1", "patient_drug_share_30d": 99.5,
         "patient_odd_90d": None},
        {**night, "patient_id": BERT, "peer_group": "patient|1", "patient_drug_share_30d": 1.0, "patient_odd_90d": 2.0},
    ])  # fmt: skip
    put(lake, "peer_statistic", [
        {**night, "entity_type": "patient", "peer_group": "patient|1", "indicator": "patient_drug_share_30d",
         "peer_count": 300, "median": 50.0, "mad": 10.0, "ladder": LADDER},
    ])  # fmt: skip
    note_committed(lake, "features", SECOND)
    return settings


def _busy_doctor(lake: Lake) -> None:
    """100,000 lines of one doctor in 60 days and 500 items."""
    count = 100_000
    first = datetime(2026, 1, 5, 8)
    n = range(count)
    write_deltalake(
        str(lake.table_address("claim_line")),
        pa.table({
            "line_id": [f"B{i}" for i in n],
            "encounter_id": [f"EB{i // 40}" for i in n],
            "patient_id": [f"{i % 900:032x}" for i in n],
            "ordering_doctor_id": [BUSY] * count,
            "item_code": [f"C{i % 500}" for i in n],
            "item_name": [f"项目{i % 500}" for i in n],
            "charge_class": [f"{i % 14 + 1:02}" for i in n],
            "amount": pa.array([Decimal("2.00")] * count, pa.decimal128(16, 2)),
            "charged_at": pa.array([first + timedelta(days=i % 60) for i in n], pa.timestamp("us", tz="UTC")),
            "known_from": [FIRST] * count,
        }),
        mode="append",
        schema_mode="merge",
    )  # fmt: skip


@pytest.fixture(scope="module")
def anna(settings: Settings) -> ProfileShown:
    return show_profile(settings, "patient", ANNA[:6], None)


def rows_of(content: bytes) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))


def test_the_beginning_of_an_id_is_enough_and_the_newest_night_is_meant(anna: ProfileShown) -> None:
    assert (anna.profile.subject.id, anna.profile.night) == (ANNA, SECOND)
    assert anna.folder.parts[-3:] == (str(SECOND), "profiles", f"patient-{ANNA}")


def test_what_a_patient_had_is_told_apart(anna: ProfileShown) -> None:
    care = {one.kind: one.encounters for one in anna.profile.care.days if one.day >= date(2026, 3, 10)}
    assert care == {"stay": 1, "purchase": 1} | {"stay": 1}
    first, second = anna.profile.care.stays
    assert (first.started, first.ended, first.institution) == (date(2026, 3, 10), date(2026, 3, 14), "平安镇<b>卫生院")
    assert second.ended is None  # a placeholder is no end


def test_lines_that_were_taken_back_are_not_in_the_file_and_were_in_that_of_the_night_before(
    settings: Settings, anna: ProfileShown
) -> None:
    assert anna.profile.charges.amount == Decimal("15.50")
    before = show_profile(settings, "patient", ANNA, FIRST).profile
    assert before.charges.amount == Decimal("36.00")


def test_an_indicator_is_shown_beside_its_peers(anna: ProfileShown) -> None:
    by_name = {one.name: one for one in anna.profile.indicators}
    drug = by_name["patient_drug_share_30d"]
    assert (drug.percentile, drug.peer_count, drug.is_strange, drug.robust_z) == (0.99, 300, True, 4.95)
    assert by_name["patient_odd_90d"].value is None
    (row,) = [row for row in rows_of((anna.folder / "indicators.csv").read_bytes()) if row["value"]]
    assert (row["indicator"], row["percentile"], row["peer_median"]) == ("patient_drug_share_30d", "0.99", "50.0")


def test_the_page_is_whole_harmless_and_says_what_was_not_run(anna: ProfileShown) -> None:
    html = anna.page.read_text(encoding="utf-8")
    assert html.count("<svg") == 4
    assert "平安镇&lt;b&gt;卫生院" in html
    assert "<b>卫生院" not in html
    assert "未运行 not run: 评分 scores: `fundwatch score --date 2026-03-31`" in html
    assert "hits: `fundwatch scan" not in html
    assert not re.search(r"certificate|caANNA|\bca\b", html)  # nothing of the register's linking columns


def test_no_cell_of_a_table_computes(anna: ProfileShown) -> None:
    assert b"'=cmd" in (anna.folder / "items.csv").read_bytes()


def test_earlier_leads_and_cases_stand_in_the_file(anna: ProfileShown) -> None:
    found = anna.profile.findings
    assert [case.case_id for case in found.cases] == ["cla"]
    assert [hit.hit_id for hit in found.hits] == ["ha"]
    assert found.hit_counts == {"": 1} or sum(found.hit_counts.values()) == 1


def test_a_hundred_thousand_lines_come_back_summed(settings: Settings) -> None:
    shown = show_profile(settings, "doctor", BUSY, None)
    charges = shown.profile.charges
    assert (charges.lines, charges.item_total, charges.patients, len(charges.days)) == (100_000, 500, 900, 60)
    assert charges.amount == Decimal("200000.00") == sum(sum(month.amounts) for month in charges.by_class)
    assert len(charges.items) == 50
    assert sum(file.stat().st_size for file in shown.folder.iterdir()) < 200_000
    assert "20 / 500" in shown.page.read_text(encoding="utf-8")


def test_a_shop_is_a_pharmacy_and_an_institution(settings: Settings) -> None:
    lake = Lake(settings.lake_address)
    assert find_subject(lake, SECOND, "pharmacy", "P1").name == "平安大药房"
    assert find_subject(lake, SECOND, "institution", "P1").id == "P1"


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("patient", "f" * 12, "no patient id known on 2026-03-31 begins with 'ffffffffffff'"),
        ("patient", DOCTOR, f"'{DOCTOR}' is no patient id, but of another kind: doctor"),
        ("pharmacy", "H1", "'H1' is no pharmacy id, but of another kind: institution"),
        ("doctor", "d", "'d' is no id"),
        ("doctor", "d' OR 1=1", "is no id, nor the beginning of one"),
        ("doctor", "../../etc", "is no id, nor the beginning of one"),
    ],
)
def test_an_id_that_is_not_one_s_is_refused_by_name(settings: Settings, kind: str, given: str, says: str) -> None:
    with pytest.raises(FundwatchError, match=re.escape(says)):
        show_profile(settings, kind, given, None)


def test_the_beginning_of_several_ids_is_refused_with_them(settings: Settings) -> None:
    lake = Lake(settings.lake_address)
    put(lake, "doctor", [{"doctor_id": f"c0{n}" + "0" * 29, "institution_id": "H1", **KNOWN} for n in (1, 2)])
    with pytest.raises(FundwatchError, match="2 doctor ids begin with 'c0'") as refused:
        show_profile(settings, "doctor", "c0", None)
    assert f"c01{'0' * 29}, c02{'0' * 29}" in refused.value.do


def test_a_night_that_is_not_there_is_reported_with_those_that_are(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError) as refused:
        show_profile(settings, "patient", ANNA, date(2026, 4, 7))
    assert refused.value.exit_code == ExitCode.NOT_READY
    assert "2026-03-31, 2026-03-24" in refused.value.do
    empty = Settings(var=tmp_path)
    Lake(empty.lake_address).make()
    with pytest.raises(NotReadyError, match="no night has taken claims in yet"):
        show_profile(empty, "patient", ANNA, None)


def test_outcomes_are_shown_where_there_are_such_and_what_was_taken_back_is_not(settings: Settings) -> None:
    lake = Lake(settings.lake_address)
    outcomes = [
        {"outcome_id": "o1", "subject_id": BERT, "decision": "confirmed", "on_date": SECOND, "withdraws": ""},
        {"outcome_id": "o2", "subject_id": BERT, "decision": "cleared", "on_date": SECOND, "withdraws": ""},
        {"outcome_id": "o3", "subject_id": BERT, "decision": "cleared", "on_date": SECOND, "withdraws": "o2"},
    ]
    write_deltalake(str(lake.table_address("outcome")), pa.Table.from_pylist(outcomes))
    assert show_profile(settings, "patient", BERT, FIRST).profile.beside == []
    (part,) = show_profile(settings, "patient", BERT, None).profile.beside
    assert part.columns == ["on_date", "decision", "outcome_id"]
    assert part.rows == [["2026-03-31", "confirmed", "o1"]]
