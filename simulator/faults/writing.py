"""Switchable dirt: what real deliveries have wrong, each at a rate of its own: those of one city's extract.

Three kinds: what befalls claims honestly and is settled (`claims`), single fee lines that arrive broken
(`lines`), and ways of writing that a reader must bear (`writing`). Broken lines are honest ones only, so that
what was staged arrives as labelled; ways of writing befall all rows alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Literal

from simulator.delivering.columns import COLUMNS
from simulator.faults.date_formats import DATE_COLUMNS, rewrite_dates
from simulator.faults.extract_values import EXTRACT_WAYS, Way
from simulator.faults.time_habits import TIME_COLUMNS, write_day_alone, write_offset
from simulator.streams import Hand

WrittenRow = tuple[str, ...]
Report = Callable[[date, str, str, str], None]  # of a row: its upload, its table, the kind of dirt, what it did


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
    # what foreign extracts hold
    Switch("unlisted_flag", "lines", 0.0, 0.2, "share of fee lines whose vali_flag is 01, Y or true"),
    Switch("ids_as_numbers", "lines", 0.0, 0.2, "share of fee lines with psn_no as 5001.0 or mdtrt_id as 9.9E+17"),
    Switch("pointer_to_nothing", "writing", 0.0, 1.0, "share of originals that point to 0, -, None, 无 or themselves"),
    Switch("refund_positive", "writing", 0.0, 1.0, "share of refunds in positive amounts, under their flag"),
    Switch("placeholders", "writing", 0.0, 1.0, "share of rows whose empty doctor, order or bed says 无, -, 未知"),
    Switch("wrapped_codes", "writing", 0.0, 1.0, "share of rows with a code in odd blanks, full-width or =\"…\""),
    Switch("times_with_offset", "writing", 0.0, 1.0, "share of institutions that write times with +08:00"),
    Switch("dates_only", "writing", 0.0, 1.0, "share of institutions that write a day alone, or midnight, for times"),
)  # fmt: skip
BY_NAME: Mapping[str, Switch] = {switch.name: switch for switch in SWITCHES}
BAD_ROWS = ("quantity_text", "no_person", "no_encounter", "impossible_date", "amount_mismatch")
# Line faults that mishaps.csv names line by line: a receiver keeps such a line apart, with its money.
REPORTED_FAULTS: Mapping[str, str] = {
    "unlisted_flag": "a vali_flag that no list of codes has",
    "ids_as_numbers": "an id that a program wrote as a number",
}
LINE_FAULTS = (*BAD_ROWS, "unknown_item", "doctor_missing", *REPORTED_FAULTS)


def rates_of(dirt_rate: float, given: Mapping[str, float]) -> dict[str, float]:
    """The rate of every switch: as given, else by `dirt_rate` for broken and resent rows, else as usual."""
    shared = dict.fromkeys(BAD_ROWS, dirt_rate / len(BAD_ROWS)) | {"resent": dirt_rate / 2}
    return {switch.name: given.get(switch.name, shared.get(switch.name, switch.usual)) for switch in SWITCHES}


class Writing:
    """How the rows of one part of a block are written down, as the switches say.

    Every switch has a stream of its own, so that one never changes what another does. What a receiver must account
    for goes to `report`; of a habit once.
    """

    def __init__(self, seed: int, part: str, rates: Mapping[str, float], report: Report) -> None:
        self._report = report
        self._known: set[tuple[str, str]] = set()  # habits reported, by table
        self._ways: dict[str, list[tuple[str, float, Hand, Way]]] = {}
        for name, (tables, habit) in _HABITS.items():
            if rates[name] > 0:
                hand = Hand(seed, f"{name}/{part}")
                for table in tables:
                    of_table = partial(habit, seed, rates[name], table)
                    self._ways.setdefault(table, []).append((name, 1.0, hand, of_table))
        for name, ways in _WAYS.items():
            if rates[name] > 0:
                hand = Hand(seed, f"{name}/{part}")
                for table, way in ways.items():
                    self._ways.setdefault(table, []).append((name, rates[name], hand, way))

    def touches(self, table: str) -> bool:
        """Whether rows of this table may change."""
        return table in self._ways

    def written(self, table: str, uploaded: date, row: WrittenRow) -> WrittenRow:
        """The row as it is written down."""
        values = list(row)
        for name, rate, hand, way in self._ways[table]:
            if hand.random() < rate:
                detail = way(hand, values)
                if detail and name in _HABITS:
                    self._report_habit(table, name, detail)
                elif detail:
                    self._report(uploaded, table, name, detail)
        return tuple(values)

    def _report_habit(self, table: str, name: str, detail: str) -> None:
        """From the first night on, whichever row shows it."""
        if (table, detail) not in self._known:
            self._known.add((table, detail))
            self._report(date.min, table, name, detail)


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


# By switch, the way of each table that it befalls.
_WAYS: Mapping[str, Mapping[str, Way]] = {
    "days_in_ward_missing": {"mdtrt": _blank("mdtrt", "ipt_days")},
    "operation_missing": {"mdtrt": _blank("mdtrt", "oprn_oprt_code")},
    "level_missing": {"mdtrt": _blank("mdtrt", "hosp_lv")},
    "days_supplied_missing": {"fee_list": _blank("fee_list", "prd_days")},
    "quantity_types": {"fee_list": _shorter_quantity},
    "impossible_birth": {"psn_info": _older},
    **EXTRACT_WAYS,
    # last: it fills what is empty
    "null_words": dict.fromkeys(("psn_insu", "mdtrt", "setl", "fee_list", "diag"), _null_words),
}
# Chosen for an institution, or for a table and a year, not for a row. They come first: they know institutions by their
# bare codes.
_HABITS: Mapping[str, tuple[Collection[str], Callable[[int, float, str, Hand, list[str]], str | None]]] = {
    "dates_only": (TIME_COLUMNS, write_day_alone),
    "times_with_offset": (TIME_COLUMNS, write_offset),
    "date_formats": (DATE_COLUMNS, rewrite_dates),  # last: it leaves times with an offset alone
}
