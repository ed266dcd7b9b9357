"""The band of usual sizes: robust, and silent where too little is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from intake.source.usual_size import Band, Figures, judge

NIGHT = date(2026, 3, 31)


def nights(*rows: int, kind: str = "fee_list") -> list[Figures]:
    return [Figures(kind, NIGHT - timedelta(days=n), count, count * 10) for n, count in enumerate(rows, 1)]


def tonight(rows: int, money: Decimal | None = None) -> list[Figures]:
    return [Figures("fee_list", NIGHT, rows, 11_000, money)]


def test_a_delivery_far_below_the_usual_is_reported_with_its_figures():
    found = judge(tonight(120), nights(1100, 1180, 1200, 1150, 1190), NIGHT, Band())
    assert found.outside == ("fee_list: 120 rows, usual 590–1,770 (median 1,180 of 5 nights)",)


def test_one_odd_night_in_the_past_does_not_widen_the_band():
    found = judge(tonight(120), nights(1100, 1180, 1200, 1150, 1_000_000), NIGHT, Band())
    assert len(found.outside) == 1


def test_too_few_nights_make_no_band_and_that_is_said():
    found = judge(tonight(1), nights(1000, 1000, 1000, 1000), NIGHT, Band())
    assert found.outside == ()
    assert found.unjudged == ("fee_list: 4 nights known, 5 make a band",)


def test_nights_older_than_the_days_looked_back_on_and_tonight_itself_do_not_count():
    old = [Figures("fee_list", NIGHT - timedelta(days=31 + n), 1000, 1) for n in range(9)]
    again = [Figures("fee_list", NIGHT, 1000, 1)] * 9
    assert judge(tonight(1), [*old, *again], NIGHT, Band()).unjudged != ()


def test_files_of_one_kind_are_judged_together():
    halves = [Figures("fee_list", NIGHT, 500, 5_500), Figures("fee_list", NIGHT, 600, 5_500)]
    assert judge(halves, nights(1100, 1100, 1100, 1100, 1100), NIGHT, Band()).outside == ()


def test_money_is_judged_where_enough_nights_have_any():
    known = [Figures("fee_list", NIGHT - timedelta(days=n), 1000, 11_000, Decimal("500.00")) for n in range(1, 7)]
    found = judge(tonight(1000, Decimal("5000.00")), known, NIGHT, Band())
    assert found.outside == ("fee_list: 5,000.00 CNY, usual 250–750 (median 500 of 6 nights)",)


def test_a_kind_that_came_every_night_and_is_missing_tonight_is_reported():
    known = [*nights(9, 9, 9, 9, 9), *nights(9, 9, 9, 9, 9, kind="setl")]
    found = judge(tonight(9), known, NIGHT, Band(share=Decimal(10_000)))
    assert found.outside == ("setl: not delivered, and it came on each of the last 5 nights",)


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=29))
def test_the_median_itself_is_never_outside(rows):
    middle = sorted(rows)[len(rows) // 2] if len(rows) % 2 else None
    if middle is not None:
        bytes_too = [Figures("fee_list", NIGHT, middle, sorted(rows)[len(rows) // 2] * 10)]
        assert judge(bytes_too, nights(*rows), NIGHT, Band()).outside == ()


def test_a_declared_delivery_may_be_much_larger_than_usual_but_not_ten_times():
    usual, band = nights(1100, 1180, 1200, 1150, 1190), Band().of_declared()
    assert judge(tonight(5_000), usual, NIGHT, band).outside == ()
    (found,) = judge(tonight(11_800), usual, NIGHT, band).outside
    assert found.startswith("fee_list: 11,800 rows")
