"""One row per pack of a drug handed out, with the code scanned from it, and per pack taken back.

Codes have 20 digits, the first seven name the drug; herb pieces have none. An honest seller
forgets a scan now and then. A line may say which codes were scanned instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from simulator.catalogue import Item
from simulator.extras import Dated, ExtraTable
from simulator.records import Line, Visit
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
    prefix = prefix_of(line.item.code)
    return tuple(prefix + hand.new_id(_SERIAL_DIGITS) for _ in range(line.quantity) if not hand.chance(FORGOTTEN))


def _rows(hand: Hand, visit: Visit) -> Iterator[Dated]:
    scanned: dict[str, tuple[str, ...]] = {}
    for line in visit.lines:
        if line.item.list_type != "101" or abs(line.quantity) > _MOST_PACKS:
            continue
        sold = line.quantity > 0
        if sold:
            codes = scanned[line.id] = codes_of(hand, line)
        else:
            codes = scanned.get(line.original_id, ())[: -line.quantity]
        for n, code in enumerate(codes):
            row = (
                visit.place.code, visit.id, line.id, visit.person.psn_no, line.item.code, code, str(line.at),
                "1" if sold else "-1", "1", "0",
            )  # fmt: skip
            yield Dated(line.uploaded, f"{line.at} {line.id} {n:03d}", row)


TRACE_SCANS = ExtraTable(
    "trace_scan",
    (
        "fixmedins_code", "mdtrt_id", "feedetl_sn", "psn_no", "med_list_codg", "drug_trac_codg", "sel_retn_time",
        "sel_retn_cnt", "mdtrt_setl_type", "trdn_flag",
    ),
    of_visit=_rows,
)  # fmt: skip
