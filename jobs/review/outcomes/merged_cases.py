"""Cases that became one because their subjects did: what people said of any of them goes with the one that goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fundwatch.contracts.entities import ENTITIES
from fundwatch.lake.store import Lake
from jobs.review.read_leads import quoted, rows_of
from leads.outcomes.work import Finding

_AT_ONCE = 5_000
_ID_KINDS = {entity.name: entity.id_kind for entity in ENTITIES.values()}
CurrentIds = Mapping[str, Mapping[str, str]]  # by kind of id, which one goes on under which


@dataclass(frozen=True)
class MergedCase:
    """A row of the table merged_case, without the night."""

    merged_case_id: str
    case_id: str
    finding: Finding

    def row(self, night: date) -> tuple[Any, ...]:
        return (night, self.merged_case_id, self.case_id, *self.finding)


def now(finding: Finding, current: CurrentIds) -> Finding:
    """The finding under the id that holds."""
    kind, subject, what = finding
    return kind, current.get(_ID_KINDS.get(kind, kind), {}).get(subject, subject), what


def merged_cases(lake: Lake, earlier: date | None, current: CurrentIds) -> list[MergedCase]:
    """Grain: case that does not go on by itself: those that the earlier list knew, and of its cases those whose subject
    became another's since. As in `under_current_ids`, the one that was seen first goes on."""
    if earlier is None:
        return []
    lost = {one.merged_case_id: one for one in _known(lake, earlier)}
    groups: dict[Finding, list[tuple[date, str]]] = {}
    for row in _moved(lake, earlier, current):
        finding = now((row["subject_type"], row["subject_id"], row["kind"]), current)
        groups.setdefault(finding, []).append((row["first_seen"], row["case_id"]))
    for finding, found in groups.items():
        (_, goes_on), *others = sorted({*found})
        lost |= {case: MergedCase(case, goes_on, finding) for _, case in others}
    into = {case: one.case_id for case, one in lost.items()}
    ends = [replace(one, case_id=_end(one.case_id, into), finding=now(one.finding, current)) for one in lost.values()]
    return sorted(ends, key=lambda one: one.merged_case_id)


def merged_by(lake: Lake) -> dict[str, str]:
    """By case that goes on in another as of the newest list that knows any, which one that is."""
    if not lake.exists("merged_case"):
        return {}
    newest = lake.rows("merged_case", "SELECT max(business_date) AS night FROM merged_case")[0]["night"]
    return {one.merged_case_id: one.case_id for one in _known(lake, newest)} if newest is not None else {}


def _known(lake: Lake, night: date) -> list[MergedCase]:
    if not lake.exists("merged_case"):
        return []
    rows = rows_of(lake, "merged_case", ("business_date", "==", night))
    return [
        MergedCase(row["merged_case_id"], row["case_id"], (row["subject_type"], row["subject_id"], row["kind"]))
        for row in rows
    ]


def _moved(lake: Lake, earlier: date, current: CurrentIds) -> list[dict[str, Any]]:
    """The earlier list's cases of ids that go on under another, and those of these others."""
    former = {old for of_kind in current.values() for old in of_kind}
    moved = _cases_of(lake, earlier, former)
    findings = {now((row["subject_type"], row["subject_id"], row["kind"]), current) for row in moved}
    return [*moved, *_cases_of(lake, earlier, {subject for _, subject, _ in findings} - former)]


def _cases_of(lake: Lake, night: date, subjects: Iterable[str]) -> list[dict[str, Any]]:
    some = sorted(subjects)
    if not some or not lake.exists("case"):
        return []
    found = []
    for start in range(0, len(some), _AT_ONCE):
        among = quoted(some[start : start + _AT_ONCE])
        found += lake.rows(
            "case",
            "SELECT case_id, subject_type, subject_id, kind, first_seen FROM case "
            f"WHERE business_date = DATE '{night}' AND subject_id IN ({among})",
        )
    return found


def _end(case: str, into: Mapping[str, str]) -> str:
    """Where the case goes on, at the end of all mergers."""
    while case in into:
        case = into[case]
    return case
