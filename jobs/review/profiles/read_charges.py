"""An entity's fee lines, by day, month, item and in all: read once, as whole numbers, and grouped in memory.

A line is some thirty bytes here, whatever its texts are: days, amounts, and places in lists of persons, items and
classes. Counting persons of days and of items over such columns costs a tenth of what it costs over their pseudonyms,
and an institution with a million lines comes in a second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fundwatch.lake.store import Lake
from leads.profile.rows import Charges, ItemRow, LineDay, MonthRow

_ITEMS = 50
_NOTHING = Decimal("0.00")
_TEXTS = ("item_code", "item_name", "charge_class", "patient_id")
# charge classes by the series that pages draw: drugs, tests, consumables; all else is the last
_SERIES = {"09": 0, "10": 0, "11": 0, "03": 1, "04": 1, "08": 2}
_OTHER = 3


def read_charges(lake: Lake, where: str) -> Charges:
    """The fee lines of the lake for which the condition holds; where there is no table, none."""
    if not lake.exists("claim_line"):
        return Charges()
    lines, texts = _coded(lake, where)
    persons = ("patient_id", "count_distinct")
    days = _grouped(lines, "day", persons)
    items = [*_items(lines, texts, _grouped(lines, "item_code", persons, ("day", "count_distinct")))]
    items.sort(key=lambda item: (-item.amount, item.item_code))
    return Charges(
        days=sorted((_day(row) for row in days), key=lambda one: one.day),
        by_class=_by_class(lines, texts["charge_class"]),
        items=items[:_ITEMS],
        lines=lines.num_rows,
        item_total=len(items),
        patients=pc.count_distinct(lines["patient_id"]).as_py(),
        amount=pc.sum(lines["amount"]).as_py() or _NOTHING,
    )


def _coded(lake: Lake, where: str) -> tuple[pa.Table, Mapping[str, list[str]]]:
    """The lines with places instead of texts, and the lists that these are places in; null where a text is unknown."""
    coded = ", ".join(f"arrow_cast({name}, 'Dictionary(Int32, Utf8)') AS {name}" for name in _TEXTS)
    query = (
        f"SELECT CAST(charged_at AS DATE) AS day, {coded}, coalesce(amount, 0) AS amount FROM claim_line WHERE {where}"
    )
    lines = lake.query(query, "claim_line").read_all().unify_dictionaries()
    texts: dict[str, list[str]] = {}
    for name in _TEXTS:
        chunks = lines[name].chunks
        texts[name] = chunks[0].dictionary.to_pylist() if chunks else []
        codes = pa.chunked_array([chunk.indices for chunk in chunks], pa.int32())
        lines = lines.set_column(lines.schema.get_field_index(name), name, codes)
    return lines, texts


def _grouped(lines: pa.Table, by: str, *counts: tuple[str, str]) -> list[dict[str, Any]]:
    """Lines and money by what is a few thousand at most, and how many different things each has."""
    made = lines.group_by(by).aggregate([("amount", "sum"), ([], "count_all"), *counts])
    return list(made.to_pylist())


def _day(row: Mapping[str, Any]) -> LineDay:
    return LineDay(row["day"], row["count_all"], row["patient_id_count_distinct"], row["amount_sum"])


def _items(lines: pa.Table, texts: Mapping[str, list[str]], rows: list[dict[str, Any]]) -> Iterator[ItemRow]:
    named: dict[int | None, str] = defaultdict(str)  # of an item with several names the last in order
    for pair in lines.group_by(["item_code", "item_name"]).aggregate([]).to_pylist():
        if pair["item_name"] is not None:
            named[pair["item_code"]] = max(named[pair["item_code"]], texts["item_name"][pair["item_name"]])
    for row in rows:
        code = row["item_code"]
        yield ItemRow(
            "" if code is None else texts["item_code"][code], named[code], row["count_all"],
            row["patient_id_count_distinct"], row["day_count_distinct"], row["amount_sum"],
        )  # fmt: skip


def _by_class(lines: pa.Table, classes: list[str]) -> list[MonthRow]:
    """The months in order, with the money of each series of charge classes."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [_NOTHING] * (_OTHER + 1))
    for row in lines.group_by(["day", "charge_class"]).aggregate([("amount", "sum")]).to_pylist():
        day: date = row["day"]
        name = "" if row["charge_class"] is None else classes[row["charge_class"]]
        sums[f"{day:%Y-%m}"][_SERIES.get(name, _OTHER)] += row["amount_sum"]
    return [MonthRow(month, amounts) for month, amounts in sorted(sums.items())]
