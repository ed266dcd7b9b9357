"""What each rule rests on, and why it cannot run where something is not there. Nothing here touches rows."""

from __future__ import annotations

from collections.abc import Mapping, Set

from fundwatch.contracts.entities import MEASURED
from fundwatch.expressions.declared import names_by_time, names_in
from rules.benefits.policies import Policies
from rules.catalogue.rule import REPORTED, Rule, RuleSet
from rules.frames.declaration import ACCOUNT_NEEDS, EARLIER_LIST, NO_TABLES, POLICY, Sources
from rules.frames.inputs import NO_POLICIES
from rules.frames.registry import GRAINS, columns_of
from rules.knowledge.framed import PointsByClass

_OF_INDICATORS = tuple(f"{entity.indicator_table}." for entity in MEASURED.values())
_NOT_MADE = "is not computed tonight (setting `indicators`)"
_MOMENT = "_at"  # how the name of a time ends; that of a day ends otherwise


def columns_wanted(rule_set: RuleSet, rule: Rule) -> frozenset[str]:
    """The columns that the frame of the rule's grain must have for it."""
    named = names_used(rule_set, rule) | {GRAINS[rule.grain].judged_on}
    return frozenset(rule.indicator_names.get(name, name) for name in named)


def names_used(rule_set: RuleSet, rule: Rule) -> frozenset[str]:
    """The columns that the rule names anywhere, its reason included."""
    columns = columns_of(rule.grain, rule.indicators).keys()
    shown = [text for key, text in rule.expressions.items() if key.startswith(REPORTED)]
    reported = frozenset().union(*(names_in(text, columns) for text in shown))
    return names_judging(rule_set, rule) | reported | (rule.fact_names & columns)


def names_judging(rule_set: RuleSet, rule: Rule) -> frozenset[str]:
    """The columns that decide on hit and money. What only the reason tells may be unknown: it says so there."""
    texts = (*rule.judging, *(rule_set.exclusions[name].condition for name in rule.exclude))
    columns = columns_of(rule.grain, rule.indicators).keys()
    return frozenset().union(*(names_in(text, columns) for text in texts))


def needs(rule_set: RuleSet, rule: Rule) -> Sources:
    """The sources of the rule: of each group at least one must be there."""
    columns = columns_of(rule.grain, rule.indicators)
    found = GRAINS[rule.grain].base.union(*(columns[name] for name in names_judging(rule_set, rule)))
    return found | {frozenset({source}) for source in rule.needs}


def rests_on_policies(rule_set: RuleSet) -> bool:
    """Whether some rule of the set judges by the benefit policies."""
    return any(frozenset({POLICY}) in needs(rule_set, rule) for rule in rule_set.rules)


def rests_on_earlier_list(rule_set: RuleSet) -> bool:
    """Whether some scanned rule of the set judges by the list of an earlier night."""
    scanned = (rule for rule in rule_set.rules if rule.state.is_scanned)
    sources = (source for rule in scanned for group in needs(rule_set, rule) for source in group)
    return any(source.startswith(tuple(f"{table}." for table in EARLIER_LIST)) for source in sources)


def knowledge_needed(rule: Rule) -> frozenset[str]:
    """The knowledge classes without whose points it judges nothing; what it only leaves out is not among them."""
    columns = columns_of(rule.grain, rule.indicators)
    names = frozenset().union(*(names_in(text, columns) for text in rule.judging))
    sources = frozenset(rule.needs).union(*(group for name in names for group in columns[name]))
    return frozenset(s.removeprefix("knowledge.") for s in sources if s.startswith("knowledge."))


def classes_named(rule_set: RuleSet, rule: Rule) -> frozenset[str]:
    """The knowledge classes that a column of the rule rests on, whether it needs them or only leaves out by them."""
    columns = columns_of(rule.grain, rule.indicators)
    sources = frozenset(rule.needs).union(*(g for name in names_used(rule_set, rule) for g in columns[name]))
    return frozenset(s.removeprefix("knowledge.") for s in sources if s.startswith("knowledge."))


def times_needed(rule: Rule) -> frozenset[str]:
    """The sources whose time of day the rule compares: where only their days are known, it would judge what is not."""
    columns = columns_of(rule.grain, rule.indicators)
    named = frozenset().union(*(names_by_time(text, columns.keys()) for text in rule.judging))
    moments = (name for name in named - rule.days_suffice.keys() if name.endswith(_MOMENT))
    sources = (source for name in moments for group in columns[name] for source in group)
    return frozenset(source for source in sources if source.endswith(_MOMENT))


def done_without(rule: Rule, supplied: Mapping[str, frozenset[str]]) -> str:
    """What a rule that can run has to do without; empty when nothing. The fund's money can be counted alone."""
    lacking = sorted(
        source
        for group in ACCOUNT_NEEDS
        for source in group
        if source.split(".")[1] not in supplied.get(source.split(".")[0], frozenset())
    )
    if not rule.money.account or not lacking:
        return ""
    return f"money without the personal account's part: {', '.join(lacking)} not supplied"


def why_not(
    rule_set: RuleSet,
    rule: Rule,
    tables: Set[str],
    supplied: Mapping[str, frozenset[str]],
    knowledge: PointsByClass,
    dates_only: Set[str] = frozenset(),
    policies: Policies = NO_POLICIES,
) -> str:
    """Why the rule does not run; empty when it is in force and all it needs is there.

    `dates_only` are the sources whose times are known to the day alone.
    """
    if rule.id in rule_set.switched_off:
        reason = rule_set.switched_off[rule.id]
        return f"switched off in the region: {reason.zh} {reason.en}"
    if not rule.state.is_scanned:
        return f"the rule is {rule.state}"
    lacking = [
        " or ".join(sorted(group))
        for group in needs(rule_set, rule)
        if not any(_is_there(source, tables, supplied, knowledge, policies) for source in group)
    ]
    missing_tables = sorted({n.split(".")[0] for n in lacking if " or " not in n} - tables - NO_TABLES)
    texts = [f"the table {name} is missing" for name in missing_tables]
    unsaid = sorted(n for n in lacking if n.split(".")[0] not in missing_tables)
    texts += [f"{n} {_NOT_MADE if n.startswith(_OF_INDICATORS) else 'is not supplied'}" for n in unsaid]
    untimed = sorted(times_needed(rule) & dates_only)
    texts += [f"the source has dates only: {', '.join(untimed)}"] if untimed else []
    return "; ".join(texts)


def _is_there(
    source: str,
    tables: Set[str],
    supplied: Mapping[str, frozenset[str]],
    knowledge: PointsByClass,
    policies: Policies,
) -> bool:
    if source == POLICY:
        return bool(policies)
    table, column = source.split(".")
    if table == "knowledge":
        return bool(knowledge.get(column))
    return table in tables and column in supplied.get(table, frozenset())
