"""Legal hold: what open cases rest on is not erased, by age or for a person, before somebody has closed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from fundwatch.lake.store import Lake
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.read_leads import quoted, rows_of
from leads.outcomes.entries import StatusEntry
from leads.outcomes.standing import status_of

_AT_ONCE = 5_000


@dataclass(frozen=True)
class HeldBack:
    """The ids that open cases rest on, by the name of the column that holds them, and these cases."""

    ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cases: tuple[str, ...] = ()

    def spared(self, columns: Collection[str]) -> str:
        """A predicate over a table of these columns: the rows that are held; empty where none can be. Of lines, those
        that prove something: a visit is held, and not all that was charged in it."""
        wider = {"patient_id", *(("encounter_id", "settlement_id") if "line_id" in columns else ())}
        tests = [
            f"coalesce({column} IN ({quoted(ids)}), FALSE)"
            for column, ids in sorted(self.ids.items())
            if column in columns and ids and column not in wider
        ]
        return " OR ".join(tests)

    def of(self, column: str) -> frozenset[str]:
        """The ids of the column that are held."""
        return self.ids.get(column, frozenset())


def held_evidence(lake: Lake) -> HeldBack:
    """What the open cases of a lake rest on: their leads and hits, the lines that prove these, the visits, settlements
    and persons of the lines."""
    said = PeopleSaid(lake.address)
    open_cases = {case: steps for case, steps in said.steps.items() if not status_of(steps).is_decided}
    open_cases |= {case: [] for case in said.waiting if case not in open_cases}
    if not open_cases:
        return HeldBack()
    steps = [step for of_case in open_cases.values() for step in of_case]
    leads = {step.lead_id for step in steps} | {one.lead_id for one in said.waiting.values()}
    hits = _hits(lake, steps)
    lines = _of(lake, "lead_evidence", "lead_id", leads, "line_id") | _of(lake, "hit_line", "hit_id", hits, "line_id")
    merged = {lost for lost, case in said.merged.items() if case in open_cases}
    found = {"lead_id": leads, "hit_id": hits, "line_id": lines, "case_id": {*open_cases, *merged}}
    for column in ("encounter_id", "settlement_id", "patient_id"):
        found[column] = _of(lake, "claim_line", "line_id", lines, column)
    found["patient_id"] |= {step.subject_id for step in steps if step.subject_type == "patient"}
    return HeldBack({column: frozenset(ids) for column, ids in found.items()}, tuple(sorted(open_cases)))


def _hits(lake: Lake, steps: Iterable[StatusEntry]) -> set[str]:
    wanted = {(step.subject_id, step.kind) for step in steps}
    if not wanted or not lake.exists("rule_hit"):
        return set()
    subjects, kinds = ({pair[place] for pair in wanted} for place in (0, 1))
    columns = ["hit_id", "subject_id", "rule_id"]
    rows = rows_of(lake, "rule_hit", ("subject_id", "in", subjects), ("rule_id", "in", kinds), columns=columns)
    return {row["hit_id"] for row in rows if (row["subject_id"], row["rule_id"]) in wanted}


def _of(lake: Lake, table: str, column: str, ids: Collection[str], wanted: str) -> set[str]:
    """The values of a column in the rows of these ids, whatever night or version they are of."""
    if not ids or not lake.exists(table):
        return set()
    some, found = sorted(ids), set[str]()
    for first in range(0, len(some), _AT_ONCE):
        among = quoted(some[first : first + _AT_ONCE])
        query = f"SELECT DISTINCT {wanted} AS id FROM {table} WHERE {column} IN ({among}) AND {wanted} IS NOT NULL"
        found |= {row["id"] for row in lake.rows(table, query)}
    return found
