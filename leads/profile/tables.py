"""The tables of a profile as CSV files, which no spreadsheet computes; the same content has the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fundwatch.cells import csv_for_people
from leads.profile.page import CLASS_SERIES, PAID_SERIES, by_strangeness, profile_page
from leads.profile.rows import Profile

PAGE = "profile.html"


def profile_files(profile: Profile) -> dict[str, bytes]:
    """All files of a profile by name: the page, and a table for each kind of thing that it shows."""
    tables = {name: csv_for_people(header, rows).content for name, header, rows in _tables(profile)}
    return {PAGE: profile_page(profile).encode("utf-8"), **tables}


def _tables(profile: Profile) -> Iterator[tuple[str, Sequence[str], list[Sequence[object]]]]:
    charges = {one.day: one for one in profile.charges.days}
    care = {(one.day, one.kind): one for one in profile.care.days}
    kinds = sorted({kind for _, kind in care})
    days: list[Sequence[object]] = []
    for day in sorted({*charges, *(day for day, _ in care)}):
        of = [care[day, kind].encounters if (day, kind) in care else 0 for kind in kinds]
        charged = charges.get(day)
        sums = (charged.lines, charged.patients, charged.amount) if charged else (0, 0, 0)
        days.append((day, *of, *sums))
    yield "days.csv", ("day", *(f"{kind}s" for kind in kinds), "lines", "patients", "amount"), days
    for name, series, rows in (
        ("charges_by_month.csv", CLASS_SERIES, profile.charges.by_class),
        ("paid_by_month.csv", PAID_SERIES, profile.paid),
    ):
        yield name, ("month", *series), [(row.month, *row.amounts) for row in rows]
    yield (
        "indicators.csv",
        ("indicator", "name_zh", "name_en", "value", "peer_median", "percentile", "robust_z", "peer_count"),
        [
            (one.name, one.card.name_zh, one.card.name_en, one.value, one.median, one.percentile, one.robust_z,
             one.peer_count)
            for one in by_strangeness(profile.indicators)
        ],
    )  # fmt: skip
    yield (
        "items.csv",
        ("item_code", "item_name", "lines", "patients", "days", "amount"),
        [(i.item_code, i.item_name, i.lines, i.patients, i.days, i.amount) for i in profile.charges.items],
    )
    yield (
        "hits.csv",
        ("hit_id", "rule_id", "patient_id", "encounter_id", "period_start", "period_end", "amount_at_risk",
         "is_estimate", "reason_zh", "reason_en"),
        [
            (h.hit_id, h.rule_id, h.patient_id, h.encounter_id, h.period_start, h.period_end, h.amount_at_risk,
             h.is_estimate, h.reason_zh, h.reason_en)
            for h in profile.findings.hits
        ],
    )  # fmt: skip
