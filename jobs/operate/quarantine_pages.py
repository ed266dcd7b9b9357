"""Quarantined rows on a terminal: groups, one row explained, the decisions."""

from __future__ import annotations

from rich.panel import Panel
from rich.text import Text

from fundwatch.terminal import new_table, show
from jobs.operate.handle_quarantine import Decided, DecisionsShown, Explained, ExplainedRows, Groups
from jobs.terminal.answer import Say


def print_groups(found: Groups, _say: Say) -> None:
    """Counts by file, table and code, with their share of the delivered lines and the first places."""
    table = new_table(f"隔离行 Quarantined rows of {found.business_date}")
    for heading in ("文件 / 表\nFile / table", "代码\nCode"):
        table.add_column(heading, overflow="fold")
    for heading in ("行数\nRows", "占比\nShare", "最前的行\nFirst lines"):
        table.add_column(heading, justify="right")
    for group in found.groups:
        share = "–" if group["share"] is None else f"{group['share']:.2%}"
        first = ", ".join(str(line) for line in group["first_lines"])
        place = f"{group['file_name']}\n{group['table_name']}"
        table.add_row(place, group["code"], f"{group['rows']:,}", share, first)
    show(table)


def print_explained(found: ExplainedRows, _say: Say) -> None:
    """Row by row: each code with its meaning, the check's condition, what to do; then its canonical values."""
    for one in found.rows:
        _print_row(one)


def _print_row(one: Explained) -> None:
    text = Text()
    for meaning in one.meanings:
        text.append(f"{meaning.code}\n", style="bold red")
        text.append(f"  {meaning.zh}\n  {meaning.en}\n")
        if meaning.condition:
            text.append("  应满足 Must hold: ", style="bold").append(f"{meaning.condition}\n")
        text.append("  处理 Do: ", style="bold").append(f"{meaning.do_zh}\n           {meaning.do_en}\n")
    if (decided := one.decision) is not None:
        reported = f"{decided.action} into {decided.into_night}, by {decided.by}: {decided.why} {dict(decided.changes)}"
        text.append("已有决定 Decided: ", style="bold").append(reported)
    values = new_table("规范值 Canonical values (pseudonymous)")
    values.add_column("列 Column")
    values.add_column("值 Value", overflow="fold")
    for name, value in (one.row.values or {}).items():
        values.add_row(name, str(value))
    show(Panel(text, title=f"{one.place} ({one.place.table_name})"), *([values] if one.row.values else []))


def print_decided(done: Decided, say: Say) -> None:
    """What was decided, row by row."""
    for decision in done.decided:
        say(f"{decision.action}: {decision.place}, into {decision.into_night}")


def print_decisions(found: DecisionsShown, _say: Say) -> None:
    """Everything that was decided, the oldest first."""
    table = new_table("隔离行的决定 Decisions over quarantined rows")
    for heading in (
        "行\nRow",
        "决定\nAction",
        "入夜\nInto",
        "已入湖\nTaken in",
        "更正\nChanges",
        "何人 / 原因\nBy / why",
    ):
        table.add_column(heading, overflow="fold")
    for row in found.decisions:
        place = f"{row['business_date']} {row['file_name']} : {row['line_number']}"
        late = "来迟了,请改入后一夜\nlate: name a later night"
        taken = "是 yes" if row["is_taken_in"] else late if row["is_late"] else "否 no"
        table.add_row(place, row["action"], str(row["into_night"]), taken, row["changes"], f"{row['by']}: {row['why']}")
    show(table)
