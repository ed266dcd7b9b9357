"""Which rules, indicators and models run on the canonical columns that a source fills, by the stages' own planners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from features.catalogue import load_catalogues, runnable
from features.catalogue.running import narrowed
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from intake.source.mapping import CLEAN_TABLES
from models.detectors.known import DETECTORS
from rules.catalogue.load import load_rules
from rules.engine.needs import why_not
from rules.frames.indicators import STATISTICS
from rules.knowledge.points import load_knowledge

if TYPE_CHECKING:
    from features.catalogue import Catalogue
    from jobs.onboard.scan_sample import RuleTried
    from rules.catalogue.rule import RuleSet
    from rules.knowledge.points import Knowledge

# the money of a hit needs them; rules on indicators need what their indicators rest on
NEEDED_BY_EVERY_RULE = {
    "claim_line": (
        "line_id", "encounter_id", "settlement_id", "patient_id", "institution_id", "charged_at", "covered_amount",
    ),
    "settlement": ("covered_amount", "fund_amount"),
}  # fmt: skip
KINDS = ("rule", "indicator", "model")
Supplied = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Enabled:
    """One rule, indicator or model; `why_not` is empty where it runs on what was delivered, `why_not_whole` where it
    would if every file and column of the mapping came. `judged` and `hits` are a rule's on the sample."""

    kind: str
    id: str
    name: str
    why_not: str
    why_not_whole: str
    judged: int = 0
    hits: int = 0

    @property
    def runs(self) -> bool:
        return not self.why_not


def enabled_by(
    supplied: Supplied,
    whole: Supplied,
    scanned: Mapping[str, RuleTried] | None = None,
    dates_only: frozenset[str] = frozenset(),
) -> list[Enabled]:
    """All rules, indicators and models; `whole` is what the mapping fills at its best.

    `scanned` is what the night's scan made of a sample: its word holds for the rules that could run by their columns.
    `dates_only` are times of which the source knows the day alone.
    """
    found = []
    for kind, plan in zip(KINDS, (_rules, _indicators, _models), strict=True):
        best = plan(whole, frozenset())
        tonight = best if (supplied, dates_only) == (whole, frozenset()) else plan(supplied, dates_only)
        found += [
            Enabled(kind, *one, why, much) for (one, why), much in zip(tonight.items(), best.values(), strict=True)
        ]
    return [_as_scanned(one, (scanned or {}).get(one.id)) if one.kind == "rule" else one for one in found]


def _as_scanned(rule: Enabled, tried: RuleTried | None) -> Enabled:
    if tried is None or rule.why_not:
        return rule
    on_sample = f"{tried.why_not} (of the sample)" if tried.why_not else ""
    return replace(rule, why_not=on_sample, why_not_whole=on_sample, judged=tried.judged, hits=tried.hits)


def everything() -> dict[str, frozenset[str]]:
    """Every canonical column, as if a source filled them all."""
    return {t: frozenset(c for c in TABLES[t].column_names if not c.startswith("known_")) for t in CLEAN_TABLES}


def disabled_without(table: str, column: str) -> list[Enabled]:
    """What does not run when everything but this column is there."""
    lacking = everything()
    lacking[table] = lacking[table] - {column}
    return [one for one in enabled_by(lacking, lacking) if not one.runs]


@lru_cache
def _rule_set() -> tuple[RuleSet, Knowledge]:
    return load_rules().without_shadow(), load_knowledge()


@lru_cache
def _catalogues() -> dict[str, Catalogue]:
    return load_catalogues()


def _rules(supplied: Supplied, dates_only: frozenset[str]) -> dict[tuple[str, str], str]:
    rule_set, knowledge = _rule_set()
    supplied = {**supplied, **_computed(supplied, dates_only)}
    return {
        (rule.id, f"{rule.name.zh} {rule.name.en}"): why_not(
            rule_set, rule, supplied.keys(), supplied, knowledge, dates_only
        )
        for rule in rule_set.rules
    }


def _computed(supplied: Supplied, dates_only: frozenset[str]) -> dict[str, frozenset[str]]:
    """By table of indicators the columns that a night computes of what is supplied, where nothing else is asked for."""
    found = {STATISTICS: frozenset(TABLES[STATISTICS].column_names)}
    for whole in _catalogues().values():
        catalogue = narrowed(whole, whole.nightly_indicators)
        plan = runnable(catalogue, supplied, dates_only)[0]
        table = whole.of.indicator_table
        found[table] = frozenset({*TABLES[table].column_names, *(named.column for named in plan.named)})
    return found


def _indicators(supplied: Supplied, dates_only: frozenset[str]) -> dict[tuple[str, str], str]:
    found = {}
    for entity, whole in _catalogues().items():
        catalogue = narrowed(whole, whole.nightly_indicators)
        why_not = runnable(catalogue, supplied, dates_only)[1]
        for named in catalogue.named:
            name = named.definition.name
            found[f"{entity}_{named.name}", f"{name.zh} {name.en}"] = why_not.get(named.column, "")
    return found


def _models(supplied: Supplied, dates_only: frozenset[str]) -> dict[tuple[str, str], str]:
    """A detector learns from whatever indicators of its entity run; without any it cannot."""
    found = {}
    for entity, catalogue in _catalogues().items():
        if entity not in ENTITIES:
            continue
        count = len(runnable(catalogue, supplied, dates_only)[0].learned_indicators)
        for name in DETECTORS:
            text = f"reads {count} of {len(catalogue.learned_indicators)} indicators of a {entity}"
            found[f"{entity}/{name}", text] = "" if count else f"no indicator of a {entity} runs"
    return found
