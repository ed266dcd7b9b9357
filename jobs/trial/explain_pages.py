"""A hit explained on a terminal of 80 columns, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fundwatch.expressions.parts import PartKind
from fundwatch.terminal import new_table, show
from jobs.terminal.answer import Say
from leads.words import ROLE_WORDS
from rules.wording.said import params_said

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from jobs.trial.explain_hit import HitExplained, MoneyExplained, PartExplained

_OUTCOMES = {"true": "✓ 成立 true", "false": "✗ 不成立 false", "unknown": "? 未知 unknown", "": ""}
_TESTED = {"true": "属于 is one", "false": "不属于 is none", "unknown": "未知 unknown"}
_JOINED = {PartKind.ALL: "同时满足 all of", PartKind.ANY: "满足其一 any of", PartKind.NOT: "不满足 not"}
_LONGEST = 120


def print_explained(found: HitExplained, say: Say) -> None:
    """What made the hit, in the order in which it was made."""
    rule = found.rule
    say(f"命中 Hit {found.hit_id}")
    say(f"{rule.id} {rule.name.zh} {rule.name.en} ({rule.tier}), {found.night}")
    say(f"对象 Subject: {found.subject}; {found.period[0]} – {found.period[1]}")
    say(f"{found.reason.zh}\n{found.reason.en}")
    for note in found.notes:
        say(f"注意 Note: {note.zh} | {note.en}")
    _print_condition(found)
    if found.measures:
        table = new_table("度量 Measures")
        for heading in ("度量\nMeasure", "计算\nComputed", "按\nBy", "天数\nDays", "值\nValue"):
            table.add_column(heading, overflow="fold")
        for one in found.measures:
            table.add_row(*map(_plain, (one.name, one.compute, "\n".join(one.by), one.over_days, _cut(one.value))))
        show(table)
    _print_exclusions(found)
    _print_knowledge(found)
    if found.parameters:
        table = new_table("参数 Parameters in force")
        for heading in ("参数\nParameter", "值\nValue", "出处\nSaid by"):
            table.add_column(heading, overflow="fold")
        in_words = params_said(rule, {parameter.name: parameter.value for parameter in found.parameters})
        for said, parameter in zip(in_words, found.parameters, strict=True):
            value = "\n".join(dict.fromkeys((said.value_zh, said.value_en)))
            table.add_row(f"{said.zh}\n{said.en}\n{said.name}", _plain(value), parameter.said_by)
        show(table)
    say(f"法规 Law: {', '.join(rule.law)}")
    say(f"有效期 Valid: {rule.valid.from_} – {rule.valid.to or ''}; 版本 version {found.hit_version}")
    _print_money(found.money, say)


def _print_condition(found: HitExplained) -> None:
    table = new_table("条件 Condition")
    table.add_column("条件\nCondition", overflow="fold", ratio=3)
    table.add_column("本次命中\nIn this hit", overflow="fold", ratio=2)
    for heading, part in (("判断范围 Judged where", found.judged), ("命中条件 Hit when", found.hit_when)):
        table.add_row(heading, _OUTCOMES[part.outcome])
        _add(table, part)
    show(table)


def _add(table: Table, part: PartExplained) -> None:
    """The part's rows as they are: a bracket in an expression is no style."""
    for text, value in _rows(part, 1):
        table.add_row(_plain(text), _plain(value))


def _rows(part: PartExplained, depth: int) -> Iterator[tuple[str, str]]:
    """The part and those within it, each deeper than what it belongs to."""
    words = _JOINED.get(PartKind(part.kind), part.text)
    yield "  " * depth + words, _OUTCOMES[part.outcome] or _cut(f"= {part.value}")
    for one in part.parts:
        yield from _rows(one, depth + 1)


def _print_exclusions(found: HitExplained) -> None:
    if not found.exclusions:
        return
    table = new_table("除外情形 Exclusions tested")
    table.add_column("情形\nHonest case", overflow="fold", ratio=3)
    table.add_column("结果\nOutcome", overflow="fold", ratio=2)
    for one in found.exclusions:
        table.add_row(f"{one.words.zh}\n{one.words.en}", _TESTED[one.condition.outcome])
        _add(table, one.condition)
    show(table)


def _print_knowledge(found: HitExplained) -> None:
    if not found.knowledge:
        return
    table = new_table("所用知识 Knowledge used")
    for heading in ("类别与编码\nClass, code", "内容\nSays", "地区\nRegion", "有效期\nValid", "来源\nSource"):
        table.add_column(heading, overflow="fold")
    for point in found.knowledge:
        table.add_row(
            f"{point.knowledge_class}\n{point.code}\n{point.name}",
            "\n".join(f"{cell} {text}" for cell, text in point.says.items()),
            point.region,
            f"{point.valid_from} –\n{point.valid_to or ''}",
            point.source,
        )
    show(table)


def _print_money(money: MoneyExplained, say: Say) -> None:
    amount = "–" if money.amount is None else f"{money.amount:,.2f}"
    say(f"金额 Money: {amount} 元 CNY = {money.method} {money.words.zh} {money.words.en}")
    say(f"  比例 Share of each line: {money.share} = {money.share_value}")
    if money.with_account:
        say("  含个人账户支付(“+”后) with the personal account's part (after the +: what it paid of the settlement)")
    if not money.lines:
        return
    table = new_table(f"明细 Lines ({len(money.lines)} / {money.line_count})")
    for heading in ("日期\nDate", "项目\nItem", "作用\nRole"):
        table.add_column(heading, overflow="fold")
    for heading in ("金额\nAmount", "医保内\nCovered", "结算基金/医保内\nFund of covered", "计入\nAt risk"):
        table.add_column(heading, justify="right", overflow="fold")
    for line in money.lines:
        account = f"\n+ {_money(line.settlement_account)}" if money.with_account else ""
        paid = f"{_money(line.settlement_fund)}/\n{_money(line.settlement_covered)}{account}"
        table.add_row(
            str(line.charged_on or ""),
            line.item_name or line.item_code or "",
            ROLE_WORDS.get(line.role, line.role).replace(" ", "\n"),
            *map(_money, (line.amount, line.covered_amount)),
            paid,
            _money(line.amount_at_risk),
        )
    show(table)


def _money(amount: object) -> str:
    return "–" if amount is None else f"{amount:,.2f}"


def _plain(text: str) -> Text:
    from rich.text import Text

    return Text(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
