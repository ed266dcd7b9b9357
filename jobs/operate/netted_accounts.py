"""Does the clean table hold what was delivered? The account of a table that is netted, night by night.

Nothing lost, through to the clean table: delivered = in the clean table + reversed + replaced + removed + waiting for
their original + quarantined + duplicates, in lines and in money. All of it is reckoned anew from the entries, the way
the intake nets them (see intake.rows.netting), as what each night changed; the clean table is asked what it did change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.lake.store import Lake
from intake.rows.netting import DOUBLINGS, MONEY, ZERO
from intake.source.mapping import POINTER_OF, REMOVAL

_PARTS = ("accepted", "held", "waiting", "replaced", "removed")


@dataclass(frozen=True)
class Sum:
    """Lines and their money."""

    lines: int = 0
    amount: Decimal = Decimal("0.00")

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.lines + other.lines, self.amount + other.amount)

    def __sub__(self, other: Sum) -> Sum:
        return Sum(self.lines - other.lines, self.amount - other.amount)

    def __str__(self) -> str:
        return f"{self.lines:,} ({self.amount:,.2f})"


@dataclass(frozen=True)
class NightOfEntries:
    """What the entries of a night changed: accepted = held by the clean table + waiting + replaced + removed + reversed
    lines, whose money is nothing, because what was reversed and what reversed it take each other back. Removed are the
    rows that remove, which the clean table never holds, and what reversals had left over of a line that is removed: the
    line itself is replaced by the row that removes it.
    """

    accepted: Sum
    held: Sum
    waiting: Sum
    replaced: Sum
    removed: Sum = Sum()
    reversed_lines: int = 0


def nights_of_entries(lake: Lake, table: str, entries: str) -> dict[date, NightOfEntries]:
    """What each night's entries should have changed in the clean table."""
    rows = lake.rows(entries, _entries_query(table, entries, frozenset(lake.columns(entries))))
    return {
        row["night"]: NightOfEntries(**{p: _sum(row, p) for p in _PARTS}, reversed_lines=int(row["reversed_lines"]))
        for row in rows
    }


def nights_of_versions(lake: Lake, table: str) -> dict[date, Sum]:
    """What each night did change in the clean table."""
    money = f"coalesce({MONEY[table]}, 0)"
    query = f"""
        SELECT night, sum(held_lines) AS held_lines, sum(held_amount) AS held_amount FROM (
            SELECT known_from AS night, 1 AS held_lines, {money} AS held_amount FROM {table}
            UNION ALL
            SELECT known_to AS night, -1 AS held_lines, -{money} AS held_amount FROM {table} WHERE known_to IS NOT NULL
        ) AS changes GROUP BY night
    """
    return {row["night"]: _sum(row, "held") for row in lake.rows(table, query)}


def _sum(row: Mapping[str, Any], name: str) -> Sum:
    return Sum(int(row[f"{name}_lines"] or 0), Decimal(row[f"{name}_amount"] or 0))


def _entries_query(table: str, entries: str, there: frozenset[str]) -> str:
    """One row per night. Pointers are followed by doubling, a group's sums run over the nights it changed on.

    `there` are the columns that the entries have: a lake made before some were declared knows nothing of these.
    """
    key, zero, removal = TABLES[table].key[0], ZERO[table], REMOVAL if REMOVAL in there else "NULL"
    signs = ", ".join(f"nullif({column}, 0)" for column in TABLES[table].sums if column in there)
    sums = ", ".join(f"coalesce({column}, 0) AS z{n}" for n, column in enumerate(zero))
    running = "".join(f", sum(sum(z{n})) OVER nights AS z{n}" for n in range(len(zero)))
    own, before = (
        "".join(f", {text.format(n=n)}" for n in range(len(zero)))
        for text in ("z{n}", "z{n} - coalesce(lag(z{n}) OVER keys, 0) AS z{n}")
    )
    standing = "".join(f", CASE WHEN is_removal THEN 0 ELSE z{n} END AS z{n}" for n in range(len(zero)))
    is_zero = " AND ".join(f"z{n} = 0" for n in range(len(zero)))
    return f"""
        WITH signed AS (
            SELECT {key} AS k, business_date AS night, nullif({POINTER_OF[table]}, {key}) AS pointer, {sums},
                coalesce({MONEY[table]}, 0) AS money, coalesce({removal}, FALSE) AS is_removal,
                coalesce(coalesce({signs}) < 0, FALSE) AND NOT coalesce({removal}, FALSE) AS is_reversal
            FROM {entries}
        ),
        {_pointers()},
        births AS (SELECT k, min(night) AS born FROM signed WHERE NOT is_reversal GROUP BY k),
        -- DataFusion takes the flag for one that is never null, and then finds that it may be, unless it is written so
        standing AS (
            SELECT k, night, CASE WHEN is_removal THEN 1 WHEN NOT is_removal THEN 0 END AS gone,
                CASE WHEN is_removal THEN 0 ELSE money END AS money{standing}
            FROM signed WHERE NOT is_reversal
        ),
        originals AS (
            SELECT k AS root, night AS counted_on, 0 AS reversals,
                gone - coalesce(lag(gone) OVER keys, 0) AS gone,
                money - coalesce(lag(money) OVER keys, 0) AS money{before},
                CASE WHEN coalesce(lag(gone) OVER keys, 1) = 1 THEN 0 ELSE 1 END AS replaced_lines,
                coalesce(lag(money) OVER keys, 0) AS replaced_amount
            FROM standing WINDOW keys AS (PARTITION BY k ORDER BY night)
        ),
        taken AS (
            SELECT coalesce(e.pointer, s.k) AS root, s.night, s.money{own.replace(" z", " s.z")},
                CASE WHEN e.since > b.born THEN e.since ELSE b.born END AS counted_on
            FROM signed s JOIN ends{DOUBLINGS} e ON s.k = e.k LEFT JOIN births b ON b.k = coalesce(e.pointer, s.k)
            WHERE s.is_reversal
        ),
        members AS (
            SELECT root, counted_on, gone, reversals, money{own}, replaced_lines, replaced_amount FROM originals
            UNION ALL
            SELECT root, counted_on, 0 AS gone, 1 AS reversals, money{own}, 0 AS replaced_lines, 0 AS replaced_amount
            FROM taken
            WHERE counted_on IS NOT NULL
        ),
        running AS (
            SELECT root, counted_on, sum(sum(money)) OVER nights AS money{running},
                sum(sum(reversals)) OVER nights AS reversals, sum(sum(gone)) OVER nights AS gone,
                sum(replaced_lines) AS replaced_lines,
                sum(replaced_amount) AS replaced_amount
            FROM members GROUP BY root, counted_on WINDOW nights AS (PARTITION BY root ORDER BY counted_on)
        ),
        states AS (
            SELECT *, CASE WHEN gone = 1 OR (reversals > 0 AND {is_zero}) THEN 0 ELSE 1 END AS lines,
                CASE WHEN gone = 1 OR (reversals > 0 AND {is_zero}) THEN 0 ELSE money END AS amount,
                CASE WHEN gone = 1 THEN money ELSE 0 END AS left_over
            FROM running
        ),
        changes AS (
            SELECT counted_on AS night, lines - coalesce(lag(lines) OVER nights, 0) AS held_lines,
                amount - coalesce(lag(amount) OVER nights, 0) AS held_amount,
                reversals + 1 - gone - lines - coalesce(lag(reversals + 1 - gone - lines) OVER nights, 0)
                    AS reversed_lines,
                left_over - coalesce(lag(left_over) OVER nights, 0) AS removed_amount, replaced_lines, replaced_amount
            FROM states WINDOW nights AS (PARTITION BY root ORDER BY counted_on)
        ),
        {_kinds()}
        SELECT night, {", ".join(f"sum({p}_{u}) AS {p}_{u}" for p in _PARTS for u in ("lines", "amount"))},
            sum(reversed_lines) AS reversed_lines
        FROM kinds GROUP BY night ORDER BY night
    """


def _pointers() -> str:
    """Each reversal with the key at the end of its pointers, and the night on which the last of them was there."""
    steps = ["ends0 AS (SELECT k, pointer, night AS since FROM signed WHERE is_reversal)"]
    steps += [
        f"ends{n} AS (SELECT a.k, coalesce(b.pointer, a.pointer) AS pointer, "
        f"CASE WHEN b.since > a.since THEN b.since ELSE a.since END AS since "
        f"FROM ends{n - 1} a LEFT JOIN ends{n - 1} b ON a.pointer = b.k)"
        for n in range(1, DOUBLINGS + 1)
    ]
    return ",\n".join(steps)


def _kinds() -> str:
    """The parts of the account beneath each other, with nothing where a row says nothing of a part."""
    figures = [f"{part}_{unit}" for part in _PARTS for unit in ("lines", "amount")] + ["reversed_lines"]

    def rows(source: str, **known: str) -> str:
        night = known.pop("night", "night")
        columns = ", ".join(f"{known.get(name, '0')} AS {name}" for name in figures)
        return f"SELECT {night} AS night, {columns} FROM {source}"

    held = {name: name for name in figures if name.startswith(("held", "replaced", "reversed"))}
    held |= {"removed_amount": "removed_amount"}
    parts = (
        rows("signed", accepted_lines="1", accepted_amount="money"),
        rows("changes", **held),
        rows("signed WHERE is_removal", removed_lines="1", removed_amount="money"),
        rows("taken", waiting_lines="1", waiting_amount="money"),
        rows("taken WHERE counted_on IS NOT NULL", night="counted_on", waiting_lines="-1", waiting_amount="-money"),
    )
    return f"kinds AS ({' UNION ALL '.join(parts)})"
