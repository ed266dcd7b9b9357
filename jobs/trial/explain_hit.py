"""Why a rule hit: its condition part by part with this hit's values, what it leaves out, the knowledge, the money.

The hit's thing is played again on what the night's scan read, by the rule as it stands now; where either is not there
any more, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.expressions.declared import Value
from fundwatch.expressions.parts import ConditionPart, condition_parts
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.logs import step
from fundwatch.regions import NATIONAL, Region, region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.curate.in_force import points_in_force
from jobs.review.read_hit import LineExplained, find_hit, lines_of_hit, recorded_lake
from jobs.review.read_leads import rows_of
from jobs.trial.past import Past, switched_on
from jobs.workplace import Workplace, reading
from rules.catalogue.load import load_rules
from rules.catalogue.rule import BilingualText, Rule, RuleSet, RuleState
from rules.engine.explaining import HitPlace, hit_row
from rules.engine.money import METHODS
from rules.engine.needs import classes_named
from rules.frames.inputs import ScanWindow
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass
from rules.knowledge.points import Knowledge, KnowledgePoint

_LINES, _POINTS = 10, 8
_NAMED = ("patient_id", "institution_id", "encounter_id")
TRUE, FALSE, UNKNOWN = "true", "false", "unknown"


@dataclass(frozen=True)
class PartExplained:
    """A part of a condition: `outcome` is true, false or unknown; of a value, what it is in this hit."""

    kind: str
    text: str
    outcome: str
    value: str
    parts: tuple[PartExplained, ...]


@dataclass(frozen=True)
class MeasureExplained:
    """A measure over the rows that share `by`, and what it came to."""

    name: str
    compute: str
    by: tuple[str, ...]
    over_days: str
    value: str


@dataclass(frozen=True)
class ExclusionTested:
    """Honest cases that the rule leaves out: this hit is not among them, unless the outcome is true."""

    name: str
    words: BilingualText
    condition: PartExplained


@dataclass(frozen=True)
class PointUsed:
    """The point of knowledge that spoke of the hit's code on its day."""

    knowledge_class: str
    matched_by: str
    matched: str
    code: str
    name: str
    says: Mapping[str, str]
    region: str
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class ParameterInForce:
    """A parameter, and the region whose word it is: the nation's, unless an overlay says otherwise."""

    name: str
    value: Value
    said_by: str


@dataclass(frozen=True)
class MoneyExplained:
    """The fund's money at risk, how it is counted, and the dearest lines that it is made of."""

    amount: Decimal | None
    method: str
    words: BilingualText
    is_estimate: bool
    share: str
    share_value: str
    with_account: bool
    line_count: int
    lines: tuple[LineExplained, ...]


@dataclass(frozen=True)
class HitExplained:
    """A hit with all that made it. `notes` say what is not as it was when the night ran."""

    hit_id: str
    night: date
    rule: Rule
    rule_version: str
    hit_version: str
    subject: str
    period: tuple[date | None, date | None]
    reason: BilingualText
    service_date: date | None
    judged: PartExplained
    hit_when: PartExplained
    measures: tuple[MeasureExplained, ...]
    exclusions: tuple[ExclusionTested, ...]
    knowledge: tuple[PointUsed, ...]
    parameters: tuple[ParameterInForce, ...]
    money: MoneyExplained
    notes: tuple[BilingualText, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it; of the rule what identifies it and its law."""
        texts = ("reason", "notes", "rule")
        shown = {name: value for name, value in asdict(self).items() if name not in texts}
        shown["exclusions"] = [asdict(e) | {"words": e.words.model_dump()} for e in self.exclusions]
        shown["money"] |= {"words": self.money.words.model_dump()}
        return shown | {
            "rule": self.rule.id,
            "rule_name": self.rule.name.model_dump(),
            "tier": self.rule.tier,
            "grain": self.rule.grain,
            "law": self.rule.law,
            "valid": self.rule.valid.model_dump(by_alias=True),
            "reason": self.reason.model_dump(),
            "notes": [note.model_dump() for note in self.notes],
        }


def explain_hit(settings: Settings, hit: str, night: date | None = None) -> HitExplained:
    """Explain the hit of this id, or of the only id that begins so; of the newest night that found it, unless one is
    given. Raises FundwatchError for a hit that there is not, or whose rule is gone; NotReadyError without a lake."""
    refuse_no_lake(settings.lake_address)
    lake = Lake(settings.lake_address)
    found = find_hit(lake, hit, night)
    recorded = recorded_lake(lake, found["business_date"])
    with reading(settings, recorded) as place, step(f"{found['rule_id']} is played on the hit {found['hit_id'][:12]}"):
        return explained(place, lake, found, is_recorded=recorded is not None)


def explained(place: Workplace, lake: Lake, found: Mapping[str, Any], *, is_recorded: bool) -> HitExplained:
    """The hit's row of `rule_hit`, explained in one Spark action on the place's lake; `lake` is as it is now."""
    settings, night = place.settings, found["business_date"]
    region = region_of(settings)
    rule_set = rules_in_force(settings, night).rule_set
    rule = _rule_of(rule_set, found)
    past = Past(place, night, _window(lake, found))
    trees = {"where": condition_parts(rule.where), "when": condition_parts(rule.when)}
    trees |= {name: condition_parts(rule_set.exclusions[name].condition) for name in rule.exclude}
    asked = _asked(trees.values(), [*rule.measures, rule.money.share])
    named = {name: found[name] for name in _NAMED if found[name] is not None}
    matched = {CLASSES[name].matched_by for name in classes_named(rule_set, rule)}
    alone = switched_on(rule_set, [rule.id])
    place_of = HitPlace(found["hit_id"], named)
    frame = hit_row(alone, alone.rules[0], past.inputs(past.knowledge(region), alone), place_of, asked, matched)
    rows = [row.asDict() for row in frame.collect()]  # the one row of the hit's thing
    row: dict[str, Any] = rows[0] if rows else {"said": ["?"] * len(asked)}
    said = dict(zip(asked, row["said"], strict=True))
    version, lines = rule_set.rule_fingerprint(rule), lines_of_hit(lake, found)
    used = _codes(rule_set, rule, row, lines)
    knowledge = points_in_force(settings, night, region, {code for _, code in used})
    return HitExplained(
        hit_id=found["hit_id"],
        night=night,
        rule=rule,
        rule_version=version,
        hit_version=found["rule_version"],
        subject=f"{found['subject_type']} {found['subject_id']}",
        period=(found["period_start"], found["period_end"]),
        reason=BilingualText(zh=found["reason_zh"] or "–", en=found["reason_en"] or "–"),
        service_date=row.get("service_date"),
        judged=_part(trees["where"], said, rule),
        hit_when=_part(trees["when"], said, rule),
        measures=tuple(
            MeasureExplained(name, m.compute, tuple(m.by), str(m.over_days or ""), said[name])
            for name, m in rule.measures.items()
        ),
        exclusions=tuple(
            ExclusionTested(name, rule_set.exclusions[name].name, _part(trees[name], said, rule))
            for name in rule.exclude
        ),
        knowledge=tuple(_points(used, knowledge, row.get("service_date"))),
        parameters=tuple(_parameters(region, rule)),
        money=_money(rule, found, said[rule.money.share], lines),
        notes=tuple(notes_of(_as_now(settings, rule), version, found, row, is_recorded=is_recorded)),
    )


def _rule_of(rule_set: RuleSet, found: Mapping[str, Any]) -> Rule:
    rule = next((rule for rule in rule_set.rules if rule.id == found["rule_id"]), None)
    if rule is None:
        raise FundwatchError(
            f"the rule {found['rule_id']} that made this hit is not in the catalogue any more: {found['reason_zh']}",
            where=f"version {found['rule_version']}",
            do="look at the hit's lead; where the rule is a region's own, name it with --set region=…",
        )
    return rule


def _as_now(settings: Settings, rule: Rule) -> Rule:
    """The rule as it stands on whatever later night."""
    return next(one for one in rules_in_force(settings, date.max).rule_set.rules if one.id == rule.id)


def _window(lake: Lake, found: Mapping[str, Any]) -> ScanWindow:
    """The days that the night's scan looked at, as its coverage says."""
    of_rule = (("business_date", "==", found["business_date"]), ("rule_id", "==", found["rule_id"]))
    rows = rows_of(lake, "rule_coverage", *of_rule, columns=["period_start", "period_end"])
    return ScanWindow(min(row["period_start"] for row in rows), max(row["period_end"] for row in rows))


def _asked(trees: Iterable[ConditionPart], further: Sequence[str]) -> list[str]:
    """Every expression whose value is needed, once; parameters are known."""
    texts = [part.text for tree in trees for part in tree.every() if not part.parameter]
    return list(dict.fromkeys([*texts, *further]))


def _part(part: ConditionPart, said: Mapping[str, str], rule: Rule) -> PartExplained:
    value = _as_text(rule.params[part.parameter]) if part.parameter else said[part.text]
    outcome = {"true": TRUE, "false": FALSE}.get(value, UNKNOWN) if part.is_condition else ""
    parts = tuple(_part(one, said, rule) for one in part.parts)
    return PartExplained(part.kind, part.text, outcome, "" if part.is_condition else value, parts)


def _as_text(value: Value) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _codes(
    rule_set: RuleSet, rule: Rule, row: Mapping[str, Any], lines: Sequence[LineExplained]
) -> list[tuple[KnowledgeClass, str]]:
    """Each class that the rule looks at with the row's code, or else those of its lines."""
    asked = []
    for declared in (CLASSES[name] for name in sorted(classes_named(rule_set, rule))):
        own = row.get(f"_{declared.matched_by}")
        of_lines = {getattr(line, declared.matched_by, None) for line in lines if line.role == "counted"}
        asked += [(declared, code) for code in sorted({own} if own else {code for code in of_lines if code})]
    return asked


def _points(asked: Sequence[tuple[KnowledgeClass, str]], knowledge: Knowledge, day: date | None) -> list[PointUsed]:
    """The points that spoke of the codes on the row's day: the longest prefix, where one holds."""
    used: dict[PointUsed, None] = {}
    for declared, code in asked:
        speaking = [p for p in knowledge.get(declared.name, ()) if day and p.speaks_of(code) and _holds(p, day)]
        speaking.sort(key=lambda point: -len(point.stem))
        for p in speaking if declared.says_several else speaking[:1]:
            said_of = (declared.name, declared.matched_by, code, p.code, p.name, _Cells(p.cells), p.region)
            used[PointUsed(*said_of, p.valid_from, p.valid_to, p.source)] = None
    return [*used][:_POINTS]


def _holds(point: KnowledgePoint, day: date) -> bool:
    return point.valid_from <= day and (point.valid_to is None or day <= point.valid_to)


class _Cells(dict[str, str]):
    """The cells of a point, which a set can hold."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def _parameters(region: Region, rule: Rule) -> list[ParameterInForce]:
    """Each with the narrowest region that changed it."""
    said_by = dict.fromkeys(rule.params, NATIONAL)
    before: Mapping[str, Value] = {}
    for depth in range(len(region.names) + 1) if region.names else ():
        wider = Region(region.names[:depth], region.folders[:depth], region.currency)
        here = next((one.params for one in load_rules(region=wider).rules if one.id == rule.id), {})
        changed = [name for name in here if name in said_by and depth and here[name] != before.get(name)]
        said_by |= dict.fromkeys(changed, region.names[depth - 1])
        before = here
    return [ParameterInForce(name, value, said_by[name]) for name, value in rule.params.items()]


def _money(rule: Rule, found: Mapping[str, Any], share_value: str, lines: Sequence[LineExplained]) -> MoneyExplained:
    zh, en = METHODS[rule.money.method]
    return MoneyExplained(
        amount=found["amount_at_risk"],
        method=found["money_method"],
        words=BilingualText(zh=zh, en=en),
        is_estimate=bool(found["is_estimate"]),
        share=rule.money.share,
        share_value=share_value,
        with_account=rule.money.account,
        line_count=len(lines),
        lines=tuple(lines[:_LINES]),
    )


def notes_of(
    rule: Rule, version: str, found: Mapping[str, Any], row: Mapping[str, Any], *, is_recorded: bool
) -> list[BilingualText]:
    """What is not as it was when the night's scan made the hit."""
    notes = []
    if not is_recorded:
        zh = "该夜读取的数据版本已不存在,按现有数据重算"
        en = "the data versions that the night read are gone: played on the data as they are now"
        notes.append(BilingualText(zh=zh, en=en))
    if rule.state == RuleState.RETIRED:
        notes.append(BilingualText(zh="该规则已停用", en="the rule has been retired"))
    if version != found["rule_version"]:
        zh = f"命中时的规则版本为 {found['rule_version']},现为 {version}:按现行定义说明"
        en = f"the hit is of version {found['rule_version']}, the rule is {version} now: explained as it is now"
        notes.append(BilingualText(zh=zh, en=en))
    if not row.get("is_hit"):
        zh, en = "按现行定义与数据已不再命中", "by the rule and the data as they are played here it is no hit any more"
        notes.append(BilingualText(zh=zh, en=en))
    return notes
