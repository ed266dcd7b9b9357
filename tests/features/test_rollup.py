"""Rollups: whole numbers per entity-day, withdrawn when reversed, equal however the nights fell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from features.catalogue import Catalogue, Source, load_catalogues
from features.catalogue.running import narrowed
from features.indicators import to_indicators
from features.periods import kept_by_day
from features.rollup import as_known, changed, recent, to_days
from fundwatch.contracts.versions import known_on
from fundwatch.engine.frames import stacked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

NIGHTS = (date(2026, 3, 10), date(2026, 3, 20), date(2026, 3, 31))
MakeTable = Callable[..., "DataFrame"]


def versions_of(table: MakeTable, **rows: Any) -> dict[Source, DataFrame]:
    given = rows | {"bed_days": rows.get("encounters", [])}
    sources = (Source.LINES, Source.ENCOUNTERS, Source.SETTLEMENTS, Source.BED_DAYS)
    return {source: table(source.table, given.get(source.value, [])) for source in sources}


def tables_of(versions: dict[Source, DataFrame]) -> dict[str, DataFrame]:
    return {source.table: rows for source, rows in versions.items()}


def learned(entity: str) -> Catalogue:
    """The entity's catalogue with the indicators that models learn from: of lines, encounters and settlements."""
    whole = load_catalogues()[entity]
    return narrowed(whole, whole.learned_indicators)


def of_days(entity: str) -> Catalogue:
    """The entity's catalogue, with those indicators alone that are made of days that are kept."""
    whole = learned(entity)
    kept = kept_by_day(whole).measures.keys()
    return narrowed(whole, [name for name, one in whole.indicators.items() if whole.measured(one) <= kept])


def known(versions: dict[Source, DataFrame], night: date) -> dict[Source, DataFrame]:
    return {source: rows.filter(known_on(night)) for source, rows in versions.items()}


def rollup_of(catalogue: Catalogue, versions: dict[Source, DataFrame], since: date | None, night: date) -> DataFrame:
    sources = kept_by_day(catalogue).sources
    in_reach = {source: recent([catalogue], source, versions[source], night) for source in sources}
    touched = changed(catalogue, in_reach, since, night)
    return to_days(catalogue, known(in_reach, night), touched).withColumn("business_date", F.lit(night))


def line(number: int, **values: Any) -> dict[str, Any]:
    return {
        "line_id": f"L{number}",
        "encounter_id": "E1",
        "patient_id": "P1",
        "institution_id": "H1",
        "ordering_doctor_id": "D1",
        "charged_at": "2026-03-01T09:00:00",
        "charge_class": "09",
        "amount": "10.10",
        "known_from": NIGHTS[0],
    } | values


def test_a_day_adds_up_its_lines_visits_and_settlements(table: MakeTable):
    visit = {
        "encounter_id": "E1",
        "patient_id": "P1",
        "is_inpatient": False,
        "started_at": "2026-03-01T08:00:00",
    }
    versions = versions_of(
        table,
        lines=[line(1), line(2, amount="0.20", charge_class="03"), line(3, charged_at="2026-03-02T23:30:00")],
        encounters=[
            visit | {"institution_id": "H1", "known_from": NIGHTS[0]},
            visit | {"encounter_id": "E2", "institution_id": "H2", "known_from": NIGHTS[0]},
        ],
        settlements=[
            {
                "settlement_id": "S1",
                "patient_id": "P1",
                "settled_at": "2026-03-01T10:00:00",
                "fund_amount": "7.03",
            }
            | {"known_from": NIGHTS[0]}
        ],
    )
    first, second = rollup_of(learned("patient"), versions, None, NIGHTS[0]).orderBy("day").collect()
    assert (first.amount_fen, first.drug_amount_fen, first.exam_amount_fen, first.fund_fen) == (
        1030,
        1010,
        20,
        703,
    )
    assert (first.visits, first.visit_days, first.visit_institutions, first.row_count) == (2, 1, 2, 5)
    assert (second.amount_fen, second.night_lines, second.visits) == (1010, 1, 0)


def test_a_night_touches_only_the_days_whose_versions_came_or_went(table: MakeTable):
    versions = versions_of(
        table,
        lines=[
            line(1),
            line(2, charged_at="2026-03-02T09:00:00", known_to=NIGHTS[1]),
            line(3, charged_at="2026-03-03T09:00:00", known_from=NIGHTS[1]),
            line(4, charged_at="2026-03-04T09:00:00", known_from=NIGHTS[2]),
            line(5, charged_at="2026-03-05T09:00:00", known_to=NIGHTS[2]),
            line(6, ordering_doctor_id=None, known_from=NIGHTS[1]),
        ],
    )
    doctor = learned("doctor")
    in_reach = {Source.LINES: recent([doctor], Source.LINES, versions[Source.LINES], NIGHTS[1])}
    touched = changed(doctor, in_reach, NIGHTS[0], NIGHTS[1]).orderBy("day").collect()
    assert [(row.doctor_id, row.day.day) for row in touched] == [("D1", 2), ("D1", 3)]


def test_a_reversed_day_is_written_as_zeros_and_then_is_as_if_it_had_never_been(table: MakeTable):
    versions = versions_of(table, lines=[line(1, known_to=NIGHTS[1]), line(2, charged_at="2026-03-05T09:00:00")])
    doctor = learned("doctor")
    earlier = rollup_of(doctor, versions, None, NIGHTS[0])
    later = rollup_of(doctor, versions, NIGHTS[0], NIGHTS[1])
    (reversed_day,) = later.collect()
    assert (reversed_day.amount_fen, reversed_day.row_count) == (0, 0)
    rollups = earlier.unionByName(later)
    days = {
        night: [row.day.day for row in as_known(doctor, rollups, night).orderBy("day").collect()]
        for night in NIGHTS[:2]
    }
    assert days == {NIGHTS[0]: [1, 5], NIGHTS[1]: [5]}


def deliveries(draw: Random, doctors: int) -> list[dict[str, Any]]:
    """Lines of many doctors, each known from some night, and some of them reversed on a later one."""
    rows = []
    for number in range(doctors * 8):
        arrives, leaves = draw.randrange(3), draw.randrange(9)
        day = date(2026, 3, 1) + timedelta(days=draw.randrange(8))
        rows.append(
            line(
                number,
                patient_id=f"P{draw.randrange(doctors)}",
                encounter_id=f"E{draw.randrange(doctors)}",
                ordering_doctor_id=draw.choice([f"D{draw.randrange(doctors)}", None]),
                charged_at=f"{day.isoformat()}T{draw.randrange(24):02d}:00:00",
                charge_class=draw.choice(["03", "08", "09"]),
                amount=str(draw.randrange(1, 99_999) / 100),
                known_from=NIGHTS[arrives],
                known_to=NIGHTS[leaves] if arrives < leaves < 3 else None,
            )
        )
    return rows


@pytest.mark.parametrize("seed", [1, 2])
def test_a_night_equals_history_however_lines_came_and_went(table: MakeTable, measured: MakeTable, seed: int):
    lines = deliveries(Random(seed), doctors=40)
    versions = versions_of(table, lines=lines)
    doctor = learned("doctor")
    since: date | None = None
    nightly: DataFrame | None = None
    for night in NIGHTS:
        made = rollup_of(doctor, versions, since, night)
        nightly = made if nightly is None else nightly.unionByName(made)
        since = night
    assert nightly is not None
    at_once = rollup_of(doctor, versions, None, NIGHTS[-1])
    by_night, by_history = (
        measured(doctor, tables_of(versions), NIGHTS[-1], as_known(doctor, rollups, NIGHTS[-1]))
        .orderBy("doctor_id")
        .collect()
        for rollups in (nightly, at_once)
    )
    assert by_night == by_history


def test_the_first_days_of_the_window_and_days_to_come_are_told_apart(table: MakeTable):
    night = NIGHTS[-1]
    stamps = [f"{night - timedelta(days=back)}T09:00:00" for back in (90, 89, 30, 29, 0, -1)]
    versions = versions_of(table, lines=[line(n, charged_at=stamp) for n, stamp in enumerate(stamps)])
    doctor = learned("doctor")
    days = {"days": doctor.indicators["patient_count"].model_copy(update={"formula": "active_days"})}
    widened = narrowed(doctor.model_copy(update={"indicators": days}), days)
    known_days = as_known(widened, rollup_of(widened, versions, None, night), night)
    (row,) = to_indicators(widened, known_days, {}, night).collect()
    assert (row.doctor_days_30d, row.doctor_days_90d) == (2, 4)


def indicators_of(entity: str, versions: dict[Source, DataFrame], night: date) -> dict[str, Any]:
    """By entity's id its indicators as of the night, all of history rolled up at once."""
    plan = of_days(entity)
    days = as_known(plan, rollup_of(plan, versions, None, night), night)
    return {row[plan.id_column]: row for row in to_indicators(plan, days, {}, night).collect()}


def test_a_ratio_is_of_one_population_and_a_stay_lies_in_every_window_that_it_lasted_in(table: MakeTable):
    """A person in hospital since before the windows; one who came thrice, and whose visit of before was charged late; a
    stay whose end nobody can know."""
    night = date(2026, 3, 31)
    stay = {"institution_id": "H1", "is_inpatient": True, "known_from": night}
    visit = stay | {"is_inpatient": False}
    versions = versions_of(
        table,
        encounters=[
            stay | {"encounter_id": "E1", "patient_id": "long", "started_at": "2025-12-01T09:00:00"}
            | {"ended_at": "2026-03-04T09:00:00"},
            stay | {"encounter_id": "E2", "patient_id": "open", "started_at": "2026-03-30T09:00:00"}
            | {"ended_at": "2099-01-01T00:00:00"},
            *(
                visit | {"encounter_id": f"V{day}", "patient_id": "visitor", "started_at": f"2026-03-{day}T09:00:00"}
                for day in (10, 11, 12)
            ),
        ],
        lines=[
            *(
                line(day, patient_id="visitor", charged_at=f"2026-03-{day}T09:30:00", amount="100.00", known_from=night)
                for day in (10, 11, 12, 13)
            ),
            *(
                line(20 + day, patient_id="long", charged_at=f"2026-03-0{day}T09:00:00", known_from=night)
                for day in (1, 2, 3)
            ),
        ],
        settlements=[
            {"settlement_id": f"S{n}", "encounter_id": f"E{n}", "patient_id": "P", "institution_id": "H1"}
            | {"settled_at": "2026-03-20T10:00:00", "fund_amount": "100.00", "known_from": night}
            for n in range(25)
        ],
    )  # fmt: skip
    patients = indicators_of("patient", versions, night)
    # 1 to 3 March lie in the 30 days, 2 January to 3 March in the 90; the day of discharge does not count
    stays = {name: (row.patient_stay_days_30d, row.patient_stay_days_90d) for name, row in patients.items()}
    assert stays == {"long": (2, 62), "open": (1, 1), "visitor": (0, 0), "P": (0, 0)}
    assert patients["long"].patient_amount_per_visit_day_90d is None  # who lay in hospital is no peer of visitors
    assert patients["visitor"].patient_amount_per_visit_day_90d == 100  # four days with a charge, not three visits
    (place,) = indicators_of("institution", versions, night).values()
    assert place.institution_fund_per_visit_30d == 100  # 25 settled, whatever began in the window


def test_a_share_is_of_what_is_known_and_an_end_that_cannot_be_makes_no_stay_longer(table: MakeTable):
    night = date(2026, 3, 31)
    bed = {"institution_id": "H1", "patient_id": "P1", "is_inpatient": True, "known_from": night}
    ends = ["2026-03-03T09:00:00"] * 5 + ["9999-12-31T00:00:00", "2026-02-01T00:00:00", None]
    versions = versions_of(
        table,
        encounters=[
            bed | {"encounter_id": f"E{n}", "started_at": "2026-03-01T10:00:00", "ended_at": end}
            for n, end in enumerate(ends)
        ],
        lines=[
            line(1, amount="500.00", charge_class="09", known_from=night),
            line(2, amount="500.00", charge_class="03", known_from=night),
            line(3, amount="9000.00", charge_class=None, known_from=night),
        ],
        settlements=[
            {"settlement_id": "S1", "institution_id": "H1", "total_amount": "1000.00", "excluded_amount": "100.00"}
            | {"settled_at": "2026-03-20T10:00:00", "known_from": night},
            {"settlement_id": "S2", "institution_id": "H1", "total_amount": "8000.00"}
            | {"settled_at": "2026-03-20T10:00:00", "known_from": night},
        ],
    )
    (place,) = indicators_of("institution", versions, night).values()
    assert (place.institution_drug_share_90d, place.institution_exam_share_90d) == (0.5, 0.5)
    assert place.institution_excluded_share_90d == 0.1
    assert (place.institution_mean_stay_days_90d, place.institution_one_day_stay_share_90d) == (2, 0)


def test_a_stay_that_ends_later_than_it_was_first_said_is_counted_by_every_night_as_known_and_in_the_end_as_at_once(
    table: MakeTable,
):
    stay = {"encounter_id": "E1", "patient_id": "P1", "institution_id": "H1", "is_inpatient": True}
    stay |= {"started_at": "2026-03-05T09:00:00"}
    versions = versions_of(
        table,
        encounters=[
            stay | {"ended_at": "2026-03-28T09:00:00", "known_from": NIGHTS[0], "known_to": NIGHTS[1]},  # a plan
            stay | {"known_from": NIGHTS[1], "known_to": NIGHTS[2]},
            stay | {"ended_at": "2026-03-25T09:00:00", "known_from": NIGHTS[2]},
        ],
    )
    since, parts, of_nights = None, [], []
    patient = narrowed(learned("patient"), ["stay_days"])
    for night in NIGHTS:
        parts.append(rollup_of(patient, versions, since, night))
        of_nights.append(to_indicators(patient, as_known(patient, stacked(parts), night), {}, night))
        since = night
    at_once = as_known(patient, rollup_of(patient, versions, None, NIGHTS[-1]), NIGHTS[-1])
    of_nights.append(to_indicators(patient, at_once, {}, NIGHTS[-1]))
    numbered = (found.withColumn("number", F.lit(number)) for number, found in enumerate(of_nights))
    rows = stacked(numbered).orderBy("number").drop("number").collect()
    assert [row.patient_stay_days_30d for row in rows] == [1, 1, 20, 20]
    assert rows[2] == rows[3]
