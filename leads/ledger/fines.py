"""Within what range a fine may lie: by article and apart, never mixed, and never beside what is recovered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from leads.ledger.consequences import FineRange, of_article
from leads.ledger.judged import NOTHING, RIGHT
from leads.outcomes.entries import Outcome
from leads.outcomes.standing import latest_outcome


@dataclass(frozen=True)
class FinesOfArticle:
    """What was found under one article, between which sums its fine may lie, and what was fined."""

    article: str
    outcomes: int
    found_amount: Decimal
    least_amount: Decimal
    most_amount: Decimal
    fined_amount: Decimal

    def as_json(self) -> dict[str, str | int]:
        money = ("found_amount", "least_amount", "most_amount", "fined_amount")
        return {"article": self.article, "outcomes": self.outcomes} | {name: str(getattr(self, name)) for name in money}


def fine_ranges(ranges: Sequence[FineRange], outcomes: Iterable[Outcome]) -> list[FinesOfArticle]:
    """Grain: article that was applied and has a range. Of confirmed outcomes that stand, each by the range in force on
    its day; an outcome whose article has none has no range."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [NOTHING] * 4)
    counts: dict[str, int] = defaultdict(int)
    for outcome in latest_outcome(outcomes).values():
        begun = [one for one in ranges if one.from_ <= outcome.on_date]
        found = of_article(sorted(begun, key=lambda one: one.from_, reverse=True), outcome.article)
        if outcome.decision not in RIGHT or found is None:
            continue
        base = outcome.found_amount
        counts[found.article] += 1
        more = (base, base * found.least, base * found.most, outcome.fined_amount)
        sums[found.article] = [so_far + one for so_far, one in zip(sums[found.article], more, strict=True)]
    cents = Decimal("0.01")
    return [
        FinesOfArticle(article, counts[article], *(amount.quantize(cents) for amount in sums[article]))
        for article in sorted(sums)
    ]
