"""What rule authors ask, on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Sequence

from fundwatch.terminal import new_table, show
from jobs.author.change_state import StateChanged
from jobs.author.play_examples import ExamplesPlayed
from jobs.author.show_classes import NO_RULE, ClassRow
from jobs.author.show_problems import ProblemRow
from jobs.author.show_scan import NightCoverage
from jobs.terminal.answer import Say
from leads.words import ran_text
from rules.catalogue.lifecycle import LifecycleAction
from rules.catalogue.proving import RuleProof
from rules.engine.planned import PlannedPass


def print_played(done: ExamplesPlayed, say: Say) -> None:
    """A line for each rule; below, what is wrong with which example."""
    table = new_table(f"规则示例 Examples of rules ({len(done.proofs)})")
    for heading in ("规则\nRule", "状态\nState", "命中例\nHits", "不命中例\nNear misses", "结果\nResult"):
        table.add_column(heading, overflow="fold")
    for proof in done.proofs:
        table.add_row(proof.rule_id, proof.state.words, *_right(proof), "通过 holds" if proof.holds else "不通过 FAILS")
    show(table)
    for proof in done.proofs:
        for text in (*proof.wrong_hits, *proof.wrong_misses):
            say(f"不符 wrong: {text}")
        if proof.broken:
            say(f"无法运行 broken: {proof.rule_id}: {proof.broken}")
    examples = sum(proof.hits + proof.misses for proof in done.proofs)
    right = len(done.proofs) - len(done.failed)
    say(f"{right}/{len(done.proofs)} 条规则通过 rules stand their {examples} examples")


def print_classes(rows: Sequence[ClassRow], say: Say) -> None:
    """A line for each class of the national library, and how many have a rule."""
    table = new_table(f"国家规则类 National rule classes ({len(rows)})")
    for heading in ("序号\nNo.", "类\nClass", "规则名称\nName", "规则\nRules", "知识点\nPoints", "状态\nState"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        points = "" if row.points is None else f"{', '.join(row.knowledge)}: {row.points}"
        table.add_row(str(row.seq), f"{row.tier1}\n{row.tier2}", row.name, "\n".join(row.rules), points, row.state)
    show(table)
    covered = sum(row.state != NO_RULE for row in rows)
    say(f"{covered}/{len(rows)} 类有规则 classes have a rule")


def print_problems(rows: Sequence[ProblemRow], say: Say) -> None:
    """A line for each item of the lists of typical problems, and how many a rule finds."""
    table = new_table(f"典型问题清单 Typical problems ({len(rows)})")
    for heading in (
        "编号\nNo.",
        "模板\nTemplate",
        "问题\nProblem",
        "规则\nRules",
        "知识\nKnowledge",
        "状态或原因\nState, or why not",
    ):
        table.add_column(heading, overflow="fold")
    for row in rows:
        knowledge, rules = "\n".join(row.knowledge), "\n".join(row.rules)
        table.add_row(row.code, row.template, row.name, rules, knowledge, row.state or row.why_not)
    show(table)
    found = sum(1 for row in rows if row.rules)
    say(
        f"{found}/{len(rows)} 项有规则 items have a rule; "
        "其余写明费用数据为何看不出 the others say why claims cannot show them"
    )


def print_plan(passes: Sequence[PlannedPass], say: Say) -> None:
    """A line for each pass: the rules in it share its shuffles."""
    table = new_table(f"扫描计划 Plan of a scan ({len(passes)} 遍 passes)")
    for heading in ("行\nRows", "粒度\nGrains", "规则\nRules", "重分区键\nShuffled by", "窗口/度量\nWindows/measures"):
        table.add_column(heading, overflow="fold")
    for one in passes:
        keys = "\n".join(", ".join(key) for key in one.shuffles) or "无 none"
        table.add_row(one.frame, "\n".join(one.grains), " ".join(one.rules), keys, f"{one.windows}/{one.measures}")
    show(table)
    rules, shuffles = sum(len(one.rules) for one in passes), sum(len(one.shuffles) for one in passes)
    say(f"{rules} 条规则 rules, {len(passes)} 遍 passes, {shuffles} 次重分区 shuffles")


def print_coverage(found: NightCoverage, say: Say) -> None:
    """A line for each rule: what it judged and hit, or why it did not run."""
    table = new_table(f"规则运行情况 Coverage of {found.night} ({len(found.rules)})")
    for heading in ("规则\nRule", "状态\nState", "原因或受限\nWhy not, or without what"):
        table.add_column(heading, overflow="fold")
    for heading in ("机构\nInstitutions", "已判断\nJudged", "命中\nHits"):
        table.add_column(heading, justify="right")
    for row in found.rules:
        counts = (row.institution_count, row.judged_count, row.hit_count)
        table.add_row(
            row.what, ran_text(row), row.why_not, *(f"{count:,}" if row.state == "run" else "–" for count in counts)
        )
    show(table)
    ran = [row for row in found.rules if row.state == "run"]
    hits, shadow = (sum(r.hit_count for r in ran if r.is_shadow == is_shadow) for is_shadow in (False, True))
    say(
        f"{len(ran)}/{len(found.rules)} 条已运行 ran; 命中 hits {hits:,}, 试运行 in shadow {shadow:,}; "
        "未运行不等于未发现 what did not run did not look"
    )


def print_state_changed(done: StateChanged, say: Say) -> None:
    """What was entered, and what is left to do."""
    entry = done.entry
    said = f"{entry.rule_id} {entry.state.words}, 自 from {entry.from_date}, 版本 version {entry.rule_version}"
    if entry.action == LifecycleAction.PROPOSED:
        say(f"已提议,待另一人批准 proposed, another person has to approve: {said}")
        say(f"`fundwatch rules approve {entry.rule_id} --as NAME`")
    elif entry.action == LifecycleAction.APPROVED:
        say(f"已批准 approved by {entry.approved_by} (提议 proposed by {entry.proposed_by}): {said}")
    else:
        say(f"已停用 retired by {entry.approved_by}: {said}")


def _right(proof: RuleProof) -> tuple[str, str]:
    """How many of the hits and of the near misses are as they say."""
    if proof.broken:
        return f"–/{proof.hits}", f"–/{proof.misses}"
    return (
        f"{proof.hits - len(proof.wrong_hits)}/{proof.hits}",
        f"{proof.misses - len(proof.wrong_misses)}/{proof.misses}",
    )
