from __future__ import annotations

from datetime import date

from privacy.release import generalising as g


def _values(spark, rows, schema, column):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_ages_fall_into_bands_of_five_years_with_one_bucket_from_ninety(spark):
    ages = [(0,), (4,), (5,), (89,), (90,), (104,), (850,), (-1,), (None,)]
    reported = ["00-04", "00-04", "05-09", "85-89", "90+", "90+", None, None, None]
    assert _values(spark, ages, "age int", g.age_band("age")) == reported


def test_birth_years_of_the_very_old_share_one(spark):
    rows = [(1920, 2026), (1936, 2026), (1937, 2026), (2030, 2026), (1200, 2026)]
    assert _values(spark, rows, "b int, y int", g.birth_year("b", "y")) == [1936, 1936, 1937, None, None]


def test_only_infants_are_reported_in_days(spark):
    rows = [
        (date(2026, 3, 1), date(2026, 3, 4)),
        (date(2025, 3, 4), date(2026, 3, 4)),
        (date(2026, 3, 5), date(2026, 3, 4)),
    ]
    assert _values(spark, rows, "b date, d date", g.infant_age_days("b", "d")) == [3, None, None]


def test_a_county_becomes_its_city(spark):
    assert _values(spark, [("990102",), ("99",), (None,)], "r string", g.city("r")) == ["9901", None, None]


def test_dates_become_months(spark):
    rows = [(date(2026, 3, 31),)]
    assert _values(spark, rows, "d date", g.month("d")) == ["2026-03"]
    assert _values(spark, rows, "d date", g.month_start("d")) == [date(2026, 3, 1)]


def test_positions_are_rounded_to_a_hundredth(spark):
    assert _values(spark, [(22.81739,)], "x double", g.position("x")) == [22.82]
