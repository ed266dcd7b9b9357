"""One row per pack of a drug handed out, with the code scanned from it, and per pack taken back.

Codes have 20 digits, the first seven name the drug; herb pieces have none. An honest seller
forgets a scan now and then. A line may say which codes were scanned instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from simulator.beside.extra_table import Dated, ExtraTable
from simulator.care.records import Line, Visit
from simulator.city.items import Item
from simulator.streams import Hand, id_of

_PREFIX_DIGITS, _SERIAL_DIGITS = 7, 13
FORGOTTEN = 0.02  # of packs
_MOST_PACKS = 60  # of one line; what is counted in single units is not scanned pack by pack


@lru_cache(maxsize=4096)
def prefix_of(item_code: str) -> str:
    """The digits that name the drug."""
    return id_of("trace prefix", item_code, digits=_PREFIX_DIGITS)


def code_of(item: Item, serial: int) -> str:
    """The code of the pack of a drug with this serial."""
    return prefix_of(item.code) + f"{serial % 10**_SERIAL_DIGITS:0{_SERIAL_DIGITS}d}"


def codes_of(hand: Hand, line: Line) -> tuple[str, ...]:
    """The codes scanned for a line: those it states, or a fresh one per pack."""
    if line.trace_codes is not None:
        return line.trace_codes
    prefix, draw, new_id = prefix_of(line.item.code), hand.random, hand.new_id
    return tuple([prefix + new_id(_SERIAL_DIGITS) for _ in range(line.quantity) if draw() >= FORGOTTEN])


def _rows(hand: Hand, visit: Visit) -> Iterator[Dated]:
    scanned: dict[str, tuple[str, ...]] = {}
    of_visit, psn_no = f"{visit.place.code},{visit.id}", visit.person.psn_no
    for line in visit.lines:
        if line.item.list_type != "101" or abs(line.quantity) > _MOST_PACKS:
            continue
        sold = line.quantity > 0
        if sold:
            codes = scanned[line.id] = codes_of(hand, line)
        else:
            codes = scanned.get(line.original_id, ())[: -line.quantity]
        at, uploaded = str(line.at), line.uploaded
        key, head = f"{at} {line.id}", f"{of_visit},{line.id},{psn_no},{line.item.code}"
        tail = f"{at},{'1' if sold else '-1'},1,0"
        for n, code in enumerate(codes):
            yield Dated(uploaded, f"{key} {n:03d}", f"{head},{code},{tail}")


TRACE_SCANS = ExtraTable(
    "trace_scan",
    (
        "fixmedins_code", "mdtrt_id", "feedetl_sn", "psn_no", "med_list_codg", "drug_trac_codg", "sel_retn_time",
        "sel_retn_cnt", "mdtrt_setl_type", "trdn_flag",
    ),
    of_visit=_rows,
)  # fmt: skip
