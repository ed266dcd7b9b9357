"""How leads are worked on where we are: deadlines, second reviews, samples, codes. `conf/inspection/default.yaml`, with
`inspection.yaml` of the region laid over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import Field, ValidationError

from fundwatch.contracts.entities import ENTITIES
from fundwatch.declared import Declared, model_problems
from fundwatch.errors import CatalogueError, problems
from fundwatch.regions import Region, laid_over
from fundwatch.resources import conf_file, read_yaml
from leads.cards import TIERS
from leads.outcomes.entries import Status

LONGEST_SNOOZE_DAYS = 180
WITHDRAWN = "withdrawn"  # the key of the reasons for taking an entry back
_WHAT = "how leads are worked on does not hold"
_FILE = "inspection.yaml"


class Days(Declared):
    """After how many days without the next step a case is late, by where it stands."""

    new: int = Field(ge=1, le=3660)
    assigned: int = Field(ge=1, le=3660)
    in_check: int = Field(ge=1, le=3660)
    heard: int = Field(ge=1, le=3660)
    second_review: int = Field(ge=1, le=3660)


class DatedPractice(Declared):
    """What holds from a date on."""

    from_: date = Field(alias="from")
    days: Days
    second_review: tuple[str, ...]
    sample: dict[str, int] = Field(default_factory=dict)


class FineLimit(Declared):
    """What an article lets at most, and asks at least: times the amount found, or an amount."""

    least_times: Decimal | None = Field(None, gt=0)
    most_times: Decimal | None = Field(None, gt=0)
    most: Decimal | None = Field(None, gt=0)


class Retention(Declared):
    """For how many days leads, and what people wrote about them, are kept, counted back from the newest night."""

    leads: int = Field(ge=1, le=36_600)
    outcomes: int = Field(ge=1, le=36_600)


class Practice(Declared):
    """All of it."""

    retention_days: Retention
    dated: tuple[DatedPractice, ...] = Field(min_length=1)
    reasons: dict[str, dict[str, str]]
    referred_to: dict[str, str] = Field(min_length=1)
    fines: dict[str, FineLimit] = Field(default_factory=dict)

    def on(self, day: date) -> DatedPractice:
        """What holds on the day; before the first date, what came first."""
        begun = [one for one in self.dated if one.from_ <= day]
        return max(begun, key=lambda one: one.from_) if begun else min(self.dated, key=lambda one: one.from_)

    def reason_codes(self, of: str) -> tuple[str, ...]:
        """The codes of a decision, or of taking back; empty where it needs none."""
        return tuple(self.reasons.get(of, {}))

    def fine_limit(self, article: str) -> FineLimit:
        """What `条例 38(3)` lets, by its article."""
        return self.fines.get(
            article.partition("(")[0].strip(), FineLimit(least_times=None, most_times=None, most=None)
        )


def read_practice(region: Region, overlay: Path | None = None) -> Practice:
    """The practice of the region. Raises CatalogueError naming every problem."""
    national = conf_file("inspection", "default", overlay)
    content, where = read_yaml(national), str(national)
    for file in region.files(_FILE):
        own = read_yaml(file)
        if not isinstance(own, dict):
            raise CatalogueError(f"{_WHAT}: the file holds no keys", where=str(file), do="fix the file")
        content, where = laid_over(content, own), str(file)
    try:
        practice = Practice.model_validate(content)
    except ValidationError as error:
        found = model_problems(error)
        raise CatalogueError(problems(_WHAT, found), where=where, do="fix what is named") from error
    if found := list(_problems(practice)):
        raise CatalogueError(problems(_WHAT, found), where=where, do="fix what is named")
    return practice


def _problems(practice: Practice) -> Iterator[str]:
    starts = [one.from_ for one in practice.dated]
    if len({*starts}) < len(starts):
        yield "dated: a date occurs twice"
    for place, one in enumerate(practice.dated):
        yield from (f"dated.{place}.second_review: no tier '{t}'" for t in one.second_review if t not in TIERS)
        if TIERS[0] not in one.second_review:
            yield f"dated.{place}.second_review: {TIERS[0]} must be there: two persons close such a lead"
        yield from (f"dated.{place}.sample.{name}: no such entity" for name in one.sample if name not in ENTITIES)
        yield from (f"dated.{place}.sample.{name}: 0 to 1,000" for name, n in one.sample.items() if not 0 <= n <= 1000)
    known = {Status.CLEARED, Status.NOT_PURSUED, Status.CONFIRMED, Status.PARTLY, Status.REFERRED, WITHDRAWN}
    yield from (f"reasons.{name}: no such decision" for name in practice.reasons if name not in known)
    yield from (f"reasons.{name} is missing" for name in (Status.CLEARED, Status.NOT_PURSUED, WITHDRAWN)
                if not practice.reasons.get(name))  # fmt: skip
