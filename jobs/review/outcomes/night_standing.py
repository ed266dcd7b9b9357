"""What a night's list knows of what people said: pinned by the run that first made the list, so that the same inputs
give the same list; and what of the night's findings is new work. Without Spark."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.versions import known_on
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from jobs.review.outcomes.merged_cases import CurrentIds, MergedCase, merged_cases, now
from jobs.review.outcomes.people_said import journal_in
from jobs.review.outcomes.proof_lines import decided_lines, proof_lines
from jobs.review.read_leads import quoted, rows_of
from leads.outcomes.entries import DecidedHit, Outcome, Snooze, StatusEntry
from leads.outcomes.journals import DECIDED_HIT, LEAD_STATUS, OUTCOME, SNOOZE
from leads.outcomes.work import (
    WATCHED,
    CaseStanding,
    Finding,
    HitTonight,
    LineGone,
    SaidBefore,
    amount_gone,
    case_standings,
    said_before,
)
from leads.words import COMPARED

SEEN = "decisions_seen"  # in what the run of a list reports: by journal, when the last row was written that it saw
_JOURNALS = (LEAD_STATUS, OUTCOME, DECIDED_HIT, SNOOZE)
_AT_ONCE = 5_000


@dataclass(frozen=True)
class DecisionsSeen:
    """The journals' rows that the night's list sees, and until when each journal was read."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    until: Mapping[str, str]

    def said(self, night: date, merged: Mapping[str, str] | None = None) -> SaidBefore:
        """What people had said by the night. `merged` says of a case which other it goes on in."""
        return said_before(
            [StatusEntry.of_row(row) for row in self.rows[LEAD_STATUS.name]],
            [Outcome.of_row(row) for row in self.rows[OUTCOME.name]],
            [DecidedHit.of_row(row) for row in self.rows[DECIDED_HIT.name]],
            [Snooze.of_row(row) for row in self.rows[SNOOZE.name]],
            night,
            merged,
        )

    def fingerprint(self, night: date) -> str:
        """Of all that these change in the list: the same whatever key its tokens are of."""
        said = self.said(night)
        kept = [entry for case in said.steps.values() for entry in case]
        reported = sorted([e.entry_id or e.outcome_id, e.status, str(e.on_date), e.team, e.person] for e in kept)
        quiet = sorted([one.snooze_id, one.rule_id, str(one.until)] for one in said.snoozes)
        hits = sorted(hit for ids in said.decided_hits.values() for hit in ids)
        return fingerprint(reported, quiet, hits)


def decisions_seen(lake: Lake, ledger: Ledger, night: date) -> DecisionsSeen:
    """What the first run of the night's list saw; for a list that was never made, all that there is. Writers take
    turns, so a row that a run did not see was written after every row that it saw."""
    pinned = _pinned(ledger, night)
    rows, until = {}, {}
    for declared in _JOURNALS:
        found = journal_in(lake.address, declared).rows()
        if pinned is not None:
            found = [row for row in found if _stamp(row) <= pinned.get(declared.name, "")]
        rows[declared.name] = found
        until[declared.name] = max(map(_stamp, found), default="") if pinned is None else pinned.get(declared.name, "")
    return DecisionsSeen(rows, until)


def _pinned(ledger: Ledger, night: date) -> Mapping[str, str] | None:
    for row in ledger.run_rows():
        if (row["job"], row["business_date"], row["state"]) == ("leads", night, "committed"):
            seen: Mapping[str, str] | None = json.loads(row["detail"] or "{}").get(SEEN)
            return {} if seen is None else seen  # a list of before there were any saw none
    return None


def _stamp(row: Mapping[str, Any]) -> str:
    at: datetime = row["at"]
    return at.isoformat(timespec="microseconds")


@dataclass(frozen=True)
class NightStanding:
    """How cases stand on the night, the lines that were reversed of those in hand, and the cases that became one."""

    cases: Sequence[CaseStanding] = ()
    gone: Sequence[LineGone] = ()
    merged: Sequence[MergedCase] = ()

    @property
    def quiet(self) -> list[Finding]:
        return [row.finding for row in self.cases if row.is_quiet]

    @property
    def recovered(self) -> list[Finding]:
        return sorted({line.finding for line in self.gone})

    def status_rows(self, night: date) -> list[tuple[Any, ...]]:
        """Of the table case_status."""
        return [(night, *(str(v) if n == "status" else v for n, v in vars(row).items())) for row in self.cases]

    def recovered_rows(self, night: date) -> list[tuple[Any, ...]]:
        """Of the table recovered_line."""
        return [(night, line.case_id, *line.finding, line.line_id, line.amount) for line in self.gone]


@dataclass(frozen=True)
class StandingReader:
    """Reads what case standings are made of, for one night and the earlier list. `current` says by kind of id which
    goes on under which."""

    lake: Lake
    night: date
    earlier: date | None
    current: CurrentIds = field(default_factory=dict)

    def of(self, seen: DecisionsSeen) -> NightStanding:
        """How the cases stand of which people said something. Of cases nothing is read where nobody did."""
        merged = merged_cases(self.lake, self.earlier, self.current)
        into = {one.merged_case_id: one.case_id for one in merged}
        said = seen.said(self.night, into)
        then = self._then({*said.steps}, into)
        findings = {case: now(finding, self.current) for case, finding in then}
        decided = {case: findings[case] for case in said.decided if case in findings}
        watched = {*said.of_status(WATCHED)}
        gone = [
            replace(line, finding=findings[line.case_id])
            for line in self._gone({finding: case for case, finding in then if case in watched})
        ]
        quiet = {now((one.subject_type, one.subject_id, one.rule_id), self.current): one for one in said.snoozes}
        hits, decided_lines = self._hits(decided, said)
        return NightStanding(case_standings(said, findings, hits, gone, quiet, decided_lines), gone, merged)

    def _then(self, cases: Collection[str], into: Mapping[str, str]) -> list[tuple[str, Finding]]:
        """Whose the cases were on the earlier list and of what kind, by the case that goes on: once for each that went
        into it."""
        wanted = {*cases, *(lost for lost, case in into.items() if case in cases)}
        if self.earlier is None or not wanted or not self.lake.exists("case"):
            return []
        columns = ["case_id", "subject_type", "subject_id", "kind"]
        rows = rows_of(
            self.lake, "case", ("business_date", "==", self.earlier), ("case_id", "in", wanted), columns=columns
        )
        return [
            (into.get(row["case_id"], row["case_id"]), (row["subject_type"], row["subject_id"], row["kind"]))
            for row in rows
        ]

    def _hits(
        self, decided: Mapping[str, Finding], said: SaidBefore
    ) -> tuple[dict[Finding, list[HitTonight]], dict[str, frozenset[str]]]:
        """Tonight's hits on the decided cases; by case the lines that were decided, where hits are unknown by id."""
        found: dict[Finding, list[HitTonight]] = {}
        for finding, row in self._hit_rows(self.night, [*decided.values()]):
            found.setdefault(finding, []).append(HitTonight(row["hit_id"], row["amount_at_risk"]))
        lines: dict[str, frozenset[str]] = {}
        for case, finding in decided.items():
            known = said.decided_hits.get(case, {})
            unknown = [hit.hit_id for hit in found.get(finding, ()) if hit.hit_id not in known]
            if not unknown or not known:
                continue
            own = proof_lines(self.lake, self.night, unknown)
            found[finding] = [replace(hit, lines=own.get(hit.hit_id, hit.lines)) for hit in found[finding]]
            lines[case] = decided_lines(self.lake, known)
        return found, lines

    def _hit_rows(self, night: date, findings: Sequence[Finding]) -> Iterable[tuple[Finding, Mapping[str, Any]]]:
        wanted = {*findings}
        if not wanted or not self.lake.exists("rule_hit"):
            return
        rows = rows_of(
            self.lake, "rule_hit", ("business_date", "==", night), ("subject_id", "in", {one[1] for one in wanted}),
            ("rule_id", "in", {one[2] for one in wanted}),
            columns=["hit_id", "subject_type", "subject_id", "rule_id", "amount_at_risk"],
        )  # fmt: skip
        for row in rows:
            finding = (row["subject_type"], row["subject_id"], row["rule_id"])
            if finding in wanted:
                yield finding, row

    def _gone(self, case_of: Mapping[Finding, str]) -> list[LineGone]:
        """The lines of cases in hand, by the findings of the earlier list, that cost less tonight than then, or are not
        there any more."""
        if self.earlier is None or not case_of:
            return []
        hits = {row["hit_id"]: finding for finding, row in self._hit_rows(self.earlier, [*case_of])}
        if not hits or not self.lake.exists("hit_line"):
            return []
        proofs = rows_of(
            self.lake, "hit_line", ("business_date", "==", self.earlier), ("hit_id", "in", {*hits}),
            columns=["hit_id", "line_id", "amount_at_risk", "role"],
        )  # fmt: skip
        at_risk: dict[tuple[str, str], Decimal | None] = {}
        for proof in proofs:
            if proof["role"] == COMPARED:
                continue
            key = (case_of[hits[proof["hit_id"]]], proof["line_id"])
            amounts = [a for a in (at_risk.get(key), proof["amount_at_risk"]) if a is not None]
            at_risk[key] = max(amounts, default=None)
        found = {case: finding for finding, case in case_of.items()}
        ids = sorted({line for _, line in at_risk})
        before, now = self._amounts(self.earlier, ids), self._amounts(self.night, ids)
        lost = {key: amount_gone(risk, before.get(key[1]), now.get(key[1])) for key, risk in at_risk.items()}
        return [
            LineGone(case, found[case], line, amount)
            for (case, line), amount in sorted(lost.items()) if amount is not None
        ]  # fmt: skip

    def _amounts(self, night: date, ids: Sequence[str]) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for first in range(0, len(ids), _AT_ONCE):
            some = quoted(ids[first : first + _AT_ONCE])
            query = f"SELECT line_id, amount FROM claim_line WHERE {known_on(night)} AND line_id IN ({some})"
            rows = self.lake.rows("claim_line", query)
            found |= {row["line_id"]: row["amount"] for row in rows if row["amount"] is not None}
        return found


def drawn_sample(lake: Lake, night: date, sizes: Mapping[str, int], seed: str) -> list[tuple[Any, ...]]:
    """Rows of the table inspection_sample: of each type those of its subjects that the seed puts first, whatever rules
    and scores say of them. A type whose indicators were not made is left out."""
    rows: list[tuple[Any, ...]] = []
    for name, size in sorted(sizes.items()):
        entity = ENTITIES[name]
        table, column = entity.indicator_table, entity.id_column
        if size == 0 or not lake.exists(table):
            continue
        of_night = f"FROM {table} WHERE business_date = DATE '{night}' AND {column} IS NOT NULL"
        count = lake.rows(table, f"SELECT count(DISTINCT {column}) AS n {of_night}")[0]["n"]
        order = f"ORDER BY md5(concat('{seed}|', {column})), {column} LIMIT {size}"
        drawn = lake.rows(
            table, f"SELECT {column} AS id FROM (SELECT DISTINCT {column} {of_night}) AS everybody {order}"
        )
        rows += [(night, name, row["id"], place, seed, count) for place, row in enumerate(drawn, 1)]
    return rows
