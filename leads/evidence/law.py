"""The articles that rules cite: what each says in our own words, what a breach is called and costs, since when.

`law.csv` is dated: an article that was not in force on a service day judges nothing of it. `violations.csv` says which
of the acts that an article lists a category of rules is about.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO

from pydantic import Field

from fundwatch.declared import Declared
from fundwatch.pages import Bilingual

SOURCES = {
    "regulation": Bilingual(
        "《医疗保障基金使用监督管理条例》(国务院令第735号,2021年5月1日起施行)",
        "Regulation on the use and supervision of the medical security fund, in force since 2021-05-01",
    ),
    "rules": Bilingual(
        "《医疗保障基金使用监督管理条例实施细则》(国家医疗保障局令第7号,2026年4月1日起施行;要点据二手转载,引用前核对原文)",
        "Implementing rules of the Regulation, in force since 2026-04-01; taken from second-hand copies: check the "
        "original before citing",
    ),
}


class Article(Declared):
    """An article as rules cite it, over the service days that it holds for."""

    cited: str
    from_: date = Field(alias="from")
    to: date | None = None
    says: Bilingual
    name: Bilingual | None = None
    effect: Bilingual
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether it was in force on the service day."""
        return self.from_ <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True)
class Citation:
    """A cited article beside a lead's days: `article` is None where the table lacks it; `is_whole` says that it was in
    force on all of the days."""

    cited: str
    article: Article | None
    is_whole: bool


@cache
def articles() -> dict[str, tuple[Article, ...]]:
    """All articles by how they are cited."""
    found: dict[str, list[Article]] = {}
    for row in _rows("law.csv"):
        article = Article.model_validate(
            {
                "cited": row["cited"], "from": row["from"], "to": row["to"] or None, "source": row["source"],
                "says": Bilingual(row["zh"], row["en"]), "effect": Bilingual(row["effect_zh"], row["effect_en"]),
                "name": Bilingual(row["name_zh"], row["name_en"]) if row["name_zh"] else None,
            }
        )  # fmt: skip
        found.setdefault(article.cited, []).append(article)
    return {cited: tuple(own) for cited, own in found.items()}


def citations(cited: Sequence[str], first: date, last: date) -> list[Citation]:
    """The articles beside services from the first to the last day, as cited; the newest of several that held."""
    found = []
    for name in cited:
        held = [a for a in articles().get(name, ()) if a.from_ <= last and (a.to is None or first <= a.to)]
        known = held or list(articles().get(name, ()))
        article = known[-1] if known else None
        is_whole = article is not None and article.holds_on(first) and article.holds_on(last)
        found.append(Citation(name, article, is_whole))
    return found


def violation(rule_id: str, cited: Sequence[str]) -> Bilingual | None:
    """What the Regulation calls the act that the rule finds: the category's own word, else that of the first article
    that names one; None where none does."""
    own = _violations()
    for name in cited:
        if (rule_id[:2], name) in own:
            return own[rule_id[:2], name]
    named = (article.name for name in cited for article in articles().get(name, ()))
    return next((name for name in named if name is not None), None)


@cache
def _violations() -> dict[tuple[str, str], Bilingual]:
    return {(row["category"], row["cited"]): Bilingual(row["zh"], row["en"]) for row in _rows("violations.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("leads") / "evidence" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text, newline="")))
