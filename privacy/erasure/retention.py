"""What goes with a person or grows old, read from the contracts: erasing forgets no table that is declared."""

from __future__ import annotations

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.contracts.table import Table

PERSON = "patient"  # the register of persons: its row goes with the last of what is theirs
_OWN_DOMAINS = ("person", "mixed")  # a doctor's token in a claim is not the claim's own person


def own_tokens(table: Table) -> tuple[str, ...]:
    """The columns that say whose row it is."""
    return tuple(column.name for column in table.columns if column.domain in _OWN_DOMAINS)


def owners() -> tuple[str, ...]:
    """The tables whose ids other rows go with."""
    return tuple(dict.fromkeys(of for table in TABLES.values() for _, of in table.goes_with))


def id_of(owner: str) -> str:
    """The column of the owner's own id."""
    return next(name for name in TABLES[owner].key if name != "business_date")


def tables_with(owner: str, *, by_age: bool) -> tuple[str, ...]:
    """The tables that name ids of the owner beside a person, the owner first.

    By age only those whose rows are the owner's own: an old line does not make the stay around it old.
    """
    column, is_clean = id_of(owner), TABLES[owner] in CLEAN
    others = [t for t in CLEAN if is_clean and t.name != owner and column in t.column_names and own_tokens(t)]
    return (owner, *(t.name for t in others if not by_age or {*t.key} - {"business_date"} == {column}))


def tables_of_persons() -> tuple[str, ...]:
    """The clean tables beside the register that say something of a person."""
    return tuple(t.name for t in CLEAN if t.name != PERSON and any(c.domain == "person" for c in t.columns))


def other_tokens() -> dict[str, str]:
    """The register's tokens beside the person's own: column and domain."""
    return {c.name: c.domain for c in TABLES[PERSON].columns if c.domain is not None and c.domain != "person"}


def in_order() -> tuple[str, ...]:
    """All tables in the order of erasing.

    Last are those from which it is read whose rows go with a person's, the register of persons last of all; so an
    interrupted erasure can still find the others when it is run again.
    """
    read = {name for owner in owners() for name in tables_with(owner, by_age=False)}
    clean = {table.name for table in CLEAN}
    last = [*sorted(read - clean), *(name for name in TABLES if name in (read & clean) - {PERSON}), PERSON]
    return (*(name for name in TABLES if name not in last), *last)
