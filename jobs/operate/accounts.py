"""Do the lake's accounts hold? Counts and money of a night from delivery to quarantine, entries and versions.

Nothing lost: delivered = accepted + quarantined + duplicates, by file; what was accepted or quarantined still lies
where it was put, to the cent, but for what an erasure took out on the record; and what was accepted is in the clean
tables, or was reversed, or waits for its original.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Replaced
from fundwatch.lake.check import CheckOutcome, LakeFinding, finding
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from intake.rows.netting import MONEY
from intake.source.mapping import ENTRY_OF
from jobs.declared_stages import PUBLISH, SCAN
from jobs.operate.netted_accounts import NightOfEntries, Sum, nights_of_entries, nights_of_versions
from privacy.erasure.record import ErasureLog

_AGAIN = "run `fundwatch intake --date {0}` again from the same delivery; if it is gone, restore {1} from a copy"


@dataclass(frozen=True)
class Accounts:
    """The lake, the night looked at (None: all), and the netted tables whose source names no originals."""

    lake: Lake
    night: date | None
    matched_by_content: frozenset[str] = frozenset()

    def findings(self) -> Iterator[LakeFinding]:
        """Every account. A table that was never made has none."""
        if self.lake.exists("control_total"):
            yield self._balance()
            if self.lake.exists("quarantine"):
                yield from self._quarantine()
            for table, entries in ENTRY_OF.items():
                if self.lake.exists(entries):
                    yield from self._entries(table, entries)
        for table, entries in ENTRY_OF.items():
            if self.lake.exists(entries) and self.lake.exists(table):
                yield from self._netted(table, entries)
        for name, contract in TABLES.items():
            if contract.replaced is Replaced.BY_KEY and self.lake.exists(name):
                yield self._spans(name)
        yield from self._evidence()

    def _balance(self) -> LakeFinding:
        parts = "coalesce(accepted_amount, 0) + coalesce(quarantined_amount, 0) + coalesce(duplicate_amount, 0)"
        rows = self.lake.rows(
            "control_total",
            f"SELECT *, {parts} AS parts FROM control_total WHERE {self._of_night()} ORDER BY business_date, file_name",
        )
        wrong, of_files = [], self._lines_of_files()
        for row in rows:
            read = row["delivered_lines"] if row.get("file_lines") is None else row["file_lines"]
            if read != of_files.get((row["business_date"], row["file_name"]), read):
                wrong.append(f"{_named(row)}: {read:,} lines read, the file has another number")
            lines = row["accepted_lines"] + row["quarantined_lines"] + row["duplicate_lines"]
            if row["delivered_lines"] != lines or row["delivered_amount"] not in (None, row["parts"]):
                text = f"{row['delivered_lines']:,} lines and {row['delivered_amount']} delivered"
                wrong.append(f"{_named(row)}: {text}, {lines:,} and {row['parts']} accounted for")
        do = "have the delivery sent again, restore the lake from before the night, and take it in"
        return finding("delivered = accepted + quarantined + duplicates", "control_total", wrong, _count(rows), do)

    def _lines_of_files(self) -> dict[tuple[date, str], int]:
        """How many lines each delivered file has; rows out of the quarantine are of none."""
        if not self.lake.exists("delivery"):
            return {}
        rows = self.lake.rows("delivery", "SELECT business_date, file_name, row_count FROM delivery")
        return {(row["business_date"], row["file_name"]): row["row_count"] for row in rows}

    def _quarantine(self) -> Iterator[LakeFinding]:
        by = "SELECT business_date, table_name, {0} AS n FROM {1} WHERE {2} GROUP BY business_date, table_name"
        reported = self.lake.rows(
            "control_total", by.format("sum(quarantined_lines)", "control_total", self._of_night())
        )
        held = self.lake.rows("quarantine", by.format("count(*)", "quarantine", self._of_night()))
        stated, there = _by_night(reported), _by_night(held)
        erased = ErasureLog(self.lake.address).gone("quarantine", self._made_at)
        for night in sorted({key[0] for key in {*stated, *there}}):
            gone = erased[night].rows if night in erased else 0
            a = sum(n for key, n in stated.items() if key[0] == night)
            b = sum(n for key, n in there.items() if key[0] == night)
            wrong = [f"{a:,} rows quarantined, {b:,} lie there" + (f", {gone:,} erased" if gone else "")]
            wrong = wrong if a != b + gone else []
            if not wrong and not gone:
                wrong = [
                    f"{key[1]}: {stated.get(key, 0):,} quarantined, {there.get(key, 0):,} lie there"
                    for key in sorted({*stated, *there})
                    if key[0] == night and stated.get(key, 0) != there.get(key, 0)
                ]
            yield finding("quarantine", str(night), wrong, f"{b:,} rows", _AGAIN.format(night, "quarantine"))

    @cached_property
    def _made_at(self) -> dict[date, datetime]:
        """When each night's intake was committed last."""
        rows = Ledger(self.lake.address).run_rows()
        return {r["business_date"]: r["at"] for r in rows if (r["job"], r["state"]) == ("intake", "committed")}

    def _entries(self, table: str, entries: str) -> Iterator[LakeFinding]:
        money = MONEY[table]
        reported = self.lake.rows(
            "control_total",
            "SELECT business_date, sum(accepted_lines) AS n, sum(accepted_amount) AS money FROM control_total "
            f"WHERE table_name = '{table}' AND {self._of_night()} GROUP BY business_date ORDER BY business_date",
        )
        held = self.lake.rows(
            entries,
            f"SELECT business_date, count(*) AS n, sum({money}) AS money FROM {entries} GROUP BY business_date",
        )
        there = {row["business_date"]: (row["n"], row["money"] or Decimal(0)) for row in held}
        erased = ErasureLog(self.lake.address).gone(entries, self._made_at)
        for row in reported:  # a table grouped from others has no totals of its own
            night = row["business_date"]
            rows, amount = there.get(night, (0, Decimal(0)))
            if night in erased:
                rows, amount = rows + erased[night].rows, amount + (erased[night].amount or Decimal(0))
            stated = (row["n"], row["money"] or Decimal(0))
            held_text = f"{rows:,} rows and {amount:,} lie there{' or were erased' if night in erased else ''}"
            wrong = [f"{stated[0]:,} rows and {stated[1]:,} accepted, {held_text}"] if stated != (rows, amount) else []
            yield finding(f"accepted = {entries}", str(night), wrong, held_text, _AGAIN.format(night, entries))

    def _netted(self, table: str, entries: str) -> Iterator[LakeFinding]:
        """What each night delivered is in the clean table, but for what was reversed, replaced, or waits."""
        if table in self.matched_by_content:
            yield self._netted_by_content(table, entries)
            return
        check = f"delivered = in {table} + reversed + waiting + quarantined + duplicates"
        should, does = nights_of_entries(self.lake, table, entries), nights_of_versions(self.lake, table)
        totals, erased = self._delivered(table), ErasureLog(self.lake.address).gone(entries, self._made_at)
        for night in sorted({*should, *does}):
            if self.night not in (None, night):
                continue
            of = should.get(night, NightOfEntries(Sum(), Sum(), Sum(), Sum()))
            source, delivered, left_out = totals.get(night, ("a table grouped from others", of.accepted, Sum()))
            accepted = of.accepted if night in erased else delivered - left_out
            expected = accepted - of.waiting - of.replaced - of.removed - Sum(of.reversed_lines)
            held = does.get(night, Sum())
            parts = [f"{of.reversed_lines:,} reversed", f"{of.waiting} waiting"]
            parts += [f"{of.replaced} replaced"] if of.replaced.lines else []
            parts += [f"{of.removed} removed"] if of.removed.lines else []
            parts += [f"{left_out} quarantined or duplicates"] if left_out.lines else []
            text = f"{source}: {delivered} delivered = {held} in {table} + {' + '.join(parts)}"
            off = held - expected
            wrong = [] if off == Sum() else [f"{text} is off by {off}"]
            yield finding(check, str(night), wrong, text, _AGAIN.format(night, table))

    def _delivered(self, table: str) -> dict[date, tuple[str, Sum, Sum]]:
        """By night: the source, what was delivered, and what of it was quarantined or a duplicate."""
        if not self.lake.exists("control_total"):
            return {}
        parts = ("delivered", "quarantined", "duplicate")
        sums = ", ".join(f"sum({p}_lines) AS {p}_lines, sum({p}_amount) AS {p}_amount" for p in parts)
        query = (
            f"SELECT business_date, min(source) AS source, {sums} FROM control_total WHERE table_name = '{table}' "
            "GROUP BY business_date"
        )
        return {
            row["business_date"]: (
                row["source"],
                Sum(row["delivered_lines"], row["delivered_amount"] or Decimal(0)),
                Sum(
                    row["quarantined_lines"] + row["duplicate_lines"],
                    (row["quarantined_amount"] or Decimal(0)) + (row["duplicate_amount"] or Decimal(0)),
                ),
            )
            for row in self.lake.rows("control_total", query)
        }

    def _netted_by_content(self, table: str, entries: str) -> LakeFinding:
        """Money of the versions that hold = money of all entries but for what waited after the last night."""
        check, last = f"{table} = {entries} netted", max(self._made_at, default=None)
        run = None if last is None else Ledger(self.lake.address).committed("intake", last)
        if self.night not in (None, last) or run is None or "amount_waiting" not in run.detail:
            text = "the source names no originals: nets are found by content, and the last night's alone are recorded"
            return LakeFinding(check, table, CheckOutcome.NOT_CHECKED, text)
        waiting = Decimal(run.detail["amount_waiting"].get(table, 0))
        money = MONEY[table]
        [all_of] = self.lake.rows(entries, f"SELECT coalesce(sum({money}), 0) AS money FROM {entries}")
        [holds] = self.lake.rows(
            table, f"SELECT coalesce(sum({money}), 0) AS money FROM {table} WHERE known_to IS NULL"
        )
        text = f"{all_of['money']:,} accepted = {holds['money']:,} in {table} + {waiting:,} waiting"
        off = all_of["money"] - holds["money"] - waiting
        wrong = [f"{text} is off by {off:,}"] if off else []
        return finding(check, str(last), wrong, text, _AGAIN.format(last, table))

    def _spans(self, table: str) -> LakeFinding:
        there = self.lake.columns(table)  # a part of the key that may be unknown may have been declared later
        key = ", ".join(name for name in TABLES[table].key if name in there)
        window = f"PARTITION BY {key} ORDER BY known_from"
        # a row with an unknown part of its key, which another completes as it comes, begins and ends on one night
        completed = " OR ".join(f"{name} IS NULL" for name in TABLES[table].unknown_in_key if name in there) or "false"
        ends_late = f"known_to > known_from OR known_to = known_from AND ({completed})"
        [found] = self.lake.rows(
            table,
            "SELECT count(*) AS n, sum(CASE WHEN NOT is_span OR (later IS NOT NULL AND "
            "(known_to IS NULL OR known_to > later)) THEN 1 ELSE 0 END) AS wrong FROM "
            f"(SELECT known_from, known_to, {ends_late} AS is_span, "
            f"lead(known_from) OVER ({window}) AS later FROM {table}) AS spans",
        )
        wrong = (
            [f"{found['wrong']:,} of {found['n']:,} versions overlap another of their key"] if found["wrong"] else []
        )
        do = f"restore {table} as it was before the last night that wrote it, and run that night again"
        return finding("versions of a key do not overlap", table, wrong, f"{found['n']:,} versions", do)

    def _evidence(self) -> Iterator[LakeFinding]:
        pairs = (
            ("hit_line", "claim_line", "a.line_id = b.line_id", ""),
            ("hit_line", "rule_hit", "a.hit_id = b.hit_id AND a.business_date = b.business_date", ""),
            ("lead_evidence", "claim_line", "a.line_id = b.line_id", "a.kind = 'line'"),
            ("lead_evidence", "lead", "a.lead_id = b.lead_id AND a.business_date = b.business_date", ""),
        )
        for one, other, joined, only in pairs:
            if self.lake.exists(one) and self.lake.exists(other):
                where = " AND ".join(text for text in (only, self._of_night("a.")) if text)
                query = (
                    f"SELECT count(*) AS n, count(DISTINCT a.business_date) AS nights, min(a.business_date) AS first "
                    f"FROM {one} a LEFT ANTI JOIN {other} b ON {joined} WHERE {where}"
                )
                [found] = query_lake(self.lake, (one, other), query)
                wrong = [f"{found['n']:,} rows of {found['nights']} nights have none"] if found["n"] else []
                stage = PUBLISH if one == "lead_evidence" else SCAN
                do = f"run `fundwatch {stage.verb} --date {found['first']}` again"
                yield finding(f"{one} has its {other}", one, wrong, "all of them", do)

    def _of_night(self, prefix: str = "") -> str:
        return "TRUE" if self.night is None else f"{prefix}business_date = DATE '{self.night}'"


def query_lake(lake: Lake, tables: Sequence[str], query: str) -> list[dict[str, Any]]:
    """The result of a SQL query over several tables of the lake, by delta-rs."""
    return list(lake.query(query, *tables).read_all().to_pylist())


def _by_night(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[date, str], int]:
    return {(row["business_date"], row["table_name"]): row["n"] for row in rows}


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['business_date']} {row['file_name']} ({row['table_name']})"


def _count(rows: Sequence[object]) -> str:
    return f"{len(rows)} files"
