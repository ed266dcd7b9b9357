"""A settlement's steps for people: what each rests on, what was due and what was paid, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rules.benefits.resettling import STEP_WORDS, STEPS

Row = Mapping[str, Any]
_STARTED = ("covered", "deductible", "pooled")


@dataclass(frozen=True)
class SettledStep:
    """One step: its name in both languages, how it comes about, what was due by the lines and what was paid."""

    zh: str
    en: str
    how: tuple[str, str]
    due: Decimal | None
    paid: Decimal | None

    @property
    def is_as_due(self) -> bool:
        return self.due is None or self.due == self.paid


def steps_of(row: Row) -> Iterator[SettledStep]:
    """The steps of a row of `resettled` in the order in which a settlement is made; of further funds those that pay."""
    yield SettledStep(
        "费用总额", "total", ("明细合计", "sum of the lines"), _money(row["line_total"]), row["total_amount"]
    )
    yield _step(row, "covered", _of_lines(row))
    yield _step(row, "deductible", _of_deductible(row))
    yield _step(row, "pooled", _of_pooled(row))
    for name in STEPS:
        if name not in _STARTED and (row.get(f"due_{name}") or row[STEPS[name]]):
            yield _step(row, name, _of_fund(row, STEPS[name]))
    yield SettledStep("基金合计", "all funds", ("", ""), row["due_fund"], row["fund_amount"])
    own = None if row["due_fund"] is None else row["total_amount"] - row["due_fund"]
    yield SettledStep("个人负担", "the person's part", ("总额 − 基金", "total less funds"), own, row["own_amount"])


def _step(row: Row, name: str, how: tuple[str, str]) -> SettledStep:
    zh, en = STEP_WORDS[name]
    paid = row[STEPS[name]] if row[STEPS[name]] is not None else Decimal("0.00")
    return SettledStep(zh, en, how, row.get(f"due_{name}", Decimal("0.00")), paid)


def _of_lines(row: Row) -> tuple[str, str]:
    own, over, first = (_money(row[f"line_{name}"]) for name in ("excluded", "over_limit", "first_paid"))
    return (
        f"总额 {_money(row['line_total'])} − 自费 {own} − 超限价 {over} − 先行自付 {first}",
        f"total less self-paid {own}, above limits {over}, paid first {first}",
    )


def _of_deductible(row: Row) -> tuple[str, str]:
    first, later, used = row["deductible_first"], row["deductible_later"], row["used_kind_count"]
    if row["deductible_per"] is None:
        return "本类待遇无起付线", "this kind of care has none"
    if row["deductible_per"] == "year":
        taken = row["used_kind_deductible"]
        return f"年度 {first},本年已扣 {taken}", f"{first} a year, {taken} taken before"
    if row["used_stay_count"]:
        return "本次住院已扣", "taken by an earlier settlement of the stay"
    if used:
        return f"本年第 {used + 1} 次:{later}", f"the year's number {used + 1}: {later}"
    return f"本年首次:{first}", f"the year's first: {first}"


def _of_pooled(row: Row) -> tuple[str, str]:
    if not row["is_benefit"]:
        return "本类不由统筹支付", "the pooled fund pays nothing for this kind"
    zh = [f"({row['due_covered']} − {row['due_deductible']})", *_segments(row)]
    left = [
        (words, row[ceiling] - row[used])
        for words, ceiling, used in (
            ("年度", "year_ceiling", "used_year_pooled"),
            ("本类", "kind_ceiling", "used_kind_pooled"),
        )
        if row[ceiling] is not None
    ]
    rooms = ";".join(f"{words}剩余额度 {amount}" for words, amount in left)
    en = f"in scope above the deductible, {', '.join(_segments(row))}; left of the ceilings: {_amounts(left)}"
    return f"{' '.join(zh)}{';' if rooms else ''}{rooms}", en


def _segments(row: Row) -> Iterator[str]:
    n = 0
    while f"segment_{n}_share" in row:
        share, begin, end = (row[f"segment_{n}_{part}"] for part in ("share", "from", "to"))
        if share is not None:
            yield f"× {share:.2%}" + (
                f" [{begin}–{end if end is not None else ''}]" if begin or end is not None else ""
            )
        n += 1


def _amounts(left: list[tuple[str, Decimal]]) -> str:
    return ", ".join(str(amount) for _, amount in left) or "none set"


def _of_fund(row: Row, fund: str) -> tuple[str, str]:
    share, above = row.get(f"{fund}_share"), row.get(f"{fund}_above")
    if share is None:
        return "政策未规定", "the policy does not give it"
    if above is None:
        return f"余额 × {share:.0%}", f"{share:.0%} of what is left"
    used = row[f"{fund}_used_left"]
    return (
        f"本年累计自付 {used} 起,超过 {above} 部分 × {share:.0%}",
        f"{share:.0%} of the year's rest beyond {above}; {used} before",
    )


def _money(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.01"))
