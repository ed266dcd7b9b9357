"""Item spikes over a tiny lake: the planted one is first, as its table, its page and its JSON say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.spikes.show_spikes import SpikesShown, show_spikes
from models.spikes.find import INSTITUTION
from tests.lakes import SECOND, note_committed, put

PLACES = [f"H{n}" for n in range(1, 7)]
KNOWN = {"known_from": date(2026, 1, 1)}
PLANTED = ("HCV", "H4")


def visits() -> Iterator[tuple[str, str, date, int]]:
    """Place, diagnosis, day and number of the visits of half a year: three a day and place."""
    for place in PLACES:
        for back in range(196):
            for n in range(3):
                yield place, ("J06.9", "I10.x", "K29.7")[n], SECOND - timedelta(days=back), back * 3 + n


def has_test(place: str, day: date, number: int) -> bool:
    """One visit in sixteen has the test; of the planted place in the last four weeks nearly all."""
    is_run = place == PLANTED[1] and day > SECOND - timedelta(days=28)
    return number % 10 != 0 if is_run else number % 16 == 0


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Six hospitals alike, six months of visits, one of them with a run on one test."""
    settings = Settings(var=tmp_path_factory.mktemp("spikes") / "var")
    lake = Lake(settings.lake_address)
    register = [{"institution_id": p, "institution_name": f"{p}医院", "institution_type": "hospital",
                 "institution_level": "2", **KNOWN} for p in PLACES]  # fmt: skip
    put(lake, "institution", register)
    seen = [*visits()]
    lines = [
        (f"{place}-{number}", place, item, f"{place}{number % 400}", day)
        for place, _, day, number in seen
        for item in ("VISIT", *(("HCV",) if has_test(place, day, number) else ()))
    ]
    at = [datetime(day.year, day.month, day.day, 9) for *_, day in lines]
    names = {"HCV": "丙型肝炎抗体测定", "VISIT": "普通门诊诊查费"}
    claim_lines = pa.table({
        "line_id": [f"L{n}" for n in range(len(lines))],
        "encounter_id": [one[0] for one in lines],
        "institution_id": [one[1] for one in lines],
        "item_code": [one[2] for one in lines],
        "item_name": [names[one[2]] for one in lines],
        "patient_id": [one[3] for one in lines],
        "charge_class": ["04"] * len(lines),
        "ordering_department": ["A03"] * len(lines),
        "performing_department": pa.nulls(len(lines), pa.string()),
        "amount": pa.array([Decimal("60.00")] * len(lines), pa.decimal128(16, 2)),
        "charged_at": pa.array(at, pa.timestamp("us", tz="UTC")),
        "known_from": [KNOWN["known_from"]] * len(lines),
        "known_to": pa.nulls(len(lines), pa.date32()),
    })  # fmt: skip
    write_deltalake(str(lake.table_address("claim_line")), claim_lines)
    encounters = [{"encounter_id": f"{place}-{n}", "institution_id": place, "main_diagnosis_code": code, **KNOWN}
                  for place, code, _, n in seen]  # fmt: skip
    put(lake, "encounter", encounters)
    note_committed(lake, "intake", SECOND)
    return settings


@pytest.fixture(scope="module")
def shown(settings: Settings) -> SpikesShown:
    return show_spikes(settings, None, 28)


def test_the_planted_spike_is_the_first_and_only_one_of_institutions(shown: SpikesShown) -> None:
    spikes = [spike for spike in shown.found.spikes if spike.kind == INSTITUTION]
    assert [(spike.item_code, spike.institution_id) for spike in spikes] == [PLANTED]
    (spike,) = spikes
    assert (spike.item_name, spike.institution, spike.patients) == ("丙型肝炎抗体测定", "H4医院", 75)
    assert spike.rise > 5
    assert spike.stand_out > 5
    assert spike.unexplained is not None
    assert spike.unexplained > 0.8  # colds and high blood pressure ask for no such test elsewhere


def test_its_department_and_the_region_are_listed_apart(shown: SpikesShown) -> None:
    found = {(spike.kind, spike.institution_id, spike.department) for spike in shown.found.spikes}
    assert ("department", "H4", "A03") in found
    assert {kind for kind, place, _ in found if place in PLACES and place != "H4"} == set()


def test_the_weeks_show_the_run_beside_like_institutions(shown: SpikesShown) -> None:
    weeks = shown.found.weeks[PLANTED]
    assert len(weeks) == 28
    assert [week.is_recent for week in weeks] == [False] * 24 + [True] * 4
    assert all(week.own is not None and week.own > 0.8 for week in weeks[-4:])
    assert all(week.own is not None and week.own < 0.2 for week in weeks[:24])
    assert all(week.peers is not None and week.peers < 0.2 for week in weeks)


def test_the_page_and_the_table_say_so(shown: SpikesShown) -> None:
    html = shown.page.read_text(encoding="utf-8")
    assert html.count("<svg") == 1
    assert "丙型肝炎抗体测定" in html
    table = csv.DictReader(io.StringIO((shown.folder / "spikes.csv").read_bytes().decode("utf-8-sig"), newline=""))
    first = next(row for row in table if row["kind"] == INSTITUTION)
    assert (first["place"], first["item_code"], first["patients"]) == ("1", "HCV", "75")
    assert shown.as_json()["spikes"]


def test_one_item_is_looked_at_alone_and_one_that_nobody_had_is_refused(settings: Settings) -> None:
    assert {spike.item_code for spike in show_spikes(settings, SECOND, 28, "HCV").found.spikes} == {"HCV"}
    assert show_spikes(settings, SECOND, 28, "VISIT").found.spikes == []
    with pytest.raises(FundwatchError, match="has the item 'HBV'"):
        show_spikes(settings, SECOND, 28, "HBV")
    with pytest.raises(FundwatchError, match="is no item code"):
        show_spikes(settings, SECOND, 28, "../../../tmp/x")
