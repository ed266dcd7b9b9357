"""What a decision on a case must say, and what it cannot say. Pure: what is asked and what the lake knows in, problems
out, each with the field that it is of, so that a sheet names the cell and a command the option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from leads.cards import WEAKEST_TIER
from leads.outcomes.entries import NOTHING, ChosenBy, Status, StatusEntry
from leads.outcomes.practice import Practice
from leads.outcomes.standing import status_of
from leads.outcomes.steps import is_heard, move_problem

LONGEST_NOTE = 2_000
_MOST_MONEY = Decimal("99999999999999.99")  # what a column of money holds
_ARTICLE = re.compile(r"(条例|细则) \d{1,3}(\(\d{1,2}\))?")
_LONGEST_HOURS = 10_000
AMOUNTS = ("found_amount", "recovered_amount", "prevented_amount", "fined_amount")


@dataclass(frozen=True)
class LineKnown:
    """A fee line of a case: what it cost, and when the service was."""

    line_id: str
    amount: Decimal | None
    charged_on: date | None


@dataclass(frozen=True)
class CaseKnown:
    """What the lake knows of a case on the list of a night: whose, by what, the hits and lines that prove it, and its
    steps so far. `new_hits` are those that came after its last decision."""

    case_id: str
    lead_id: str
    night: date
    subject_type: str
    subject_id: str
    kind: str
    tier: str = WEAKEST_TIER
    rule_version: str = ""
    hit_ids: tuple[str, ...] = ()
    lines: Mapping[str, LineKnown] = field(default_factory=dict)
    first_service: date | None = None
    steps: Sequence[StatusEntry] = ()
    new_hits: int = 0

    @property
    def status(self) -> Status:
        return status_of(self.steps)

    @property
    def paid(self) -> Decimal | None:
        """What all its lines cost; None where none is known, or not of each."""
        amounts = [line.amount for line in self.lines.values()]
        return sum((a for a in amounts if a), NOTHING) if amounts and None not in amounts else None

    @property
    def last_entry(self) -> str:
        """The id of its last step: who saw another one saw another case."""
        return self.steps[-1].entry_id if self.steps else ""


@dataclass(frozen=True)
class Closing:
    """A decision as it is asked for. An amount that is None was not given."""

    decision: Status
    on_date: date
    found_amount: Decimal | None = None
    recovered_amount: Decimal | None = None
    prevented_amount: Decimal | None = None
    fined_amount: Decimal | None = None
    article: str = ""
    referred_to: str = ""
    hours: float | None = None
    chosen_by: str = ChosenBy.LIST
    reason_code: str = ""
    note: str = ""
    accepted: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()

    def amount(self, name: str) -> Decimal:
        """The amount of that name, as it is entered: what was not given is nothing."""
        value: Decimal | None = getattr(self, name)
        return NOTHING if value is None else value


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong, and with which field of a closing; `line` is the fee line that it is about."""

    field: str
    text: str
    line: str = ""


def with_found(asked: Closing, case: CaseKnown) -> Closing:
    """The closing with what its accepted lines cost, where lines are named and the amount is not."""
    if asked.found_amount is not None or not asked.accepted:
        return asked
    costs = [case.lines[line].amount for line in asked.accepted if line in case.lines]
    known = [cost for cost in costs if cost is not None]
    return replace(asked, found_amount=sum(known, NOTHING)) if len(known) == len(asked.accepted) else asked


def closing_problems(asked: Closing, case: CaseKnown, practice: Practice) -> list[FieldProblem]:
    """Everything that speaks against the decision."""
    return [
        *_of_step(asked, case), *_of_dates(asked, case), *_of_lines(asked, case), *_of_amounts(asked, case, practice),
        *_of_codes(asked, practice),
    ]  # fmt: skip


def _of_step(asked: Closing, case: CaseKnown) -> Iterator[FieldProblem]:
    if not asked.decision.is_decided:
        yield FieldProblem("decision", f"'{asked.decision}' decides nothing")
        return
    if problem := move_problem(case.status, asked.decision, is_grown=case.new_hits > 0):
        yield FieldProblem("decision", problem)
    if asked.fined_amount and not is_heard(case.steps):
        yield FieldProblem(
            "fined_amount",
            "未经陈述申辩不得处罚 no fine before statement and defence were heard: note --step heard first",
        )


def _of_dates(asked: Closing, case: CaseKnown) -> Iterator[FieldProblem]:
    services = [case.lines[line].charged_on for line in asked.accepted if line in case.lines]
    known = [day for day in services if day is not None]
    latest = max(known) if known else case.first_service
    if latest is not None and asked.on_date < latest:
        yield FieldProblem("on_date", f"{asked.on_date} 早于服务日期 is before the service of {latest}")
    if case.steps and asked.on_date < case.steps[-1].on_date:
        yield FieldProblem(
            "on_date", f"{asked.on_date} 早于上一步 is before the last step, of {case.steps[-1].on_date}"
        )


def _of_lines(asked: Closing, case: CaseKnown) -> Iterator[FieldProblem]:
    named = (*asked.accepted, *asked.cleared)
    for line in dict.fromkeys(named):
        if line not in case.lines:
            yield FieldProblem("lines", f"明细不属于本案 no line '{line:.40}' is in this case", line)
        elif named.count(line) > 1:
            yield FieldProblem("lines", f"明细重复或既认定又排除 the line {line} is there twice", line)
    if asked.decision == Status.CONFIRMED and asked.cleared:
        yield FieldProblem(
            "lines", "属实案件不应有已排除明细 lines are cleared: then it is partly confirmed", asked.cleared[0]
        )
    if asked.decision == Status.CLEARED and asked.accepted:
        yield FieldProblem(
            "lines", "已排除案件不应有认定明细 lines are accepted: then it is not cleared", asked.accepted[0]
        )


def _of_amounts(asked: Closing, case: CaseKnown, practice: Practice) -> Iterator[FieldProblem]:
    for name in AMOUNTS:
        yield from (FieldProblem(name, text) for text in amount_problems(asked.amount(name)))
    if not all(asked.amount(name).is_finite() for name in AMOUNTS):
        return
    found, limit = asked.amount("found_amount"), case.paid
    if asked.accepted and all(line in case.lines for line in asked.accepted):
        costs = [case.lines[line].amount for line in asked.accepted]
        limit = limit if None in costs else sum((cost for cost in costs if cost), NOTHING)
    if limit is not None and found > limit:
        yield FieldProblem("found_amount", f"{found:,} 高于已支付 is more than the {limit:,} that these lines cost")
    if asked.amount("recovered_amount") > found:
        yield FieldProblem("recovered_amount", f"{asked.recovered_amount:,} 高于查实 is more than the {found:,} found")
    if asked.decision not in (Status.CONFIRMED, Status.PARTLY):
        yield from (
            FieldProblem(name, f"未认定而有金额 an amount goes with {Status.CONFIRMED} or {Status.PARTLY} alone")
            for name in AMOUNTS if asked.amount(name) > 0
        )  # fmt: skip
    yield from _of_fine(asked, found, practice)


def _of_fine(asked: Closing, found: Decimal, practice: Practice) -> Iterator[FieldProblem]:
    fined = asked.amount("fined_amount")
    if fined <= 0:
        return
    if not asked.article:
        yield FieldProblem("article", "处罚须写明条款 a fine needs the article that was applied")
        return
    limit = practice.fine_limit(asked.article)
    if limit.most_times is not None and fined > limit.most_times * found:
        yield FieldProblem(
            "fined_amount", f"{fined:,} 高于法定上限 is more than {limit.most_times} times the {found:,} found"
        )
    if limit.most is not None and fined > limit.most:
        yield FieldProblem(
            "fined_amount", f"{fined:,} 高于法定上限 is more than {limit.most:,}, the most of {asked.article}"
        )


def amount_problems(amount: Decimal) -> Iterator[str]:
    """Why it is no amount of money."""
    if not amount.is_finite():
        yield "不是金额 is no amount"
    elif amount < 0:
        yield f"{amount} 为负数 is negative"
    elif amount > _MOST_MONEY:
        yield "金额过大 is more than any amount of money"
    elif amount != round(amount, 2):
        yield f"{amount} 超过两位小数 has more than two decimals"


def _of_codes(asked: Closing, practice: Practice) -> Iterator[FieldProblem]:
    codes = practice.reason_codes(asked.decision)
    if codes and asked.reason_code not in codes:
        yield FieldProblem("reason_code", f"'{asked.reason_code:.40}' 不是原因代码 is none of {', '.join(codes)}")
    if asked.decision == Status.REFERRED and asked.referred_to not in practice.referred_to:
        yield FieldProblem(
            "referred_to", f"'{asked.referred_to:.40}' 不是移送部门 is none of {', '.join(practice.referred_to)}"
        )
    if asked.referred_to and asked.decision != Status.REFERRED:
        yield FieldProblem("referred_to", "未移送 the decision is not `referred`")
    if asked.article and not _ARTICLE.fullmatch(asked.article):
        yield FieldProblem("article", f"'{asked.article:.40}' 不是条款 is no article like 条例 38(3)")
    if asked.chosen_by not in list(ChosenBy):
        yield FieldProblem("chosen_by", f"'{asked.chosen_by:.40}' is none of {', '.join(ChosenBy)}")
    if asked.hours is not None and not 0 <= asked.hours <= _LONGEST_HOURS:
        yield FieldProblem("hours", f"{asked.hours} 不是工时 is no number of hours")
    if len(asked.note) > LONGEST_NOTE:
        yield FieldProblem(
            "note", f"超过 {LONGEST_NOTE} 字 has {len(asked.note):,} characters, {LONGEST_NOTE:,} at most"
        )
