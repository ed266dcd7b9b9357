"""The band of usual sizes: robust, and silent where too little is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from intake.source.usual_size import Band, Figures, Judgement, Reach, judge

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
    old = [Figures("fee_list", NIGHT - timedelta(days=401 + n), 1000, 1) for n in range(9)]
    again = [Figures("fee_list", NIGHT, 1000, 1)] * 9
    assert judge(tonight(1), [*old, *again], NIGHT, Band()).unjudged != ()


def test_only_the_last_deliveries_count():
    grown = nights(*[1100] * 5, *[100] * 9)
    assert judge(tonight(100), grown, NIGHT, Band(nights=5)).outside != ()


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


WEEKS = [1100, 1180, 1200, 1150, 1190, 1170, 1210] * 2
USUAL = nights(*WEEKS)


def declared(rows: int, known: list[Figures], money: Decimal | None = None) -> tuple[str, ...]:
    return judge(tonight(rows, money), known, NIGHT, Band(), Reach()).outside


def test_a_declared_delivery_may_be_much_larger_than_usual_but_not_ten_times():
    assert declared(5_000, USUAL) == ()
    (found,) = declared(11_800, USUAL)
    assert found.startswith("fee_list: 11,800 rows")


def test_a_declared_delivery_may_be_much_smaller_than_usual_but_not_a_tenth():
    assert declared(300, USUAL) == ()
    assert declared(118, USUAL) == ("fee_list: 118 rows, usual 236–5,900 (median 1,180 of 14 nights)",)


def test_the_rows_may_be_as_usual_and_their_money_a_tenth():
    known = [Figures("fee_list", NIGHT - timedelta(days=n), 1000, 9, Decimal("5000.00")) for n in range(1, 15)]
    assert declared(1000, known, Decimal("1000.00")) == ()
    assert declared(1000, known, Decimal("500.00")) == (
        "fee_list: 500.00 CNY, usual 1,000–25,000 (median 5,000 of 14 nights)",
    )


def test_what_was_as_quiet_twice_is_a_habit_and_once_is_none():
    assert declared(130, nights(*WEEKS, 160, 150)) == ()
    assert declared(79, nights(*WEEKS, 160, 150)) != ()
    assert declared(130, nights(*WEEKS, 160)) != ()


def test_before_two_weeks_are_known_nothing_is_too_little():
    assert declared(1, nights(*WEEKS[:13])) == ()
    assert declared(1, nights(*WEEKS)) != ()


def test_a_small_town_has_quiet_nights_by_chance():
    assert declared(9, nights(*[70, 190, 120, 160, 110] * 3)) == ()
    assert declared(9, nights(*[170, 290, 220, 260, 210] * 3)) != ()


def test_bytes_of_a_declared_delivery_say_only_how_it_is_packed():
    packed = [Figures("fee_list", NIGHT, 1200, 100)]
    assert judge(packed, USUAL, NIGHT, Band(), Reach()).outside == ()
    assert judge(packed, USUAL, NIGHT, Band()).outside != ()


def every(days: int, rows: int, count: int, last: date, kind: str = "fee_list") -> list[Figures]:
    return [Figures(kind, last - timedelta(days=days * n), rows, rows * 10) for n in range(count)]


def of_days(rows: int, known: list[Figures], reach: Reach | None) -> Judgement:
    return judge([Figures("fee_list", NIGHT, rows, rows * 10)], known, NIGHT, Band(), reach)


def test_a_delivery_is_as_usual_by_the_days_that_it_covers():
    months = every(30, 30_000, 12, NIGHT - timedelta(days=1))
    nightly = every(1, 1_000, 20, NIGHT - timedelta(days=10))
    for reach in (None, Reach()):
        assert of_days(1_000, months, reach).outside == ()  # the first night after a history of months
        assert of_days(10_000, nightly, reach).outside == ()  # ten days in one, after holidays
        assert of_days(100, months, reach).outside != ()
        assert of_days(100_000, nightly, reach).outside != ()


def test_a_night_that_did_not_come_does_not_explain_ten_times_the_rows():
    nightly = every(1, 1_000, 20, NIGHT - timedelta(days=2))
    assert of_days(2_000, nightly, Reach()).outside == ()
    assert of_days(10_000, nightly, Reach()).outside != ()


def test_a_register_that_is_always_sent_whole_is_as_usual_after_a_gap():
    registers = every(1, 5_000, 9, NIGHT - timedelta(days=10))
    assert of_days(5_000, registers, Reach()).outside == ()


def test_a_week_after_one_delivery_of_history_is_not_judged_and_weeks_are_in_time():
    history = [Figures("fee_list", NIGHT - timedelta(days=7), 200_000, 1)]
    assert of_days(3_000, history, Reach()).outside == ()
    weeks = every(7, 3_000, 6, NIGHT - timedelta(days=7))
    assert of_days(2_500, weeks, Reach()).outside == ()
    assert of_days(300, weeks, Reach()).outside != ()
