"""Values as extracts hold them: pointers to nothing, refunds without a sign, placeholders, wrapped codes.

A way changes the values of a row in place, and says what a receiver must account for, where there is anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.delivering.columns import COLUMNS
from simulator.streams import Hand

Way = Callable[[Hand, list[str]], str | None]

PLACEHOLDERS = ("无", "-", "/", "N/A", "未知")
POINTERS_TO_NOTHING = ("0", "-", "None", "无", "")  # the last is the line's own id
# What an encounter or a line may lack: the doctor of a pharmacy, the bed of an out-patient.
OPTIONAL = {
    "mdtrt": (
        "adm_dept_codg", "adm_dept_name", "dscg_dept_codg", "dscg_dept_name", "adm_bed", "dscg_bed", "chfpdr_code",
        "chfpdr_name",
    ),
    "fee_list": (
        "rx_drord_no", "bilg_dept_codg", "bilg_dr_code", "bilg_dr_name", "acord_dept_codg", "acord_dr_code",
    ),
    "diag": ("diag_dept", "diag_dr_code"),
}  # fmt: skip
CODES = {
    "psn_info": ("psn_no",),
    "psn_insu": ("psn_no",),
    "mdtrt": ("mdtrt_id", "psn_no", "fixmedins_code", "chfpdr_code", "dscg_maindiag_code"),
    "setl": ("setl_id", "mdtrt_id", "psn_no", "fixmedins_code"),
    "fee_list": (
        "feedetl_sn", "init_feedetl_sn", "mdtrt_id", "setl_id", "psn_no", "fixmedins_code", "rx_drord_no",
        "med_list_codg", "bilg_dr_code",
    ),
    "diag": ("mdtrt_id", "diag_code", "diag_dr_code"),
    "oprn": ("mdtrt_id", "oprn_oprt_code", "oper_dr_code"),
}  # fmt: skip
_FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in map(chr, range(0x21, 0x7F))}
# Blanks, signs without width, full-width signs, and what spreadsheets put around a text that is no number.
WRAPPINGS: tuple[Callable[[str], str], ...] = (
    lambda code: f"\u3000{code}\u00a0",
    lambda code: f"\u200b{code}",
    lambda code: f"{code}\ufeff",
    lambda code: code.translate(_FULL_WIDTH),
    lambda code: f'="{code}"',
    lambda code: f"'{code}",
    lambda code: f"\t{code}",
)
_REFUND = "1"
_SUMS = ("medfee_sumamt", "cash_payamt")  # the first and the last of a settlement


def _places(table: str, columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(COLUMNS[table].index(column) for column in columns)


def _point_to_nothing(hand: Hand, values: list[str]) -> str | None:
    """A positive line that takes nothing back names an original all the same."""
    own, pointer, quantity = _places("fee_list", ("feedetl_sn", "init_feedetl_sn", "cnt"))
    if values[pointer] or values[quantity].startswith("-"):
        return None
    values[pointer] = hand.pick(POINTERS_TO_NOTHING) or values[own]
    return f"line {values[own]}: an original whose init_feedetl_sn is {values[pointer]}"


def _refund_without_sign(_: Hand, values: list[str]) -> str | None:
    """Only the flag still says that the settlement takes another one back."""
    own, original, flag = _places("setl", ("setl_id", "init_setl_id", "refd_setl_flag"))
    if values[flag] != _REFUND:
        return None
    first, last = _places("setl", _SUMS)
    values[first : last + 1] = [value.removeprefix("-") for value in values[first : last + 1]]
    return f"settlement {values[own]}: takes back settlement {values[original]} in positive amounts"


def _placeholders(table: str) -> Way:
    places = _places(table, OPTIONAL[table])

    def change(hand: Hand, values: list[str]) -> None:
        word = hand.pick(PLACEHOLDERS)
        for at in places:
            values[at] = values[at] or word

    return change


def _wrapped(table: str) -> Way:
    places = _places(table, CODES[table])

    def change(hand: Hand, values: list[str]) -> None:
        given = [at for at in places if values[at]]
        at, wrap = hand.pick(given), hand.pick(WRAPPINGS)
        values[at] = wrap(values[at])

    return change


# By switch, the way of each table that it befalls. Reports name rows by their ids, so they come before what wraps
# ids; placeholders come after it and stay bare.
EXTRACT_WAYS: Mapping[str, Mapping[str, Way]] = {
    "pointer_to_nothing": {"fee_list": _point_to_nothing},
    "refund_positive": {"setl": _refund_without_sign},
    "wrapped_codes": {table: _wrapped(table) for table in CODES},
    "placeholders": {table: _placeholders(table) for table in OPTIONAL},
}
