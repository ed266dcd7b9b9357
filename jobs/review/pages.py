"""A night's list, and one lead with its evidence, on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fundwatch.terminal import new_table, show
from jobs.review.profiles.kinds import PROFILE_KINDS
from jobs.review.profiles.show_profile import ProfileShown
from jobs.review.show_lead import LeadShown, NightList
from jobs.review.spikes.show_spikes import SpikesShown
from jobs.terminal.answer import Say
from leads.profile.page import KIND_WORDS, by_strangeness
from leads.publishing.case_words import status_text
from leads.publishing.console import lead_pack, top_table
from leads.publishing.rows import HitRow
from leads.ranking.teams import carried_text
from leads.words import not_run_text, percent_text, scanned_text, shadow_text, value_text
from models.spikes.find import INSTITUTION, KINDS
from models.spikes.page import KIND_HEADINGS

_STRANGEST = 8
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
        show(missing)
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
        drawn = Counter(row.subject_type for row in found.sample)
        say(f"随机抽样 Random sample: {', '.join(f'{kind} {count}' for kind, count in sorted(drawn.items()))}")


def print_lead(found: LeadShown, say: Say) -> None:
    """One lead: its findings, its money, its evidence."""
    show(lead_pack(found.lead, found.evidence, found.cases, found.currency))
    if found.lead.subject_type in PROFILE_KINDS:
        say("一人一档 the subject's whole file:")
        say(f"`fundwatch profile {found.lead.subject_type} {found.lead.subject_id}`")
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


def print_profile(found: ProfileShown, say: Say) -> None:
    """A file in a few lines, its strangest indicators, and where its page lies."""
    file = found.profile
    care, charges = file.care, file.charges
    say(f"{KIND_WORDS[file.subject.kind]} {file.subject.name or file.subject.id} ({file.night})")
    for name, text in file.facts:
        say(f"  {name}: {text}")
    say(
        f"  就诊 encounters {care.total:,}, 明细 lines {charges.lines:,}, 费用 charged {charges.amount:,.2f}, "
        f"命中 hits {sum(file.findings.hit_counts.values()):,}, 线索 leads {len(file.findings.leads):,}"
    )
    strange = [one for one in by_strangeness(file.indicators) if one.is_strange][:_STRANGEST]
    if strange:
        table = new_table(f"与同组相比最突出 Farthest from its peers ({file.peer_group})")
        for heading in ("指标\nIndicator", "本对象\nValue", "中位数\nMedian", "百分位\nPercentile"):
            table.add_column(heading)
        for one in strange:
            values = [value_text(one.card, value) for value in (one.value, one.median)]
            table.add_row(f"{one.card.name_zh}\n{one.name}", *values, percent_text(one.percentile))
        show(table)
    for part, command in file.not_run.items():
        say(f"未运行 not run: {part}: {command}")
    say(f"page: {found.page}")


def print_spikes(shown: SpikesShown, say: Say, top: int) -> None:
    """The first spikes of institutions as a table, how many there are elsewhere, and where the page lies."""
    found = shown.found
    of_kind = {kind: [spike for spike in found.spikes if spike.kind == kind] for kind in KINDS}
    table = new_table(f"单项目专项筛查 Item spikes {found.night} ({found.days} 天 days)")
    for heading in ("序\n#", "项目\nItem", "机构\nInstitution", "人数\nPersons", "占比\nShare", "既往\nBefore",
                    "上升\nRise", "突出\nPeers", "无诊断\nNo diag."):  # fmt: skip
        table.add_column(heading, overflow="fold")
    for spike in of_kind[INSTITUTION][:top]:
        table.add_row(
            str(spike.place),
            f"{spike.item_name}\n{spike.item_code}",
            spike.institution,
            f"{spike.patients:,}",
            f"{spike.share:.1%}",
            "–" if spike.past_share is None else f"{spike.past_share:.1%}",
            f"≥{spike.rise:.1f}×",
            f"≥{spike.stand_out:.1f}×",
            "–" if spike.unexplained is None else f"{spike.unexplained:.0%}",
        )
    if of_kind[INSTITUTION]:
        show(table)
    counts = ", ".join(f"{KIND_HEADINGS[kind].zh} {kind} {len(spikes):,}" for kind, spikes in of_kind.items())
    say(f"突增 spikes: {counts}; 比较 compared: {found.cells:,}")
    say(f"page: {shown.page}")


def _warn(stale: Mapping[str, Any], say: Say) -> None:
    """Say why a list is out of date, and what to do."""
    for sentence in stale.get("out_of_date", ()):
        say(f"注意:本清单已不是最新 Note: {sentence}: {stale['do']}")
