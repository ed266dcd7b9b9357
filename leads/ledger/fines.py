"""Within what range a fine may lie: by article and apart, never mixed, and never beside what is recovered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from leads.ledger.judged import NOTHING, RIGHT
from leads.outcomes.entries import Outcome
from leads.outcomes.practice import Practice
from leads.outcomes.standing import latest_outcome

_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class FinesOfArticle:
    """What was found under one article, between which sums its fine may lie, and what was fined."""

    article: str
    outcomes: int
    found_amount: Decimal
    least_amount: Decimal
    most_amount: Decimal
    fined_amount: Decimal

    def as_json(self) -> dict[str, object]:
        money = ("found_amount", "least_amount", "most_amount", "fined_amount")
        return {"article": self.article, "outcomes": self.outcomes} | {name: str(getattr(self, name)) for name in money}


def fine_ranges(practice: Practice, outcomes: Iterable[Outcome]) -> list[FinesOfArticle]:
    """Grain: article that was applied and whose fine is a multiple of what was found. Of confirmed outcomes that stand;
    one whose article knows no such range has none."""
    by_article: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in latest_outcome(outcomes).values():
        if outcome.decision in RIGHT and outcome.article:
            by_article[outcome.article.partition("(")[0].strip()].append(outcome)
    found = []
    for article, of_article in sorted(by_article.items()):
        limit = practice.fine_limit(article)
        if limit.least_times is None or limit.most_times is None:
            continue
        base, fined = (
            sum((getattr(o, name) for o in of_article), NOTHING) for name in ("found_amount", "fined_amount")
        )
        least, most = ((base * times).quantize(_CENTS) for times in (limit.least_times, limit.most_times))
        found.append(FinesOfArticle(article, len(of_article), base, least, most, fined))
    return found
