"""Ids that go on under others: chains end at the last, what contradicts itself links nobody, unknown is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundwatch.contracts import TABLES
from fundwatch.engine.successors import Link, Successors, resolved

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
DAY = timedelta(days=1)
LONG = date(2026, 1, 1)


def linked(*pairs: tuple[str, str], since: date | None = LONG) -> list[Link]:
    return [Link(former, current, since) for former, current in pairs]


@pytest.mark.parametrize(
    ("links", "current", "said"),
    [
        (linked(("A", "B"), ("B", "C")), {"A": "C", "B": "C"}, ()),
        (linked(("A", "C"), ("B", "C")), {"A": "C", "B": "C"}, ()),  # a merger
        (linked(("A", "A")), {}, ("in a circle: A → A",)),
        (linked(("B", "A"), ("A", "B"), ("X", "A")), {"X": "A"}, ("in a circle: A → B → A",)),
        (linked(("A", "C"), ("A", "B"), ("X", "A")), {"X": "A"}, ("A has several successors: B, C",)),
        (linked(("A", "B"), since=None), {}, ()),
        (linked(("A", "B"), since=NIGHT + DAY), {}, ()),
        (linked(("A", "B"), since=NIGHT), {"A": "B"}, ()),
        ([*linked(("A", "B")), *linked(("A", "C"), since=None)], {"A": "B"}, ()),  # the other one was withdrawn
        ([Link(None, "B", LONG), Link("A", None, LONG)], {}, ()),
    ],
)
def test_each_link_does_what_is_said_of_its_kind(links, current, said):
    assert resolved(links, NIGHT) == (current, said)


def test_a_finding_names_a_pseudonym_by_its_first_signs_and_many_are_counted():
    one, other = "ab12cd34" + "0" * 24, "ef56ab78" + "0" * 24
    assert resolved(linked((one, other), (other, one)), NIGHT, 8)[1] == ("in a circle: ab12cd34 → ef56ab78 → ab12cd34",)
    many = resolved(linked(*((f"A{n:02}", f"A{n:02}") for n in range(30))), NIGHT)[1]
    assert (len(many), many[-1]) == (21, "and 10 more")


IDS = st.sampled_from("ABCDEFG")


@given(st.lists(st.tuples(IDS, IDS), max_size=12), st.randoms(use_true_random=False))
def test_nobody_goes_on_under_an_id_that_goes_on_itself_whatever_the_order_of_the_links(pairs, draw):
    current, said = resolved(linked(*pairs), NIGHT)
    assert not {*current} & {*current.values()}
    shuffled = [*pairs]
    draw.shuffle(shuffled)
    assert resolved(linked(*shuffled), NIGHT) == (current, said)
    for former, end in current.items():  # each end is reached by the links
        reached = {former}
        while grown := {b for a, b in pairs if a in reached} - reached:
            reached |= grown
        assert end in reached


def test_rows_move_to_the_current_id_a_register_keeps_the_current_ones_and_a_key_stands_once(spark: SparkSession):
    links = Successors({"person": {"P1": "P2"}, "institution": {"H1": "H3", "H2": "H3"}})

    def moved(table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[object, ...]]:
        frame = spark.createDataFrame(rows, columns)
        return sorted(map(tuple, links.under_current_ids(frame, TABLES[table]).collect()), key=str)

    lines = [("L1", "P1", "H1"), ("L2", "P2", "H4"), ("L3", None, None)]
    assert moved("claim_line", "line_id string, patient_id string, institution_id string", lines) == [
        ("L1", "P2", "H3"), ("L2", "P2", "H4"), ("L3", None, None),
    ]  # fmt: skip
    register = [("P1", "1"), ("P2", "2"), ("P3", "1")]
    assert moved("patient", "patient_id string, sex string", register) == [("P2", "2"), ("P3", "1")]
    doctors = [("D1", "H1", "A03"), ("D1", "H2", "A02"), ("D1", "H3", "A09"), ("D2", "H2", "A05"), ("D2", "H1", "A04")]
    assert moved("doctor", "doctor_id string, institution_id string, department string", doctors) == [
        ("D1", "H3", "A09"),  # registered so
        ("D2", "H3", "A04"),  # the first in order
    ]


def test_without_links_a_frame_is_read_as_it_is(spark: SparkSession):
    rows = spark.createDataFrame([("L1", "P1")], "line_id string, patient_id string")
    assert Successors().under_current_ids(rows, TABLES["claim_line"]) is rows
    others = Successors({"institution": {"H1": "H2"}})
    assert others.under_current_ids(rows, TABLES["patient"]) is rows
