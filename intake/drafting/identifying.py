"""What a drafted mapping keeps in the vault, and the columns that only tokens, scrubbed text and it read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from fundwatch.contracts import TABLES
from intake.drafting.columns import Proposed
from intake.drafting.national import national_vault
from intake.drafting.sampling import Look
from intake.drafting.values import flow, sql
from intake.drafting.vocabulary import SURE, Vocabulary, matches
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
        fields = _fields(vocabulary.identity[form.token], look) if is_who else {}
        entries.append(flow({"token": form.token, "of": form.of} | ({"with": fields} if fields else {})))
    return tuple(entries)


def _fields(known: Mapping[str, Sequence[str]], look: Look) -> dict[str, str]:
    fields = {}
    for field, names in known.items():
        sure = [m.header for m in matches(names, look.header) if m.confidence == SURE and not look.is_blank(m.header)]
        if sure:
            fields[field] = sql(sure[0])
    return fields


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
            guarded |= {column for column in read if vocabulary.identifying.meets(column)}
            shown |= {column for column in read if not vocabulary.identifying.meets(column)}
        else:
            shown |= read
    return guarded - shown
