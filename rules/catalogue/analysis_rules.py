"""What a rule on indicators may say: it asks, and proves nothing; a size is nothing strange."""

from __future__ import annotations

from collections.abc import Iterator

from fundwatch.contracts.entities import MEASURED, answering
from rules.analysis.indicators import JUDGED, SIZE, indicator_columns
from rules.catalogue.rule import Rule, Tier
from rules.frames.registry import GRAINS


def problems_of_indicators(rule: Rule) -> Iterator[str]:
    """What is wrong with the indicators that a rule names, and with what it makes of them."""
    judges = GRAINS[rule.grain].frame.judges
    if bool(judges) != bool(rule.indicators):
        yield f"indicators: a {rule.grain} " + ("names its `value`" if judges else "has none")
    elif judges:
        yield from _named(rule, judges)
        yield from _made_of_them(rule, judges)
    elif rule.money.estimate is not None:
        yield "money: lines carry it; an estimate of its own is for rules on indicators"
    elif rule.money.method == "A11" and rule.money.share != "0":
        yield "money: of none (A11) no line carries a part: share is '0'"


def _named(rule: Rule, judges: str) -> Iterator[str]:
    known, columns = indicator_columns(), GRAINS[rule.grain].columns
    for name, column in rule.indicators.items():
        if column not in known or known[column].entity != judges:
            yield f"indicators.{name}: there is no indicator '{column}' of a {judges}"
        if name in columns:
            yield f"indicators.{name}: a column of the grain is called so"
    judged = rule.indicators.get(JUDGED, "")
    if not judged:
        yield f"indicators: `{JUDGED}` is the one that is judged"
    elif judged in known and known[judged].kind == SIZE:
        yield (
            f"indicators.{JUDGED}: {judged} is a size, and the big ones are not strange: judge it per person or day, "
            "against what is expected of like cases, or against its own past"
        )


def _made_of_them(rule: Rule, judges: str) -> Iterator[str]:
    if rule.tier == Tier.CLEAR:
        yield f"tier: an indicator proves nothing: {Tier.SUSPECT} or {Tier.CLUE}"
    if not rule.money.is_estimate:
        yield "money: no line carries it: an estimate (A9), or none (A11)"
    whose = answering(MEASURED[judges])
    wanted = judges if whose is None else whose.name
    if rule.subject != wanted:
        yield f"subject: of a {judges} it is the {wanted}"
