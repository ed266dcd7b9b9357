"""What rule authors ask, on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Sequence

from fundwatch.terminal import new_table, show
from jobs.author.play_examples import ExamplesPlayed
from jobs.author.show_classes import NO_RULE, ClassRow
from jobs.terminal.answer import Say
from rules.catalogue.proving import RuleProof


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


def _right(proof: RuleProof) -> tuple[str, str]:
    """How many of the hits and of the near misses are as they say."""
    if proof.broken:
        return f"–/{proof.hits}", f"–/{proof.misses}"
    return (
        f"{proof.hits - len(proof.wrong_hits)}/{proof.hits}",
        f"{proof.misses - len(proof.wrong_misses)}/{proof.misses}",
    )
