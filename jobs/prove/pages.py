"""Simulated deliveries, an evaluation and the demonstration on a terminal."""

from __future__ import annotations

from evaluation.headline import in_short, verdict
from evaluation.tables import print_evaluation, print_figures, print_in_ten_lines
from intake.quality_page import FOLDER, PAGE
from jobs.prove.evaluate_leads import Evaluated
from jobs.prove.evaluate_worlds import EvaluatedWorlds
from jobs.prove.run_demo import Demo
from jobs.prove.simulate_claims import Simulated
from jobs.prove.simulate_quarter import Quarter
from jobs.review.pages import print_list
from jobs.terminal.answer import Say
from leads.ledger.pages import in_short as ledger_in_short
from simulator.faults.spoiling import RESENT

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
    """The ledger in all, whether it is what the model did, the intervals, and what learning moved."""
    say(ledger_in_short(done.ledger, "元 CNY"))
    say(f"夜数 nights {len(done.nights)}; 已判 decided {done.decided}")
    say(f"台账与模拟不符 where the ledger differs from the simulation: {len(done.differences)}")
    for one in done.intervals:
        mark = "含 covers" if one.covers else "不含 MISSES"
        say(f"  {one.kind}: {one.value:.1%} ({one.low:.1%} – {one.high:.1%}, n={one.judged}) {mark} {one.expected:.1%}")
    say(f"已结个案重新作为新线索 closed and new again: {len(done.came_back)}")
    moved = done.moved()
    if moved is not None:
        say(f"前二十准确率 precision of the first 20: {moved[0]:.1%} → {moved[1]:.1%} (learned)")
    for first in done.first:
        say(
            f"  {first.night}: {first.without_learning:.0%} → {first.with_learning:.0%} of {min(first.leads, 20)}; "
            f"{', '.join(f'{kind} {weight:.2f}' for kind, weight in sorted(first.weights.items())) or '–'}"
        )


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
