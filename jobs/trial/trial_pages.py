"""A rule tried, and two versions compared: on a terminal, and as one page for whoever decides. Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fundwatch.pages import Bar, BarChart, Bilingual, Figure, PageTable, Paragraph, Part, page
from fundwatch.terminal import new_table, show
from jobs.terminal.answer import Say
from leads.words import SUBJECT_WORDS, in_currency
from rules.engine.variants import GAINED, KEPT, LOST, OTHERS, UNKNOWN
from rules.wording.said import in_one_line, params_said

if TYPE_CHECKING:
    from jobs.trial.compare_rules import ComparedRule, RuleComparison
    from jobs.trial.play_beside import HitSum, RuleFindings, RuleTrial, Tried

LEVELS: Mapping[str, str] = {"1": "三级 tertiary", "2": "二级 secondary", "3": "一级 primary", "9": "未定级 not graded"}
_KINDS = {
    "level": ("机构等级", "By institution level"),
    "region": ("地区(未知时为机构)", "By region, or institution where it is not known"),
    "month": ("月份", "By month"),
}
_WITH = ("与其他规则重合的明细", "Lines that other rules hit too")
_SHOWN, _ACROSS = 10, 5  # keys on a terminal; versions beside each other in its width
_OTHERS_SAID = "其余 others"
ESTIMATE = "金额为估算,不可追回 the money is an estimate, not recoverable"


def print_trial(done: RuleTrial, say: Say) -> None:
    """The versions below each other, then where their hits lie."""
    say(f"{done.rule.id} {done.rule.name.zh} {done.rule.name.en}")
    say(f"{_window(done)}; {done.night} 夜所知 as known after that night; 版本 version {done.version}")
    table = new_table(f"试算 Trial ({len(done.tried) - 1})")
    table.add_column("参数\nParameters", overflow="fold")
    for heading in _headings(done):
        table.add_column(heading, justify="right")
    for one in done.tried:
        if one.findings.problem:
            table.add_row(one.words, f"未运行 not run: {one.findings.problem}")
        else:
            table.add_row(one.words, *_figures(done, one))
    show(table)
    for said in params_said(done.rule, {name: done.rule.params[name] for one in done.tried for name in one.changed}):
        say(f"{said.name}: {said.both[0]} | {said.both[1]}(现行 in force)")
    for kind in _KINDS:
        _print_by(done, kind)
    if found := _others(done):
        shown = ", ".join(f"{rule_id} {count:,}" for rule_id, count in found[:_SHOWN])
        say(f"{' '.join(_WITH)} ({done.in_force.words}): {shown}")
    if done.rule.money.is_estimate:
        say(ESTIMATE)
    say(f"page: {done.folder / 'trial.html'}")


def _window(done: RuleTrial | RuleComparison) -> str:
    return f"{done.window.start} – {done.window.end}"


def _headings(done: RuleTrial | RuleComparison) -> tuple[str, ...]:
    money = in_currency("金额(元)\nFund at risk", done.currency)
    return ("命中\nHits", money, "保留\nKept", "新增\nGained", "减少\nLost", "重合\nShared")


def _figures(done: RuleTrial, one: Tried) -> tuple[str, ...]:
    found = one.findings
    beside = [f"{found.one(kind).count:,}" for kind in (KEPT, GAINED, LOST)] if one is not done.in_force else ["–"] * 3
    return (f"{found.one('all').count:,}", _money(found.one("all")), *beside, _share(found))


def _money(found: HitSum) -> str:
    return "–" if found.amount is None else f"{found.amount:,.2f}"


def _share(found: RuleFindings) -> str:
    return "–" if found.shared_share is None else f"{found.shared_share:.1%}"


def _keys(done: RuleTrial, kind: str) -> list[str]:
    """The keys of a kind: months in order, others by how many hits all versions have there."""
    total: dict[str, int] = {}
    for one in done.tried:
        for key, found in one.findings.of(kind).items():
            total[key] = total.get(key, 0) + found.count
    return sorted(total) if kind == "month" else sorted(total, key=lambda key: (key == OTHERS, -total[key], key))


def _key_words(kind: str, key: str) -> str:
    if key == OTHERS:
        return _OTHERS_SAID
    if key == UNKNOWN:
        return "跨机构或未知 several, or unknown"
    return LEVELS.get(key, key) if kind == "level" else key


def _print_by(done: RuleTrial, kind: str) -> None:
    """Hits by key, at most so many versions beside each other."""
    keys = _keys(done, kind)
    shown = keys[-_SHOWN:] if kind == "month" else keys[:_SHOWN]
    for first in range(0, len(done.tried), _ACROSS) if keys else ():
        some = done.tried[first : first + _ACROSS]
        left = f", {len(keys) - len(shown)} 项见页面 more on the page" if len(keys) > len(shown) else ""
        table = new_table(f"{' '.join(_KINDS[kind])}{left}")
        table.add_column("", overflow="fold")
        for one in some:
            words = one.words.replace(" ", "\n") if one.changed else "现行\nin force"
            table.add_column(words, justify="right", overflow="fold")
        for key in shown:
            table.add_row(_key_words(kind, key), *(_cell(one, kind, key) for one in some))
        show(table)


def _cell(one: Tried, kind: str, key: str) -> str:
    """What did not run has no figure; what ran and hit nothing there has none to count."""
    if one.findings.problem:
        return "–"
    found = one.findings.of(kind).get(key)
    return "0" if found is None else f"{found.count:,}"


def _others(done: RuleTrial) -> list[tuple[str, int]]:
    found = done.in_force.findings.of("with")
    return sorted(((rule_id, one.count) for rule_id, one in found.items()), key=lambda item: (-item[1], item[0]))


def trial_page(done: RuleTrial) -> str:
    """The page of a trial: charts of hits and money, then every table."""
    return page(f"规则试算 {done.rule.id} {done.rule.name.zh} Rule trial: {done.rule.name.en}", [*_parts(done)])


def _parts(done: RuleTrial) -> Iterator[Part]:
    yield Paragraph(
        f"{_window(done)}, {done.night} 夜所知;未写入数据湖。现行版本 {done.version}。\n"
        f"As known after the night of {done.night}; nothing was written to the lake. Version in force: {done.version}."
    )
    if done.rule.money.is_estimate:
        yield Paragraph(ESTIMATE, "mark wait")
    ran = [one for one in done.tried if not one.findings.problem]
    counts = [float(one.findings.one("all").count) for one in ran]
    amounts = [float(one.findings.one("all").amount or 0) for one in ran]
    money = in_currency("金额(元)", done.currency)
    yield _chart(Bilingual("命中数", "Hits (red: in force)"), ran, counts, "{:,.0f}")
    yield _chart(Bilingual(money, "Fund at risk (red: in force)"), ran, amounts, "{:,.2f}")
    headings = ("参数 Parameters", *(heading.replace("\n", " ") for heading in _headings(done)))
    rows = [(_in_words(done, one), *map(Figure, _figures(done, one))) for one in ran]
    yield PageTable(Bilingual("各版本", "Every version"), headings, rows)
    for one in done.tried:
        if one.findings.problem:
            yield Paragraph(f"未运行 not run: {one.words}: {one.findings.problem}", "mark wait")
    for kind, words in _KINDS.items():
        yield _table_by(done, ran, kind, Bilingual(*words))
    others = sorted({rule_id for one in ran for rule_id in one.findings.of("with")})
    shared = [(rule_id, *(_count(one.findings, "with", rule_id) for one in ran)) for rule_id in others]
    yield PageTable(Bilingual(*_WITH), ("规则 Rule", *(one.words for one in ran)), shared)
    yield Paragraph(
        "重合:本规则计入的明细中,该夜其他规则也计入的比例(只含该夜运行过的规则)。"
        "保留、新增、减少均与现行版本相比。\n"
        "Shared: of the lines that the rule counts, the part that other rules of that night's scan count too. "
        "Kept, gained and lost are beside the version in force.",
        "note",
    )


def _in_words(done: RuleTrial, one: Tried) -> Bilingual:
    """The parameters that it has otherwise, as they are asked for and in words."""
    if not one.changed:
        return Bilingual("现行", "in force")
    zh, en = in_one_line(params_said(done.rule, one.changed))
    return Bilingual(f"{one.words}:{zh}", en)


def _chart(heading: Bilingual, ran: Sequence[Tried], values: Sequence[float], form: str) -> BarChart:
    """Bars as parts of the longest, each with a mark where the version in force is."""
    longest = max(values, default=0) or 1
    beside = values[0] / longest if values else None
    bars = [
        Bar(one.words, value / longest, form.format(value), beside=beside)
        for one, value in zip(ran, values, strict=True)
    ]
    return BarChart(heading, bars)


def _table_by(done: RuleTrial, ran: Sequence[Tried], kind: str, heading: Bilingual) -> PageTable:
    rows = [
        (_key_words(kind, key), *(cell for one in ran for cell in _cells(one.findings, kind, key)))
        for key in _keys(done, kind)
    ]
    columns = [f"{one.words} {what}" for one in ran for what in ("命中 hits", in_currency("金额(元)", done.currency))]
    return PageTable(heading, ("", *columns), rows)


def _cells(found: RuleFindings, kind: str, key: str) -> tuple[Figure, Figure]:
    one = found.of(kind).get(key)
    return (Figure("0"), Figure("0.00")) if one is None else (Figure(f"{one.count:,}"), Figure(_money(one)))


def _count(found: RuleFindings, kind: str, key: str) -> Figure:
    one = found.of(kind).get(key)
    return Figure("0" if one is None else f"{one.count:,}")


def print_comparison(done: RuleComparison, say: Say) -> None:
    """Rule by rule what the other version gains, loses and keeps, with examples."""
    say(f"现行 in force ⇄ {done.against}; {_window(done)}; {done.night} 夜所知 as known after that night")
    table = new_table(f"规则对比 Rules compared ({len(done.compared)})")
    for heading in ("规则\nRule", "不同之处\nDiffers in"):
        table.add_column(heading, overflow="fold")
    headings = ("现行命中\nIn force", "另版命中\nOther", *(f"{name}\n{english}" for name, english in _CHANGES.values()))
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in done.compared:
        table.add_row(one.rule.id, "\n".join(one.differs) or "相同 same", *_compared(one))
    if done.compared:
        show(table)
    for one in done.compared:
        _print_examples(one, done.currency, say)
    for words, names in (("仅另版有 only there", done.only_there), ("仅现行有 only in force", done.only_in_force)):
        if names:
            say(f"{words}: {', '.join(names)}")
    if not done.compared:
        say("两边规则相同 the rules are the same on both sides")


_CHANGES = {KEPT: ("保留", "Kept"), GAINED: ("新增", "Gained"), LOST: ("减少", "Lost")}


def _compared(one: ComparedRule) -> list[str]:
    if problem := one.findings.problem or one.other.problem:
        return [f"未运行 not run: {problem}"]
    found = [one.findings.one("all"), one.other.one("all"), *(one.other.one(kind) for kind in _CHANGES)]
    return [f"{each.count:,}\n{_money(each)}" for each in found]


def _print_examples(one: ComparedRule, currency: str, say: Say) -> None:
    money = in_currency("元", currency)
    for kind in (GAINED, LOST):
        zh, english = _CHANGES[kind]
        some = [hit for hit in one.other.changed if hit.kind == kind]
        if some:
            say(f"{one.rule.id} {zh}示例 {english}, for example:")
        for hit in some:
            subject = f"{SUBJECT_WORDS.get(hit.subject_type, hit.subject_type)} {hit.subject_id or ''}"
            say(f"  {hit.hit_id[:12]} {subject[:40]} {hit.period_end or ''} {_amount(hit.amount)} {money}")
            say(f"    {hit.reason_zh or ''}")


def _amount(amount: object) -> str:
    return "–" if amount is None else f"{amount:,.2f}"
