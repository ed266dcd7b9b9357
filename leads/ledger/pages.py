"""The outcome ledger as a table for spreadsheets and as a page, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fundwatch.cells import PeoplesTable, csv_for_people
from fundwatch.pages import Bar, BarChart, Bilingual, Figure, PageTable, Paragraph, Part, page
from leads.ledger.value import ALL, LedgerRow, Missed, ValueLedger
from leads.outcomes.entries import DECISIONS, STATUS_WORDS
from leads.words import in_currency

_CSV = (
    "rule_or_score", "version", "month", "leads", "decided", "open", *(f"decided_{name.value}" for name in DECISIONS),
    "judged", "right", "precision", "precision_low", "precision_high", "currency", "at_risk_amount",
    "estimated_amount", "lost_amount", "found_amount", "recovered_amount", "prevented_amount", "fined_amount", "hours",
)  # fmt: skip
HOW_TO_READ = (
    "每一行是同一规则(或评分)、同一版本、首次列入清单的月份相同的个案。"
    "属实率 =(属实 + 部分属实)/(属实 + 部分属实 + 已排除),只算因列入清单而核查的个案,"
    "括号内为 95% 区间与已判定数;不予追查与已移送的个案不说明规则对错。"
    "查实、追回、避免损失、罚款是四笔不同的钱,从不相加;涉及基金在拨付之前是“有风险”,拨付之后才是“已损失”。",
    "A row holds the cases of one rule (or of scores), one version, first listed in one month. Precision is the "
    "confirmed and partly confirmed of all judged, of what was looked at because it was listed, with its exact "
    "interval of 95 percent and the number of judged; not pursued and referred cases say nothing of the rule. Found, "
    "recovered, prevented and fined are four sums that are never added up; money is at risk until the fund pays it "
    "out, and lost from then on.",
)
FINES_APART = (
    "罚款区间按所适用条款分别计算,条款之间、罚款与追回之间从不相加;实际罚款由作出决定的人填写。",
    "Ranges of fines are by article, and are added up neither with each other nor with what was recovered; what was "
    "fined is what people entered.",
)
MISSED_MEANING = (
    "随机抽样不看清单:其中查实而不在任何清单上的比例,说明清单漏掉了多少。",
    "The sample was drawn without looking at the list: what is wrong in it and on no list measures what lists miss.",
)


def ledger_table(made: ValueLedger) -> PeoplesTable:
    """A row for each rule, version and month."""
    return csv_for_people(_CSV, (_csv_row(row, made.currency) for row in made.rows))


def _csv_row(row: LedgerRow, currency: str) -> list[object]:
    ends = (row.precision.value, row.precision.low, row.precision.high)
    return [
        row.key.kind, row.key.version, row.key.month, row.leads, row.decided, row.open,
        *(row.by_decision.get(name, 0) for name in DECISIONS), row.precision.whole, row.precision.part,
        *(None if end is None else round(end, 4) for end in ends), currency, row.at_risk_amount,
        row.estimated_amount, row.lost_amount, row.found_amount, row.recovered_amount, row.prevented_amount,
        row.fined_amount, row.hours,
    ]  # fmt: skip


def ledger_page(made: ValueLedger, note: str = "") -> str:
    """One self-contained page: in all, by rule, by rule, version and month, what the list misses, ranges of fines."""
    return page(f"成效台账 Outcome ledger {made.as_of}", _parts(made, note))


def _parts(made: ValueLedger, note: str) -> Iterator[Part]:
    money = in_currency("元 CNY", made.currency)
    if made.total is not None:
        yield Paragraph(in_short(made.total, money))
    zh, en = HOW_TO_READ
    yield Paragraph(zh, "note", Bilingual("如何阅读", "How to read it"))
    yield Paragraph(en, "note")
    judged = [row for row in made.by_kind if row.precision.whole]
    yield BarChart(Bilingual("各规则属实率与 95% 区间", "Precision by rule, with 95 percent"), [*map(_bar, judged)])
    yield _rows_table(Bilingual("按规则", "By rule"), made.by_kind, made.currency)
    yield _rows_table(Bilingual("按规则、版本、月份", "By rule, version and month"), made.rows, made.currency)
    yield from _fines(made)
    yield from _missed(made.missed)
    if made.for_shadow:
        rows = [(one.kind, one.false.words, f"{one.limit:.0%}") for one in made.for_shadow]
        headings = ("规则 Rule", "误报率 False share", "上限 Limit")
        yield PageTable(Bilingual("建议转入试运行,由人决定", "Proposed for shadow; a person decides"), headings, rows)
    if note:
        yield Paragraph(note, "note")


def in_short(total: LedgerRow, money: str) -> str:
    """The whole ledger in one sentence of each language."""
    return (
        f"列入个案 {total.leads},已结 {total.decided},属实率 {total.precision.words};"
        f"查实 {total.found_amount:,.2f}、追回 {total.recovered_amount:,.2f}、避免损失 {total.prevented_amount:,.2f}、"
        f"罚款 {total.fined_amount:,.2f} {money},用时 {total.hours:g} 小时。\n"
        f"{total.leads} cases listed, {total.decided} closed, precision {total.precision.words}; found "
        f"{total.found_amount:,.2f}, recovered {total.recovered_amount:,.2f}, prevented {total.prevented_amount:,.2f}, "
        f"fined {total.fined_amount:,.2f}, {total.hours:g} hours."
    )


def _bar(row: LedgerRow) -> Bar:
    share = row.precision
    return Bar(row.key.kind, share.value or 0.0, share.words, share.low, share.high)


def _rows_table(heading: Bilingual, rows: Sequence[LedgerRow], currency: str) -> PageTable:
    headings = (
        "规则 Rule", "版本 Version", "月份 Month", "个案 Cases", "已结 Closed", "属实率 Precision",
        *(in_currency(text, currency) for text in (
            "有风险(元) At risk, CNY", "已损失 Lost", "估算 Estimate", "查实 Found", "追回 Recovered",
            "避免损失 Prevented", "罚款 Fined")),
        "小时 Hours",
    )  # fmt: skip
    return PageTable(heading, headings, [_cells(row) for row in rows])


def _cells(row: LedgerRow) -> Sequence[object]:
    amounts = (
        row.at_risk_amount, row.lost_amount, row.estimated_amount, row.found_amount, row.recovered_amount,
        row.prevented_amount, row.fined_amount,
    )  # fmt: skip
    return (
        row.key.kind,
        "" if row.key.version == ALL else row.key.version[:24],
        "" if row.key.month == ALL else row.key.month,
        row.leads,
        _decided(row),
        row.precision.words,
        *map(money_text, amounts),
        row.hours,
    )


def _decided(row: LedgerRow) -> str:
    """`5: 属实 confirmed 3, 已排除 cleared 2`."""
    by = ", ".join(f"{STATUS_WORDS[name]} {row.by_decision[name]}" for name in DECISIONS if row.by_decision.get(name))
    return f"{row.decided}: {by}" if by else "0"


def money_text(amount: Decimal | None) -> Figure:
    """An amount as a table shows it; a dash for what nobody knows."""
    return Figure("–" if amount is None else f"{amount:,.2f}")


def _fines(made: ValueLedger) -> Iterator[Part]:
    rows = [
        (one.article, one.outcomes, *map(money_text, (one.found_amount, one.least_amount, one.most_amount)),
         money_text(one.fined_amount))
        for one in made.fines
    ]  # fmt: skip
    headings = ("条款 Article", "结论 Outcomes", "查实 Found", "至少 At least", "至多 At most", "实际罚款 Fined")
    yield PageTable(Bilingual("罚款区间", "Ranges of fines"), headings, rows)
    if rows:
        for text in FINES_APART:
            yield Paragraph(text, "note")


def _missed(missed: Sequence[Missed]) -> Iterator[Part]:
    rows = [
        (one.subject_type, one.sampled, one.wrong.words, one.unlisted.words,
         "–" if one.population is None else one.population, estimated_text(one), money_text(one.found_amount))
        for one in missed
    ]  # fmt: skip
    headings = (
        "对象 Subject", "抽取 Drawn", "查实比例 Wrong", "不在清单 Wrong and on no list", "总体 Population",
        "推算漏掉 Estimated missed", "查实金额 Found",
    )  # fmt: skip
    yield PageTable(Bilingual("随机抽样", "The random sample"), headings, rows)
    if rows:
        for text in MISSED_MEANING:
            yield Paragraph(text, "note")


def estimated_text(one: Missed) -> str:
    """`12 (3–40)`: how many of the population would be wrong and on no list."""
    if one.estimated is None:
        return "–"
    found, low, high = one.estimated
    return f"{found:,.0f} ({low:,.0f}–{high:,.0f})"
