"""What was done with leads, what is late, what is quiet: on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from fundwatch.terminal import new_table, show
from jobs.review.outcomes.asked import CaseStep, StepsTaken
from jobs.review.outcomes.check_sheets import SheetWritten
from jobs.review.outcomes.compare_lists import ListsCompared
from jobs.review.outcomes.late_leads import LateListed
from jobs.review.outcomes.snooze_desk import SnoozeChanged, SnoozesListed
from jobs.terminal.answer import Say
from leads.outcomes.deadlines import SECOND_REVIEW
from leads.outcomes.entries import STATUS_WORDS, Snooze, SnoozeAction
from leads.publishing.list_diff import CHANGE_WORDS
from leads.publishing.rows import short
from leads.words import SUBJECT_WORDS

_STANDS: Mapping[str, str] = {**STATUS_WORDS, SECOND_REVIEW: "待复审 second review"}
_ID = 8


def print_steps(done: StepsTaken, say: Say) -> None:
    """A line for each case that was changed."""
    for step in done.steps:
        say(_step(step))
    if any(step.waits for step in done.steps):
        say("明确违规须两人结案 Two persons close such a lead: another confirms with `fundwatch leads confirm LEAD`")


def _step(step: CaseStep) -> str:
    who = " ".join(text for text in (step.team, step.person) if text)
    words = "待复审 waits for a second person" if step.waits else STATUS_WORDS[step.status]
    note = f":{step.note}" if step.note else ""
    return f"{step.on_date} {step.kind} {words}{f' → {who}' if who else ''}{note} (个案 case {step.case_id})"


def print_sheet(done: SheetWritten, say: Say) -> None:
    """Where the workbook lies, and how it comes back."""
    say(f"核查表 Check sheet: {done.path} ({done.cases} 个案 cases, {done.lines} 条明细 lines)")
    say(f"填好后读回 once it is filled in: `fundwatch leads import {done.path.name} --as NAME`")


def print_late(found: LateListed, say: Say) -> None:
    """What is late, the latest first."""
    table = new_table(f"逾期 Late on {found.on} ({len(found.late)})")
    for heading in ("对象\nSubject", "规则\nKind", "所处环节\nStands", "自\nSince", "应于\nDue"):
        table.add_column(heading, overflow="fold")
    table.add_column("逾期天数\nDays late", justify="right")
    table.add_column("承办\nWith", overflow="fold")
    for late in found.late:
        case = late.waiting
        table.add_row(
            f"{SUBJECT_WORDS.get(case.subject_type, case.subject_type)} {short(case.subject_id)}", case.kind,
            _STANDS[case.step], str(case.since), str(late.due), str(late.days_late),
            " ".join(text for text in (case.team, case.person) if text) or "–",
        )  # fmt: skip
    show(table)
    if not found.late:
        say("无逾期 nothing is late")


def print_diff(found: ListsCompared, say: Say) -> None:
    """A line for each lead on either list."""
    table = new_table(f"清单变化 {found.earlier} → {found.night} Changes ({len(found.changes)})")
    for heading in ("变化\nChange", "对象\nSubject"):
        table.add_column(heading, overflow="fold")
    for heading in ("序号\nPlace", "涉及基金\nFund at risk", "命中\nHits"):
        table.add_column(heading, justify="right")
    for one in found.changes:
        table.add_row(
            CHANGE_WORDS[one.change],
            f"{SUBJECT_WORDS.get(one.subject_type, one.subject_type)}\n{one.subject}",
            _moved(one.earlier_place, one.place, ""), _moved(one.earlier_amount, one.amount, ",.2f"),
            _moved(one.earlier_hit_count, one.hit_count, ","),
        )  # fmt: skip
    show(table)
    del say


def _moved(then: Decimal | int | None, now: Decimal | int | None, form: str) -> str:
    before, after = ("–" if value is None else format(value, form) for value in (then, now))
    return after if before == after else f"{before} → {after}"


def print_snooze(done: SnoozeChanged, say: Say) -> None:
    """The entry that was added."""
    ended = done.entry.action == SnoozeAction.ENDED
    say(f"{'已恢复 Ended' if ended else '已暂停 Quiet'}: {_snooze(done.entry)}")


def print_snoozes(found: SnoozesListed, say: Say) -> None:
    """The snoozes that hold or are to begin, what ends first ahead."""
    say(f"暂停的规则 Rules quiet for a subject on {found.night}, or from a later day on: {len(found.snoozes)}")
    for one in found.snoozes:
        say(f"  {_snooze(one)}")


def _snooze(one: Snooze) -> str:
    who = f"{SUBJECT_WORDS.get(one.subject_type, one.subject_type)} {short(one.subject_id)}"
    return f"{one.snooze_id[:_ID]} {one.rule_id} {who} {one.on_date} – {one.until} {one.by}: {one.reason}"
