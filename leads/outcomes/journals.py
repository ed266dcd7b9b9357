"""The journals of what people do with leads: their columns, and which of these hold pseudonyms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PeoplesJournal:
    """One journal. `columns` gives the simple type of each column; every row also has `at`, when it was written.

    `id` names a row, with `also_id` where several share it. `tokens` are the columns that may hold pseudonyms, by the
    domain of the key; `cases` those with ids of cases, which are made again when the key changes. `goes_with` names the
    journal whose row a row belongs to, by its id.
    """

    name: str
    columns: Mapping[str, str]
    id: str
    tokens: Mapping[str, str] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    goes_with: str = ""
    also_id: tuple[str, ...] = ()
    grain: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart."""
        return (self.id, *self.also_id)


_SUBJECT = {"subject_type": "string", "subject_id": "string"}
_OF_LEAD = {"case_id": "string", "lead_id": "string", "night": "date", **_SUBJECT, "kind": "string"}
_SIGNED = {"by": "string", "account": "string"}

LEAD_STATUS = PeoplesJournal(
    "lead_status",
    {
        "entry_id": "string", **_OF_LEAD, "status": "string", "on_date": "date", "team": "string", "person": "string",
        "reason_code": "string", "note": "string", "outcome_id": "string", **_SIGNED, "second_by": "string",
        "withdraws": "string",
    },
    id="entry_id",
    tokens={"subject_id": "mixed"},
    cases=("case_id",),
    grain="step of a case",
)  # fmt: skip
_OUTCOME = {
    "outcome_id": "string", **_OF_LEAD, "rule_version": "string", "tier": "string", "decision": "string",
    "on_date": "date", "found_amount": "money", "recovered_amount": "money", "prevented_amount": "money",
    "fined_amount": "money", "article": "string", "referred_to": "string", "hours": "double", "chosen_by": "string",
    "reason_code": "string", "note": "string", **_SIGNED, "second_by": "string", "withdraws": "string",
}  # fmt: skip
OUTCOME = PeoplesJournal(
    "outcome", _OUTCOME, id="outcome_id", tokens={"subject_id": "mixed"}, cases=("case_id",), grain="decision on a case"
)
# what one person decided (初审) and another has yet to confirm (复审): it counts nowhere; confirmed, it is repeated as
# an outcome under the same id
OUTCOME_PROPOSED = PeoplesJournal(
    "outcome_proposed",
    _OUTCOME,
    id="outcome_id",
    tokens={"subject_id": "mixed"},
    cases=("case_id",),
    grain="decision that waits for a second person",
)
OUTCOME_LINE = PeoplesJournal(
    "outcome_line",
    {"outcome_id": "string", "line_id": "string", "is_accepted": "boolean", "amount": "money"},
    id="outcome_id",
    goes_with="outcome",
    also_id=("line_id",),
    grain="outcome × fee line",
)
DECIDED_HIT = PeoplesJournal(  # what an outcome was about: a hit that is not among these makes the case grow
    "decided_hit",
    {"outcome_id": "string", "hit_id": "string"},
    id="outcome_id",
    goes_with="outcome",
    also_id=("hit_id",),
    grain="outcome × hit",
)
SNOOZE = PeoplesJournal(
    "snooze",
    {
        "snooze_id": "string", "action": "string", "rule_id": "string", **_SUBJECT, "on_date": "date", "until": "date",
        "reason": "string", **_SIGNED,
    },
    id="snooze_id",
    tokens={"subject_id": "mixed"},
    also_id=("action",),
    grain="snooze begun or ended",
)  # fmt: skip
STAFF_POINTS = PeoplesJournal(
    "staff_points",
    {
        "entry_id": "string", "outcome_id": "string", "person_id": "string", "on_date": "date",
        "institution_id": "string", "article": "string", "act": "string", "responsibility": "string",
        "band_low": "int", "band_high": "int", "points": "int", "table_from": "date", "table_source": "string",
        "reason": "string", **_SIGNED, "withdraws": "string",
    },
    id="entry_id",
    tokens={"person_id": "doctor"},
)  # fmt: skip
CREDIT_GRADE = PeoplesJournal(
    "credit_grade",
    {
        "entry_id": "string", **_SUBJECT, "on_date": "date", "grade": "string", "score": "int",
        "outcome_count": "int", "derivation": "string", "table_from": "date", "table_source": "string", **_SIGNED,
    },
    id="entry_id",
    tokens={"subject_id": "mixed"},
)  # fmt: skip
JOURNALS: tuple[PeoplesJournal, ...] = (
    LEAD_STATUS, OUTCOME, OUTCOME_PROPOSED, OUTCOME_LINE, DECIDED_HIT, SNOOZE, STAFF_POINTS, CREDIT_GRADE,
)  # fmt: skip
