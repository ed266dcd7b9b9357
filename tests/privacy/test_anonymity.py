from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.release.anonymity import Limits, anonymity_of, measured, suppressed, with_small_cells_hidden

ROWS = st.lists(
    st.tuples(st.sampled_from([1950, 1951, None]), st.sampled_from(["1", "2"]), st.sampled_from(["I10", "E11", None])),
    max_size=25,
)
SCHEMA = "birth_year int, sex string, diagnosis string"
QUASI = ("birth_year", "sex")
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _reference(rows, k):
    sizes = Counter(row[:2] for row in rows)
    values = defaultdict(set)
    for row in rows:
        values[row[:2]].add(row[2])
    least = min(map(len, values.values()), default=None)
    under = sum(size for size in sizes.values() if size < k)
    return len(rows), len(sizes), min(sizes.values(), default=None), least, sum(s == 1 for s in sizes.values()), under


@given(ROWS)
@FEW
def test_measures_are_those_of_the_plain_definition(spark, rows):
    found = anonymity_of(measured(spark.createDataFrame(rows, SCHEMA), QUASI, "diagnosis", 5).collect()[0])
    reported = (found.rows, found.classes, found.k, found.l, found.unique_rows, found.rows_under_k)
    assert reported == _reference(rows, 5)
    assert sum(found.sizes.values()) == found.classes


def test_a_person_counts_once_in_a_class(spark):
    rows = spark.createDataFrame(
        [(1950, "1", "I10", "P1")] * 4 + [(1950, "1", "E11", "P2")], f"{SCHEMA}, person string"
    )
    found = anonymity_of(measured(rows, QUASI, "diagnosis", 5, "person").collect()[0])
    assert (found.rows, found.k, found.rows_under_k, found.unique_rows) == (5, 2, 5, 0)
    assert suppressed(rows, QUASI, "diagnosis", Limits(3), "person").isEmpty()


@given(ROWS)
@FEW
def test_what_suppression_leaves_is_within_the_limits_and_no_more_is_dropped(spark, rows):
    kept = suppressed(spark.createDataFrame(rows, SCHEMA), QUASI, "diagnosis", Limits(3, 2))
    sizes, values = Counter(row[:2] for row in rows), defaultdict(set)
    for row in rows:
        values[row[:2]].add(row[2])
    wanted = [row for row in rows if sizes[row[:2]] >= 3 and len(values[row[:2]]) >= 2]
    assert sorted(map(tuple, kept.collect()), key=str) == sorted(wanted, key=str)


def test_the_measures_take_one_action(spark, job_count):
    rows = spark.createDataFrame([(1950, "1", "I10")] * 6, SCHEMA)
    assert job_count(lambda: measured(rows, QUASI, "diagnosis", 5).collect()) == 1


def test_a_lone_small_cell_takes_its_smallest_neighbour_along(spark):
    cells = [("H1", "a", 3), ("H1", "b", 9), ("H1", "c", 20), ("H2", "a", 8), ("H2", "b", 7), ("H2", "c", 30)]
    frame = spark.createDataFrame(cells, "place string, band string, n int")
    shown = with_small_cells_hidden(frame, "n", [], [["place"]]).collect()
    assert {(row.place, row.band) for row in shown if row.is_suppressed} == {("H1", "a"), ("H1", "b")}
    assert all((row.n is None) == row.is_suppressed for row in shown)


@given(st.lists(st.integers(1, 12), min_size=2, max_size=6))
@FEW
def test_no_hidden_cell_can_be_had_by_subtraction_from_its_margin(spark, counts):
    frame = spark.createDataFrame([("H1", str(i), n) for i, n in enumerate(counts)], "place string, band string, n int")
    shown = with_small_cells_hidden(frame, "n", [], [["place"]]).collect()
    hidden = [counts[int(row.band)] for row in shown if row.is_suppressed]
    assert len(hidden) != 1
    assert not hidden or sum(hidden) >= 5 or len(hidden) == len(counts)
    assert all(n >= 5 for n in counts if n not in hidden)
