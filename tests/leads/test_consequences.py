"""What follows from confirmed outcomes: ranges of fines, points, suspension and end, credit grades."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import CatalogueError, FundwatchError
from fundwatch.regions import Region, read_region
from leads.ledger.consequences import Responsibility, of_article, read_consequences
from leads.ledger.credit import CreditEntry, changed, graded
from leads.ledger.fines import fine_ranges
from leads.ledger.points import Payment, PointsEntry, after_months, derive, standing_of
from leads.outcomes.entries import Outcome, Status
from leads.outcomes.practice import read_practice

NATIONAL = read_consequences(Region(), None)
DAY = date(2026, 3, 2)


def outcome(name: str, article: str, decision: str = Status.CONFIRMED, **given: Any) -> Outcome:
    usual: dict[str, Any] = {
        "case_id": name, "lead_id": "l", "night": date(2026, 2, 1), "subject_type": "institution",
        "subject_id": "H1", "kind": "DC-03", "on_date": DAY, "found_amount": Decimal("100.00"),
    }  # fmt: skip
    return Outcome(outcome_id=name, article=article, decision=decision, **(usual | given))


def test_ranges_of_fines_stand_apart_by_article_and_only_what_was_confirmed_has_one() -> None:
    outcomes = [
        outcome("a", "条例 38(3)", fined_amount=Decimal(120)),
        outcome("b", "条例 38"),
        outcome("c", "条例 40"),
        outcome("d", "条例 41", Status.CLEARED),
        outcome("e", "条例 39"),
    ]
    found = {of.article: of for of in fine_ranges(read_practice(Region()), outcomes)}
    assert list(found) == ["条例 38", "条例 40"]
    least, most = found["条例 38"].least_amount, found["条例 38"].most_amount
    assert (found["条例 38"].outcomes, least, most) == (2, Decimal(200), Decimal(400))
    assert found["条例 38"].fined_amount == Decimal(120)
    assert (found["条例 40"].least_amount, found["条例 40"].most_amount) == (Decimal(200), Decimal(500))


def test_an_act_is_found_by_the_longest_beginning_of_its_article() -> None:
    acts = NATIONAL.points[0].acts
    named = {text: of_article(acts, text) for text in ("条例38（5）", "条例 38(3)", "条例 381", "条例 3")}
    assert {text: act and act.article for text, act in named.items()} == {
        "条例38（5）": "条例 38(5)", "条例 38(3)": "条例 38", "条例 381": None, "条例 3": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("article", "responsibility", "points"),
    [
        ("条例 38(3)", Responsibility.GENERAL, 4),
        ("条例 38(3)", Responsibility.IMPORTANT, 5),
        ("条例 40", Responsibility.MAIN, 12),
    ],
)
def test_points_follow_from_act_and_responsibility(article: str, responsibility: Responsibility, points: int) -> None:
    found = derive(NATIONAL, outcome("a", article), responsibility, DAY)
    assert found.points == points
    assert "2024-09-27" in found.words


def test_an_act_that_no_table_has_or_a_day_before_any_is_refused() -> None:
    with pytest.raises(FundwatchError, match="no act for '条例 17'"):
        derive(NATIONAL, outcome("a", "条例 17"), Responsibility.MAIN, DAY)
    with pytest.raises(FundwatchError, match="no table of points holds on 2024-01-01"):
        derive(NATIONAL, outcome("a", "条例 40"), Responsibility.MAIN, date(2024, 1, 1))


def given(outcome_id: str, points: int, day: date, **more: Any) -> PointsEntry:
    return PointsEntry(f"e-{outcome_id}-{day}", outcome_id, "D1", day, points=points, **more)


def standing(entries: list[PointsEntry], outcomes: list[Outcome], day: date) -> tuple[int, str, date | None]:
    (found,) = standing_of(entries, outcomes, NATIONAL.points, day)
    return found.points, found.payment, found.until_most


def test_nine_points_of_a_year_suspend_and_twelve_end() -> None:
    outcomes = [outcome(name, "条例 38") for name in "abcd"]
    entries = [given("a", 5, date(2026, 1, 5)), given("b", 4, date(2026, 2, 27)), given("c", 3, date(2026, 5, 4))]
    assert standing(entries, outcomes, date(2026, 2, 1)) == (5, Payment.OPEN, None)
    assert standing(entries, outcomes, date(2026, 3, 1)) == (9, Payment.SUSPENDED, date(2026, 8, 27))
    assert standing(entries, outcomes, date(2026, 5, 4)) == (12, Payment.ENDED, date(2027, 5, 4))


def test_one_act_of_twelve_points_bars_for_three_years_and_a_new_year_begins_with_none() -> None:
    entries, outcomes = [given("a", 12, date(2026, 12, 30))], [outcome("a", "条例 40")]
    assert standing(entries, outcomes, date(2027, 1, 2)) == (0, Payment.ENDED, date(2029, 12, 30))
    spread = [given("a", 6, date(2026, 12, 30)), given("b", 6, date(2027, 1, 2))]
    both = [*outcomes, outcome("b", "条例 40")]
    assert standing(spread, both, date(2027, 1, 3)) == (6, Payment.OPEN, None)


def test_an_appeal_won_takes_the_points_with_it() -> None:
    entries = [given("a", 12, date(2026, 3, 5))]
    appeal = outcome("w", "", Status.CLEARED, case_id="a", withdraws="a")
    (found,) = standing_of(entries, [outcome("a", "条例 40"), appeal], NATIONAL.points, date(2026, 4, 1))
    assert (found.points, found.payment, [entry.outcome_id for entry in found.void]) == (0, Payment.OPEN, ["a"])


def test_points_that_were_given_wrongly_are_taken_back_by_an_entry() -> None:
    taken = given("a", 0, date(2026, 3, 6), withdraws="e-a-2026-03-05")
    assert standing_of([given("a", 12, date(2026, 3, 5)), taken], [outcome("a", "条例 40")], NATIONAL.points, DAY) == []


def test_the_last_day_of_a_short_month() -> None:
    assert after_months(date(2026, 8, 31), 6) == date(2027, 2, 28)


def test_a_grade_says_how_it_came_about_and_is_given_back_after_an_appeal() -> None:
    outcomes = [outcome("a", "条例 40"), outcome("b", "条例 38(3)", Status.PARTLY), outcome("old", "条例 40")]
    outcomes[2] = outcome("old", "条例 40", on_date=date(2023, 1, 1))
    (found,) = graded(outcomes, NATIONAL.grades, date(2026, 4, 1))
    assert (found.grade.grade, found.score) == ("D", 52)
    assert "− 45 (a 条例 40 confirmed 2026-03-02)" in found.derivation
    entry = CreditEntry("e", "institution", "H1", DAY, "D", 52, derivation=found.derivation)
    before = {("institution", "H1"): entry}
    assert changed([found], before) == []
    won = [outcome(name, "", Status.CLEARED, case_id=of, withdraws=of) for name, of in (("w", "a"), ("x", "b"))]
    (again,) = graded([*outcomes, *won], NATIONAL.grades, date(2026, 4, 1), also=before)
    assert (again.grade.grade, again.score) == ("A", 100)
    assert changed([again], before) == [again]


def test_a_region_states_its_own_table_whole_and_one_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "regions" / "R1"
    folder.mkdir(parents=True)
    (folder / "region.yaml").write_text("zh: 一区\nen: One\n", encoding="utf-8")
    national = Path("conf/consequences/default.yaml").read_text(encoding="utf-8")
    own = national.replace("band: [4, 6]}", "band: [4, 6], single: {main: 5}}")
    (folder / "consequences.yaml").write_text(own, encoding="utf-8")
    there = read_consequences(read_region("R1", tmp_path), tmp_path)
    assert derive(there, outcome("a", "条例 38"), Responsibility.MAIN, DAY).points == 5
    wrong = own.replace("single: {main: 5}", "single: {main: 9}").replace("at: 9,", "at: 12,")
    (folder / "consequences.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_consequences(read_region("R1", tmp_path), tmp_path)
    assert "条例 38: main lies outside the band" in str(caught.value)
    assert "suspension begins no earlier than the end" in str(caught.value)
