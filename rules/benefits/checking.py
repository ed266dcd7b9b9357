"""What is wrong between the parts of a benefit policy: gaps of dates, unknown levels, segments out of order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from fundwatch.resources import conf_root, read_yaml
from rules.benefits.policy import ANY_LEVEL, Benefit, BenefitsFile, PolicyVersion

_DAY = timedelta(days=1)


def known_codes(name: str) -> frozenset[str]:
    """The canonical codes of a list of conf/codes."""
    listed: Mapping[str, Any] = read_yaml(conf_root() / "codes" / f"{name}.yaml")
    return frozenset(map(str, listed["codes"].values()))


def policy_problems(given: BenefitsFile) -> Iterator[str]:
    """What is wrong between the parts of a policy, each by its key."""
    yield from _gaps(given.versions)
    kinds = {kind.name for kind in given.kinds}
    if len(kinds) < len(given.kinds):
        yield "kinds: two kinds of care have one name"
    for n, version in enumerate(given.versions):
        found = (*_level_problems(version), *_class_problems(version), *_named_problems(version, kinds))
        yield from (f"versions.{n}.{text}" for text in found)
        for code, insurance in version.insurances.items():
            for kind, benefit in insurance.benefits.items():
                key = f"versions.{n}.insurances.{code}.benefits.{kind}"
                yield from (f"{key}.{text}" for text in _benefit_problems(benefit))


def _level_problems(version: PolicyVersion) -> Iterator[str]:
    levels = known_codes("institution_level")
    for key, by_level in _by_level(version):
        for level in sorted(by_level.keys() - levels - {ANY_LEVEL}):
            yield f"{key}.{level}: there is no level '{level}'; write {', '.join(sorted(levels))} or '*'"


def _class_problems(version: PolicyVersion) -> Iterator[str]:
    classes = known_codes("coverage_class")
    if missing := sorted(classes - version.first_paid.keys()):
        yield f"first_paid: what is paid first of class {', '.join(missing)}?"
    yield from (f"first_paid.{name}: there is no such class" for name in sorted(version.first_paid.keys() - classes))


def _named_problems(version: PolicyVersion, kinds: set[str]) -> Iterator[str]:
    for key, names in _kinds_named(version):
        for name in sorted({*names} - kinds):
            yield f"{key}: no kind of care is named '{name}'; `kinds` has {', '.join(sorted(kinds))}"
    for n, supplement in enumerate(version.supplements):
        for code in sorted({*supplement.insurances} - version.insurances.keys()):
            yield f"supplements.{n}.insurances: the version has no insurance '{code}'"
        if (supplement.above is None) == bool(supplement.counts):
            yield f"supplements.{n}: `above` and `counts` go together"


def _gaps(versions: Sequence[PolicyVersion]) -> Iterator[str]:
    """Versions must follow one another, day by day."""
    for n, version in enumerate(versions):
        if version.to is not None and version.to < version.from_:
            yield f"versions.{n}.to: it ends on {version.to}, before it begins on {version.from_}"
    for n, (one, following) in enumerate(pairwise(versions), start=1):
        if one.to is None or following.from_ <= one.to:
            end = f"holds until {one.to}" if one.to else "has no end"
            yield f"versions.{n}.from: it begins on {following.from_}, while the version before it {end}"
        elif following.from_ > one.to + _DAY:
            yield (
                f"versions.{n}.from: nothing holds from {one.to + _DAY} to {following.from_ - _DAY}; "
                "let a version begin on the day after the one before it ends"
            )


def _by_level(version: PolicyVersion) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
    for code, insurance in version.insurances.items():
        for kind, benefit in insurance.benefits.items():
            key = f"insurances.{code}.benefits.{kind}"
            if benefit.deductible is not None:
                yield f"{key}.deductible.amounts", benefit.deductible.amounts
            for m, segment in enumerate(benefit.segments):
                yield f"{key}.segments.{m}.shares", segment.shares
    for kind, amounts in version.payment.per_visit.items():
        yield f"payment.per_visit.{kind}", amounts
    yield "payment.bed_day", version.payment.bed_day
    for m, quota in enumerate(version.payment.diseases):
        yield f"payment.diseases.{m}.amounts", quota.amounts


def _kinds_named(version: PolicyVersion) -> Iterator[tuple[str, tuple[str, ...]]]:
    for code, insurance in version.insurances.items():
        yield f"insurances.{code}.benefits", tuple(insurance.benefits)
    for m, supplement in enumerate(version.supplements):
        yield f"supplements.{m}", (*supplement.kinds, *supplement.counts)
    yield "payment.per_visit", tuple(version.payment.per_visit)


def _benefit_problems(benefit: Benefit) -> Iterator[str]:
    begins = [segment.above for segment in benefit.segments]
    if begins[0] != 0:
        yield f"segments.0.above: the first segment begins at {begins[0]}; let it begin at 0"
    for m, (lower, upper) in enumerate(pairwise(begins), start=1):
        if upper <= lower:
            yield f"segments.{m}.above: {upper} does not come after {lower}; write segments from the lowest on"
    more = max(benefit.more_for.values(), default=Decimal(0))
    for m, segment in enumerate(benefit.segments):
        for level, share in segment.shares.items():
            if share + more > 1:
                yield f"segments.{m}.shares.{level}: with {more} more for some persons it is {share + more}, above 1"
