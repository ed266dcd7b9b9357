"""Entries of the catalogue's files as they are written, and what a region's file lays over them, before all is checked.

What a region may say of what is there is checked here, against the entry that it changes; the entry that comes of it is
checked as every other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources.abc import Traversable

from fundwatch.errors import FundwatchError
from fundwatch.regions import laid_over
from fundwatch.resources import read_yaml
from rules.catalogue.overlay import WHOLE, problems_of_change

_NEW_EXCLUSION = {"name", "condition"}


@dataclass(frozen=True)
class Content:
    """What one file says, of the shapes that a file has; its entries are as they are written."""

    where: str
    rules: Sequence[object] = ()
    exclusions: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Entries:
    """Entries as they are written, each with the files that say so, before anything is checked."""

    rules: list[tuple[str, str, object]] = field(default_factory=list)
    exclusions: dict[str, tuple[str, object]] = field(default_factory=dict)
    switched_off: dict[str, tuple[str, object]] = field(default_factory=dict)

    def add(self, content: Content) -> None:
        """The entries of a file of the national catalogue."""
        self.exclusions |= {name: (content.where, entry) for name, entry in content.exclusions.items()}
        for place, entry in enumerate(content.rules, start=1):
            name = entry.get("id", f"number {place}") if isinstance(entry, dict) else f"number {place}"
            self.rules.append((str(name), content.where, entry))

    def lay_over(self, content: Content, wrong: list[str]) -> None:
        """What a region's file changes, adds and switches off."""
        for name, entry in content.exclusions.items():
            self._lay_over_exclusion(name, content.where, entry, wrong)
        numbers: dict[str, int] = {}
        for place, entry in enumerate(content.rules, start=1):
            if not isinstance(entry, dict) or "id" not in entry:
                wrong.append(f"{content.where}: rule number {place}: say whose `id` it changes, or its own")
                continue
            rule_id = str(entry["id"])
            if rule_id in numbers:
                wrong.append(
                    f"{content.where}: rule {rule_id}: stands twice, as number {numbers[rule_id]} and {place}; "
                    "say all of it in one entry"
                )
                continue
            numbers[rule_id] = place
            self._lay_over_rule(rule_id, content.where, entry, wrong)

    def _lay_over_exclusion(self, name: str, where: str, entry: object, wrong: list[str]) -> None:
        if name not in self.exclusions and isinstance(entry, Mapping) and not entry.keys() >= _NEW_EXCLUSION:
            wrong.append(
                f"{where}: exclusions: {name}: there is none to change{_meant(name, self.exclusions)}; one of the "
                f"region's own has {' and '.join(sorted(_NEW_EXCLUSION))}"
            )
            return
        files, national = self.exclusions.get(name, ("", {}))
        self.exclusions[name] = (_both(files, where), _changed(national, entry))

    def _lay_over_rule(self, rule_id: str, where: str, entry: Mapping[str, object], wrong: list[str]) -> None:
        change = {key: reported for key, reported in entry.items() if key != "switched_off"}
        known = [place for place, (name, _, _) in enumerate(self.rules) if name == rule_id]
        if not known and not change.keys() & WHOLE:
            names = [name for name, _, _ in self.rules]
            wrong.append(
                f"{where}: rule {rule_id}: there is none to change{_meant(rule_id, names)}; "
                "a rule of the region's own is written whole"
            )
            return
        if "switched_off" in entry:
            self.switched_off[rule_id] = (where, entry["switched_off"])
        else:
            self.switched_off.pop(rule_id, None)  # a narrower region that speaks of it puts it in force again
        if not known:
            self.rules.append((rule_id, where, change))
        for place in known:
            _, files, national = self.rules[place]
            refused = dict(problems_of_change(national, change))
            wrong += [f"{where}: rule {rule_id}: {key}: {problem}" for key, problem in refused.items()]
            fit = {key: reported for key, reported in change.items() if key not in refused}
            self.rules[place] = (rule_id, _both(files, where), _changed(national, fit))


def content_of(file: Traversable, where: str, wrong: list[str]) -> Content:
    """What the file says, without what is not of the shape that it must be: that is `wrong`."""
    try:
        content = read_yaml(file)
    except FundwatchError as error:
        wrong.append(f"{where}: {error.what}")
        return Content(where)
    if not isinstance(content, dict) or not set(content) <= {"rules", "exclusions"}:
        wrong.append(f"{where}: holds a mapping with `rules` and `exclusions`, and nothing else")
        return Content(where)
    rules, exclusions = content.get("rules"), content.get("exclusions")
    if not isinstance(rules, list | None):
        wrong.append(f"{where}: rules: is a list of rules, each with its `id`, and not {_stated(rules)}")
        rules = None
    if not isinstance(exclusions, dict | None):
        wrong.append(f"{where}: exclusions: is a mapping of names to exclusions, and not {_stated(exclusions)}")
        exclusions = None
    odd = [name for name in exclusions or {} if not isinstance(name, str)]
    wrong += [f"{where}: exclusions: {_stated(name)} is no name: put it in quotation marks" for name in odd]
    named = {name: entry for name, entry in (exclusions or {}).items() if isinstance(name, str)}
    return Content(where, rules or (), named)


def _both(files: str, where: str) -> str:
    return f"{files} with {where}" if files else where


def _changed(national: object, change: object) -> object:
    if isinstance(national, Mapping) and isinstance(change, Mapping):
        return laid_over(national, change)
    return change


def _meant(name: str, names: Sequence[str] | Mapping[str, object]) -> str:
    near = get_close_matches(name, list(names), n=1)
    return f" ('{near[0]}' may be meant)" if near else ""


def _stated(reported: object) -> str:
    return (
        "a mapping" if isinstance(reported, dict) else "a list" if isinstance(reported, list) else f"{reported!r:.40}"
    )
