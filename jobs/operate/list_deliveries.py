"""Deliveries by state, with totals and why; a held one is released by a named person; has one arrived? No Spark."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.delivery_log import Delivered, DeliveryLog, Noted, State
from fundwatch.lake.lock import held, refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from fundwatch.terminal import new_table, show
from intake.files.arrival import still_missing
from intake.source.load import read_mapping
from jobs.command_line import night_of, settings_of
from jobs.copying import say

_TOLD = 5
_STYLE = {State.HELD: "bold yellow", State.REFUSED: "bold red", State.ACCEPTED: "green", State.RELEASED: "cyan"}
_CHINESE = {
    State.RECEIVED: "已接收",
    State.HELD: "待放行",
    State.RELEASED: "已放行",
    State.ACCEPTED: "已入湖",
    State.REFUSED: "已拒收",
    State.SUPERSEDED: "已被取代",
}
_PARTS = {
    "delivered": "交付 delivered",
    "accepted": "入湖 accepted",
    "quarantined": "隔离 quarantined",
    "duplicate": "重复 duplicate",
}
Totals = dict[tuple[str, date], dict[str, Any]]


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch deliveries [release|arrived] [--date] [--source] [--state]`."""
    settings = settings_of(options).settings
    if options.action == "arrived":
        return _arrived(settings, options)
    lake = Lake(settings.lake_dir)
    refuse_no_lake(lake.root)
    if options.action == "release":
        return _release(lake, options)
    totals, known = _totals(lake), _all(lake)
    shown = [
        noted
        for noted in known
        if options.date in (None, noted.delivery.business_date)
        and options.source in (None, noted.delivery.source)
        and options.state in (None, noted.state)
    ]
    if not shown and options.date is not None:
        nights = sorted({noted.delivery.business_date for noted in known})
        told = nights_said(nights, "none was ever taken in or refused")
        raise FundwatchError(f"no such delivery of {options.date}", where=str(lake.root), do=told)
    if not options.json:
        _print_table(shown, totals)
    return {"deliveries": [_plain(noted, totals) for noted in shown]}


def _arrived(settings: Settings, options: argparse.Namespace) -> Any:
    """Raises NotReadyError while the night's delivery is not there, or is still being written."""
    night, mapping = night_of(options), read_mapping(settings.source, settings.conf)
    folder = mapping.delivery.folder_of(settings.landing_dir, night)
    missing = still_missing(mapping, settings.landing_dir, night, time.time())
    if missing:
        told = "; ".join(missing[:_TOLD]) + (f"; and {len(missing) - _TOLD} more" if len(missing) > _TOLD else "")
        raise NotReadyError(
            f"the delivery of {night} has not arrived: {told}",
            where=str(folder),
            do="wait for it, or ask the sender",
        )
    if not options.json:
        print(f"arrived: {folder}")
    return {"business_date": night, "folder": str(folder), "arrived": True}


def _release(lake: Lake, options: argparse.Namespace) -> Any:
    night = night_of(options)
    with held(lake.root):
        done = DeliveryLog(lake.root).release(
            night, by=options.by, why=options.why, source=options.source, content_print=options.content_print
        )
    say(options, f"released: {done.delivery.batch_id} ({done.delivery.print}); now `fundwatch nightly --date {night}`")
    return _plain(done, {})


def _all(lake: Lake) -> list[Noted]:
    """Every delivery of the log, and nights that the lake took in before the log was kept."""
    logged = DeliveryLog(lake.root).current()
    known = {(n.delivery.source, n.delivery.business_date) for n in logged if n.state is State.ACCEPTED}
    if not lake.exists("delivery"):
        return logged
    query = (
        "SELECT business_date, source, max(batch_id) AS batch_id, count(*) AS files, sum(row_count) AS rows "
        "FROM delivery GROUP BY business_date, source"
    )
    older = [
        Noted(Delivered(**row, print=""), State.ACCEPTED, "", "taken in before the delivery log was kept")
        for row in lake.rows("delivery", query)
        if (row["source"], row["business_date"]) not in known
    ]
    return sorted([*logged, *older], key=lambda n: (n.delivery.business_date, n.delivery.source, n.delivery.print))


def _totals(lake: Lake) -> Totals:
    """Lines of each accepted delivery over all its files, and the money of its fee lines (settlements repeat it)."""
    if not lake.exists("control_total"):
        return {}
    money = "sum(CASE WHEN table_name = 'claim_line' THEN {0}_amount END) AS {0}_amount"
    sums = ", ".join(f"sum({part}_lines) AS {part}_lines, {money.format(part)}" for part in _PARTS)
    query = f"SELECT business_date, source, {sums} FROM control_total GROUP BY business_date, source"
    return {(row.pop("source"), row.pop("business_date")): row for row in lake.rows("control_total", query)}


def _totals_of(noted: Noted, totals: Totals) -> dict[str, Any]:
    """Control totals belong to the delivery that the lake took in, not to others of the same night."""
    is_in = noted.state is State.ACCEPTED
    return totals.get((noted.delivery.source, noted.delivery.business_date), {}) if is_in else {}


def _plain(noted: Noted, totals: Totals) -> dict[str, Any]:
    head = asdict(noted.delivery) | {"state": str(noted.state), "by": noted.by, "why": noted.why}
    return head | {"totals": _totals_of(noted, totals)}


def _print_table(shown: list[Noted], totals: Totals) -> None:
    from rich.text import Text

    table = new_table("交付清单 Deliveries (行数 lines; 费用明细金额 money of fee lines, CNY)")
    for heading in ("业务日期\nDate", "批次\nBatch", "状态\nState", "去向\nWhat became of it"):
        table.add_column(heading, overflow="fold")
    for heading in ("行数\nLines", "金额(元)\nMoney"):
        table.add_column(heading, justify="right", no_wrap=True)
    for noted in shown:
        own, found = noted.delivery, _totals_of(noted, totals)
        found = found or {"delivered_lines": own.rows, "delivered_amount": own.amount}
        parts = [part for part in _PARTS if f"{part}_lines" in found]
        state = Text(f"{_CHINESE[noted.state]}\n{noted.state}", style=_STYLE.get(noted.state, ""))
        table.add_row(
            f"{own.business_date}\n{own.source}",
            f"{own.batch_id}\n{own.print}\n{own.files} 个文件 files",
            state,
            "\n".join(_PARTS[part] for part in parts),
            "\n".join(_number(found[f"{part}_lines"]) for part in parts),
            "\n".join(_money(found[f"{part}_amount"]) for part in parts),
        )
    show(table, *(Text(f"{n.delivery.business_date} {n.delivery.source}: {_why(n)}") for n in shown if _why(n)))


def _why(noted: Noted) -> str:
    return " — ".join(part for part in (noted.why, noted.by) if part)


def _number(lines: int | None) -> str:
    return "–" if lines is None else f"{lines:,}"


def _money(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount:,.2f}"
