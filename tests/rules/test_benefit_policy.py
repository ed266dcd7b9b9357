"""A benefit policy that does not hold is refused by file and key; the shipped example holds."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from fundwatch.errors import CatalogueError
from fundwatch.resources import conf_root, read_yaml
from rules.benefits.policies import area_prefix, read_policies, read_policy

SHIPPED: Any = read_yaml(conf_root() / "regions" / "990000" / "benefits.yaml")
STAY = "versions.0.insurances.310.benefits.stay"


def _later(content: Any, begins: str, ends: str | None = None) -> None:
    """A second version, after the first one's end."""
    content["versions"].append(deepcopy(content["versions"][0]) | {"from": date.fromisoformat(begins)})
    content["versions"][0]["to"] = None if ends is None else date.fromisoformat(ends)


def _stay(content: Any) -> Any:
    return content["versions"][0]["insurances"]["310"]["benefits"]["stay"]


def _gap(content: Any) -> None:
    _later(content, "2026-01-01", "2025-11-30")


def _overlap(content: Any) -> None:
    _later(content, "2026-01-01", "2026-03-31")


def _endless(content: Any) -> None:
    _later(content, "2026-01-01")


def _backwards(content: Any) -> None:
    content["versions"][0]["to"] = date(2019, 1, 1)


def _unordered(content: Any) -> None:
    _stay(content)["segments"] += [{"above": 30000, "shares": {"*": 0.9}}, {"above": 10000, "shares": {"*": 0.95}}]


def _late_start(content: Any) -> None:
    _stay(content)["segments"][0]["above"] = 100


def _above_one(content: Any) -> None:
    _stay(content)["segments"][0]["shares"]["1"] = 1.2


def _above_one_together(content: Any) -> None:
    _stay(content)["segments"][0]["shares"]["1"] = 0.99


def _no_such_level(content: Any) -> None:
    _stay(content)["deductible"]["amounts"]["4"] = 100


def _no_such_class(content: Any) -> None:
    content["versions"][0]["first_paid"] = {"1": 0, "2": 0.05, "9": 1}


def _no_such_kind(content: Any) -> None:
    content["versions"][0]["payment"]["per_visit"]["dental"] = {"*": 100}


def _no_such_insurance(content: Any) -> None:
    content["versions"][0]["supplements"][0]["insurances"] = ["320"]


def _unknown_key(content: Any) -> None:
    _stay(content)["celing"] = 100


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_gap, "versions.1.from: nothing holds from 2025-12-01 to 2025-12-31; let a version begin on the day after"),
        (_overlap, "versions.1.from: it begins on 2026-01-01, while the version before it holds until 2026-03-31"),
        (_endless, "versions.1.from: it begins on 2026-01-01, while the version before it has no end"),
        (_backwards, "versions.0.to: it ends on 2019-01-01, before it begins on 2020-01-01"),
        (_unordered, f"{STAY}.segments.2.above: 10000 does not come after 30000; write segments from the lowest on"),
        (_late_start, f"{STAY}.segments.0.above: the first segment begins at 100; let it begin at 0"),
        (_above_one, f"{STAY}.segments.0.shares.1: Input should be less than or equal to 1"),
        (_above_one_together, f"{STAY}.segments.0.shares.1: with 0.02 more for some persons it is 1.01, above 1"),
        (_no_such_level, f"{STAY}.deductible.amounts.4: there is no level '4'; write 1, 2, 3, 9 or '*'"),
        (_no_such_class, "first_paid: what is paid first of class 3?"),
        (_no_such_kind, "payment.per_visit: no kind of care is named 'dental'; `kinds` has"),
        (_no_such_insurance, "supplements.0.insurances: the version has no insurance '320'"),
        (_unknown_key, f"{STAY}.celing: Extra inputs are not permitted; 'ceiling' may be meant"),
    ],
)
def test_a_policy_that_does_not_hold_is_refused_by_file_and_key(tmp_path: Path, spoil: Any, says: str) -> None:
    content = deepcopy(SHIPPED)
    spoil(content)
    file = tmp_path / "benefits.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_policy(file)
    assert says in str(refused.value)
    assert (refused.value.where, refused.value.do) == (str(file), "fix what is named")


def test_a_person_goes_by_the_area_whose_code_begins_theirs() -> None:
    policies = read_policies()
    assert [policies.region_of(code) for code in ("990101", "330106", None)] == ["990000", None, None]
    assert [area_prefix(name) for name in ("330100", "330000", "US")] == ["3301", "33", "US"]


def test_a_later_version_holds_from_its_day_on(tmp_path: Path) -> None:
    content = deepcopy(SHIPPED)
    _later(content, "2026-01-01", "2025-12-31")
    content["versions"][1]["insurances"]["310"]["ceiling"] = 350_000
    folder = tmp_path / "regions" / "990000"
    folder.mkdir(parents=True)
    (folder / "benefits.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    policies = read_policies(tmp_path)
    days = (date(2019, 12, 31), date(2025, 12, 31), date(2026, 1, 1))
    versions = [policies.version("990000", day) for day in days]
    ceilings = [None if one is None else one.insurances["310"].ceiling for one in versions]
    assert ceilings == [None, Decimal(300_000), Decimal(350_000)]
    assert policies.fingerprint != read_policies().fingerprint
