"""Deliveries and settings on a terminal."""

from __future__ import annotations

import textwrap
from decimal import Decimal

from rich.text import Text

from fundwatch.lake.delivery_log import DeliveryState, Noted
from fundwatch.terminal import new_table, show
from jobs.operate.list_deliveries import PARTS, Arrival, DeliveriesShown, DeliveryShown
from jobs.operate.show_settings import SettingsShown
from jobs.terminal.answer import Say

_WIDTH, _INDENT = 80, "    "
_STATE_STYLE = {
    DeliveryState.HELD: "bold yellow",
    DeliveryState.REFUSED: "bold red",
    DeliveryState.ACCEPTED: "green",
    DeliveryState.RELEASED: "cyan",
}
_STATE_CHINESE = {
    DeliveryState.RECEIVED: "已接收",
    DeliveryState.HELD: "待放行",
    DeliveryState.RELEASED: "已放行",
    DeliveryState.ACCEPTED: "已入湖",
    DeliveryState.REFUSED: "已拒收",
    DeliveryState.SUPERSEDED: "已被取代",
}
_PART_NAMES = dict(zip(PARTS, ("交付 delivered", "入湖 accepted", "隔离 quarantined", "重复 duplicate"), strict=True))


def print_settings(found: SettingsShown, say: Say) -> None:
    """A setting with its value and origin, then what it means, and the stages that it changes; the parts of one that
    has several, a line each."""
    for one in found.settings:
        several = one.value if isinstance(one.value, dict) else None
        value = "" if several is not None else f" = {one.value}"
        say(_wrapped(f"{one.setting}{value}  ({one.origin})", ""))
        for key, part in (several or {}).items():
            say(_wrapped(f"{key} = {part}", _INDENT))
        say(_wrapped(one.meaning, _INDENT))
        if one.stages:
            runs = f"changes the list: another value runs {', '.join(one.stages)} again"
            say(_wrapped(f"{runs}, and every stage that reads what it names", _INDENT))
    say("\nany of them: --set KEY=VALUE, FUNDWATCH_<KEY>=VALUE, or a line in fundwatch.yaml")


def _wrapped(text: str, indent: str) -> str:
    """Wrapped between words; a path is not cut, so that it can be copied."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=_INDENT + indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def print_arrival(found: Arrival, say: Say) -> None:
    """Where the delivery lies."""
    say(f"arrived: {found.folder}")


def print_released(done: DeliveryShown, say: Say) -> None:
    """Which delivery was released, and what takes it in."""
    own = done.noted.delivery
    say(f"released: {own.batch_id} ({own.fingerprint}); now `fundwatch nightly --date {own.business_date}`")


def print_deliveries(found: DeliveriesShown, _say: Say) -> None:
    """Each delivery with its state and totals; below the table, why."""
    table = new_table("交付清单 Deliveries (行数 lines; 费用明细金额 money of fee lines, CNY)")
    for heading in ("业务日期\nDate", "批次\nBatch", "状态\nState", "去向\nWhat became of it"):
        table.add_column(heading, overflow="fold")
    for heading in ("行数\nLines", "金额(元)\nMoney"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found.deliveries:
        noted, own = one.noted, one.noted.delivery
        totals = one.totals or {"delivered_lines": own.rows, "delivered_amount": own.amount}
        parts = [part for part in PARTS if f"{part}_lines" in totals]
        table.add_row(
            f"{own.business_date}\n{own.source}",
            f"{own.batch_id}\n{own.fingerprint}\n{own.files} 个文件 files",
            Text(f"{_STATE_CHINESE[noted.state]}\n{noted.state}", style=_STATE_STYLE.get(noted.state, "")),
            "\n".join(_PART_NAMES[part] for part in parts),
            "\n".join(_number(totals[f"{part}_lines"]) for part in parts),
            "\n".join(_money(totals[f"{part}_amount"]) for part in parts),
        )
    reasons = [(one.noted, _why(one.noted)) for one in found.deliveries]
    show(table, *(Text(f"{n.delivery.business_date} {n.delivery.source}: {why}") for n, why in reasons if why))


def _why(noted: Noted) -> str:
    return " — ".join(part for part in (noted.why, noted.by) if part)


def _number(lines: int | None) -> str:
    return "–" if lines is None else f"{lines:,}"


def _money(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount:,.2f}"
