"""Exclusions that include others: each with the cases of all that it includes, as one condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.catalogue.rule import Exclusion


def with_included(
    exclusions: Mapping[str, Exclusion], files: Mapping[str, str], wrong: list[str]
) -> dict[str, Exclusion]:
    """The exclusions, each with the condition of all it includes; what includes itself, or what there is not, is added
    to `wrong` by its file."""
    found: dict[str, Exclusion] = {}
    for name, exclusion in exclusions.items():
        wrong += [f"{files[name]}: exclusion {name}: includes: {one}" for one in _problems(name, exclusions)]
        included = _ways_from(name, exclusions)
        each = " OR ".join(f"coalesce(({exclusions[one].condition}), FALSE)" for one in included)
        found[name] = exclusion if len(included) == 1 else exclusion.model_copy(update={"condition": each})
    return found


def _problems(name: str, exclusions: Mapping[str, Exclusion]) -> Iterator[str]:
    """What is wrong with what the exclusion includes."""
    for included in exclusions[name].includes:
        if included not in exclusions:
            yield f"no exclusion is named '{included}'"
        elif name in (back := _ways_from(included, exclusions)):
            yield f"{' → '.join((name, *back[name]))} goes in a circle"


def _ways_from(name: str, exclusions: Mapping[str, Exclusion]) -> dict[str, tuple[str, ...]]:
    """The exclusion and all it includes, each once, with the way to it."""
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, ...]] = [(name,)]
    while waiting:
        way = waiting.pop(0)
        if way[-1] not in found and way[-1] in exclusions:
            found[way[-1]] = way
            waiting += [(*way, included) for included in exclusions[way[-1]].includes]
    return found
