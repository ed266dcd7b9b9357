"""What an example says against what was found of it: whatever differs is named. No Spark here."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from rules.catalogue.proving import Played, wrong_with
from rules.catalogue.rule import Example

EXAMPLE = Example(says="the second is the copy", hits=[2], compared=[1], amount=Decimal(24), reason_says=["2次"])


@dataclass(frozen=True)
class LineFound:
    """A line of a hit."""

    line_id: str
    amount_at_risk: Decimal = Decimal(0)
    role: str = "compared"


@dataclass(frozen=True)
class HitFound:
    """The hit that the example says, changed where a test wants it."""

    rule_id: str = "DC-03"
    amount_at_risk: Decimal = Decimal(24)
    reason_zh: str = "收取2次"
    reason_en: str = "twice"
    subject_id: str = "DC-03#1:H1"
    lines: tuple[LineFound, ...] = field(
        default=(LineFound("DC-03#1:2", Decimal(24), "counted"), LineFound("DC-03#1:1"))
    )


def wrong(*hits: HitFound) -> list[str]:
    return list(wrong_with("DC-03#1", EXAMPLE, Played.of(hits)))


def test_what_is_as_the_example_says_is_right() -> None:
    assert wrong(HitFound()) == []


def test_a_hit_of_another_rule_says_nothing_of_the_example() -> None:
    assert wrong(HitFound(), HitFound(rule_id="OP-01", reason_zh="另一")) == []


@pytest.mark.parametrize(
    ("hits", "says"),
    [
        ((), "hits [], and says [2]"),
        ((HitFound(lines=(LineFound("DC-03#1:2", Decimal(24), "counted"),)),), "compared [], and says [1]"),
        ((HitFound(amount_at_risk=Decimal(25)),), "the hit's 25 yuan are not those of its lines"),
        ((HitFound(reason_zh="收取3次"),), "the reason does not say '2次'"),
        ((HitFound(reason_en="{times}"),), "a placeholder is left in the reason"),
        ((HitFound(reason_en="?"),), "the reason names something unknown"),
    ],
)
def test_what_differs_is_named(hits: tuple[HitFound, ...], says: str) -> None:
    assert any(says in text for text in wrong(*hits))
