"""How a night's list speaks of its rules and indicators, and which knowledge it rests on."""

from __future__ import annotations

from datetime import date

from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.curate.in_force import counted_in, editions_live, knowledge_version
from jobs.review.indicator_cards import indicator_cards
from leads.cards import Cards, RuleCard
from leads.publishing.published import KnowledgeUsed
from rules.analysis.indicators import JUDGED
from rules.knowledge.classes import CLASSES
from rules.knowledge.points import load_knowledge
from rules.wording.said import params_said


def all_cards(settings: Settings, night: date) -> Cards:
    """How leads speak of every rule and indicator in the catalogues, as they are on the night."""
    region, rule_set = region_of(settings), rules_in_force(settings, night).rule_set
    held = rule_set.exclusions
    rules = {
        rule.id: RuleCard(
            name_zh=rule.name.zh,
            name_en=rule.name.en,
            tier=str(rule.tier),
            law=tuple(rule.law),
            ask_for_zh=rule.ask_for.zh,
            ask_for_en=rule.ask_for.en,
            clears_zh=rule.clears.zh,
            clears_en=rule.clears.en,
            exclusions=tuple((held[name].name.zh, held[name].name.en) for name in rule.exclude),
            params=tuple(one.both for one in params_said(rule)),
            indicator=rule.indicators.get(JUDGED, ""),
        )
        for rule in rule_set.rules
    }
    return Cards(rules, indicator_cards(region))


def knowledge_used(settings: Settings, night: date) -> tuple[str, dict[str, KnowledgeUsed]]:
    """The knowledge in force, as the night's scan takes it: its fingerprint, and what there is of each class, beside
    files the editions that are live."""
    knowledge, live = load_knowledge(region=region_of(settings)), editions_live(settings, night)
    counts = counted_in(Lake(settings.lake_address), live)
    used = {}
    for name, class_ in CLASSES.items():
        points = knowledge.get(name, ())
        own = {e.edition: sum(counts[e.version].get(name, {}).values()) for e in live}
        editions = [f"{edition} ({count:,})" for edition, count in own.items() if count]
        sources = (*sorted({point.source for point in points}), *editions)
        used[name] = KnowledgeUsed(class_.zh, len(points) + sum(own.values()), sources)
    return knowledge_version(settings, night), used
