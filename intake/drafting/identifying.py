"""What a drafted mapping keeps in the vault, and the columns that only tokens, scrubbed text and it read."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from fundwatch.contracts import TABLES
from intake.drafting.columns import Proposed
from intake.drafting.names import matches
from intake.drafting.national import national_vault
from intake.drafting.sampling import Look
from intake.drafting.values import flow, plain_name, sql
from intake.drafting.vocabulary import Vocabulary
from intake.source.columns import Expression, Scrub, Sealed, Token, columns_used
from intake.source.mapping import ENTRY_OF

# by domain: the column whose file tells who it is
_WHOSE = {"person": "patient_id", "doctor": "doctor_id"}


def vault_entries(
    table: str, columns: Sequence[Proposed], look: Look, vocabulary: Vocabulary, tables: frozenset[str]
) -> tuple[str, ...]:
    """The YAML of what the vault is to keep: each identifier of which a token is made, with all that tells who it is.

    A token that the vault does not know can be carried over to no new key. `tables` are those that the files of the
    source feed: where a register of persons comes, it alone tells of them.
    """
    entries = national_vault(table, look)
    known = [Sealed.model_validate(yaml.safe_load(entry)) for entry in entries]
    reported = {(entry.token, entry.of) for entry in known}
    for one in columns:
        form = one.form
        if not isinstance(form, Token) or (form.token, form.of) in reported:
            continue
        if form.token == "person" and table != "patient" and "patient" in tables:
            continue
        reported.add((form.token, form.of))
        is_who = _WHOSE.get(form.token) == one.column
        fields = _fields(form.token, look, vocabulary) if is_who else {}
        # a name in parts may lack some; without the id there is nobody to tell of
        needs = {"needs": _columns_of(form, look)} if "concat_ws" in fields.get("name", "") else {}
        entries.append(flow({"token": form.token, "of": form.of} | ({"with": fields} if fields else {}) | needs))
    return tuple(entries)


def _fields(domain: str, look: Look, vocabulary: Vocabulary) -> dict[str, str]:
    """What the file tells of whoever the token stands for, by the vault's field."""
    fields = {}
    for field, names in vocabulary.identity.get(domain, {}).items():
        sure = _filled(names, look, vocabulary)
        if sure:
            fields[field] = sql(sure)
    if domain == "person" and "name" not in fields:
        parts = [sql(part) for names in vocabulary.name_parts if (part := _filled(names, look, vocabulary))]
        if parts:
            fields["name"] = f"concat_ws(' ', {', '.join(parts)})"
    return fields


def _filled(names: Sequence[str], look: Look, vocabulary: Vocabulary) -> str:
    """The header that is surely known by one of the names and not always blank."""
    found = matches(names, look.header, vocabulary.spelling)
    return next((m.header for m in found if m.is_sure and not look.is_blank(m.header)), "")


def _columns_of(form: Token, look: Look) -> list[str]:
    return sorted(columns_used(form, frozenset(plain_name(header) for header in look.header)))


def read_of(entry: str, known: frozenset[str]) -> frozenset[str]:
    """The columns that an entry of the vault reads."""
    return columns_used(Sealed.model_validate(yaml.safe_load(entry)), known)


def identifying_of(
    table: str, columns: Sequence[Proposed], vault: Sequence[str], known: frozenset[str], vocabulary: Vocabulary
) -> frozenset[str]:
    """The plain names of columns that are read by nothing that shows them."""
    yes_or_no = {c.name for c in TABLES[ENTRY_OF.get(table, table)].columns if c.type == "boolean"}
    guarded = frozenset[str]().union(*(read_of(entry, known) for entry in vault))
    shown = frozenset[str]()
    for one in columns:
        form, read = one.form, one.reads(known)
        if isinstance(form, (Token, Scrub)):
            guarded |= read
        elif isinstance(form, Expression) and one.column in yes_or_no:
            guarded |= {column for column in read if vocabulary.identifies(column)}
            shown |= {column for column in read if not vocabulary.identifies(column)}
        else:
            shown |= read
    return guarded - shown
