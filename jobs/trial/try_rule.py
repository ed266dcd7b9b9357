"""A rule tried with other parameters on the lake's history, all at once: what each finds beside the version in force.

Nothing is written to the lake; a page and the figures for machines are put down among the reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fundwatch.pages import as_json, publish
from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.review.show_catalogues import known_name
from jobs.trial.past import Past, scanned_night, switched_on, window_of
from jobs.trial.play_beside import FIGURES, PAGE, RulesPlayed, RuleTrial, Tried, play_beside
from jobs.trial.trial_pages import trial_page
from jobs.workplace import reading
from rules.catalogue.rule import Rule, RuleSet
from rules.catalogue.variants import changed_params, variants_asked


@dataclass(frozen=True)
class TrialAsked:
    """The rule, its values (`max=3,4,5`), the night whose knowledge counts, and the days: all but the first two have
    defaults."""

    rule_id: str
    values: Sequence[str]
    night: date | None = None
    first: date | None = None
    last: date | None = None


def try_rule(settings: Settings, asked: TrialAsked) -> RuleTrial:
    """Play the rule as it is in force and with each choice of values, in one scan. Raises FundwatchError for a rule,
    parameter or window that there is not, NotReadyError without a night."""
    region = region_of(settings)
    night = scanned_night(settings, asked.night)
    rule_set = rules_in_force(settings, night).rule_set
    rule_id = known_name("rule", asked.rule_id, [rule.id for rule in rule_set.rules])
    alone = switched_on(rule_set, [rule_id])
    variants = variants_asked(alone.rules[0], asked.values)
    window = window_of(settings, night, asked.first, asked.last)
    with reading(settings) as place:
        tried = play_variants(Past(place, night, window), alone, variants, region)
    folder = settings.reports_dir / night.isoformat() / "trial" / rule_id
    version = rule_set.rule_fingerprint(next(rule for rule in rule_set.rules if rule.id == rule_id))
    done = RuleTrial(alone.rules[0], version, night, window, region.currency, tried, folder)
    publish(folder, {PAGE: trial_page(done).encode(), FIGURES: as_json(done.as_json()).encode()})
    return done


def play_variants(past: Past, alone: RuleSet, variants: Sequence[Rule], region: Region) -> tuple[Tried, ...]:
    """What the one rule of the set and its variants find, the rule first."""
    (rule,) = alone.rules
    every = (rule, *variants)
    played = RulesPlayed(alone.model_copy(update={"rules": every}), region)
    found = play_beside(past, [played], range(1, len(every)))
    return tuple(Tried(changed_params(rule, one), one.params, found[one.id]) for one in every)
