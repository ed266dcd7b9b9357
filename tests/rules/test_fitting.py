"""What a cell lists, held against a line: over unknown persons, days, diagnoses, departments and registrations."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rules.frames.inputs import ScanInputs, ScanWindow
from rules.frames.lines import LINES
from rules.knowledge.points import load_knowledge
from tests.rules.world import YEAR, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DRUG, ROSY = "XL04ABS211A001019900211", "M45.x00"
AT, BEFORE = datetime(2026, 3, 4, 9), datetime(2026, 2, 1, 9)


@pytest.fixture(scope="module")
def fits(spark: SparkSession) -> dict[str, Any]:
    """By line what the frame makes known of it: every case is a person, visit and line of its own."""
    cases: dict[str, dict[str, Any]] = {
        "fits": {"codes": [ROSY]},
        "fits not": {"codes": ["J06.900"]},
        "lists none": {"codes": []},
        "main alone": {"codes": [], "main": ROSY},
        "main beside": {"codes": ["J06.900"], "main": ROSY},
        "begins otherwise": {"codes": ["XM45.x00"]},
        "of no day": {"codes": ["J06.900"], "at": None},
        "of nobody": {"codes": ["J06.900"], "person": None},
        "earlier": {"codes": ["J06.900"], "earlier": (ROSY, BEFORE)},
        "earlier on no day": {"codes": ["J06.900"], "earlier": (ROSY, None)},
        "later": {"codes": ["J06.900"], "earlier": (ROSY, datetime(2026, 3, 5, 9))},
        "another drug": {"codes": ["J06.900"], "item": "X1"},
    }
    rows: dict[str, list[dict[str, Any]]] = {"lines": [], "encounters": [], "diagnosis": []}
    for name, case in cases.items():
        person = case.get("person", f"P {name}")
        visit = {"encounter_id": f"E {name}", "patient_id": person}
        rows["lines"].append({**visit, "line_id": name, "item_code": case.get("item", DRUG), "charged_at": AT})
        rows["encounters"].append({**visit, "started_at": case.get("at", AT), "main_diagnosis_code": case.get("main")})
        rows["diagnosis"] += [{"encounter_id": f"E {name}", "diagnosis_code": code} for code in case["codes"]]
        if "earlier" in case:
            code, day = case["earlier"]
            rows["encounters"].append({"encounter_id": f"B {name}", "patient_id": person, "started_at": day})
            rows["diagnosis"].append({"encounter_id": f"B {name}", "diagnosis_code": code})
    wanted = frozenset({"is_indicated", "last_indicated_on"})
    return _built(
        spark, wanted, lines=rows["lines"], encounters=rows["encounters"], tables={"diagnosis": rows["diagnosis"]}
    )


def _built(spark: SparkSession, wanted: frozenset[str], **rows: Any) -> dict[str, Any]:
    tables = tables_of(spark, with_rows(shipped("DC-03"), **rows))
    inputs = ScanInputs(tables, load_knowledge(), ScanWindow(YEAR.start, YEAR.end))
    found = LINES.build(inputs, wanted, 0).select("line_id", *sorted(wanted)).collect()
    return {row.line_id.split(":", 1)[1]: row[1:] if len(wanted) > 1 else row[1] for row in found}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fits", (True, date(2026, 3, 4))),
        ("fits not", (False, None)),
        ("lists none", (None, None)),
        ("main alone", (None, None)),
        ("main beside", (True, date(2026, 3, 4))),
        ("begins otherwise", (False, None)),
        ("of no day", (None, None)),
        ("of nobody", (None, None)),
        ("earlier", (False, date(2026, 2, 1))),
        ("earlier on no day", (False, date(2026, 3, 4))),
        ("later", (False, None)),
        ("another drug", (None, None)),
    ],
)
def test_an_indication_is_looked_for_now_and_before_and_is_unknown_where_nothing_is_listed(
    fits: dict[str, Any], name: str, expected: tuple[bool | None, date | None]
) -> None:
    assert fits[name] == expected


def test_a_department_is_judged_by_its_name_and_not_by_a_number(spark: SparkSession) -> None:
    departments = {"a": "普通内科", "b": "重症医学科", "c": "外科icu", "d": "0213", "e": None, "f": "普通外科"}
    lines = [
        {"line_id": n, "item_code": "001201000010000", "performing_department": name} for n, name in departments.items()
    ]
    lines[-1]["ordering_department"] = "重症医学科"
    found = _built(spark, frozenset({"is_of_department"}), lines=lines)
    assert found == {"a": False, "b": True, "c": True, "d": None, "e": None, "f": True}


def test_a_benefit_is_judged_by_the_diseases_in_force_and_one_without_a_name_may_be_it(spark: SparkSession) -> None:
    first = date(2025, 1, 1)
    registered = {
        "a": ("高血压病", first, None), "b": ("强直性脊柱炎", first, None), "c": (None, first, None),
        "d": ("高血压病", first, date(2025, 12, 31)), "e": ("高血压病", date(2026, 4, 1), None),
        "f": ("强直性脊柱炎", None, date(2026, 3, 4)),
    }  # fmt: skip
    rows = [
        {"patient_id": n, "disease_code": n, "disease_name": name, "started_on": start, "ended_on": end}
        for n, (name, start, end) in registered.items()
    ]
    people = {**{n: n for n in registered}, "none": "g", "nobody": None}
    lines = [
        {"line_id": n, "patient_id": person, "encounter_id": n, "item_code": DRUG, "charged_at": AT}
        for n, person in people.items()
    ]
    found = _built(spark, frozenset({"is_of_benefit"}), lines=lines, tables={"chronic_registration": rows})
    assert found == {"a": False, "b": True, "c": True, "d": None, "e": None, "f": True, "none": None, "nobody": None}


def test_a_doctor_has_left_when_every_registration_has_ended(spark: SparkSession) -> None:
    ended = date(2025, 9, 1)
    rows = [
        {"doctor_id": "a", "institution_id": "H1", "ended_on": ended},
        {"doctor_id": "a", "institution_id": "H2", "ended_on": date(2025, 3, 1)},
        {"doctor_id": "b", "institution_id": "H1", "ended_on": ended},
        {"doctor_id": "b", "institution_id": "H2", "ended_on": None},
    ]
    lines = [
        {"line_id": n, "ordering_doctor_id": doctor} for n, doctor in {"a": "a", "b": "b", "c": "c", "d": None}.items()
    ]
    found = _built(spark, frozenset({"ordering_doctor_left_on"}), lines=lines, tables={"doctor": rows})
    assert found == {"a": ended, "b": None, "c": None, "d": None}


def test_what_bars_an_item_is_named_once_and_nothing_where_no_diagnosis_is_known(spark: SparkSession) -> None:
    codes = {"a": ["I10.x00", "J45.900", "J46.x00"], "b": ["I10.x00"], "c": []}
    lines = [{"line_id": n, "encounter_id": n, "item_code": "XC07AAP001A001010100001"} for n in codes]
    encounters = [{"encounter_id": "a", "main_diagnosis_code": "J45.900", "started_at": AT}]
    listed = [{"encounter_id": n, "diagnosis_code": code} for n, found in codes.items() for code in found]
    found = _built(
        spark,
        frozenset({"contraindicated_by"}),
        lines=lines,
        encounters=encounters,
        tables={"diagnosis": listed},
    )
    assert found == {"a": "J45.900, J46.x00", "b": None, "c": None}
