"""What nights found of an entity: indicators beside its peers, hits, scores, leads, cases, and what others add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from fundwatch.contracts.entities import Entity
from fundwatch.lake.delta_rows import columns_of, query_rows
from fundwatch.lake.store import Lake
from fundwatch.regions import Region
from jobs.review.indicator_cards import cards_and_directions
from jobs.review.read_leads import quoted
from leads.cards import IndicatorCard
from leads.profile.rows import IndicatorPlace, PartBeside, ScoreRow, SubjectFindings
from leads.publishing.rows import CaseRow, HitRow, LeadRow, to_rows

_HITS, _LEADS, _REASONS, _BESIDE = 100, 50, 5, 30


@dataclass(frozen=True)
class OptionalTable:
    """A table that may not be there: how its rows find the subject, and which of its columns a file shows."""

    table: str
    zh: str
    en: str
    columns: tuple[str, ...]
    subject: str = "subject_id"
    takes_back: str = ""  # the column that a row which takes another one back names, by the id column before it


# Places kept: what inspection found, and whom the subject is linked with; shown where the tables exist.
BESIDE = (
    OptionalTable(
        "outcome", "检查结果", "Outcomes of inspections",
        ("on_date", "kind", "decision", "found_amount", "recovered_amount", "reason_code", "outcome_id"),
        takes_back="outcome_id",
    ),
    OptionalTable(
        "ring_member", "关联网络", "Neighbours in networks", ("ring_id", "kind", "role", "strength"),
        subject="entity_id",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class FindingsReader:
    """The derived tables of one night, for one entity."""

    lake: Lake
    entity: Entity
    id: str
    night: date

    def places(self, region: Region) -> tuple[str, list[IndicatorPlace]]:
        """The peer group, and every indicator that the catalogue declares and the night has; none where it has not."""
        table = self.entity.indicator_table
        of_night = f"business_date = DATE '{self.night}'"
        found = self.lake.rows(
            table, f"SELECT * FROM {table} WHERE {of_night} AND {self.entity.id_column} = '{self.id}'"
        )
        if not found:
            return "", []
        (row,), group = found, found[0]["peer_group"] or ""
        peers: dict[str, Mapping[str, Any]] = {}
        if self.lake.exists("peer_statistic"):
            query = (
                f"SELECT * FROM peer_statistic WHERE {of_night} AND entity_type = '{self.entity.name}' "
                f"AND peer_group IN ({quoted([group])})"
            )
            peers = {one["indicator"]: one for one in self.lake.rows("peer_statistic", query)}
        declared = cards_and_directions(region, self.entity.name)
        known = {name: value for name, value in row.items() if isinstance(value, float | None)}
        known.pop("peer_group", None)  # of who has no peers
        return group, [
            _place(name, *declared.get(name, (IndicatorCard(name, name), "both")), value, peers.get(name, {}))
            for name, value in known.items()
        ]

    def findings(self) -> SubjectFindings:
        """Hits, scores and cases of the night; the leads of it and of the nights before."""
        hits, counts = self._hits()
        return SubjectFindings(hits, counts, self._scores(), self._leads(), self._cases())

    def _of_subject(self, table: str, where: str = "", order: str = "1", most: int = _HITS) -> list[dict[str, Any]]:
        if not self.lake.exists(table):
            return []
        subject = f"subject_type = '{self.entity.name}' AND subject_id = '{self.id}'"
        return self.lake.rows(table, f"SELECT * FROM {table} WHERE {subject}{where} ORDER BY {order} LIMIT {most}")

    @property
    def _tonight(self) -> str:
        return f" AND business_date = DATE '{self.night}'"

    def _hits(self) -> tuple[list[HitRow], dict[str, int]]:
        """The dearest hits, and how many there are of each rule; hits of rules in shadow make no lead and stay out."""
        if not self.lake.exists("rule_hit"):
            return [], {}
        active = (
            " AND coalesce(rule_state, 'active') = 'active'" if "rule_state" in self.lake.columns("rule_hit") else ""
        )
        dearest = "coalesce(amount_at_risk, 0) DESC, period_start, hit_id"
        hits = to_rows(HitRow, self._of_subject("rule_hit", f"{self._tonight}{active}", dearest))
        counted = self.lake.rows(
            "rule_hit",
            f"SELECT rule_id, count(*) AS hits FROM rule_hit WHERE subject_type = '{self.entity.name}' "
            f"AND subject_id = '{self.id}'{self._tonight}{active} GROUP BY rule_id",
        )
        return hits, {row["rule_id"]: row["hits"] for row in counted}

    def _scores(self) -> list[ScoreRow]:
        if not self.lake.exists("score"):
            return []
        mine = f"entity_type = '{self.entity.name}' AND entity_id = '{self.id}'{self._tonight}"
        rows = self.lake.rows("score", f"SELECT * FROM score WHERE {mine} ORDER BY percentile DESC NULLS LAST, model")
        why: dict[str, list[tuple[str, float | None, float | None]]] = {}
        if self.lake.exists("score_reason"):
            for row in self.lake.rows("score_reason", f"SELECT * FROM score_reason WHERE {mine} ORDER BY model, place"):
                why.setdefault(row["model"], []).append((row["indicator"], row["value"], row["robust_z"]))
        return [
            ScoreRow(row["model"], row["score"], row["percentile"], row["peer_count"], row["why_not"] or "",
                     why.get(row["model"], [])[:_REASONS])
            for row in rows
        ]  # fmt: skip

    def _leads(self) -> list[tuple[date, LeadRow]]:
        before = f" AND business_date <= DATE '{self.night}'"
        rows = self._of_subject("lead", before, "business_date DESC, place", _LEADS)
        return [(row["business_date"], lead) for row, lead in zip(rows, to_rows(LeadRow, rows), strict=True)]

    def _cases(self) -> list[CaseRow]:
        return to_rows(CaseRow, self._of_subject("case", self._tonight, "faded_since IS NOT NULL, kind, case_id"))

    def beside(self) -> list[PartBeside]:
        """What optional tables say of the subject; those that are not there are left out without a word."""
        return [part for table in BESIDE if self.lake.exists(table.table) and (part := self._part(table)).rows]

    def _part(self, of: OptionalTable) -> PartBeside:
        address = self.lake.table_address(of.table)
        held = columns_of(address)
        shown = [name for name in of.columns if name in held]
        mine = f"{of.subject} = '{self.id}'" if of.subject in held and shown else "FALSE"
        if "on_date" in held:  # a file of a past night knows nothing of what was found since
            mine += f" AND (on_date IS NULL OR on_date <= DATE '{self.night}')"
        back = of.takes_back
        if back and "withdraws" in held:  # what was taken back, and the row that does it, are no part of what holds
            mine += (
                f" AND coalesce(withdraws, '') = '' AND {back} NOT IN "
                f"(SELECT withdraws FROM {of.table} WHERE coalesce(withdraws, '') <> '')"
            )
        columns = ", ".join(shown) or "1 AS one"
        query = f"SELECT {columns} FROM {of.table} WHERE {mine} ORDER BY 1 DESC LIMIT {_BESIDE}"
        rows = query_rows(address, of.table, query)
        return PartBeside(
            of.zh, of.en, shown, [["" if one is None else str(one) for one in row.values()] for row in rows]
        )


def _place(
    name: str, card: IndicatorCard, direction: str, value: float | None, peers: Mapping[str, Any]
) -> IndicatorPlace:
    given = {field.name for field in fields(IndicatorPlace)} & {"median", "mad", "peer_count", "ladder"}
    return IndicatorPlace(name, card, direction, value, **{key: peers.get(key) for key in given})
