"""Measures of windows, one of each kind against plain Python: exact, without look-ahead, however nights fell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from math import isclose, log2
from random import Random
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

import pytest

from features.catalogue import Catalogue
from features.catalogue.running import narrowed
from features.periods import DaySpan, kept_by_day, periods_of
from fundwatch.engine.frames import stacked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    MakeTable = Callable[..., DataFrame]

NIGHT, EARLIER = date(2026, 6, 30), date(2026, 6, 20)
WINDOW = 60


def of(rows: str, **said: Any) -> dict[str, Any]:
    return {"of": rows, "unit": "ratio", "description": "Of the test."} | said


def catalogue_of(formulas: Iterable[str], entity: str = "institution", **sections: Any) -> Catalogue:
    """A catalogue whose indicators are the measures themselves."""
    said = {"name": {"zh": "量", "en": "A measure"}, "unit": "ratio", "direction": "high", "description": "It."}
    indicators = {f"x_{name}": said | {"formula": name} for name in formulas}
    more = sections.pop("indicators", {})
    return Catalogue.model_validate(
        {"entity": entity, "windows": [WINDOW], "indicators": indicators | more, **sections}
    )


KINDS = catalogue_of(
    ["amount", "patients", "concentration", "entropy", "gini", "variation", "first_two", "top_half", "busiest",
     "median", "p90", "run", "mean_gap", "returns", "at_two_days", "older_share", "new_patients"],
    measures={"amount": of("lines", value="sum(amount)", unit="yuan")},
    sets={"patients": {"of": "lines", "column": "patient_id", "description": "Persons."}},
    sequences={
        "lines_in_order": {
            "of": "lines", "by": ["institution_id", "patient_id"], "order": "charged_at", "look_back": 30,
            "previous": {"previous_at": "charged_at"},
        }
    },
    groups={
        "by_patient": {
            "of": "lines", "by": ["patient_id"],
            "values": {"total": "sum(amount)", "days": "count(DISTINCT day)"},
        },
        "by_day": {"of": "lines", "by": ["day"], "in_order": "day", "values": {"people": "count(DISTINCT patient_id)"}},
        "in_order_by_patient": {
            "of": "lines_in_order", "by": ["patient_id"],
            "values": {"first_at": "min(charged_at)", "least_previous_at": "min(previous_at)"},
        },
    },
    over={
        "concentration": of("by_patient", statistic="concentration", value="total"),
        "entropy": of("by_patient", statistic="entropy", value="total"),
        "gini": of("by_patient", statistic="gini", value="total"),
        "variation": of("by_patient", statistic="variation", value="total"),
        "first_two": of("by_patient", statistic="top_share", value="total", k=2),
        "top_half": of("by_patient", statistic="top_percent_share", value="total", k=50),
        "busiest": of("by_day", value="max(people)"),
        "run": of("by_day", statistic="longest_run"),
        "mean_gap": of("by_day", value="avg(gap_days)"),
        "median": of("lines", value="median(amount)"),
        "p90": of("lines", value="percentile(amount, 0.9)"),
        "returns": of("lines_in_order", value="count_if(datediff(charged_at, previous_at) BETWEEN 1 AND 7)"),
        "at_two_days": of("by_patient", value="count_if(days >= 2)"),
        "older_share": of("lines", value="try_divide(count_if(age >= 60), count(*))"),
        "new_patients": of("in_order_by_patient", value="count_if(NOT coalesce(least_previous_at < first_at, FALSE))"),
    },
)  # fmt: skip


def lines_of(draw: Random, count: int) -> list[dict[str, Any]]:
    """Lines of two institutions, each known from a night on, some no longer known later, some before the window."""
    rows = []
    for number in range(count):
        day = NIGHT - timedelta(days=draw.randrange(100))
        known = max(day, EARLIER) if draw.random() < 0.5 else day
        rows.append(
            {
                "line_id": f"L{number:03}", "institution_id": f"H{draw.randrange(2)}",
                "patient_id": f"P{draw.randrange(9)}",
                "charged_at": f"{day}T{draw.randrange(24):02}:{draw.randrange(60):02}:00",
                "amount": draw.randrange(1, 900),
                "known_from": known, "known_to": NIGHT if draw.random() < 0.1 and known < NIGHT else None,
            }
        )  # fmt: skip
    return rows


def expected(lines: list[dict[str, Any]], born: dict[str, int], night: date, place: str) -> dict[str, float]:
    """The same by plain Python."""
    known = [r for r in lines if r["known_from"] <= night and (r["known_to"] is None or r["known_to"] > night)]
    known = [r for r in known if r["charged_at"][:10] <= night.isoformat()]
    rows = sorted((r for r in known if r["institution_id"] == place), key=lambda r: (r["charged_at"], r["line_id"]))
    first = night - timedelta(days=WINDOW - 1)
    day_of = {r["line_id"]: date.fromisoformat(r["charged_at"][:10]) for r in rows}
    inside = [r for r in rows if first <= day_of[r["line_id"]] <= night]
    total, days = defaultdict[str, float](float), defaultdict[str, set[date]](set)
    people = defaultdict[date, set[str]](set)
    for r in inside:
        total[r["patient_id"]] += r["amount"]
        days[r["patient_id"]].add(day_of[r["line_id"]])
        people[day_of[r["line_id"]]].add(r["patient_id"])
    values, whole, amounts = sorted(total.values()), sum(total.values()), sorted(r["amount"] for r in inside)
    dates = sorted(people)
    runs, run = [1], 1
    for one, after in pairwise(dates):
        run = run + 1 if after - one == timedelta(days=1) else 1
        runs.append(run)
    returns, new = 0, 0
    for patient in total:
        own = [r for r in rows if r["patient_id"] == patient and day_of[r["line_id"]] >= first - timedelta(days=30)]
        gaps = [
            (day_of[b["line_id"]] - day_of[a["line_id"]]).days
            for a, b in pairwise(own)
            if day_of[b["line_id"]] >= first
        ]
        returns += sum(1 <= gap <= 7 for gap in gaps)
        begun = min(day_of[r["line_id"]] for r in own if day_of[r["line_id"]] >= first)
        new += not any(0 < (begun - day_of[r["line_id"]]).days <= 30 for r in own)
    n, half = len(values), max(1, -(-len(values) * 50 // 100))
    place_of_p90 = (len(amounts) - 1) * 0.9
    low, part = int(place_of_p90), place_of_p90 - int(place_of_p90)
    return {
        "amount": whole, "patients": n, "concentration": sum(v * v for v in values) / whole**2,
        "entropy": -sum(v / whole * log2(v / whole) for v in values),
        "gini": 2 * sum(i * v for i, v in enumerate(values, 1)) / (n * whole) - (n + 1) / n,
        "variation": stdev(values) / fmean(values), "first_two": sum(values[-2:]) / whole,
        "top_half": sum(values[-half:]) / whole, "busiest": max(map(len, people.values())), "run": max(runs),
        "mean_gap": (dates[-1] - dates[0]).days / (len(dates) - 1), "median": median(amounts),
        "p90": amounts[low] + part * (amounts[min(low + 1, len(amounts) - 1)] - amounts[low]),
        "returns": returns, "at_two_days": sum(len(one) >= 2 for one in days.values()),
        "older_share": fmean(float(2026 - born[r["patient_id"]] >= 60) for r in inside), "new_patients": new,
    }  # fmt: skip


@pytest.mark.slow
def test_each_kind_of_measure_is_what_plain_python_says_on_either_night(table: MakeTable, measured: MakeTable):
    """As of the earlier night too, by what was known then and by what is known now: lines that came or went since then
    change nothing of the first, and lines of later days nothing of either."""
    lines, born = lines_of(Random(4), 150), {f"P{n}": 1950 + 4 * n for n in range(9)}
    persons = [{"patient_id": one, "birth_year": year, "known_from": date(2020, 1, 1)} for one, year in born.items()]
    now = [r | {"known_from": date(2020, 1, 1)} for r in lines if r["known_to"] is None]
    from features.rollup import as_known

    frames, said = [], {"then": lines, "now": now}
    assert len(now) < len(lines)
    assert any(row["charged_at"][:10] > EARLIER.isoformat() for row in now)
    for known, night in (("then", EARLIER), ("then", NIGHT), ("now", EARLIER)):
        assert set(kept_by_day(KINDS).measures) == {"amount"}
        tables = {"claim_line": table("claim_line", said[known]), "patient": table("patient", persons)}
        days = as_known(KINDS, rolled_up(tables["claim_line"], night), night)
        frames.append(
            measured(KINDS, tables, night, days).selectExpr(f"'{night}' AS night", f"'{known}' AS known", "*")
        )
    rows = stacked(frames).collect()
    assert len(rows) == 6
    for row in rows:
        counted = expected(said[row.known], born, date.fromisoformat(row.night), row.institution_id)
        for name, value in counted.items():
            found = row[f"institution_x_{name}_{WINDOW}d"]
            assert isclose(found, value, rel_tol=1e-6, abs_tol=1e-6), (row.night, row.known, row.institution_id, name)


def rolled_up(lines: DataFrame, night: date) -> DataFrame:
    """The days as nights would have left them: found by the earlier one, and what changed since by the later."""
    from pyspark.sql import functions as F

    from features.catalogue import Source
    from features.rollup import changed, recent, to_days
    from fundwatch.contracts.versions import known_on

    made, since = [], None
    for one in (EARLIER, NIGHT):
        if one <= night:
            versions = {Source.LINES: recent([KINDS], Source.LINES, lines, one)}
            known = {Source.LINES: versions[Source.LINES].filter(known_on(one))}
            days = to_days(KINDS, known, changed(KINDS, versions, since, one))
            made.append(days.withColumn("business_date", F.lit(one)))
            since = one
    return stacked(made)


def test_an_expectation_is_of_the_stratum_and_a_ratio_of_few_rows_is_drawn_to_one(
    table: MakeTable, measured: MakeTable
):
    """Old patients cost twice as much everywhere: who has only old ones is no dearer than others. One is dear."""
    catalogue = catalogue_of(
        ["cost", "cost_ratio", "cost_rows", "cost_expected"],
        case_mix={"cost": {"of": "settlements", "value": "total_amount", "strata": ["age_band"], "description": "It."}},
    )
    settlements, number = [], 0
    spread = (0.8, 1.2)
    mixes = {
        "young": (40, 0, 1.0),
        "old": (0, 40, 1.0),
        "both": (20, 20, 1.0),
        "dear": (20, 20, 1.6),
        "few": (2, 0, 1.6),
    }
    for place, (young, old, dear) in mixes.items():
        for base, person, count in ((100, "young", young), (200, "old", old)):
            for n in range(count):
                number += 1
                settlements.append(
                    {
                        "settlement_id": f"S{number}",
                        "institution_id": place,
                        "patient_id": person,
                        "known_from": EARLIER,
                    }
                    | {"settled_at": f"{EARLIER}T10:00:00", "total_amount": round(base * dear * spread[n % 2], 2)}
                )
    persons = [
        {"patient_id": "young", "birth_year": 2000, "known_from": EARLIER},
        {"patient_id": "old", "birth_year": 1940, "known_from": EARLIER},
    ]
    tables = {"settlement": table("settlement", settlements), "patient": table("patient", persons)}
    found = {row.institution_id: row for row in measured(catalogue, tables, NIGHT).collect()}
    ratio = {place: row[f"institution_x_cost_ratio_{WINDOW}d"] for place, row in found.items()}
    drawn = {place: row[f"institution_x_cost_{WINDOW}d"] for place, row in found.items()}
    assert ratio["young"] < 1.0
    assert isclose(ratio["young"], ratio["old"], rel_tol=0.02)
    assert isclose(ratio["dear"], 1.6 * ratio["both"], rel_tol=1e-6)
    assert abs(drawn["few"] - 1) < 0.8 * abs(ratio["few"] - 1)  # two rows prove little
    assert abs(drawn["dear"] - 1) > 0.9 * abs(ratio["dear"] - 1)
    assert found["few"][f"institution_x_cost_rows_{WINDOW}d"] == 2
    observed = sum(float(str(row["total_amount"])) for row in settlements)
    assert isclose(sum(row[f"institution_x_cost_expected_{WINDOW}d"] for row in found.values()), observed, rel_tol=1e-6)


def test_a_growth_holds_where_the_indicator_holds_in_both_windows_though_a_measure_has_its_name() -> None:
    said = {"name": {"zh": "量", "en": "It"}, "unit": "share", "direction": "high", "description": "It."}
    catalogue = catalogue_of(
        [],
        measures={
            "share": of("lines", value="sum(amount)", unit="yuan"),
            "lines_": of("lines", value="count(*)", unit="count"),
        },
        indicators={
            "share": said | {"formula": "try_divide(share, lines_)", "when": "lines_ >= 10"},
            "share_growth": said | {"growth": {"of": "share", "against": "before"}, "windows": [30]},
        },
    )
    assert catalogue.of_each_window(catalogue.indicators["share_growth"]) == (
        "try_divide(share, lines_)",
        "lines_ >= 10",
    )
    assert periods_of(catalogue)["lines_"] == (DaySpan(30), DaySpan(30, 30), DaySpan(WINDOW))
    alone = narrowed(catalogue, ["share_growth"])
    assert alone.indicators.keys() == {"share", "share_growth"}


def test_shuffles_are_as_many_as_there_are_ways_to_gather_rows_and_not_as_indicators(
    table: MakeTable, measured: MakeTable
):
    """Planned and not run: five of each set, measure of the window and indicator move no more rows than one of each."""
    exchanges, at_once = [], narrowed(KINDS, KINDS.indicators.keys() - {"x_amount"})
    for copies in (1, 5):
        many = {
            section: {f"{name}{n or ''}": one for name, one in getattr(at_once, section).items() for n in range(copies)}
            for section in ("sets", "over")
        }
        formulas = {
            f"{name}{n or ''}": one.model_copy(update={"formula": f"{one.formula}{n or ''}"})
            for name, one in at_once.indicators.items()
            for n in range(copies)
        }
        copied = at_once.model_copy(update=many | {"indicators": formulas})
        plan = measured(copied, {}, NIGHT)._jdf.queryExecution().executedPlan().toString()
        exchanges.append(str(plan).count("Exchange hashpartitioning"))
        assert len(copied.named) == copies * len(at_once.named)
    assert exchanges[0] == exchanges[1]
    assert exchanges[0] <= 24  # six ways to gather rows, four moves each
