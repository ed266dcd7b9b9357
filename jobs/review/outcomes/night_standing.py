"""What a night's list knows of what people said: pinned by the run that first made the list, so that the same inputs
give the same list; and what of the night's findings is new work. Without Spark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.versions import known_on
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from jobs.review.outcomes.people_said import journal_in
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
_ID_KINDS = {entity.name: entity.id_kind for entity in ENTITIES.values()}


@dataclass(frozen=True)
class DecisionsSeen:
    """The journals' rows that the night's list sees, and until when each journal was read."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    until: Mapping[str, str]

    def said(self, night: date) -> SaidBefore:
        """What people had said by the night."""
        return said_before(
            [StatusEntry.of_row(row) for row in self.rows[LEAD_STATUS.name]],
            [Outcome.of_row(row) for row in self.rows[OUTCOME.name]],
            [DecidedHit.of_row(row) for row in self.rows[DECIDED_HIT.name]],
            [Snooze.of_row(row) for row in self.rows[SNOOZE.name]],
            night,
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
    """How cases stand on the night, and the lines that were reversed of those in hand."""

    cases: Sequence[CaseStanding] = ()
    gone: Sequence[LineGone] = ()

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
    current: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def standing(self, said: SaidBefore) -> NightStanding:
        """How the cases stand of which people said something. Nothing is read where nobody did."""
        then = self._then(said.steps)
        findings = {case: self._now(finding) for case, finding in then.items()}
        decided = [findings[case] for case in said.decided if case in findings]
        watched = {case: then[case] for case in said.of_status(WATCHED) if case in then}
        gone = [replace(line, finding=findings[line.case_id]) for line in self._gone(watched)]
        quiet = {self._now((one.subject_type, one.subject_id, one.rule_id)): one for one in said.snoozes}
        rows = case_standings(said, findings, self._hits(decided), gone, quiet)
        return NightStanding(rows, gone)

    def _now(self, finding: Finding) -> Finding:
        kind, subject, what = finding
        return kind, self.current.get(_ID_KINDS.get(kind, kind), {}).get(subject, subject), what

    def _then(self, cases: Iterable[str]) -> dict[str, Finding]:
        """By case, whose it was on the earlier list and of what kind."""
        if self.earlier is None or not (wanted := {*cases}) or not self.lake.exists("case"):
            return {}
        columns = ["case_id", "subject_type", "subject_id", "kind"]
        rows = rows_of(
            self.lake, "case", ("business_date", "==", self.earlier), ("case_id", "in", wanted), columns=columns
        )
        return {row["case_id"]: (row["subject_type"], row["subject_id"], row["kind"]) for row in rows}

    def _hits(self, findings: Sequence[Finding]) -> dict[Finding, list[HitTonight]]:
        found: dict[Finding, list[HitTonight]] = {}
        for finding, row in self._hit_rows(self.night, findings):
            found.setdefault(finding, []).append(HitTonight(row["hit_id"], row["amount_at_risk"]))
        return found

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

    def _gone(self, watched: Mapping[str, Finding]) -> list[LineGone]:
        """The lines of cases in hand that cost less tonight than on the earlier list, or are not there any more."""
        if self.earlier is None or not watched:
            return []
        case_of = {finding: case for case, finding in watched.items()}
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
        ids = sorted({line for _, line in at_risk})
        before, now = self._amounts(self.earlier, ids), self._amounts(self.night, ids)
        lost = {key: amount_gone(risk, before.get(key[1]), now.get(key[1])) for key, risk in at_risk.items()}
        return [
            LineGone(case, watched[case], line, amount)
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
