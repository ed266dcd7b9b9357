"""The policies as rows that settlements are joined to: one per area, version, insurance, kind of care, level and type
of person, with all that is due there as columns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from rules.benefits.checking import known_codes
from rules.benefits.policies import Policies, area_prefix
from rules.benefits.policy import (
    SUPPLEMENTS,
    Benefit,
    BenefitsFile,
    Insurance,
    KindOfCare,
    PolicyVersion,
    Supplement,
    at_level,
)

_MONEY, _SHARE = "decimal(16,2)", "decimal(5,4)"
_KEY = ("area", "insurance_type", "kind", "institution_level", "person_class")
_NOBODY = ""  # of persons of whom the policy says nothing of their own
Cells = dict[str, str | None]


def with_terms(settled: DataFrame, policies: Policies) -> DataFrame:
    """Grain: settlement. With its area, kind of care and what its policy says; nulls where none speaks of it.

    Needs insured_region, visit_type, is_inpatient, insurance_type, institution_level, person_type and settled_on.
    """
    placed = settled.select("*", _area(policies).alias("area"), _person_class(policies).alias("person_class"))
    placed = placed.select("*", _kind(policies).alias("kind"))
    said = F.broadcast(_terms(settled.sparkSession, policies))
    same = reduce(Column.__and__, (F.col(name) == F.col(f"_{name}") for name in _KEY))
    in_force = (F.col("settled_on") >= F.col("_from")) & F.coalesce(F.col("settled_on") <= F.col("_to"), F.lit(True))
    joined = placed.join(said, on=same & in_force, how="left")
    return joined.drop(*(f"_{name}" for name in _KEY), "_from", "_to")


def segment_count(policies: Policies) -> int:
    """How many segments a benefit has at most: so many columns hold them."""
    return max((len(benefit.segments) for *_, benefit in _benefits(policies)), default=0)


def funds_named(policies: Policies) -> tuple[str, ...]:
    """The further funds that some version names, in the order in which they pay."""
    versions = (version for file in policies.by_region.values() for version in file.versions)
    named = {supplement.fund for version in versions for supplement in version.supplements}
    return tuple(fund for fund in SUPPLEMENTS if fund in named)


def _area(policies: Policies) -> Column:
    """The pooling area that insures: of those whose code the county's begins with, the longest."""
    by_length = sorted(policies.by_region, key=lambda name: (-len(area_prefix(name)), name))
    code = F.col("insured_region")
    return F.coalesce(*(F.when(code.startswith(area_prefix(name)), F.lit(name)) for name in by_length), _nothing())


def _kind(policies: Policies) -> Column:
    """The kind of care: the area's first that fits; unknown where what decides is unknown."""
    return F.coalesce(
        *(F.when(F.col("area") == name, _first_that_fits(file.kinds)) for name, file in policies.by_region.items()),
        _nothing(),
    )


def _first_that_fits(kinds: tuple[KindOfCare, ...]) -> Column:
    known = F.col("visit_type").isNotNull() & F.col("is_inpatient").isNotNull()
    found = _nothing()
    for kind in reversed(kinds):
        fits = F.lit(True)
        if kind.visit_types:
            fits = fits & F.col("visit_type").isin(*kind.visit_types)
        if kind.is_inpatient is not None:
            fits = fits & (F.col("is_inpatient") == F.lit(kind.is_inpatient))
        found = F.when(fits, F.lit(kind.name)).otherwise(found)
    return F.when(known, found)


def _person_class(policies: Policies) -> Column:
    """The type of person as the policies name it: the longest beginning of it that one does; unknown of unknown."""
    found, kind = F.lit(_NOBODY), F.col("person_type")
    for name in sorted(_person_classes(policies), key=len):
        found = F.when(kind.startswith(name), F.lit(name)).otherwise(found)
    return F.when(kind.isNotNull(), found)


def _person_classes(policies: Policies) -> set[str]:
    return {name for *_, benefit in _benefits(policies) for name in benefit.more_for}


def _benefits(policies: Policies) -> Iterator[tuple[BenefitsFile, PolicyVersion, Insurance, Benefit]]:
    for file in policies.by_region.values():
        for version in file.versions:
            for insurance in version.insurances.values():
                yield from ((file, version, insurance, benefit) for benefit in insurance.benefits.values())


def _terms(session: SparkSession, policies: Policies) -> DataFrame:
    """The rows, their amounts and shares as exact decimals."""
    rows = [
        (_key(area, version, code, kind.name, level, person), _cells(version, code, kind.name, level, person))
        for area, file in policies.by_region.items()
        for version in file.versions
        for code in version.insurances
        for kind in file.kinds
        for level in sorted(known_codes("institution_level"))
        for person in sorted({_NOBODY, *_person_classes(policies)})
    ]
    count = segment_count(policies)
    typed = _names(count, funds_named(policies))
    names = [*typed]
    keys = [*(f"_{name} string" for name in _KEY), "_from date", "_to date"]
    texts = small_frame(
        session,
        ", ".join([*keys, *(f"{name} string" for name in names)]),
        [(*key, *(cells.get(name) for name in names)) for key, cells in rows],
    )
    kept = [key.split()[0] for key in keys]
    return texts.select(*kept, *(F.col(name).cast(kind).alias(name) for name, kind in typed.items()))


def _names(segments: int, funds: tuple[str, ...]) -> dict[str, str]:
    """Every column of the terms with its type."""
    return {
        **{f"first_paid_{name}": _SHARE for name in sorted(known_codes("coverage_class"))},
        "is_benefit": "boolean",
        "deductible_per": "string",
        "deductible_first": _MONEY,
        "deductible_later": _MONEY,
        "segments_of": "string",
        **{f"segment_{n}_{part}": kind for n in range(segments) for part, kind in _SEGMENT.items()},
        "kind_ceiling": _MONEY,
        "year_ceiling": _MONEY,
        **{f"{fund}_{part}": kind for fund in funds for part, kind in _SUPPLEMENT.items()},
    }


_SEGMENT = {"from": _MONEY, "to": _MONEY, "share": _SHARE}
_SUPPLEMENT = {"share": _SHARE, "above": _MONEY, "counts": "boolean", "by_payment": "boolean"}


def _key(area: str, version: PolicyVersion, code: str, kind: str, level: str, person: str) -> tuple[object, ...]:
    return area, code, kind, level, person, version.from_, version.to


def _cells(version: PolicyVersion, code: str, kind: str, level: str, person: str) -> Cells:
    insurance = version.insurances[code]
    benefit = insurance.benefits.get(kind)
    cells: Cells = {f"first_paid_{name}": str(share) for name, share in version.first_paid.items()}
    cells |= {"is_benefit": str(benefit is not None).lower(), "year_ceiling": _text(insurance.ceiling)}
    if benefit is not None:
        cells |= _benefit_cells(benefit, level, person)
    for supplement in version.supplements:
        if code in supplement.insurances:
            cells |= _supplement_cells(supplement, kind)
    return cells


def _benefit_cells(benefit: Benefit, level: str, person: str) -> Cells:
    cells: Cells = {"segments_of": benefit.segments_of, "kind_ceiling": _text(benefit.ceiling)}
    if benefit.deductible is not None:
        first = at_level(benefit.deductible.amounts, level)
        later = None if first is None else (first * benefit.deductible.later).quantize(Decimal("0.01"))
        cells |= {"deductible_per": benefit.deductible.per}
        cells |= {"deductible_first": _text(first), "deductible_later": _text(later)}
    ends = [segment.above for segment in benefit.segments[1:]]
    for n, segment in enumerate(benefit.segments):
        share = at_level(segment.shares, level)
        more = benefit.more_for.get(person, Decimal(0)) if share else Decimal(0)
        cells[f"segment_{n}_from"] = str(segment.above)
        cells[f"segment_{n}_to"] = str(ends[n]) if n < len(ends) else None
        cells[f"segment_{n}_share"] = None if share is None else str(share + more)
    return cells


def _supplement_cells(supplement: Supplement, kind: str) -> Cells:
    pays = kind in supplement.kinds
    return {
        f"{supplement.fund}_share": str(supplement.share) if pays else None,
        f"{supplement.fund}_above": _text(supplement.above),
        f"{supplement.fund}_counts": str(kind in supplement.counts).lower(),
        f"{supplement.fund}_by_payment": str(supplement.entitled == "payment").lower(),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _nothing() -> Column:
    return F.lit(None).cast("string")
