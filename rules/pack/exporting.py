"""A pack out of the rules of a region: those that one visit at hand decides, compiled from the expressions that the
scan runs; the others are named with what they need beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from fundwatch.contracts import TABLES as CONTRACTS
from fundwatch.errors import FundwatchError
from fundwatch.expressions.declared import Value
from fundwatch.expressions.exported import tree_of
from fundwatch.expressions.nodes import LiteralNode, Node
from rules.catalogue.rule import BilingualText, Rule, RuleMeasure, RuleSet, RuleState
from rules.engine.measures import in_order
from rules.engine.needs import names_judging, names_used, times_needed
from rules.frames.declaration import Sources
from rules.frames.lines import LINES
from rules.frames.registry import GRAINS, columns_of
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass
from rules.knowledge.points import Knowledge, KnowledgePoint, knowledge_fingerprint
from rules.pack.columns import DERIVED, READS, RENAMED
from rules.pack.document import (
    LeftOut,
    Pack,
    PackColumn,
    PackDerived,
    PackExclusion,
    PackInput,
    PackKnowledge,
    PackKnown,
    PackMeasure,
    PackMoney,
    PackPoint,
    PackRule,
    PackSource,
    PackText,
)
from rules.pack.judging import compiled_rule
from rules.pack.visit import SINGLE, TABLES
from rules.wording.said import params_said

_OF_ONE_LINE = (*SINGLE, "claim_line", "settlement")  # tables of which a line has one row
_WITHIN_A_VISIT = frozenset({"encounter_id", "line_id"})  # who shares one of them shares the visit
_ALWAYS = ("line_id", "service_date")
_LINE = "line"
_NOT_YET = frozenset({"encounter", "settlement"})


@dataclass(frozen=True)
class PackMaker:
    """What goes into a pack: the rules as they stand, in the region and as of the night if one is asked for."""

    rule_set: RuleSet
    knowledge: Knowledge
    region: Sequence[str]
    as_of: date | None = None
    with_shadow: bool = False

    def pack(self) -> Pack:
        """The pack, sealed."""
        states = {RuleState.ACTIVE, RuleState.SHADOW} if self.with_shadow else {RuleState.ACTIVE}
        asked = [rule for rule in self.rule_set.rules if rule.state in states]
        rules, left_out = [], []
        for rule in asked:
            made, why = self._rule(rule)
            if made is None:
                left_out.append(_left_out(rule, why))
            else:
                rules.append(made)
        columns = {name: column for rule in asked for name, column in _columns(self._named(rule)).items()}
        kept = {name for rule in rules for name in _columns(self._named(self._by_id(rule.id)))}
        had = {name: columns[name] for name in sorted(kept)}
        classes = sorted({c.had.knowledge for c in had.values() if isinstance(c.had, PackKnown)})
        return Pack(
            region=list(self.region),
            as_of=self.as_of,
            rule_set=self.rule_set.fingerprint,
            knowledge_version=knowledge_fingerprint(self.knowledge),
            tables={name: _inputs(name) for name in TABLES},
            columns=had,
            knowledge={name: _knowledge(CLASSES[name], self.knowledge.get(name, ())) for name in classes},
            rules=rules,
            left_out=left_out,
        ).sealed()

    def _by_id(self, rule_id: str) -> Rule:
        return next(rule for rule in self.rule_set.rules if rule.id == rule_id)

    def _named(self, rule: Rule) -> frozenset[str]:
        """The columns that the rule and its grain name."""
        grain = GRAINS[rule.grain]
        windows = frozenset(c for m in rule.measures.values() for c in (*m.by, *m.order)) - rule.measures.keys()
        return names_used(self.rule_set, rule) | windows | {*grain.thing, grain.judged_on, *_ALWAYS}

    def _rule(self, rule: Rule) -> tuple[PackRule | None, list[str]]:
        """The rule as a pack has it, or why it needs more than one visit."""
        why = list(self._why_not(rule))
        if why:
            return None, why
        try:
            made = self._written(rule)
            types = {name: column.type for name, column in _columns(self._named(rule)).items()}
            compiled = compiled_rule(made, types)
        except FundwatchError as error:
            return None, [f"参考程序无法计算 the evaluator cannot compute it: {error.what}"]
        kinds = {measure.name: measure.type for measure in compiled.measures}
        typed = [measure.model_copy(update={"type": kinds[measure.name]}) for measure in made.measures]
        return made.model_copy(update={"measures": typed}), []

    def _why_not(self, rule: Rule) -> Iterator[str]:
        grain = GRAINS[rule.grain]
        if rule.id in self.rule_set.switched_off:
            off = self.rule_set.switched_off[rule.id]
            yield f"本地区停用 switched off in the region: {off.zh} {off.en}"
        if grain.frame is not LINES:
            tables = ", ".join(sorted(_tables_of(grain.needs) | _tables_of(_rests_on(self.rule_set, rule))))
            yield f"所判的行只有扫描能生成 judges rows of '{grain.frame.name}', which the scan alone makes of {tables}"
            return
        if not _WITHIN_A_VISIT & {*grain.thing}:
            yield f"对象跨就诊 its thing spans visits: {', '.join(grain.thing)}"
        for name in sorted(_closure(self._named(rule))):
            if _had(name) is None:
                sources = _grouped(LINES.columns[name])
                made_of = "; ".join(" or ".join(group) for group in sources)
                yield f"列不能从一次就诊得出 the column {name} is not had from one visit: made of {made_of}"
        for name, measure in rule.measures.items():
            if not _WITHIN_A_VISIT & {*measure.by}:
                yield f"度量跨就诊 the measure {name} looks beyond the visit: {_looks(rule, measure)}"

    def _written(self, rule: Rule) -> PackRule:
        grain = GRAINS[rule.grain]
        return PackRule(
            id=rule.id,
            version=self.rule_set.rule_fingerprint(rule),
            name=_text(rule.name),
            state="active" if rule.state == RuleState.ACTIVE else "shadow",
            tier=rule.tier.value,
            law=rule.law,
            classes=rule.classes,
            grain=rule.grain,
            thing=list(grain.thing),
            judged_on=grain.judged_on,
            subject=rule.subject,
            valid_from=rule.valid.from_,
            valid_to=rule.valid.to,
            params={name: _parameter(value) for name, value in rule.params.items()},
            params_said={one.name: PackText(zh=one.both[0], en=one.both[1]) for one in params_said(rule)},
            rests_on=_grouped(_rests_on(self.rule_set, rule)),
            times=sorted(times_needed(rule)),
            where=_tree(rule, rule.where),
            exclude=[self._exclusion(rule, name) for name in rule.exclude],
            measures=[_measure(rule, name) for name in in_order(rule)],
            when=_tree(rule, rule.when),
            money=PackMoney(
                method=rule.money.method,
                is_estimate=rule.money.is_estimate,
                share=_tree(rule, rule.money.share),
                account=rule.money.account,
            ),
            compares=None if rule.compares is None else _tree(rule, rule.compares),
            facts={name: _fact(rule, name) for name in sorted(rule.fact_names)},
            reason=_text(rule.reason),
            ask_for=_text(rule.ask_for),
            clears=_text(rule.clears),
        )

    def _exclusion(self, rule: Rule, name: str) -> PackExclusion:
        exclusion = self.rule_set.exclusions[name]
        return PackExclusion(name=name, says=_text(exclusion.name), condition=_tree(rule, exclusion.condition))


def _left_out(rule: Rule, why: list[str]) -> LeftOut:
    state = "active" if rule.state == RuleState.ACTIVE else "shadow"
    return LeftOut(id=rule.id, name=_text(rule.name), grain=rule.grain, state=state, why=why)


def _rests_on(rule_set: RuleSet, rule: Rule) -> Sources:
    """What the verdict rests on. Before settlement there is not yet what only the money of a hit needs, nor the end of
    a visit or its settlement where a hit holds without: the rule then hits or leaves open, and never passes for it."""
    columns = columns_of(rule.grain, rule.indicators)
    later = {name for name in rule.holds_without if _tables_of(columns[name]) <= _NOT_YET}
    judged = (columns[name] for name in names_judging(rule_set, rule) - later)
    return GRAINS[rule.grain].needs.union(*judged) | {frozenset({source}) for source in rule.needs}


def _had(name: str) -> PackSource | PackKnown | PackDerived | None:
    """How a column of a fee line is had from one visit; None where it is not."""
    if name in RENAMED:
        table, column, as_day = RENAMED[name]
        return PackSource(table=table, column=column, as_day=as_day)
    if name in DERIVED:
        return PackDerived(says=DERIVED[name].says)
    for declared in CLASSES.values():
        if declared.of == _LINE and name in declared.gives:
            cell = declared.gives[name].cell
            return PackKnown(knowledge=declared.name, matched_by=declared.matched_by, cell=cell)
    for table in _OF_ONE_LINE:
        if LINES.columns[name] == frozenset({frozenset({f"{table}.{name}"})}):
            return PackSource(table=table, column=name)
    return None


def _type(name: str, had: PackSource | PackKnown | PackDerived) -> str:
    match had:
        case PackSource(table=table, column=column, as_day=as_day):
            return "date" if as_day else CONTRACTS[table].spark_type(column)
        case PackKnown(knowledge=known):
            kind = CLASSES[known].gives[name].type
            return f"array<{kind}>" if CLASSES[known].says_several else kind
        case PackDerived():
            return DERIVED[name].type


def _closure(names: Iterable[str]) -> frozenset[str]:
    """The columns with all that they are made of."""
    found: set[str] = set()
    waiting = {*names}
    while waiting:
        name = waiting.pop()
        found.add(name)
        had = _had(name)
        made_of = (had.matched_by, "service_date") if isinstance(had, PackKnown) else READS.get(name, ())
        waiting |= {*made_of} - found
    return frozenset(found)


def _columns(names: Iterable[str]) -> dict[str, PackColumn]:
    """The named columns that are had from one visit, and what they are made of."""
    found = {name: _had(name) for name in sorted(_closure(n for n in names if n in LINES.columns))}
    return {
        name: PackColumn(type=_type(name, had), had=had, rests_on=_grouped(LINES.columns[name]))
        for name, had in found.items()
        if had is not None
    }


def _grouped(sources: Sources) -> list[list[str]]:
    return sorted(sorted(group) for group in sources)


def _tables_of(sources: Sources) -> set[str]:
    return {source.split(".")[0] for group in sources for source in group} - {"knowledge"}


def _looks(rule: Rule, measure: RuleMeasure) -> str:
    by = f"by {', '.join(measure.by)}"
    return by if measure.over_days is None else f"{by}, over {rule.bound(str(measure.over_days))} days"


def _tree(rule: Rule, text: str) -> Node:
    return tree_of(text, GRAINS[rule.grain].columns, rule.measures)


def _fact(rule: Rule, name: str) -> Node:
    """What a placeholder of the reason stands for."""
    if name in rule.params and name not in rule.facts:
        return _tree(rule, f":{name}")
    return _tree(rule, rule.facts.get(name, name))


def _measure(rule: Rule, name: str) -> PackMeasure:
    measure = rule.measures[name]
    spared = {*rule.holds_without, GRAINS[rule.grain].frame.row_key}
    return PackMeasure(
        name=name,
        type="",
        compute=_tree(rule, measure.compute),
        by=measure.by,
        order=measure.order,
        over_days=None if measure.over_days is None else int(rule.bound(str(measure.over_days))),
        known=[column for column in dict.fromkeys((*measure.by, *measure.order)) if column not in spared],
    )


def _parameter(value: Value) -> LiteralNode | list[str]:
    if isinstance(value, bool):
        return LiteralNode(type="boolean", value=value)
    if isinstance(value, int):
        return LiteralNode(type="int", value=value)
    if isinstance(value, float):
        return LiteralNode(type="decimal", value=repr(value))
    if isinstance(value, date):
        return LiteralNode(type="date", value=value.isoformat())
    return value if isinstance(value, list) else LiteralNode(type="string", value=value)


def _inputs(table: str) -> dict[str, PackInput]:
    """The columns of a table that a visit may give."""
    contract = CONTRACTS[table]
    return {
        column.name: PackInput(type=contract.spark_type(column.name), says=column.meaning)
        for column in contract.columns
        if not column.name.startswith("known_") and column.name not in contract.free_texts
    }


def _knowledge(declared: KnowledgeClass, points: Sequence[KnowledgePoint]) -> PackKnowledge:
    return PackKnowledge(
        says=PackText(zh=declared.zh, en=declared.en),
        cells={given.cell: given.type for given in declared.gives.values()},
        says_several=declared.says_several,
        points=[_point(point) for point in points],
    )


def _point(point: KnowledgePoint) -> PackPoint:
    return PackPoint(
        code=point.stem,
        is_prefix=point.is_prefix,
        cells=dict(point.cells),
        name=point.name,
        region=point.region,
        valid_from=point.valid_from,
        valid_to=point.valid_to,
        source=point.source,
    )


def _text(text: BilingualText) -> PackText:
    return PackText(zh=text.zh, en=text.en)
