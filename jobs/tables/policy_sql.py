"""What the policies say of an encounter, where the lake is read: its kind of care, and the quota of a visit or stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rules.benefits.policies import Policies, area_prefix
from rules.benefits.policy import ANY_LEVEL, BenefitsFile, KindOfCare, PolicyVersion

Branches = Callable[[str, BenefitsFile], Iterator[str]]


def quota_sql(policies: Policies) -> str:
    """The quota by the policy of who insures, on the day of settlement; null without one. Over the encounter `e`, its
    settlement `s` and its institution `i`."""
    return _case(policies, _quota_branches, "CAST(NULL AS DOUBLE)")


def kind_sql(policies: Policies) -> str:
    """The kind of care by the policy of who insures; null without one. Over the encounter `e`."""
    return _case(policies, _kind_branches, "CAST(NULL AS VARCHAR)")


def _case(policies: Policies, branches_of: Branches, otherwise: str) -> str:
    """The branches of all areas, those whose codes are longest first."""
    order = sorted(policies.by_region, key=lambda name: (-len(area_prefix(name)), name))
    branches = [branch for name in order for branch in branches_of(name, policies.by_region[name])]
    return f"CASE {' '.join(branches)} END" if branches else otherwise


def _kind_branches(region: str, file: BenefitsFile) -> Iterator[str]:
    for kind in file.kinds:
        yield f"WHEN {_of_area(region)} AND {_fits(kind)} THEN '{kind.name}'"


def _quota_branches(region: str, file: BenefitsFile) -> Iterator[str]:
    for version in file.versions:
        until = f" AND s.settled_on <= DATE '{version.to}'" if version.to else ""
        where = f"{_of_area(region)} AND s.settled_on >= DATE '{version.from_}'{until}"
        for kind in file.kinds:
            yield f"WHEN {where} AND {_fits(kind)} THEN {_by_level(version, kind.name)}"


def _of_area(region: str) -> str:
    return f"starts_with(e.region_code, '{area_prefix(region)}')"


def _by_level(version: PolicyVersion, kind: str) -> str:
    amounts = version.payment.per_visit.get(kind, {})
    branches = (
        f"WHEN i.institution_level = '{level}' THEN {amount}" for level, amount in amounts.items() if level != ANY_LEVEL
    )
    named, otherwise = " ".join(branches), amounts.get(ANY_LEVEL, "NULL")
    return f"CASE {named} ELSE {otherwise} END" if named else str(otherwise)


def _fits(kind: KindOfCare) -> str:
    found = [f"e.visit_type IN ({', '.join(map(repr, kind.visit_types))})"] if kind.visit_types else []
    found += [f"e.is_inpatient = {str(kind.is_inpatient).lower()}"] if kind.is_inpatient is not None else []
    return " AND ".join(found) or "TRUE"
