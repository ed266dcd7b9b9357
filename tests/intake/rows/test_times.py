"""Whether a source's times are times, as what it supplies says."""

from __future__ import annotations

from datetime import datetime

import pytest

from intake.rows.times import TimesOfDay, times_in, times_of_tables

DAY, HOUR = datetime(2026, 3, 31), datetime(2026, 3, 31, 14, 5)


@pytest.mark.parametrize(
    ("known", "within", "before", "says"),
    [
        (0, 0, None, None),  # nothing is known, now or before
        (0, 0, False, False),
        (1, 0, None, False),
        (1, 1, None, True),
        (3, 0, True, True),  # three rows at midnight do not unsay what is known
        (3, 3, False, False),
        (1000, 9, True, False),  # strays in a column of days
        (1000, 10, None, True),
    ],
)
def test_a_column_of_midnights_has_days_only_and_few_rows_change_nothing(known, within, before, says):
    assert TimesOfDay(known, within).has_time(before) is says


def test_midnights_and_times_are_counted_by_column_and_nulls_not(spark):
    lines = spark.createDataFrame([(DAY,), (HOUR,), (None,)], "charged_at timestamp")
    stays = spark.createDataFrame([(DAY, None), (DAY, None)], "started_at timestamp, ended_at timestamp")
    patients = spark.createDataFrame([("P",)], "patient_id string")
    # midnight on another clock is no time either, where many rows have no other
    bills = spark.createDataFrame([(datetime(2026, 3, 1 + n % 20, 8),) for n in range(120)], "settled_at timestamp")
    tables = {"claim_line": lines, "encounter": stays, "patient": patients, "settlement": bills}
    found = times_of_tables(tables)
    assert times_in(found.collect()) == {
        ("claim_line", "charged_at"): TimesOfDay(2, 1),
        ("encounter", "started_at"): TimesOfDay(2, 0),
        ("encounter", "ended_at"): TimesOfDay(0, 0),
        ("settlement", "settled_at"): TimesOfDay(120, 0),
    }
