"""Write docs/rules.md (every shipped rule) and docs/rule_classes.md (the national library's classes beside the rules):
`python -m scripts.list_rules`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jobs.author.show_classes import NO_RULE, ClassRow, classes_in
from rules.catalogue.categories import CATEGORIES, OTHERS, category_of
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule, RuleSet
from rules.engine.needs import knowledge_needed

DOCS = Path(__file__).resolve().parent.parent / "docs"
RULES, CLASSES = DOCS / "rules.md", DOCS / "rule_classes.md"
_HEADS = (
    "规则 rule", "名称 name", "等级 tier", "状态 state", "粒度 grain", "法规 law", "参数 parameters", "知识 knowledge",
    "国家规则类 classes", "示例 examples",
)  # fmt: skip
_CLASS_HEADS = (
    "序号 no.",
    "类 class",
    "规则名称 name",
    "编码 code",
    "规则 rules",
    "知识 knowledge",
    "知识点 points",
    "状态 state",
)
_INTRO = """# The rules 规则目录

Every rule that ships, by category; `fundwatch rules show RULE` has the whole of one, `fundwatch rules test RULE` plays
its examples. *State*: an active rule makes leads, one in shadow (试运行) is scanned and counted and makes none, a draft
is not scanned. *Knowledge* are the classes without whose points the rule judges nothing ([of your own](regions.md));
*classes* those of the [national library](rule_classes.md) that it implements; *examples* its hits + near misses. Made
by `python -m scripts.list_rules`: change a rule's entry, and write the page again.
"""
_CLASS_INTRO = """# The national library's rule classes 国家规则库覆盖情况

The 88 classes of 《医疗保障基金智能监管规则库、知识库（2025年版）》 and the rules that say they implement one
(`classes` in a rule's entry; `fundwatch rules classes` prints the same for a region). Names and order as published on
2026-02-12, codes of the framework of 2023, which a class that is new in 2025 has not; both as a public repository
transcribed them (`rules/catalogue/classes_2025.csv`), not checked against the original. *Points* are those that ship of
the knowledge that the rules rest on; a province loads its own. Made by `python -m scripts.list_rules`.
"""


def rules_page(rule_set: RuleSet) -> str:
    """The page of all rules."""
    parts = [_INTRO]
    for category in (*CATEGORIES.values(), OTHERS):
        rules = [rule for rule in rule_set.rules if category_of(rule.id) == category]
        if rules:
            parts.append(f"\n## {category}\n\n{_table(_HEADS, map(_row, rules))}")
    counts = [f"{state}: {count}" for state, count in _states(rule_set.rules)]
    parts.append(f"\n{len(rule_set.rules)} 条规则 rules ({', '.join(counts)}).\n")
    return "".join(parts)


def classes_page(rows: Sequence[ClassRow]) -> str:
    """The page of the national library's classes."""
    covered = sum(row.state != NO_RULE for row in rows)
    table = _table(_CLASS_HEADS, map(_class_row, rows))
    return f"{_CLASS_INTRO}\n{covered}/{len(rows)} 类有规则 classes have a rule.\n\n{table}"


def _states(rules: Iterable[Rule]) -> Iterator[tuple[str, int]]:
    states = [rule.state.words for rule in rules]
    return ((state, states.count(state)) for state in dict.fromkeys(states))


def _row(rule: Rule) -> tuple[str, ...]:
    hits = sum(1 for example in rule.examples if example.hits)
    return (
        f"`{rule.id}`",
        f"{rule.name.zh} {rule.name.en}",
        rule.tier,
        rule.state.words,
        f"`{rule.grain}`",
        ", ".join(rule.law),
        ", ".join(f"`{name}` {value}" for name, value in rule.params.items()),
        ", ".join(f"`{name}`" for name in sorted(knowledge_needed(rule))),
        ", ".join(map(str, rule.classes)),
        f"{hits} + {len(rule.examples) - hits}",
    )


def _class_row(row: ClassRow) -> tuple[str, ...]:
    return (
        str(row.seq),
        f"{row.tier1} {row.tier2}",
        row.name,
        row.code,
        ", ".join(f"`{rule}`" for rule in row.rules),
        ", ".join(f"`{name}`" for name in row.knowledge),
        "" if row.points is None else str(row.points),
        row.state,
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows)
    lines = "".join(f"| {row} |\n" for row in cells)
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n{lines}"


if __name__ == "__main__":
    RULES.write_text(rules_page(load_rules()), encoding="utf-8", newline="\n")
    CLASSES.write_text(classes_page(classes_in()), encoding="utf-8", newline="\n")
