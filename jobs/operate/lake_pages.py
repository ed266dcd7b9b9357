"""The lake check and the models on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fundwatch.lake.check import CheckOutcome
from fundwatch.terminal import new_table, show
from jobs.operate.check_lake import EVERY_CHECK, LakeCheck
from jobs.operate.night_metrics import NightMetrics
from jobs.operate.show_models import ModelsShown, Promoted
from jobs.operate.upgrade_lake import UpgradedLake
from jobs.terminal.answer import Say

_MODEL_HEADINGS = ("模型\nModel", "上岗\nSpeaks", "学习自,指纹\nLearned on, fingerprint", "说明\nNote")
_OUTCOME_STYLE = {CheckOutcome.OK: "green", CheckOutcome.WRONG: "bold red", CheckOutcome.NOT_CHECKED: "yellow"}
_OUTCOME_CHINESE = {CheckOutcome.OK: "一致", CheckOutcome.WRONG: "不一致", CheckOutcome.NOT_CHECKED: "未检查"}


def print_models(found: ModelsShown, _say: Say) -> None:
    """Which models speak, and why the others do not."""
    table = Table(title=f"模型 {found.date} Models", header_style="bold")
    for heading in _MODEL_HEADINGS:
        table.add_column(heading, overflow="fold")
    for one in found.models:
        learned = f"{one.learned_on}\n{one.fingerprint}" if one.fingerprint else ""
        table.add_row(one.model.replace("/", "/\n"), "是 yes" if one.speaks else "否 no", learned, one.note)
    Console().print(table)


def print_promotion(done: Promoted, say: Say) -> None:
    """Which model speaks from when on, and what makes the lists follow."""
    say(f"from {done.since} on, {done.model} {done.fingerprint} (learned on {done.learned_on}) speaks")
    say(f"lists follow when their nights run again: `fundwatch nightly --date {done.since}`")


def print_upgraded(done: UpgradedLake, say: Say) -> None:
    """The tables whose columns have other names now, with their rows."""
    for table, rows in done.tables.items():
        say(f"  {table:<20} {rows:>12,} rows")
    verdict = "已升级 upgraded" if done.tables else "无需升级 nothing to do: this lake is of this version"
    say(f"{verdict}: {done.lake}")


def print_lake_check(found: LakeCheck, say: Say, *, details: bool) -> None:
    """Every check where details are asked for; then the verdict, unless it is a problem that says it."""
    if details:
        _print_findings(found)
    if found.problem is None:
        if not details:
            say(EVERY_CHECK)
        say(found.verdict)


def _print_findings(found: LakeCheck) -> None:
    table = new_table("数据湖核对 Lake check")
    for heading in ("核对项\nCheck", "对象\nSubject", "结果\nResult", "数字\nFigures"):
        table.add_column(heading, overflow="fold")
    for f in found.findings:
        result = Text(f"{_OUTCOME_CHINESE[f.outcome]} {f.outcome}", style=_OUTCOME_STYLE[f.outcome])
        figures = f.figures if f.outcome is CheckOutcome.OK or not f.do else f"{f.figures}; 处理 do: {f.do}"
        table.add_row(f.check, f.subject, result, Text(figures))
    show(table)


def print_metrics(found: NightMetrics, say: Say) -> None:
    """The text, as it stands in the file."""
    say(found.text().rstrip("\n"))
