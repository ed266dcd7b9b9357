"""The re-link test: an attack that is carried out finds what the plain definition says it must."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.release.linkage import Linkage, linkage_of, linked

SCHEMA = "patient_id string, age string, city string"
KNOWS = ("age", "city")
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from(["20", "30", None]), st.sampled_from(["1", "2"])),
    max_size=10,
)


def attack(spark, released, lake, sample: float = 1.0) -> Linkage:
    there, everybody = (spark.createDataFrame(rows, SCHEMA) for rows in (released, lake))
    reported = linked(there, everybody, KNOWS, "patient_id", sample=sample, seed=1).collect()
    return linkage_of((row["name"], row["number"]) for row in reported)


def _persons(rows) -> dict[tuple, set[str]]:
    found = defaultdict(set)
    for person, *known in rows:
        found[tuple(known)].add(person)
    return found


@given(ROWS, st.integers(0, 10))
@FEW
def test_the_attack_reaches_what_the_plain_definition_says(spark, lake, count):
    released = lake[:count]
    here, there = _persons(released), _persons(lake)
    alone = {known: next(iter(persons)) for known, persons in here.items() if len(persons) == 1}
    found = {person for person, *known in lake if alone.get(tuple(known)) == person}
    misled = {person for person, *known in lake if alone.get(tuple(known), person) != person}
    assert attack(spark, released, lake) == Linkage(
        persons=len({row[0] for row in released}),
        singled_out=len(set(alone.values())),
        alone_in_lake=len({person for known, person in alone.items() if len(there[known]) == 1}),
        tried=len({row[0] for row in lake}),
        found=len(found),
        mistaken=len(misled - found),
    )


def test_who_shares_all_that_is_known_with_somebody_is_not_singled_out(spark):
    rows = [("A", "20", "1"), ("B", "20", "1"), ("A", "20", "1"), ("C", "30", "1")]
    reached = attack(spark, rows, rows)
    assert (reached.persons, reached.singled_out, reached.share) == (3, 1, 1 / 3)


def test_who_was_left_out_of_the_export_may_be_taken_for_another(spark):
    reached = attack(spark, [("A", "20", "1")], [("A", "20", "1"), ("B", "20", "1")])
    assert (reached.singled_out, reached.alone_in_lake, reached.found, reached.mistaken) == (1, 0, 1, 1)


def test_the_sample_is_a_share_of_the_persons_and_the_same_each_time(spark):
    rows = [(f"P{n}", "20", str(n)) for n in range(2_000)]
    first, again = (attack(spark, rows, rows, sample=0.1) for _ in range(2))
    assert first == again
    assert 150 < first.tried < 250
    assert (first.found, first.success) == (first.tried, 1.0)


def test_nobody_known_is_reported_as_no_success_and_not_as_none_found(spark):
    assert attack(spark, [], []).success is None
