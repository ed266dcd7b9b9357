"""A simulated quarter: every night runs, an inspection model works through its list and the sample beside it, and at
the end the ledger must say what the model did, to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from evaluation.inspecting import InspectionModel, tally
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.logs import step
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.inspect_list import Checked, NightTruth, Subject, inspect_list, night_truth
from jobs.prove.quarter_proof import FirstTwenty, Quarter, differences, drawn_truths, intervals, sample_results
from jobs.prove.simulate_claims import deliver
from jobs.review.read_leads import rows_of
from jobs.review.value.value_ledger import value_ledger
from jobs.run_nights import run_night
from jobs.workplace import workplace
from simulator.scenario.scenario_file import read_scenario

PRESET = "quarter"
_FIRST = 20  # precision is judged among so many leads

Finding = tuple[Subject, str]


def run_quarter(settings: Settings, model: InspectionModel, nights: int | None = None) -> Quarter:
    """Simulate the preset's deliveries, run its nights (the first `nights` of them), inspect each list, and compare. A
    quarter that was interrupted goes on where it stopped."""
    make_missing_keys(settings)
    scenario = read_scenario(PRESET, {"seed": settings.seed})
    deliver(scenario, settings.landing_dir, settings.truth_dir)
    chosen = scenario.nights[:nights]
    done: list[Checked] = []
    first: list[FirstTwenty] = []
    with workplace(settings) as place:
        for night in chosen:
            run_night(place, night)
            with step(f"{night} inspection") as facts:
                truth = night_truth(settings, night)
                first.append(first_twenty(place.lake, night, truth))
                checked = inspect_list(settings, night, model, truth)
                facts.update(decided=len(checked))
            done += checked
    return proven(settings, chosen, model, done, first)


def proven(
    settings: Settings,
    nights: Sequence[date],
    model: InspectionModel,
    done: Sequence[Checked],
    first: Sequence[FirstTwenty],
) -> Quarter:
    """What the nights' inspections prove: the ledger beside what the model did. Raises FundwatchError where nothing was
    decided."""
    made = value_ledger(settings, nights[-1] + timedelta(days=model.most_days + 1))
    listed = [one.judged for one in done if not one.is_drawn]
    if made.total is None or not listed:
        raise FundwatchError("no case of the quarter was decided", do="ask for more nights, or a larger --capacity")
    truths, rows = tally(listed, model), [made.total, *made.by_kind]
    closed = {
        ((one.case.subject_type, one.case.subject_id), one.case.kind): one.judged.on_date
        for one in done
        if not one.is_drawn
    }
    return Quarter(
        nights=nights,
        ledger=made.total,
        truth=truths["*"],
        kinds=len(truths) - 1,
        differences=differences(rows, truths),
        intervals=intervals(rows, truths),
        came_back=came_back(Lake(settings.lake_address), nights, closed),
        drawn=sample_results(made.missed, drawn_truths(done)),
        first=first,
    )


def first_twenty(lake: Lake, night: date, truth: NightTruth) -> FirstTwenty:
    """The night's first leads as they are ranked, and as they would be if nothing had been learned."""
    names = ["place", "subject_type", "subject_id", "is_minor", "priority", "learned_factor"]
    leads = rows_of(lake, "lead", ("business_date", "==", night), columns=names)
    ranked = sorted(leads, key=lambda lead: lead["place"])
    plain = sorted(ranked, key=unlearned_order)
    return FirstTwenty(
        night,
        len(leads),
        _staged_share(ranked[:_FIRST], truth),
        _staged_share(plain[:_FIRST], truth),
        _weights(lake, night),
    )


def unlearned_order(lead: Mapping[str, Any]) -> tuple[bool, float, int]:
    """Where a lead would stand had nothing been learned: what is worth no letter comes last all the same."""
    return bool(lead["is_minor"]), -round(lead["priority"] / (lead["learned_factor"] or 1), 6), lead["place"]


def _weights(lake: Lake, night: date) -> dict[str, float]:
    """By kind what the night's ranking had learned of it, where that is not 1."""
    if not lake.exists("learned_weight"):
        return {}
    rows = rows_of(lake, "learned_weight", ("business_date", "==", night), columns=["kind", "weight"])
    return {row["kind"]: row["weight"] for row in rows if row["weight"] != 1}


def _staged_share(leads: Sequence[Mapping[str, Any]], truth: NightTruth) -> float:
    staged = sum(truth.is_staged((lead["subject_type"], lead["subject_id"])) for lead in leads)
    return staged / len(leads) if leads else 0.0


def came_back(lake: Lake, nights: Sequence[date], closed: Mapping[Finding, date]) -> list[str]:
    """Findings that were closed and are new work on a later list, as if nobody had looked at them."""
    found = []
    for night in nights:
        conditions = (("business_date", "==", night), ("state", "==", "new"))
        for row in rows_of(lake, "case", *conditions, columns=["subject_type", "subject_id", "kind"]):
            day = closed.get(((row["subject_type"], row["subject_id"]), row["kind"]))
            if day is not None and day <= night:
                found.append(f"{row['kind']} {row['subject_type']} {row['subject_id'][:8]} {night}")
    return found
