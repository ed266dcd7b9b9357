"""Reads for the ledger, without Spark: cases as lists had them, the random sample, and what people entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.contracts.versions import known_on
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.outcomes.people_said import PeopleSaid, journal_in
from leads.ledger.credit import CreditEntry
from leads.ledger.judged import NOTHING
from leads.ledger.points import PointsEntry
from leads.ledger.shares import Share
from leads.ledger.value import ListedCase, Sampled, precision_by_kind
from leads.outcomes.entries import Outcome
from leads.outcomes.journals import CREDIT_GRADE, STAFF_POINTS
from leads.ranking.cases import SCORE_KIND

_UNKNOWN = "unknown"
_FINGERPRINT_SHOWN = 8


def outcomes_in(lake: Lake, as_of: date) -> list[Outcome]:
    """The outcomes that were dated by then, those that withdraw others among them."""
    return [outcome for outcome in PeopleSaid(lake.address).outcomes if outcome.on_date <= as_of]


def points_in(lake: Lake) -> list[PointsEntry]:
    """All that was entered of points, the oldest first."""
    return [PointsEntry.of_row(row) for row in journal_in(lake.address, STAFF_POINTS).rows()]


def grades_in(lake: Lake) -> list[CreditEntry]:
    """All credit grades that were put down, the oldest first."""
    return [CreditEntry.of_row(row) for row in journal_in(lake.address, CREDIT_GRADE).rows()]


def listed_cases(lake: Lake, as_of: date) -> list[ListedCase]:
    """Grain: case that a published list of a night up to `as_of` named, with its figures as the last such list had it.

    Of a lake without lists there are none.
    """
    ledger = Ledger(lake.address)
    nights = [night for night in ledger.nights("leads") if night <= as_of]
    if not nights or not lake.exists("case"):
        return []
    rows = lake.query(_listed(ledger, nights), "case", "lead").read_all().to_pylist()
    versions = _Versions(lake, ledger)
    lost = _lost(lake, rows, as_of)
    return [
        ListedCase(
            case_id=row["case_id"],
            kind=row["kind"],
            version=versions.of(row["first_listed"], row["kind"], row["subject_type"]),
            first_listed=row["first_listed"],
            subject_type=row["subject_type"],
            subject_id=row["subject_id"],
            amount=row["amount"] or NOTHING,
            is_estimate=bool(row["is_estimate"]),
            lost_amount=lost.get(row["case_id"]),
        )
        for row in rows
    ]


def _listed(ledger: Ledger, nights: Sequence[date]) -> str:
    """SQL: by case the first and the last night whose list named it, and its amount then. A list of n holds the leads
    at places up to n: those that share the last place are among the n."""
    counts = {night: run.detail["listed"] for night in nights if (run := ledger.committed("leads", night)) is not None}
    lists = ", ".join(f"(DATE '{night}', {int(count)})" for night, count in counts.items())
    named = (
        "SELECT c.*, row_number() OVER (PARTITION BY c.case_id ORDER BY c.business_date DESC) AS back, "
        "min(c.business_date) OVER (PARTITION BY c.case_id) AS first_listed "
        "FROM case AS c JOIN lead AS l ON c.business_date = l.business_date AND c.subject_type = l.subject_type "
        "AND c.subject_id = l.subject_id JOIN lists ON c.business_date = lists.night "
        "WHERE l.place <= lists.listed AND c.state NOT IN ('faded', 'unjudged')"
    )
    return (
        f"WITH lists(night, listed) AS (VALUES {lists}), named AS ({named}) SELECT case_id, kind, subject_type, "
        "subject_id, CAST(first_listed AS DATE) AS first_listed, CAST(business_date AS DATE) AS last_listed, amount, "
        "is_estimate FROM named WHERE back = 1 ORDER BY case_id"
    )


class _Versions:
    """By night and kind the version that found a case: of a rule its fingerprint, of scores those of the models."""

    def __init__(self, lake: Lake, ledger: Ledger) -> None:
        self._ledger = ledger
        self._of_rules: Mapping[tuple[date, str], str] = {}
        if lake.exists("rule_coverage"):
            query = "SELECT DISTINCT business_date, rule_id, rule_version FROM rule_coverage"
            self._of_rules = {
                (row["business_date"], row["rule_id"]): row["rule_version"] for row in lake.rows("rule_coverage", query)
            }

    def of(self, night: date, kind: str, subject_type: str) -> str:
        if kind != SCORE_KIND:
            return self._of_rules.get((night, kind)) or _UNKNOWN
        run = self._ledger.committed("score", night)
        made: Mapping[str, str] = {} if run is None else run.detail.get("fingerprints", {})
        own = [(name, mark) for name, mark in sorted(made.items()) if name.startswith(f"{subject_type}/")]
        return " ".join(f"{name}@{mark[:_FINGERPRINT_SHOWN]}" for name, mark in own) or _UNKNOWN


def _lost(lake: Lake, cases: Sequence[Mapping[str, Any]], as_of: date) -> dict[str, Decimal]:
    """By case what of its hits' money was disbursed by `as_of`; none where no settlement says when it was."""
    tables = ("rule_hit", "hit_line", "settlement")
    if not all(map(lake.exists, tables)) or "disbursed_on" not in lake.columns("settlement"):
        return {}
    if not lake.rows("settlement", "SELECT 1 AS one FROM settlement WHERE disbursed_on IS NOT NULL LIMIT 1"):
        return {}
    nights = ", ".join(sorted({f"DATE '{case['last_listed']}'" for case in cases}))
    if not nights:
        return {}
    query = (
        "SELECT h.business_date AS night, h.subject_type, h.subject_id, h.rule_id, "
        f"sum(CASE WHEN s.disbursed_on <= DATE '{as_of}' THEN l.amount_at_risk ELSE 0 END) AS lost "
        "FROM rule_hit AS h JOIN hit_line AS l ON h.hit_id = l.hit_id AND h.business_date = l.business_date "
        f"JOIN (SELECT settlement_id, disbursed_on FROM settlement WHERE {known_on(as_of)}) AS s "
        f"ON l.settlement_id = s.settlement_id WHERE h.business_date IN ({nights}) AND s.disbursed_on IS NOT NULL "
        "GROUP BY 1, 2, 3, 4"
    )
    rows = lake.query(query, *tables).read_all().to_pylist()
    by_finding = {(row["night"], row["subject_type"], row["subject_id"], row["rule_id"]): row["lost"] for row in rows}
    keys = {
        case["case_id"]: (case["last_listed"], case["subject_type"], case["subject_id"], case["kind"]) for case in cases
    }
    return {case: by_finding[key] for case, key in keys.items() if key in by_finding}


def samples_in(lake: Lake, as_of: date) -> list[Sampled]:
    """Grain: subject type. How many subjects the random samples up to `as_of` drew, and the population of the last."""
    if not lake.exists("inspection_sample"):
        return []
    query = (
        "SELECT subject_type, count(DISTINCT subject_id) AS sampled, max_by_night AS population FROM (SELECT *, "
        "first_value(population_count) OVER (PARTITION BY subject_type ORDER BY business_date DESC) AS max_by_night "
        f"FROM inspection_sample WHERE business_date <= DATE '{as_of}') AS drawn GROUP BY subject_type, max_by_night "
        "ORDER BY subject_type"
    )
    rows = lake.rows("inspection_sample", query)
    return [Sampled(row["subject_type"], int(row["sampled"]), row["population"]) for row in rows]


def measured_precision(settings: Settings, rule_id: str) -> Share | None:
    """How right the rule was, by all outcomes that stand; None without a lake, or where nobody judged any of it."""
    lake = Lake(settings.lake_address)
    if not lake.is_made:
        return None
    return precision_by_kind(PeopleSaid(lake.address).outcomes).get(rule_id)
