"""A night reads the live editions beside the files: right on both sides of a change, the narrower word first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.curate.edition_desk import ChangeAsked, EditionDesk, ImportAsked
from jobs.curate.in_force import POINTS, editions_live, knowledge_for, points_in_force
from jobs.job import Night
from jobs.scan_rules import JOB, own_fingerprint
from jobs.workplace import Workplace
from privacy.vault.sealing import make_vault_key
from rules.engine.scan import scan
from tests.rules.world import ALL_SUPPLIED, YEAR, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from rules.knowledge.framed import PointsByClass

pytestmark = pytest.mark.long  # each compares whole scans
BEFORE, NIGHT = date(2026, 3, 24), date(2026, 3, 31)
HEADER = "rule_class,item_name,item_codes,constraint_text,valid_from\n"
CHANGED, GONE, CITYS, SHIPPED = "001101000010000", "001101000020000", "001101000030000", "001102000040000"


class CityOffice:
    """A lake in a city's region, and editions that one person imports and another approves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        city = root / "conf" / "regions" / "city"
        (city / "knowledge").mkdir(parents=True)
        (city / "region.yaml").write_text("zh: 市\nen: City\n", encoding="utf-8")
        own = f"code,value,unit,name,region,valid_from,valid_to,source\n{CITYS},5,day,n,city,2026-03-01,,s\n"
        (city / "knowledge" / "frequency.csv").write_text(own, encoding="utf-8")
        self.settings = Settings(var=root, conf=root / "conf", region="city", reidentify_same_account=True)
        make_vault_key(self.settings.vault_key_path)
        self.desk = EditionDesk.of(self.settings)

    def live(self, edition: str, limits: dict[str, str], since: date, begins: date, replaces: str = "") -> None:
        """An edition of the nation that says how often items may be charged a day, from a date of service on."""
        rows = (f"医疗服务项目限定频次,项目,{code},每日不超过{n}次,{begins}\n" for code, n in limits.items())
        file = self.root / f"{edition}.csv"
        file.write_text(HEADER + "".join(rows), encoding="utf-8")
        self.desk.take(ImportAsked((file,), edition, "Wang", "CN", valid_from=begins, replaces=replaces))
        self.desk.approve(ChangeAsked(edition, "Li", since))


@contextmanager
def night_of(bureau: CityOffice, spark: SparkSession, when: date) -> Iterator[Night]:
    place = Workplace(bureau.settings)
    place._spark = spark
    yield Night(JOB, place, when, "run", "own")


def hits(spark: SparkSession, knowledge: PointsByClass) -> set[tuple[str, str]]:
    """What is charged too often, by item and day: each item four times a day, on two days."""
    charged = {"quantity": 4, "amount": 40, "encounter_id": "E1"}
    days = [(code, day) for code in (CHANGED, GONE, CITYS, SHIPPED) for day in ("2026-03-14", "2026-03-15")]
    lines = [
        charged | {"line_id": f"{code}:{day}", "item_code": code, "charged_at": date.fromisoformat(day)}
        for code, day in days
    ]
    shown = with_rows(shipped(RULE), lines=lines)
    found = scan(shown, tables_of(spark, shown), ALL_SUPPLIED, knowledge, YEAR).found.collect()
    ids = (line.line_id.split(":") for hit in found for line in hit.lines)
    return {(code, day) for *_, code, day in ids}


RULE = "OP-02"


def test_a_night_that_straddles_a_change_of_edition_is_right_on_both_sides(spark: SparkSession, tmp_path: Path) -> None:
    bureau = CityOffice(tmp_path)
    bureau.live("b01", {CHANGED: "4", GONE: "3", CITYS: "3"}, since=BEFORE, begins=date(2021, 5, 1))
    bureau.live("b02", {CHANGED: "3"}, since=NIGHT, begins=date(2026, 3, 15), replaces="b01")
    with night_of(bureau, spark, NIGHT) as night:
        found = hits(spark, knowledge_for(night))
        assert POINTS in night.versions_read
        one_by_one = points_in_force(bureau.settings, NIGHT, region_of(bureau.settings))
        assert hits(spark, one_by_one) == found
    # b01 holds for services until the day before b02 begins; what b02 names no more is limited no more; and the city's
    # own limit of 5 stands over both. What ships is there beside them.
    assert found == {
        (CHANGED, "2026-03-15"), (GONE, "2026-03-14"), (SHIPPED, "2026-03-14"), (SHIPPED, "2026-03-15"),
    }  # fmt: skip
    assert [edition.ends_before for edition in editions_live(bureau.settings, BEFORE)] == [None]


def test_a_night_is_computed_again_where_an_edition_became_live_for_it(tmp_path: Path) -> None:
    bureau = CityOffice(tmp_path)
    place = Workplace(bureau.settings)
    before = [own_fingerprint(place, when) for when in (BEFORE, NIGHT)]
    bureau.live("b01", {CHANGED: "4"}, since=NIGHT, begins=date(2021, 5, 1))
    after = [own_fingerprint(place, when) for when in (BEFORE, NIGHT)]
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)
