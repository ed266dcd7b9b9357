"""A source without registers: the guide's own mapping, word for word, over seven rows of lines, to a finished night."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from fundwatch.settings import Settings
from jobs.onboard.reference import GUIDE
from jobs.protect.manage_keys import make_missing_keys
from jobs.run_nights import run_night
from jobs.workplace import Workplace
from tests.lake_content import rows_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
VISITS = """visit,person,hospital,day,kind,left,reason,person_name,record
V1,P1,H1,20260302,OP,20260302,cough,Zhang San,R1
V2,P1,H1,20260303,OP,20260303,cough,Zhang San,R2
V3,P2,H2,20260305,IP,20260309,pain,Li Si,R3
V4,P3,H2,20260306,OP,,rash,Wang Wu,R4
"""
LINES = """visit,number,item,count,fee,class,doctor,state,days,remark,doctor_name,taken_back
V1,1,X1,1,1250,A,D1,1,7,,Dr Zhao,N
V1,2,X2,2,3000,B,D1,1,,,Dr Zhao,N
V2,1,X1,1,1250,A,D1,1,7,,Dr Zhao,N
V3,1,X3,1,99000,A,D2,1,,,Dr Qian,N
V3,2,X4,1,500,C,D2,1,,,Dr Qian,N
V4,1,X1,1,1250,A,D3,1,7,,Dr Sun,N
V4,2,X2,1,1500,B,D3,0,,,Dr Sun,N
"""


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    root = tmp_path_factory.mktemp("seven_rows")
    mapping = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    for name, text in {
        "conf/sources/my_claims.yaml": mapping,
        f"landing/{NIGHT}/visits.csv": VISITS,
        f"landing/{NIGHT}/lines.csv": LINES,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    place = Workplace(Settings(var=root, conf=root / "conf", source="my_claims", train_if_missing=False))
    place._spark = spark
    make_missing_keys(place.settings)
    run_night(place, NIGHT)
    return place


def test_every_line_is_in_the_clean_table_and_its_settlement_is_made_of_them(place: Workplace) -> None:
    lines = rows_in(place.lake, "claim_line", "TRUE")
    assert {row["line_id"]: str(row["amount"]) for row in lines} == {
        "V1-1": "12.50", "V1-2": "30.00", "V2-1": "12.50", "V3-1": "990.00", "V3-2": "5.00", "V4-1": "12.50",
    }  # fmt: skip
    settled = {row["settlement_id"]: str(row["total_amount"]) for row in rows_in(place.lake, "settlement", "TRUE")}
    assert settled == {"V1": "42.50", "V2": "12.50", "V3": "995.00", "V4": "12.50"}


def test_persons_doctors_and_institutions_come_from_the_claims_and_their_peers_are_as_wide_as_what_is_known(
    place: Workplace,
) -> None:
    assert not place.lake.exists("doctor")
    assert not place.lake.exists("patient")
    for entity, count in (("patient", 3), ("doctor", 3), ("institution", 2)):
        rows = rows_in(place.lake, f"indicator_{entity}", "TRUE")
        assert (len(rows), {row["peer_group"] for row in rows}) == (count, {entity})


def test_the_night_ends_with_a_list_that_says_what_did_not_run(place: Workplace) -> None:
    leads = place.ledger.committed("leads", NIGHT)
    assert leads is not None
    coverage = {row["rule_id"]: row["why_not"] for row in rows_in(place.lake, "rule_coverage", "state = 'not_run'")}
    assert coverage["FK-06"].startswith("the table institution is missing; ")
    assert "the table patient is missing" in coverage["ID-04"]
