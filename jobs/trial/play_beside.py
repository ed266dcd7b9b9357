"""Rules and variants of them played on one past, in one scan: what each finds, where, and beside each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.expressions.declared import Value
from fundwatch.fingerprint import fingerprint
from fundwatch.logs import step
from fundwatch.regions import Region
from jobs.curate.in_force import knowledge_version
from jobs.trial.past import Past
from rules.catalogue.rule import Rule, RuleSet
from rules.catalogue.variants import params_text
from rules.engine.needs import classes_named
from rules.engine.variants import CHANGES, changed_hits, figures
from rules.frames.inputs import ScanWindow

PAGE, FIGURES = "trial.html", "trial.json"
_EXAMPLES = 5


@dataclass(frozen=True)
class HitSum:
    """How many, and their money; of lines no money is said."""

    count: int = 0
    amount: Decimal | None = None


NOTHING = HitSum(0, Decimal(0))


@dataclass(frozen=True)
class ChangedHit:
    """A hit that a variant gains or loses beside its rule."""

    hit_id: str
    kind: str
    amount: Decimal | None
    subject_type: str
    subject_id: str | None
    institution_id: str | None
    period_end: date | None
    reason_zh: str | None
    reason_en: str | None


@dataclass(frozen=True)
class RuleFindings:
    """What one rule or variant finds, by kind of figure and key (see rules/engine/variants.py); `problem` says why it
    did not run."""

    sums: Mapping[str, Mapping[str, HitSum]] = field(default_factory=dict)
    problem: str = ""
    changed: tuple[ChangedHit, ...] = ()

    def of(self, kind: str) -> Mapping[str, HitSum]:
        """By key, those that have none left out."""
        return self.sums.get(kind, {})

    def one(self, kind: str) -> HitSum:
        """Of a kind without keys."""
        return self.of(kind).get("", NOTHING)

    @property
    def shared_share(self) -> float | None:
        """Which part of its lines other rules count too; None without lines."""
        lines = self.one("lines").count
        return self.one("shared").count / lines if lines else None

    def as_json(self) -> dict[str, Any]:
        """The figures for machines; none of what did not run."""
        if self.problem:
            return {"not_run": self.problem}
        return {
            "hits": self.one("all").count,
            "amount": self.one("all").amount,
            **{f"by_{kind}": _plain(self.of(kind)) for kind in ("level", "region", "month")},
            "lines": self.one("lines").count,
            "lines_of_other_rules_too": self.one("shared").count,
            "lines_with": {rule_id: found.count for rule_id, found in sorted(self.of("with").items())},
        }

    def changes_as_json(self) -> dict[str, Any]:
        """What is kept, gained and lost beside the rule itself."""
        return {kind: {"hits": self.one(kind).count, "amount": self.one(kind).amount} for kind in CHANGES}


def _plain(sums: Mapping[str, HitSum]) -> dict[str, Any]:
    return {key: {"hits": found.count, "amount": found.amount} for key, found in sorted(sums.items())}


@dataclass(frozen=True)
class Tried:
    """What the rule finds with some parameters; without `changed` ones it is the version in force."""

    changed: Mapping[str, Value]
    params: Mapping[str, Value]
    findings: RuleFindings

    @property
    def words(self) -> str:
        """Its parameters, for people."""
        return params_text(self.changed) or "现行 in force"

    def as_json(self) -> dict[str, Any]:
        beside = {"beside_in_force": self.findings.changes_as_json()} if self.changed else {}
        return {"changed": dict(self.changed), "params": dict(self.params), **self.findings.as_json(), **beside}


@dataclass(frozen=True)
class RuleTrial:
    """The version in force first, then each variant; `folder` is where page and figures lie."""

    rule: Rule
    version: str
    night: date
    window: ScanWindow
    currency: str
    tried: tuple[Tried, ...]
    folder: Path

    @property
    def in_force(self) -> Tried:
        return self.tried[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "version": self.version,
            "business_date": self.night,
            "from": self.window.start,
            "to": self.window.end,
            "currency": self.currency,
            "is_estimate": self.rule.money.is_estimate,
            "tried": [one.as_json() for one in self.tried],
            "page": self.folder / PAGE,
        }


@dataclass(frozen=True)
class RulesPlayed:
    """Rules with the region whose knowledge they are played with."""

    rule_set: RuleSet
    region: Region


def play_beside(past: Past, played: Sequence[RulesPlayed], numbers: Sequence[int]) -> dict[str, RuleFindings]:
    """What each of the rules and variants (of these `numbers`) finds; those with equal knowledge are scanned at once.

    Nothing is written. Few rows come back: sums by key, and some examples of each change.
    """
    scans = [past.scanned(one.rule_set, past.knowledge(one.region)) for one in _at_once(past, played)]
    from fundwatch.engine.frames import stacked  # Spark is loaded for who plays, and for no other command

    with step(f"{sum(len(one.rule_set.rules) for one in played)} rules and variants play on {past.window_text}"):
        found = stacked(scan.found for scan in scans)
        counted = past.of_night("hit_line").filter("role = 'counted'").select("hit_id", "line_id")
        others = past.of_night("rule_hit").select("hit_id", "rule_id").join(counted, on="hit_id", how="inner")
        lines = others.select("rule_id", "line_id").distinct()
        rows = figures(found, lines, past.known("institution"), numbers).collect()  # sums by few keys
        examples = changed_hits(found, numbers, _EXAMPLES).collect()
        states = stacked(scan.states for scan in scans).collect()  # a row a rule
    sums: dict[str, dict[str, dict[str, HitSum]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        sums[row["rule_id"]][row["kind"]][row["key"]] = HitSum(row["hit_count"], row["amount"])
    changed: dict[str, list[ChangedHit]] = defaultdict(list)
    for row in examples:
        given = row.asDict()
        changed[given.pop("rule_id")].append(ChangedHit(**given))
    return {
        row["rule_id"]: RuleFindings(sums[row["rule_id"]], row["problem"], tuple(changed[row["rule_id"]]))
        for row in states
    }


def _at_once(past: Past, played: Iterable[RulesPlayed]) -> list[RulesPlayed]:
    """What is played with equal knowledge, as far as its rules look at it, together: one scan for all of it."""
    groups: dict[str, list[RulesPlayed]] = defaultdict(list)
    every = [*played]
    rules = [(one.rule_set, rule) for one in every for rule in one.rule_set.rules]
    classes = {name for rule_set, rule in rules for name in classes_named(rule_set, rule)}
    for one in every:
        groups[knowledge_version(past.place.settings, past.night, one.region, classes)].append(one)
    return [RulesPlayed(_together([one.rule_set for one in group]), group[0].region) for group in groups.values()]


def _together(sets: Sequence[RuleSet]) -> RuleSet:
    """One set of the rules of all; exclusions that say something else in another set have another name there."""
    first, *others = sets
    rules, exclusions = [*first.rules], dict(first.exclusions)
    for other in others:
        named = {
            name: name if exclusions.get(name) == exclusion else f"{name} {fingerprint(exclusion.condition)}"
            for name, exclusion in other.exclusions.items()
        }
        exclusions |= {named[name]: exclusion for name, exclusion in other.exclusions.items()}
        rules += [rule.model_copy(update={"exclude": [named[n] for n in rule.exclude]}) for rule in other.rules]
    return first.model_copy(update={"rules": tuple(rules), "exclusions": exclusions})
