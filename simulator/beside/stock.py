"""Stock of each seller and drug: opening, purchases, what went over the counter month by month, closing.

Opening + purchases - sold = closing, never below zero on the way. What was billed without leaving the shelf
is not in it, nor does a swap move the billed item: there the balance and the bills differ (rule IN-01).
The interface's change types have no published values; plain words stand for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from simulator.beside.extra_table import Dated, EndOfWorld, ExtraTable, Key
from simulator.care.records import Visit
from simulator.city.items import Item, all_items
from simulator.delivering.rows import money
from simulator.streams import Hand

_KEPT = ("101", "102", "301")  # drugs, herb pieces, consumables
_PURCHASE_PERCENT = 87  # of the list price


def _tally(visit: Visit) -> Iterator[tuple[Key, int]]:
    """Units that left the shelf, by seller, item and month."""
    place, month = visit.place.code, ""
    last: datetime | None = None
    for line in visit.lines:
        item = line.shelf_item or (None if line.unstocked else line.item)
        if item is not None and item.list_type in _KEPT:
            if line.at is not last:
                last, month = line.at, str(line.at)[:7]
            yield (place, item.code, month), line.quantity


def _at_end(hand: Hand, world: EndOfWorld, sums: Mapping[Key, int]) -> Iterator[Dated]:
    items = {item.code: item for item in all_items()}
    sold: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (place, code, month), units in sums.items():
        sold[place, code][month] = units
    first, last = world.scenario.history_start, world.scenario.last_day
    for (place, code), by_month in sorted(sold.items()):
        if code in items:
            yield from _movements(hand, place, items[code], by_month, first, last)


def _movements(
    hand: Hand, place: str, item: Item, by_month: Mapping[str, int], first: date, last: date
) -> Iterator[Dated]:
    """The movements of one item at one seller: what a month needs is bought before it begins."""
    months = sorted(by_month)
    needed = max(0, by_month[months[0]])
    held = opening = needed + hand.between(0, max(4, needed // 3))
    opened = min(first, date.fromisoformat(f"{months[0]}-01"))
    yield _row(place, item, "opening", opened, opening, held)
    for n, month in enumerate(months):
        day = max(opened, date.fromisoformat(f"{month}-01"))
        short = by_month[month] - held
        if n or short > 0:
            bought = max(0, short) + hand.between(0, max(4, abs(by_month[month]) // 4))
            held += bought
            yield _row(place, item, "purchase", day, bought, held, hand.new_id(10))
        held -= by_month[month]
        yield _row(place, item, "sale", min(last, _end_of(day)), -by_month[month], held)
    yield _row(place, item, "closing", last, held, held)


def _end_of(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _row(place: str, item: Item, kind: str, day: date, units: int, held: int, invoice: str = "") -> Dated:
    price = money(max(1, item.price * _PURCHASE_PERCENT // 100)) if kind == "purchase" else ""
    row = (place, item.code, item.name, kind, str(day), f"{units}.0000", price, invoice, f"{held}.0000")
    return Dated(day, f"{place} {item.code} {day} {_ORDER[kind]}", row)


_ORDER = {"opening": 0, "purchase": 1, "sale": 2, "closing": 3}
STOCK_MOVEMENTS = ExtraTable(
    "stock_movement",
    (
        "fixmedins_code", "med_list_codg", "med_list_name", "inv_chg_type", "inv_chg_time", "cnt", "purc_pric",
        "purc_invo_no", "inv_cnt",
    ),
    tally=_tally,
    at_end=_at_end,
)  # fmt: skip


def balanced(rows: Iterable[tuple[str, ...]]) -> bool:
    """Whether each item's rows of one seller add up and never fall below zero."""
    held: dict[tuple[str, str], int] = {}
    for place, code, _, kind, _, units, _, _, left in rows:
        key, change = (place, code), int(units[:-5])
        held[key] = change if kind in ("opening",) else held.get(key, 0) + (0 if kind == "closing" else change)
        if held[key] != int(left[:-5]) or held[key] < 0:
            return False
    return True
