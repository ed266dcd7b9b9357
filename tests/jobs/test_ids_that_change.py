"""A person with a new card, from the guide's mapping and its file of links to the list of the night that has them."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fundwatch.regions import laid_over
from fundwatch.settings import Settings
from jobs.onboard.reference import GUIDE
from jobs.protect.manage_keys import make_missing_keys
from jobs.run_nights import run_night
from jobs.workplace import Workplace
from tests.lake_content import rows_in

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

FIRST, SECOND, THIRD = date(2026, 3, 17), date(2026, 3, 24), date(2026, 3, 31)
VISITS = "visit,person,hospital,day,kind,left,reason,person_name,record\n"
LINES = "visit,number,item,count,fee,class,doctor,state,days,remark,doctor_name,taken_back\n"
MOVES = "old_person,person,from_day\n"


def mapping() -> str:
    """The guide's, with the amounts that rules need, and its file of links."""
    texts = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    money = "          amount: {of: fee, unit: fen}"
    text = texts[0].replace(money, f"          covered_amount: {{of: fee, unit: fen}}\n{money}")
    text = text.replace(
        'total_amount: "sum(amount)"', 'total_amount: "sum(amount)"\n          covered_amount: "sum(amount)"'
    )
    (links,) = (read for one in texts[1:] if "moves" in (read := yaml.safe_load(one)).get("files", {}))
    return yaml.safe_dump(laid_over(yaml.safe_load(text), links), allow_unicode=True)


def nights(root: Path) -> None:
    """Two stays at once, of the old card and of the new one; then the link; then its withdrawal."""
    stays = "V1,OLD,H1,20260301,IP,20260310,a,b,R1\nV2,NEW,H2,20260302,IP,20260309,a,b,R2\n"
    charges = "V1,1,X1,1,1250,A,D1,1,,,x,N\nV2,1,X1,1,900,A,D2,1,,,x,N\n"
    other = ("V{0},P3,H1,20260311,OP,20260311,a,b,R{0}\n", "V{0},1,X1,1,700,A,D1,1,,,x,N\n")
    files = {
        f"landing/{FIRST}/visits.csv": VISITS + stays,
        f"landing/{FIRST}/lines.csv": LINES + charges,
        f"landing/{SECOND}/visits.csv": VISITS + other[0].format(3),
        f"landing/{SECOND}/lines.csv": LINES + other[1].format(3),
        f"landing/{SECOND}/moves.csv": MOVES + "OLD,NEW,20260201\nP3,P3,20260201\n",
        f"landing/{THIRD}/visits.csv": VISITS + other[0].format(4),
        f"landing/{THIRD}/lines.csv": LINES + other[1].format(4),
        f"landing/{THIRD}/moves.csv": MOVES + "OLD,NEW,\n",
        "conf/sources/my_claims.yaml": mapping(),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.mark.long
def test_a_link_holds_from_the_night_that_hears_of_it_until_that_which_withdraws_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    nights(tmp_path)
    place = Workplace(Settings(var=tmp_path, conf=tmp_path / "conf", source="my_claims", train_if_missing=False))
    place._spark = spark
    make_missing_keys(place.settings)

    def of_night(table: str, night: date, where: str = "TRUE") -> list[dict[str, Any]]:
        return rows_in(place.lake, table, f"business_date = DATE '{night}' AND {where}")

    reports = {night: run_night(place, night)["features"] for night in (FIRST, SECOND, THIRD)}
    persons = {night: {r["patient_id"] for r in of_night("indicator_patient", night)} for night in (FIRST, SECOND)}
    hits = {night: of_night("rule_hit", night, "rule_id = 'FK-02'") for night in (FIRST, SECOND, THIRD)}
    assert [len(found) for found in hits.values()] == [0, 1, 0]
    new = hits[SECOND][0]["patient_id"]
    assert (len(persons[FIRST]), len(persons[SECOND]), new in persons[SECOND]) == (2, 2, True)
    (stay_days,) = {r["patient_stay_days_30d"] for r in of_night("indicator_patient", SECOND, f"patient_id = '{new}'")}
    assert stay_days == 9 + 7
    assert {r["patient_id"] for r in of_night("lead_evidence", SECOND, "role = 'counted'")} == {new}
    states = {night: {r["state"] for r in of_night("case", night, "kind = 'FK-02'")} for night in (SECOND, THIRD)}
    # of two persons again no stay has an earlier one: nothing is judged, which is no fading
    assert states == {SECOND: {"new"}, THIRD: {"unjudged"}}
    assert [report.get("successors") for report in reports.values()] == [None, {"person": 1}, None]
    assert "in a circle" in reports[SECOND]["not_linked"]["person_successor"][0]
    assert run_night(place, THIRD)["features"]["is_new"] is False
