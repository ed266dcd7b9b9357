"""Figures of a delivered world: of chronic-benefit users one by one, and of the whole.

Money in yuan. A chronic-benefit user is whoever has an encounter of the types 140104, 140201 or 9929 (med_type) and,
where registrations are delivered, is registered: whose card somebody else uses for a dialysis is none. Like the
published table, only outpatient encounters and purchases count. Volumes are brought to half a year of 182 days. Lines
are netted by adding, because corrections are negative.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from statistics import fmean, pstdev, quantiles

from simulator.calibration.delivered import delivered

HALF_YEAR = 182
CHRONIC = ("140104", "140201", "9929")
STAYS = ("21", "52")
_COSTLY_FROM = 150.0  # yuan a pack
_CLASSES = {
    "03": "examinations", "04": "examinations", "05": "treatments", "08": "consumables", "09": "drugs",
    "10": "drugs", "11": "drugs",
}  # fmt: skip
_PER_PERSON = (
    "visits", "visit_days", "order_sheets", "months", "most_days_in_month", "institutions",
    "days_with_two_institutions", "diagnoses", "total_cost", "pooled_fund", "account", "drugs", "patent_drugs",
    "herb_pieces", "costly_drugs", "examinations", "treatments", "consumables", "drug_share", "examination_share",
    "treatment_share",
)  # fmt: skip
_NOT_SCALED = {"months", "most_days_in_month", "institutions", "drug_share", "examination_share", "treatment_share"}
Figures = dict[tuple[str, str], float]


@dataclass(slots=True)
class HalfYear:
    """One chronic-benefit user's half-year."""

    visits: int = 0
    places_by_day: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    diagnoses: set[str] = field(default_factory=set)
    sheets: set[str] = field(default_factory=set)
    sums: Counter[str] = field(default_factory=Counter)

    def measure(self, name: str) -> float:
        """One of the measures of the published table."""
        if name.endswith("_share"):
            part = {"drug": "drugs", "examination": "examinations", "treatment": "treatments"}[name[:-6]]
            return self.sums[part] / self.sums["lines"] if self.sums["lines"] > 0 else 0.0
        return float(_COUNTS[name](self) if name in _COUNTS else self.sums[name])


_COUNTS: Mapping[str, Callable[[HalfYear], int]] = {
    "visits": lambda own: own.visits,
    "visit_days": lambda own: len(own.places_by_day),
    "order_sheets": lambda own: len(own.sheets),
    "months": lambda own: len({day[:7] for day in own.places_by_day}),
    "most_days_in_month": lambda own: max(Counter(day[:7] for day in own.places_by_day).values(), default=0),
    "institutions": lambda own: len(set(chain(*own.places_by_day.values()))),
    "days_with_two_institutions": lambda own: sum(len(places) > 1 for places in own.places_by_day.values()),
    "diagnoses": lambda own: len(own.diagnoses),
}


def measured(landing: Path) -> Figures:
    """Every figure that can be compared, by measure and statistic."""
    visits = {row["mdtrt_id"]: row for row in delivered(landing, "mdtrt")}
    whole = _whole(landing, visits)
    users = _users(landing, visits)
    days = whole.pop(("history_days", "all"))
    if users:
        whole[("on_aid_share", "mean")] = fmean(own.sums["aid"] > 0 for own in users.values())
    figures: Figures = dict(whole)
    for name in _PER_PERSON:
        found = statistics_of(name, users.values(), HALF_YEAR / days)
        figures |= {(name, statistic): value for statistic, value in found.items()}
    return figures


def half_years(landing: Path) -> tuple[dict[str, HalfYear], float]:
    """Chronic-benefit users with their outpatient care, and how many times the history goes into half a year."""
    visits = {row["mdtrt_id"]: row for row in delivered(landing, "mdtrt")}
    days = [date.fromisoformat(row["begntime"][:10]) for row in visits.values()]
    return _users(landing, visits), HALF_YEAR / ((max(days) - min(days)).days + 1)


def statistics_of(measure: str, people: Iterable[HalfYear], scale: float) -> dict[str, float]:
    """A measure of these people, brought to half a year; nothing of fewer than two of them."""
    times = 1.0 if measure in _NOT_SCALED else scale
    values = [own.measure(measure) * times for own in people]
    if len(values) < 2:
        return {}
    p25, p50, p75 = quantiles(values, n=4, method="inclusive")
    return {
        "mean": fmean(values), "sd": pstdev(values), "p25": p25, "p50": p50, "p75": p75, "max": max(values),
    }  # fmt: skip


def _users(landing: Path, visits: Mapping[str, Mapping[str, str]]) -> dict[str, HalfYear]:
    """Chronic-benefit users and their outpatient care."""
    outpatient = {key: row for key, row in visits.items() if row["med_type"] not in STAYS}
    registered = {row["psn_no"] for row in delivered(landing, "opsp_reg")}
    users: dict[str, HalfYear] = {
        row["psn_no"]: HalfYear()
        for row in outpatient.values()
        if row["med_type"] in CHRONIC and row["psn_no"] and (not registered or row["psn_no"] in registered)
    }
    for row in outpatient.values():
        own = users.get(row["psn_no"])
        if own is not None:
            own.visits += 1
            own.places_by_day[row["begntime"][:10]].add(row["fixmedins_code"])
    for row in delivered(landing, "diag"):
        if row["mdtrt_id"] in outpatient and (own := users.get(outpatient[row["mdtrt_id"]]["psn_no"])):
            own.diagnoses.add(row["diag_code"])
    for row in delivered(landing, "setl"):
        if row["mdtrt_id"] in outpatient and (own := users.get(row["psn_no"])):
            own.sums["total_cost"] += float(row["medfee_sumamt"])  # type: ignore[assignment]
            own.sums["pooled_fund"] += float(row["hifp_pay"])  # type: ignore[assignment]
            own.sums["account"] += float(row["acct_pay"])  # type: ignore[assignment]
            own.sums["aid"] += float(row["maf_pay"])  # type: ignore[assignment]
    for row in delivered(landing, "fee_list"):
        if row["mdtrt_id"] in outpatient and (own := users.get(row["psn_no"])):
            _add_line(own, row)
    return users


def _add_line(own: HalfYear, row: Mapping[str, str]) -> None:
    amount, kind = float(row["det_item_fee_sumamt"]), row["med_chrgitm_type"]
    own.sheets.add(row["rx_drord_no"])
    own.sums["lines"] += amount  # type: ignore[assignment]
    own.sums[_CLASSES.get(kind, "other")] += amount  # type: ignore[assignment]
    if kind == "11":
        own.sums["patent_drugs"] += amount  # type: ignore[assignment]
    if kind == "10":
        own.sums["herb_pieces"] += amount  # type: ignore[assignment]
    if kind == "09" and _number(row["pric"]) >= _COSTLY_FROM:
        own.sums["costly_drugs"] += amount  # type: ignore[assignment]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _whole(landing: Path, visits: Mapping[str, Mapping[str, str]]) -> Figures:
    """Volumes and rates over everybody."""
    persons = len({row["psn_no"] for row in delivered(landing, "psn_insu")})
    days = sorted({row["begntime"][:10] for row in visits.values()})
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    span = (last - first).days + 1
    counts: Counter[str] = Counter(_facts(delivered(landing, "fee_list")))
    settled = sum(1 for _ in delivered(landing, "setl"))
    years = persons * span / 365
    lines = max(1, counts["lines"])
    figures = {
        "history_days": span,
        "lines_per_person_year": lines / years,
        "lines_per_settlement": lines / max(1, settled),
        "visits_per_person_year": len(visits) / years,
        **{f"{name}_share": counts[name] / lines for name in _FACTS},
    }
    occupied = _occupancy(landing, visits, first, last)
    if occupied is not None:
        figures["bed_occupancy"] = occupied
    checks = [row["present_flag"] == "1" for row in delivered(landing, "presence_check")]
    if checks:
        figures["presence_share"] = fmean(checks)
    return {(name, "all"): float(value) for name, value in figures.items()}


_FACTS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "negative_line": lambda row: row["cnt"].startswith("-"),
    "missing_settlement": lambda row: not row["setl_id"],
    "missing_doctor": lambda row: not row["bilg_dr_code"],
    "missing_days_supplied": lambda row: not row["prd_days"],
}


def _facts(rows: Iterable[Mapping[str, str]]) -> Iterable[str]:
    for row in rows:
        yield "lines"
        yield from (name for name, holds in _FACTS.items() if holds(row))


def _occupancy(landing: Path, visits: Mapping[str, Mapping[str, str]], first: date, last: date) -> float | None:
    """In-patient nights over bed-nights of hospitals that had in-patients.

    The last three weeks are left out: who is still in hospital has not been settled and is not delivered.
    """
    beds = {row["fixmedins_code"]: int(row["aprv_bed_cnt"] or 0) for row in delivered(landing, "medins")}
    begin, end = first + timedelta(days=7), last - timedelta(days=21)
    nights: Counter[str] = Counter()
    for row in visits.values():
        if row["med_type"] in STAYS:
            come = max(begin, date.fromisoformat(row["begntime"][:10]))
            go = min(end, date.fromisoformat(row["endtime"][:10]))
            nights[row["fixmedins_code"]] += max(0, (go - come).days)
    held = sum(beds.get(place, 0) for place in nights)
    return sum(nights.values()) / (held * (end - begin).days) if held and end > begin else None
