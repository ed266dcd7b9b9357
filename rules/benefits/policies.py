"""The policies of all pooling areas that have one: read whole, found by the county that insures a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path

from fundwatch.declared import read_declared
from fundwatch.fingerprint import fingerprint
from fundwatch.regions import read_region, region_names
from rules.benefits.checking import policy_problems
from rules.benefits.policy import BenefitsFile, PolicyVersion

FILE = "benefits.yaml"


@dataclass(frozen=True)
class Policies:
    """The policies of all pooling areas that have one, by region."""

    by_region: Mapping[str, BenefitsFile]

    def __bool__(self) -> bool:
        return bool(self.by_region)

    @cached_property
    def fingerprint(self) -> str:
        """What a result that rests on them rests on."""
        return fingerprint({name: file.model_dump(mode="json", by_alias=True) for name, file in self.by_region.items()})

    def region_of(self, insured_at: str | None) -> str | None:
        """The pooling area of a county's code: that of the longest beginning."""
        named = [name for name in self.by_region if insured_at is not None and insured_at.startswith(area_prefix(name))]
        return max(named, key=lambda name: len(area_prefix(name)), default=None)

    def version(self, region: str, day: date) -> PolicyVersion | None:
        """What holds in a region on a day; None before the first version and after the last."""
        return next((one for one in self.by_region[region].versions if one.holds_on(day)), None)


def area_prefix(region: str) -> str:
    """How the codes of a region's counties begin: 3301 of 330100, 99 of 990000."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


def read_policies(overlay: Path | None = None) -> Policies:
    """Every region's policy, shipped or the user's own. Raises CatalogueError naming file and keys."""
    found: dict[str, BenefitsFile] = {}
    for name in region_names(overlay):
        files = read_region(name, overlay).folders[-1]
        own = [folder / FILE for folder in files if (folder / FILE).is_file()]
        if own:
            found[name] = read_policy(own[-1])
    return Policies(found)


def read_policy(file: Traversable) -> BenefitsFile:
    """One region's policy. Raises CatalogueError naming every problem by its key."""
    return read_declared(BenefitsFile, file, "the benefit policy does not hold", also=policy_problems)
