"""What regions say of rules goes live as rules do where the setting `overlay_approval` says so: one person proposes a
region's `rules.yaml` as it is, another approves it, and a night from that date on takes it in.

An approval is for the content that was proposed. Changed since, and in nights before its date, the file says nothing,
and the night's end says that it waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from fundwatch.fingerprint import fingerprint
from fundwatch.regions import Region
from fundwatch.resources import read_yaml
from rules.catalogue.lifecycle import LifecycleAction, LifecycleEntry

OVERLAY = "overlay:"  # before a region's name, where a rule's id could stand
FILE = "rules.yaml"


def overlay_versions(region: Region) -> dict[str, str]:
    """The version of each region's `rules.yaml`, by what people call it; who writes none has none.

    Raises FundwatchError for a file that is no YAML.
    """
    levels = zip(region.names, region.folders, strict=True)
    files = {name: [folder / FILE for folder in folders if (folder / FILE).is_file()] for name, folders in levels}
    return {
        f"{OVERLAY}{name}": fingerprint([repr(read_yaml(file)) for file in found])
        for name, found in files.items()
        if found
    }


def approved(region: Region, entries: Iterable[LifecycleEntry], night: date) -> tuple[Region, list[str]]:
    """The region with what is approved of it on the night, and what waits, as sentences."""
    said = [e for e in entries if e.action == LifecycleAction.APPROVED and e.from_date <= night]
    waiting: dict[str, str] = {}
    for name, version in overlay_versions(region).items():
        of_it = sorted((entry for entry in said if entry.rule_id == name), key=lambda entry: entry.from_date)
        if not of_it or of_it[-1].rule_version != version:
            waiting[name.removeprefix(OVERLAY)] = _sentence(name, version, of_it)
    return region.without(waiting), [*waiting.values()]


def _sentence(name: str, version: str, said: Sequence[LifecycleEntry]) -> str:
    last = f"version {said[-1].rule_version} is approved" if said else "no version of it is approved"
    return (
        f"what {name.removeprefix(OVERLAY)} says of rules (version {version}) did not hold on this night: {last}; "
        f"`fundwatch rules propose {name} --state active`, and another person `fundwatch rules approve {name}`"
    )
