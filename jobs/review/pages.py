"""A night's list, and one lead with its evidence, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fundwatch.terminal import new_table, show
from jobs.review.show_lead import LeadShown, NightList
from jobs.terminal.answer import Say
from leads.publishing.case_words import status_text
from leads.publishing.console import lead_pack, top_table
from leads.publishing.rows import HitRow
from leads.ranking.teams import carried_text
from leads.words import not_run_text, scanned_text, shadow_text

_HITS, _SHORT = 10, 12  # how many are listed, and how much of an id tells them apart


def print_list(found: NightList, say: Say) -> None:
    """The night's first leads as a table, what is gone, what did not run, and where the files lie."""
    title = f"线索清单 {found.night} Leads (top {len(found.leads)})"
    show(top_table(found.leads, title, found.cases, found.currency))
    if gone := [case for case in found.faded if case.faded_since == found.night]:
        say(f"今夜消退 Faded tonight: {len(gone)}(见工作簿“消退 Faded”  see the workbook's sheet)")
    _beside(found, say)
    if scanned := scanned_text(found.lines_seen):
        show(scanned)
    if missing := not_run_text(found.skipped_models):
        say(missing)
    if shadow := shadow_text(found.shadow):
        say(shadow)
    if teams := carried_text(found.given):
        say(teams)
    say(f"workbook: {found.workbook}")
    if found.erased:
        say(f"注意:本清单已不可重现 Note: this list can no longer be made again (data erased {found.erased})")
    _warn(found.stale, say)


def _beside(found: NightList, say: Say) -> None:
    """What is no new work, what came back by itself, and who was drawn at random."""
    if found.unlisted:
        say(f"已结案未新增或暂停,不列入 Decided and not grown, or quiet, in no lead: {len(found.unlisted)}")
    for case in found.recovered:
        say(f"追回 Recovered: {case.subject} {case.kind} {status_text(case, found.currency)}")
    if found.sample:
        say(f"随机抽样 Random sample: {', '.join(row.name for row in found.sample)}")


def print_lead(found: LeadShown, say: Say) -> None:
    """One lead: its findings, its money, its evidence."""
    show(lead_pack(found.lead, found.evidence, found.cases, found.currency))
    if found.hits:
        _print_hits(found.hits[:_HITS], len(found.hits), say)
    _warn(found.stale, say)


def _print_hits(hits: Sequence[HitRow], count: int, say: Say) -> None:
    """The ids of hits, by which one of them is explained."""
    table = new_table(f"命中 Hits ({len(hits)} / {count})")
    for heading in ("命中编号\nHit", "规则\nRule", "期间\nPeriod"):
        table.add_column(heading)
    table.add_column("金额\nAmount", justify="right")
    for hit in hits:
        period = " – ".join(dict.fromkeys(str(day) for day in (hit.period_start, hit.period_end) if day))
        amount = "–" if hit.amount_at_risk is None else f"{hit.amount_at_risk:,.2f}"
        table.add_row(hit.hit_id[:_SHORT], hit.rule_id, period, amount)
    show(table)
    say("逐项说明 one of them explained: `fundwatch rules explain HIT`")


def _warn(stale: Mapping[str, Any], say: Say) -> None:
    """Say why a list is out of date, and what to do."""
    for sentence in stale.get("out_of_date", ()):
        say(f"注意:本清单已不是最新 Note: {sentence}: {stale['do']}")
