"""Rules, indicators and knowledge on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fundwatch.terminal import new_table, show
from jobs.review.show_catalogues import (
    IndicatorRow,
    KnowledgeRow,
    RuleRow,
    ShownIndicator,
    ShownKnowledge,
    ShownRule,
)
from jobs.terminal.answer import Say
from rules.catalogue.rule import Rule, RuleState
from rules.wording.said import ParameterSaid, params_said, range_said


def print_rules(rows: Sequence[RuleRow], say: Say) -> None:
    """A line for each rule; what is switched off, or not active, says so."""
    _table(
        f"规则 Rules ({len(rows)})",
        ("规则\nRule", "名称\nName", "等级\nTier", "粒度\nGrain", "法规\nLaw", "状态\nState",
         "有效期\nValid"),
        (
            (r.id, _both(r.name_zh, r.name_en), r.tier, r.grain, ", ".join(r.law), r.state.words.replace(" ", "\n"),
             (r.switched_off and f"停用 off: {r.switched_off}") or f"{r.valid_from} – {r.valid_to or ''}")
            for r in rows
        ),
    )  # fmt: skip
    if shadow := [row.id for row in rows if row.state == RuleState.SHADOW]:
        say(f"试运行,命中不入清单 In shadow, scanned without leads ({len(shadow)}): {', '.join(shadow)}")
    say("one of them: `fundwatch rules show ID`")


def print_rule(found: ShownRule, say: Say) -> None:
    """A rule as an investigator reads it: what is judged, what is a hit, what would clear it."""
    rule = found.rule
    say(f"{rule.id} {rule.name.zh} {rule.name.en}")
    if found.switched_off:
        say(f"停用 Switched off: {found.switched_off}")
    valid = f"{rule.valid.from_} – {rule.valid.to or ''}"
    stated = {
        "状态 State": rule.state.words,
        "等级 Tier": rule.tier, "粒度 Grain": rule.grain, "对象 Subject": rule.subject, "法规 Law": ", ".join(rule.law),
        "国家规则类 National classes": ", ".join(map(str, rule.classes)),
        "有效期 Valid": valid, "判断范围 Judged where": rule.where,
        "指标 Indicators": ", ".join(f"{name} = {column}" for name, column in rule.indicators.items()),
        "除外 Left out": ", ".join(rule.exclude), **{f"度量 Measure {n}": m.compute for n, m in rule.measures.items()},
        "命中条件 Hit when": rule.when, "金额 Money": f"{rule.money.method}, {rule.money.estimate or rule.money.share}",
        **{f"参数 Parameter {one.name}": _with_range(rule, one) for one in params_said(rule)},
        "告警率 Alerts": "; ".join(one.words for one in found.alerts),
        "核查资料 Ask for": _both(rule.ask_for.zh, rule.ask_for.en),
        "可排除情形 Clears": _both(rule.clears.zh, rule.clears.en), "版本 Fingerprint": found.fingerprint,
        "属实率 Precision": found.precision.words if found.precision else "",
    }  # fmt: skip
    _stated(stated.items(), say)
    for example in rule.examples:
        say(f"  {'命中 hit ' if example.hits else '不命中 miss'}: {example.says}")


def _with_range(rule: Rule, said: ParameterSaid) -> str:
    """The parameter in both languages, and between what it may lie."""
    if said.name not in rule.ranges:
        return " | ".join(said.both)
    return " | ".join((*said.both, f"可设 may be {range_said(rule, said.name, rule.ranges[said.name])}"))


def print_indicators(rows: Sequence[IndicatorRow], say: Say) -> None:
    """A line for each indicator and window."""
    _table(
        f"指标 Indicators ({len(rows)})",
        ("指标\nIndicator", "名称\nName", "单位\nUnit", "方向\nStrange when"),
        ((r.column, _both(r.name_zh, r.name_en), r.unit, r.direction) for r in rows),
    )
    say("one of them: `fundwatch indicators show NAME`")


def print_indicator(found: ShownIndicator, say: Say) -> None:
    """An indicator with its formula and what it is made of."""
    row = found.indicator
    say(f"{row.column} {row.name_zh} {row.name_en}")
    stated = {
        "对象 Entity": row.entity, "窗口 Window": f"{row.window} 天 days", "单位 Unit": row.unit,
        "方向 Strange when": row.direction, "类别 Class": row.class_zh, "来源 Taken from": ", ".join(row.sources),
        "公式 Formula": found.formula, "条件 Only where": found.when,
        "说明 Description": found.description, **found.made_of,
    }  # fmt: skip
    _stated(stated.items(), say)


def print_knowledge(rows: Sequence[KnowledgeRow], say: Say) -> None:
    """A line for each class of knowledge."""
    _table(
        "知识 Knowledge",
        ("类别\nClass", "内容\nWhat it says", "匹配\nMatched by", "知识点\nPoints"),
        ((r.name, _both(r.name_zh, r.name_en), r.matched_by, str(r.points)) for r in rows),
    )
    say("the points of one: `fundwatch knowledge show CLASS`, of one code with --code")


def print_points(found: ShownKnowledge, say: Say) -> None:
    """The points of a class."""
    del say  # it is one table
    _table(
        f"知识点 Points of {found.name} ({len(found.points)})",
        ("编码\nCode", "内容\nSays", "名称\nName", "地区\nRegion", "有效期\nValid", "来源\nSource"),
        (
            (p.code, ", ".join(f"{k} {v}" for k, v in p.cells.items()), p.name, p.region,
             f"{p.valid_from} – {p.valid_to or ''}", p.source)
            for p in found.points
        ),
    )  # fmt: skip


def _both(zh: str, en: str) -> str:
    return f"{zh}\n{en}"


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = new_table(title)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    show(table)


def _stated(items: Iterable[tuple[str, str]], say: Say) -> None:
    for name, text in items:
        if text:
            say(f"  {name}: {text}".replace("\n", "  "))
