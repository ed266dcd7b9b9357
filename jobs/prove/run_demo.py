"""The first look: make a key, simulate deliveries, run their nights, show what came out, how right it is and where."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from fundwatch.lake.store import Lake
from fundwatch.logs import log
from fundwatch.settings import Settings
from intake.quality_page import FOLDER, PAGE
from jobs.command_line import settings_of
from jobs.copying import say
from jobs.job import Report
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.simulate_claims import deliver
from jobs.review.read_leads import listed_leads
from jobs.review.show_lead import print_list
from jobs.run_nights import by_stage, delivered_nights, run_nights
from jobs.stages import refuse_incomplete
from simulator.scenario.scenario_file import read_scenario

_PRESET = "demo"


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch demo`: the same command again finds everything done and changes nothing."""
    options.profile = options.profile or "demo"
    settings = settings_of(options).settings
    if made := make_missing_keys(settings):
        log.info("new keys: %s", ", ".join(map(str, made)))
    asked = {"nights.last": options.date, "seed": settings.seed}
    scenario = read_scenario(_PRESET, {key: value for key, value in asked.items() if value is not None})
    last = scenario.nights[-1]
    is_new = deliver(scenario, settings.landing_dir, settings.truth_dir)
    reports = run_nights(settings, delivered_nights(settings, scenario.nights[0], last))
    is_new |= any(stage["is_new"] for stages in reports.values() for stage in stages.values())
    if not options.json:
        _tell(options, settings, last, reports, is_new=is_new)
    result = {"is_new": is_new, "nights": {str(night): stages for night, stages in reports.items()}}
    refuse_incomplete(by_stage(reports), result)
    return result


def _tell(
    options: argparse.Namespace, settings: Settings, last: date, reports: dict[date, dict[str, Report]], *, is_new: bool
) -> None:
    print()
    for night, stages in reports.items():
        counted = "  ".join(
            f"{name} {value:,}"
            for stage in stages.values()
            for name, value in stage.items()
            if name in _COUNTS and isinstance(value, int)
        )
        print(f"{night}  {counted}")
    print()
    print_list(settings, last, top=15)
    _tell_how_right(options, settings, last)
    folder = settings.lists_dir / last.isoformat()
    say(options, f"full list: {folder / 'leads.csv'}   evidence packs: {folder / 'evidence'}")
    first = listed_leads(Lake(settings.lake_dir), last, top=1)  # its id: equal leads share a place
    if first:
        say(options, f"one lead:  `fundwatch show {first[0].lead_id[:8]} --date {last}`")
    say(options, f"MLflow:    {settings.tracking_uri}, experiment fundwatch_leads")
    say(options, f"quality:   {settings.reports_dir / last.isoformat() / FOLDER / PAGE}")
    say(options, f"labels:    {settings.truth_dir / 'labels.csv'}")
    if not is_new:
        print("nothing changed: every delivery and every stage was done before with the same input")


def _tell_how_right(options: argparse.Namespace, settings: Settings, last: date) -> None:
    from evaluation.report import in_short
    from jobs.prove.evaluate_leads import write_evaluation_of

    evaluation, folder = write_evaluation_of(settings, last, settings.truth_dir)
    print("against the simulator's labels:")
    for line in in_short(evaluation):
        print(f"  {line}")
    say(options, f"  by scheme, rule, disguise and model: `fundwatch evaluate --date {last} --details`")
    say(options, f"  as files: {folder}")


_COUNTS = frozenset({"rows", "accepted", "quarantined", "duplicates", "hits", "scores", "leads"})
