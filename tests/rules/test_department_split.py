"""Quotas and budget split to departments: what three years say, kept whole, and what few visits do not say."""

from __future__ import annotations

from decimal import Decimal

from rules.benefits.department_split import (
    FEW_WORDS,
    NO_QUOTA_WORDS,
    DepartmentYear,
    budgets_of,
    quotas_of,
)


def _year(department: str | None, year: int, visits: int, mean: int, kind: str | None = "stay") -> DepartmentYear:
    total = Decimal(visits * mean)
    return DepartmentYear(department, kind, year, visits, total, total / 2)


ROWS = [_year("外科", 1, 100, 12_000), _year("内科", 1, 300, 4_000)]


def test_dearer_care_has_a_higher_quota_and_the_whole_stays_what_it_was() -> None:
    found = {one.department: one for one in quotas_of(ROWS, {"stay": Decimal(9_000)})}
    surgery, medicine = found["外科"], found["内科"]
    assert (surgery.index, medicine.index) == (2.0, 2 / 3)
    assert (surgery.quota, medicine.quota) == (Decimal("18000.00"), Decimal("6000.00"))
    assert 100 * 18_000 + 300 * 6_000 == 400 * 9_000
    assert surgery.visits == (100, 0, 0)


def test_a_department_is_set_beside_the_same_years_whole_so_that_dear_years_pass_for_nothing() -> None:
    rows = [
        _year("外科", 3, 100, 1_000),
        _year("内科", 3, 10, 1_000),
        _year("外科", 1, 10, 2_000),
        _year("内科", 1, 100, 2_000),
    ]
    assert {one.quota for one in quotas_of(rows, {"stay": Decimal(500)})} == {Decimal("500.00")}


def test_few_visits_have_the_whole_institutions_mean_and_no_quota_is_unknown() -> None:
    rows = [*ROWS, _year("眼科", 2, 29, 90_000)]
    few = next(one for one in quotas_of(rows, {"stay": Decimal(9_000)}) if one.department == "眼科")
    assert few.note == FEW_WORDS
    assert few.quota is not None
    assert few.quota < 10_000
    assert {(one.quota, one.note) for one in quotas_of(rows, {"stay": None})} == {(None, NO_QUOTA_WORDS)}


def test_parts_of_a_budget_add_up_to_the_cent_and_each_year_weighs_alike() -> None:
    rows = [
        _year("外科", 1, 1, 100), _year("内科", 1, 2, 100), _year("外科", 2, 100, 9_000), _year(None, 2, 50, 9_000),
        _year("内科", 3, 1, 0), _year("中医科", 2, 1, 0, kind=None),
    ]  # fmt: skip
    found = {one.department: one for one in budgets_of(rows, Decimal("1000.01"))}
    assert sum(one.amount or 0 for one in found.values()) == Decimal("1000.01")
    assert [round(found[name].share, 6) for name in ("外科", "内科", None, "中医科")] == [0.5, 0.333333, 0.166667, 0]
    assert all(one.amount is None for one in budgets_of(rows, None))


def test_nothing_known_splits_nothing() -> None:
    assert (quotas_of([], {}), budgets_of([], Decimal(1))) == ([], [])
    assert [one.share for one in budgets_of([_year("外科", 1, 3, 0)], Decimal(10))] == []
