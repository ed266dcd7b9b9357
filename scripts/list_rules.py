"""Write docs/rules.md (every shipped rule), docs/rule_classes.md (the national library's classes beside the rules) and
docs/rule_problems.md (the lists of typical problems beside the rules): `python -m scripts.list_rules`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from jobs.author.show_classes import NO_RULE, ClassRow, classes_in
from jobs.author.show_problems import ProblemRow, problems_in_lists
from rules.analysis.measured import alerts_of
from rules.catalogue.categories import CATEGORIES, OTHERS, category_of
from rules.catalogue.load import load_rules
from rules.catalogue.problems import Template, missing_in_lists
from rules.catalogue.rule import Rule, RuleSet
from rules.engine.needs import knowledge_needed
from rules.wording.said import params_said

DOCS = Path(__file__).resolve().parent.parent / "docs"
RULES, CLASSES, PROBLEMS = DOCS / "rules.md", DOCS / "rule_classes.md", DOCS / "rule_problems.md"
_HEADS = (
    "规则 rule", "名称 name", "等级 tier", "状态 state", "粒度 grain", "法规 law", "参数 parameters", "知识 knowledge",
    "国家规则类 classes", "示例 examples", "告警率 alerts",
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
*classes* those of the [national library](rule_classes.md) that it implements; *examples* its hits + near misses;
*alerts* of an analysis rule its hits per settlement on a simulated world (hits/judged; world and seed), where its
indicator was computed there. Made by `python -m scripts.list_rules`: change a rule's entry, and write the page again.
"""
_CLASS_INTRO = """# The national library's rule classes 国家规则库覆盖情况

The 88 classes of 《医疗保障基金智能监管规则库、知识库（2025年版）》 and the rules that say they implement one
(`classes` in a rule's entry; `fundwatch rules classes` prints the same for a region). Names and order as published on
2026-02-12, codes of the framework of 2023, which a class that is new in 2025 has not; both as a public repository
transcribed them (`rules/catalogue/classes_2025.csv`), not checked against the original. *Points* are those that ship of
the knowledge that the rules rest on; a province loads its own. Made by `python -m scripts.list_rules`.
"""
_PROBLEM_HEADS = (
    "编号 no.", "模板 template", "问题 problem", "规则 rules", "知识 knowledge", "状态 state", "为何看不出 why not"
)  # fmt: skip
_PROBLEM_INTRO = """# Typical problems 典型问题清单与规则

2025年定点医疗机构、定点零售药店典型问题清单（医保函〔2025〕2号）各项与规则、知识的对应；
费用数据看不出的，写明原因。`fundwatch rules problems` 按本地区打印同一张表。编号依公开资料库的转录，
未与原件核对；内容为我们的归纳，不是原文。知识一栏 `类别:编码` 是随软件提供的知识点，
“待导入”者由各地按本地编码导入后方能命中（[地区](regions.md)）。

The items of the national lists of typical problems of 2025 (hospitals H, pharmacies P) and the rules and knowledge that
find them, or why claims cannot show them. Numbers as a public repository transcribed the lists, not checked against
the original; contents in our own words. *Knowledge*: `class:code` is a point that ships; what is 待导入 *to be loaded*
finds something once a province has loaded its codes. Made by `python -m scripts.list_rules`.
"""


def rules_page(rule_set: RuleSet) -> str:
    """The page of all rules."""
    parts = [_INTRO]
    for category in (*CATEGORIES.values(), OTHERS):
        rules = [rule for rule in rule_set.rules if category_of(rule.id) == category]
        if rules:
            rows = (_row(rule, rule_set.rule_fingerprint(rule)) for rule in rules)
            parts.append(f"\n## {category}\n\n{_table(_HEADS, rows)}")
    counts = [f"{state}: {count}" for state, count in _states(rule_set.rules)]
    parts.append(f"\n{len(rule_set.rules)} 条规则 rules ({', '.join(counts)}).\n")
    return "".join(parts)


def classes_page(rows: Sequence[ClassRow]) -> str:
    """The page of the national library's classes."""
    covered = sum(row.state != NO_RULE for row in rows)
    table = _table(_CLASS_HEADS, map(_class_row, rows))
    return f"{_CLASS_INTRO}\n{covered}/{len(rows)} 类有规则 classes have a rule.\n\n{table}"


def problems_page(rows: Sequence[ProblemRow]) -> str:
    """The page of the lists of typical problems: the templates, then every item."""
    found = sum(1 for row in rows if row.rules)
    left_out = "; ".join(f"{kind}{', '.join(map(str, which))}" for kind, which in missing_in_lists().items() if which)
    templates = _table(
        ("模板 template", "项 items", "有规则 with a rule", "规则 rules"), map(_template_row(rows), Template)
    )
    items = _table(_PROBLEM_HEADS, map(_problem_row, rows))
    tables = f"## 十个模板 The ten templates\n\n{templates}\n## 各项 The items\n\n{items}"
    return (
        f"{_PROBLEM_INTRO}\n{found}/{len(rows)} 项有规则 items have a rule. "
        f"转录缺号 numbers that the transcription lacks: {left_out}.\n\n{tables}"
    )


def _template_row(rows: Sequence[ProblemRow]) -> Callable[[Template], tuple[str, ...]]:
    def row(template: Template) -> tuple[str, ...]:
        of_it = [one for one in rows if one.template == template.name]
        rules = sorted({rule for one in of_it for rule in one.rules})
        name = f"{template.name} {template.value.zh} {template.value.en}"
        return name, str(len(of_it)), str(sum(1 for one in of_it if one.rules)), _code(rules)

    return row


def _problem_row(row: ProblemRow) -> tuple[str, ...]:
    return row.code, row.template, row.name, _code(row.rules), ", ".join(row.knowledge), row.state, row.why_not


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _states(rules: Iterable[Rule]) -> Iterator[tuple[str, int]]:
    states = [rule.state.words for rule in rules]
    return ((state, states.count(state)) for state in dict.fromkeys(states))


def _row(rule: Rule, version: str) -> tuple[str, ...]:
    hits = sum(1 for example in rule.examples if example.hits)
    return (
        f"`{rule.id}`",
        f"{rule.name.zh} {rule.name.en}",
        rule.tier,
        rule.state.words,
        f"`{rule.grain}`",
        ", ".join(rule.law),
        "; ".join(f"{' '.join(one.both)} (`{one.name}`)" for one in params_said(rule)),
        ", ".join(f"`{name}`" for name in sorted(knowledge_needed(rule))),
        ", ".join(map(str, rule.classes)),
        f"{hits} + {len(rule.examples) - hits}",
        "; ".join(one.words for one in alerts_of(rule.id, version)),
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
    PROBLEMS.write_text(problems_page(problems_in_lists()), encoding="utf-8", newline="\n")
