"""Peers: groups widen until they are large enough, and their statistics are exact."""

from __future__ import annotations

from datetime import date
from math import ceil, floor
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
import yaml

from features.attributes import with_attributes
from features.catalogue import load_catalogues
from features.peer_statistics import to_peer_statistics
from features.peers import Level, PeerGroups, read_peer_groups, with_peer_groups
from fundwatch.errors import CatalogueError
from fundwatch.resources import conf_file
from tests.shapes import SHAPES, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

PEERS = PeerGroups(
    minimum_members=3,
    entities={"patient": (Level(attribute="age", bounds=(18, 60)), Level(attribute="sex"))},
)


def test_a_group_too_small_is_widened_level_by_level_and_its_name_says_so(spark: SparkSession):
    adults = [(f"m{n}", 30, "1") for n in range(3)] + [("f1", 59, "2")]
    others = [("old", 60, "1"), ("unborn", None, None)]
    members = spark.createDataFrame(adults + others, "patient_id string, age int, sex string")
    found = {row.patient_id: row.peer_group for row in with_peer_groups(PEERS, "patient", members).collect()}
    assert found == {
        **dict.fromkeys(["m0", "m1", "m2"], "patient|18-59|1"),
        "f1": "patient|18-59",
        "old": "patient",
        "unborn": "patient",
    }


def test_statistics_are_exact_and_a_wider_group_counts_the_narrower_ones_inside_it(spark: SparkSession):
    rows: list[tuple[str, str, float | None]] = [
        ("a", "patient|x", 1.0),
        ("b", "patient|x", 2.0),
        ("c", "patient|x", 9.0),
        ("d", "patient", 4.0),
    ]
    rows.append(("e", "patient", None))
    indicators = spark.createDataFrame(rows, "patient_id string, peer_group string, patient_visits_30d double")
    statistics = {row.peer_group: row for row in to_peer_statistics("patient", indicators).collect()}
    narrow, wide = statistics["patient|x"], statistics["patient"]
    assert (narrow.peer_count, narrow.median) == (3, 2.0)
    assert narrow.mad == pytest.approx(1.4826)  # deviations 1, 0, 7
    assert (wide.peer_count, wide.median) == (4, 3.0)
    assert wide.mad == pytest.approx(1.5 * 1.4826)  # deviations 2, 1, 6, 1
    assert len(wide.ladder) == 101
    assert (wide.ladder[0], wide.ladder[25], wide.ladder[100]) == (1.0, 1.75, 9.0)
    assert statistics.keys() == {"patient|x", "patient"}


def test_an_indicator_nobody_has_a_value_of_has_no_members_and_no_median(spark: SparkSession):
    rows = [("a", "patient", None)]
    indicators = spark.createDataFrame(rows, "patient_id string, peer_group string, patient_visits_30d double")
    (row,) = to_peer_statistics("patient", indicators).collect()
    assert (row.peer_count, row.median, row.mad, row.ladder) == (0, None, None, None)


def test_many_indicators_of_many_groups_are_what_sorted_arrays_say(spark: SparkSession):
    """More indicators than are in memory at once, groups that go over several batches, unknown values in each."""
    random = Random(11)
    names = [f"patient_m{number}_30d" for number in range(70)]
    values_of = [[random.choice((None, -0.5, random.random())) for _ in names] for _ in range(400)]
    rows = [(f"P{n}", f"patient|{n % 3}", *values) for n, values in enumerate(values_of)]
    kinds = ", ".join(f"{name} double" for name in names)
    indicators = spark.createDataFrame(rows, f"patient_id string, peer_group string, {kinds}")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "50")
    try:
        found = to_peer_statistics("patient", indicators).collect()
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    assert len(found) == 3 * len(names)
    for row in found:
        place, group = names.index(row.indicator), int(row.peer_group.removeprefix("patient|"))
        values = sorted(value for one in values_of[group::3] if (value := one[place]) is not None)
        assert row.peer_count == len(values)
        assert row.ladder == [_quantile(values, percent) for percent in range(101)]
        distances = sorted(abs(value - row.median) for value in values)
        assert (row.median, row.mad) == (_quantile(values, 50), _quantile(distances, 50) * 1.4826)


def _quantile(values: list[float], percent: int) -> float:
    place = (len(values) - 1) * percent / 100.0
    low, high = values[floor(place)], values[ceil(place)]
    return low + (high - low) * (place - floor(place))


def test_a_doctor_is_judged_at_the_post_begun_last(spark: SparkSession, table: Callable[..., DataFrame]):
    registers = {
        "doctor": table(
            "doctor",
            [
                {"doctor_id": "D1", "institution_id": "H1", "started_on": date(2020, 1, 1)},
                {"doctor_id": "D1", "institution_id": "H2", "started_on": date(2025, 1, 1)},
                {"doctor_id": "D1", "institution_id": "H3", "started_on": date(2027, 1, 1)},
            ],
        ),
        "institution": table(
            "institution", [{"institution_id": f"H{n}", "institution_level": str(n)} for n in (1, 2, 3)]
        ),
    }
    doctors = spark.createDataFrame([("D1",), ("D2",)], "doctor_id string")
    rows = with_attributes(load_catalogues()["doctor"], doctors, registers, date(2026, 3, 31)).collect()
    assert {row.doctor_id: row.institution_level for row in rows} == {"D1": "2", "D2": None}


def test_a_pair_has_what_the_registers_say_of_its_parts_and_what_they_do_not_know_is_unknown(
    spark: SparkSession, table: Callable[..., DataFrame]
):
    registers = {
        "institution": table("institution", [{"institution_id": "H1", "institution_level": "3"}]),
        "item": table("item", [{"item_code": "X", "charge_class": "03"}]),
    }
    of_departments = spark.createDataFrame([("H1|内科",), ("H9|内科",)], "department_id string")
    of_items = spark.createDataFrame([("H1|X",), ("H9|Y",)], "institution_item_id string")
    catalogues, night = load_catalogues(), date(2026, 3, 31)
    departments = with_attributes(catalogues["department"], of_departments, registers, night).collect()
    items = with_attributes(catalogues["institution_item"], of_items, registers, night).collect()
    assert {row.department_id: (row.department_name, row.institution_level) for row in departments} == {
        "H1|内科": ("内科", "3"),
        "H9|内科": ("内科", None),
    }
    assert {row.institution_item_id: (row.charge_class, row.institution_level) for row in items} == {
        "H1|X": ("03", "3"),
        "H9|Y": (None, None),
    }


def test_persons_with_a_stay_are_no_peers_of_persons_without(spark: SparkSession, table: Callable[..., DataFrame]):
    patients = table("patient", [{"patient_id": "P1", "birth_year": 1950, "sex": "2"}])
    indicators = spark.createDataFrame([("P1", 1.0), ("P2", 0.0)], "patient_id string, patient_stay_days_90d double")
    rows = with_attributes(load_catalogues()["patient"], indicators, {"patient": patients}, date(2026, 3, 31)).collect()
    assert {row.patient_id: (row.had_stay, row.age) for row in rows} == {
        "P1": ("stay", 76),
        "P2": ("no_stay", None),
    }


def test_the_shipped_peer_groups_hold():
    assert read_peer_groups(conf_file("peers", "default")).minimum_members == 20


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_peer_file_of_any_shape_holds_or_is_refused_by_name(tmp_path: Path, shape: object):
    file = tmp_path / "peers.yaml"
    levels = {entity: [{"attribute": "age"}] for entity in ("patient", "doctor", "institution")}
    for content in (
        shape,
        {"minimum_members": 20, "entities": shape},
        {"minimum_members": shape, "entities": levels},
        {"minimum_members": 20, "entities": levels | {"doctor": shape}},
    ):
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        refused = refusal_of(lambda: read_peer_groups(file))
        assert refused is None or refused.where == str(file)


def test_a_comment_in_a_peer_file_does_not_change_its_fingerprint_and_a_level_does(tmp_path: Path):
    text = conf_file("peers", "default").read_text(encoding="utf-8")
    fingerprints = []
    for number, content in enumerate((text, f"# as agreed\n{text}", text.replace("20", "30", 1))):
        (tmp_path / f"{number}.yaml").write_text(content, encoding="utf-8")
        fingerprints.append(read_peer_groups(tmp_path / f"{number}.yaml").fingerprint)
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_problems_of_a_peer_file_come_in_one_error(tmp_path: Path):
    file = tmp_path / "bad.yaml"
    file.write_text("minimum_members: 20\nentities: {patient: [{attribute: shoe_size}], nurse: []}", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_peer_groups(file)
    for text in ("no attribute 'shoe_size'", "entities.nurse: no such entity"):
        assert text in str(caught.value)
