"""What is wrong between the entries of a mapping, which no single entry can know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Table
from fundwatch.expressions.declared import (
    GROUPED,
    MAPPING,
    Purpose,
    functions_in,
    is_comparison_of_a_code,
    names_in,
    problems_in,
)
from intake.source.columns import (
    ANY,
    CodeList,
    Codes,
    ColumnSource,
    Expression,
    Flag,
    Scrub,
    Sealed,
    Token,
    Value,
    columns_used,
    expressions_of,
    names_of,
)
from intake.source.lookups import Lookup, in_turn
from intake.source.mapping import (
    CLEAN_TABLES,
    ENTRY_OF,
    NOT_MAPPED,
    REMOVAL,
    Grouped,
    Rows,
    SourceFile,
    SourceMapping,
    TableMapping,
    covers,
    mapped_columns,
)
from intake.source.spelling import never_equal

_LEAST_PATTERN = 2  # signs that are no star
_KEEPING = frozenset({"min", "max", "min_by", "max_by", "coalesce"})  # a pseudonym stays the same through these


def cross_problems(mapping: SourceMapping) -> Iterator[str]:
    """Every problem, each with the key it stands at."""
    if not mapping.tables:
        yield "tables: no file feeds any table: say what one row of each file is"
    for file, declared in mapping.files.items():
        uses = [t for t, m in mapping.tables.items() for r in m.rows if r.source == file]
        lends = any(look.source == file for m in mapping.tables.values() for r in m.rows for look in r.lookup)
        if len(uses) > 1:
            # one table of rows per file: each delivered line is accounted for once
            yield f"files.{file}: its rows must feed exactly one table, not {', '.join(uses)}; make others by `grouped`"
        elif not (uses or lends):
            yield f"files.{file}: its rows must feed a table, or lend columns to another file's"
        yield from (f"files.{file}: {reported}" for reported in _spelling_problems(declared))
        yield from (f"files.{file}.drop: {reported}" for reported in _drop_problems(declared))
        yield from (f"files.{file}.fixed_width: {reported}" for reported in _width_problems(declared))
        if declared.rows_of is not None and declared.is_dropped(declared.rows_of):
            yield f"files.{file}.rows_of: '{declared.rows_of}' is under drop, with all that is in it"
    yield from mapping.placeholders.problems()
    yield from _same_patterns(mapping)
    for table, how in mapping.tables.items():
        if table not in CLEAN_TABLES:
            yield f"tables.{table}: not a canonical table; choose among {', '.join(CLEAN_TABLES)}"
            continue
        for number, rows in enumerate(how.rows):
            yield from _Rows(mapping, table, rows, f"tables.{table}.rows[{number}]").problems()
        for number, grouped in enumerate(how.grouped):
            yield from _grouped_problems(mapping, table, f"tables.{table}.grouped[{number}]", grouped)
        yield from _key_problems(table, how)


def _key_problems(table: str, how: TableMapping) -> Iterator[str]:
    """How rows find others of their table: reversals their originals, later rows the earlier ones of their key."""
    if how.reversal is not None:
        texts = {f"matches[{n}]": text for n, text in enumerate(how.reversal.matches)}
        yield from _sql_problems(f"tables.{table}.reversal", texts, MAPPING, mapped_columns(table))
    if how.later_replaces is None:
        return
    texts = {f"order[{n}]": text for n, text in enumerate(how.later_replaces.order)}
    yield from _sql_problems(f"tables.{table}.later_replaces", texts, MAPPING, mapped_columns(table))
    if table not in ENTRY_OF:
        yield f"tables.{table}.later_replaces: registers keep every change already; for {', '.join(ENTRY_OF)}"
    if how.reversal is not None:
        yield f"tables.{table}.later_replaces: it needs reversals that name their original, and none by content"


def _same_patterns(mapping: SourceMapping) -> Iterator[str]:
    """Patterns that two kinds of file have: whose a file is could not be told."""
    taken: dict[str, str] = {}
    for file, declared in mapping.files.items():
        for pattern in declared.patterns:
            other = taken.setdefault(pattern.lower(), file)
            if other != file:
                yield f"files.{file}.name: '{pattern}' is a pattern of {other} too"


def _spelling_problems(file: SourceFile) -> Iterator[str]:
    """Names that differ in the size of letters only: Spark takes one for the other."""
    spelled: dict[str, str] = {}
    for name in sorted({*file.names(), *file.drop, *file.identifying}):
        other = spelled.setdefault(name.lower(), name)
        if other != name:
            yield f"'{other}' and '{name}' differ in the size of letters only, and would be taken for one another"
    for name in sorted({*file.names().values()}):
        if any(sign in name for sign in ".[]`"):
            own = "_".join(re.findall(r"\w+", name)) or "a_name"
            yield f"'{name}' is no name in SQL; give it one of its own beside it: [{own}, \"{name}\"]"


def _drop_problems(file: SourceFile) -> Iterator[str]:
    """Patterns under `drop` that would open the list of columns that may come, or close it to one that is read."""
    for pattern in file.drop_patterns:
        if len(pattern.replace(ANY, "")) < _LEAST_PATTERN:
            yield f"'{pattern}' fits nearly every name; say more of the names that are meant"
        read = sorted(name for name in file.names() if covers(pattern, name))
        if read:
            yield f"'{pattern}' covers {', '.join(read)}, which the mapping reads"


def _width_problems(file: SourceFile) -> Iterator[str]:
    """Columns that stand in the line and nowhere else, or the other way round."""
    if file.fixed_width is None:
        return
    there = file.as_known(tuple(file.fixed_width.columns))
    unknown = [c for c in there if c not in file.names() and not file.is_dropped(c)]
    yield from (f"the file has no column '{c}'; list it under columns, or under drop" for c in unknown)
    missing = [aliases for aliases in file.needed() if not {*aliases} & {*there}]
    yield from (f"the column '{' or '.join(aliases)}' stands nowhere in the line" for aliases in missing)


def _sql_problems(where: str, texts: Mapping[str, str], purpose: Purpose, known: Collection[str]) -> Iterator[str]:
    for key, sql in texts.items():
        yield from (f"{where}.{key}: {reported}" for reported in problems_in(sql, purpose, known))


def _contract(table: str) -> Table:
    return TABLES[ENTRY_OF.get(table, table)]


def _domains(table: str) -> dict[str, str]:
    return {c.name: c.domain for c in _contract(table).columns if c.domain is not None}


def is_yes_or_no(table: str, name: str, given: ColumnSource | str = "") -> bool:
    """Whether a canonical column, or a carried one filled from `given`, only says yes or no."""
    contract = _contract(table)
    if name not in contract.column_names:
        return isinstance(given, Expression) and given.as_type == "boolean"
    return contract.spark_type(name) == "boolean"


@dataclass(frozen=True)
class _Rows:
    """One entry of `rows` and the key it stands at."""

    mapping: SourceMapping
    table: str
    rows: Rows
    where: str

    def problems(self) -> Iterator[str]:
        yield from _contract_problems(self.table, self.where, self.rows.columns)
        yield from self._value_problems()
        if self.rows.source not in self.mapping.files:
            yield f"{self.where}.from: no file is named '{self.rows.source}'"
            return
        if self.rows.unpivot is not None:
            held = self._columns_of(self.rows.source)
            yield from (f"{self.where}.unpivot: {reported}" for reported in self.rows.unpivot.problems(held))
        own = self.mapping.columns_of(self.rows)
        there = own | self.rows.looked_up()
        for number, lookup in enumerate(self.rows.lookup):
            yield from self._lookup_problems(f"{self.where}.lookup[{number}]", lookup, own)
        yield from self._circle_problems(own)
        yield from self._sum_problems()
        for name, given in {**self.rows.columns, **self.rows.carry}.items():
            yield from self._reading_problems(f"{self.where}.{name}", given, there)
            yield from self._leaks(name, given)
            if name not in _contract(self.table).names and not isinstance(given, Scrub):  # texts keep their signs
                yield from never_equal(f"{self.where}.{name}", expressions_of(given).values())
        for number, entry in enumerate(self.rows.vault):
            yield from self._reading_problems(f"{self.where}.vault[{number}]", entry, there)
        for key, listed in self.rows.judged_by().items():
            yield from self._reading_problems(f"{self.where}.{key}", listed, there)
            yield from never_equal(f"{self.where}.{key}", [listed.of])
            yield from self._shown(f"{self.where}.{key}", listed)
        yield from self._taking_problems()
        canonical = {name.lower() for name in _contract(self.table).column_names}
        for name in self.rows.carry:
            if name.lower() in canonical:
                yield f"{self.where}.carry.{name}: the table {self.table} has a column of that name"

    def _reading_problems(
        self, where: str, given: ColumnSource | Sealed | CodeList, there: frozenset[str]
    ) -> Iterator[str]:
        for key, sql in expressions_of(given).items():
            at = f"{where}.{key}" if isinstance(given, Sealed) else where
            if sql.isidentifier() and sql.lower() not in {name.lower() for name in there | {"null", "true", "false"}}:
                yield f"{at}: the file {self.rows.source} has no column '{sql}' to read"
            else:
                yield from (f"{at}: {reported}" for reported in problems_in(sql, MAPPING, there))
        for column in names_of(given):
            if column not in there:
                yield f"{where}: the file {self.rows.source} has no column '{column}' to read"

    def _leaks(self, name: str, given: ColumnSource) -> Iterator[str]:
        """An identifying column, of the file or lent by another, must not reach the lake as it is."""
        if name in _contract(self.table).free_texts and not isinstance(given, Scrub):
            yield f"{self.where}.{name}: free text may name anybody; fill it with {{scrub: …}}, or leave it out"
        domain = _domains(self.table).get(name)
        if domain is not None and (not isinstance(given, Token) or given.token != domain):
            yield f"{self.where}.{name}: it holds pseudonyms of {domain}s; fill it with {{token: {domain}, of: …}}"
        if isinstance(given, Flag) and name in self.rows.columns and not is_yes_or_no(self.table, name):
            yield f"{self.where}.{name}: a flag says yes or no, and the column does not; give codes: {{…}}"
        yield from self._guessing(name, given)
        # codes that no translation or flag lists are shown to people
        says_yes_or_no = is_yes_or_no(self.table, name, given) and not isinstance(given, Codes | Flag)
        if not (isinstance(given, Token | Scrub) or says_yes_or_no):
            yield from self._shown(f"{self.where}.{name}", given)

    def _guessing(self, name: str, given: ColumnSource) -> Iterator[str]:
        """A yes or no that an expression makes of a code: one that nobody has seen would be a no."""
        if not (isinstance(given, Expression) and name in self.rows.columns and is_yes_or_no(self.table, name)):
            return
        guarded = identifying_columns(self.mapping, self.rows)  # what no list of codes may show
        if is_comparison_of_a_code(given.expr) and not columns_used(given, guarded):
            (code,) = names_in(given.expr)
            yield (
                f"{self.where}.{name}: a code that it does not list would be a no by guess; name the codes of both: "
                f"{{of: {code}, true: […], false: […]}}, and any other is unknown, and reported"
            )

    def _shown(self, where: str, given: ColumnSource | CodeList) -> Iterator[str]:
        shown = columns_used(given, identifying_columns(self.mapping, self.rows))
        yield from (f"{where}: '{c}' identifies a person; make it a token or scrub it" for c in sorted(shown))

    def _columns_of(self, file: str) -> frozenset[str]:
        return frozenset(self.mapping.files[file].names().values())

    def _value_problems(self) -> Iterator[str]:
        contract = _contract(self.table)
        for name, given in self.rows.columns.items():
            if isinstance(given, Value) and name in contract.column_names:
                yield from (f"{self.where}.{name}: {problem}" for problem in given.problems(contract.spark_type(name)))

    def _taking_problems(self) -> Iterator[str]:
        """Rows that take back, or away, of tables where that is accounted for."""
        if self.rows.sign is not None and not TABLES[self.table].sums:
            yield f"{self.where}.sign: the table {self.table} has no sums; only claim_line and settlement take back"
        if REMOVAL in self.rows.columns:
            yield f"{self.where}.{REMOVAL}: `action` beside the columns says which rows remove, with all codes listed"
        if self.rows.action is not None and self.table not in ENTRY_OF:
            yield (
                f"{self.where}.action: only rows of {' and '.join(ENTRY_OF)} can be removed; {self.table} keeps what "
                "it was told last: leave out by `where` what is not to be put there"
            )
        elif self.rows.action is not None and self.mapping.tables[self.table].later_replaces is None:
            yield f"{self.where}.action: it needs `later_replaces` beside rows"

    def _sum_problems(self) -> Iterator[str]:
        sums = frozenset().union(*(lookup.sums for lookup in self.rows.lookup))
        for name, given in {**self.rows.columns, **self.rows.carry}.items():
            if isinstance(given, Value) and given.default is not None and columns_used(given, sums):
                yield f"{self.where}.{name}: a default would stand for a sum that is unknown; say `none` in the lookup"

    def _lookup_problems(self, where: str, lookup: Lookup, own: frozenset[str]) -> Iterator[str]:
        if lookup.source not in self.mapping.files or lookup.source == self.rows.source:
            yield f"{where}.from: '{lookup.source}' is no other file of this mapping"
            return
        there = self._columns_of(lookup.source)
        for name in lookup.on:
            if name not in own | self.rows.looked_up():
                yield f"{where}.on.{name}: the file {self.rows.source} has no column '{name}', and none is lent to it"
        for key, pairs in (("on", lookup.on), ("columns", lookup.columns), ("sums", lookup.sums)):
            for name, other in pairs.items():
                if other not in there:
                    yield f"{where}.{key}.{name}: the file {lookup.source} has no column '{other}'"
        others = {name.lower() for other in self.rows.lookup if other is not lookup for name in other.lent}
        others |= {name.lower() for name in own}
        for name, other in lookup.lent.items():
            key = "columns" if name in lookup.columns else "sums"
            if name.lower() in others:
                yield f"{where}.{key}.{name}: the name is taken; write `another_name: {other}`"
        if lookup.where is not None:
            yield from _sql_problems(where, {"where": lookup.where}, MAPPING, there)
            yield from never_equal(f"{where}.where", [lookup.where])

    def _circle_problems(self, own: frozenset[str]) -> Iterator[str]:
        """Lookups that wait for each other's columns, by the files that they look in."""
        known = own | self.rows.looked_up()
        whole = [lookup for lookup in self.rows.lookup if {*lookup.on} <= known]
        made = in_turn(whole, own, lambda lookup: lookup.lent)
        waiting = {x.source: sorted({*x.on} - own) for x in whole if x not in made}
        if waiting:
            said = "; ".join(f"{source} by {', '.join(keys)}" for source, keys in waiting.items())
            yield f"{self.where}.lookup: a circle: what each is found by is lent by another of them ({said})"


def identifying_columns(mapping: SourceMapping, rows: Rows) -> frozenset[str]:
    """The columns of the file's rows, its own and those that others lend, that identify a person.

    A column that a token is made of as it stands identifies, whether the mapping says so or not.
    """
    found = _identifying_of(mapping, rows.source)
    found |= {rows.read_as(name) for name in found}
    for lookup in rows.lookup:
        lent = _identifying_of(mapping, lookup.source) if lookup.source in mapping.files else frozenset()
        found |= {here for here, there in lookup.lent.items() if there in lent}
    return found | _made_into_tokens(rows, rows.looked_up())


def _identifying_of(mapping: SourceMapping, file: str) -> frozenset[str]:
    fed = mapping.rows_of(file)
    if fed is None:
        return mapping.files[file].identifies
    made = _made_into_tokens(fed[1], mapping.columns_of(fed[1]))
    stand = frozenset() if fed[1].unpivot is None else fed[1].unpivot.columns_of(made)
    return mapping.files[file].identifies | made | stand


def _made_into_tokens(rows: Rows, among: frozenset[str]) -> frozenset[str]:
    """Which of the columns a token, of the row or in the vault, is made of as they stand."""
    made = [g for g in (*rows.columns.values(), *rows.carry.values(), *rows.vault) if isinstance(g, Token | Sealed)]
    return frozenset(
        name for given in made for name in names_in(given.of, among) if given.of.strip("`").lower() == name.lower()
    )


def _grouped_problems(mapping: SourceMapping, table: str, where: str, grouped: Grouped) -> Iterator[str]:
    yield from _contract_problems(table, where, {**grouped.by, **grouped.columns})
    parent = mapping.tables.get(grouped.parent)
    if parent is None or not parent.rows or grouped.parent not in CLEAN_TABLES:
        yield f"{where}.from: no table of rows is named '{grouped.parent}'"
        return
    there = {*mapped_columns(grouped.parent), *(name for rows in parent.rows for name in rows.carry)}
    if grouped.each is not None:
        if grouped.each.column not in there:
            yield f"{where}.each.column: there is no column '{grouped.each.column}'"
        there |= {"position", grouped.each.name}
    yield from _sql_problems(where, {} if grouped.where is None else {"where": grouped.where}, MAPPING, there)
    yield from _sql_problems(where, grouped.by, MAPPING, there)
    yield from _sql_problems(where, grouped.columns, GROUPED, there)
    carried = {name: given for rows in parent.rows for name, given in rows.carry.items()}
    domains = _domains(grouped.parent) | {n: given.token for n, given in carried.items() if isinstance(given, Token)}
    texts = {*_contract(grouped.parent).free_texts, *(n for n, given in carried.items() if isinstance(given, Scrub))}
    for name, sql in {**grouped.by, **grouped.columns}.items():
        read = names_in(sql, there)
        yield from (
            f"{where}.{name}: {reported}" for reported in _grouped_leaks(table, name, sql, read, domains, texts)
        )


def _grouped_leaks(
    table: str, name: str, sql: str, read: frozenset[str], domains: Mapping[str, str], texts: Set[str]
) -> Iterator[str]:
    """A pseudonym stays what it is, and free text in columns of free text: erasing and exports go by the contract."""
    domain = _domains(table).get(name)
    found = {domains[column] for column in read if column in domains}
    if domain is not None and (found != {domain} or functions_in(sql) - _KEEPING):
        yield f"it holds pseudonyms of {domain}s; take one of {_columns_like(domains, domain)}, by min() or max()"
    elif domain is None and found and not is_yes_or_no(table, name):
        yield f"it is made of pseudonyms ({', '.join(sorted(read & domains.keys()))}), and is no column for any"
    if name in _contract(table).free_texts and not (read and read <= texts):
        yield "free text may name anybody; take a column that was scrubbed"
    elif name not in _contract(table).free_texts and read & texts and not is_yes_or_no(table, name):
        yield f"it is made of free text ({', '.join(sorted(read & texts))}), and is no column for any"


def _columns_like(domains: Mapping[str, str], domain: str) -> str:
    """The parent's columns that hold pseudonyms of a domain, in a message."""
    return ", ".join(sorted(name for name, its in domains.items() if its == domain)) or "the parent's (it has none)"


def _contract_problems(
    table: str, where: str, columns: Mapping[str, ColumnSource] | Mapping[str, str]
) -> Iterator[str]:
    known = [name for name in _contract(table).column_names if name not in NOT_MAPPED]
    yield from (f"{where}.{name}: the table {table} has no such column" for name in columns if name not in known)
    missing = [name for name in TABLES[table].required_key if name not in columns]
    yield from (f"{where}: the key column {name} is not filled" for name in missing)
