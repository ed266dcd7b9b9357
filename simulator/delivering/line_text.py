"""Fee lines as finished text: what `rows.line_row` says, put together from parts that few items and doctors share.

Fee lines are nearly all of a delivery; a row costs a third of the plain way. A test holds both to the same text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from simulator.care.records import Line, Visit
from simulator.care.settling import split
from simulator.city.items import Item
from simulator.city.providers import Doctor
from simulator.delivering.rows import local_part, money, quoted

# By identity, since staged variants may share a code; the item is kept, so that no other takes its identity.
_ITEMS: dict[int, tuple[Item, str, str, str]] = {}
_AMOUNTS: dict[tuple[int, int, int], str] = {}
_MOST_AMOUNTS = 1 << 18


def line_texts(visit: Visit) -> Iterator[tuple[Line, str, str]]:
    """Every line of an encounter: the line, its sort key and its text, without line end."""
    place = visit.place
    tail, in_shop = place.code[-3:], place.is_pharmacy
    about = f"{visit.person.psn_no},{place.code},{visit.visit_type}"
    visit_id = visit.id
    last_at: datetime | None = None
    at = ""
    last_doctor: Doctor | None = None
    by = ",,,,"
    last_uploaded: date | None = None
    until = ""
    for line in visit.lines:
        if line.uploaded is not last_uploaded:
            last_uploaded = line.uploaded
            until = f"1,{last_uploaded} 20:00:00"
        if line.at is not last_at:
            last_at = line.at
            at = str(last_at)
        if line.doctor is not last_doctor:
            last_doctor = line.doctor
            by = _ordered_by(last_doctor, in_shop)
        item = line.item
        _, named, own, kind = _ITEMS.get(id(item)) or _item(item)
        amounts = _AMOUNTS.get((id(item), line.quantity, line.price)) or _amounts(line)
        if line.covered is not None:
            amounts = f"{amounts.rpartition(',')[0]},{money(line.covered)}"
        days, memo = line.days_supplied or "", line.memo and quoted(line.memo)
        yield (
            line,
            f"{at} {line.id}",
            f"{line.id},{line.original_id},{visit_id},{line.settlement_id},{about},{at},{line.order_id},"
            f"{named},{tail}-{own},{kind},{amounts},{days},{by},{memo},{until}",
        )


def _ordered_by(doctor: Doctor | None, in_shop: bool) -> str:
    if doctor is None:
        return ",,,,"
    department = "" if in_shop else doctor.department
    return f"{department},{doctor.code},{quoted(doctor.name)},{department},{doctor.code if department else ''}"


def _item(item: Item) -> tuple[Item, str, str, str]:
    named = f"{item.code},{quoted(item.name)}"
    parts = (item, named, local_part(item), f"{item.list_type},{item.charge_class},{item.grade}")
    _ITEMS[id(item)] = parts
    return parts


def _amounts(line: Line) -> str:
    """Quantity, price, amount, limit and what is in scope."""
    if len(_AMOUNTS) >= _MOST_AMOUNTS:
        _AMOUNTS.clear()
    item = line.item
    limit = "" if item.price_limit is None else money(item.price_limit)
    scope = money(split(item, line.quantity, line.price).in_scope)
    text = f"{line.quantity}.0000,{money(line.price)}0000,{money(line.amount)},{limit},{scope}"
    _AMOUNTS[id(item), line.quantity, line.price] = text
    return text
