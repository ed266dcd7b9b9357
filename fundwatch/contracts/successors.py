"""Contracts of the tables that link ids: who goes on under another. Without them every id is somebody of its own."""

from __future__ import annotations

from fundwatch.contracts.clean import history
from fundwatch.contracts.table import Table

PERSON_SUCCESSOR = history(
    "person_successor",
    "former id × the id that took its place, as of a person with another card, certificate or insurance",
    """
    former_patient_id token(person) the id that goes
    patient_id token(person) the id that the person has instead
    since date from which it holds; while it is unknown or to come, nothing is linked
    """,
    key="former_patient_id patient_id",
    dated="coalesce(since, known_from)",
)
INSTITUTION_SUCCESSOR = history(
    "institution_successor",
    "former id × the id that took its place, as of an institution renamed or merged into another",
    """
    former_institution_id id(institution) the id that goes
    institution_id id(institution) the id that its care is under instead
    since date from which it holds; while it is unknown or to come, nothing is linked
    """,
    key="former_institution_id institution_id",
    dated=None,  # a public register
)
# by the kind of id, as contracts name it
SUCCESSORS: dict[str, Table] = {"person": PERSON_SUCCESSOR, "institution": INSTITUTION_SUCCESSOR}
SUCCESSOR_TABLES = tuple(table.name for table in SUCCESSORS.values())
ALL = tuple(SUCCESSORS.values())
