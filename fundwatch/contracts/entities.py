"""Whose behaviour is measured, and whose is watched. A new kind is one declaration here and its catalogue of indicators
(`features/catalogue/<entity>/`).

All else follows: the tables of its days and indicators, their age, the stages that write and read them. What is watched
is also learned by models, may be the subject of rules and leads, and has words there; what is only measured is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PARTED_BY = "|"  # between the parts of an id that names a pair


@dataclass(frozen=True)
class EntityColumns:
    """How a row of a clean table, with what it lies within, finds its entity.

    `id` is a column, or SQL over the row's columns and those of its context (`features/catalogue/sources.py`); a tuple
    of them names a pair, whose id is its parts with `|` between. A row without one of the parts is nobody's, nor is one
    that does not meet `only`. Days are the source's.
    """

    id: str | tuple[str, ...]
    only: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.id,) if isinstance(self.id, str) else self.id


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
    its entity. `line_id` is the column of a fee line that says whose it is: the subject of a rule's hit; one without is
    only measured, and neither watched nor the subject of anything. `behaviour` are attributes that an indicator over
    the window of so many days decides: its name, the days, and SQL over `value`. `peers` are the attributes that peers
    share where conf/peers/ says nothing of the entity, what matters most first. `quotes` says of a pair which domains'
    pseudonyms its id repeats, and `parts` what the parts of its id are: entities, whose attributes are the pair's too,
    or attributes themselves.
    """

    name: str
    zh: str
    domain: str | None
    days: Mapping[str, EntityColumns]
    line_id: str = ""
    register: Register | None = None
    peers: tuple[str, ...] = ()
    behaviour: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Whether models learn it and rules and leads may be about it; its days are kept then, night by night."""
        return bool(self.line_id)

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
        table: EntityColumns("patient_id")
        for table in (
            "claim_line", "encounter", "settlement", "diagnosis", "procedure", "trace_scan", "presence_check",
            "chronic_registration", "enrolment", "referral",
        )
    },
    register=Register("patient", "patient_id", {"age": "year(:as_of) - birth_year", "sex": "sex"}),
    behaviour={"had_stay": ("stay_days", 90, "CASE WHEN value > 0 THEN 'stay' WHEN value = 0 THEN 'no_stay' END")},
    peers=("had_stay", "sex"),
)  # fmt: skip
_DOCTOR = Entity(
    name="doctor",
    zh="医师",
    domain="doctor",
    line_id="ordering_doctor_id",
    days={
        "claim_line": EntityColumns("ordering_doctor_id"),
        "encounter": EntityColumns("attending_doctor_id"),
        "procedure": EntityColumns("operating_doctor_id"),
        "chronic_registration": EntityColumns("diagnosing_doctor_id"),
    },
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
_OF_INSTITUTION = (
    "claim_line", "encounter", "settlement", "diagnosis", "procedure", "case_group", "trace_scan", "stock_movement",
    "presence_check", "chronic_registration", "tip", "claim_line_entry", "settlement_entry",
)  # fmt: skip
_PLACE = Register(
    "institution",
    "institution_id",
    {name: name for name in ("institution_type", "institution_level", "region_code")},
)
_INSTITUTION = Entity(
    name="institution",
    zh="机构",
    domain=None,
    line_id="institution_id",
    days={table: EntityColumns("institution_id") for table in _OF_INSTITUTION},
    register=_PLACE,
    peers=("institution_type", "institution_level"),
)
_PHARMACY = Entity(
    name="pharmacy",
    zh="药店",
    domain=None,
    days={table: EntityColumns("institution_id", "institution_type = 'pharmacy'") for table in _OF_INSTITUTION},
    register=_PLACE,
    peers=("region_code",),
)
_DEPARTMENT = Entity(
    name="department",
    zh="科室",
    domain=None,
    days={
        "claim_line": EntityColumns(("institution_id", "ordering_department")),
        "encounter": EntityColumns(("institution_id", "coalesce(discharge_department, admission_department)")),
        "settlement": EntityColumns(("institution_id", "coalesce(discharge_department, admission_department)")),
    },
    parts=("institution", "department_name"),
    peers=("department_name", "institution_level"),
)
_PERFORMING_STAFF = Entity(
    name="performing_staff",
    zh="执行人员",
    domain="doctor",
    days={"claim_line": EntityColumns("performing_doctor_id")},
    register=Register("doctor", "doctor_id", {"title": "title"}, "started_on", "institution_id", "institution"),
    peers=("institution_type", "institution_level"),
)


def _catalogued(name: str, zh: str, types: str, *more: str) -> Entity:
    """Entries of the catalogue whose type (list_type) begins so."""
    only = f"item_type LIKE '{types}%'"
    others = {table: EntityColumns("item_code") for table in more}
    return Entity(
        name=name,
        zh=zh,
        domain=None,
        days={"claim_line": EntityColumns("item_code", only)} | others,
        register=Register("item", "item_code", {"charge_class": "charge_class"}, begun="started_on"),
        peers=("charge_class",),
    )


_CATEGORY = "upper(left(main_diagnosis_code, 3))"
_DISEASE = Entity(
    name="disease",
    zh="病种",
    domain=None,
    days={
        table: EntityColumns(_CATEGORY)
        for table in ("encounter", "settlement", "claim_line", "procedure", "case_group")
    }
    | {"diagnosis": EntityColumns("upper(left(diagnosis_code, 3))")},
)
_PAYMENT_GROUP = Entity(
    name="payment_group",
    zh="病组",
    domain=None,
    days={table: EntityColumns("group_code") for table in ("case_group", "settlement", "claim_line")},
)
_CHRONIC_DISEASE = Entity(
    name="chronic_disease",
    zh="门慢特病种",
    domain=None,
    days={"chronic_registration": EntityColumns("disease_code")},
)
_OF_INSURED = ("claim_line", "encounter", "settlement", "case_group", "diagnosis", "procedure")
_REGION = Entity(
    name="region",
    zh="统筹区",
    domain=None,
    days={table: EntityColumns("insured_region") for table in (*_OF_INSURED, "settlement_entry")}
    | {"enrolment": EntityColumns("region_code")},
)
_FUND = Entity(
    name="fund",
    zh="基金险种",
    domain=None,
    days={table: EntityColumns(("insured_region", "insurance_type")) for table in _OF_INSURED}
    | {"enrolment": EntityColumns(("region_code", "insurance_type"))},
)
_STOCK_ITEM = Entity(
    name="stock_item",
    zh="库存品规",
    domain=None,
    days={
        "stock_movement": EntityColumns(("institution_id", "item_code")),
        "trace_scan": EntityColumns(("institution_id", "item_code")),
        "claim_line": EntityColumns(("institution_id", "item_code"), "item_type LIKE '1%' OR item_type LIKE '3%'"),
    },
    parts=("institution", "item"),
    peers=("charge_class", "institution_type"),
)
_TRACE_CODE = Entity(
    name="trace_code",
    zh="追溯码",
    domain=None,
    days={"trace_scan": EntityColumns("trace_code")},
)
_INSTITUTION_ITEM = Entity(
    name="institution_item",
    zh="机构项目",
    domain=None,
    days={"claim_line": EntityColumns(("institution_id", "item_code"))},
    parts=("institution", "item"),
    peers=("charge_class", "institution_level"),
)
_DOCTOR_ITEM = Entity(
    name="doctor_item",
    zh="医师项目",
    domain=None,
    days={"claim_line": EntityColumns(("ordering_doctor_id", "item_code"))},
    quotes=("doctor",),
    parts=("doctor", "item"),
    peers=("charge_class", "institution_level"),
)
MEASURED: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _PATIENT, _DOCTOR, _INSTITUTION, _PHARMACY, _DEPARTMENT, _PERFORMING_STAFF,
        _catalogued("drug", "药品", "1", "trace_scan"), _catalogued("item", "诊疗项目", "2"),
        _catalogued("consumable", "耗材", "3"),
        _DISEASE, _PAYMENT_GROUP, _CHRONIC_DISEASE, _REGION, _FUND, _STOCK_ITEM, _TRACE_CODE, _INSTITUTION_ITEM,
        _DOCTOR_ITEM,
    )
}  # fmt: skip
# those that are watched: the subjects of models, rules and leads
ENTITIES: dict[str, Entity] = {name: entity for name, entity in MEASURED.items() if entity.is_watched}


def answering(entity: Entity) -> Entity | None:
    """Of whom leads speak where one of this kind is strange: itself where it is watched, else the watched entity whose
    id its own begins with or whose pseudonyms it bears. None: nobody, as of a drug or a region."""
    if entity.is_watched:
        return entity
    first = {columns.parts[0] for columns in entity.days.values()}
    for watched in ENTITIES.values():
        if first == {watched.line_id} or (entity.domain is not None and entity.domain == watched.domain):
            return watched
    return None


def names_said(joined: str) -> str:
    """The entities in a sentence: `patient, doctor or institution`."""
    *others, last = ENTITIES
    return f"{', '.join(others)} {joined} {last}"
