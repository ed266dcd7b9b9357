"""Simulated deliveries, an evaluation and the demonstration on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evaluation.headline import in_short, verdict
from evaluation.tables import print_evaluation, print_figures, print_in_ten_lines
from fundwatch.terminal import new_table, show
from intake.quality_page import FOLDER, PAGE
from jobs.prove.evaluate_leads import Evaluated
from jobs.prove.evaluate_worlds import EvaluatedWorlds
from jobs.prove.quarter_proof import MONEY_AND_HOURS, Quarter
from jobs.prove.run_demo import Demo
from jobs.prove.simulate_claims import Simulated
from jobs.review.pages import print_list
from jobs.terminal.answer import Say
from leads.ledger.pages import estimated_text
from leads.ledger.pages import in_short as ledger_in_short
from leads.words import SUBJECT_WORDS
from simulator.faults.spoiling import RESENT

_FIGURES: Mapping[str, str] = dict(
    zip(MONEY_AND_HOURS, ("查实 Found", "追回 Recovered", "罚款 Fined", "小时 Hours"), strict=True)
)
_COUNTS = frozenset({"rows", "accepted", "quarantined", "duplicates", "hits", "scores", "leads"})


def print_simulated(done: Simulated, say: Say) -> None:
    """The nights with their fee lines and money, and where everything lies."""
    say("simulated" if done.is_new else "nothing to do: the same deliveries lie there already")
    for night in done.summary["nights"]:
        lines = night["rows"].get("fee_list", 0)  # a night of a handful of persons may have none
        say(f"  {night['business_date']}  {lines:>8,} fee lines  {night['fee_amount']:>16} yuan")
    if done.spoiled:
        mishaps = done.truth / "mishaps.csv"
        say(f"{done.spoiled} nights are spoiled: {mishaps}; sent again: {done.landing / RESENT}")
    say(f"deliveries: {done.landing}   labels: {done.truth / 'labels.csv'}")


def print_evaluated(done: Evaluated, say: Say, *, details: bool) -> None:
    """Ten lines, and every table where details are asked for; where the files lie; the verdict."""
    if details:
        print_evaluation(done.evaluation)
    else:
        print_in_ten_lines(done.evaluation)
    say(f"files:    {done.folder}" + ("" if details else "; every table: --details"))
    say(verdict(done.evaluation))


def print_worlds(done: EvaluatedWorlds, say: Say, *, details: bool) -> None:
    """Mean, spread, least and most of the main figures, or of all; where the files lie."""
    print_figures(done.figures, details=details)
    say(f"files:    {done.folder}" + ("" if details else "; every figure: --details"))


def print_quarter(done: Quarter, say: Say) -> None:
    """What was compared, one line each: what the model did, what the ledger says, whether that holds; then, night by
    night, what learning moved."""
    say(ledger_in_short(done.ledger, "元 CNY"))
    table = new_table(f"模拟季度 The simulated quarter: {len(done.nights)} 夜 nights, {done.kinds} 类 kinds")
    table.add_column("核对\nChecked", overflow="fold")
    for heading in ("模拟所做\nDone by the model", "台账所载\nThe ledger says"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("相符\nHolds", justify="right")
    for cells in _checked(done):
        table.add_row(*cells)
    show(table)
    for one in done.intervals:
        mark = "含 covers" if one.covers else "不含 MISSES"
        say(f"  {one.kind}: {one.value:.1%} ({one.low:.1%}–{one.high:.1%}, n={one.judged}) {mark} {one.expected:.1%}")
    for first in done.first:
        say(
            f"  {first.night} 前二十 first 20: {first.without_learning:.0%} → {first.with_learning:.0%}, "
            f"n={min(first.leads, 20)}; "
            f"{', '.join(f'{kind} {weight:.2f}' for kind, weight in sorted(first.weights.items())) or '–'}"
        )


def _checked(done: Quarter) -> Iterator[tuple[str, str, str, str]]:
    """A row for each thing that the quarter asserts."""
    wrong = {(one.kind, one.figure) for one in done.differences}
    ledger, truth = done.ledger, done.truth
    yield "已判 Decided", str(truth.judged), str(ledger.decided), _mark(("*", "decided") not in wrong)
    yield "属实 Right", str(truth.right), str(ledger.precision.part), _mark(("*", "right") not in wrong)
    for name, words in _FIGURES.items():
        said, own = getattr(ledger, name), getattr(truth, name)
        yield words, f"{own:,.2f}", f"{said:,.2f}", _mark(("*", name) not in wrong)
    by_kind = {kind for kind, _ in wrong} - {"*"}
    yield "逐规则 Each of these by rule", str(done.kinds), str(done.kinds - len(by_kind)), _mark(not by_kind)
    held = len(done.intervals) - len(done.missing)
    yield "区间含真值 Intervals cover", str(len(done.intervals)), str(held), _mark(done.intervals_hold)
    yield "已结又作新 Closed, new again", "0", str(len(done.came_back)), _mark(not done.came_back)
    for one in done.drawn:
        name = f"抽样 Sample: {SUBJECT_WORDS.get(one.missed.subject_type, one.missed.subject_type)}"
        yield name, f"{one.truth.wrong} / {one.truth.checked}", one.missed.wrong.words, _mark(one.holds)
        yield "  其中不在清单 on no list", "", one.missed.unlisted.words, ""
        yield "  推算漏掉 estimated missed", "", estimated_text(one.missed), ""
    moved = done.moved()
    if moved is not None:
        without, learned = moved
        points = f"{100 * (learned - without):+.1f} 点 points"
        yield "前二十准确率 First 20, without → with learning", f"{without:.1%}", f"{learned:.1%}", points


def _mark(holds: bool) -> str:
    return "✓" if holds else "✗"


def print_demo(done: Demo, say: Say) -> None:
    """What each night counted, the last list, how right it is, and where everything lies."""
    settings, last = done.nights.settings, done.nights.last
    say("")
    for night, stages in done.nights.reports.items():
        counted = "  ".join(
            f"{name} {value:,}"
            for stage in stages.values()
            for name, value in stage.items()
            if name in _COUNTS and isinstance(value, int)
        )
        say(f"{night}  {counted}")
    say("")
    print_list(done.shown, say)
    if done.evaluated is not None:
        _print_how_right(done.evaluated, say)
    folder = settings.lists_dir / last.isoformat()
    say(f"full list: {folder / 'leads.csv'}   evidence packs: {folder / 'evidence'}")
    if done.shown.leads:  # by its id: equal leads share a place
        say(f"one lead:  `fundwatch show {done.shown.leads[0].lead_id[:8]} --date {last}`")
    say(f"MLflow:    {settings.tracking_uri}, experiment fundwatch_leads")
    say(f"quality:   {settings.reports_dir / last.isoformat() / FOLDER / PAGE}")
    say(f"labels:    {settings.truth_dir / 'labels.csv'}")
    if not done.is_new:
        say("nothing changed: every delivery and every stage was done before with the same input")


def _print_how_right(done: Evaluated, say: Say) -> None:
    say("against the simulator's labels:")
    for line in in_short(done.evaluation):
        say(f"  {line}")
    say(f"  by scheme, rule, disguise and model: `fundwatch evaluate --date {done.evaluation.night} --details`")
    say(f"  as files: {done.folder}")
