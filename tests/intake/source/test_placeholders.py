"""Which texts say nothing, by the column that they stand in."""

from __future__ import annotations

import pytest

from fundwatch.contracts import TABLES
from intake.source.checks import read_quality
from intake.source.placeholders import PlaceholderChanges, Placeholders

SHIPPED = read_quality("default").placeholders


@pytest.mark.parametrize(
    ("place", "text", "says_nothing"),
    [
        # a blank date of a database ends nothing, and something may have begun on its first day
        ("encounter.ended_at", "1900-01-01 00:00:00", True),
        ("patient.death_date", "1900/1/1", True),
        ("item.started_on", "1900-01-01", False),
        ("encounter.ended_at", "9999-12-31", True),
        ("encounter.started_at", "0001-01-01", True),
        ("encounter.encounter_id", "0", True),
        ("encounter.is_newborn", "0", False),
        ("encounter.encounter_id", "(空)", True),  # as the source's own word is read
    ],
)
def test_a_text_says_nothing_where_no_value_is_written_so(place, text, says_nothing):
    table, column = place.split(".")
    lists = Placeholders(SHIPPED, PlaceholderChanges(add={"code": ("（空）",)}))
    assert (text in lists.of(TABLES[table], column, "x")) is says_nothing


def test_in_a_part_of_an_id_a_number_counts_and_what_a_mapping_keeps_too():
    kept = PlaceholderChanges(keep={"claim_line.line_id": ("-",)})
    lists, table = Placeholders(SHIPPED, kept), TABLES["claim_line_entry"]
    assert {"0", "-"}.isdisjoint(lists.of_parts(table, "line_id"))
    assert {"无", "N/A", "n/a"} <= {*lists.of_parts(table, "line_id")}
    assert "-" in lists.of_parts(table, "encounter_id")
