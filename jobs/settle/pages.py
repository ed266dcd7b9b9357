"""Settlements made again on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fundwatch.terminal import new_table, show
from jobs.settle.check_settlements import SettlementsChecked, unknown_text
from jobs.settle.explain_settlement import SettlementExplained
from jobs.settle.split_quotas import UNKNOWN, QuotasSplit
from jobs.terminal.answer import Say
from rules.benefits.department_split import FEW_WORDS, NO_QUOTA_WORDS
from rules.benefits.methods import MethodResult
from rules.benefits.resettling import CAUSE_WORDS, STEP_WORDS

_MARKS = {FEW_WORDS: "①", NO_QUOTA_WORDS: "②"}


def print_checked(found: SettlementsChecked, say: Say) -> None:
    """How many are as due, which are not and why, what is unknown, where they are listed."""
    share = "–" if found.equal_share is None else f"{found.equal_share:.2%}"
    say(f"模拟结算 Settlements made again, {found.first} – {found.last}")
    say(
        f"与政策一致 as due: {found.equal:,} ({share});不一致 not: {found.different:,};"
        f"未知 unknown: {sum(found.unknown.values()):,}"
    )
    if found.kinds:
        table = new_table("不一致 Not as due")
        for heading in ("步骤\nStep", "原因\nCause", "件数\nCount", "基金多付\nPaid beyond due"):
            table.add_column(heading, overflow="fold")
        for kind in found.kinds:
            table.add_row(
                "\n".join(STEP_WORDS[kind.step]),
                "\n".join(CAUSE_WORDS[kind.cause]),
                f"{kind.count:,}",
                f"{kind.fund_over:,}",
            )
        show(table)
    for reason, count in found.unknown.items():
        say(f"未判断 not judged: {count:,} {unknown_text(reason)}")
    say(f"明细 listed: {found.table}")
    say("逐步查看 step by step: `fundwatch settlements explain ID`")


def print_explained(found: SettlementExplained, say: Say) -> None:
    """The steps, where the settlement parts from the policy, and the other methods."""
    row = found.row
    say(f"结算 Settlement {found.settlement_id}, {row['settled_on']}, {found.currency}")
    say(
        f"统筹区 area {found.area or '–'};险种 insurance {row['insurance_type']};类别 kind {row['kind'] or '–'};"
        f"级别 level {row['institution_level'] or '–'};人员类别 person {row['person_type'] or '–'}"
    )
    say(f"政策 Policy: {found.source}")
    if found.unknown is not None:
        say(f"未判断 Not judged: {unknown_text(found.unknown)}")
    if found.steps:
        table = new_table("结算步骤 Steps")
        for heading in ("步骤\nStep", "依据\nHow", "应为\nDue", "实为\nPaid"):
            table.add_column(heading, overflow="fold")
        for one in found.steps:
            mark = "" if one.is_as_due else " ✗"
            table.add_row(
                f"{one.zh}\n{one.en}", "\n".join(filter(None, one.how)), _money(one.due), _money(one.paid) + mark
            )
        show(table)
        say("一致 As due" if found.cause is None else f"不一致 Not as due: {' '.join(CAUSE_WORDS[found.cause])}")
    _print_methods(found.methods)


def _print_methods(methods: Sequence[MethodResult]) -> None:
    if not methods:
        return
    table = new_table("支付方式测算 What other methods would pay")
    for heading in ("方式\nMethod", "标准\nStandard", "基金支付\nFunds pay", "机构结余\nInstitution's balance"):
        table.add_column(heading, overflow="fold")
    for one in methods:
        name = "\n".join(filter(None, (*one.name, one.how)))
        if one.why_unknown is not None:
            table.add_row(name, "未知 unknown\n" + "\n".join(one.why_unknown), "–", "–")
        else:
            table.add_row(name, _money(one.standard), _money(one.fund), _money(one.balance))
    show(table)


def print_split(found: QuotasSplit, say: Say) -> None:
    """Quotas by kind and department, parts of the budget, what is not known."""
    say(f"科室二次分配 Split to departments, {found.institution_id}, {found.first} – {found.last}, {found.currency}")
    table = new_table("人次定额 Quotas of a visit or stay")
    for heading in ("科室\nDepartment", "类别\nKind", "人次\nVisits", "次均\nMean cost", "定额\nQuota"):
        table.add_column(heading, overflow="fold")
    for quota in found.quotas:
        visits = " / ".join(f"{count:,}" for count in quota.visits)
        mark = "" if quota.note is None else f" {_MARKS[quota.note]}"
        kind = found.kinds.get(quota.kind, quota.kind)
        table.add_row(quota.department or UNKNOWN, kind, visits, _money(quota.mean_cost), _money(quota.quota) + mark)
    show(table)
    for zh, en in dict.fromkeys(quota.note for quota in found.quotas if quota.note is not None):
        say(f"{_MARKS[zh, en]} {zh} | {en}")
    table = new_table("基金支付占比与预算 Share of the funds, and of the budget")
    for heading in ("科室\nDepartment", "占比\nShare", "预算\nBudget"):
        table.add_column(heading, overflow="fold")
    for part in found.budgets:
        table.add_row(part.department or UNKNOWN, f"{part.share:.2%}", _money(part.amount))
    show(table)
    for zh, en in found.notes:
        say(f"注意 Note: {zh} | {en}")
    say(f"明细 listed: {found.table}")


def _money(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount:,.2f}"
