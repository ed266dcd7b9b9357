"""What an entity did, by day, month and item: small reads of the clean tables as known on a night, without Spark.

Whatever can be many is summed where it is read: an entity with a hundred thousand lines comes back as a few hundred
rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fundwatch.contracts.entities import Entity
from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from jobs.review.profiles.read_charges import read_charges
from jobs.review.read_leads import institution_names
from leads.profile.rows import Care, CareDay, CareKind, Charges, MonthRow, StayRow

DAYS = 365  # that a file looks back
_DRAWN, _LISTED = 200, 20
_NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class CareReader:
    """The clean tables of a lake as known on a night, for one entity."""

    lake: Lake
    entity: Entity
    id: str
    night: date

    @property
    def first(self) -> date:
        """The first day that is looked at."""
        return self.night - timedelta(days=DAYS - 1)

    @cached_property
    def _lines_where(self) -> str:
        return f"{self.entity.line_id} = '{self.id}' AND {known_on(self.night)} AND {self._within('charged_at')}"

    def _within(self, column: str) -> str:
        after = self.night + timedelta(days=1)
        return f"{column} >= TIMESTAMP '{self.first} 00:00:00' AND {column} < TIMESTAMP '{after} 00:00:00'"

    def charges(self) -> Charges:
        """The fee lines in one pass: by day, by month and class, by item, and in all."""
        return read_charges(self.lake, self._lines_where)

    def paid(self) -> list[MonthRow]:
        """Settlements by month: what funds, the personal account and the person paid; none for who settles nothing."""
        source = self.entity.days.get("settlement")
        if source is None or not self.lake.exists("settlement"):
            return []
        rows = self.lake.rows(
            "settlement",
            "SELECT to_char(settled_at, '%Y-%m') AS of_month, sum(fund_amount) AS fund, "
            "sum(account_amount) AS account, sum(total_amount) AS total FROM settlement "
            f"WHERE {source.id} = '{self.id}' AND {known_on(self.night)} AND {self._within('settled_at')} "
            "GROUP BY 1 ORDER BY 1",
        )
        found = []
        for row in rows:
            fund, account, total = (row[name] or _NOTHING for name in ("fund", "account", "total"))
            found.append(MonthRow(row["of_month"], (fund, account, total - fund - account)))
        return found

    def care(self) -> Care:
        """Stays, visits and purchases: by day; the stays one by one where they are few, and the dearest of all."""
        if not self.lake.exists("encounter"):
            return Care()
        own = self._own_encounters()
        days = _care_days(own)
        stay_total = sum(one.encounters for one in days if one.kind == CareKind.STAY)
        by_day, by_money = [("day", "ascending")], [("amount", "descending")]
        drawn = _first_rows(own.filter(_is_stay(own)), by_day, stay_total) if stay_total <= _DRAWN else []
        dearest = _first_rows(own, by_money, _LISTED)
        names = institution_names(self.lake, self.night, {row["institution_id"] for row in (*drawn, *dearest)} - {None})
        return Care(days, self._stays(drawn, names), self._stays(dearest, names), own.num_rows, stay_total)

    def _own_encounters(self) -> pa.Table:
        """The entity's encounters with kind, day, place and money, by column: one pass, however many there are."""
        known = known_on(self.night)
        tables, own, money, place = {"encounter"}, "", "", ""
        if "settlement" not in self.entity.days:  # whose lines they are says whose encounters they are
            tables.add("claim_line")
            of_lines = (
                f"SELECT encounter_id, sum(amount) AS amount FROM claim_line WHERE {self._lines_where} GROUP BY 1"
            )
            money = f"JOIN ({of_lines}) AS money ON money.encounter_id = e.encounter_id"
        else:
            own = f"{self.entity.days['encounter'].id} = '{self.id}' AND "
        if not money and self.lake.exists("settlement"):
            tables.add("settlement")
            mine = f"{self.entity.days['settlement'].id} = '{self.id}'"
            settled = (
                f"SELECT encounter_id, sum(total_amount) AS amount FROM settlement WHERE {mine} AND {known} GROUP BY 1"
            )
            money = f"LEFT JOIN ({settled}) AS money ON money.encounter_id = e.encounter_id"
        if self.lake.exists("institution"):
            tables.add("institution")
            shops = f"SELECT DISTINCT institution_id FROM institution WHERE institution_type = 'pharmacy' AND {known}"
            place = f"LEFT JOIN ({shops}) AS shop ON shop.institution_id = e.institution_id"
        kind = (
            f"CASE WHEN e.is_inpatient THEN '{CareKind.STAY}' "
            f"WHEN {'shop.institution_id IS NOT NULL' if place else 'FALSE'} THEN '{CareKind.PURCHASE}' "
            f"ELSE '{CareKind.VISIT}' END"
        )
        found = self.lake.query(
            f"SELECT e.encounter_id, {kind} AS kind, CAST(e.started_at AS DATE) AS day, e.ended_at, "
            "e.institution_id, e.patient_id, coalesce(e.discharge_department, e.admission_department) AS department, "
            f"e.main_diagnosis_code AS diagnosis, {'money.amount' if money else 'NULL'} AS amount "
            f"FROM (SELECT * FROM encounter WHERE {own}{known} AND {self._within('started_at')}) AS e {money} {place}",
            *sorted(tables),
        ).read_all()
        return plain_texts(found)

    def _stays(self, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[StayRow]:
        return [
            StayRow(
                encounter_id=row["encounter_id"],
                kind=row["kind"],
                started=row["day"],
                ended=self._ended(row["day"], row["ended_at"]),
                institution=names.get(row["institution_id"]) or row["institution_id"] or "",
                department=row["department"] or "",
                diagnosis=row["diagnosis"] or "",
                patient_id=row["patient_id"] or "",
                amount=row["amount"],
            )
            for row in rows
        ]

    def _ended(self, started: date, ended_at: datetime | None) -> date | None:
        """The end of an encounter; unknown where it is missing, or cannot be: before the beginning, or in the future.
        A delivery of the morning after holds the night's last discharges."""
        if ended_at is None or not started <= ended_at.date() <= self.night + timedelta(days=1):
            return None
        return ended_at.date()


def plain_texts(rows: pa.Table) -> pa.Table:
    """The rows with plain strings: views of them can neither be grouped nor joined."""
    view = pa.string_view()
    return rows.cast(pa.schema([one.with_type(pa.string()) if one.type == view else one for one in rows.schema]))


def _is_stay(own: pa.Table) -> Any:
    return pc.equal(own["kind"], str(CareKind.STAY))


def _care_days(own: pa.Table) -> list[CareDay]:
    """By day and kind, how many encounters began and how many persons had them."""
    counted = own.group_by(["day", "kind"]).aggregate([("encounter_id", "count"), ("patient_id", "count_distinct")])
    rows = counted.sort_by([("day", "ascending"), ("kind", "ascending")]).to_pylist()
    return [
        CareDay(row["day"], row["kind"], row["encounter_id_count"], row["patient_id_count_distinct"]) for row in rows
    ]


def _first_rows(own: pa.Table, order: list[tuple[str, str]], most: int) -> list[dict[str, Any]]:
    """The first rows in an order, and in that of their ids where they are equal; what is unknown comes last."""
    keys = [*order, ("encounter_id", "ascending")]
    places = pc.sort_indices(own, sort_keys=keys)[:most]
    return list(own.take(places).to_pylist())
