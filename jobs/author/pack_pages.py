"""Packs of rules and verdicts on visits, on a terminal, Chinese first."""

from __future__ import annotations

from fundwatch.terminal import new_table, show
from jobs.author.check_visits import VisitsChecked
from jobs.author.export_pack import PackExported
from jobs.terminal.answer import Say
from rules.pack.document import written_pack
from rules.pack.verdicts import RuleVerdict, Verdict, VisitHit, VisitVerdicts


def print_pack(done: PackExported, say: Say) -> None:
    """The pack itself, or, where it was written to a file, what is in it and what was left out."""
    if done.out is None:
        say(written_pack(done.pack).decode().rstrip("\n"))
        return
    pack = done.pack
    if pack.left_out:
        table = new_table(f"未导出的规则 Rules left out ({len(pack.left_out)})")
        for heading in ("规则\nRule", "名称\nName", "原因\nWhy"):
            table.add_column(heading, overflow="fold")
        for one in pack.left_out:
            more = f"\n… 另 {len(one.why) - 1} 项 and {len(one.why) - 1} more" if len(one.why) > 1 else ""
            table.add_row(one.id, one.name.zh, f"{one.why[0]}{more}")
        show(table)
    points = sum(len(known.points) for known in pack.knowledge.values())
    say(f"已导出 exported: {len(pack.rules)} 条规则 rules, {points} 个知识点 points")
    say(f"指纹 fingerprint: {pack.fingerprint}")
    say(f"规则 rules: {' '.join(rule.id for rule in pack.rules)}")
    say(f"文件 file: {done.out}")


def print_checked(done: VisitsChecked, say: Say) -> None:
    """Visit by visit the hits, then what could not be judged."""
    for visit in done.visits:
        _print_visit(visit, say)


def _print_visit(visit: VisitVerdicts, say: Say) -> None:
    when = "结算后 settled" if visit.is_settled else "结算前 before settlement"
    say(f"就诊 visit {visit.encounter_id} ({when})")
    for verdict in visit.of(Verdict.HIT):
        rule = verdict.rule
        state = "" if rule.state == "active" else "，试运行 in shadow"
        say(f"\n{verdict.verdict.words}: {rule.id} {rule.name.zh} {rule.name.en} [{rule.tier}{state}]")
        say(f"  依据 law: {', '.join(rule.law)}")
        for hit in verdict.hits:
            _print_hit(hit, say)
        say(f"  需提供 ask for: {rule.ask_for.zh} {rule.ask_for.en}")
        say(f"  可排除 clears: {rule.clears.zh} {rule.clears.en}")
    if visit.unsettled_lines:
        say(f"\n未结算的明细未判 lines that no settlement paid: {', '.join(visit.unsettled_lines)}")
    for kind in (Verdict.UNKNOWN, Verdict.NOT_JUDGED):
        _print_others(kind, visit.of(kind), say)
    counts = ", ".join(f"{verdict.words} {len(visit.of(verdict))}" for verdict in Verdict)
    say(f"\n{len(visit.rules)} 条规则 rules: {counts}")


def _print_hit(hit: VisitHit, say: Say) -> None:
    say(f"  {hit.reason_zh}\n  {hit.reason_en}")
    for line in hit.lines:
        if line.role == "compared":
            say(f"  对照明细 compared with line {line.line_id}")
            continue
        paid = "" if line.amount_at_risk is None else f"，基金 fund {line.amount_at_risk}"
        covered = "未知 unknown" if line.covered_at_risk is None else str(line.covered_at_risk)
        say(f"  明细 line {line.line_id}: 范围内金额 covered {covered}{paid}")


def _print_others(kind: Verdict, verdicts: list[RuleVerdict], say: Say) -> None:
    if verdicts:
        say(f"\n{kind.words} ({len(verdicts)}):")
    for verdict in verdicts:
        lines = f" (明细 lines {', '.join(verdict.open_lines[:5])})" if verdict.open_lines else ""
        say(f"  {verdict.rule.id} {verdict.rule.name.zh}: {'; '.join(verdict.why)}{lines}")
