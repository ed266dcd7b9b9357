"""Cases over nights: what is new, grown, the same, faded, or was not looked for; and an id that holds meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.contracts import TABLES
from fundwatch.engine.successors import Successors
from leads.publishing.case_words import case_text
from leads.publishing.rows import CaseRow, to_rows
from leads.ranking.cases import CaseNight, JudgedKinds, cases, judged
from leads.ranking.continued import under_current_ids
from tests.leads.conftest import MakeFrame, case_row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST = date(2026, 3, 1)
GAP = 30
_FINDING = "subject_type string, subject_id string, kind string, hit_count bigint, amount decimal(16,2)"
Told = Mapping[str, CaseRow]
RULES = ("DC-03", "FQ-01", "OP-01")


def night_of(
    spark: SparkSession,
    day: date,
    found: dict[str, tuple[int, str]],
    ran: tuple[str, ...],
    before: list[CaseRow],
    recovered: tuple[str, ...] = (),
) -> list[CaseRow]:
    """The table of a night: `found` by `subject kind`, with hits and money; `ran` are kinds that were looked for."""
    rows = [("institution", *name.split(), hits, Decimal(money), False) for name, (hits, money) in found.items()]
    tonight = spark.createDataFrame(rows, f"{_FINDING}, is_estimate boolean")
    looked = JudgedKinds(
        spark.createDataFrame([("institution", kind) for kind in ran], "subject_type string, kind string"),
        spark.createDataFrame([], "subject_type string, subject_id string, kind string"),
    )
    schema = TABLES["case"].schema()
    earlier = spark.createDataFrame(
        [(day, *(getattr(row, f) for f in schema.names[1:])) for row in before], schema
    ).drop("business_date")
    names = spark.createDataFrame([("H1", "平安镇中心卫生院")], "institution_id string, institution_name string")
    back = [("institution", *name.split()) for name in recovered]
    of_back = spark.createDataFrame(back, "subject_type string, subject_id string, kind string") if back else None
    made = cases(tonight, looked, earlier, names, CaseNight(day, GAP), of_back)
    assert TABLES["case"].column_names[1:] == tuple(made.columns)
    return to_rows(CaseRow, [row.asDict() for row in made.collect()])


@pytest.fixture(scope="module")
def nights(spark: SparkSession) -> list[Told]:
    """Four lists: a week apart, then another week, then after more than the gap."""
    days = [FIRST, FIRST + timedelta(7), FIRST + timedelta(14), FIRST + timedelta(14 + GAP + 7)]
    one = {"H1 DC-03": (2, "10"), "H1 score": (0, "0"), "H2 FQ-01": (4, "40"), "H3 OP-01": (1, "5")}
    two = {"H1 DC-03": (3, "10"), "H2 FQ-01": (3, "30"), "H4 DC-03": (1, "1")}
    three = {"H1 DC-03": (3, "10"), "H1 score": (0, "0"), "H3 OP-01": (1, "5")}
    four = {"H1 DC-03": (3, "11"), "H2 FQ-01": (4, "40")}
    everything = (*RULES, "score")
    reported: list[list[CaseRow]] = []
    for day, found, ran in zip(
        days, (one, two, three, four), (everything, ("DC-03", "FQ-01", "score"), everything, everything), strict=True
    ):
        reported.append(night_of(spark, day, found, ran, reported[-1] if reported else []))
    return [{f"{row.subject_id} {row.kind}": row for row in rows} for rows in reported]


def states(night: Told) -> dict[str, str]:
    return {name: row.state for name, row in sorted(night.items())}


def test_on_the_first_night_everything_is_new(nights: list[Told]) -> None:
    assert set(states(nights[0]).values()) == {"new"}
    row = nights[0]["H1 DC-03"]
    assert (row.first_seen, row.last_seen, row.faded_since) == (FIRST, FIRST, None)
    assert (row.hit_count, row.amount, row.earlier_hit_count, row.earlier_amount) == (2, Decimal("10.00"), None, None)
    assert (row.subject_name, nights[0]["H2 FQ-01"].subject_name) == ("平安镇中心卫生院", "")


def test_beside_the_earlier_list_a_finding_has_grown_goes_on_or_has_faded(nights: list[Told]) -> None:
    assert states(nights[1]) == {
        "H1 DC-03": "grown",  # one hit more
        "H1 score": "faded",
        "H2 FQ-01": "same",  # less is no growth
        "H3 OP-01": "unjudged",  # its rule did not run: nobody knows
        "H4 DC-03": "new",
    }
    grown, faded, unjudged = (nights[1][name] for name in ("H1 DC-03", "H1 score", "H3 OP-01"))
    assert (grown.earlier_hit_count, grown.hit_count) == (2, 3)
    assert (faded.faded_since, faded.last_seen, unjudged.faded_since) == (FIRST + timedelta(7), FIRST, None)
    assert (unjudged.hit_count, unjudged.earlier_hit_count, unjudged.earlier_amount) == (0, 1, Decimal("5.00"))


def test_the_id_holds_while_the_finding_goes_on_and_over_a_short_absence(nights: list[Told]) -> None:
    for name in ("H1 DC-03", "H1 score", "H3 OP-01"):
        assert len({night[name].case_id for night in nights[:3]}) == 1
    assert len({row.case_id for row in nights[1].values()}) == len(nights[1])
    assert nights[2]["H1 DC-03"].first_seen == FIRST


def test_what_is_back_has_grown_from_nothing_and_what_was_not_looked_for_is_compared_with_when_it_was(
    nights: list[Told],
) -> None:
    assert states(nights[2]) == {
        "H1 DC-03": "same",
        "H1 score": "grown",
        "H2 FQ-01": "faded",
        "H3 OP-01": "same",
        "H4 DC-03": "faded",
    }
    assert nights[2]["H1 score"].faded_since is None


def test_a_finding_that_was_gone_for_longer_than_the_gap_is_a_new_case(nights: list[Told]) -> None:
    assert states(nights[3]) == {"H1 DC-03": "grown", "H1 score": "faded", "H2 FQ-01": "new", "H3 OP-01": "faded"}
    assert nights[3]["H2 FQ-01"].case_id != nights[2]["H2 FQ-01"].case_id
    assert nights[3]["H1 DC-03"].case_id == nights[0]["H1 DC-03"].case_id  # it was in the earlier list, however old


def test_what_is_gone_because_its_lines_were_reversed_is_recovered_and_stays_so(
    spark: SparkSession, nights: list[Told]
) -> None:
    """H2 FQ-01 is gone with its lines; of H1 DC-03 some went, and it is still there."""
    now = {"H1 DC-03": (1, "5")}
    reported = night_of(spark, FIRST + timedelta(8), now, RULES, [*nights[1].values()], ("H1 DC-03", "H2 FQ-01"))
    rows = {f"{row.subject_id} {row.kind}": row for row in reported}
    assert (rows["H2 FQ-01"].state, rows["H1 DC-03"].state, rows["H4 DC-03"].state) == ("recovered", "same", "faded")
    assert rows["H2 FQ-01"].faded_since == FIRST + timedelta(8)
    later = night_of(spark, FIRST + timedelta(9), {"H4 DC-03": (1, "1")}, RULES, reported)
    assert states({f"{row.subject_id} {row.kind}": row for row in later})["H2 FQ-01"] == "recovered"


def test_the_same_night_again_is_the_same_whatever_the_order_of_rows(spark: SparkSession, nights: list[Told]) -> None:
    before = [*nights[1].values()][::-1]
    three = {"H3 OP-01": (1, "5"), "H1 score": (0, "0"), "H1 DC-03": (3, "10")}
    again = night_of(spark, FIRST + timedelta(14), three, (*RULES, "score"), before)
    assert {f"{row.subject_id} {row.kind}": row for row in again} == nights[2]


def test_whom_a_model_has_no_score_of_tonight_has_not_faded_and_goes_on_as_it_was(
    spark: SparkSession, frame: MakeFrame
) -> None:
    """As of a model that is silent. Who was scored fades, and so does who has no row: there is nobody to score."""
    subjects = {
        "D1": "doctor",
        "D2": "doctor",
        "D3": "doctor",
        "P1": "patient",
        "H1": "institution",
        "H2": "institution",
    }
    seen = {"case_id": "c", "kind": "score", "state": "new", "first_seen": FIRST, "last_seen": FIRST}
    earlier = frame("case", *({"subject_type": kind, "subject_id": one, **seen} for one, kind in subjects.items()))
    one, other = "robust_peer", "isolation_forest"
    scores = frame(
        "score",
        *(_score("doctor", doctor, model, "scored") for doctor in ("D1", "D2") for model in (one, other)),
        _score("doctor", "D4", one, "not_run"),
        _score("patient", "P1", one, "scored"), _score("patient", "", other, "not_run"),
        *(_score("institution", hospital, one, "scored") for hospital in ("H1", "H2")),
        *(_score("institution", hospital, other, "not_run") for hospital in ("H1", "H2")),
    )  # fmt: skip
    found = [("institution", "H2", "score", 0, Decimal(0), False)]  # by the other model: it is there
    tonight = spark.createDataFrame(found, f"{_FINDING}, is_estimate boolean")
    names = spark.createDataFrame([], "institution_id string, institution_name string")
    made = cases(tonight, judged(frame("rule_coverage"), scores), earlier, names, CaseNight(FIRST + timedelta(7), GAP))
    rows = {row.subject_id: row for row in made.collect()}
    assert {subject: row.state for subject, row in rows.items()} == {
        "D1": "faded", "D2": "faded", "D3": "faded", "P1": "unjudged", "H1": "unjudged", "H2": "same",
    }  # fmt: skip
    assert (rows["H1"].first_seen, rows["H1"].last_seen, rows["H1"].faded_since) == (FIRST, FIRST, None)


def _score(entity_type: str, entity_id: str, model: str, state: str) -> dict[str, Any]:
    return {"entity_type": entity_type, "entity_id": entity_id, "model": model, "state": state}


@pytest.mark.parametrize(
    ("given", "stated"),
    [
        ({}, "DC-03 增加 grown(自 since 2026-03-24; 2→3 次 hits; 12,000.00→12,345.60 元 CNY)"),
        ({"state": "new", "earlier_hit_count": None, "earlier_amount": None},
         "DC-03 新增 new(自 since 2026-03-24; 3 次 hits; 12,345.60 元 CNY)"),
        ({"kind": "score", "state": "same"}, "评分 score 持续 same(自 since 2026-03-24)"),
        ({"state": "faded", "faded_since": date(2026, 3, 31), "last_seen": date(2026, 3, 24), "hit_count": 0,
          "amount": Decimal("0.00"), "is_estimate": True},
         "DC-03 消退 faded(自 since 2026-03-31; 首见 first seen 2026-03-24; 末见 last seen 2026-03-24; 2→0 次 hits; "
         "12,000.00→0.00 估算 estimate CNY)"),
    ],
)  # fmt: skip
def test_a_case_is_said_in_both_languages_with_since_when(given: dict[str, Any], stated: str) -> None:
    assert case_text(case_row(**given)) == stated


def test_a_case_goes_on_under_the_id_that_took_its_subjects_place_and_two_become_the_one_seen_first(
    spark: SparkSession,
) -> None:
    second = FIRST + timedelta(7)
    faded = {"state": "faded", "faded_since": second, "hit_count": 0, "amount": Decimal("0.00")}
    before = [
        case_row(case_id="old", subject_id="H1", first_seen=FIRST, hit_count=2, amount=Decimal("10.00")),
        case_row(case_id="new", subject_id="H3", first_seen=second, hit_count=1, amount=Decimal("5.00")),
        case_row(case_id="alone", subject_id="H1", kind="FQ-01", **faded),
        case_row(case_id="person", subject_type="patient", subject_id="H1"),  # an id of another kind
    ]
    schema = TABLES["case"].schema()
    rows = [(second, *(getattr(row, f) for f in schema.names[1:])) for row in before]
    held = spark.createDataFrame(rows, schema).drop("business_date")
    links = Successors({"institution": {"H1": "H3"}})
    earlier = to_rows(CaseRow, [row.asDict() for row in under_current_ids(held, links).collect()])
    assert {row.case_id: (row.subject_id, row.hit_count) for row in earlier} == {
        "old": ("H3", 3), "alone": ("H3", 0), "person": ("H1", 3),
    }  # fmt: skip
    institutions = [row for row in earlier if row.subject_type == "institution"]
    found = night_of(spark, second + timedelta(7), {"H3 DC-03": (4, "16")}, RULES, institutions)
    assert {row.case_id: (row.state, row.earlier_hit_count, row.earlier_amount) for row in found} == {
        "old": ("grown", 3, Decimal("15.00")), "alone": ("faded", 2, Decimal("12000.00")),
    }  # fmt: skip
    assert {row.case_id: row.first_seen for row in found}["old"] == FIRST
    assert under_current_ids(held, Successors()) is held
