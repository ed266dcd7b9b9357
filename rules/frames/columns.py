"""The columns a rule may name, grain by grain, and what each rests on.

A source is `table.column` or `knowledge.class`; a column rests on one or more groups of sources, and of each group at
least one must be there (a price limit comes from the line, or else from the catalogue).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fundwatch.contracts import TABLES
from rules.catalogue.rule import GrainName

AnyOf = frozenset[str]
Sources = frozenset[AnyOf]


def _one(*sources: str) -> Sources:
    """Every one of the sources is needed."""
    return frozenset(frozenset({source}) for source in sources)


def _own(table: str, *names: str, **renamed: str) -> dict[str, Sources]:
    return {**{n: _one(f"{table}.{n}") for n in names}, **{new: _one(f"{table}.{old}") for new, old in renamed.items()}}


_LINE = {
    **_own("claim_line", *(c for c in TABLES["claim_line"].column_names if not c.startswith("known_"))),
    **_own("claim_line", service_date="charged_at"),
}
_PATIENT = _own("patient", "sex", "birth_year", "death_date", "is_identity_sex_consistent")
_ENCOUNTER = {
    **_own("encounter", "is_inpatient", "started_at", "ended_at", "insurance_type", "main_diagnosis_code"),
    **_own("encounter", "discharge_way", started_on="started_at", ended_on="ended_at"),
}
_SETTLEMENT = _own("settlement", settled_on="settled_at")
_INSTITUTION = _own("institution", "institution_name", "institution_type", "institution_level", "bed_count")
_ITEM = {"price_limit_in_force": frozenset({frozenset({"claim_line.price_limit", "item.price_limit"})})}
_ITEM_KNOWLEDGE = {
    "frequency_limit": _one("knowledge.frequency"),
    "frequency_unit": _one("knowledge.frequency"),
    "item_class": _one("knowledge.item_class"),
}
_SEX_KNOWLEDGE = {
    name: frozenset({frozenset({"knowledge.sex_item", "knowledge.sex_diagnosis"})})
    for name in ("restricted_sex", "restricted_by")
}
# joined to the lines when a rule names one of the columns
PARTS: Mapping[str, Mapping[str, Sources]] = {
    "patient": _PATIENT,
    "encounter": _ENCOUNTER,
    "settlement": _SETTLEMENT,
    "institution": _INSTITUTION,
    "item": _ITEM,
    "item_knowledge": _ITEM_KNOWLEDGE,
    "sex_knowledge": _SEX_KNOWLEDGE,
}
_ANY_LINE = {name: sources for part in (_LINE, *PARTS.values()) for name, sources in part.items()}
_STAY = {
    **_own("encounter", "encounter_id", "patient_id", "institution_id", "visit_type", "insurance_type"),
    **_own("encounter", "started_at", "ended_at", "main_diagnosis_code", "discharge_way"),
    **_own("encounter", service_date="started_at", started_on="started_at", ended_on="ended_at"),
}
# the public names of a stay's hospital and of the earlier one's
STAY_NAMES = {"institution_name": "institution_id", "earlier_institution_name": "earlier_institution_id"}
_EARLIER = ("encounter_id", "institution_id", "insurance_type", "started_at", "ended_at", "discharge_way")
_PAIR = {
    **_STAY,
    **{f"earlier_{n}": _one(f"encounter.{n}") for n in _EARLIER},
    **{f"earlier_here_{n}": _one(f"encounter.{n}") for n in _EARLIER},
    "shorter_encounter_id": _one("encounter.started_at", "encounter.ended_at"),
    **{name: _one("institution.institution_name") for name in STAY_NAMES},
}
_VISIT = {
    **_own("encounter", "patient_id", "institution_id", "visit_type", "main_diagnosis_code"),
    **_own("encounter", service_date="started_at", month="started_at"),
}
_CENSUS = {
    **_own("encounter", "institution_id", service_date="started_at", in_patients="started_at", month="started_at"),
    **_own("institution", "bed_count"),
}
# whatever a rule names: the money of its hits needs these
_MONEY = _one(
    "claim_line.line_id", "claim_line.settlement_id", "claim_line.covered_amount", "claim_line.encounter_id",
    "claim_line.patient_id", "claim_line.institution_id", "claim_line.charged_at",
    "settlement.covered_amount", "settlement.fund_amount",
)  # fmt: skip
ACCOUNT_NEEDS = _one("settlement.account_amount", "settlement.total_amount", "claim_line.amount")


_IN_PATIENT = _one(
    "encounter.is_inpatient", "encounter.encounter_id", "encounter.patient_id", "encounter.institution_id",
    "encounter.started_at", "encounter.ended_at",
)  # fmt: skip
_SEEN = _one(
    "encounter.is_inpatient", "encounter.encounter_id", "encounter.patient_id", "encounter.institution_id",
    "encounter.started_at", "encounter.visit_type",
)  # fmt: skip


class Frame(StrEnum):
    """The rows that grains are judged on; grains of one frame are tagged in one pass."""

    LINES = "lines"
    STAYS = "stays"
    VISITS = "visits"
    CENSUS = "census"


@dataclass(frozen=True)
class Grain:
    """What a rule judges: the key of a thing, whom its hit identifies, the columns it may name, the sources it needs.

    `judged_on` is the date that decides whether a thing falls into the scanned window.
    """

    name: GrainName
    frame: Frame
    thing: tuple[str, ...]
    identifies: frozenset[str]
    columns: Mapping[str, Sources]
    base: Sources
    judged_on: str = "service_date"


def _grain(
    name: GrainName,
    frame: Frame,
    thing: str,
    identifies: str,
    columns: Mapping[str, Sources],
    rests_on: Sources = frozenset(),
    judged_on: str = "service_date",
) -> Grain:
    who = frozenset(identifies.split())
    return Grain(name, frame, tuple(thing.split()), who, columns, _MONEY | rests_on, judged_on)


_G, _F = GrainName, Frame
GRAINS: Mapping[GrainName, Grain] = {
    grain.name: grain
    for grain in (
        _grain(_G.LINE, _F.LINES, "line_id", "patient_id institution_id encounter_id ordering_doctor_id", _ANY_LINE),
        _grain(
            _G.PATIENT_ITEM_DAY,
            _F.LINES,
            "patient_id institution_id item_code service_date",
            "patient_id institution_id",
            _ANY_LINE,
            _one("claim_line.item_code"),
        ),
        _grain(_G.PATIENT_DAY, _F.LINES, "patient_id service_date", "patient_id", _ANY_LINE),
        _grain(
            _G.ENCOUNTER,
            _F.LINES,
            "encounter_id",
            "patient_id institution_id encounter_id",
            _ANY_LINE,
            _IN_PATIENT,
            judged_on="ended_on",
        ),
        _grain(
            _G.ENCOUNTER_PAIR,
            _F.STAYS,
            "encounter_id",
            "patient_id institution_id encounter_id",
            _PAIR,
            _IN_PATIENT,
            judged_on="judged_on",
        ),
        _grain(_G.PATIENT_WINDOW, _F.VISITS, "patient_id month", "patient_id", _VISIT, _SEEN),
        _grain(_G.INSTITUTION_PERIOD, _F.CENSUS, "institution_id month", "institution_id", _CENSUS, _IN_PATIENT),
    )
}
