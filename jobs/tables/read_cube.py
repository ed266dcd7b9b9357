"""The cells of a decision table at all levels in one pass: encounters as settled, summed where they are read.

Each level, the totals too, is counted from the encounters themselves, so that a person counts once in each cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from features.tables.figures import SUMS, Sums
from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from jobs.tables.policy_sql import kind_sql, quota_sql
from rules.benefits.policies import Policies

BY_LINES = "charge_class"
ENCOUNTER_TABLES = ("encounter", "settlement", "claim_line", "institution")
_SETTLED = (
    "total_amount", "fund_amount", "pooled_fund_amount", "own_amount", "excluded_amount", "first_self_paid_amount",
    "deductible_amount", "covered_amount",
)  # fmt: skip
_CLASSES = {
    "exam_amount": ("03", "04"),
    "treatment_amount": ("05", "06", "07"),
    "material_amount": ("08",),
    "drug_amount": ("09", "10", "11"),
}
# what a charge class has: its lines have no length and no quota
_OF_LINES = {
    "persons": "count(DISTINCT patient_id)",
    "encounters": "count(DISTINCT encounter_id)",
    "total_amount": "CAST(sum(line_amount) AS DOUBLE)",
    "covered_amount": "CAST(sum(line_covered) AS DOUBLE)",
}


@dataclass(frozen=True)
class CubeReader:
    """Encounters settled within some days, as known on a night, of all institutions or of one."""

    lake: Lake
    night: date
    first: date
    last: date
    institution_id: str
    policies: Policies

    def cells(self, by: Sequence[str]) -> Iterator[tuple[tuple[str | None, ...], Sums]]:
        """Each combination of values of the dimensions, and each of fewer: a dimension is None where it is in total.

        What is split by the class of charge is summed of lines, all else of encounters.
        """
        of_encounters = {one.name: one.sql for one in SUMS}
        yield from self._grouped(
            by, self._classed(), of_encounters, [set_ for set_ in _sets(by) if BY_LINES not in set_]
        )
        if BY_LINES in by:
            yield from self._grouped(by, self._lines(), _OF_LINES, [set_ for set_ in _sets(by) if BY_LINES in set_])

    def _grouped(
        self, by: Sequence[str], base: str, sums: Mapping[str, str], sets: Sequence[Sequence[str]]
    ) -> Iterator[tuple[tuple[str | None, ...], Sums]]:
        here = [name for name in by if any(name in set_ for set_ in sets)]
        grouped = ", ".join(f"({', '.join(set_)})" for set_ in sets)
        named = [f"{name}, grouping({name}) AS all_{name}" for name in here]
        summed = [f"{sql} AS {name}" for name, sql in sums.items()]
        query = f"SELECT {', '.join([*named, *summed])} FROM ({base}) AS base GROUP BY GROUPING SETS ({grouped})"
        for row in self.lake.query(query, *ENCOUNTER_TABLES).read_all().to_pylist():
            at = tuple(None if row.get(f"all_{name}", 1) else row[name] or "" for name in by)
            yield at, {name: _number(row[name]) for name in sums}

    def beds(self) -> Mapping[str, int]:
        """Approved beds by institution; those of whom no register says how many are left out."""
        only = f" AND institution_id = '{self.institution_id}'" if self.institution_id else ""
        rows = self.lake.rows(
            "institution",
            f"SELECT institution_id, max(bed_count) AS beds FROM institution WHERE {known_on(self.night)}{only} "
            "AND bed_count > 0 GROUP BY institution_id",
        )
        return {row["institution_id"]: row["beds"] for row in rows}

    def encounters(self) -> str:
        """Grain: encounter that was settled within the days, with its department, kind of care and quota."""
        here = f" AND institution_id = '{self.institution_id}'" if self.institution_id else ""
        whole = (f"CASE WHEN count(*) = count({name}) THEN sum({name}) END AS {name}" for name in _SETTLED)
        after = self.last + timedelta(days=1)
        return (
            f"SELECT {self._columns()}, {quota_sql(self.policies)} AS quota, {kind_sql(self.policies)} AS kind FROM "
            f"(SELECT encounter_id, CAST(max(settled_at) AS DATE) AS settled_on, {', '.join(whole)} FROM settlement "
            f"WHERE {known_on(self.night)}{here} AND encounter_id IS NOT NULL GROUP BY encounter_id "
            f"HAVING max(settled_at) >= TIMESTAMP '{self.first} 00:00:00' "
            f"AND max(settled_at) < TIMESTAMP '{after} 00:00:00') AS s "
            f"JOIN (SELECT * FROM encounter WHERE {known_on(self.night)}) AS e ON e.encounter_id = s.encounter_id "
            f"LEFT JOIN (SELECT institution_id, max(institution_level) AS institution_level FROM institution "
            f"WHERE {known_on(self.night)} GROUP BY institution_id) AS i ON i.institution_id = e.institution_id"
        )

    def _classed(self) -> str:
        """Grain: the same encounter, with its cost by class of charge."""
        sums = ", ".join(f"c.{name}" for name in _CLASSES)
        return (
            f"SELECT b.*, {sums} FROM ({self.encounters()}) AS b "
            f"LEFT JOIN ({self._class_sums()}) AS c ON c.encounter_id = b.encounter_id"
        )

    def _columns(self) -> str:
        ended = "CAST(e.ended_at AS DATE)"
        known = f"{ended} >= CAST(e.started_at AS DATE) AND {ended} <= DATE '{self.night + timedelta(days=1)}'"
        length = f"CAST({ended} AS INT) - CAST(CAST(e.started_at AS DATE) AS INT)"
        days = f"CASE WHEN e.is_inpatient AND {known} THEN CASE WHEN {length} < 1 THEN 1 ELSE {length} END END"
        return ", ".join((
            "e.encounter_id, e.patient_id, e.institution_id, e.insurance_type, e.person_type, e.is_inpatient",
            "substr(CAST(s.settled_on AS VARCHAR), 1, 7) AS month",
            "coalesce(e.discharge_department, e.admission_department) AS department",
            "CASE WHEN e.is_inpatient THEN '住院' WHEN e.visit_type = '41' THEN '购药' "
            "WHEN NOT e.is_inpatient THEN '门诊' END AS care",
            f"{days} AS days",
            *(f"s.{name}" for name in ("settled_on", *_SETTLED)),
        ))  # fmt: skip

    def _class_sums(self) -> str:
        """Grain: encounter. Its lines by class of charge; unknown where a line does not say its own."""
        sums = (
            f"CASE WHEN count(*) = count(charge_class) AND count(*) = count(amount) THEN "
            f"sum(CASE WHEN substr(charge_class, 1, 2) IN ({', '.join(map(repr, codes))}) THEN amount "
            f"ELSE amount - amount END) END AS {name}"
            for name, codes in _CLASSES.items()
        )
        return (
            f"SELECT encounter_id, {', '.join(sums)} FROM claim_line WHERE {known_on(self.night)} "
            "AND settlement_id IS NOT NULL GROUP BY encounter_id"
        )

    def _lines(self) -> str:
        """Grain: settled fee line, with what is said of its encounter."""
        return (
            f"SELECT b.*, substr(l.charge_class, 1, 2) AS charge_class, l.amount AS line_amount, "
            f"l.covered_amount AS line_covered FROM ({self.encounters()}) AS b JOIN (SELECT * FROM claim_line "
            f"WHERE {known_on(self.night)} AND settlement_id IS NOT NULL) AS l ON l.encounter_id = b.encounter_id"
        )


def _sets(by: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for length in range(len(by) + 1):
        yield from combinations(by, length)


def _number(value: Any) -> float | None:
    return None if value is None else value if isinstance(value, int) else float(value)
