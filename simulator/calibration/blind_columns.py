"""What the blind check may look at: every delivered column, declared once in data/blind_columns.csv, and as numbers.

`silent` names the part of a column that carries no behaviour: `all` of it, the `serial` at its end, the `clock`
(minutes and seconds), the `cents` (last digits of an amount) or `none`. `sharing` says whether it may tell how many
persons and rows share a value. What is not silent may speak: it is measured as well, without a limit. `acted_by` names
schemes that are played on this very column: their rows, and the honest ones set beside them, tell nothing here.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from fundwatch.errors import FundwatchError
from simulator.calibration.blind import Numbers

_BUCKETS, _WORDS, _MOST_CATEGORIES = 16, 64, 64
_SHEET, _SEVERAL = "rx_drord_no", 3
PLACE = "row"  # where a row stood in its file

Features = dict[tuple[str, str], Numbers]  # by family (column and part) and name


class BlindCheckError(FundwatchError):
    """A delivered column is not declared, or a declared one is not delivered."""


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """What of a column must be silent, and why."""

    table: str
    column: str
    silent: Literal["all", "serial", "clock", "cents", "none"]
    is_sharing_silent: bool
    acted_by: tuple[str, ...]
    why: str


def declared_columns() -> list[DeclaredColumn]:
    """The declarations, one for each column of each delivered table."""
    path = Path(__file__).parent.parent / "data" / "blind_columns.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return [
            DeclaredColumn(
                row["table"],
                column,
                row["silent"],  # type: ignore[arg-type]
                row["sharing"] == "silent",
                tuple(row["acted_by"].split()),
                row["why"],
            )
            for row in csv.DictReader(text)
            for column in row["columns"].split()
        ]


def declared_of(table: str, delivered: Iterable[str]) -> list[DeclaredColumn]:
    """The declarations of a table's columns, in the order of the file; raises BlindCheckError for what has none."""
    known = {declared.column: declared for declared in declared_columns() if declared.table == table}
    missing = [column for column in delivered if column not in known]
    if missing:
        raise BlindCheckError(
            f"columns {', '.join(missing)} of {table} are not declared",
            where="simulator/data/blind_columns.csv",
            do="say which part of each carries no behaviour",
        )
    return [known[column] for column in delivered]


def features_of(declared: DeclaredColumn, rows: pd.DataFrame, whole: pd.DataFrame) -> Features:
    """The column of these rows as numbers, in families `silent`, `sharing` and `speaks`; `whole` is the full table."""
    text, name = rows[declared.column], declared.column
    found: Features = {}
    if declared.silent == "all":
        found |= {(f"{name}/silent", key): numbers for key, numbers in _content(text).items()}
    else:
        found |= {(f"{name}/speaks", key): numbers for key, numbers in _content(text).items()}
    if declared.silent == "serial":
        found |= {(f"{name}/silent", "last four"): _numbers(_digits(text).str[-4:].astype(float))}
    if declared.silent == "clock":
        found |= {(f"{name}/silent", key): numbers for key, numbers in _clock(text).items()}
    if declared.silent == "cents":
        found |= {(f"{name}/silent", key): numbers for key, numbers in _cents(text).items()}
    part = "sharing" if declared.is_sharing_silent else "speaks, sharing"
    found |= {(f"{name}/{part}", key): numbers for key, numbers in _sharing(name, rows, whole).items()}
    if declared.acted_by and "staged_by" in rows:
        acted = rows["staged_by"].isin(declared.acted_by).to_numpy(bool)
        found = {key: np.where(acted, np.nan, numbers) for key, numbers in found.items()}
    return found


def place_features(rows: pd.DataFrame) -> Features:
    """Where the row stood in its file, without its date: the remainder by small numbers."""
    return {(f"{PLACE}/silent", f"modulo {n}"): _numbers(rows[PLACE] % n) for n in (2, 3, 10)}


def pair_features(rows: pd.DataFrame, first: str, second: str) -> Numbers:
    """What two columns tell only together: equal, one after the other, ending alike."""
    one, other = rows[first].astype(str), rows[second].astype(str)
    lead = _digits(one).str[:6].astype(float) - _digits(other).str[:6].astype(float)
    last = _digits(one).str[-4:].astype(float) - _digits(other).str[-4:].astype(float)
    return np.column_stack([_numbers(one == other), _numbers(lead), _numbers(last), _numbers(lead == last)])


def _content(text: pd.Series[str]) -> dict[str, Numbers]:
    digits = _digits(text)
    found = {
        "leading": _numbers(digits.str[:6].astype(float)),
        "last": _numbers(digits.str[-4:].astype(float)),
        "length": _numbers(text.str.len()),
        "words": _hashed(text.str.replace(r"\d", "", regex=True), _WORDS),
        "hash": _hashed(text, _BUCKETS),
        "value": _numbers(pd.to_numeric(text, errors="coerce")),
    }
    if text.nunique() <= _MOST_CATEGORIES:
        found["category"] = _numbers(pd.Series(pd.factorize(text, sort=True)[0]))
    return found


def _clock(text: pd.Series[str]) -> dict[str, Numbers]:
    """Minutes and seconds; the hour belongs to what happened."""
    parts = {"minute": text.str[14:16], "second": text.str[17:19]}
    return {name: _numbers(pd.to_numeric(part, errors="coerce")) for name, part in parts.items()}


def _cents(text: pd.Series[str]) -> dict[str, Numbers]:
    cents = (text.astype(float) * 100).round().abs()
    first = cents.map(lambda value: float(f"{value:.0f}"[0]))
    return {"last digit": _numbers(cents % 10), "last two": _numbers(cents % 100), "first digit": _numbers(first)}


def _sharing(column: str, rows: pd.DataFrame, whole: pd.DataFrame) -> dict[str, Numbers]:
    """How many rows share the value, how many persons, and whether it is the only one of an encounter of several rows.

    Of an empty value nothing is known.
    """
    text = rows[column]
    found = {"rows": _shared(text, whole[column].value_counts())}
    if "psn_no" in whole and column != "psn_no":
        persons = whole.drop_duplicates([column, "psn_no"])[column].value_counts()
        found["persons"] = _shared(text, persons)
    if column == _SHEET:
        sheets = whole.drop_duplicates(["mdtrt_id", column])["mdtrt_id"].value_counts()
        lines = whole["mdtrt_id"].value_counts()
        ours = rows["mdtrt_id"]
        found["the only one"] = _numbers((ours.map(sheets) == 1).where(ours.map(lines) >= _SEVERAL))
    return found


def _shared(text: pd.Series[str], counts: pd.Series[int]) -> Numbers:
    return _numbers(text.map(counts).where(text != ""))


def _digits(text: pd.Series[str]) -> pd.Series[str]:
    return text.str.replace(r"\D", "", regex=True).str.zfill(12)


def _hashed(text: pd.Series[str], buckets: int) -> Numbers:
    return np.array([float(zlib.crc32(word.encode()) % buckets) for word in text])


def _numbers(values: pd.Series) -> Numbers:
    return np.asarray(values, dtype=np.float64)


def pairs_of(families: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every two columns of these families."""
    columns = list(dict.fromkeys(family.split("/")[0] for family in families))
    yield from ((one, other) for n, one in enumerate(columns) for other in columns[n + 1 :])
