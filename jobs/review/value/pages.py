"""The outcome ledger, points, grades and labels on a terminal, Chinese first."""

from __future__ import annotations

from fundwatch.terminal import new_table, show
from jobs.review.value.labels_file import LabelsWritten
from jobs.review.value.points_desk import GradesDerived, PointsGiven, Standings
from jobs.review.value.propose_shadow import ShadowProposed
from jobs.review.value.value_ledger import LedgerShown
from jobs.terminal.answer import Say
from leads.ledger.consequences import RESPONSIBILITY_WORDS, Responsibility
from leads.ledger.pages import FINES_APART, MISSED_MEANING, estimated_text, in_short
from leads.ledger.points import PAYMENT_WORDS, PointsEntry
from leads.ledger.value import ValueLedger
from leads.publishing.rows import short
from leads.words import SUBJECT_WORDS, in_currency


def print_ledger(shown: LedgerShown, say: Say) -> None:
    """In all, by rule, ranges of fines, what the list misses, which rules to reconsider, and where the files lie."""
    made = shown.ledger
    if made.total is None:
        say(f"尚无个案列入清单 no case was listed by {made.as_of}")
    else:
        say(in_short(made.total, in_currency("元 CNY", made.currency)))
    _print_rules(made)
    _print_fines(made, say)
    _print_missed(made, say)
    for one in made.for_shadow:
        say(
            f"建议转入试运行 proposed for shadow: {one.kind} 误报 false {one.false.words} > {one.limit:.0%}; "
            f"`fundwatch ledger propose --date {made.as_of} --as NAME`"
        )
    say(f"按规则、版本、月份 by rule, version and month: {shown.folder}")


def _print_rules(made: ValueLedger) -> None:
    table = new_table(f"成效台账 Outcome ledger {made.as_of}")
    table.add_column("规则\nRule", overflow="fold")
    for heading in ("个案\nCases", "已结\nClosed"):
        table.add_column(heading, justify="right")
    table.add_column("属实率\nPrecision", overflow="fold")
    for heading in (
        "涉及基金\nAt risk\n已损失 Lost",
        "查实\nFound",
        "追回\nRecovered",
        "避免\nPrevented",
        "罚款\nFined",
    ):
        table.add_column(heading, justify="right", overflow="fold")
    for row in made.by_kind:
        lost = "–" if row.lost_amount is None else f"{row.lost_amount:,.0f}"
        table.add_row(
            row.key.kind, str(row.leads), str(row.decided), row.precision.words.replace(" (", "\n("),
            f"{row.at_risk_amount:,.0f}\n{lost}", f"{row.found_amount:,.0f}", f"{row.recovered_amount:,.0f}",
            f"{row.prevented_amount:,.0f}", f"{row.fined_amount:,.0f}",
        )  # fmt: skip
    if made.by_kind:
        show(table)


def _print_fines(made: ValueLedger, say: Say) -> None:
    for one in made.fines:
        say(
            f"罚款区间 range of fines, {one.article}: {one.least_amount:,.2f} – {one.most_amount:,.2f} "
            f"(查实 found {one.found_amount:,.2f}); 实际 fined {one.fined_amount:,.2f}"
        )
    if made.fines:
        say(FINES_APART[0])


def _print_missed(made: ValueLedger, say: Say) -> None:
    for one in made.missed:
        say(
            f"随机抽样 random sample, {one.subject_type}: 查实 wrong {one.wrong.words}; 其中不在清单 and on no list "
            f"{one.unlisted.words}; 推算漏掉 estimated missed of {one.population or '–'}: {estimated_text(one)}"
        )
    if made.missed:
        say(MISSED_MEANING[0])


def print_proposed(done: ShadowProposed, say: Say) -> None:
    """What was proposed; another person approves it."""
    for one in done.proposed:
        say(
            f"已提议 proposed: {one.entry.rule_id} → {one.entry.state.words} {one.entry.from_date}; "
            f"`fundwatch rules approve {one.entry.rule_id} --as NAME`"
        )
    if not done.proposed:
        say(f"没有规则超过上限 no rule is over the limit as of {done.as_of}")


def print_labels(done: LabelsWritten, say: Say) -> None:
    """How many, of what, and where."""
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(done.by_kind.items()))
    choices = ", ".join(f"{name} {count}" for name, count in sorted(done.by_choice.items()))
    say(f"标注 labels as of {done.as_of}: {done.labels} ({kinds or '–'}; 来源 chosen by {choices or '–'})")
    say(f"{done.file}")


def print_standings(done: Standings, say: Say) -> None:
    """A line for each person with points; below, each entry with how it came about."""
    table = new_table(f"支付资格记分 Points of persons {done.day}")
    table.add_column("人员\nPerson", overflow="fold")
    table.add_column("年度记分\nPoints", justify="right")
    for heading in ("状态\nPayment", "自\nSince", "至\nUntil"):
        table.add_column(heading, overflow="fold")
    for one in done.rows:
        until = " – ".join(dict.fromkeys(str(day) for day in (one.until_least, one.until_most) if day))
        table.add_row(short(one.person_id), str(one.points), PAYMENT_WORDS[one.payment], str(one.since or ""), until)
    if done.rows:
        show(table)
    else:
        say(f"无人被记分 nobody has points as of {done.day}")
    for one in done.rows:
        for entry in one.counted:
            say(f"  {_entry_text(entry)}")
        for entry in one.void:
            say(f"  不计(结论已撤销)void, its outcome does not stand: {_entry_text(entry)}")


def _entry_text(entry: PointsEntry) -> str:
    duty = RESPONSIBILITY_WORDS[Responsibility(entry.responsibility)]
    return (
        f"{entry.entry_id} {short(entry.person_id)} {entry.on_date}: {entry.article} {entry.act}, {duty}, "
        f"{entry.band_low}–{entry.band_high} → {entry.points} 分 ({entry.outcome_id})"
    )


def print_given(done: PointsGiven, say: Say) -> None:
    """The entry, and where the person stands with it."""
    if done.entry.withdraws:
        say(f"已撤销记分 points taken back: {done.entry.withdraws} ({done.entry.entry_id})")
    else:
        say(f"已记分 points given: {_entry_text(done.entry)}")
        say(f"  {done.entry.table_source}")
    if done.standing is not None:
        say(f"  {done.standing.year}: {done.standing.points} 分, {PAYMENT_WORDS[done.standing.payment]}")


def print_grades(done: GradesDerived, say: Say) -> None:
    """A line for each subject that has a grade, with its derivation."""
    for one in done.grades:
        kind, subject = one.subject
        who = f"{SUBJECT_WORDS.get(kind, kind)} {_subject(kind, subject)}"
        say(f"{one.grade.grade} {one.grade.zh} {one.grade.en}: {who}")
        say(f"  {one.derivation} ({one.table.source})")
    if not done.grades:
        say(f"无确认结论,无人评级 no confirmed outcome as of {done.day}, so nobody is graded")
    for entry in done.added:
        say(f"已登记 put down: {entry.entry_id} {_subject(entry.subject_type, entry.subject_id)} {entry.grade}")


def _subject(kind: str, subject: str) -> str:
    return subject if kind == "institution" else short(subject)
