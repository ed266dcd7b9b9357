"""The mapping of a source: how its files become canonical tables. Data in `conf/sources/<source>.yaml`.

A mapping lists every column a file may have: one it does not know stops the night before a row is read (an
allow-list fails closed), so a new column with names in it cannot slip into the lake.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path, PurePath
from typing import Any, Literal

from pydantic import Field, field_validator

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.declared import Declared
from fundwatch.fingerprint import fingerprint
from fundwatch.regions import CURRENCY, CURRENCY_CODE
from fundwatch.texts import in_ascii
from intake.source.columns import ANY, CodeList, ColumnSource, Flag, RowAction, Sealed, Sign, Where
from intake.source.lookups import Lookup
from intake.source.placeholders import PlaceholderChanges
from intake.source.unpivot import Unpivot
from intake.source.widths import FixedWidth

NOT_MAPPED = frozenset({"known_from", "known_to", "business_date", "key_id", "content_fingerprint"})
# Netted tables are mapped as their entries, which add the pointer to what a reversal reverses.
ENTRY_OF = {"claim_line": "claim_line_entry", "settlement": "settlement_entry"}
POINTER_OF = {"claim_line": "original_line_id", "settlement": "original_settlement_id"}
REMOVAL = "is_removal"  # of an entry that takes away what stands under its key
_PATH = r"^[^.]+(\.[^.]+)*$"
_TELLING = 4  # letters: shorter names stand in others by chance
_ENTRIES = frozenset(ENTRY_OF.values())
CLEAN_TABLES = tuple(table.name for table in CLEAN if table.name not in _ENTRIES)


def covers(pattern: str, column: str) -> bool:
    """Whether the pattern, in which a star stands for any signs, fits the name, whatever its capitals and width."""
    return re.fullmatch(".*".join(map(re.escape, _folded(pattern).split(ANY))), _folded(column)) is not None


def _stands_in(name: str, column: str) -> bool:
    """Whether the one name is a part of the other: a short one as a word by itself."""
    part, whole = ("_".join(re.findall(r"[^\W_]+", _folded(one))) for one in (name, column))
    if len(part) < _TELLING and part.isascii():
        return f"_{part}_" in f"_{whole}_"
    return part.replace("_", "") in whole.replace("_", "")


def _folded(name: str) -> str:
    return in_ascii(name).lower()


class SourceFile(Declared):
    """One kind of file. A column given as a list has several names in use; the first is used hereafter.

    `name` is a pattern, or several: `fee_list.csv*`, `fee_list_*.csv`, `month/part-*.csv`. Capitals do not matter where
    that leaves no doubt.

    `identifying` columns may come, and only a token, a scrub, the vault or a yes-or-no expression may read them;
    columns under `drop` (names, and patterns as `x_*`) may come and are never read. `rows_at` says where in a JSON
    object the array of rows stands, as `result.list`; `rows_of` which list within each object holds the rows, as the
    `lines` of a claim; `fixed_width` where in a line of text its columns stand.
    """

    name: str | tuple[str, ...]
    required: bool = True
    columns: tuple[str | tuple[str, ...], ...]
    optional: tuple[str | tuple[str, ...], ...] = ()
    identifying: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    fixed_width: FixedWidth | None = None
    rows_at: str | None = Field(None, pattern=_PATH)
    rows_of: str | None = Field(None, pattern=_PATH)

    @field_validator("identifying", "drop", mode="before")
    @classmethod
    def _names_alone(cls, given: Any) -> Any:
        """A name of its own stands beside the file's in one place only."""
        pairs = [one for one in given if isinstance(one, (list, dict))] if isinstance(given, list) else []
        if pairs:
            raise ValueError(
                f"{', '.join(map(str, pairs))}: the pair stands under `columns` or `optional`, and here its first name "
                "alone; what is dropped needs none of its own"
            )
        return given

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of the files of this kind."""
        return (self.name,) if isinstance(self.name, str) else self.name

    def names(self) -> dict[str, str]:
        """Every name a header may give to a column that is read, and the name used hereafter."""
        both = [(c,) if isinstance(c, str) else c for c in (*self.identifying, *self.columns, *self.optional)]
        return {alias: aliases[0] for aliases in both for alias in aliases}

    def as_known(self, header: Sequence[str]) -> tuple[str, ...]:
        """The header with the mapping's own spelling of names that differ from it in capitals or width of signs only:
        no two of its names do."""
        known = {*self.names(), *self.drop}
        folded = {_folded(name): name for name in sorted(known)}
        return tuple(c if c in known else folded.get(_folded(c), c) for c in header)

    def is_dropped(self, column: str) -> bool:
        """Whether a column under this name may come and is never read.

        A pattern takes no name in which one of those that identify stands: whoever adds such a column is asked.
        """
        if self.as_known((column,))[0] in self.drop:
            return True
        return any(covers(pattern, column) for pattern in self.drop_patterns) and not self._seems_identifying(column)

    @property
    def drop_patterns(self) -> tuple[str, ...]:
        """Those of `drop` that stand for several names."""
        return tuple(name for name in self.drop if ANY in name)

    def _seems_identifying(self, column: str) -> bool:
        named = {*self.identifying, *(alias for alias, used in self.names().items() if used in self.identifies)}
        return any(_stands_in(name, column) for name in named)

    @property
    def identifies(self) -> frozenset[str]:
        """The columns, by the names used hereafter, that identify a person: one does if any of its names does."""
        names, reported = self.names(), {name.lower() for name in self.identifying}
        return frozenset(used for alias, used in names.items() if {alias.lower(), used.lower()} & reported)

    def needed(self) -> tuple[tuple[str, ...], ...]:
        """The columns that must be there, each with all its names."""
        return tuple((c,) if isinstance(c, str) else c for c in self.columns)


class Rows(Declared):
    """A file whose rows are rows of the table. `carry` holds further values for tables grouped from this one."""

    source: str = Field(alias="from")
    unpivot: Unpivot | None = None
    lookup: tuple[Lookup, ...] = ()
    where: Where | None = None
    sign: Sign | None = None
    action: RowAction | None = None
    columns: dict[str, ColumnSource]
    carry: dict[str, ColumnSource] = Field(default_factory=dict)
    vault: tuple[Sealed, ...] = ()

    @field_validator("lookup", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return (given,) if isinstance(given, dict) else given

    def judged_by(self) -> dict[str, Where | Sign | RowAction]:
        """What decides of whole rows by listed codes, by its key."""
        all_of = {"where": self.where, "sign": self.sign, "action": self.action}
        return {key: given for key, given in all_of.items() if given is not None}

    def listed(self) -> dict[str, CodeList]:
        """Whatever lists the codes of a column, by its key; translations (`codes`) have their own error."""
        flags = {name: given for name, given in {**self.columns, **self.carry}.items() if isinstance(given, Flag)}
        return {**self.judged_by(), **flags}

    def of_file(self, columns: frozenset[str]) -> frozenset[str]:
        """The file's columns as they are read hereafter: those that become rows under the names of these."""
        return columns if self.unpivot is None else (columns - self.unpivot.columns) | self.unpivot.made

    def read_as(self, column: str) -> str:
        """The name under which one of the file's columns is read."""
        return column if self.unpivot is None else self.unpivot.name_of(column)

    def looked_up(self) -> frozenset[str]:
        """The columns that other files lend, under the names they have here."""
        return frozenset().union(*(lookup.lent for lookup in self.lookup))


class Each(Declared):
    """An array of the parent, one row for each element; `position` counts from 0."""

    column: str
    name: str = Field(alias="as")


class Grouped(Declared):
    """A table made by grouping the accepted rows of another: each column an SQL aggregate over the parent's columns.

    It sees one delivery at a time: a source that needs it delivers whatever belongs to one group together.
    """

    parent: str = Field(alias="from")
    each: Each | None = None
    where: str | None = None
    by: dict[str, str]
    columns: dict[str, str]


class Reversal(Declared):
    """Which expressions of a reversal that names no original equal those of its original."""

    matches: tuple[str, ...] = Field(min_length=1)


class LaterReplaces(Declared):
    """A row under a key that was delivered before takes the place of the earlier one, as of a line that is settled.

    Of rows of one night that with the greatest `order` counts, the first expression weighing most; on a later night a
    row of less `order` than what is held is a duplicate. Reversals replace nothing and are replaced by nothing. A row
    that removes (see `RowAction`) always takes the place of what earlier nights delivered; of one night's rows of its
    key nobody knows which came last, unless `order` names `is_removal`.
    """

    order: tuple[str, ...] = ()


class TableMapping(Declared):
    """How one canonical table is filled: from the rows of files, or by grouping other tables."""

    rows: tuple[Rows, ...] = ()
    grouped: tuple[Grouped, ...] = ()
    reversal: Reversal | None = None
    later_replaces: LaterReplaces | None = None


class DeliveryForm(Declared):
    """Where a delivery lies and how its files are written.

    A manifest is `required`; or `expected`: a delivery without one is measured and compared with what is usual, and
    waits for a person when it is not; or there is none, and every delivery is `measured` so.
    """

    folder: str = "{date}"
    manifest: Literal["required", "expected", "measured"] = "required"
    encodings: tuple[Literal["utf-8", "gb18030", "gbk", "big5"], ...] = (
        "utf-8",
        "gb18030",
        "big5",
    )  # utf-8 with or without its mark
    delimiter: str = Field(",", min_length=1, max_length=1)
    null_texts: tuple[str, ...] = ("", "NULL", "\\N")
    zone: str = "Asia/Shanghai"  # the law's local time, for instants with an offset and those of parquet files
    ignore: tuple[str, ...] = ()  # patterns of entries that are nobody's data; any other that no file takes is a doubt

    def folder_of(self, landing: Path, night: date) -> Path:
        """Where the night's files lie, or will."""
        return landing / self.folder.replace("{date}", night.isoformat())

    @field_validator("null_texts")
    @classmethod
    def _as_they_are_read(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Keys and numbers have full-width signs in ASCII once they are read, names keep them."""
        return tuple(dict.fromkeys([*given, *map(in_ascii, given)]))

    @field_validator("folder")
    @classmethod
    def _under_the_landing(cls, given: str) -> str:
        """No other folder of the machine is read as a delivery."""
        path = PurePath(given)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("a delivery lies in a folder under the landing folder")
        return given


class DriftRules(Declared):
    """What a changed form of the files does: `refuse` stops the night, `park` leaves aside what is new.

    A parked column is not read; rows with a parked code go to quarantine and are no problems to the gate.
    """

    unknown_columns: Literal["refuse", "park"] = "refuse"
    new_codes: Literal["refuse", "park"] = "refuse"


class SourceMapping(Declared):
    """One source. `fingerprint` identifies its content; `currency` is that of all its amounts."""

    source: str
    currency: str = Field(CURRENCY, pattern=CURRENCY_CODE)
    delivery: DeliveryForm
    drift: DriftRules = DriftRules()
    placeholders: PlaceholderChanges = PlaceholderChanges()
    files: dict[str, SourceFile]
    tables: dict[str, TableMapping]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json", by_alias=True))

    def rows_of(self, file: str) -> tuple[str, Rows] | None:
        """The table whose rows the file holds."""
        found = [(t, r) for t, m in self.tables.items() for r in m.rows if r.source == file]
        return found[0] if found else None

    def lenders_of(self, kinds: Collection[str]) -> frozenset[str]:
        """The kinds of file that lend columns to the rows of these."""
        lookups = (x for how in self.tables.values() for rows in how.rows if rows.source in kinds for x in rows.lookup)
        return frozenset(lookup.source for lookup in lookups)

    def columns_of(self, rows: Rows) -> frozenset[str]:
        """The columns that expressions over the rows may read, but for those that other files lend."""
        return rows.of_file(frozenset(self.files[rows.source].names().values()))


def mapped_columns(table: str) -> tuple[str, ...]:
    """The columns a mapping may fill: the contract's (of the entries, for a netted table) without its versions."""
    return tuple(c for c in TABLES[ENTRY_OF.get(table, table)].column_names if c not in NOT_MAPPED)
