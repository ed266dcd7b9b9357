"""What leads must know of rules and indicators to speak of them: names, law, what to ask, what clears."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

# From strongest to weakest: 明确违规 deterministic, 可疑 needs the provider's word, 线索 statistical.
TIERS: tuple[str, ...] = ("明确违规", "可疑", "线索")
TIER_ENGLISH: Mapping[str, str] = {"明确违规": "violation", "可疑": "suspicious", "线索": "clue"}
WEAKEST_TIER = TIERS[-1]


@dataclass(frozen=True)
class RuleCard:
    """How a lead speaks of one rule. `exclusions` are the honest cases that it leaves out, in both languages, `params`
    its thresholds as they are in force, in both languages too, and `indicator` the column that it judges, where it
    judges one."""

    name_zh: str
    name_en: str
    tier: str
    law: tuple[str, ...]
    ask_for_zh: str
    ask_for_en: str
    clears_zh: str
    clears_en: str
    exclusions: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    indicator: str = ""


@dataclass(frozen=True)
class IndicatorCard:
    """How a lead speaks of one indicator; a `share` is shown in percent, all else as a number and its unit.

    `days` is how long it looks back, `money` the measure of an entity's day that it is a part or a mean of, where that
    is money.
    """

    name_zh: str
    name_en: str
    unit: str = ""
    days: int = 0
    money: str = ""


# The card of a lead that only scores speak for. Article 25 of the Regulation (条例) lets the results of data
# monitoring decide what inspections look at first; it accuses nobody.
STATISTICAL = RuleCard(
    name_zh="统计异常",
    name_en="Statistical outlier",
    tier=WEAKEST_TIER,
    law=("条例 25",),
    ask_for_zh="抽取费用最高的若干次就诊,调阅病历、处方和费用清单;了解专科特点、收治人群和排班。",
    ask_for_en="Records, prescriptions and bills of the costliest visits; specialty, patients treated, rota.",
    clears_zh="专科特点、病情较重、收治人群或上报口径不同,足以说明与同组的差异。",
    clears_en="Specialty, sicker or other patients, or another way of reporting explains the difference.",
)


# The card of a lead that somebody's report alone speaks for. Article 25 names reports beside data monitoring; article
# 35 keeps secret who made one.
TIPPED = RuleCard(
    name_zh="举报线索",
    name_en="A report",
    tier=WEAKEST_TIER,
    law=("条例 25",),
    ask_for_zh="举报材料(保密)、举报所指期间的病历、处方、费用清单与出入库记录。",
    ask_for_en="The report itself (kept secret); records, prescriptions, bills and stock of the time it speaks of.",
    clears_zh="举报内容经核实不属实。",
    clears_en="What was reported is verified and not so.",
)


@dataclass(frozen=True)
class Cards:
    """All cards, by the id of the rule and the name of the indicator."""

    rules: Mapping[str, RuleCard]
    indicators: Mapping[str, IndicatorCard]

    def rule(self, rule_id: str) -> RuleCard:
        """The rule's card; a rule without one speaks with its id: no lead is lost over a missing text."""
        return self.rules.get(rule_id) or RuleCard(rule_id, rule_id, WEAKEST_TIER, (), "", "", "", "")

    def indicator(self, name: str) -> IndicatorCard:
        """The indicator's card, or one that repeats its name."""
        return self.indicators.get(name) or IndicatorCard(name, name)

    def of_lead(self, rule_ids: Sequence[str]) -> list[tuple[str, RuleCard]]:
        """The cards a lead's page shows: its rules', or the statistical one when it has none."""
        return [(rule_id, self.rule(rule_id)) for rule_id in rule_ids] or [("-", STATISTICAL)]


def looked_up(texts: Mapping[str, str], key: Column) -> Column:
    """The text of the key in the row, or the key itself: a literal in the plan, so that no join is needed.

    All texts are one literal: Spark walks a map made of hundreds anew for every rule of its analyzer, and each entry
    as often as there are entries.
    """
    if not texts:
        return key
    written = json.dumps(texts, ensure_ascii=False, sort_keys=True)
    return F.coalesce(F.from_json(F.lit(written), "map<string,string>")[key], key)


def is_listed(names: Iterable[str], key: Column) -> Column:
    """Whether the key is one of these ids or columns, which hold no comma: one literal, as in `looked_up`."""
    return F.find_in_set(key, F.lit(",".join(sorted(names)))) > 0
