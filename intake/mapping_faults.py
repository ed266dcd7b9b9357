"""What is wrong between the entries of a mapping, which no single entry can know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fundwatch.contracts import TABLES
from intake.column_forms import ColumnSource, Scrub, Token, columns_used, words
from intake.forms import Lookup, Value
from intake.mapping import CLEAN_TABLES, ENTRY_OF, NOT_MAPPED, Grouped, Rows, SourceMapping


def cross_faults(mapping: SourceMapping) -> Iterator[str]:
    """Every fault, each with the key it stands at."""
    for file in mapping.files:
        uses = [t for t, m in mapping.tables.items() for r in m.rows if r.source == file]
        if len(uses) != 1:
            # one table of rows per file: each delivered line is accounted for once
            yield f"files.{file}: its rows must feed exactly one table, not {', '.join(uses) or 'none'}"
    for table, how in mapping.tables.items():
        if table not in CLEAN_TABLES:
            yield f"tables.{table}: not a canonical table; choose among {', '.join(CLEAN_TABLES)}"
            continue
        for number, rows in enumerate(how.rows):
            yield from _Rows(mapping, table, rows, f"tables.{table}.rows[{number}]").faults()
        for number, grouped in enumerate(how.grouped):
            yield from _grouped_faults(mapping, table, f"tables.{table}.grouped[{number}]", grouped)


@dataclass(frozen=True)
class _Rows:
    """One entry of `rows` and the key it stands at."""

    mapping: SourceMapping
    table: str
    rows: Rows
    where: str

    def faults(self) -> Iterator[str]:
        yield from _contract_faults(self.table, self.where, self.rows.columns)
        yield from self._value_faults()
        if self.rows.source not in self.mapping.files:
            yield f"{self.where}.from: no file is named '{self.rows.source}'"
            return
        own = self._columns_of(self.rows.source)
        there = own | self.rows.looked_up()
        for number, lookup in enumerate(self.rows.lookup):
            yield from self._lookup_faults(f"{self.where}.lookup[{number}]", lookup, own)
        for name, given in {**self.rows.columns, **self.rows.carry}.items():
            column = given if isinstance(given, str) else getattr(given, "of", getattr(given, "scrub", None))
            if column is not None and column not in there and not words(column) & there:
                yield f"{self.where}.{name}: the file {self.rows.source} has no column '{column}' to read"
            yield from self._leaks(name, given)
        for entry in self.rows.vault:
            for column in (entry.of, *entry.fields.values()):
                if not words(column) & there:
                    yield f"{self.where}.vault: the file {self.rows.source} has no column '{column}' to read"

    def _leaks(self, name: str, given: ColumnSource) -> Iterator[str]:
        """An identifying column, of the file or lent by another, must not reach the lake as it is."""
        contract = TABLES[ENTRY_OF.get(self.table, self.table)]
        is_yes_or_no = name in contract.column_names and contract.spark_type(name) == "boolean"
        if name in contract.free_texts and not isinstance(given, Scrub):
            yield f"{self.where}.{name}: free text may name anybody; fill it with {{scrub: …}}, or leave it out"
        domain = next((c.domain for c in contract.columns if c.name == name), None)
        if domain is not None and (not isinstance(given, Token) or given.token != domain):
            yield f"{self.where}.{name}: it holds pseudonyms of {domain}s; fill it with {{token: {domain}, of: …}}"
        if isinstance(given, (Token, Scrub)) or is_yes_or_no:
            return
        identifying = {*self.mapping.files[self.rows.source].identifying}
        for lookup in self.rows.lookup:
            there = self.mapping.files.get(lookup.source)
            identifying |= {h for h, t in lookup.columns.items() if there is not None and t in there.identifying}
        shown = columns_used(given, frozenset(identifying))
        yield from (
            f"{self.where}.{name}: '{c}' identifies a person; make it a token or scrub it" for c in sorted(shown)
        )

    def _columns_of(self, file: str) -> frozenset[str]:
        return frozenset(self.mapping.files[file].names().values())

    def _value_faults(self) -> Iterator[str]:
        contract = TABLES[ENTRY_OF.get(self.table, self.table)]
        for name, given in self.rows.columns.items():
            if isinstance(given, Value) and name in contract.column_names:
                yield from (f"{self.where}.{name}: {fault}" for fault in given.faults(contract.spark_type(name)))

    def _lookup_faults(self, where: str, lookup: Lookup, own: frozenset[str]) -> Iterator[str]:
        if lookup.source not in self.mapping.files or lookup.source == self.rows.source:
            yield f"{where}.from: '{lookup.source}' is no other file of this mapping"
            return
        there = self._columns_of(lookup.source)
        for name in lookup.on:
            if name not in own:
                yield f"{where}.on.{name}: the file {self.rows.source} has no column '{name}'"
        for key, pairs in (("on", lookup.on), ("columns", lookup.columns)):
            for name, other in pairs.items():
                if other not in there:
                    yield f"{where}.{key}.{name}: the file {lookup.source} has no column '{other}'"
        others = [name for other in self.rows.lookup if other is not lookup for name in other.columns]
        for name in lookup.columns:
            if name in own or name in others:
                yield f"{where}.columns.{name}: the name is taken; write `another_name: {lookup.columns[name]}`"


def _grouped_faults(mapping: SourceMapping, table: str, where: str, grouped: Grouped) -> Iterator[str]:
    yield from _contract_faults(table, where, {**grouped.by, **grouped.columns})
    if grouped.parent not in mapping.tables or not mapping.tables[grouped.parent].rows:
        yield f"{where}.from: no table of rows is named '{grouped.parent}'"


def _contract_faults(table: str, where: str, columns: Mapping[str, ColumnSource] | Mapping[str, str]) -> Iterator[str]:
    contract = TABLES[ENTRY_OF.get(table, table)]
    known = [name for name in contract.column_names if name not in NOT_MAPPED]
    yield from (f"{where}.{name}: the table {table} has no such column" for name in columns if name not in known)
    missing = [name for name in TABLES[table].key if name not in columns]
    yield from (f"{where}: the key column {name} is not filled" for name in missing)
