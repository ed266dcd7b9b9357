"""Whom a profile is about: an id, or the beginning of one, found in the registers and among those with indicators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from fundwatch.contracts.entities import ENTITIES, Entity
from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from jobs.review.profiles.kinds import PHARMACY, PROFILE_KINDS
from leads.profile.rows import Subject

_ID = re.compile(r"[\w.-]{2,64}")
_IDS_SHOWN = 8


def entity_of(kind: str) -> Entity:
    """The kind of entity by whose tables a word is answered."""
    return ENTITIES.get(kind) or ENTITIES["institution"]


def profile_night(settings: Settings, given: date | None) -> date:
    """The night asked for, or the newest that took claims in. Raises NotReadyError naming those that did."""
    refuse_no_lake(settings.lake_address)
    nights = Ledger(settings.lake_address).nights("intake")
    night = given or (nights[-1] if nights else None)
    if night is None or night not in nights:
        raise NotReadyError(
            "no night has taken claims in yet" if given is None else f"no intake of {given} is committed",
            where=str(settings.lake_address),
            do=f"run `fundwatch nightly --date {given or 'DATE'}`; {nights_said(nights)}",
        )
    return night


def find_subject(lake: Lake, night: date, kind: str, given: str) -> Subject:
    """The one that is meant. Raises FundwatchError where the id is none, nobody's, several ones' or of another kind."""
    if not _ID.fullmatch(given):
        raise FundwatchError(
            f"'{given:.40}' is no id, nor the beginning of one",
            where="ID",
            do="give 2 to 64 letters, digits, `-` or `.`; `fundwatch show LEAD` says a subject's",
        )
    found = ids_beginning(lake, night, kind, given)
    if given in found:
        found = {given: found[given]}
    if len(found) > 1:
        ids = sorted(found)
        shown = f"{', '.join(ids[:_IDS_SHOWN])}{' …' if len(ids) > _IDS_SHOWN else ''}"
        raise FundwatchError(f"{len(ids)} {kind} ids begin with '{given}'", where="ID", do=f"give more: {shown}")
    if not found:
        raise _unknown(lake, night, kind, given)
    ((one, name),) = found.items()
    return Subject(kind, entity_of(kind).name, one, name)


def _unknown(lake: Lake, night: date, kind: str, given: str) -> FundwatchError:
    others = [other for other in PROFILE_KINDS if other != kind and ids_beginning(lake, night, other, given)]
    if kind == "institution" and PHARMACY in others:
        others.remove(PHARMACY)
    if others:
        return FundwatchError(
            f"'{given}' is no {kind} id, but of another kind: {others[0]}",
            where="ID",
            do=f"`fundwatch profile {others[0]} {given}`",
        )
    return FundwatchError(
        f"no {kind} id known on {night} begins with '{given}'",
        where="ID",
        do="`fundwatch show LEAD` says a subject's id; after a change of keys the ids are others",
    )


def ids_beginning(lake: Lake, night: date, kind: str, given: str) -> dict[str, str]:
    """The ids of the kind that begin so, each with its public name where it has one: as registered on the night, with
    indicators of the night, or of fee lines by exact id (a source may have no register)."""
    entity = entity_of(kind)
    found: dict[str, str] = {}
    for table, query in _queries(lake, night, kind, entity, given):
        for row in lake.rows(table, query):
            found[row["id"]] = found.get(row["id"]) or row["name"] or ""
    if not found and kind != PHARMACY and lake.exists("claim_line"):
        column = entity.line_id
        rows = lake.rows("claim_line", f"SELECT {column} AS id FROM claim_line WHERE {column} = '{given}' LIMIT 1")
        found = {row["id"]: "" for row in rows}
    return found


def _queries(lake: Lake, night: date, kind: str, entity: Entity, given: str) -> Iterator[tuple[str, str]]:
    register, most = entity.register, 1000
    if register is not None and lake.exists(register.table):
        name = "institution_name" if entity.name in ("institution", PHARMACY) else "NULL"
        only = f" AND institution_type = '{PHARMACY}'" if kind == PHARMACY else ""
        yield (
            register.table,
            f"SELECT DISTINCT {register.id} AS id, {name} AS name FROM {register.table} "
            f"WHERE {known_on(night)} AND starts_with({register.id}, '{given}'){only} LIMIT {most}",
        )
    if kind != PHARMACY and lake.exists(entity.indicator_table):
        yield (
            entity.indicator_table,
            f"SELECT {entity.id_column} AS id, NULL AS name FROM {entity.indicator_table} "
            f"WHERE business_date = DATE '{night}' AND starts_with({entity.id_column}, '{given}') LIMIT {most}",
        )
