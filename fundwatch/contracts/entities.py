"""Whose behaviour is watched: persons, doctors, institutions. A new kind is one declaration here and its catalogue of
indicators (`features/catalogue/<entity>.yaml`).

All else follows: the tables of its days and indicators, their age, the stages that write and read them, the models,
the subjects of rules and leads, and their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EntityColumns:
    """The columns of a clean table by which a row finds its entity and its day (a date, or the day of a time)."""

    id: str
    day: str


@dataclass(frozen=True)
class Register:
    """The clean table that describes entities of a kind, and what it says of them: attributes that peers may share.

    `id` is the table's column of the entity's id; `attributes` are SQL over its columns and `:as_of`, by name; what is
    not known is null. Where an entity may stand in the table more than once, that row holds whose `begun` (a date,
    null: always) is the latest by the as-of date, the least `tie` first. `within` is the entity that the row's belongs
    to, found by the id column of that one's register: its attributes are this one's too.
    """

    table: str
    id: str
    attributes: Mapping[str, str]
    begun: str = ""
    tie: str = ""
    within: str = ""


@dataclass(frozen=True)
class Entity:
    """One kind of entity. Its id column is `<name>_id` in every table that the indicators make.

    `domain` is the key's domain of its pseudonyms, None for public ids. `days` says by clean table how a row finds
    entity and day. `line_id` is the column of a fee line that says whose it is: the subject of a rule's hit.
    `behaviour` are attributes that an indicator over the longest window decides: its name, and SQL over `value`.
    `peers` are the attributes that peers share where conf/peers/ says nothing of the entity, what matters most first.
    """

    name: str
    zh: str
    domain: str | None
    line_id: str
    days: Mapping[str, EntityColumns]
    register: Register
    peers: tuple[str, ...]
    behaviour: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def id_column(self) -> str:
        return f"{self.name}_id"

    @property
    def id_kind(self) -> str:
        """What the contracts call its ids: the domain of its pseudonyms, or itself where they are public."""
        return self.domain or self.name

    @property
    def rollup_table(self) -> str:
        return f"rollup_{self.name}_day"

    @property
    def indicator_table(self) -> str:
        return f"indicator_{self.name}"

    @property
    def words(self) -> str:
        """What analysts read, Chinese first."""
        return f"{self.zh} {self.name.replace('_', ' ')}"


_PATIENT = Entity(
    name="patient",
    zh="参保人",
    domain="person",
    line_id="patient_id",
    days={
        "claim_line": EntityColumns("patient_id", "charged_at"),
        "encounter": EntityColumns("patient_id", "started_at"),
        "settlement": EntityColumns("patient_id", "settled_at"),
    },
    register=Register("patient", "patient_id", {"age": "year(:as_of) - birth_year", "sex": "sex"}),
    behaviour={"had_stay": ("stay_days", "CASE WHEN value > 0 THEN 'stay' WHEN value = 0 THEN 'no_stay' END")},
    peers=("had_stay", "sex"),
)
_DOCTOR = Entity(
    name="doctor",
    zh="医师",
    domain="doctor",
    line_id="ordering_doctor_id",
    days={"claim_line": EntityColumns("ordering_doctor_id", "charged_at")},
    register=Register(
        "doctor",
        "doctor_id",
        {"department": "department"},
        begun="started_on",
        tie="institution_id",
        within="institution",
    ),
    peers=("institution_type", "institution_level"),
)
_INSTITUTION = Entity(
    name="institution",
    zh="机构",
    domain=None,
    line_id="institution_id",
    days={
        "claim_line": EntityColumns("institution_id", "charged_at"),
        "encounter": EntityColumns("institution_id", "started_at"),
        "settlement": EntityColumns("institution_id", "settled_at"),
    },
    register=Register(
        "institution",
        "institution_id",
        {name: name for name in ("institution_type", "institution_level", "region_code")},
    ),
    peers=("institution_type", "institution_level"),
)
ENTITIES: dict[str, Entity] = {entity.name: entity for entity in (_PATIENT, _DOCTOR, _INSTITUTION)}


def names_said(joined: str) -> str:
    """The entities in a sentence: `patient, doctor or institution`."""
    *others, last = ENTITIES
    return f"{', '.join(others)} {joined} {last}"
