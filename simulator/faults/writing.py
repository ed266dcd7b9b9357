"""Switchable dirt: what real deliveries have wrong, each at a rate of its own: those of one city's extract.

Three kinds: what befalls claims honestly and is settled (`claims`), single fee lines that arrive broken
(`lines`), and ways of writing that a reader must bear (`writing`). Broken lines are honest ones only, so that
what was staged arrives as labelled; ways of writing befall all rows alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from simulator.delivering.columns import COLUMNS
from simulator.faults.date_formats import DATE_COLUMNS, rewrite_dates
from simulator.streams import Hand

WrittenRow = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """One kind of dirt; `usual` is its rate unless a scenario sets it, `most` what it may be set to."""

    name: str
    kind: Literal["claims", "lines", "writing"]
    usual: float
    most: float
    what: str


SWITCHES = (
    # one city's extract: 5.24 % negative lines; 1.2 % come with settlements undone, the rest here
    Switch("taken_back", "claims", 0.0475, 0.5, "share of fee lines taken back in whole or in part"),
    Switch("taken_back_later", "claims", 0.15, 1.0, "share of those that are uploaded one to four days later"),
    Switch("settlement_undone", "claims", 0.012, 0.5, "share of settlements reversed as a whole within days"),
    Switch("unsettled", "claims", 0.0018, 0.5, "share of fee lines without a settlement (one city's extract: 0.15 %)"),
    Switch("late", "claims", 0.02, 0.5, "share of fee lines uploaded one to three days later"),
    Switch("late_weeks", "claims", 0.0, 0.5, "share of fee lines uploaded one to ten weeks later"),
    Switch("reversal_first", "claims", 0.0, 0.5, "share of fee lines taken back days before they arrive themselves"),
    Switch("reversal_in_parts", "claims", 0.0, 0.5, "share of fee lines taken back piece by piece, on two days"),
    Switch("reversal_repeated", "claims", 0.0, 0.5, "share of fee lines whose reversal comes again a day later"),
    Switch("reversal_undone", "claims", 0.0, 0.5, "share of fee lines whose reversal is reversed a day later"),
    Switch("reversal_months_later", "claims", 0.0, 0.5, "share of fee lines taken back one to five months later"),
    Switch("interim_settlement", "claims", 0.0, 1.0, "share of long stays settled in between as well (中途结算)"),
    Switch("aid_only", "claims", 0.0, 1.0, "share of visits of people on aid that aid alone pays (D.4: hifp_pay = 0)"),
    Switch("quantity_text", "lines", 0.0002, 0.2, "share of fee lines whose quantity is no number"),
    Switch("no_person", "lines", 0.0002, 0.2, "share of fee lines without a person"),
    Switch("no_encounter", "lines", 0.0002, 0.2, "share of fee lines without an encounter"),
    Switch("impossible_date", "lines", 0.0002, 0.2, "share of fee lines on a day no calendar has"),
    Switch("amount_mismatch", "lines", 0.0002, 0.2, "share of fee lines whose price does not make the amount"),
    Switch("resent", "lines", 0.0005, 0.2, "share of fee lines that come twice, down to the last letter"),
    Switch("unknown_item", "lines", 0.0, 0.2, "share of fee lines with a code that no catalogue has (D.4: 2 %)"),
    Switch("doctor_missing", "lines", 0.0, 0.5, "share of fee lines without an ordering doctor (D.4: 2.7 %)"),
    Switch("days_in_ward_missing", "writing", 0.95, 1.0, "share of stays whose ipt_days is empty (D.4: 95 %)"),
    Switch("operation_missing", "writing", 0.0, 1.0, "share of lost operation codes (D.4: all of one city's)"),
    Switch("days_supplied_missing", "writing", 0.0, 1.0, "share of given prd_days that is lost on the way"),
    Switch("impossible_birth", "writing", 0.0, 0.1, "share of persons up to 850 years old by their birth date"),
    Switch("quantity_types", "writing", 0.0, 1.0, "share of quantities written as 2 or 2.0 for 2.0000"),
    Switch("null_words", "writing", 0.0, 1.0, "share of rows whose empty fields say NULL or \\N"),
    Switch("date_formats", "writing", 0.0, 1.0, "share of tables and years that write dates 2026/3/5 or 20260305"),
    Switch("level_missing", "writing", 0.0, 1.0, "share of encounters that leave the level of the hospital empty"),
)  # fmt: skip
BY_NAME: Mapping[str, Switch] = {switch.name: switch for switch in SWITCHES}
BAD_ROWS = ("quantity_text", "no_person", "no_encounter", "impossible_date", "amount_mismatch")
LINE_FAULTS = (*BAD_ROWS, "unknown_item", "doctor_missing")


def rates_of(dirt_rate: float, given: Mapping[str, float]) -> dict[str, float]:
    """The rate of every switch: as given, else by `dirt_rate` for broken and resent rows, else as usual."""
    shared = dict.fromkeys(BAD_ROWS, dirt_rate / len(BAD_ROWS)) | {"resent": dirt_rate / 2}
    return {switch.name: given.get(switch.name, shared.get(switch.name, switch.usual)) for switch in SWITCHES}


Way = Callable[[Hand, list[str]], None]


class Writing:
    """How the rows of one part of a block are written down, as the switches say.

    Every switch has a stream of its own, so that one never changes what another does.
    """

    def __init__(self, seed: int, part: str, rates: Mapping[str, float]) -> None:
        self._ways: dict[str, list[tuple[float, Hand, Way]]] = {}
        for name, (tables, way) in _WAYS.items():
            if rates[name] > 0:
                hand = Hand(seed, f"{name}/{part}")
                for table in tables:
                    self._ways.setdefault(table, []).append((rates[name], hand, way))
        if rates["date_formats"] > 0:  # chosen for a table and a year, not for a row
            for table in DATE_COLUMNS:
                way = partial(rewrite_dates, seed, rates["date_formats"], table)
                self._ways.setdefault(table, []).append((1.0, Hand(seed, f"date formats/{part}"), way))

    def touches(self, table: str) -> bool:
        """Whether rows of this table may change."""
        return table in self._ways

    def written(self, table: str, row: WrittenRow) -> WrittenRow:
        """The row as it is written down."""
        values = list(row)
        for rate, hand, way in self._ways[table]:
            if hand.random() < rate:
                way(hand, values)
        return tuple(values)


def _shorter_quantity(hand: Hand, values: list[str]) -> None:
    at = COLUMNS["fee_list"].index("cnt")
    if values[at].endswith(".0000"):
        values[at] = values[at][: -5 if hand.chance(0.5) else -3]


def _older(hand: Hand, values: list[str]) -> None:
    at = COLUMNS["psn_info"].index("brdy")
    values[at] = f"{int(values[at][:4]) - hand.between(120, 750):04d}{values[at][4:]}"


def _null_words(hand: Hand, values: list[str]) -> None:
    word = "NULL" if hand.chance(0.5) else "\\N"
    values[:] = [value or word for value in values]


def _blank(table: str, column: str) -> Way:
    at = COLUMNS[table].index(column)

    def change(_: Hand, values: list[str]) -> None:
        values[at] = ""

    return change


_WAYS: dict[str, tuple[tuple[str, ...], Way]] = {
    "days_in_ward_missing": (("mdtrt",), _blank("mdtrt", "ipt_days")),
    "operation_missing": (("mdtrt",), _blank("mdtrt", "oprn_oprt_code")),
    "level_missing": (("mdtrt",), _blank("mdtrt", "hosp_lv")),
    "days_supplied_missing": (("fee_list",), _blank("fee_list", "prd_days")),
    "quantity_types": (("fee_list",), _shorter_quantity),
    "impossible_birth": (("psn_info",), _older),
    "null_words": (("psn_insu", "mdtrt", "setl", "fee_list", "diag"), _null_words),  # last: it fills what is empty
}
