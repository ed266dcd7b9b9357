"""The outcome ledger in figures: what counts, what does not, and how sure a share is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from leads.ledger.labels import LAWFUL, WRONG, labels_of
from leads.ledger.shares import Share
from leads.ledger.value import ListedCase, Sampled, for_shadow, ledger, missed, precision_by_kind
from leads.ledger.weights import ENOUGH, LEAST, MOST, learned_by
from leads.outcomes.entries import ChosenBy, Outcome, OutcomeLine, Status

NIGHT = date(2026, 1, 13)


def outcome(case: str, decision: str, **given: Any) -> Outcome:
    usual: dict[str, Any] = {
        "outcome_id": f"o-{case}", "lead_id": "l", "night": NIGHT, "subject_type": "institution", "subject_id": "H1",
        "kind": "DC-03", "on_date": date(2026, 1, 20), "rule_version": "v1",
    }  # fmt: skip
    return Outcome(case_id=case, decision=decision, **(usual | given))


def listed(case: str, **given: Any) -> ListedCase:
    usual: dict[str, Any] = {"kind": "DC-03", "version": "v1", "first_listed": NIGHT}
    usual |= {"subject_type": "institution", "subject_id": "H1"}
    return ListedCase(case, **(usual | {"amount": Decimal(100)} | given))


def test_an_exact_interval_covers_and_says_nothing_of_nothing() -> None:
    assert (Share(0, 0).value, Share(0, 0).low, Share(0, 0).words) == (None, None, "–")
    none, all_ = Share(0, 10), Share(10, 10)
    assert none.low == 0.0
    assert none.high == pytest.approx(0.308497, abs=1e-6)  # 1 - 0.025^(1/10)
    assert all_.low == pytest.approx(0.691503, abs=1e-6)
    assert all_.high == 1.0
    half = Share(5, 10)
    assert half.low == pytest.approx(0.187086, abs=1e-6)
    assert half.rest == half


def test_cases_of_a_month_keep_their_outcome_and_each_money_is_its_own() -> None:
    cases = [listed("a"), listed("b", lost_amount=Decimal(40)), listed("c", first_listed=date(2026, 2, 3))]
    outcomes = [
        outcome("a", Status.CONFIRMED, found_amount=Decimal(90), recovered_amount=Decimal(50), hours=3.5),
        outcome("b", Status.CLEARED, hours=1.0, on_date=date(2026, 3, 1)),
        outcome("c", Status.PARTLY, found_amount=Decimal(10), prevented_amount=Decimal(7), fined_amount=Decimal(20)),
    ]
    january, february = ledger(cases, outcomes, ("kind", "version", "month"))
    assert (january.key.month, january.leads, january.decided, january.open) == ("2026-01", 2, 2, 0)
    assert (january.precision.part, january.precision.whole) == (1, 2)
    assert (january.at_risk_amount, january.lost_amount, january.hours) == (Decimal(200), Decimal(40), 4.5)
    assert (january.found_amount, january.recovered_amount) == (Decimal(90), Decimal(50))
    assert (february.prevented_amount, february.fined_amount, february.lost_amount) == (Decimal(7), Decimal(20), None)
    (total,) = ledger(cases, outcomes, ())
    assert (total.found_amount, total.leads) == (Decimal(100), 3)


def test_an_outcome_that_was_withdrawn_counts_no_more_and_the_case_is_open_again() -> None:
    outcomes = [
        outcome("a", Status.CONFIRMED, found_amount=Decimal(90)),
        outcome("a", Status.CONFIRMED, outcome_id="w", withdraws="o-a"),
    ]
    (row,) = ledger([listed("a")], outcomes, ("kind",))
    assert (row.open, row.found_amount, row.precision.whole) == (1, Decimal(0), 0)


def test_what_was_not_pursued_or_referred_is_closed_and_says_nothing_of_the_rule() -> None:
    outcomes = [outcome("a", Status.NOT_PURSUED), outcome("b", Status.REFERRED), outcome("c", Status.CLEARED)]
    (row,) = ledger([listed(case) for case in "abc"], outcomes, ("kind",))
    assert (row.decided, row.precision.part, row.precision.whole) == (3, 0, 1)


def test_an_estimate_is_never_money_at_risk() -> None:
    (row,) = ledger([listed("a", is_estimate=True), listed("b")], [], ())
    assert (row.at_risk_amount, row.estimated_amount) == (Decimal(100), Decimal(100))


def test_an_outcome_whose_list_is_gone_counts_all_the_same() -> None:
    (row,) = ledger([], [outcome("a", Status.CONFIRMED, found_amount=Decimal(5))], ("kind", "version", "month"))
    assert (row.key.version, row.key.month, row.leads, row.found_amount) == ("v1", "2026-01", 1, Decimal(5))


def test_a_random_sample_measures_what_the_list_misses_and_is_no_part_of_a_rule_s_precision() -> None:
    outcomes = [
        outcome(f"s{n}", Status.CONFIRMED if n < 2 else Status.CLEARED, kind="sample", subject_type="patient",
                subject_id=f"p{n}", chosen_by=ChosenBy.SAMPLE)
        for n in range(10)
    ]  # fmt: skip
    (found,) = missed([Sampled("patient", 12, 500)], outcomes, [])
    assert (found.sampled, found.wrong.part, found.unlisted.part, found.wrong.whole) == (12, 2, 2, 10)
    assert found.estimated is not None
    assert found.estimated == pytest.approx((100.0, 12.6, 278.05), abs=0.1)
    assert ledger([], outcomes, ()) == []
    assert precision_by_kind(outcomes)["sample"].whole == 0
    (one_listed,) = missed([], outcomes, [replace(listed("a"), subject_type="patient", subject_id="p1")])
    assert (one_listed.wrong.part, one_listed.unlisted.part) == (2, 1)  # a list had named one of the two


@pytest.mark.parametrize(("wrong", "judged", "proposed"), [(6, 10, True), (5, 10, False), (9, 9, False)])
def test_a_rule_is_proposed_for_shadow_by_its_false_share_of_enough(wrong: int, judged: int, proposed: bool) -> None:
    decided = [Status.CLEARED] * wrong + [Status.CONFIRMED] * (judged - wrong)
    rows = ledger([], [outcome(str(n), d) for n, d in enumerate(decided)], ("kind",))
    assert [one.kind for one in for_shadow(rows, limit=0.5, least=10)] == (["DC-03"] if proposed else [])


def _history(kind: str, right: int, wrong: int) -> list[Outcome]:
    decided = [Status.CONFIRMED] * right + [Status.CLEARED] * wrong
    return [outcome(f"{kind}{n}", d, outcome_id=f"{kind}{n}", kind=kind) for n, d in enumerate(decided)]


def test_a_rule_that_is_right_more_often_weighs_more_within_bounds() -> None:
    learned = learned_by([*_history("A", 20, 0), *_history("B", 0, 40), *_history("C", 1, 1)], date(2026, 2, 1))
    weights = {kind: found.weight for kind, found in learned.weights.items()}
    assert (weights["A"], weights["B"]) == (MOST, LEAST)
    assert 0.9 < weights["C"] < 1.2  # two outcomes move little
    assert learned.seen == 62


def test_nothing_is_learned_of_few_outcomes_nor_of_what_came_later() -> None:
    history = _history("A", ENOUGH - 1, 0)
    assert learned_by(history, date(2026, 2, 1)).weights == {}
    more = [*history, outcome("late", Status.CLEARED, outcome_id="late", on_date=date(2026, 2, 2))]
    assert learned_by(more, date(2026, 2, 1)) == learned_by(history, date(2026, 2, 1))
    own_list = [*history, outcome("own", Status.CLEARED, outcome_id="own", night=date(2026, 2, 1))]
    assert learned_by(own_list, date(2026, 2, 1)).seen == ENOUGH - 1


def _labels(outcomes: Sequence[Outcome], lines: Sequence[OutcomeLine], as_of: date) -> list[tuple[str, str, str]]:
    return [(label.kind, label.entity_type, label.line_id) for label in labels_of(outcomes, lines, as_of)]


def test_labels_say_what_was_wrong_line_by_line_and_nothing_that_was_not_known_yet() -> None:
    outcomes = [
        outcome("a", Status.PARTLY),
        outcome("b", Status.CLEARED, kind="score", subject_type="doctor", subject_id="D"),
        outcome("c", Status.REFERRED),
        outcome("a", Status.PARTLY, outcome_id="w", withdraws="o-a", on_date=date(2026, 3, 1)),
    ]
    lines = [OutcomeLine("o-a", "1", True), OutcomeLine("o-a", "2", False)]
    assert _labels(outcomes, lines, date(2026, 1, 19)) == []
    known = [(WRONG, "line", "1"), (LAWFUL, "line", "2"), (LAWFUL, "doctor", "")]
    assert _labels(outcomes, lines, date(2026, 2, 28)) == known
    assert _labels(outcomes, lines, date(2026, 3, 1)) == known[2:]
    doctor = labels_of(outcomes, lines, date(2026, 3, 1))[0]
    assert (doctor.rule_id, doctor.doctor_id, doctor.chosen_by) == ("", "D", "list")
