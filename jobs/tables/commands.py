"""The command of decision tables, options in and answers out."""

from __future__ import annotations

import argparse

from features.tables.figures import FIGURES, SUMS
from features.tables.page import written
from jobs.tables.show_tables import TableAsked, TableShown, show_table
from jobs.terminal.answer import Answer, Say
from jobs.terminal.options import settings_of


def tables(options: argparse.Namespace) -> Answer[TableShown]:
    """`fundwatch tables [--by month,department …]`; without a date, the newest night that took claims in."""
    by = tuple(part.strip() for part in options.by.split(",") if part.strip())
    asked = TableAsked(by, options.first, options.last, options.institution)
    return Answer(show_table(settings_of(options).settings, options.date, asked), print_table)


def print_table(found: TableShown, say: Say) -> None:
    """The whole's figures, and where the files lie."""
    table = found.table
    say(f"费用调控决策表 Decision table, {table.first} – {table.last}, {len(table.cells):,} 单元格 cells")
    total = table.total
    if total is None:
        say("本期没有结算 nothing was settled within the days")
    else:
        for one in (*SUMS, *FIGURES):
            value = total.sums[one.name] if one.name in total.sums else total.figures.get(one.name)
            say(f"{one.zh} {one.en}: {written(value, one.kind)}")
    for zh, en in table.notes:
        say(f"注意 Note: {zh} | {en}")
    say(f"页面 page: {found.page}")
    say(f"表格 tables: {found.folder}")
