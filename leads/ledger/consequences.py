"""What follows from a confirmed outcome, as dated tables that a region may state anew: `conf/consequences/`, or
`consequences.yaml` of a region.

An article is written as rules write it (条例 38(3)); a table speaks of an act by the longest beginning of it that it
has: 条例 38(5) before 条例 38.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.errors import FundwatchError
from fundwatch.regions import NATION_ALONE, Region
from fundwatch.resources import conf_file

_FILE = "consequences.yaml"
_Points = Annotated[int, Field(ge=1, le=12)]
_Band = tuple[_Points, _Points]


class Responsibility(StrEnum):
    """How far a person answers for the act (一般、重要、主要责任)."""

    GENERAL = "general"
    IMPORTANT = "important"
    MAIN = "main"


RESPONSIBILITY_WORDS = {
    Responsibility.GENERAL: "一般责任 general",
    Responsibility.IMPORTANT: "重要责任 important",
    Responsibility.MAIN: "主要责任 main",
}


class PointedAct(Declared):
    """The band of points of an act; `single` says the points of a responsibility where a region fixed them."""

    article: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    band: _Band
    single: dict[Responsibility, _Points] = Field(default_factory=dict)

    def points(self, responsibility: Responsibility) -> int:
        """The single value, or else the lower end, the middle and the upper end of the band."""
        low, high = self.band
        usual = {
            Responsibility.GENERAL: low,
            Responsibility.IMPORTANT: (low + high + 1) // 2,
            Responsibility.MAIN: high,
        }
        return self.single.get(responsibility, usual[responsibility])


class Suspension(Declared):
    """From how many points in a calendar year payment is suspended, and for how many months."""

    at: _Points
    least_months: int = Field(ge=1)
    most_months: int = Field(ge=1)


class Ending(Declared):
    """At how many points it ends, and after how many years a person may be registered again: after a sum, or after one
    act that carries them all."""

    at: _Points
    years_after_sum: int = Field(ge=0)
    years_after_one: int = Field(ge=0)


class PointsTable(Declared):
    """Points of persons who work in institutions (支付资格管理记分), from a date on."""

    from_: date = Field(alias="from")
    source: str = Field(min_length=1)
    acts: tuple[PointedAct, ...] = Field(min_length=1)
    suspension: Suspension
    ending: Ending


class Deduction(Declared):
    """What an outcome takes from a credit score."""

    article: str = Field(min_length=1)
    confirmed: int = Field(ge=0)
    partly: int = Field(ge=0)


class Grade(Declared):
    """A grade and the least score of it."""

    grade: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    least: int


class GradesTable(Declared):
    """Credit grades, from a date on: outcomes of the last months are taken from the full score."""

    from_: date = Field(alias="from")
    source: str = Field(min_length=1)
    months: int = Field(ge=1, le=120)
    full: int = Field(ge=1)
    deductions: tuple[Deduction, ...] = Field(min_length=1)
    otherwise: Deduction
    grades: tuple[Grade, ...] = Field(min_length=2)


class Consequences(Declared):
    """`conf/consequences/<name>.yaml`."""

    points: tuple[PointsTable, ...]
    grades: tuple[GradesTable, ...]


class _Dated(Protocol):
    @property
    def from_(self) -> date: ...


class _OfArticle(Protocol):
    @property
    def article(self) -> str: ...


Table = TypeVar("Table", bound=_Dated)
Entry = TypeVar("Entry", bound=_OfArticle)


def in_force_on(tables: Sequence[Table], day: date) -> Table | None:
    """The table that holds on the day: the last that began by then; None before the first."""
    begun = sorted((table for table in tables if table.from_ <= day), key=lambda table: table.from_)
    return begun[-1] if begun else None


def of_article(entries: Sequence[Entry], article: str) -> Entry | None:
    """The entry that speaks of the article: the longest that it begins with; None where none does."""
    wanted = _plain(article)
    found = [entry for entry in entries if _begins(wanted, _plain(entry.article))]
    return max(found, key=lambda entry: len(_plain(entry.article)), default=None)


def _plain(article: str) -> str:
    """Without blanks, and with the brackets of one kind."""
    return "".join(article.split()).replace("（", "(").replace("）", ")")


def _begins(article: str, beginning: str) -> bool:
    """条例 38(3) begins with 条例 38, and 条例 381 does not."""
    return article == beginning or (article.startswith(beginning) and not article[len(beginning)].isdigit())


def consequences_file(region: Region, conf: Path | None) -> Traversable:
    """The file that holds in the region: the narrowest region's own, else the nation's."""
    own = region.files(_FILE)
    return own[-1] if own else conf_file("consequences", NATION_ALONE, conf)


def read_consequences(region: Region, conf: Path | None) -> Consequences:
    """What follows in the region. Raises CatalogueError naming every problem of the file."""
    file = consequences_file(region, conf)
    return read_declared(Consequences, file, "the table of consequences does not hold", also=_problems)


def _problems(given: Consequences) -> Iterator[str]:
    for table in given.points:
        yield from _points_problems(table)
    for grades in given.grades:
        scores = [grade.least for grade in grades.grades]
        if scores != sorted(set(scores), reverse=True):
            yield f"grades from {grades.from_}: the least scores do not fall from grade to grade"
    for kind, tables in (("points", given.points), ("grades", given.grades)):
        days = [table.from_ for table in tables]
        if len(set(days)) < len(days):
            yield f"{kind}: two tables begin on one day"


def _points_problems(table: PointsTable) -> Iterator[str]:
    if table.suspension.least_months > table.suspension.most_months:
        yield f"points from {table.from_}: suspension has fewer months at most than at least"
    if table.suspension.at >= table.ending.at:
        yield f"points from {table.from_}: suspension begins no earlier than the end"
    for act in table.acts:
        low, high = act.band
        if low > high:
            yield f"points from {table.from_}: {act.article}: the band runs backwards"
        for responsibility, points in act.single.items():
            if not low <= points <= high:
                yield f"points from {table.from_}: {act.article}: {responsibility} lies outside the band"


def act_of(table: PointsTable, article: str) -> PointedAct:
    """The act of the table. Raises FundwatchError where the table has none for the article."""
    act = of_article(table.acts, article)
    if act is None:
        raise FundwatchError(
            f"the table of points from {table.from_} has no act for '{article}'",
            where="consequences.yaml",
            do=f"apply one of: {', '.join(one.article for one in table.acts)}; or let the region declare it",
        )
    return act
