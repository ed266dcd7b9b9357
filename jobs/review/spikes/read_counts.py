"""Persons, lines and money by item, place and period, as known on a night: summed where they are read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from jobs.review.read_leads import quoted
from models.spikes.find import DEPARTMENT, INSTITUTION, REGION, Counted

_SUMS = "count(DISTINCT patient_id) AS patients, count(*) AS lines, CAST(sum(amount) AS DOUBLE) AS amount"
_WEEK = 7


@dataclass(frozen=True)
class CountReader:
    """The fee lines of some periods of so many days, the last of which ends on the night."""

    lake: Lake
    night: date
    days: int
    periods: int

    @property
    def first(self) -> date:
        """The first day of the first period."""
        return self.night - timedelta(days=self.days * self.periods - 1)

    def counted(self) -> Counted:
        """All cells of region, institutions and departments, in one pass over the fee lines."""
        sets = (
            "(period), (period, item_code), (period, institution_id), (period, institution_id, item_code), "
            "(period, institution_id, department), (period, institution_id, department, item_code)"
        )
        rows = self._frame(
            f"SELECT period, item_code, institution_id, department, {_SUMS}, grouping(item_code) AS all_items, "
            "grouping(institution_id) AS all_places, grouping(department) AS all_departments "
            f"FROM ({self._lines()}) AS lines GROUP BY GROUPING SETS ({sets})",
            "claim_line",
        )
        kind = rows["all_places"].map({1: REGION}).fillna(rows["all_departments"].map({1: INSTITUTION, 0: DEPARTMENT}))
        rows = rows.assign(kind=kind, **{name: rows[name].fillna("") for name in ("institution_id", "department")})
        is_base = rows["all_items"] == 1
        kept = ["kind", "institution_id", "department", "period", "patients", "lines", "amount"]
        return Counted(rows.loc[~is_base, ["item_code", *kept]], rows.loc[is_base, kept], self._likes())

    def names(self, codes: Collection[str]) -> pd.DataFrame:
        """By item_code its name and charge class, as fee lines last had them."""
        return self._frame(
            "SELECT item_code, max(item_name) AS item_name, max(charge_class) AS charge_class FROM claim_line "
            f"WHERE {known_on(self.night)} AND item_code IN ({quoted(codes)}) GROUP BY item_code",
            "claim_line",
        )

    def diagnosed(self, codes: Collection[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Persons by institution, main diagnosis (its first three letters) and period: with each item, and in all."""
        lines = (
            f"SELECT lines.*, e.diagnosis FROM ({self._lines()}) AS lines JOIN (SELECT encounter_id, "
            "substr(main_diagnosis_code, 1, 3) AS diagnosis FROM encounter "
            f"WHERE {known_on(self.night)} AND main_diagnosis_code IS NOT NULL) AS e "
            "ON e.encounter_id = lines.encounter_id"
        )
        of, by = "count(DISTINCT patient_id) AS patients", "institution_id, diagnosis, period = 0 AS is_recent"
        items = self._frame(
            f"SELECT item_code, {by}, {of} FROM ({lines}) AS own WHERE item_code IN ({quoted(codes)}) "
            "GROUP BY 1, 2, 3, 4",
            "claim_line", "encounter",
        )  # fmt: skip
        persons = self._frame(f"SELECT {by}, {of} FROM ({lines}) AS own GROUP BY 1, 2, 3", "claim_line", "encounter")
        return items, persons

    def weeks(self, codes: Collection[str]) -> pd.DataFrame:
        """Persons with the items by institution and week, 0 the last one; and all persons under the code ''."""
        lines = self._lines().replace("SELECT ", f"SELECT {self._days_back()} / {_WEEK} AS week, ", 1)
        of = "count(DISTINCT patient_id) AS patients"
        items = self._frame(
            f"SELECT item_code, institution_id, week, {of} FROM ({lines}) AS own "
            f"WHERE item_code IN ({quoted(codes)}) GROUP BY 1, 2, 3",
            "claim_line",
        )
        all_items = self._frame(
            f"SELECT '' AS item_code, institution_id, week, {of} FROM ({lines}) AS own GROUP BY 1, 2, 3", "claim_line"
        )
        return pd.concat([items, all_items], ignore_index=True)

    def lines_left_out(self) -> int:
        """How many lines of the days name no item, institution or person."""
        rows = self.lake.rows(
            "claim_line",
            f"SELECT count(*) AS lines FROM claim_line WHERE {self._within} "
            "AND (item_code IS NULL OR institution_id IS NULL OR patient_id IS NULL)",
        )
        return int(rows[0]["lines"])

    @property
    def _within(self) -> str:
        after = self.night + timedelta(days=1)
        return (
            f"{known_on(self.night)} AND charged_at >= TIMESTAMP '{self.first} 00:00:00' "
            f"AND charged_at < TIMESTAMP '{after} 00:00:00'"
        )

    def _days_back(self) -> str:
        """SQL: how many days before the night a line was charged."""
        return f"(CAST(DATE '{self.night}' AS INT) - CAST(CAST(charged_at AS DATE) AS INT))"

    def _lines(self) -> str:
        return (
            f"SELECT {self._days_back()} / {self.days} AS period, item_code, institution_id, "
            "coalesce(performing_department, ordering_department, '') AS department, patient_id, encounter_id, amount "
            f"FROM claim_line WHERE {self._within} AND item_code IS NOT NULL AND institution_id IS NOT NULL "
            "AND patient_id IS NOT NULL"
        )

    def _likes(self) -> pd.DataFrame:
        """By institution its kind and level, by which places are like each other; none where there is no register."""
        if not self.lake.exists("institution"):
            return pd.DataFrame({"institution_id": [], "like": []}, dtype=str)
        return self._frame(
            "SELECT institution_id, coalesce(max(institution_type), '') || '|' || coalesce(max(institution_level), '') "
            f'AS "like" FROM institution WHERE {known_on(self.night)} GROUP BY institution_id',
            "institution",
        )

    def _frame(self, query: str, *tables: str) -> pd.DataFrame:
        return self.lake.query(query, *tables).read_all().to_pandas()
