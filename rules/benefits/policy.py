"""What a pooling area's `benefits.yaml` may say: who pays what of an encounter, by insurance, kind of care and level.

Money is in the region's currency, shares are parts of 1. A version holds for the days on which encounters are settled;
versions follow one another without a gap. A level may be `*`: every level.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from fundwatch.declared import Declared

ANY_LEVEL = "*"
# funds beside the pooled one, in the order in which each pays of what those before it left
SUPPLEMENTS = (
    "large_claim_fund_amount", "serious_illness_fund_amount", "enterprise_fund_amount", "civil_servant_fund_amount",
    "veteran_fund_amount", "aid_fund_amount", "other_fund_amount",
)  # fmt: skip
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Fund = Literal[
    "large_claim_fund_amount", "serious_illness_fund_amount", "enterprise_fund_amount", "civil_servant_fund_amount",
    "veteran_fund_amount", "aid_fund_amount", "other_fund_amount",
]  # fmt: skip


class KindOfCare(Declared):
    """A kind of care, and which encounters are of it: of those kinds that fit, the first."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    zh: str = Field(min_length=1)
    visit_types: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,8}$")], ...] = Field(
        (), description="types of visit (med_type); none: all"
    )
    is_inpatient: bool | None = None


class Deductible(Declared):
    """What a person pays before the pooled fund does (起付线): of each encounter, or once a year."""

    per: Literal["encounter", "year"]
    amounts: dict[str, Amount] = Field(min_length=1, description="by level")
    later: Share = Field(Decimal(1), description="the part of it that is due from the year's second such stay on")


class BenefitSegment(Declared):
    """What the pooled fund pays of what lies above so much (费用分段), up to where the next segment begins."""

    above: Amount
    shares: dict[str, Share] = Field(min_length=1, description="by level")


class Benefit(Declared):
    """What one insurance pays for one kind of care."""

    deductible: Deductible | None = None
    segments: tuple[BenefitSegment, ...] = Field(min_length=1)
    segments_of: Literal["encounter", "year"] = "encounter"
    more_for: dict[str, Share] = Field(
        default_factory=dict, description="added to every share that pays anything, by the beginning of a person type"
    )
    ceiling: Amount | None = Field(None, description="of what the pooled fund pays for this kind in a year (封顶线)")


class Insurance(Declared):
    """The benefits of one insurance by kind of care; for other kinds it pays nothing."""

    ceiling: Amount | None = Field(None, description="of what the pooled fund pays in a year, for all kinds together")
    benefits: dict[str, Benefit]


class Supplement(Declared):
    """A further fund's part of what is left in scope (大病、大额、公务员补助、医疗救助).

    With `above` it pays of what was left in the year beyond so much; `counts` are the kinds whose rest adds to that.
    `entitled: payment` where no table says who is: that it paid is taken for it, and only the amount is judged.
    """

    fund: Fund
    insurances: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[str, ...] = Field(min_length=1)
    share: Share
    above: Amount | None = None
    counts: tuple[str, ...] = ()
    entitled: Literal["all", "payment"] = "all"


class DiseaseQuota(Declared):
    """What one stay for a disease costs at most (单病种定额): by the beginning of its main diagnosis, and of the main
    operation where there must be one."""

    diagnosis: str = Field(min_length=3)
    operation: str = ""
    zh: str = Field(min_length=1)
    amounts: dict[str, Amount] = Field(min_length=1)


class PaymentMethods(Declared):
    """How institutions may be paid, beside by item: quotas of a visit, a day in bed, a disease. That of a payment group
    stands with the settlement."""

    per_visit: dict[str, dict[str, Amount]] = Field(
        default_factory=dict, description="人次定额: by kind of care and level"
    )
    bed_day: dict[str, Amount] = Field(default_factory=dict, description="床日定额: by level")
    diseases: tuple[DiseaseQuota, ...] = ()


class PolicyVersion(Declared):
    """The policy from a day on, up to a day (none: still)."""

    from_: date = Field(alias="from")
    to: date | None = None
    source: str = Field(min_length=1)
    first_paid: dict[str, Share] = Field(min_length=1, description="先行自付: by class of the catalogue")
    insurances: dict[str, Insurance] = Field(min_length=1)
    supplements: tuple[Supplement, ...] = ()
    payment: PaymentMethods = PaymentMethods()

    def holds_on(self, day: date) -> bool:
        return self.from_ <= day and (self.to is None or day <= self.to)


class BenefitsFile(Declared):
    """`conf/regions/<region>/benefits.yaml`."""

    kinds: tuple[KindOfCare, ...] = Field(min_length=1)
    versions: tuple[PolicyVersion, ...] = Field(min_length=1)


def at_level(by_level: Mapping[str, Decimal], level: str) -> Decimal | None:
    """What is said of a level: by its own word, or else by that for every level."""
    return by_level.get(level, by_level.get(ANY_LEVEL))
